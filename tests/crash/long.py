"""The long scenario: thirty steps, parallel calls, approvals, two sub-runs at once, a pause for money, words streamed.

The model decides by what it reads, so it may be asked again; each reply costs ten cents.
"""

import msgspec

from crash.harness import Scenario
from orchestrator.kernel.events import Limits
from orchestrator.kernel.messages import Message, Text, ToolCall
from orchestrator.llm.base import Reply, Request

GOAL, ANSWER, COST = "do the long work", "All is done.", 0.1
PARTS = ("part one", "part two")

_CYCLE = ("look", "deposit_blind", "mark look", "deposit", "look mark deposit_blind", "look")
_PLAN = {
    1: "look",
    2: "deposit",
    3: "deposit_blind mark look",
    5: "deposit_asked",
    7: "deposit deposit_blind",
    8: "delegate delegate",
    11: "deposit_asked mark",
    14: "mark look deposit",
    20: "deposit_asked look",
    26: "deposit_asked",
    30: "",
}
_PART = {1: "mark look", 2: "deposit_blind", 3: "deposit_asked", 4: ""}


def _tools(goal: str, step: int) -> list[str]:
    if goal in PARTS:
        return _PART[step].split()
    return _PLAN.get(step, _CYCLE[step % len(_CYCLE)]).split()


def script(request: Request) -> Reply:
    question = max(index for index, message in enumerate(request.messages) if message.role == "user")
    goal = request.messages[question].text
    step = 1 + sum(message.role == "tool" for message in request.messages[question:])

    def call(tool: str, n: int) -> ToolCall:
        given = {"goal": PARTS[n]} if tool == "delegate" else {"path": "ledger.txt", "n": step * 10 + n}
        return ToolCall(f"call_{step}_{n}", tool, given)

    calls = tuple(call(tool, n) for n, tool in enumerate(_tools(goal, step)))
    said = ANSWER if goal == GOAL else f"{goal} is done."
    return msgspec.structs.replace(Reply(Message("assistant", calls or (Text(said),)), "script"), cost=COST)


def _effects(goal: str, steps: int) -> int:
    return sum(tool not in ("look", "delegate") for step in range(1, steps + 1) for tool in _tools(goal, step))


EFFECTS = _effects(GOAL, 30) + sum(_effects(part, 4) for part in PARTS)
LONG = Scenario(GOAL, ANSWER, script, EFFECTS, runs=3, limits=Limits(steps=40, cost=2.0))
