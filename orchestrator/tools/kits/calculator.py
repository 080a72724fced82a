"""The calculator kit: one expression in, one number out. Nothing is ever evaluated as code."""

from typing import Annotated

import msgspec

from orchestrator.kernel.errors import ToolRetry
from orchestrator.tools.arithmetic import BadExpression, evaluate
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples.calculator import CALCULATE


class Calculated(msgspec.Struct, frozen=True):
    expression: str
    value: Annotated[int | float | str, msgspec.Meta(description="exact for integers; text beyond 15 digits")]

    def __str__(self) -> str:
        return f"{self.expression} = {self.value}"


@tool(
    category="mathematics",
    examples=CALCULATE,
    answers={"en": "{expression} = {value}", "fr": "{expression} = {value}"},
)
async def calculate(
    expression: Annotated[
        str,
        msgspec.Meta(
            description="arithmetic: + - * / // % ^ ( ), 15% of 240, pi, e, tau, and functions such as sqrt, sin, log, "
            "round, min, max, abs, factorial, gcd; a comma between digits is a decimal comma"
        ),
    ],
) -> Calculated:
    """Compute an arithmetic expression exactly where it can be exact."""
    try:
        value = evaluate(expression)
    except BadExpression as error:
        raise ToolRetry(str(error)) from None
    return Calculated(expression.strip(), value if abs(value) < 10**15 else str(value))


tools = (calculate,)
