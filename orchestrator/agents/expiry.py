"""Questions that nobody answers: after a time they are refused, which the journal says, and the run goes on without.

Only questions about calls, and those asked in the middle of one, expire. What may have happened already, and money,
wait for a person as long as it takes.
"""

import logging
from typing import Protocol

from orchestrator.journal.views import Views
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import AlreadyAnswered, NotFound, OrchestratorError, RunFinished
from orchestrator.kernel.events import Answer

EXPIRED_BY = "expiry"  # who answers
EXPIRE = ("call", "question")  # kinds of questions
_EVERY = 60.0  # seconds between looks

log = logging.getLogger("orchestrator.agents")


class Answers(Protocol):
    async def answer(self, approval_id: str, answer: Answer, *, tenant: str, by: str, note: str = "") -> str: ...


class Expiry:
    def __init__(self, views: Views, runs: Answers, clock: Clock, hours: float) -> None:
        self._views = views
        self._runs = runs
        self._clock = clock
        self._hours = hours

    async def sweep(self) -> int:
        """Refuse what was asked too long ago; how many."""
        asked = await self._views.unanswered(self._clock.now() - self._hours * 3600)
        refused = 0
        for view in asked:
            if view.asked.kind not in EXPIRE:
                continue
            note = f"Nobody answered within {self._hours:g} hours."
            try:
                await self._runs.answer(view.approval_id, "refuse", tenant=view.tenant, by=EXPIRED_BY, note=note)
                refused += 1
            except (AlreadyAnswered, RunFinished, NotFound):
                continue  # somebody was faster
        return refused

    async def watch(self) -> None:
        """Until it is cancelled."""
        while self._hours:
            try:
                await self.sweep()
            except OrchestratorError as error:
                log.warning("questions were not looked after this time: %s", error)
            await self._clock.sleep(_EVERY)
