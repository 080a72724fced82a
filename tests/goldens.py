"""The golden runs: recordings of many kinds, which the code of today must decide in the same way.

    PYTHONPATH=tests:. .venv/bin/python -m goldens

makes them anew, after a change that is meant to be seen in runs: what a model is asked, what is decided, in what order.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from msgspec import Struct
from playing import Life, Pace, Shape, replayed, toolbox, trials_of, waiting
from world import Rules, ScriptModel, Toolbox, World, call, say, until, world

from orchestrator.agents.forks.opening import Changes
from orchestrator.agents.replay.recording import Recording, Today
from orchestrator.agents.transfers import file
from orchestrator.agents.trials import as_there
from orchestrator.kernel.errors import ModelError, ModelGarbled, ModelUnavailable
from orchestrator.kernel.events import Limits
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Spared
from orchestrator.llm.base import Reply, Request

FOLDER = Path(__file__).parent / "agents" / "golden"
STEERED = (0, 29)  # seeds of runs that people had much to say to
DIED = (8, 15, 20)  # of runs whose process died on the way

Made = Callable[[World], Awaitable[list[str]]]  # the runs that are kept


class Kind(Struct, frozen=True):
    """A golden run: what its model says, what its policy rules, what happens to it."""

    script: "tuple[Reply | ModelError, ...] | Callable[[Request], Reply]"
    rules: tuple[tuple[str, str], ...] = ()
    live: Made | None = None
    limits: Limits = Limits()
    goal: str = "do it"


async def plainly(w: World, goal: str = "do it", **options: object) -> list[str]:
    run_id = await w.run(goal, **options)
    await Life(w, 1).to_the_end(run_id)
    return [run_id]


async def answered(w: World) -> list[str]:
    run_id = await w.run("ring twice")
    for answer in ("always", "refuse"):
        await until(lambda: waiting(w, run_id))
        await w.runs.answer(waiting(w, run_id)[0], answer, tenant="t", by="u", note="So be it.")
    await w.runs.settled(run_id)
    return [run_id]


async def spoken_to(w: World) -> list[str]:
    """One run after another in a conversation; the second has read the first."""
    first = await plainly(w, "look at one")
    conversation = (await w.views.run("t", first[0])).conversation_id
    return first + await plainly(w, "and now at two", conversation_id=conversation)


async def forked(w: World) -> list[str]:
    """A run, and what would have come of another question."""
    first = await plainly(w)
    at = next(event.seq for event in await w.journal.read(first[0]) if event.type == "tool.returned")
    other = await trials_of(w).fork("t", "u", first[0], at, Changes(prompt="do the other"))
    await w.runs.settled(other)
    return [*first, other]


async def with_those_below(w: World) -> list[str]:
    run_id = await w.run("all")
    await w.runs.settled(run_id)
    await Life(w, 1).to_the_end(run_id)
    return [view.run_id for view in await w.views.runs("t", None, limit=10)]


def delegating(request: Request) -> Reply:
    asked = next(message for message in request.messages if message.role == "user").text
    told = any(message.role == "tool" for message in request.messages)
    if asked != "all":
        return say(f"{asked} is done.") if told else say("", call("look", f"l_{asked}", n=len(asked)))
    parts = call("delegate", "d1", goal="a part", tools=["look"]), call("delegate", "d2", goal="another", steps=4)
    return say("All is done.") if told else say("", *parts, plan=("share it out", "say so"))


def spared(reply: Reply, **values: object) -> Reply:
    return msgspec.structs.replace(reply, spared=Spared(**values), cost=0.01)  # type: ignore[arg-type]


KINDS = {
    "tools": Kind(
        (
            say("I look.", call("look", "a", n=1), plan=("look", "ring", "say")),
            say("", call("look", "b", wrong=1), call("nothing", "c"), call("put", "d", n=1), call("fall", "e")),
            say("", call("put", "f", n=2)),
            say("All was tried."),
        )
    ),
    "parallel": Kind((say("", *(call("look", f"c{n}", n=n) for n in range(12)), call("ring", "r", n=1)), say("Seen."))),
    "approvals": Kind(
        (say("", call("ring", "a", n=1)), say("", call("ring", "b", n=2), call("fall", "c")), say("Rung.")),
        rules=(("ring", "ask"), ("fall", "ask")),
        live=answered,
    ),
    "refused": Kind(
        (say("", call("ring", "a", n=1), call("fall", "b")), say("It may not be.")),
        rules=(("ring", "deny"), ("fall", "ask")),
        live=lambda w: plainly(w, approvals="refuse"),
    ),
    "retries": Kind(
        (
            ModelUnavailable("Away.", retry_after=1.0),
            ModelGarbled("Nonsense."),
            say("", call("look", "a", n=1)),
            ModelUnavailable("Away again."),
            say("The beginning", finish="length"),
            say(" and the end."),
        )
    ),
    "given-up": Kind((say("", call("look", "a", n=1)), ModelError("No."), ModelError("No."), ModelError("No."))),
    "limit": Kind((*(say("", call("look", f"c{n}", n=n)) for n in range(3)), say("So far.")), limits=Limits(steps=3)),
    "stuck": Kind(lambda request: say("", call("look", "again", n=1)) if request.tools else say("I am stuck.")),
    "sub-runs": Kind(delegating, live=with_those_below),
    "optimised": Kind(
        (spared(say("", call("look", "a", n=1)), tokens=120, cost=0.02), spared(say("Seen."), tokens=40, cache="exact"))
    ),
    "conversation": Kind(
        lambda request: (
            say("I saw it.")
            if request.messages[-1].role == "tool"
            else say("", call("look", f"c{len(request.messages)}", n=len(request.messages)))
        ),
        live=spoken_to,
    ),
    "fork": Kind(
        lambda request: (
            say(f"It is done: {request.messages[1].text}")
            if request.messages[-1].role == "tool"
            else say("", call("ring", "a", n=1), call("look", "b", n=2))
        ),
        live=forked,
    ),
}


def names() -> list[str]:
    return sorted(path.name.removesuffix(".run.json") for path in FOLDER.glob("*.run.json"))


def read(name: str) -> Recording:
    run = file.read((FOLDER / f"{name}.run.json").read_bytes())
    events = file.events_of(run.run_id, run.events, run.tenant, run.subject)
    return as_there(events, run.tenant, run.subject, file.Context(run.history, run.grants, run.origin))


def today(name: str) -> Today:
    """What decides now, of the kind of this run."""
    kind, _, seed = name.partition(".")
    if kind in ("steered", "died"):
        return Shape(int(seed)).today
    return Today(Toolbox(*toolbox(Pace(0))), Rules(**dict(KINDS[kind].rules)))  # type: ignore[arg-type]


async def make(folder: Path) -> None:
    for name, kind in KINDS.items():
        (folder / name).mkdir()
        model, rules = ScriptModel(kind.script), Rules(**dict(kind.rules))  # type: ignore[arg-type]
        tools = toolbox(Pace(1))
        async with world(folder / name, model, *tools, rules=rules, limits=kind.limits, ids=CountedIds()) as w:
            for number, run_id in enumerate(await (kind.live or plainly)(w), 1):
                await keep(w, run_id, f"{name}.{number}")
    for seed in STEERED:
        async with Shape(seed).open(_new(folder / f"s{seed}"), CountedIds()) as w:
            run_id = await Shape(seed).start(w)
            await Life(w, seed, steered=True).to_the_end(run_id)
            await keep(w, run_id, f"steered.{seed}")
    for seed in DIED:
        await _died(folder, seed)


async def _died(folder: Path, seed: int) -> None:
    shape, ids = Shape(seed), CountedIds()
    async with shape.open(_new(folder / f"d{seed}"), ids) as w:
        run_id = await shape.start(w)
        await Life(w, seed).to_the_end(run_id)
        events, grants = await w.journal.read(run_id), await w.ledger.read("grants:t")
    count = next(event.seq for event in events if event.type == "tool.requested")
    async with shape.open(_new(folder / f"e{seed}"), ids) as w:
        w.clock.jump(1e6)
        await w.journal.append(events[:count])
        if grants:
            await w.journal.append(grants)
        await w.runs.recover()
        await Life(w, seed).to_the_end(run_id)
        await keep(w, run_id, f"died.{seed}")


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def keep(w: World, run_id: str, name: str) -> None:
    (FOLDER / f"{name}.run.json").write_bytes(await trials_of(w).export("t", run_id) + b"\n")
    found = await replayed(read(name), today(name))
    sys.stdout.write(f"{name}: {found.events} events, {'the same' if found.exact else found.difference}\n")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.run.json"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder)))


if __name__ == "__main__":
    main()
