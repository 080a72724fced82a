"""Limits, checks and caps around tools, and the catalogue that puts them there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from contracts.tool import context_of
from world import ScriptModel, call, say, world

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import Conflict, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.events import ToolReturned
from orchestrator.kernel.failures import explained
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Reconcilable, Result
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.function import tool
from orchestrator.tools.kits import echo
from orchestrator.tools.place import Place
from orchestrator.tools.sandbox.probe import Refused
from orchestrator.tools.wrappers import cut, wrapped


@pytest.fixture
def context(tmp_path: Path, clock: ManualClock) -> Context:
    return context_of(tmp_path, clock)


class Slow:
    """A tool that waits for ever and says when it has cleaned up."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cleaned = False

        @tool(timeout=7)
        async def wait() -> str:
            """Wait for ever."""
            self.begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                self.cleaned = True
            return "never"

        self.tool = wrapped(wait, 100)


async def test_the_time_limit_ends_a_call_and_waits_for_its_cleaning(context: Context, clock: ManualClock) -> None:
    slow = Slow()
    work = asyncio.ensure_future(slow.tool.call({}, context))
    await slow.begun.wait()
    clock.advance(6.9)
    await asyncio.sleep(0)
    assert not work.done()
    clock.advance(0.2)
    with pytest.raises(ToolFailed, match="wait did not finish within its limit of 7 seconds"):
        await work
    assert slow.cleaned


@pytest.mark.parametrize(
    ("place", "known", "outcome"),
    [
        ("server", "nothing", "unknown"),
        ("server", "done", "ok"),
        ("server", "not done", "failed"),
        ("elsewhere", "not done", "unknown"),  # it may happen there still
        ("server", "cannot say", "unknown"),
        ("server", "never answers", "unknown"),
    ],
)
async def test_what_is_over_its_time_may_have_happened_unless_the_tool_finds_out(
    context: Context, clock: ManualClock, place: Place, known: str, outcome: str
) -> None:
    over, asked = asyncio.Event(), asyncio.Event()

    async def find(arguments: Arguments, context: Context) -> Result | None:
        asked.set()
        if known == "never answers":
            await over.wait()
        if known == "cannot say":
            raise ToolFailed("Nobody answers.")
        return Result("sent") if known == "done" else None

    begun = asyncio.Event()

    @tool(effects="once", timeout=7, place=place, reconcile=None if known == "nothing" else find)
    async def send() -> str:
        """Send."""
        begun.set()
        await over.wait()
        return "sent"

    work = asyncio.ensure_future(wrapped(send, 1000).call({}, context))
    await begun.wait()
    clock.advance(7.1)
    if known == "never answers":
        await asked.wait()
        clock.advance(5)
    if outcome == "failed":
        with pytest.raises(ToolFailed, match="limit of 7 seconds"):
            await work
        return
    result = await work
    assert result.outcome == outcome
    if outcome == "unknown":
        assert result.content.endswith("7 seconds. It may or may not have happened.")
        assert result.data == {"why": "time_limit", "tool": "send", "seconds": 7.0}


async def test_a_run_whose_call_is_over_its_time_says_that_nobody_knows(tmp_path: Path) -> None:
    begun = asyncio.Event()

    @tool(scope="execute", effects="once", timeout=7)
    async def send() -> str:
        """Send."""
        begun.set()
        await asyncio.Event().wait()
        return "sent"

    async with world(tmp_path, ScriptModel([say("", call("send")), say("Look.")]), wrapped(send, 1000)) as w:
        run_id = await w.run()
        await begun.wait()
        w.clock.advance(7.1)
        await w.runs.settled(run_id)
        (receipt,) = [e.body for e in await w.journal.read(run_id) if isinstance(e.body, ToolReturned)]
        assert receipt.outcome == "unknown" and "may or may not have happened" in receipt.content
        assert (await w.views.run("t", run_id)).answer == "Look."
    assert explained(receipt.data, "fr") == "send n’a pas fini dans sa limite de 7 s."


async def test_cancelling_waits_for_the_cleaning_too(context: Context) -> None:
    slow = Slow()
    work = asyncio.ensure_future(slow.tool.call({}, context))
    await slow.begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert slow.cleaned


async def test_errors_pass_through(context: Context) -> None:
    @tool()
    async def fails(how: str) -> str:
        """Fail."""
        raise {"retry": ToolRetry("again"), "failed": ToolFailed("no")}.get(how, KeyError(how))

    for how, kind in (("retry", ToolRetry), ("failed", ToolFailed), ("bug", KeyError)):
        with pytest.raises(kind):
            await wrapped(fails, 100).call({"how": how}, context)


@tool()
async def speak(size: int, item: bool = False) -> dict[str, Any]:
    """Say much."""
    return {"text": "abcdefghij" * (size // 10), "items": list(range(3000)) if item else []}


async def test_long_output_is_cut_in_the_middle_and_kept_whole(context: Context) -> None:
    small = await wrapped(speak, 100).call({"size": 10}, context)
    assert small.overflow is None
    result = await wrapped(speak, 100).call({"size": 5000}, context)
    assert len(result.content) < 160 and "characters left out" in result.content
    assert result.overflow and len(result.overflow) > 5000 and result.overflow_name == "speak.txt"
    assert len(result.data["value"]["text"]) < 600 and "left out" in result.data["value"]["text"]


async def test_an_error_that_repeats_what_it_was_given_is_cut(context: Context) -> None:
    @tool()
    async def refuse(name: str) -> str:
        """Refuse."""
        raise ToolRetry(f"There is no {name}.", hint=f"Get {name}.") from FileNotFoundError(name)

    with pytest.raises(ToolRetry) as caught:
        await wrapped(refuse, 100).call({"name": "x" * 200_000}, context)
    assert len(str(caught.value)) < 10_000 and "characters left out" in caught.value.hint
    assert isinstance(caught.value.__cause__, FileNotFoundError)


async def test_lists_in_the_data_are_bounded(context: Context) -> None:
    result = await wrapped(speak, 100).call({"size": 10, "item": True}, context)
    assert len(result.data["value"]["items"]) == 2000


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1000])
def test_cutting_says_exactly_how_much_is_missing(size: int) -> None:
    text = "".join(chr(0x100 + number) for number in range(size))
    found = cut(text, 100)
    if size <= 100:
        assert found == text
    else:
        head, note, tail = found.split("\n")
        assert text.startswith(head) and text.endswith(tail) and len(head) + len(tail) == 100
        assert note == f"[… {size - 100} characters left out …]"


async def test_reconciling_survives_the_wrappers(context: Context) -> None:
    async def reconcile(arguments: Arguments, context: Context) -> Result | None:
        return Result("x" * 500)

    @tool(effects="once", reconcile=reconcile)
    async def act() -> str:
        """Act."""
        return ""

    outer = wrapped(act, 100)
    assert isinstance(outer, Reconcilable) and not isinstance(wrapped(speak, 100), Reconcilable)
    found = await outer.reconcile({}, context)
    assert found and len(found.content) < 160 and found.overflow == b"x" * 500
    with pytest.raises(ToolRetry):
        await outer.reconcile({"unknown": 1}, context)


def test_a_wrong_name_is_answered_with_near_ones() -> None:
    catalogue = Catalogue(Tools(), Refused([]), kits())
    for name, near in (("readfile", "read_file"), ("list_dir", "list_directory"), ("calc", "calculate")):
        with pytest.raises(NotFound, match=near):
            catalogue.get(name)
    with pytest.raises(NotFound, match=rf"There are: {len(catalogue.specs())} tools; find_tools finds one"):
        catalogue.get("zzzzzz")
    with pytest.raises(NotFound, match=r"There are: echo"):
        Catalogue(Tools(), Refused([]), Registry("none", {}), more=echo.tools).get("zzzzzz")


def test_two_tools_of_one_name_are_a_conflict() -> None:
    with pytest.raises(Conflict, match="echo"):
        Catalogue(Tools(), Refused([]), Registry("none", {}), more=[*echo.tools, *echo.tools])


def test_a_kit_is_loaded_by_name() -> None:
    registry = Registry("none", {"fake": "orchestrator.tools.kits.echo:tools"})
    assert [spec.name for spec in Catalogue(Tools(), Refused([]), registry).specs()] == ["echo", "find_tools"]


async def test_without_a_sandbox_only_commands_are_lost(context: Context) -> None:
    catalogue = Catalogue(Tools(), Refused([]), kits())
    with pytest.raises(ToolFailed, match="no sandbox works"):
        await catalogue.get("execute_command").call({"command": "true"}, context)
    assert (await catalogue.get("calculate").call({"expression": "1+1"}, context)).data["value"] == 2
