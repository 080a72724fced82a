import pytest

from orchestrator.kernel.messages import Usage
from orchestrator.llm.prices import PRICES, SOURCES, cost

MILLION = Usage(1_000_000, 1_000_000)


def test_tokens_have_their_price() -> None:
    assert cost("api.anthropic.com", "claude-sonnet-5-5", MILLION) == pytest.approx(12.0)
    assert cost("api.openai.com", "gpt-6.1-terra", Usage(1000, 100)) == pytest.approx(0.0015)


def test_cached_and_written_tokens_have_theirs() -> None:
    usage = Usage(1_000_000, 0, 500_000)
    assert cost("api.anthropic.com", "claude-sonnet-5-5", usage) == pytest.approx(1.0 + 0.1)
    assert cost("api.anthropic.com", "claude-sonnet-5-5", usage, written=500_000) == pytest.approx(0.1 + 1.25)


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
    ],
)
def test_what_is_not_known_costs_nothing(host: str, model: str) -> None:
    assert cost(host, model, MILLION) == 0.0


def test_every_price_has_a_source() -> None:
    assert set(PRICES) == set(SOURCES)
    for prices in PRICES.values():
        for price in prices.values():
            assert 0 < price.cached < price.input < price.output
