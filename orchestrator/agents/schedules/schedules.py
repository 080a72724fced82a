"""What is to happen later, in the journal: set, fired at its time as a run of its own, cancelled.

A firing is recorded, with the identifier of its run, before the run is started: after a crash the run is started under
that identifier, or found to be there. Times that passed while no server ran are fired once, late, and then the next
one counts. Nothing fires while no server runs.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from orchestrator.agents.provenance import heard, persons
from orchestrator.agents.runs import Runs
from orchestrator.agents.schedules.wording import timing
from orchestrator.agents.state import fold as runs_fold
from orchestrator.identity.base import User
from orchestrator.journal.base import Journal
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.views import Views
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound, OrchestratorError, ToolError
from orchestrator.kernel.events import (
    Event,
    RunStarted,
    ScheduleCancelled,
    ScheduleFired,
    ScheduleMade,
    SchedulePaused,
    ScheduleResumed,
)
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Scope, ToolCall, user
from orchestrator.kernel.timing import Timing
from orchestrator.tools.workspace import Workspace

REMIND = "say_reminder"  # the tool that a reminder's run calls
MOST = 200  # of one person, at a time
_LATE = 300.0  # seconds after which a firing says that it is late
_LOOK = 20.0  # seconds between looks at the clock, which may be set
_FILES = 5.0  # seconds between looks at files

Kind = Literal["reminder", "task"]

log = logging.getLogger("orchestrator.agents")


class People(Protocol):
    async def users(self, tenant: str) -> list[User]: ...


class Schedule(Struct, frozen=True):
    id: str
    kind: Kind
    text: str  # what to say, or what to do
    timing: Timing
    tenant: str
    subject: str
    since: float
    scopes: tuple[Scope, ...]
    conversation_id: str = ""
    person: str | None = None  # of a text that a model wrote: what of it the person had said
    last: float = 0.0  # the time it was last fired for; of a file: when that was changed
    fired: int = 0
    run_id: str = ""  # of its last firing
    ended: str = ""  # why there will be no more
    paused: bool = False

    @property
    def due(self) -> float | None:
        """When it is to happen next; None where that cannot be foreseen, is paused, or is over."""
        return None if self.ended or self.paused else self.timing.following(max(self.last, self.since), self.since)


def stream(tenant: str) -> str:
    return f"schedules:{tenant}"


def fold(events: Sequence[Event], known: dict[str, Schedule] | None = None) -> dict[str, Schedule]:
    found = dict(known or {})
    for event in events:
        match event.body:
            case ScheduleMade() as body:
                found[body.schedule_id] = Schedule(
                    body.schedule_id, body.kind, body.text, body.timing, event.tenant, event.subject, event.at,
                    body.scopes, body.conversation_id, body.person,
                )  # fmt: skip
            case ScheduleFired() as body if (one := found.get(body.schedule_id)) and _counts(one, body):
                ended = "done" if one.timing.at else one.ended
                found[one.id] = msgspec.structs.replace(
                    one, last=body.due, fired=one.fired + 1, run_id=body.run_id, ended=ended
                )
            case SchedulePaused() as body if one := found.get(body.schedule_id):
                found[one.id] = msgspec.structs.replace(one, paused=True)
            case ScheduleResumed() as body if one := found.get(body.schedule_id):
                late = one.timing.at and one.timing.at <= event.at
                found[one.id] = msgspec.structs.replace(
                    one, paused=False, last=max(one.last, event.at), ended=one.ended or ("missed" if late else "")
                )
            case ScheduleCancelled() as body if one := found.get(body.schedule_id):
                found[one.id] = msgspec.structs.replace(one, ended=one.ended or body.reason or "cancelled")
    return found


def _counts(one: Schedule, fired: ScheduleFired) -> bool:
    """What happens once, and for each of its times, happens once whoever was faster."""
    return fired.due > one.last and not (one.timing.at and one.ended)


class Schedules:
    """`serve` makes them happen; without it they can be set, listed and cancelled."""

    def __init__(
        self, tenant: str, ledger: Ledger, journal: Journal, people: People, workspace: Path, clock: Clock, ids: Ids
    ) -> None:
        self._tenant = tenant
        self._ledger = ledger
        self._journal = journal
        self._people = people
        self._workspace = workspace
        self._clock = clock
        self._ids = ids
        self._known: dict[str, Schedule] = {}
        self._read = 0  # of the stream
        self._reading = asyncio.Lock()
        self._stir = asyncio.Event()

    # Set, listed, cancelled.

    async def add(
        self,
        kind: Kind,
        text: str,
        when: str,
        *,
        subject: str,
        scopes: Collection[Scope],
        conversation_id: str = "",
        zone: str = "",
        name: str = "",
        run_id: str = "",
    ) -> Schedule:
        """Durable when it returns. Raises InvalidInput. A `name` that is there already is given back as it is.

        `run_id`: whose model says it; otherwise a person does.
        """
        if not text.strip():
            raise InvalidInput("Nothing is said of what is to happen.")
        mine = [one for one in (await self.given()).values() if one.subject == subject]
        if name and (there := self._known.get(name)):
            return there
        if sum(not one.ended for one in mine) >= MOST:
            raise InvalidInput(f"{MOST} schedules are the most there can be.", hint="Cancel some first.")
        meant = timing(when, self._clock.now(), zone)
        if meant.path:
            self._changed(meant.path)
        identifier = name or self._ids.new("schedule")
        said = await self._said(text, run_id) if run_id else None
        body = ScheduleMade(identifier, kind, text.strip(), meant, tuple(sorted(scopes)), conversation_id, said)
        await self._ledger.record(stream(self._tenant), body, tenant=self._tenant, subject=subject)
        return (await self.given())[identifier]

    async def _said(self, text: str, run_id: str) -> str:
        """What of a text the person had said to a run."""
        state = runs_fold(run_id, await self._journal.read(run_id))
        assert state.started is not None
        return persons(text, heard(state.started, (), state.messages))

    async def of_run(self, run_id: str) -> tuple[str, tuple[Scope, ...], str]:
        """For whom a run is, what they may do, and its conversation."""
        first = (await self._journal.read(run_id))[:1]
        if not first or not isinstance(started := first[0].body, RunStarted):
            raise NotFound(f"There is no run {run_id}.")
        return first[0].subject, started.scopes, started.conversation_id

    async def given(self, subject: str | None = None) -> dict[str, Schedule]:
        """All of them, also those that are over; or those of one person."""
        async with self._reading:
            events = await self._journal.read(stream(self._tenant), self._read)
            self._known = fold(events, self._known)
            if events:
                self._read = events[-1].seq
                self._stir.set()
        return {name: one for name, one in self._known.items() if subject in (None, one.subject)}

    async def listed(self, subject: str) -> list[Schedule]:
        """Those of a person that are not over, the next ones first."""
        mine = [one for one in (await self.given(subject)).values() if not one.ended]
        return sorted(mine, key=lambda one: one.due or float("inf"))

    async def cancel(
        self, schedule_id: str, *, by: str, subject: str | None = None, reason: str = "cancelled"
    ) -> Schedule:
        """Raises NotFound. What is over stays over."""
        one = await self._get(schedule_id, subject)
        return one if one.ended else await self._note(one, ScheduleCancelled(schedule_id, by, reason))

    async def pause(self, schedule_id: str, *, by: str, subject: str | None = None) -> Schedule:
        """Raises NotFound; Conflict where it is over. What is paused stays so."""
        one = await self._going(schedule_id, subject)
        return one if one.paused else await self._note(one, SchedulePaused(schedule_id, by))

    async def resume(self, schedule_id: str, *, by: str, subject: str | None = None) -> Schedule:
        """The times that passed meanwhile are left out. Raises NotFound; Conflict where it is over."""
        one = await self._going(schedule_id, subject)
        return await self._note(one, ScheduleResumed(schedule_id, by)) if one.paused else one

    async def happen(self, schedule_id: str, runs: Runs, *, by: str, subject: str | None = None) -> Schedule:
        """Now, paused or not: what happens once happens now instead. Raises NotFound; Conflict where it is over."""
        one = await self._going(schedule_id, subject)
        now = max(self._clock.now(), math.nextafter(one.last, math.inf))  # no time counts twice
        await self._fire(runs, one, ScheduleFired(one.id, now, self._ids.new("run"), by=by))
        return (await self.given())[schedule_id]

    async def _get(self, schedule_id: str, subject: str | None) -> Schedule:
        if (one := (await self.given(subject)).get(schedule_id)) is None:
            raise NotFound(f"There is no schedule {schedule_id}.")
        return one

    async def _going(self, schedule_id: str, subject: str | None) -> Schedule:
        one = await self._get(schedule_id, subject)
        if one.ended:
            raise Conflict(f"{schedule_id} is over ({one.ended}).", hint="Set it anew.")
        return one

    async def _note(self, one: Schedule, body: ScheduleCancelled | SchedulePaused | ScheduleResumed) -> Schedule:
        await self._ledger.record(stream(self._tenant), body, tenant=self._tenant, subject=one.subject)
        return (await self.given())[one.id]

    def learn(self, written: str) -> None:
        """Another process wrote to a stream; empty: to whatever stream."""
        if not written or written == stream(self._tenant):
            self._stir.set()

    # Happening.

    async def serve(self, runs: Runs, views: Views) -> None:
        """Until it is cancelled."""
        try:
            await self.catch_up(runs, views)
        except OrchestratorError as error:
            log.warning("schedules could not be taken up: %s", error)
        while True:
            self._stir.clear()
            try:
                wait = await self.tick(runs)
            except OrchestratorError as error:
                log.warning("schedules were not looked after this time: %s", error)
                wait = _LOOK
            call_off = self._clock.call_later(wait, self._stir.set)
            try:
                await self._stir.wait()
            finally:
                call_off()

    async def tick(self, runs: Runs) -> float:
        """Fire what is due; after how many seconds to look again."""
        wait = _LOOK
        for one in [one for one in (await self.given()).values() if not (one.ended or one.paused)]:
            now = self._clock.now()
            due = await asyncio.to_thread(self._changed_since, one) if one.timing.path else one.due
            if due is not None and (due <= now or one.timing.path):
                await self._fire(runs, one, self._firing(one, due, now))
            if one.timing.path:
                wait = min(wait, _FILES)
            elif (following := self._known[one.id].due) is not None:
                wait = min(wait, max(0.01, following - now))
        self._stir.clear()  # what was written here is known here
        return wait

    async def catch_up(self, runs: Runs, views: Views) -> None:
        """Start what was fired by a process that died before it could."""
        for one in (await self.given()).values():
            if one.run_id and not one.ended.startswith("cancel") and await views.whose(one.run_id) is None:
                await self._start(runs, one, one.last)

    def _firing(self, one: Schedule, due: float, now: float) -> ScheduleFired:
        """For the last of the times that have passed."""
        missed = 0
        while not one.timing.path and (following := one.timing.following(due, one.since)) and following <= now:
            due, missed = following, missed + 1
        return ScheduleFired(one.id, due, self._ids.new("run"), missed)

    async def _fire(self, runs: Runs, one: Schedule, fired: ScheduleFired) -> None:
        await self._ledger.record(stream(self._tenant), fired, tenant=self._tenant, subject=one.subject)
        known = (await self.given())[one.id]
        if known.run_id == fired.run_id:  # otherwise another process was faster
            await self._start(runs, known, fired.due)

    async def _start(self, runs: Runs, one: Schedule, due: float) -> None:
        person = next((each for each in await self._people.users(self._tenant) if each.id == one.subject), None)
        if person is None or person.disabled:
            await self.cancel(one.id, by="server", reason="the person is not there any more")
            return
        late = self._clock.now() - due
        said = f"{one.text} ({_ago(late)} late: no server ran at the time)" if late > _LATE else one.text
        call = ToolCall(self._ids.new("call"), REMIND, {"text": said}) if one.kind == "reminder" else None
        scopes = [scope for scope in one.scopes if scope in person.scopes]
        for conversation_id in (one.conversation_id or None, None):
            try:
                await runs.start(
                    user(one.text), tenant=self._tenant, subject=one.subject, conversation_id=conversation_id,
                    channel="schedule", call=call, scopes=scopes, run_id=one.run_id, person=one.person,
                )  # fmt: skip
                return
            except NotFound as error:  # the conversation is not there any more
                if conversation_id is None:
                    log.warning("the schedule %s could not be started: %s", one.id, error)

    def _changed(self, path: str) -> float:
        """When a file of the workspace was changed; 0 where there is none. Raises InvalidInput."""
        try:
            found = Workspace(self._workspace).stat(path)
        except ToolError as error:
            raise InvalidInput(str(error)) from None
        return 0.0 if found is None else found.st_mtime

    def _changed_since(self, one: Schedule) -> float | None:
        try:
            changed = self._changed(one.timing.path)
        except InvalidInput:
            return None
        return changed if changed > max(one.last, one.since) else None


def _ago(seconds: float) -> str:
    for length, unit in ((86400, "d"), (3600, "h")):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds // 60)} min"
