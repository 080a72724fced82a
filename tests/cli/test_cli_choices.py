"""Why a model was chosen is said in French: every sentence that the router makes, and those around it."""

import random

import pytest

from orchestrator.cli.choices import chosen
from orchestrator.kernel.errors import ModelUnavailable
from orchestrator.llm.base import ModelInfo, Price, Setback
from orchestrator.llm.resilience.speed import Speed
from orchestrator.llm.routing.bandit import Learnt
from orchestrator.llm.routing.kinds import KINDS, Kind
from orchestrator.llm.routing.router import Candidate, Errand, rank


def candidate(
    name: str, quality: float, dollars: float | None = None, seconds: float = 0.0, order: int = 0
) -> Candidate:
    speed = None
    if seconds:
        speed = Speed()
        speed.began(seconds)
    price = None if dollars is None else Price(dollars, dollars, dollars)
    return Candidate(f"a/{name}", ModelInfo(name, "a", price=price, quality=quality), speed=speed, order=order)


GOOD, DEAR = candidate("good", 0.99, 1.0, 2.0), candidate("dear", 0.99, 5.0, 9.0, 1)
FIELDS = {
    "est le seul à pouvoir le faire": ([GOOD], ""),
    "est le moins cher des 2 assez bons": ([GOOD, DEAR], ""),
    "à un prix que nul ne connaît": ([candidate("free", 0.99), DEAR], ""),
    "est préféré parmi les 2 assez bons": ([GOOD, candidate("same", 0.99, 1.0)], ""),
    "est le plus rapide des 2 assez bons": ([GOOD, DEAR], "interactive"),
    "est le seul assez bon": ([GOOD, candidate("poor", 0.1)], ""),
    "est le meilleur qu’il y ait": ([candidate("poor", 0.1), candidate("poorer", 0.05)], ""),
}


@pytest.mark.parametrize("french", FIELDS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_sentence_of_the_router_has_french_words(french: str, kind: Kind) -> None:
    field, manner = FIELDS[french]
    reason = rank(field, Errand(kind, manner=manner), Learnt(random.Random(1).betavariate), 0.8)[0].reason
    passed = "b: Nothing listens at http://127.0.0.1:1 (again); c has no model for chat, vision; d: gone"
    for said in (f"{reason}.", f"{reason} ({passed}).", f"{reason}. What it costs is not known."):
        told = chosen("fr", said)
        assert french in told and " task" not in told and " for " not in told
        assert ("rien n’écoute à http://127.0.0.1:1 (again); c n’a pas de modèle pour" in told) == (passed in said)
        assert chosen("en", said) == said


def test_who_took_over_and_what_was_asked_for() -> None:
    before = "cascade/two was asked for: a/x, then b/y."
    told = chosen("fr", Setback("a/x", "b/y", ModelUnavailable("Nobody there.")).reason(before))
    assert told.startswith("b/y a pris le relais") and "dans cet ordre" in told and "a/x, puis b/y" in told
    assert chosen("fr", "a/x was asked for.") == "a/x a été demandé."
    assert chosen("fr", "Something a plug of somebody else says.") == "Something a plug of somebody else says."
