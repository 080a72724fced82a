"""Runs made again from their recordings, beside the runs themselves and beside only reading and folding them.

    python -m benchmarks.replay

A run of STEPS steps of two calls each, by a scripted model at zero delay in this process; a replay decides each event
anew and calls nothing, which is counted. A fork from the last event but one takes everything from the recording.
Milliseconds of processor of this process.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.report import median, write
from orchestrator.agents.forks.opening import Changes
from orchestrator.agents.state import fold
from orchestrator.app import App, open_app
from orchestrator.identity.base import TENANT
from orchestrator.kernel import settings
from orchestrator.kernel.messages import Arguments, Message, Text, ToolCall, ToolSpec, user
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.tools.base import Context, Result

STEPS = 20
ROUNDS = 15
PARAMETERS = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


class Echo:
    def __init__(self) -> None:
        self.spec = ToolSpec("echo", "Say it back.", PARAMETERS, "read", "once")
        self.called = 0

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, context: Context) -> Result:
        self.called += 1
        return Result(arguments["text"])


def script(request: Request) -> Reply | str:
    step = sum(message.role == "assistant" for message in request.messages)
    if step == STEPS:
        return "All was said."
    calls = (ToolCall(f"{half}{step}", "echo", {"text": f"{half} of step {step}"}) for half in ("one", "two"))
    return Reply(Message("assistant", (Text(f"Step {step}."), *calls)), "scripted", "tools")


async def taken(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """Milliseconds of processor, and what came of it."""
    began = time.process_time()
    found = await work()
    return (time.process_time() - began) * 1000, found


async def measured(folder: Path) -> dict[str, Any]:
    chosen = settings.load({"HOME": str(folder)}, flags={"data": folder, "policy": {"approve_all": True}})
    model, tool = Scripted(script), Echo()
    live, read, replayed, forked = [list[float]() for _ in range(4)]
    called = 0
    async with open_app(chosen, models={"scripted": model}, tools=(tool,)) as app:
        for _ in range(ROUNDS):
            spent, run_id = await taken(lambda: one_run(app))
            live.append(spent)
            made = len(model.requests) + tool.called

            async def again(run_id: str = run_id) -> None:
                fold(run_id, await app.journal.read(run_id))

            spent, _ = await taken(again)
            read.append(spent)
            spent, found = await taken(lambda run_id=run_id: app.trials.replay(TENANT, run_id))  # type: ignore[misc]
            assert found.exact and found.same == found.events, found
            replayed.append(spent)
            spent, _ = await taken(lambda run_id=run_id, at=found.events - 1: a_fork(app, run_id, at))  # type: ignore[misc]
            forked.append(spent)
            called += len(model.requests) + tool.called - made
        spent, many = await taken(lambda: app.trials.replay_last(TENANT, "b", 2 * ROUNDS))
        assert len(many) == 2 * ROUNDS and all(one.exact for one in many)
        together = sum(one.events for one in many) / spent * 1000
    return {
        "steps a run": STEPS,
        "events a run": found.events,
        "the run itself, ms": round(median(live), 2),
        "reading and folding it, ms": round(median(read), 2),
        "a replay, ms": round(median(replayed), 2),
        "a replay / the run itself": round(median([one / other for one, other in zip(replayed, live, strict=True)]), 2),
        "events replayed a second, one run": round(found.events / median(replayed) * 1000),
        "events replayed a second, the latest runs and their forks": round(together),
        "a fork that takes all from the recording, ms": round(median(forked), 2),
        "calls of models and tools by replays and forks": called,
    }


async def one_run(app: App) -> str:
    run_id = await app.runs.start(user("say it all"), tenant=TENANT, subject="b", model="scripted/scripted")
    await app.runs.settled(run_id)
    view = await app.views.run(TENANT, run_id)
    assert view.status == "completed", view
    return run_id


async def a_fork(app: App, run_id: str, at: int) -> None:
    made = await app.trials.fork(TENANT, "b", run_id, at, Changes())
    await app.runs.settled(made)
    assert (await app.views.run(TENANT, made)).status == "completed"


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        write("replay", "python -m benchmarks.replay", asyncio.run(measured(Path(folder))))


if __name__ == "__main__":
    main()
