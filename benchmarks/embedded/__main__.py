"""python -m benchmarks.embedded: plays the sets of requests, prints the figures, writes results/embedded.json."""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from benchmarks import report
from benchmarks.embedded import left_out
from benchmarks.embedded.baseline import NearestExample
from benchmarks.embedded.checks import Case, Played, problems, wrong_effects
from benchmarks.embedded.sets import DEVELOPMENT, HELD_OUT, Requests, load
from benchmarks.embedded.world import NOW, World, world
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import Message, ToolCall, ToolSpec, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.embedded import Embedded

_MOST_REPLIES = 12


class Streams(Protocol):
    def stream(self, request: Request) -> Any: ...


class Judged(Struct, frozen=True):
    case: Case
    problems: list[str]
    wrong: list[str]
    seconds: tuple[float, ...]


async def played(case: Case, model: Streams, among: Requests) -> tuple[Played, dict[str, ToolSpec]]:
    with world(case.refuse, among.tools, crowd=among.crowd, acting=among.acting) as place:
        messages: list[Message] = []
        for text in case.before:
            await _turn(text, messages, model, place)
        before = place.snapshot()
        calls, answer, seconds = await _turn(case.text, messages, model, place)
        after = place.snapshot()
        changed = {path: after.get(path, "") for path in {*before, *after} if before.get(path) != after.get(path)}
        return Played(tuple(calls), answer, changed, tuple(seconds)), {spec.name: spec for spec in place.specs}


async def _turn(
    text: str, messages: list[Message], model: Streams, place: World
) -> tuple[list[ToolCall], str, list[float]]:
    messages.append(user(text))
    calls: list[ToolCall] = []
    seconds: list[float] = []
    for _ in range(_MOST_REPLIES):
        began = time.perf_counter()
        reply: Reply | None = None
        async for chunk in model.stream(Request("", tuple(messages), place.specs)):
            reply = chunk if isinstance(chunk, Reply) else None
        seconds.append(time.perf_counter() - began)
        assert reply is not None
        messages.append(reply.message)
        if not reply.message.calls:
            return calls, reply.message.text, seconds
        calls += reply.message.calls
        messages.append(Message("tool", tuple([await place.call(call) for call in reply.message.calls])))
    return calls, "", seconds


async def judged(name: str, make: Callable[[], Streams]) -> list[Judged]:
    model = make()
    found = []
    requests = load(name)
    for case in requests.cases:
        result, specs = await played(case, model, requests)
        found.append(Judged(case, problems(case, result, specs), wrong_effects(case, result, specs), result.seconds))
    return found


def figures(found: Sequence[Judged]) -> dict[str, Any]:
    groups: dict[str, Callable[[Judged], str]] = {
        "language": lambda each: each.case.language,
        "steps": lambda each: str(each.case.steps),
        "kind": lambda each: each.case.kind,
    }
    seconds = sorted(second for each in found for second in each.seconds)
    return {
        "requests": len(found),
        "right": _rate(found),
        "wrong_effects": sum(bool(each.wrong) for each in found),
        **{
            f"by_{name}": {key: _rate([each for each in found if of(each) == key]) for key in _keys(found, of)}
            for name, of in groups.items()
        },
        "milliseconds_a_reply": {
            "median": round(1000 * statistics.median(seconds), 2),
            "p95": round(1000 * seconds[int(0.95 * len(seconds))], 2),
        },
    }


def _keys(found: Iterable[Judged], of: Callable[[Judged], str]) -> list[str]:
    return sorted({of(each) for each in found})


def _rate(found: Sequence[Judged]) -> float:
    return round(sum(not each.problems for each in found) / max(1, len(found)), 4)


def table(results: dict[str, Any]) -> str:
    """Shares of right answers, a column for each set and model."""
    columns = list(results)
    lines = [f"{'':<24}" + "".join(f"{column:>40}" for column in columns)]
    rows = [("requests", None), ("right", None), ("wrong_effects", None)]
    for group in ("by_language", "by_steps", "by_kind"):
        rows += [(group, key) for key in sorted({key for column in columns for key in results[column][group]})]
    for name, key in rows:
        values = [results[column][name] if key is None else results[column][name].get(key, "") for column in columns]
        said = [f"{value:.1%}" if isinstance(value, float) else str(value) for value in values]
        lines.append(f"{(key or name):<24}" + "".join(f"{value:>40}" for value in said))
    return "\n".join(lines)


def unasked() -> list[str]:
    """The installed tools that no request asks for yet."""
    cases = [case for name in (*DEVELOPMENT, *HELD_OUT) if load(name).crowd for case in load(name).cases]
    asked = {name for case in cases for name, _ in case.calls or ()}
    with world(crowd=True) as place:
        return [spec.name for spec in place.specs if spec.name not in asked]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--show", action="store_true", help="the failures of the development sets; never the held-out")
    options.add_argument("--sets", nargs="+", metavar="NAME", help="only these sets; write nothing")
    options.add_argument("--development-only", action="store_true", help="leave the held-out sets alone; write nothing")
    given = options.parse_args()
    makers: dict[str, Callable[[], Streams]] = {
        "embedded": lambda: Embedded("embedded", Provider("embedded"), ManualClock(NOW)),
        "nearest_example": NearestExample,
    }
    results: dict[str, Any] = {}
    chosen = given.sets or (*DEVELOPMENT, *(() if given.development_only else HELD_OUT))
    for name in chosen:
        for model, make in makers.items():
            found = asyncio.run(judged(name, make))
            results[f"{name}.{model}"] = figures(found)
            if given.show and name in DEVELOPMENT and model == "embedded":
                for each in found:
                    if each.problems:
                        print(f"{each.case.id} {each.case.text!r}\n    " + "\n    ".join(each.problems + each.wrong))
    print(table(results))
    if not given.development_only and not given.sets:
        results |= {
            "left_out.embedded": left_out.figures(),
            "left_out_among_all.embedded": left_out.figures(crowd=True),
        }
        results |= {"tools_not_asked_for": unasked()}
        report.write("embedded", "python -m benchmarks.embedded", results)


if __name__ == "__main__":
    main()
