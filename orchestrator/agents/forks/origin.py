"""What a fork may take from the run it was forked from: its replies, its results, and what people said yes to."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from msgspec import Struct

from orchestrator.agents import wording
from orchestrator.agents.state import RunState
from orchestrator.kernel import events as e
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import Arguments, Effects, Message, ToolCall, ToolResult
from orchestrator.kernel.trials import Source
from orchestrator.tools.base import Artifacts

YES = frozenset({"once", "run", "always"})


class Receipt(Struct, frozen=True):
    returned: e.ToolReturned
    world: bytes  # of the effects before its step
    approved_by: str  # a person, where one was asked


class Kept(bytes):
    """Stands for the bytes of an artifact that are in the store already."""

    artifact: e.Artifact

    @classmethod
    def of(cls, artifact: e.Artifact) -> "Kept":
        kept = cls()
        kept.artifact = artifact
        return kept

    def __len__(self) -> int:
        return self.artifact.size

    def __bool__(self) -> bool:
        return True


class _Artifacts:
    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    def put(self, data: bytes) -> str:
        return data.artifact.id if isinstance(data, Kept) else self._artifacts.put(data)


class Origin:
    def __init__(self, events: Sequence[Event], effects: Callable[[str], Effects]) -> None:
        """`effects` says of a tool, by its name, what it does to the world."""
        self._effects = effects
        self._replies: dict[tuple[bytes, bool], list[e.ModelReplied]] = {}
        self._receipts: dict[bytes, list[Receipt]] = {}
        self.run_id = events[0].stream if events else ""
        self._read(events)

    def _read(self, events: Sequence[Event]) -> None:
        state = RunState(self.run_id)
        world = self.world(())
        requested: dict[str, e.ToolRequested] = {}
        approved: dict[str, str] = {}  # by call
        asked: dict[str, str] = {}
        for event in events:
            match body := event.body:
                case e.ModelReplied():
                    key = digest(state.messages), body.finish.startswith("limit_")
                    self._replies.setdefault(key, []).append(body)
                    world = self.world(state.messages)
                case e.ApprovalAsked():
                    asked[body.approval_id] = body.call_id
                case e.ApprovalAnswered() if body.answer in YES and body.approval_id in asked:
                    approved[asked[body.approval_id]] = body.by
                case e.ToolRequested():
                    requested[body.call_id] = body
                case e.ToolReturned() if body.call_id in requested and body.content not in wording.STOPPED:
                    made = requested[body.call_id]
                    receipt = Receipt(body, world, approved.get(body.call_id, ""))
                    self._receipts.setdefault(canonical([body.tool, made.arguments]), []).append(receipt)
            state.apply(event)

    def world(self, messages: Sequence[Message]) -> bytes:
        """The effects of a conversation: the calls that were made, step by step. Looking changes nothing."""
        steps: list[list[bytes]] = []
        calls: dict[str, ToolCall] = {}
        for message in messages:
            calls.update((call.id, call) for call in message.calls)
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            made = [
                canonical([part.name, calls[part.call_id].arguments, part.outcome])
                for part in results
                if part.outcome in ("ok", "failed", "unknown") and self._effects(part.name) != "none"
            ]
            if made:
                steps.append(sorted(made))
        return sha256(b"\n".join(b" ".join(step) for step in steps)).digest()

    def reply(self, messages: Sequence[Message], *, closing: bool) -> e.ModelReplied | None:
        """What was said when the same had been read."""
        found = self._replies.get((digest(messages), closing))
        return found[-1] if found else None

    def receipt(
        self, tool: str, arguments: Arguments, messages: Sequence[Message], occurrence: int
    ) -> tuple[Receipt, Source] | None:
        """What a call gave: `recorded` in the same world, else `simulated`; None where it was not made."""
        found = self._receipts.get(canonical([tool, arguments]), [])
        world = self.world(messages)
        same = [receipt for receipt in found if receipt.world == world]
        if occurrence < len(same):
            return same[occurrence], "recorded"
        return (found[-1], "simulated") if found else None

    def artifacts(self, artifacts: Artifacts) -> Artifacts:
        return _Artifacts(artifacts)


def digest(messages: Sequence[Message]) -> bytes:
    return sha256(canonical(list(messages))).digest()
