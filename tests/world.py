"""A small world for the agents room: a real journal on disk, a model and tools that tests write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
from msgspec import Struct

from orchestrator.agents.ports import Decide, House
from orchestrator.agents.runs import Runs
from orchestrator.journal.bus import Bus
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.stores import open_journal
from orchestrator.journal.views import Views
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelError, NotFound, ToolRetry
from orchestrator.kernel.events import Event, Limits
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, Effects, Message, Scope, Text, ToolCall, ToolSpec, Usage
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta
from orchestrator.policy.base import Call, Decision, Verdict
from orchestrator.policy.budgets.base import FREE, Rates
from orchestrator.policy.screen.screen import Seen
from orchestrator.storage import tables_budgets, tables_journal  # noqa: F401  (they add their tables to the metadata)
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.database import Database
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import metadata
from orchestrator.tools.base import Context, Result, Tool

Script = Callable[[Request], "Reply | ModelError | Awaitable[Reply]"]


def say(text: str, *calls: ToolCall, finish: str = "stop", plan: tuple[str, ...] = ()) -> Reply:
    parts = ((Text(text),) if text else ()) + calls
    return Reply(Message("assistant", parts), "script", finish, Usage(10, 5), plan=plan)  # type: ignore[arg-type]


def call(name: str, identifier: str = "", **arguments: object) -> ToolCall:
    return ToolCall(identifier or f"c_{name}", name, arguments)


class ScriptModel:
    """Says what the script says: a list of replies, or a function of the request."""

    name = "script"
    capabilities: frozenset[Capability] = frozenset({"chat", "tools"})

    def __init__(self, script: Script | Sequence[Reply | ModelError]) -> None:
        self.requests: list[Request] = []
        self._script = script

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        if callable(self._script):
            given = self._script(request)
            answer = given if isinstance(given, Reply | ModelError) else await given
        else:
            answer = self._script[len(self.requests) - 1]
        if isinstance(answer, ModelError):
            raise answer
        for word in answer.message.text.split(" "):
            yield TextDelta(word + " ")
        yield answer

    async def models(self) -> list[ModelInfo]:
        return []

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return []

    async def close(self) -> None: ...


class Choice(Struct, frozen=True):
    model: ScriptModel
    name: str = "script"
    reason: str = "the test says so"
    rates: Rates | None = FREE


class Chooser:
    def __init__(self, model: ScriptModel) -> None:
        self._model = model

    async def choose(
        self, asked: str, needs: frozenset[Capability] = frozenset(), *, task: str = "", agent: str = ""
    ) -> Choice:
        return Choice(self._model)


class FunctionTool:
    def __init__(
        self,
        name: str,
        act: Callable[[Arguments, Context], Awaitable[Result]],
        effects: Effects = "none",
        scope: Scope = "read",
    ) -> None:
        self.spec = ToolSpec(name, f"{name}.", {"type": "object"}, scope, effects)
        self._act = act

    def check(self, arguments: Arguments) -> None:
        if "wrong" in arguments:
            raise ToolRetry("The argument 'wrong' is not known.")

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return await self._act(arguments, context)


class Toolbox:
    def __init__(self, *tools: Tool) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self._tools.values())

    def get(self, name: str) -> Tool:
        if name not in self._tools:
            raise NotFound(f"There is no tool {name}.")
        return self._tools[name]


class Rules:
    """Allows everything, but for the tools named."""

    def __init__(self, **verdicts: Verdict) -> None:
        self._verdicts = verdicts

    def decide(self, call: Call, granted: Collection[tuple[str, str]] = ()) -> Decision:
        verdict = self._verdicts.get(call.tool, "allow")
        if verdict == "ask" and (call.tool, self.shape(call)) in granted:
            return Decision("allow", "grant", "granted", "A person allowed it.")
        return Decision(verdict, "test", f"test_{verdict}", f"The test says {verdict}.", alternative="Do less.")

    def shape(self, call: Call) -> str:
        return call.tool

    def screen(self, *said: object) -> Seen:
        return Seen()


class World(Struct):
    runs: Runs
    journal: Any
    ledger: Ledger
    views: Views
    bus: Bus
    clock: ManualClock
    committed: list[Event]

    async def run(self, goal: str = "do it", **options: object) -> str:
        from orchestrator.kernel.messages import user

        return await self.runs.start(user(goal), tenant="t", subject="u", **options)  # type: ignore[arg-type]

    async def types(self, run_id: str) -> list[str]:
        return [event.type for event in await self.journal.read(run_id)]


def opened(folder: Path) -> Database:
    """The PostgreSQL that a file `storage.url` in the folder names (see the fixture `store`); else SQLite."""
    named = folder / "storage.url"
    if named.exists():
        return PostgresDatabase(named.read_text("utf-8"))
    database = SqliteDatabase(folder / "orchestrator.db")
    if not database.path.exists():
        database.path.write_bytes(_empty(frozenset(metadata.tables)))
    return database


@cache
def _empty(_tables: frozenset[str]) -> bytes:
    """A SQLite database with these tables: made once, since each change of a schema waits for the disk."""
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
    with engine.connect() as connection:
        made: bytes = connection.connection.driver_connection.serialize()  # type: ignore[union-attr]
    engine.dispose()
    return made


@asynccontextmanager
async def world(
    folder: Path,
    model: ScriptModel,
    *tools: Tool,
    rules: Decide | None = None,
    limits: Limits | None = None,
    ids: CountedIds | None = None,
) -> AsyncIterator[World]:
    clock, bus, ids = ManualClock(), Bus(), ids or CountedIds()
    database = opened(folder)
    committed: list[Event] = []

    def publish(events: Sequence[Event]) -> None:
        committed.extend(events)
        bus.publish(events)

    journal = open_journal(database, publish, Keyring(Master(bytes(32))))
    ledger, views = Ledger(journal, clock), Views(database.reading)
    house = House(
        journal=journal,
        ledger=ledger,
        bus=bus,
        models=Chooser(model),
        tools=Toolbox(*tools),
        policy=rules or Rules(),
        artifacts=Blobs(folder / "blobs"),
        clock=clock,
        ids=ids,
    )
    runs = Runs(house, views, folder / "workspace", limits or Limits())
    try:
        yield World(runs, journal, ledger, views, bus, clock, committed)
    finally:
        await runs.close(patience=0.0)
        await journal.close()
        await database.close()


async def tick(times: int = 50) -> None:
    """Let everything that can run, run; no time passes."""
    for _ in range(times):
        await asyncio.sleep(0)


async def until(so: Callable[[], object]) -> None:
    """Let everything run until it is so; a test that waits in vain fails by its time limit."""
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110  (what is waited for has no event of its own)
            await asyncio.sleep(0)
