"""Other people's tools: in a process of their own, loaded when they change, and never at the server's expense."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from contracts.tool import context_of
from world import until

from orchestrator.kernel.clock import ManualClock, SystemClock
from orchestrator.kernel.errors import NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Reconcilable
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.foreign import Change
from orchestrator.tools.plugins.folder import Plugins
from orchestrator.tools.plugins.plugin import IDLE, Ground
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.sandbox.probe import choose

DICE = '''
import os
from orchestrator.tools import tool

@tool(category="games")
def roll_die(faces: int = 6) -> int:
    """Roll one die."""
    print("this is no answer")
    return FACES

@tool()
def who_am_i() -> int:
    """Say which process this is."""
    return os.getpid()
'''

EXITS = '''
import sys
from orchestrator.tools import tool

@tool()
def leave() -> int:
    """Leave."""
    sys.exit(4)
'''


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return asyncio.run(choose(Tools()))


class House:
    """A tools' folder beside a workspace and a secret, and the catalogue that is fed from it."""

    def __init__(self, root: Path, sandbox: Sandbox, clock: ManualClock | SystemClock) -> None:
        self.folder, self.workspace = root / "data" / "tools", root / "workspace"
        self.folder.mkdir(parents=True)
        self.workspace.mkdir()
        (root / "data" / "orchestrator.db").write_text("the journal")
        self.changes: list[Change] = []
        self.packages: dict[str, tuple[str, str]] = {}
        self.catalogue = Catalogue(Tools(), sandbox, kits())
        ground = Ground(sandbox, self.workspace, clock)
        self.plugins = Plugins(
            self.folder, root / "data" / "plugins", ground, self.catalogue.put, self._tell, lambda: self.packages
        )

    async def _tell(self, change: Change) -> None:
        self.changes.append(change)

    async def write(self, source: str, name: str = "dice.py") -> list[Change]:
        (self.folder / name).write_text(source)
        return await self.plugins.reload()

    @property
    def context(self) -> Context:
        return context_of(self.workspace)


@pytest.fixture
async def house(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[House]:
    house = House(tmp_path, sandbox, SystemClock())
    yield house
    await house.plugins.close()


def dice(faces: int) -> str:
    return DICE.replace("FACES", str(faces))


async def test_a_file_becomes_tools_that_work_outside_the_server(house: House) -> None:
    (change,) = await house.write(dice(4))
    assert (change.what, change.tools) == ("added", ("roll_die", "who_am_i"))
    roll = house.catalogue.get("roll_die")
    assert roll.spec.category == "games" and roll.spec.parameters["properties"]["faces"]["default"] == 6
    result = await roll.call({}, house.context)
    assert result.data == {"value": 4} and result.content == "4"
    pid = (await house.catalogue.get("who_am_i").call({}, house.context)).data["value"]
    assert pid != os.getpid()
    with pytest.raises(ToolRetry, match="faces"):
        roll.check({"faces": "many"})


async def test_a_change_is_loaded_and_a_step_in_flight_keeps_what_it_started_with(house: House) -> None:
    await house.write(dice(4))
    before = house.catalogue.now()
    (change,) = await house.write(dice(5))
    assert change.what == "changed"
    assert (await house.catalogue.get("roll_die").call({}, house.context)).data == {"value": 5}
    assert (await before.get("roll_die").call({}, house.context)).data == {"value": 4}


async def test_what_did_not_change_is_not_loaded_again_unless_asked(house: House) -> None:
    await house.write(dice(4))
    tool = house.catalogue.get("roll_die")
    assert await house.plugins.reload() == [] and house.catalogue.get("roll_die") is tool
    (change,) = await house.plugins.reload(again=True)
    assert change.what == "changed" and house.catalogue.get("roll_die") is not tool


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def roll_die(:", "line 1"),
        ("import no_such_module", "no_such_module"),
        ("x = 1", "no tool"),
        ("raise SystemExit(3)", "SystemExit"),
        ("import os; os._exit(7)", "process ended"),
        (DICE.replace("roll_die", "calculate").replace("FACES", "1"), "Two tools are called 'calculate'"),
    ],
)
async def test_a_broken_file_is_reported_and_the_version_before_stays(house: House, source: str, said: str) -> None:
    await house.write(dice(4))
    (change,) = await house.write(source)
    assert change.what == "broken" and said in change.problem and said in house.plugins.problems["dice.py"]
    assert (await house.catalogue.get("roll_die").call({}, house.context)).data == {"value": 4}
    assert await house.plugins.reload() == [], "told once"
    (mended,) = await house.write(dice(6))
    assert mended.what == "changed" and house.plugins.problems == {}


async def test_a_file_that_hangs_holds_no_other_up_and_is_left_when_it_changes(house: House) -> None:
    os.mkfifo(house.folder / "pipe.py")  # what is no file is no plugin, and is not waited for
    (house.folder / "hangs.py").write_text("import time\ntime.sleep(600)")
    (house.folder / "dice.py").write_text(dice(4))
    hanging = asyncio.create_task(house.plugins.reload())
    await until(lambda: house.changes != [])
    assert (house.changes[0].source, hanging.done()) == ("dice.py", False)
    (house.folder / "hangs.py").write_text(dice(5).replace("roll_die", "roll_two").replace("who_am_i", "who_else"))
    await house.plugins.reload()
    assert (await house.catalogue.get("roll_two").call({}, house.context)).data == {"value": 5}
    assert [change.source for change in await hanging] == ["dice.py"]


async def test_of_two_tools_with_one_name_the_first_file_has_it_however_slow(house: House) -> None:
    (house.folder / "a.py").write_text(f"import time\ntime.sleep(0.3)\n{dice(1)}")
    (house.folder / "b.py").write_text(dice(2))
    await house.plugins.reload()
    assert (await house.catalogue.get("roll_die").call({}, house.context)).data == {"value": 1}
    assert list(house.plugins.problems) == ["b.py"] and "one is of a.py" in house.plugins.problems["b.py"]


async def test_a_tool_that_exits_says_so_and_the_next_call_works(house: House) -> None:
    await house.write(EXITS)
    leave = house.catalogue.get("leave")
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"it exits \(4\), and a tool answers"):
            await leave.call({}, house.context)


async def test_a_removed_file_takes_its_tools_with_it(house: House) -> None:
    await house.write(dice(4))
    (house.folder / "dice.py").unlink()
    (change,) = await house.plugins.reload()
    assert change == Change("dice.py", "removed", ("roll_die", "who_am_i"))
    with pytest.raises(NotFound):
        house.catalogue.get("roll_die")
    assert "calculate" in {spec.name for spec in house.catalogue.specs()}


async def test_tests_and_hidden_files_are_no_plugins(house: House) -> None:
    for name in ("test_dice.py", "_draft.py", ".dice.py", "notes.txt"):
        (house.folder / name).write_text("raise SystemExit")
    assert await house.plugins.reload() == []


async def test_a_file_beside_it_is_imported_and_its_change_reloads_who_uses_it(house: House) -> None:
    user = "import _sides\n" + dice(4).replace("return 4", "return _sides.count()")
    (house.folder / "_sides.py").write_text("from _numbers import SIX\n\ndef count(): return SIX\n")
    (house.folder / "_numbers.py").write_text("SIX = 6\n")
    (house.folder / "leave.py").write_text(EXITS)
    changes = await house.write(user)
    assert {(change.source, change.what) for change in changes} == {("dice.py", "added"), ("leave.py", "added")}
    before = house.catalogue.get("roll_die")
    assert (await before.call({}, house.context)).data == {"value": 6}
    (change,) = await house.write("SIX = 7\n", "_numbers.py")
    assert (change.source, change.what) == ("dice.py", "changed")
    assert (await house.catalogue.get("roll_die").call({}, house.context)).data == {"value": 7}
    assert (await before.call({}, house.context)).data == {"value": 6}  # a step in flight has what it began with
    (change,) = await house.write("SIX = \n", "_numbers.py")
    assert (change.what, change.problem) == (
        "broken",
        "SyntaxError in line 1 of _numbers.py: invalid syntax (_numbers.py, line 1)",
    )
    (house.folder / "_numbers.py").unlink()
    (change,) = await house.plugins.reload()
    assert change.problem == "ModuleNotFoundError in line 1 of _sides.py: No module named '_numbers'"


async def test_a_file_beside_it_takes_no_name_that_is_taken(house: House) -> None:
    (house.folder / "_json.py").write_text("raise RuntimeError('this is not for Python')")
    (house.folder / "helper.py").write_text("raise RuntimeError('this is no helper')")
    (change, *_) = await house.write("import json, _json\n" + dice(4))
    assert (change.source, change.what) == ("dice.py", "added")
    (change,) = await house.write("import helper\n" + dice(5))
    assert change.problem == "ModuleNotFoundError in line 1: No module named 'helper'"


async def test_errors_are_those_of_a_tool(house: House) -> None:
    await house.write(
        '''
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools import tool

@tool()
def fail(how: str) -> str:
    """Fail in some way."""
    if how == "retry":
        raise ToolRetry("Ask for less.", hint="Say 3.")
    if how == "failed":
        raise ToolFailed("It is closed.")
    raise ZeroDivisionError("oops")
'''
    )
    fail = house.catalogue.get("fail")
    with pytest.raises(ToolRetry, match=r"Ask for less\. Say 3\."):
        await fail.call({"how": "retry"}, house.context)
    with pytest.raises(ToolFailed, match="It is closed"):
        await fail.call({"how": "failed"}, house.context)
    with pytest.raises(RuntimeError, match="ZeroDivisionError in line 12: oops"):
        await fail.call({"how": "by itself"}, house.context)


NOSY = '''
import os, socket
from pathlib import Path
from orchestrator.tools import tool

@tool()
def look(path: str) -> str:
    """Read a file."""
    return Path(path).read_text()

@tool()
def names() -> list[str]:
    """Every name of the environment."""
    return sorted(os.environ)

@tool()
def knock(port: int) -> str:
    """Connect to this machine."""
    with socket.create_connection(("127.0.0.1", port), 2):
        return "open"

@tool(scope="write", effects="idempotent")
def note(text: str) -> str:
    """Write in the workspace."""
    Path("note.txt").write_text(text)
    return text
'''


async def test_it_sees_neither_the_journal_nor_the_network_nor_the_environment(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    await house.write(NOSY)
    call = house.catalogue.get
    journal = house.folder.parent / "orchestrator.db"
    with pytest.raises(RuntimeError, match=r"No such file|Permission"):
        await call("look").call({"path": str(journal)}, house.context)
    assert "OPENAI_API_KEY" not in (await call("names").call({}, house.context)).data["value"]
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(RuntimeError):
            await call("knock").call({"port": port}, house.context)
    await call("note").call({"text": "kept"}, house.context)
    assert (house.workspace / "note.txt").read_text() == "kept"


DEAF = '''
import os, time
from orchestrator.tools import tool

@tool()
def sleep() -> str:
    """Never come back."""
    open("asleep", "w").close()
    while True:
        time.sleep(1)

@tool(effects="once", scope="execute")
def die() -> str:
    """End the process."""
    os._exit(1)

@tool()
def alive() -> int:
    """Say so."""
    return os.getpid()
'''


async def test_a_call_that_does_not_stop_goes_down_with_its_process_and_the_next_one_works(house: House) -> None:
    await house.write(DEAF)
    call = house.catalogue.get
    first = (await call("alive").call({}, house.context)).data["value"]
    sleeping = asyncio.create_task(call("sleep").call({}, house.context))
    await asyncio.to_thread(_appears, house.workspace / "asleep")
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert (await call("alive").call({}, house.context)).data["value"]
    assert first


async def test_a_process_that_dies_at_work_is_a_fault_and_no_failure(house: House) -> None:
    await house.write(DEAF)
    with pytest.raises(ConnectionError):  # the agent takes it as unknown: it may have happened
        await house.catalogue.get("die").call({}, house.context)
    assert (await house.catalogue.get("alive").call({}, house.context)).data["value"]


async def test_an_idle_plugin_costs_no_process_and_wakes_as_it_was(tmp_path: Path, sandbox: Sandbox) -> None:
    clock = ManualClock()
    house = House(tmp_path, sandbox, clock)
    try:
        await house.write(dice(4))
        roll = house.catalogue.get("roll_die")
        await roll.call({}, house.context)
        plugin = house.plugins._loaded["dice.py"].plugin
        sleeper = plugin._sleeper
        assert plugin._session is not None and sleeper is not None
        await asyncio.sleep(0)
        clock.advance(IDLE + 1)
        await sleeper
        assert plugin._session is None
        (house.folder / "dice.py").write_text("not yet finished (")
        assert (await roll.call({}, house.context)).data == {"value": 4}
    finally:
        await house.plugins.close()


async def test_a_tool_can_say_what_became_of_its_effect(house: House) -> None:
    await house.write(
        '''
from orchestrator.tools import Result, tool

async def happened(arguments, context):
    return Result("sent before") if arguments["to"] == "ada" else None

@tool(scope="execute", effects="once", reconcile=happened)
def send(to: str) -> str:
    """Send it."""
    return to
'''
    )
    send = house.catalogue.get("send")
    assert isinstance(send, Reconcilable)
    found = await send.reconcile({"to": "ada"}, house.context)
    assert found is not None and found.content == "sent before"
    assert await send.reconcile({"to": "bob"}, house.context) is None


async def test_an_installed_package_is_loaded_in_its_own_process_too(house: House) -> None:
    house.packages["echo_pack"] = ("orchestrator.tools.kits.echo:tools", "1.0")
    (change,) = await house.plugins.reload()
    assert change.what == "added" and change.tools
    house.packages["echo_pack"] = ("orchestrator.tools.kits.echo:tools", "1.1")
    (change,) = await house.plugins.reload()
    assert change.what == "changed"
    house.packages.clear()
    (change,) = await house.plugins.reload()
    assert change.what == "removed"


async def test_the_seed_s_names_work(house: House) -> None:
    await house.write(
        """
from orchestrator.tools import register_tool

@register_tool("docker_status", description="List the containers.")
def status():
    return {"containers": 2}
"""
    )
    tool = house.catalogue.get("docker_status")
    assert tool.spec.description == "List the containers."
    assert (await tool.call({}, house.context)).data == {"value": {"containers": 2}}


async def test_the_folder_is_watched(house: House) -> None:
    added = asyncio.Event()
    house.plugins._tell = lambda change: _set(added)
    watch = asyncio.create_task(house.plugins.watch())
    try:
        while not added.is_set():  # the watcher may need a moment to be there: touch it again
            (house.folder / "dice.py").write_text(dice(4))
            await asyncio.wait([asyncio.ensure_future(added.wait())], timeout=0.5)
        assert house.catalogue.get("roll_die")
    finally:
        watch.cancel()
        await asyncio.wait([watch])


def _appears(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


async def _set(event: asyncio.Event) -> None:
    event.set()


async def test_a_folder_that_went_away_keeps_what_was_loaded_from_failing_the_server(house: House) -> None:
    await house.write(dice(4))
    shutil.rmtree(house.folder)
    (change,) = await house.plugins.reload()
    assert change.what == "removed"
