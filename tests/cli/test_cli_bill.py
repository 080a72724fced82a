"""What an answer took, as a terminal says it."""

import pytest

from orchestrator.cli.bill import money


@pytest.mark.parametrize(
    ("dollars", "said"),
    [(0, "$0.00"), (2.5, "$2.50"), (0.0003, "$0.0003"), (3e-6, "$0.000003"), (2e-9, "< $0.000001"), (-1.5, "-$1.50")],
)
def test_money_is_said_without_powers_of_ten(dollars: float, said: str) -> None:
    assert money(dollars) == said
