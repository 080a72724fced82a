"""The journal beside a model that is a dictionary: whatever is done, in whatever order, with crashes in between."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from crash.harness import migrated
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.rows import PLAIN
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.journal.upkeep import ARCHIVE, Kind, Request, Upkeep
from orchestrator.kernel import events as e
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import Fenced, RunFinished
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Message, ToolCall, Usage, user
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import VIEWS

T = TypeVar("T")
RUNS = st.sampled_from([f"run_{number}" for number in range(4)])
OF = {"run_0": "ann", "run_1": "ann", "run_2": "bob", "run_3": "bob"}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


@st.composite
def bodies(draw: st.DrawFn) -> e.Body:
    """What a run may record between its start and its end."""
    n, text = draw(st.integers(1, 9)), draw(TEXTS)
    reply = Message("assistant", (ToolCall(f"c{n}", "echo", {"text": text, "n": [n / 3, None, {"é": n}]}),))
    artifact = e.Artifact(f"{n:064}", text or "a", "text/plain", n)
    said: list[e.Body] = [
        e.ModelAsked(n, "m"),
        e.ModelReplied(n, f"m{n % 3}", reply, "stop", Usage(n, 2 * n, 1), 0.1 * n, 0.3),
        e.ToolReturned(n, f"c{n}", "echo", "k", "ok", text, {"x": [text]}, seconds=0.1 * n),
        e.ToolReturned(n, f"c{n}", f"t{n % 2}", "k", "failed", text, artifact=artifact, seconds=1e-6 * n),
        e.ApprovalAsked(f"approval_{n}{text[:1]}", "call", n, f"c{n}", "echo", {}, "h", "s", "code", text, {"a": text}),
        e.ApprovalAnswered(f"approval_{n}", "once", "ann"),
        e.RunResumed("because"),
    ]
    return draw(st.sampled_from(said))


class Machine(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folders = tempfile.TemporaryDirectory(prefix="journal")
        self.lives = 0
        self.asked = 0
        self.streams: dict[str, list[Event]] = {}  # what was appended, acknowledged or on its way
        self.known: dict[str, int] = {}  # how much of it was acknowledged
        self.archived: set[str] = set()
        self.waiting: list[tuple[str, int, asyncio.Future[None]]] = []

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        folder = Path(self.folders.name) / "0"
        folder.mkdir()
        shutil.copy(self.template, folder / "orchestrator.db")
        self.do(self.open(folder))

    async def open(self, folder: Path) -> None:
        self.folder = folder
        self.database = SqliteDatabase(folder / "orchestrator.db")
        self.keyring = Keyring(Master(bytes(32)))
        self.published: list[Event] = []
        self.journal = SqliteJournal(
            self.database, self.published.extend, self.keyring, batch=5, archive=folder / ARCHIVE
        )
        clock = ManualClock()
        self.upkeep = Upkeep(
            self.database,
            self.keyring,
            Ledger(self.journal, clock),
            Blobs(folder / "blobs"),
            folder,
            clock,
            CountedIds(),
        )

    async def close(self) -> None:
        await self.upkeep.close()
        await self.journal.close()
        await self.database.close()

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.do(self.close())
        self.runner.close()
        self.folders.cleanup()

    # What agents do.

    def next(self, stream: str, *bodies: e.Body) -> list[Event]:
        seq = len(self.streams.get(stream, []))
        return [Event(stream, seq + n, 10.0 + seq + n, "t", OF[stream], body) for n, body in enumerate(bodies, 1)]

    def with_its_own_id(self, body: e.Body) -> e.Body:
        self.asked += 1
        return replace(body, approval_id=f"approval_{self.asked}") if isinstance(body, e.ApprovalAsked) else body

    def open_runs(self) -> list[str]:
        return [stream for stream in OF if stream not in self.archived and not self.is_over(stream)]

    def is_over(self, stream: str) -> bool:
        events = self.streams.get(stream, [])
        return bool(events) and (events[-1].type == "run.finished" or events[-1].body == e.Erased("run.finished"))

    async def append(self, stream: str, made: tuple[e.Body, ...], lazy: bool) -> None:
        if not self.streams.get(stream):
            made = (e.RunStarted(f"conversation_{OF[stream]}", user("the goal"), "auto", "/w"), *made)
        events = self.next(stream, *map(self.with_its_own_id, made))
        self.streams.setdefault(stream, []).extend(events)
        self.waiting.append((stream, events[-1].seq, self.journal.append(events, lazy=lazy)))

    @rule(stream=RUNS, made=st.lists(bodies(), min_size=1, max_size=3).map(tuple), lazy=st.booleans())
    def something_happens(self, stream: str, made: tuple[e.Body, ...], lazy: bool) -> None:
        if stream in self.open_runs():
            self.do(self.append(stream, made, lazy))

    @rule(made=st.lists(st.tuples(RUNS, bodies(), st.booleans()), min_size=2, max_size=12))
    def much_happens_at_once(self, made: list[tuple[str, e.Body, bool]]) -> None:
        async def all_of_it() -> None:
            for stream, body, lazy in made:
                if stream in self.open_runs():
                    await self.append(stream, (body,), lazy)

        self.do(all_of_it())

    @rule(stream=RUNS, answer=TEXTS)
    def a_run_ends(self, stream: str, answer: str) -> None:
        if stream in self.open_runs() and self.streams.get(stream):
            self.do(self.append(stream, (e.RunFinished("completed", answer, "m", 1, Usage(1, 1), 0.1),), False))

    @rule(stream=RUNS, gap=st.sampled_from([-1, 1, 5]))
    def somebody_else_writes(self, stream: str, gap: int) -> None:
        self.settle()
        seq = len(self.streams.get(stream, [])) + 1 + gap
        stray = Event(stream, seq, 1.0, "t", OF[stream], e.ModelAsked(1, "m"))

        async def refused() -> None:
            try:
                await self.journal.append([stray])
            except (Fenced, RunFinished):
                return
            raise AssertionError("it was taken")

        self.do(refused())

    @rule()
    def settle(self) -> None:
        async def all_told() -> None:
            for stream, seq, future in self.waiting:
                await future
                self.known[stream] = max(self.known.get(stream, 0), seq)

        self.do(all_told())
        self.waiting.clear()

    # What happens to it.

    @rule()
    def restart(self) -> None:
        self.do(self.close())
        self.settle()
        self.do(self.open(self.folder))

    @rule()
    def power_cut(self) -> None:
        """Another process finds the files as they are now; what was not acknowledged may be lost, from the end."""
        for stream, seq, future in self.waiting:
            if future.done():
                self.known[stream] = max(self.known.get(stream, 0), seq)
        self.lives += 1
        found = Path(self.folders.name) / str(self.lives)
        shutil.copytree(self.folder, found)
        self.do(self.close())
        self.waiting.clear()
        self.do(self.open(found))
        for stream in OF:
            if stream in self.archived:
                continue
            head = self.do(self.journal.head(stream))
            assert head >= self.known.get(stream, 0), "an acknowledged event was lost"
            self.streams[stream] = self.streams.get(stream, [])[:head]
            self.known[stream] = head

    async def job(self, kind: Kind, **options: Any) -> dict[str, Any]:
        job = await self.upkeep.finished(self.upkeep.begin(kind, Request(**options), tenant="t", by="admin"))
        assert job.state == "done", job.problem
        return job.result

    @rule()
    def anchored(self) -> None:
        self.do(self.job("anchor"))

    @rule()
    def old_runs_are_archived(self) -> None:
        self.settle()
        self.do(self.job("archive", before=1e9))
        for stream in OF:
            if self.streams.get(stream) and self.do(self.journal.head(stream)) == 0:
                assert self.is_over(stream)
                self.archived.add(stream)

    @precondition(lambda self: self.archived)
    @rule(data=st.data())
    def one_is_restored(self, data: st.DataObject) -> None:
        self.settle()
        stream = data.draw(st.sampled_from(sorted(self.archived)))
        self.do(self.job("restore", stream=stream))
        self.archived.remove(stream)

    @rule(subject=st.sampled_from(["ann", "bob"]))
    def somebody_is_erased(self, subject: str) -> None:
        self.settle()
        mine = [stream for stream in OF if OF[stream] == subject and self.streams.get(stream)]
        if all(self.is_over(stream) for stream in mine):
            self.do(self.job("erase", subject=subject))
            for stream in mine:
                self.streams[stream] = [erased(event) for event in self.streams[stream]]

    @rule()
    def views_are_rebuilt(self) -> None:
        self.settle()
        before = self.views()
        self.do(self.job("rebuild"))
        assert self.views() == before

    @rule()
    def it_is_verified(self) -> None:
        report = self.do(self.job("verify"))
        assert report["whole"], report

    # What must be so.

    def views(self) -> dict[str, list[Any]]:
        connection = self.database.connect()
        found = {
            view.name: connection.execute(
                f"SELECT * FROM {view.name} ORDER BY {', '.join(column.name for column in view.primary_key)}"
            ).fetchall()
            for view in VIEWS
        }
        connection.close()
        return found

    @invariant()
    def what_was_acknowledged_is_read(self) -> None:
        if not hasattr(self, "journal"):
            return
        for stream in OF:  # also what was archived
            events = self.do(self.journal.read(stream))
            assert events == self.streams.get(stream, [])[: len(events)]
            assert len(events) >= self.known.get(stream, 0)


def erased(event: Event) -> Event:
    if event.type in PLAIN or isinstance(event.body, e.Erased):
        return event
    return Event(event.stream, event.seq, event.at, event.tenant, event.subject, e.Erased(event.type))


def test_the_journal_does_what_its_model_does(tmp_path: Path) -> None:
    class Here(Machine):
        template = migrated(tmp_path)

    case = Here.TestCase
    case.settings = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,  # the same in every run: what is found is found by whoever changes something
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
