"""Examples as requests: once the example is taken away, and once its tool is. The first says what is understood, the
second what is done in the place of what was asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.embedded.checks import Calls, same_calls
from benchmarks.embedded.world import NOW, World
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import ToolSpec, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Request
from orchestrator.llm.providers.embedded import Embedded


def figures(*, crowd: bool = False) -> dict[str, Any]:
    specs = World(Path(), crowd=crowd).specs
    model = Embedded("embedded", Provider("embedded"), ManualClock(NOW))
    by_name = {spec.name: spec for spec in specs}

    def made(text: str, tools: Sequence[ToolSpec]) -> Calls:
        calls = model.reply(Request("", (user(text),), tuple(tools))).message.calls
        return [(call.name, call.arguments) for call in calls]

    def effects(calls: Calls) -> bool:
        return any(by_name[name].effects != "none" for name, _ in calls)

    asked = tool = exact = other = wrong = instead = 0
    for spec in specs:
        beside = tuple(each for each in specs if each is not spec)
        for example in spec.examples:
            kept = tuple(each for each in spec.examples if each is not example)
            calls = made(example.text, (*beside, msgspec.structs.replace(spec, examples=kept)))
            right = same_calls([(spec.name, example.arguments)], calls, by_name, whole=True)
            asked += 1
            tool += bool(calls) and calls[0][0] == spec.name
            other += bool(calls) and calls[0][0] != spec.name
            exact += right
            wrong += effects(calls) and not right
            instead += effects(made(example.text, beside))
    return {
        "requests": asked,
        "right_tool": round(tool / asked, 4),
        "right_call": round(exact / asked, 4),
        "another_tool": round(other / asked, 4),
        "wrong_effects": wrong,
        "effects_without_the_tool": instead,
    }
