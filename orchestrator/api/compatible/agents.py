"""An agent behind a model's name: its run is as durable as any, and what it says is told as a model's reply.

Who hangs up ends nothing. What a step says is told as it is said; words that are void because a model failed in the
middle cannot be taken back on these wires: the run's own answer, in the journal, is the one that counts.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing

from orchestrator.api.compatible.doors import Asked
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import InvalidInput, NotAllowed, RunFailed
from orchestrator.kernel.events import (
    ApprovalAsked,
    Delta,
    Event,
    ModelFailed,
    ModelReplied,
    RunFinished,
    ToolRequested,
)
from orchestrator.kernel.messages import Image, Message, Origin, Part, Role, Text, ToolResult, Usage, assistant
from orchestrator.llm.base import Chunk, Finish, Reply, TextDelta, ThinkingDelta

PREFIX = "agent/"
AGENTS = ("assistant",)
_LONGEST = 60_000  # characters of what was said before


def agent_of(model: str) -> str | None:
    """The agent that a model's name means; None where it means a model."""
    name = model.removeprefix(PREFIX)
    if name in AGENTS:
        return name
    if name != model:
        raise InvalidInput(
            f"There is no agent {name!r}.", hint=f"There is: {', '.join(PREFIX + one for one in AGENTS)}."
        )
    return None


async def begin(app: App, caller: Principal, asked: Asked) -> str:
    """The identifier of the run that answers, once it is durable."""
    if caller.reach == "models":
        raise NotAllowed("This key is for models only.", hint="orchestrator users key new --reach agents")
    request = asked.request
    if request.tools:
        raise InvalidInput("An agent has tools of its own, and calls no others.", hint="Leave `tools` out.")
    conversation = None
    if asked.before:
        view = await app.views.run(caller.tenant, asked.before, caller.id)
        conversation = view.conversation_id
    return await app.runs.start(
        _goal(request.messages, told=conversation is not None),
        tenant=caller.tenant,
        subject=caller.id,
        conversation_id=conversation,
        channel="api",
        scopes=caller.scopes,
    )


def _goal(messages: tuple[Message, ...], *, told: bool) -> Message:
    """The last that the person said, after what was said before it: these wires send it all each time."""
    last = max((at for at, message in enumerate(messages) if message.role == "user"), default=-1)
    if last < 0:
        raise InvalidInput("There is no message of a person to answer.")
    before: list[Part] = []
    left = 0 if told else _LONGEST
    for message in reversed(messages[:last]):
        text = _text(message)
        if text and left > 0:
            before.insert(0, _quoted(message.role, text[-left:]))
            left -= len(text)
    parts: list[Part] = [part for part in messages[last].parts if isinstance(part, Text | Image)]
    if before:
        parts = [Text("What was said before:\n\n"), *before, Text("Now:\n\n"), *parts]
    return Message("user", tuple(parts))


def _text(message: Message) -> str:
    results = "\n".join(part.content for part in message.parts if isinstance(part, ToolResult))
    return f"{message.text}\n{results}".strip()


def _quoted(role: Role, text: str) -> Text:
    """What a tool of somebody else's returned is a stranger's, and what a model said is a model's."""
    who: dict[Role, tuple[str, Origin | None]] = {
        "system": ("Instructions", None),
        "user": ("Person", None),
        "assistant": ("You", "model"),
        "tool": ("Tool", "web"),
    }
    name, origin = who[role]
    return Text(f"{name}: {text}\n\n", origin)


class _Speech:
    """What of a run's words was told already. Pieces may come twice, or not at all: the recorded reply says it all."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, str], int] = {}  # by step and kind: characters
        self._last = ""  # what was told of the latest step

    def heard(self, delta: Delta) -> Chunk | None:
        told = self._told.get((delta.step, delta.kind), 0)
        new = delta.text[max(0, told - delta.offset) :] if delta.offset <= told else ""
        return self._say(delta.step, delta.kind, told, new)

    def replied(self, step: int, text: str) -> Chunk | None:
        told = self._told.get((step, "text"), 0)
        return self._say(step, "text", told, text[told:])

    def void(self, step: int) -> None:
        """Another try of the step speaks from its beginning."""
        self._told = {place: count for place, count in self._told.items() if place[0] != step}

    def answered(self, answer: str) -> Chunk | None:
        """The answer, where no step said it."""
        return None if self._last.strip().endswith(answer.strip()) else TextDelta(answer)

    def _say(self, step: int, kind: str, told: int, new: str) -> Chunk | None:
        if not new:
            return None
        self._told[step, kind] = told + len(new)
        if kind != "text":
            return ThinkingDelta(new)
        apart = "\n\n" if told == 0 and self._last else ""
        self._last = new if told == 0 else self._last + new
        return TextDelta(apart + new)


async def chunks(app: App, run_id: str, *, patient: bool) -> AsyncIterator[Chunk]:
    """What the run says, then its answer. Without patience a run that waits for a person is told as it stands."""
    speech, usage = _Speech(), Usage()
    async with aclosing(app.runs.watch(run_id)) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Delta):
                if chunk := speech.heard(item):
                    yield chunk
                continue
            match item.body:
                case ModelFailed(step=step):
                    speech.void(step)
                case ModelReplied() as replied:
                    usage += replied.usage
                    if chunk := speech.replied(replied.step, replied.message.text):
                        yield chunk
                case ToolRequested(tool=tool):
                    yield ThinkingDelta(f"[{tool}]\n")
                case ApprovalAsked() as asks:
                    words = f"This waits for a person: {asks.reason} Answer {asks.approval_id} of {run_id}."
                    if not patient:
                        yield Reply(assistant(words), f"{PREFIX}{AGENTS[0]}", usage=usage)
                        return
                    yield ThinkingDelta(f"[{words}]\n")
                case RunFinished() as ended:
                    reply = _reply(item, ended, usage)
                    if chunk := speech.answered(ended.answer):
                        yield chunk
                    yield reply
                    return


def _reply(event: Event, ended: RunFinished, usage: Usage) -> Reply:
    if ended.status in ("failed", "cancelled") and not ended.answer:
        why = ended.problem.detail if ended.problem is not None else f"The run was {ended.status}."
        raise RunFailed(why, hint=f"orchestrator runs show {event.stream}")
    finish: Finish = "length" if ended.status == "partial" else "stop"
    return Reply(assistant(ended.answer), f"{PREFIX}{AGENTS[0]}", finish, usage, ended.cost)
