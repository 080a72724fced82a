"""What optimising did: tokens, by rule, time, and money with the provider's own prompt cache counted in."""

from msgspec import Struct


class Tariff(Struct, frozen=True):
    """What reading costs at a provider: US dollars a million tokens."""

    input: float
    cached: float  # what the provider had in its cache
    written: float = 0.0  # what is put into it; 0: as input
    model: str = ""  # whose it is


REFERENCE = Tariff(2.0, 0.2, 2.5, "a reference price of $2 a million tokens")  # where no model is named
PROCESSOR = 0.05  # US dollars an hour of one core


class Metrics(Struct, frozen=True):
    mode: str
    tokens_before: int  # estimated the same way before and after
    tokens_after: int
    seconds: float
    by_rule: dict[str, int]  # tokens saved, shared out by the characters that each rule saved
    money_saved: float  # US dollars: what is new at the price of writing it to the cache, the rest at that of reading
    priced_as: str  # the model whose price was taken
    cached_tokens: int = 0  # of those after, which the provider has read before

    @property
    def tokens_saved(self) -> int:
        return self.tokens_before - self.tokens_after

    @property
    def saved(self) -> float:
        """Of one, the part that is no longer sent."""
        return self.tokens_saved / self.tokens_before if self.tokens_before else 0.0

    @property
    def cost(self) -> float:
        """US dollars of processor time that it took."""
        return self.seconds * PROCESSOR / 3600

    @property
    def roi(self) -> float:
        """Dollars saved for each dollar of processor time, less that dollar; 0 where nothing was saved."""
        return self.money_saved / self.cost - 1 if self.money_saved > 0 and self.cost > 0 else 0.0


def money(saved_new: int, saved_old: int, tariff: Tariff) -> float:
    """US dollars that tokens not sent would have cost: new ones are written to the cache, old ones read from it."""
    return (saved_new * (tariff.written or tariff.input) + saved_old * tariff.cached) / 1_000_000


def shared_out(total: int, characters: dict[str, int]) -> dict[str, int]:
    """The tokens saved, by rule, in proportion to the characters; they add up to the total."""
    whole = sum(max(0, size) for size in characters.values())
    if total <= 0 or not whole:
        return {}
    parts = {rule: total * size // whole for rule, size in characters.items() if size > 0}
    most = max(parts, key=lambda rule: parts[rule])
    parts[most] += total - sum(parts.values())
    return {rule: tokens for rule, tokens in parts.items() if tokens}
