"""What providers charge, as far as it was known on a day: an estimate for people, not an invoice.

Standard rates in US dollars per million tokens, for prompts up to 272,000 tokens. DeepSeek's are its
peak rates; the others of the day are half. A model that is not here costs 0, which means unknown.
"""

from msgspec import Struct

from orchestrator.kernel.messages import Usage

READ_ON = "2026-11-21"
SOURCES = {
    "api.anthropic.com": "https://platform.claude.com/docs/en/about-claude/pricing",
    "api.openai.com": "https://developers.openai.com/api/docs/pricing",
    "api.deepseek.com": "https://api-docs.deepseek.com/quick_start/pricing",
}


class Price(Struct, frozen=True):
    input: float
    output: float
    cached: float  # input that the provider had in its cache
    written: float = 0.0  # input put into the cache; 0: as input


PRICES: dict[str, dict[str, Price]] = {
    "api.anthropic.com": {
        "claude-fable-5-1": Price(10.0, 50.0, 1.0, 12.5),
        "claude-opus-5-5": Price(4.0, 20.0, 0.2, 5.0),
        "claude-opus-5": Price(5.0, 25.0, 0.5, 6.25),
        "claude-sonnet-5-5": Price(2.0, 10.0, 0.2, 2.5),
        "claude-sonnet-5": Price(2.0, 10.0, 0.2, 2.5),
        "claude-haiku-4-5": Price(1.0, 5.0, 0.1, 1.25),
    },
    "api.openai.com": {
        "gpt-6-astra": Price(10.0, 50.0, 1.0),
        "gpt-6.1-sol": Price(2.0, 10.0, 0.1),
        "gpt-6-sol": Price(2.0, 10.0, 0.2),
        "gpt-6.1-terra": Price(1.0, 5.0, 0.05),
        "gpt-6-luna": Price(0.1, 0.5, 0.01),
        "gpt-5.6-sol": Price(4.0, 20.0, 0.4),
        "gpt-5.6-terra": Price(2.0, 12.0, 0.2),
        "gpt-5.6-luna": Price(0.2, 1.2, 0.02),
        "gpt-5.4-mini": Price(0.75, 4.5, 0.075),
    },
    "api.deepseek.com": {
        "deepseek-flash": Price(0.3, 1.2, 0.006),
        "deepseek-v4-pro": Price(1.32, 3.96, 0.044),
    },
}


def _price(host: str, model: str) -> Price | None:
    known = PRICES.get(host, {})
    name, _, dated = model.rpartition("-20")  # claude-haiku-4-5-20251001, gpt-5.4-mini-2026-03-17
    return known.get(model) or (known.get(name) if dated.replace("-", "").isdigit() else None)


def cost(host: str, model: str, usage: Usage, written: int = 0) -> float:
    """US dollars; `written` is the part of the input that went into the provider's cache."""
    price = _price(host, model)
    if price is None:
        return 0.0
    fresh = max(0, usage.input_tokens - usage.cached_tokens - written)
    return (
        fresh * price.input
        + usage.cached_tokens * price.cached
        + written * (price.written or price.input)
        + usage.output_tokens * price.output
    ) / 1_000_000
