"""Leave one out: each example of each of the product's tools is a request, once that example is taken away."""

from pathlib import Path
from typing import Any

import msgspec

from benchmarks.embedded.checks import same_calls
from benchmarks.embedded.world import NOW, World
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Request
from orchestrator.llm.providers.embedded import Embedded


def figures() -> dict[str, Any]:
    specs = World(Path()).specs
    model = Embedded("embedded", Provider("embedded"), ManualClock(NOW))
    by_name = {spec.name: spec for spec in specs}
    asked = tool = exact = other = 0
    for spec in specs:
        beside = tuple(each for each in specs if each is not spec)
        for example in spec.examples:
            kept = tuple(each for each in spec.examples if each is not example)
            tools = (*beside, msgspec.structs.replace(spec, examples=kept))
            calls = model.reply(Request("", (user(example.text),), tools)).message.calls
            made = [(call.name, call.arguments) for call in calls]
            asked += 1
            tool += bool(made) and made[0][0] == spec.name
            other += bool(made) and made[0][0] != spec.name
            exact += same_calls([(spec.name, example.arguments)], made, by_name, whole=True)
    return {
        "requests": asked,
        "right_tool": round(tool / asked, 4),
        "right_call": round(exact / asked, 4),
        "another_tool": round(other / asked, 4),
    }
