"""Full disks, broken tools, wild clocks: a run stands still or ends, says so, and is never lost or empty."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from world import FunctionTool, Rules, ScriptModel, World, call, say, until, world

from orchestrator.agents.desk import REVIVE
from orchestrator.journal.views import RunView
from orchestrator.kernel.errors import JournalUnavailable, NotFound, OrchestratorError
from orchestrator.kernel.events import Delta, Event, Limits, ToolReturned
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, ToolResult, Usage
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result


class Disk:
    """A disk under the journal that a test fills, and empties again."""

    def __init__(self, w: World) -> None:
        self.full = False
        self._real = w.journal.connection
        w.journal.connection = self

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        if self.full and sql == "COMMIT":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error
        done: sqlite3.Cursor = self._real.execute(sql, values)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Bell:
    """A tool whose effects are counted, and that a test may hold up."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.go = asyncio.Event()
        self.go.set()
        self.at_work = asyncio.Event()
        self.tool = FunctionTool("ring", self._ring, "once", "execute")

    async def _ring(self, arguments: Arguments, context: Context) -> Result:
        self.rung.append(context.key)
        self.at_work.set()
        await self.go.wait()
        return Result("rung")


SCRIPT = (say("", call("ring", n=1)), say("It rang."))


async def told(w: World, run_id: str, into: list[Event | Delta]) -> str:
    try:
        async for item in w.runs.watch(run_id):
            into.append(item)
    except OrchestratorError as error:
        return error.code
    return "end"


async def status(w: World, run_id: str) -> str:
    return (await w.views.run("t", run_id)).status


async def revived(w: World) -> None:
    """The clock comes to the next attempt, once somebody waits for it."""
    await until(lambda: any(wakes == w.clock.monotonic() + REVIVE for wakes, _ in w.clock._sleepers))
    w.clock.advance(REVIVE)


async def goes_on(w: World, run_id: str, so: str = "completed") -> RunView:
    """The clock comes to the next attempt, and the run to its end."""
    await revived(w)
    await until(lambda: run_id not in w.runs.desk.stalled)
    await w.runs.settled(run_id)
    view = await w.views.run("t", run_id)
    assert view.status == so and view.answer.strip()
    assert (await w.types(run_id)).count("run.finished") == 1
    assert not w.runs.desk.stalled and not w.bus._speech and not w.bus._readers
    return view


async def test_a_full_disk_is_said_to_everybody_and_the_run_goes_on_by_itself(tmp_path: Path) -> None:
    reached, release = asyncio.Event(), asyncio.Event()

    async def script(request: Request) -> Reply:
        if len(model.requests) == 1:
            reached.set()
            await release.wait()
            return SCRIPT[0]
        return say("It rang.") if "tool" in {message.role for message in request.messages} else SCRIPT[0]

    bell, model = Bell(), ScriptModel(script)
    async with world(tmp_path, model, bell.tool) as w:
        disk = Disk(w)
        run_id = await w.run()
        early = asyncio.create_task(told(w, run_id, []))
        await reached.wait()
        disk.full = True
        release.set()
        with pytest.raises(JournalUnavailable, match="full"):
            await w.runs.settled(run_id)
        assert await early == "journal_unavailable"
        assert await told(w, run_id, []) == "journal_unavailable"  # who comes later does not wait in vain
        with pytest.raises(JournalUnavailable):
            await w.run("another")
        assert await status(w, run_id) == "running" and not bell.rung
        await revived(w)  # still full
        await until(lambda: run_id not in w.runs.desk.stalled)
        await until(lambda: run_id in w.runs.desk.stalled)
        disk.full = False
        await goes_on(w, run_id)
        assert len(bell.rung) == 1


@pytest.mark.parametrize("then", ["answer", "resume", "cancel"])
async def test_nothing_stale_is_said_after_a_person_moved_the_run(tmp_path: Path, then: str) -> None:
    bell = Bell()
    async with world(tmp_path, ScriptModel(lambda r: SCRIPT[len(r.messages) > 2]), bell.tool) as w:
        disk = Disk(w)
        run_id = await w.run()
        disk.full = True
        with pytest.raises(JournalUnavailable):
            await w.runs.settled(run_id)
        disk.full = False
        if then == "cancel":
            await w.runs.cancel(run_id, tenant="t", by="u")
        else:
            await w.runs.resume(run_id, tenant="t")
        await w.runs.settled(run_id)
        assert await told(w, run_id, []) == "end"
        assert not w.runs.desk.stalled


async def test_a_cancel_that_could_not_be_written_is_done_when_there_is_room(tmp_path: Path) -> None:
    bell = Bell()
    bell.go.clear()
    async with world(tmp_path, ScriptModel(SCRIPT), bell.tool) as w:
        disk = Disk(w)
        run_id = await w.run()
        watching = asyncio.create_task(told(w, run_id, []))
        await until(lambda: bell.rung)
        disk.full = True
        with pytest.raises(JournalUnavailable):
            await w.runs.cancel(run_id, tenant="t", by="u")
        assert await watching == "journal_unavailable"
        disk.full = False
        await goes_on(w, run_id, "cancelled")


async def test_an_answer_that_could_not_be_written_may_be_given_again(tmp_path: Path) -> None:
    bell = Bell()
    async with world(tmp_path, ScriptModel(SCRIPT), bell.tool, rules=Rules(ring="ask")) as w:
        disk = Disk(w)
        run_id = await w.run()
        await w.runs.settled(run_id)
        (waiting,) = await w.views.approvals("t")
        disk.full = True
        with pytest.raises(JournalUnavailable):
            await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await until(lambda: run_id in w.runs.desk.stalled)
        disk.full = False
        await revived(w)
        await until(lambda: run_id not in w.runs.desk.stalled)
        assert await status(w, run_id) == "waiting" and not bell.rung
        await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert await status(w, run_id) == "completed" and len(bell.rung) == 1


async def test_a_failure_while_looking_does_not_end_the_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, ScriptModel(lambda r: SCRIPT[len(r.messages) > 2]), Bell().tool) as w:
        disk = Disk(w)
        run_id = await w.run()
        disk.full = True
        with pytest.raises(JournalUnavailable):
            await w.runs.settled(run_id)
        disk.full = False

        async def broken() -> list[RunView]:
            monkeypatch.undo()
            raise OSError("no file can be opened")

        monkeypatch.setattr(w.views, "unfinished", broken)
        await revived(w)
        await goes_on(w, run_id)


async def test_a_lost_receipt_is_noticed_though_the_run_comes_to_rest(tmp_path: Path) -> None:
    """One call waits for a person, the other's receipt meets a full disk: the person at the screen is told."""
    look = asyncio.Event()

    async def slow(arguments: Arguments, context: Context) -> Result:
        await look.wait()
        return Result("seen")

    model = ScriptModel([say("", call("slow"), call("ring")), say("both")])
    async with world(tmp_path, model, FunctionTool("slow", slow), Bell().tool, rules=Rules(ring="ask")) as w:
        disk = Disk(w)
        run_id = await w.run()
        watching = asyncio.create_task(told(w, run_id, []))
        await until(lambda: any(event.type == "approval.asked" for event in w.committed))
        disk.full = True
        look.set()
        with pytest.raises(JournalUnavailable):
            await w.runs.settled(run_id)
        assert await watching == "journal_unavailable"


async def test_who_hangs_up_while_a_run_starts_leaves_it_at_work(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), Bell().tool) as w:
        starting = asyncio.create_task(w.run())
        await until(lambda: w.journal._pending.writing)
        starting.cancel()
        await until(lambda: [event for event in w.committed if event.type == "run.finished"])
        (view,) = await w.views.runs("t")
        assert view.status == "completed"


async def test_one_run_that_cannot_be_read_keeps_no_other_from_going_on(tmp_path: Path) -> None:
    ids, bell = CountedIds(), Bell()
    bell.go.clear()
    async with world(tmp_path, ScriptModel(lambda _: SCRIPT[0]), bell.tool, ids=ids) as w:
        bad, good = await w.run(), await w.run()
        await until(lambda: len(bell.rung) == 2)
    bell.go.set()
    bell.tool.spec = FunctionTool("ring", bell._ring, "idempotent").spec
    database = sqlite3.connect(tmp_path / "orchestrator.db")
    database.execute('UPDATE events SET body = \'{"type": "from.tomorrow"}\' WHERE stream = ? AND seq = 2', (bad,))
    database.commit()
    database.close()
    async with world(tmp_path, ScriptModel([say("It rang.")]), bell.tool, ids=ids) as w:
        assert await w.runs.recover() == 2
        await w.runs.settled(good)
        assert await status(w, good) == "completed"
        with pytest.raises(OrchestratorError, match="not what was written"):
            await w.runs.settled(bad)


async def test_every_call_of_an_ended_run_is_answered_in_the_conversation(tmp_path: Path) -> None:
    """A provider refuses a conversation in which a call was left open."""
    bell = Bell()
    first = say("", call("other", "a"), call("ring", "b"))
    model = ScriptModel([first, say("Well.")])
    other = FunctionTool("other", bell._ring)
    async with world(tmp_path, model, bell.tool, other, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        await w.runs.cancel(run_id, tenant="t", by="u")
        conversation = (await w.views.run("t", run_id)).conversation_id
        await w.runs.settled(await w.run("and now?", conversation_id=conversation))
        messages = model.requests[1].messages
        assert [message.role for message in messages] == ["system", "user", "assistant", "tool", "assistant", "user"]
        results = [part for part in messages[3].parts if isinstance(part, ToolResult)]
        assert [(part.call_id, part.outcome) for part in results] == [("a", "ok"), ("b", "failed")]


async def test_call_ids_are_told_apart_across_the_conversation(tmp_path: Path) -> None:
    replies = [say("", call("ring", "call_1")), say("one"), say("", call("ring", "call_1")), say("two")]
    model = ScriptModel(replies)
    async with world(tmp_path, model, Bell().tool) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        conversation = (await w.views.run("t", run_id)).conversation_id
        await w.runs.settled(await w.run("again", conversation_id=conversation))
        ids = [made.id for message in model.requests[-1].messages for made in message.calls]
        assert len(ids) == len(set(ids)) == 2


async def test_a_wall_clock_that_jumps_spends_nobody_s_time(tmp_path: Path) -> None:
    for days in (3, -3):
        folder = tmp_path / str(days)
        folder.mkdir()
        bell = Bell()
        bell.go.clear()
        async with world(folder, ScriptModel([*SCRIPT[:1], *SCRIPT]), bell.tool, rules=Rules(ring="ask")) as w:
            run_id = await w.run()
            for _ in range(2):
                await w.runs.settled(run_id)
                (waiting,) = await w.views.approvals("t")
                await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
                await bell.at_work.wait()
                bell.at_work.clear()
                w.clock.jump(days * 86_400)  # while the tool is at work
                bell.go.set()
            await w.runs.settled(run_id)
            assert await status(w, run_id) == "completed"


async def test_time_at_work_counts_across_waits_and_restarts(tmp_path: Path) -> None:
    ids, bell = CountedIds(), Bell()
    bell.go.clear()
    asks = Rules(ring="ask")
    script = [SCRIPT[0], SCRIPT[0]]
    limits = Limits(seconds=20)
    async with world(tmp_path, ScriptModel(script), bell.tool, rules=asks, ids=ids, limits=limits) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        w.clock.advance(1000)  # waiting for a person costs nothing
        (waiting,) = await w.views.approvals("t")
        await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await until(lambda: bell.rung)
        w.clock.advance(19)
        bell.go.set()
        await w.runs.settled(run_id)
        assert await status(w, run_id) == "waiting"
    bell.go.clear()
    closing = ScriptModel([say("Time is up.")])
    async with world(tmp_path, closing, bell.tool, rules=asks, ids=ids, limits=limits) as w:
        w.clock.jump(10_000)
        (waiting,) = await w.views.approvals("t")
        await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await until(lambda: len(bell.rung) == 2)
        w.clock.advance(2)
        await w.runs.settled(run_id)
        view = await w.views.run("t", run_id)
        assert view.status == "partial" and "Time is up." in view.answer


async def test_replies_cut_while_they_call_tools_never_end_empty(tmp_path: Path) -> None:
    replies = [say("", call("ring", n=number), finish="length") for number in range(6)]
    async with world(tmp_path, ScriptModel([*replies, say("Done.")]), Bell().tool) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "Done."


@pytest.mark.parametrize(("effects", "outcome"), [("none", "failed"), ("once", "unknown")])
async def test_a_tool_that_breaks_down_does_not_take_the_run_with_it(
    tmp_path: Path, effects: Any, outcome: str
) -> None:
    async def broken(arguments: Arguments, context: Context) -> Result:
        raise KeyError("a fault of the tool's own")

    model = ScriptModel([say("", call("broken")), say("It broke.")])
    async with world(tmp_path, model, FunctionTool("broken", broken, effects)) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "It broke."
        (returned,) = (v.body for v in await w.journal.read(run_id) if isinstance(v.body, ToolReturned))
        assert returned.outcome == outcome and "a fault of the tool's own" in returned.content


@pytest.mark.parametrize("data", [object(), {"n": 2**70}, {1.5j: 1}, "\ud800"])
async def test_a_result_that_cannot_be_written_down_keeps_its_receipt(tmp_path: Path, data: Any) -> None:
    made = 0

    async def odd(arguments: Arguments, context: Context) -> Result:
        nonlocal made
        made += 1
        return Result("so it is \ud800", data)

    model = ScriptModel([say("", call("odd")), say("Odd.")])
    async with world(tmp_path, model, FunctionTool("odd", odd, "once")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "Odd." and made == 1
        (returned,) = (v.body for v in await w.journal.read(run_id) if isinstance(v.body, ToolReturned))
        assert returned.content == "so it is ?" and returned.outcome == "ok"


async def test_output_for_which_there_is_no_room_costs_no_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def much(arguments: Arguments, context: Context) -> Result:
        return Result("the beginning …", overflow=b"the whole", overflow_name="all.txt")

    def full(self: object, data: bytes) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("orchestrator.storage.blobs.Blobs.put", full)
    async with world(tmp_path, ScriptModel([say("", call("much")), say("Done.")]), FunctionTool("much", much)) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        (returned,) = (v.body for v in await w.journal.read(run_id) if isinstance(v.body, ToolReturned))
        assert returned.outcome == "ok" and "No space left" in returned.content
        assert await status(w, run_id) == "completed"


async def test_a_count_that_cannot_be_does_not_cost_the_reply(tmp_path: Path) -> None:
    reply = say("Counted.")
    wild = Reply(reply.message, "script", usage=Usage(2**70, -5, 2**63))
    async with world(tmp_path, ScriptModel([wild])) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        view = await w.views.run("t", run_id)
        assert view.answer == "Counted." and view.usage.output_tokens == 0


async def test_many_calls_in_one_reply_are_made_a_few_at_a_time(tmp_path: Path) -> None:
    busy = most = 0

    async def work(arguments: Arguments, context: Context) -> Result:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1
        return Result(str(arguments["n"]))

    model = ScriptModel([say("", *(call("work", f"c{n}", n=n) for n in range(300))), say("All.")])
    async with world(tmp_path, model, FunctionTool("work", work)) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "All."
        results = [part.content for part in model.requests[1].messages[-1].parts if isinstance(part, ToolResult)]
        assert results == [str(n) for n in range(300)] and 1 < most <= 16


async def test_what_is_revoked_is_asked_again_even_by_the_run_at_work(tmp_path: Path) -> None:
    bell, gate = Bell(), asyncio.Event()

    async def script(request: Request) -> Reply:
        if len(model.requests) == 2:
            await gate.wait()
        return say("", call("ring", n=len(model.requests)))

    model = ScriptModel(script)
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        (waiting,) = await w.views.approvals("t")
        await w.runs.answer(waiting.approval_id, "always", tenant="t", by="u")
        await until(lambda: len(model.requests) == 2)
        (grant,) = (await w.runs.grants.given("t")).values()
        await w.runs.grants.revoke("t", grant.id, "u")
        with pytest.raises(NotFound):
            await w.runs.grants.revoke("t", grant.id, "u")
        gate.set()
        await w.runs.settled(run_id)
        assert await status(w, run_id) == "waiting" and len(bell.rung) == 1


async def test_grants_given_and_revoked_at_once_are_all_counted(tmp_path: Path) -> None:
    bell = Bell()
    async with world(tmp_path, ScriptModel(lambda _: SCRIPT[0]), bell.tool, rules=Rules(ring="ask")) as w:
        asked = []
        for _ in range(3):
            run_id = await w.run()
            await w.runs.settled(run_id)
        for waiting in await w.views.approvals("t"):
            asked.append(w.runs.steering._granted(waiting.asked, "u"))
        grants = w.runs.grants
        await grants.give("t", asked[0], "u")
        second, third = grants.give("t", asked[1], "u"), grants.give("t", asked[2], "u")
        await asyncio.gather(second, grants.revoke("t", asked[0].grant_id, "u"), third)
        assert set(await grants.given("t")) == {asked[1].grant_id, asked[2].grant_id}


async def test_watching_where_nothing_more_can_come(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel([say("Hello.")])) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        last = (await w.journal.read(run_id))[-1].seq

        async def rest(after: int) -> list[Event | Delta]:
            return [item async for item in w.runs.watch(run_id, after)]

        async with asyncio.timeout(5):
            assert await rest(last) == [] and len(await rest(last - 1)) == 1
            with pytest.raises(NotFound):
                await rest(last + 5)


async def test_a_model_that_breaks_down_leaves_nothing_behind(tmp_path: Path) -> None:
    class Broken(ScriptModel):
        async def stream(self, request: Request) -> AsyncIterator[Any]:
            async for chunk in super().stream(request):
                yield chunk
                raise KeyError("a fault of the plug's own")

    async with world(tmp_path, Broken([say("half of it")])) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        view = await w.views.run("t", run_id)
        assert view.status == "failed" and "a fault of the plug's own" in view.answer
        assert not w.bus._speech
