"""What-if: a run that goes on from an event of another, with the recorded results wherever nothing before them changed.

a reply      is taken from the recording while the model would be asked the same
a result     is taken where the call and all effects before it are the same
other calls  are simulated, asked of a person, or refused, as the fork says: no effect happens twice unasked
"""

import copy
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from orchestrator.agents.forks.faculties import ForkBudget, ForkChooser, ForkPolicy, ForkTools
from orchestrator.agents.forks.origin import Origin
from orchestrator.agents.ports import Decide, House
from orchestrator.agents.state import RunState
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import Conflict, InvalidInput
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Image, Message, Scope, user
from orchestrator.kernel.messages import Origin as Whose
from orchestrator.kernel.trials import ForkedFrom, ForkEffects

PolicyOf = Callable[[dict[str, object] | None], Decide]  # from settings; None: those of the server


class Changes(Struct, frozen=True):
    """What is to be otherwise than in the recording."""

    model: str = ""
    prompt: str = ""  # instead of the goal
    instructions: str = ""  # instead of the agent's own
    policy: dict[str, object] | None = None
    effects: ForkEffects = "simulate"
    replies: bool = True
    approvals: e.Approvals | None = None
    channel: str = ""
    conversation_id: str = ""


def opening(
    events: Sequence[Event],
    at: int,
    changes: Changes,
    ids: Ids,
    scopes: frozenset[Scope] = frozenset(e.ALL_SCOPES),
    origins: Sequence[Whose] = (),
) -> list[e.Body]:
    """The first events of a fork: its start, and what it shares with the run. Raises InvalidInput, Conflict.

    `origins`: whose words it holds, whatever it says itself.
    """
    started = events[0].body
    assert isinstance(started, e.RunStarted)
    if not 1 <= at <= len(events):
        raise InvalidInput(
            f"{events[0].stream} has no event {at}.", hint=f"Its events are numbered from 1 to {len(events)}."
        )
    if isinstance(events[at - 1].body, e.RunFinished):
        raise Conflict("Nothing follows the end of a run.", hint=f"Fork it at an event before {at}.")
    shared = _shared(events[:at], ids)
    root = started.forked_from
    forked = ForkedFrom(
        run_id=events[0].stream,
        seq=at,
        taken=1 + len(shared),
        effects=changes.effects,
        replies=changes.replies and not changes.model,
        began=root.began if root is not None else _began(events[:at]),
        conversation_id=root.conversation_id if root is not None else started.conversation_id,
        before=root.before if root is not None else events[0].stream,
        policy=changes.policy,
    )
    begun = msgspec.structs.replace(
        started,
        conversation_id=changes.conversation_id or ids.new("conversation"),
        goal=_goal(started.goal, changes.prompt),
        model=changes.model or started.model,
        instructions=changes.instructions or started.instructions,
        approvals=changes.approvals or _approvals(started.approvals),
        channel=changes.channel or started.channel,
        scopes=tuple(scope for scope in started.scopes if scope in scopes),
        origins=tuple(sorted({*started.origins, *origins})),
        person=None if changes.prompt else started.person,
        parent=None,
        depth=0,
        after="",
        forked_from=forked,
    )
    return [begun, *shared]


def staged(house: House, state: RunState, forked: ForkedFrom, origin: Origin, policy: Decide) -> House:
    """The house that a fork works in: the same, with its recording before models, tools and policy."""
    if forked.effects == "live":
        return house
    made = copy.copy(house)
    made.policy = ForkPolicy(state, forked, origin, policy, house.policy)
    made.tools = ForkTools(state, forked, origin, house.tools)
    if forked.replies:
        made.models = ForkChooser(state, origin, house.models)
        made.budget = ForkBudget(state, origin, house.budget)
    made.artifacts = origin.artifacts(house.artifacts)
    return made


def _approvals(then: e.Approvals) -> e.Approvals:
    return "ask" if then == "grant" else then  # what was granted then is not now


def _began(events: Sequence[Event]) -> float:
    state = RunState(events[0].stream)
    for event in events:
        state.apply(event)
    return state.began


def _goal(goal: Message, prompt: str) -> Message:
    if not prompt:
        return goal
    return user(prompt, *(part for part in goal.parts if isinstance(part, Image)))


def _shared(events: Sequence[Event], ids: Ids) -> list[e.Body]:
    """The events after the start, as facts of another run.

    Questions get names of their own. A call that has no receipt yet begins anew, and what a person said to it then
    is no yes to it now.
    """
    done = {event.body.call_id for event in events if isinstance(event.body, e.ToolReturned)}
    names: dict[str, str] = {}
    left_out: set[str] = set()
    found: list[e.Body] = []
    for event in events[1:]:
        match body := event.body:
            case e.RunResumed() | e.MessageQueued():
                continue
            case e.ToolRequested() if body.call_id not in done:
                continue
            case e.ApprovalAsked() if body.kind != "budget" and body.call_id not in done:
                left_out.add(body.approval_id)
            case e.ApprovalAnswered() if body.approval_id in left_out:
                continue
            case e.ToolReturned() | e.ModelReplied():
                found.append(msgspec.structs.replace(body, source="recorded"))
            case e.ApprovalAsked():
                names[body.approval_id] = ids.new("approval")
                found.append(msgspec.structs.replace(body, approval_id=names[body.approval_id]))
            case e.ApprovalAnswered() | e.CallEdited():
                known = names.get(body.approval_id, body.approval_id)
                found.append(msgspec.structs.replace(body, approval_id=known))
            case _:
                found.append(body)
    return found
