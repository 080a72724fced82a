"""The golden runs are decided by the code of today as they were; a change of what is decided does not go unnoticed."""

from collections.abc import Callable

import goldens
import msgspec
import pytest
from playing import Pace, toolbox
from world import Rules, Toolbox

from orchestrator.agents import calls, context, loop, wording
from orchestrator.agents.replay.player import replay
from orchestrator.agents.replay.recording import Today
from orchestrator.kernel import events as e
from orchestrator.kernel.messages import ToolSpec

MEANT = "If this is meant, make them anew (`goldens.py` says how), and say in CHANGELOG.md what runs see of it."


@pytest.fixture(autouse=True)
def fresh() -> None:
    context.instructions.cache_clear()


@pytest.mark.parametrize("name", goldens.names())
def test_a_golden_run_is_the_same_again(name: str) -> None:
    found = replay(goldens.read(name), goldens.today(name))
    assert found.exact and found.same == found.events and not found.unasked, (found.difference, MEANT)


def test_the_golden_runs_hold_what_can_happen_in_a_run() -> None:
    bodies = [event.body for name in goldens.names() for event in goldens.read(name).events]
    kinds = {type(body) for body in bodies}
    assert kinds >= {
        e.RunStarted, e.RunResumed, e.RunPaused, e.RunContinued, e.RunFinished, e.PlanMade,
        e.ModelAsked, e.ModelReplied, e.ModelFailed, e.ModelChosen, e.LimitsChanged, e.MessageAdded,
        e.ApprovalAsked, e.ApprovalAnswered, e.ToolRequested, e.ToolReturned,
    }  # fmt: skip
    returned = [body for body in bodies if isinstance(body, e.ToolReturned)]
    assert {body.outcome for body in returned} >= {"ok", "retry", "failed", "refused", "unknown"}
    assert any(body.artifact for body in returned) and any(body.source == "recorded" for body in returned)
    assert any(isinstance(body, e.ToolRequested) and body.child for body in bodies)
    replied = [body for body in bodies if isinstance(body, e.ModelReplied)]
    assert {body.spared.cache for body in replied if body.spared} == {"", "exact"}
    ended = {body.status for body in bodies if isinstance(body, e.RunFinished)}
    assert ended >= {"completed", "partial", "cancelled"}


# Each is a change of code, of tools or of policy: what it does to the code, and to what decides.
Patch = Callable[[pytest.MonkeyPatch], None]


def code(place: object, name: str, value: object) -> Patch:
    return lambda patch: patch.setattr(place, name, value)


CODE: dict[str, Patch] = {
    "other instructions": code(context, "INSTRUCTIONS", context.INSTRUCTIONS + "\nBe brief."),
    "fewer tries of a model": code(loop, "MODEL_TRIES", 2),
    "more patience with loops": code(loop, "STUCK", 4),
    "no second part of a reply": code(loop, "CONTINUATIONS", 0),
    "the limit of steps is forgotten": code(loop.Loop, "_wrap_up", loop.Loop._think),
    "other keys of effects": code(calls, "effect_key", lambda *parts: "another"),
    "the day is told otherwise": code(wording, "date", lambda now: "some day"),
    "other words at the end": lambda patch: patch.setitem(wording._REASONS["en"], "steps", "It was enough."),
}


@pytest.mark.parametrize("change", CODE)
def test_a_change_of_the_code_is_noticed(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    CODE[change](monkeypatch)
    assert differing(goldens.today)


def tools(change: Callable[[ToolSpec], ToolSpec]) -> Callable[[Today], Today]:
    def changed(today: Today) -> Today:
        made = toolbox(Pace(0))
        for tool in made:
            tool.spec = change(tool.spec)
        return msgspec.structs.replace(today, tools=Toolbox(*made))

    return changed


def ruled(**verdicts: object) -> Callable[[Today], Today]:
    return lambda today: msgspec.structs.replace(today, policy=Rules(**verdicts))  # type: ignore[arg-type]


TODAY: dict[str, Callable[[Today], Today]] = {
    "a tool is described otherwise": tools(lambda spec: msgspec.structs.replace(spec, description="It acts.")),
    "a tool has other effects": tools(lambda spec: msgspec.structs.replace(spec, effects="idempotent")),
    "the tools come in another order": lambda today: msgspec.structs.replace(
        today, tools=Toolbox(*reversed(toolbox(Pace(0))))
    ),
    "a tool is gone": lambda today: msgspec.structs.replace(today, tools=Toolbox(*toolbox(Pace(0))[1:])),
    "what was asked is forbidden": ruled(ring="deny", fall="deny"),
    "what was asked is allowed": ruled(),
    "no run may delegate": lambda today: msgspec.structs.replace(today, depth=0),
    "a model reads less": lambda today: msgspec.structs.replace(today, context_tokens=60),
}


@pytest.mark.parametrize("change", TODAY)
def test_a_change_of_tools_or_policy_is_noticed(change: str) -> None:
    assert differing(lambda name: TODAY[change](goldens.today(name)))


def differing(today: Callable[[str], Today]) -> list[str]:
    """The golden runs that are decided differently, each with the event where."""
    found = [(name, replay(goldens.read(name), today(name))) for name in goldens.names()]
    assert all(one.exact or one.difference is not None for _, one in found)
    return [name for name, one in found if not one.exact]
