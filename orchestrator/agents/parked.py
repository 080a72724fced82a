"""Calls that stopped to ask a person: what they ask, as an event, and those that are still under way meanwhile.

Where the connection on which somebody asked must stay open, the call is kept here, in this process, while its run
rests as for any other question. Elsewhere, or after a restart, nobody knows how far such a call came.
"""

from collections.abc import Callable, Collection

from msgspec import Struct

from orchestrator.agents.state import OpenCall
from orchestrator.kernel.events import ApprovalAsked
from orchestrator.tools.questions import Asks, Held, Person, Told


class _Parked(Struct, frozen=True):
    run_id: str
    held: Held


class Parked:
    """By the key of the effect. `withdrawn` is told of a question that its asker does not wait for any more."""

    def __init__(self) -> None:
        self._calls: dict[str, _Parked] = {}
        self.withdrawn: Callable[[str, str], None] = lambda tenant, approval_id: None

    def keep(self, key: str, run_id: str, held: Held, tenant: str, approval_id: str) -> None:
        self._calls[key] = _Parked(run_id, held)

        def over() -> None:
            if key in self._calls:
                self.withdrawn(tenant, approval_id)

        held.when_over(over)

    def goes_on(self, call: OpenCall) -> bool:
        """Whether a call that stopped to ask has its answer, and can go on from where it stood."""
        asked = call.asked
        if asked is None or asked.kind != "question" or call.answered is None or call.requested is None:
            return False
        return bool(asked.memo) or call.requested.key in self._calls

    def person(self, call: OpenCall, key: str, memo: str, *, there: bool) -> Person:
        """Whom a call may ask, what was said to it so far, and the call itself where it is under way."""
        told = {asked.hash: Told(answered.answer == "accept", answered.content) for asked, answered in call.told}
        return Person(there, told, memo, self._taken(key))

    def let_go(self, key: str) -> None:
        """Nobody waits for it any more."""
        if (held := self._taken(key)) is not None:
            held.let_go()

    def _taken(self, key: str) -> Held | None:
        parked = self._calls.pop(key, None)
        return parked.held if parked is not None else None

    def runs(self) -> Collection[str]:
        return {parked.run_id for parked in self._calls.values()}


def put(asks: Asks, call: OpenCall, approval_id: str) -> ApprovalAsked:
    """The question of a call, for a person."""
    question = asks.question
    return ApprovalAsked(
        approval_id=approval_id,
        kind="question",
        step=call.step,
        call_id=call.call.id,
        tool=call.call.name,
        arguments=call.call.arguments,
        hash=question.hash,
        shape="",
        code="link" if question.link else "question",
        reason=question.message,
        details=question.details,
        form=question.form,
        link=question.link,
        memo=asks.memo,
    )
