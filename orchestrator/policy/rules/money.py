"""Rule: money. A call that pays is asked each time, whatever a person said yes to before, unless it is little.

Looks at tools that declare the risk `pays`. Covers amounts named plainly by an argument; one that cannot be found is
taken for too much. Does not cover what a model costs: that is a budget's affair.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.messages import Json
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision

_AMOUNT = re.compile(r"(^|_)(amount|price|total|sum|value|cost|fee|montant|prix)(_|$)", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d[\d\s'’_]*([.,]\d+)?")


class Money:
    name: ClassVar[str] = "money"

    def __init__(self, settings: Policy) -> None:
        self._limit = settings.pay_limit

    def judge(self, call: Call) -> Decision | None:
        if "pays" not in call.risks:
            return None
        amounts = list(_amounts(call.arguments))
        if amounts and max(amounts) <= self._limit:
            return None
        amount = f"{max(amounts):.15g}" if amounts else ""
        reason = f"{call.tool} pays {amount}." if amount else f"{call.tool} pays, and how much is not said plainly."
        details = {"tool": call.tool, "amount": amount, "limit": f"{self._limit:.15g}"}
        return Decision("ask", self.name, "pays", reason, details, "The owner may set policy.pay_limit.")

    def shape(self, call: Call) -> str | None:
        return call_hash(call.tool, call.arguments) if self.judge(call) else None


def _amounts(value: Json, named: bool = False, left: int = 8) -> Iterator[float]:
    """Every number under a name that means money."""
    if isinstance(value, dict) and left:
        for name, inner in value.items():
            yield from _amounts(inner, named or bool(_AMOUNT.search(name)), left - 1)
    elif isinstance(value, list) and left:
        for inner in value:
            yield from _amounts(inner, named, left - 1)
    elif named and isinstance(value, int | float) and not isinstance(value, bool):
        yield abs(float(value))
    elif named and isinstance(value, str):
        for match in _NUMBER.finditer(value):
            yield _number(match[0])


def _number(text: str) -> float:
    """As the larger of what two readers could mean by 1.000 or 1,000."""
    digits = re.sub(r"[^\d.,]", "", text)
    plain = float(re.sub(r"[.,]", "", digits) or 0)
    point = digits.replace(",", ".")
    return plain if point.count(".") != 1 or len(point.rpartition(".")[2]) == 3 else float(point)
