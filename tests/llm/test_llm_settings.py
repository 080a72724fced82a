"""Which providers the environment is enough to switch on."""

from pathlib import Path

import pytest

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Provider, load
from orchestrator.kernel.showing import shown
from orchestrator.llm.catalogue import PROVIDERS
from orchestrator.llm.facts import default


def providers(tmp_path: Path, **environ: str) -> dict[str, Provider]:
    return load({"ORCHESTRATOR_DATA": str(tmp_path), **environ}).llm.providers


def test_ollama_is_always_looked_for(tmp_path: Path) -> None:
    assert providers(tmp_path) == {"ollama": Provider("ollama", "http://127.0.0.1:11434", quality=0.65)}
    for host, url in (("gpu:1", "http://gpu:1"), ("gpu", "http://gpu:11434"), ("https://gpu", "https://gpu")):
        assert providers(tmp_path, OLLAMA_HOST=host)["ollama"].base_url == url


def test_a_key_switches_its_provider_on(tmp_path: Path) -> None:
    keys = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY", "HF_TOKEN")
    found = providers(tmp_path, **{name: f"key {name}" for name in keys})
    assert list(found) == ["anthropic", "openai", "gemini", "deepseek", "huggingface", "ollama"]
    kinds = ["anthropic", "responses", "gemini", "deepseek", "huggingface", "ollama"]
    assert [provider.kind for provider in found.values()] == kinds
    assert [provider.api_key for provider in found.values()] == [*(f"key {name}" for name in keys), ""]
    for provider in list(found.values())[:5]:  # each has a model of its vendor's to go with
        plug = Registry("provider", PROVIDERS).load(provider.kind)
        assert default(plug("x", provider, ManualClock()).host)
    assert found["openai"].base_url == "https://api.openai.com/v1"


def test_a_key_may_be_in_a_variable_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[llm.providers.lab]\nkind = "openai"\napi_key_env = "LAB_KEY"\n')
    assert providers(tmp_path, LAB_KEY=" k ")["lab"].api_key == "k"
    assert providers(tmp_path)["lab"].api_key == ""


def test_an_address_without_a_key_is_a_server_of_ones_own(tmp_path: Path) -> None:
    found = providers(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:8080/v1")
    assert found["openai"] == Provider("openai", "http://127.0.0.1:8080/v1")
    assert found["openai"].model == ""  # the first that it lists


def test_the_vendors_own_address_keeps_the_vendors_model(tmp_path: Path) -> None:
    found = providers(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL="https://api.openai.com/v1")
    assert found["openai"].kind == "responses"


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_variable_is_none(tmp_path: Path, blank: str) -> None:
    assert list(providers(tmp_path, OPENAI_API_KEY=blank, OPENAI_BASE_URL=blank)) == ["ollama"]


def test_a_persons_order_and_words_come_first(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[llm.providers.lab]\nkind = "openai"\nbase_url = "http://lab/v1"\n[llm.providers.openai]\nmodel = "mine"\n'
    )
    found = providers(tmp_path, ANTHROPIC_API_KEY="k", OPENAI_API_KEY="k")
    assert list(found) == ["lab", "openai", "anthropic", "ollama"]
    assert found["openai"].model == "mine"


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    settings = load({"ORCHESTRATOR_DATA": str(tmp_path), "OPENAI_API_KEY": "sk-very-secret"})
    assert "very-secret" not in repr(settings) + str(shown(settings))
