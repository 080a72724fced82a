from datetime import date

import pytest

from orchestrator.kernel.messages import Usage
from orchestrator.kernel.settings import Known
from orchestrator.llm.base import ModelInfo, Price
from orchestrator.llm.facts import default, informed, known, vendors
from orchestrator.llm.prices import cost

MILLION = Usage(1_000_000, 1_000_000)
HALF = Usage(100_000, 100_000)


def test_tokens_have_their_price() -> None:
    assert cost("api.anthropic.com", "claude-sonnet-5-5", MILLION) == pytest.approx(12.0)
    assert cost("api.openai.com", "gpt-6.1-terra", Usage(1000, 100)) == pytest.approx(0.0015)


def test_cached_and_written_tokens_have_theirs() -> None:
    usage = Usage(1_000_000, 0, 500_000)
    assert cost("api.anthropic.com", "claude-sonnet-5-5", usage) == pytest.approx(1.0 + 0.05)
    assert cost("api.anthropic.com", "claude-sonnet-5-5", usage, written=500_000) == pytest.approx(0.05 + 1.25)
    # Where the rate of cached tokens is not known, they cost what others do: rather too much than too little.
    assert cost("generativelanguage.googleapis.com", "gemini-3.5-flash", usage) == pytest.approx(1.5)


def test_a_long_prompt_has_its_own_price_for_all_of_it() -> None:
    assert cost("api.anthropic.com", "claude-haiku-5-5", HALF) == pytest.approx(0.01 + 0.05)
    longer = Usage(100_001, 100_000)
    assert cost("api.anthropic.com", "claude-haiku-5-5", longer) == pytest.approx(0.0500005 + 0.25)


def test_a_dated_name_is_the_same_model() -> None:
    assert cost("api.anthropic.com", "claude-haiku-4-5-20251001", MILLION) == pytest.approx(6.0)
    assert cost("api.openai.com", "gpt-5.4-mini-2026-03-17", MILLION) == pytest.approx(5.25)


@pytest.mark.parametrize(
    ("host", "model"),
    [
        ("127.0.0.1", "gpt-6.1-terra"),  # the same name, served at home
        ("api.openai.com", "gpt-99"),
        ("api.openai.com", "gpt-6-sol-mini"),
        ("api.openai.com", ""),
        ("router.huggingface.co", "Qwen/Qwen3-32B"),  # known, but not its price
    ],
)
def test_what_is_not_known_costs_nothing(host: str, model: str) -> None:
    assert cost(host, model, MILLION) == 0.0


def test_every_vendor_has_a_source_a_day_and_one_default() -> None:
    for host, vendor in vendors().items():
        assert vendor.source.startswith("https://")
        assert date(2026, 1, 1) < vendor.read
        assert [facts.default for facts in vendor.models.values()].count(True) == 1
        assert vendor.models[default(host)].auto
        for facts in vendor.models.values():
            if "embeddings" in (facts.can or ()):  # which write nothing
                assert facts.input and facts.output == 0 and not facts.auto
                continue
            assert 0 < (facts.quality or 0) < 1
            for price in (facts.price(), facts.price(10**7)):
                assert price is None or 0 < price.cached <= price.input < price.output


def test_what_the_settings_say_goes_over_what_is_known() -> None:
    info = ModelInfo("gpt-6-luna", "openai", frozenset({"chat"}))
    told = informed(info, "api.openai.com")
    assert (told.context, told.quality) == (1_050_000, 0.76)
    assert told.price == Price(0.1, 0.5, 0.01, 0.125)
    assert "schema" in told.capabilities
    mine = Known(input=1.0, output=2.0, context=5, quality=0.1, capabilities=("chat",))
    told = informed(info, "api.openai.com", mine)
    assert told == ModelInfo(
        "gpt-6-luna", "openai", frozenset({"chat"}), 5, price=Price(1.0, 2.0, 1.0), output=128_000, quality=0.1
    )
    assert informed(info, "127.0.0.1") == info
    assert known("nowhere", "m") is None
