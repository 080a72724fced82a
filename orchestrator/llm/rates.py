"""What a call may cost at most, whichever of several models answers it: for who must reserve the money first."""

from collections.abc import Sequence

import msgspec

from orchestrator.llm.base import ModelInfo, Price
from orchestrator.policy.budgets.base import FREE, Rates


def rates_of(info: ModelInfo | None, *, local: bool) -> Rates | None:
    """Of one model; None where nobody knows. What runs on this machine costs no money."""
    if info is not None and info.price is not None:
        return Rates(info.price.input, info.price.output, info.output or 0)
    return FREE if local or (info is not None and info.simulated) else None


def dearest(found: Sequence[Rates | None], strong: Price | None = None) -> Rates | None:
    """Of whichever answers; None where one of them is not known. `strong` is the price of the best there was."""
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    best = Rates(strong.input, strong.output, cached=strong.cached) if strong is not None else None
    return Rates(
        max((one.input for one in known), default=0.0),
        max((one.output for one in known), default=0.0),
        max((one.longest for one in known), default=0),
        best,
    )


def twice(rates: Rates, second: Rates | None) -> Rates | None:
    """Where a second request may be made besides; None where nobody knows what that one costs."""
    if second is None:
        return None
    longest = max(rates.longest, second.longest)
    return msgspec.structs.replace(
        rates, input=rates.input + second.input, output=rates.output + second.output, longest=longest
    )


def together(found: Sequence[Rates | None]) -> Rates | None:
    """Of several that may all be asked, one after the other."""
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    return Rates(sum(r.input for r in known), sum(r.output for r in known), max((r.longest for r in known), default=0))
