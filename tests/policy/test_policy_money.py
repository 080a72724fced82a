"""What pays is asked each time, unless the owner says how much is little."""

from pathlib import Path
from typing import Any

import pytest
from contracts.rule import RuleContract, call_of
from msgspec.structs import replace

from orchestrator.kernel import settings
from orchestrator.policy.base import Call, Verdict
from orchestrator.policy.decide import Policy
from orchestrator.policy.rules.money import Money


def payment(workspace: Path, arguments: dict[str, Any]) -> Call:
    return replace(call_of(workspace, "send_money", arguments, "execute", "once"), risks=("pays",))


class TestMoneyContract(RuleContract):
    def calls(self, workspace: Path) -> list[Call]:
        return [payment(workspace, {"amount": 5}), payment(workspace, {"to": "x"})]

    @pytest.fixture
    def rule(self) -> Money:
        return Money(settings.Policy())


@pytest.mark.parametrize(
    ("arguments", "limit", "asked"),
    [
        ({"amount": 5}, 0.0, True),
        ({"amount": 5}, 10.0, False),
        ({"amount": 10.01}, 10.0, True),
        ({"amount": -50}, 10.0, True),
        ({"amount": "9,50 €"}, 10.0, False),
        ({"amount": "1.000"}, 10.0, True),
        ({"amount": "1 200,00"}, 1000.0, True),
        ({"items": [{"price": 4}, {"price": 40}]}, 10.0, True),
        ({"to": "bob", "iban": "GB29"}, 10.0, True),
        ({"amount": True}, 10.0, True),
        ({"amount": "NaN"}, 10.0, True),
    ],
)
def test_more_than_little_is_asked(tmp_path: Path, arguments: dict[str, Any], limit: float, asked: bool) -> None:
    decision = Money(settings.Policy(pay_limit=limit)).judge(payment(tmp_path, arguments))
    assert (decision is not None) == asked


def test_what_does_not_pay_is_none_of_its_business(tmp_path: Path) -> None:
    assert Money(settings.Policy()).judge(call_of(tmp_path, "send_mail", {"amount": 5})) is None


def test_a_yes_given_before_pays_nothing_again(tmp_path: Path) -> None:
    def verdict(limit: float) -> Verdict:
        policy, call = Policy(settings.Policy(pay_limit=limit)), payment(tmp_path, {"to": "bob", "amount": 50})
        return policy.decide(call, {("send_money", policy.shape(call))}).verdict

    assert verdict(0.0) == "ask"
    assert verdict(100.0) == "allow"
