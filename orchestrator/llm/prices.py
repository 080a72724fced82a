"""What a reply costs, as far as prices were known on a day: an estimate for people, not an invoice.

A model that is not in the facts costs 0, which means unknown.
"""

from orchestrator.kernel.messages import Usage
from orchestrator.llm.base import Price
from orchestrator.llm.facts import known


def cost(host: str, model: str, usage: Usage, written: int = 0) -> float:
    """US dollars; `written` is the part of the input that went into the provider's cache."""
    facts = known(host, model)
    price = facts.price(usage.input_tokens) if facts is not None else None
    return 0.0 if price is None else charged(price, usage, written)


def charged(price: Price, usage: Usage, written: int = 0) -> float:
    fresh = max(0, usage.input_tokens - usage.cached_tokens - written)
    return (
        fresh * price.input
        + usage.cached_tokens * price.cached
        + written * (price.written or price.input)
        + usage.output_tokens * price.output
    ) / 1_000_000
