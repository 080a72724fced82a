"""A question that nobody answers is refused after a time, and the run goes on without."""

from pathlib import Path

from world import FunctionTool, Rules, ScriptModel, call, say, until, world

from orchestrator.agents.expiry import EXPIRED_BY, Expiry
from orchestrator.kernel.events import ApprovalAnswered, ToolRequested
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result

HOUR = 3600.0


async def ring(arguments: Arguments, context: Context) -> Result:
    return Result("rung")


async def test_a_call_that_nobody_answers_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    model = ScriptModel([say("", call("ring")), say("I did not ring.")])
    tool = FunctionTool("ring", ring, "once", "execute")

    async with world(tmp_path, model, tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run("ring")
        await until(lambda: any(event.type == "approval.asked" for event in w.committed))
        await w.runs.settled(run_id)
        (asked,) = await w.views.approvals("t")
        expiry = Expiry(w.views, w.runs, w.clock, 24.0)
        assert await expiry.sweep() == 0  # it was asked just now
        w.clock.advance(23 * HOUR)
        assert await expiry.sweep() == 0
        w.clock.advance(2 * HOUR)
        assert await expiry.sweep() == 1
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "I did not ring."
        bodies = [event.body for event in await w.journal.read(run_id)]
        (answer,) = [body for body in bodies if isinstance(body, ApprovalAnswered)]
        assert (answer.approval_id, answer.answer, answer.by) == (asked.approval_id, "refuse", EXPIRED_BY)
        assert "24 hours" in answer.note
        assert not any(isinstance(body, ToolRequested) for body in bodies)
        assert await expiry.sweep() == 0  # once is enough
