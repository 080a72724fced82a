"""Runs again: replayed, forked, compared, and carried from one journal to another."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from orchestrator.agents.compare import Comparison, compare
from orchestrator.agents.forks.faculties import effects_of
from orchestrator.agents.forks.opening import Changes, opening, staged
from orchestrator.agents.forks.origin import Origin
from orchestrator.agents.ports import Decide, House
from orchestrator.agents.replay.player import Replayed, replay
from orchestrator.agents.replay.recording import Recording, Today, whole
from orchestrator.agents.runs import Runs
from orchestrator.agents.state import RunState, fold
from orchestrator.agents.transfers import file
from orchestrator.journal.views import RunView, Views
from orchestrator.kernel.errors import Conflict, NotFound
from orchestrator.kernel.events import ALL_SCOPES, Event, RunStarted
from orchestrator.kernel.messages import Message, Scope, assistant
from orchestrator.kernel.trials import ForkedFrom
from orchestrator.policy.grants import stream as grants_of

HISTORY = 12  # earlier runs of a conversation that a model may read


class Store(Protocol):
    """Where the bytes of artifacts are."""

    def put(self, data: bytes) -> str: ...
    def get(self, identifier: str) -> bytes: ...


class Imported(Struct, frozen=True):
    run_id: str
    events: int
    artifacts: int
    already: bool  # it was here, just so
    redacted: bool = False


class Trials:
    def __init__(
        self,
        house: House,
        views: Views,
        runs: Runs,
        store: Store,
        policy_of: Callable[[dict[str, Any] | None], Decide],
        product: str,
    ) -> None:
        """`policy_of` makes a policy of its own: from settings, or as the server's. Threads share none."""
        self._house = house
        self._views = views
        self._runs = runs
        self._store = store
        self._policy_of = policy_of
        self._product = product
        self.imports = runs.desk.imports
        runs.desk.stage = self.stage

    # Replay.

    async def recording(self, tenant: str, run_id: str) -> Recording:
        """All that a run had to go by. Raises NotFound, or Conflict where it can be read no more."""
        view = await self._views.run(tenant, run_id)
        events = await self._events(run_id)
        imported = (await self.imports.of(tenant)).get(run_id)
        if imported is not None:
            kept = file.decode_context(self._store.get(imported.context)) if imported.context else None
            return as_there(events, imported.tenant, imported.subject, kept or file.Context())
        probe = Recording(tuple(events))
        forked = probe.started.forked_from
        origin = await self._origin(forked)
        history: list[Message] = []
        if forked is not None or view.parent is None:
            conversation, before = (forked.conversation_id, forked.before) if forked else (view.conversation_id, run_id)
            history = await self._history(tenant, conversation, before, events[0].at)
        grants = await self._house.ledger.read(grants_of(tenant))
        return Recording(tuple(events), tuple(history), tuple(grants), tuple(origin))

    async def replay(self, tenant: str, run_id: str) -> Replayed:
        """Make a run again from its recording, on another thread. Nothing is called, nothing is written."""
        recording = await self.recording(tenant, run_id)
        return await asyncio.to_thread(replay, recording, self.today())

    async def replay_last(self, tenant: str, subject: str | None, count: int) -> list[Replayed]:
        """The newest runs, newest first."""
        found: list[Replayed] = []
        before: str | None = None
        today = self.today()
        while len(found) < count:
            views = await self._views.runs(tenant, subject, before=before, limit=min(100, count - len(found)))
            for view in views:
                try:
                    recording = await self.recording(tenant, view.run_id)
                except Conflict:  # erased
                    continue
                found.append(await asyncio.to_thread(replay, recording, today))
            if not views:
                break
            before = views[-1].run_id
        return found

    def today(self) -> Today:
        """What decides now."""
        house = self._house
        return Today(
            tools=house.tools,
            policy=self._policy_of(None),
            context_tokens=house.context_tokens,
            depth=house.depth,
            children=house.children,
            policy_of=self._policy_of,
        )

    # Fork.

    async def fork(
        self,
        tenant: str,
        subject: str,
        run_id: str,
        at: int,
        changes: Changes,
        *,
        scopes: Collection[Scope] = ALL_SCOPES,
    ) -> str:
        """A new run that goes on from an event of another. Returns its identifier once it is durable.

        It may do what the run might and `scopes`, those of whoever forks it, too.
        """
        events = await self._events(run_id)
        if changes.policy is not None:
            self._policy_of(changes.policy)  # raises InvalidInput before anything is written
        if fold(run_id, events).finished is None:
            raise Conflict(f"{run_id} is not finished.", hint="Let it end, or cancel it; then fork it.")
        strange = not (await self.imports.of(tenant)).keys().isdisjoint(_line(events))
        bodies = opening(events, at, changes, self._house.ids, frozenset(scopes), ("web",) if strange else ())
        return await self._runs.take_up(bodies, tenant=tenant, subject=subject)

    async def stage(self, state: RunState, house: House) -> tuple[House, list[Message]]:
        """The house that a fork works in, and the earlier messages that its models read."""
        started = state.started
        assert started is not None and started.forked_from is not None
        forked = started.forked_from
        recording = Origin(await self._origin(forked), effects_of(house.tools))
        policy = house.policy if forked.policy is None else self._policy_of(forked.policy)
        imported = (await self.imports.of(state.tenant)).get(forked.before)
        if imported is not None and imported.context:
            history = list(file.decode_context(self._store.get(imported.context)).history)
        else:
            history = await self._history(state.tenant, forked.conversation_id, forked.before, None)
        return staged(house, state, forked, recording, policy), history

    # Compare.

    async def compare(self, left: str, right: str) -> Comparison:
        return compare(await self._events(left), await self._events(right))

    # Carry.

    async def export(self, tenant: str, run_id: str, *, redact: bool = False) -> bytes:
        recording = await self.recording(tenant, run_id)
        at = self._house.clock.now()

        def made() -> bytes:
            return file.export(recording, product=self._product, at=at, read=self._store.get, redact=redact)

        return await asyncio.to_thread(made)

    async def take_in(self, data: bytes, *, tenant: str, subject: str) -> Imported:
        """Keep a run that was exported elsewhere. The same file twice is the same as once."""
        run = await asyncio.to_thread(file.read, data)
        content = await asyncio.to_thread(file.content, run)
        events = file.events_of(run.run_id, run.events, tenant, subject)
        already = await self._here(run, tenant, subject)
        if not already:
            await self._check_conversation(events, tenant, subject)
        for one in content.values():
            await asyncio.to_thread(self._store.put, one)
        context = file.Context(run.history, run.grants, run.origin)
        kept = await asyncio.to_thread(self._store.put, file.encode_context(context))
        if run.run_id not in await self.imports.of(tenant) and not already:
            await self.imports.add(run, kept, tenant=tenant, by=subject, at=run.exported_at)
        if not already:
            await asyncio.shield(self._house.journal.append(list(events)))
        return Imported(run.run_id, len(events), len(content), already, run.redacted)

    async def _here(self, run: file.Run, tenant: str, subject: str) -> bool:
        """Whether this very run is in the journal. Raises Conflict where another has its name."""
        view = await self._views.whose(run.run_id)
        if view is None:
            return False
        same = (view.tenant, view.subject) == (tenant, subject)
        if same and file.lines(await self._house.journal.read(run.run_id))[-1].chain == run.digest:
            return True
        raise Conflict(f"There is another run {run.run_id} here.", hint="It is left as it is.")

    async def _check_conversation(self, events: Sequence[Event], tenant: str, subject: str) -> None:
        conversation = Recording(tuple(events)).started.conversation_id
        if await self._views.conversation_of_another(tenant, subject, conversation):
            raise Conflict("The run belongs to a conversation of somebody else here.")

    # Read.

    async def _events(self, run_id: str) -> list[Event]:
        events = await self._house.journal.read(run_id)
        if not events:
            raise NotFound(f"There is no run {run_id}.")
        if not whole(events):
            raise Conflict(f"{run_id} cannot be read any more.", hint="Its person was erased.")
        return events

    async def _origin(self, forked: ForkedFrom | None) -> list[Event]:
        if forked is None:
            return []
        events = await self._house.journal.read(forked.run_id)
        return events if whole(events) else []

    async def _history(self, tenant: str, conversation: str, before: str, at: float | None) -> list[Message]:
        """What was said in a conversation before a run, as it was at a moment."""
        earlier = await self._views.runs(
            tenant, conversation_id=conversation, children=False, before=before, limit=HISTORY
        )
        messages: list[Message] = []
        for view in reversed(earlier):
            if _over(view, at):
                messages += told(fold(view.run_id, await self._house.journal.read(view.run_id)))
        return messages


def _line(events: Sequence[Event]) -> tuple[str, str]:
    """A run, and the first of those that it was forked from."""
    started = events[0].body
    assert isinstance(started, RunStarted)
    return events[0].stream, started.forked_from.before if started.forked_from is not None else ""


def told(state: RunState) -> list[Message]:
    """What a finished run adds to its conversation."""
    if state.finished is None or state.paused == "queue":
        return []
    messages = list(state.told())
    if state.messages[-1].role != "assistant" or state.finished.status != "completed":
        messages.append(assistant(state.finished.answer))
    return messages


def _over(view: RunView, at: float | None) -> bool:
    return view.finished_at is not None and (at is None or view.finished_at <= at)


def as_there(events: Sequence[Event], tenant: str, subject: str, kept: file.Context) -> Recording:
    """An imported run as the journal that it comes from had it."""
    there = tuple(msgspec.structs.replace(event, tenant=tenant, subject=subject) for event in events)
    grants = tuple(
        Event(grants_of(tenant), place, one.at, tenant, subject, one.body) for place, one in enumerate(kept.grants, 1)
    )
    origin = file.events_of("", kept.origin, tenant, subject)
    return Recording(there, kept.history, grants, origin)
