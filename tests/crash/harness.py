"""Kill the product, for real, wherever it stands, and ask a witness outside what was done.

A scenario is a chain of processes on one data folder. The first starts a run of ten steps, with
two parallel calls and one approval, and is killed (SIGKILL) at the chosen point; each next one opens
the same folder, lets the run go on, and answers what it asks. The witness is a file that only the
tools write: one line an effect, by its key.

So that a life lasts milliseconds, the folder starts migrated, no sandbox is looked for, as no command is run here,
and there are no tools but those of the scenario.
"""

import asyncio
import gc
import os
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import msgspec

from orchestrator.app import App, open_app
from orchestrator.identity.base import TENANT
from orchestrator.journal.views import ApprovalView
from orchestrator.kernel import settings
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.events import Answer, Event, Limits
from orchestrator.kernel.ids import effect_key
from orchestrator.kernel.messages import Arguments, Effects, Message, Scope, Text, ToolCall, ToolSpec, user
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.tools.base import Context, Result
from orchestrator.tools.catalogue import kits

STEPS = 10
MASTER = bytes(32)  # the key that wraps the keys of the journal
LEISURE = 1e9  # `after` so long: at leisure, and not killed
PATIENCE = 40  # seconds after which a life that hangs is ended, and has failed
PAUSE = 0.002  # seconds between the words of a reply, and around an effect, in a life at leisure
PARAMETERS = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["path", "n"],
}


class Scenario(msgspec.Struct, frozen=True):
    """What is done, and what must have been done in the end, however often somebody kills who does it."""

    goal: str
    answer: str
    script: Callable[[Request], Reply]
    effects: int  # that the witness must have seen, each once
    runs: int = 1  # the first, and those below it
    limits: Limits | None = None


class Point(msgspec.Struct, frozen=True):
    """Where the process dies: once event `seq` of the run, or the `nth` event of this life, is durable; right
    after effect number `effect`; or, killed from outside, `after` so many seconds, all at its leisure."""

    seq: int = 0
    nth: int = 0
    effect: int = 0
    after: float = 0.0


def migrated(folder: Path) -> Path:
    """An empty database of the newest revision, whole in one file."""
    database = SqliteDatabase(folder / "orchestrator.db")
    database.migrate()
    connection = database.connect()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return database.path


class Folder:
    """With `url`, its journal is in that PostgreSQL."""

    url = ""
    clock: Clock | None = None  # instead of the machine's
    scenario: Scenario

    def __init__(self, root: Path, template: Path | None, url: str = "", scenario: Scenario | None = None) -> None:
        self.root = root
        self.url = url
        self.scenario = scenario or SHORT
        self.data = root / "data"
        self.data.mkdir(parents=True)
        (self.data / "master.key").write_bytes(MASTER)
        if template is not None:
            shutil.copy(template, self.data)
        self.witness = root / "witness"
        self.acknowledged = root / "acknowledged"
        self.resumed = root / "resumed"

    def effects(self) -> Counter[str]:
        return Counter(self.witness.read_text().splitlines()) if self.witness.exists() else Counter()


def append(path: Path, line: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, f"{line}\n".encode())
    os.close(file)


class Deposit:
    """A tool whose effect is a line at the witness."""

    def __init__(
        self, name: str, effects: Effects, scope: Scope, folder: Folder, after: Callable[[], None], pause: float = 0.0
    ) -> None:
        self._pause = pause
        self.spec = ToolSpec(name, f"{name}.", PARAMETERS, scope, effects)
        self._folder = folder
        self._after = after

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, context: Context) -> Result:
        await asyncio.sleep(self._pause)
        done = self._folder.effects()
        if self.spec.effects == "once" or context.key not in done:  # idempotent: the second time changes nothing
            append(self._folder.witness, context.key)
        self._after()
        await asyncio.sleep(self._pause)
        return Result(f"deposited {arguments['n']}")


class KnowingDeposit(Deposit):
    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        return Result("it was deposited") if context.key in self._folder.effects() else None


def script(request: Request) -> Reply:
    """Ten steps: looks, deposits of each kind, two at once, one that a person must allow."""
    question = max(index for index, message in enumerate(request.messages) if message.role == "user")
    step = 1 + sum(message.role == "tool" for message in request.messages[question:])

    def call(tool: str, n: int) -> ToolCall:
        return ToolCall(f"call_{step}_{n}", tool, {"path": "ledger.txt", "n": step * 10 + n})

    plan: dict[int, tuple[ToolCall, ...]] = {
        1: (call("look", 0),),
        2: (call("deposit", 0),),
        3: (call("deposit_blind", 0), call("mark", 1)),
        4: (call("look", 0),),
        5: (call("deposit_asked", 0),),
        6: (call("mark", 0),),
        7: (call("deposit", 0),),
        8: (call("deposit_blind", 0),),
        9: (call("deposit", 0),),
    }
    calls = plan.get(step, ())
    parts = calls or (Text("All is deposited."),)
    return Reply(Message("assistant", parts), "script")


SHORT = Scenario("make the deposits", "All is deposited.", script, 8)


class Script:
    """The model of the scenario: it decides by what it reads, so it may be asked again."""

    name = "script"
    capabilities: frozenset[Capability] = frozenset({"chat", "tools"})

    def __init__(self, script: Callable[[Request], Reply], pause: float = 0.0) -> None:
        self._script = script
        self._pause = pause

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        for word in ("All ", "is ", "well. ") if self._pause else ():
            yield TextDelta(word)
            await asyncio.sleep(self._pause)
        yield self._script(request)

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("script", "script", self.capabilities)]

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return []

    async def close(self) -> None: ...


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def live(folder: Folder, point: Point | None) -> None:
    """One process's life: start the run or go on with it, answer what is asked, until it is finished."""
    effects = seen = 0
    pause = PAUSE if point is not None and point.after else 0.0

    def effect() -> None:
        nonlocal effects
        effects += 1
        if point is not None and point.effect == effects:
            die()

    began = time.monotonic()
    resuming = folder.acknowledged.exists()

    def observe(events: Sequence[Event]) -> None:
        nonlocal resuming, seen
        for event in events:
            if not event.stream.startswith("run_"):
                continue
            append(folder.acknowledged, f"{event.stream} {event.seq} {event.type}")
            if resuming:
                append(folder.resumed, f"{time.monotonic() - began:.4f}")
                resuming = False
            seen += 1
            if point is not None and (point.seq == event.seq or point.nth == seen):  # `seq` of whichever run
                die()

    tools = (
        Deposit("look", "none", "read", folder, lambda: None),
        KnowingDeposit("deposit", "once", "write", folder, effect, pause),
        Deposit("deposit_blind", "once", "write", folder, effect, pause),
        Deposit("mark", "idempotent", "write", folder, effect, pause),
        Deposit("deposit_asked", "once", "execute", folder, effect, pause),
    )
    tools[0].call = _look  # type: ignore[method-assign]
    flags = {
        "data": folder.data,
        "storage": {"url": folder.url},
        "llm": {"model": "script"},
        "tools": {"sandbox": "none", "omit": tuple(kits().builtin())},
    }
    chosen = settings.load({"HOME": str(folder.root)}, flags=flags)
    scenario = getattr(folder, "scenario", SHORT)
    models = {"script": Script(scenario.script, pause)}
    async with open_app(chosen, clock=folder.clock, models=models, tools=tools, observe=observe) as app:
        known = await app.views.runs(TENANT, children=False)
        run_id = known[0].run_id if known else ""
        if not run_id:
            goal, limits = user(scenario.goal), scenario.limits
            run_id = await app.runs.start(goal, tenant=TENANT, subject="tester", model="script", limits=limits)
        watching = asyncio.create_task(_watch(app, run_id)) if pause else None
        await _to_the_end(app, folder, run_id)
        if watching is not None:
            await watching


async def _to_the_end(app: App, folder: Folder, run_id: str) -> None:
    while True:
        await app.runs.settled(run_id)
        if (await app.views.run(TENANT, run_id)).finished_at is not None:
            return
        for waiting in await app.views.approvals(TENANT):
            await app.runs.answer(waiting.approval_id, _truth(folder, waiting), tenant=TENANT, by="tester")


async def _watch(app: App, run_id: str) -> None:
    async for _ in app.runs.watch(run_id):
        pass


async def _look(arguments: Arguments, context: Context) -> Result:
    return Result("something is there")


def _truth(folder: Folder, waiting: ApprovalView) -> Answer:
    """What a person says who can look at the witness."""
    if waiting.asked.kind in ("call", "budget"):
        return "once"
    asked = waiting.asked
    key = effect_key(waiting.run_id, asked.step, asked.tool, asked.arguments)
    return "done" if key in folder.effects() else "retry"


def _hangs(*_: object) -> None:
    """Say where a life stands that came to no end."""
    for task in asyncio.all_tasks():
        task.print_stack()
    raise TimeoutError(f"It hangs for {PATIENCE} s.")


def process(folder: Folder, point: Point | None) -> int:
    """Live in a process of its own; the signal that ended it, 0 when it came to the end."""
    child = os.fork()
    if child == 0:
        gc.freeze()  # what the tests hold is shared: to look through it would copy it
        signal.signal(signal.SIGALRM, _hangs)
        signal.alarm(PATIENCE)
        status = 1
        try:
            asyncio.run(live(folder, point))
            status = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)
    if point is not None and 0.0 < point.after < LEISURE:
        time.sleep(point.after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    assert os.WEXITSTATUS(status) == 0, f"the process failed with {os.WEXITSTATUS(status)}"
    return 0
