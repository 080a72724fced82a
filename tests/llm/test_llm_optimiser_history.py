"""A conversation is optimised as it grows: what was sent once is sent the same ever after."""

import json
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.transcripts import build
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, assistant, system, user
from orchestrator.llm.optimiser.encode import canonical
from orchestrator.llm.optimiser.metrics import Tariff
from orchestrator.llm.optimiser.prompt import (
    PromptOptimizer,
    optimize_message_history,
    optimize_prompt,
    restore_history,
)
from orchestrator.llm.optimiser.texts import rewritten

MODES = ("minimal", "balanced", "aggressive")


@pytest.mark.parametrize("mode", MODES)
def test_a_longer_history_begins_with_the_shorter(mode: str) -> None:
    for scene in build.SCENES:
        messages = build.transcript(7, scene, "fr").messages
        whole, _ = optimize_message_history(messages, mode)
        for end in range(len(messages)):
            part, _ = optimize_message_history(messages[:end], mode)
            assert part == whole[:end]


def test_minimal_gives_the_conversation_back() -> None:
    for scene in build.SCENES:
        messages = build.transcript(9, scene, "en").messages
        made, metrics = optimize_message_history(messages, "minimal")
        assert metrics.saved > 0
        for before, after in zip(messages, restore_history(made), strict=True):
            assert canonical(build.text(before)) == build.text(after)


def test_calls_thinking_images_and_data_are_not_touched() -> None:
    big = json.dumps([{"id": n, "name": "x", "city": "Lyon"} for n in range(20)], indent=2)
    result = ToolResult("c1", "get", big, data=[1, 2], origin="web")
    messages = [
        system("Be brief."),
        Message("user", (Text("Look."), Image("image/png", "aGk="))),
        Message("assistant", (Thinking(big, "sig"), ToolCall("c1", "get", {"text": big}))),
        Message("tool", (result,)),
    ]
    made, metrics = optimize_message_history(messages, "aggressive")
    assert made[:3] == messages[:3]
    (part,) = made[3].parts
    assert isinstance(part, ToolResult)
    assert (part.call_id, part.data, part.origin) == ("c1", [1, 2], "web")
    assert len(part.content) < len(big) / 2
    assert metrics.by_rule["documents"] == metrics.tokens_saved


def test_a_file_is_read_as_it_is() -> None:
    text = '{\n  "port": 8080,\n  "hosts": [\n    "a",\n    "b"\n  ]\n}\n\n\ndone   \n'
    messages = [Message("tool", (ToolResult("c", "read_file", text, origin="file"),))]
    for mode in MODES:
        assert optimize_message_history(messages, mode)[0] == messages


def test_messages_of_the_wires_come_back_as_they_came() -> None:
    long = "\n".join(f"row {n}: this line is long enough to be referred to later" for n in range(9))
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": long}, {"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": long}]},
        {"role": "tool", "content": long, "tool_call_id": "1"},
    ]
    made, metrics = optimize_message_history(messages, "balanced")
    assert made[0]["content"][1] == messages[0]["content"][1]
    assert made[1] == messages[1]
    assert made[2]["content"][0]["content"].startswith("[[same 9 lines as above: ")
    assert made[3]["tool_call_id"] == "1"
    assert metrics.saved > 0.5


def test_money_counts_the_providers_cache() -> None:
    """What the provider has read before costs a tenth: saving it again is worth a tenth."""
    long = json.dumps([{"id": n, "name": "x", "city": "Lyon"} for n in range(40)], indent=2)
    tariff = Tariff(2.0, 0.2, 2.5, "a model")
    optimiser = PromptOptimizer("minimal", tariff=tariff, timer=iter(float(n) for n in range(100)).__next__)
    fresh = [system("Be brief."), user("What?"), Message("tool", (ToolResult("c", "get", long),))]
    known = [*fresh, assistant("There are forty."), user("And?")]
    _, first = optimiser.optimize_history(fresh)
    _, second = optimiser.optimize_history(known)
    assert first.tokens_saved == second.tokens_saved > 100
    assert first.money_saved == pytest.approx(first.tokens_saved * 2.5e-6)
    assert second.money_saved == pytest.approx(second.tokens_saved * 0.2e-6)
    assert first.cached_tokens == 0
    assert second.cached_tokens > 0
    assert (first.seconds, first.priced_as) == (1.0, "a model")
    assert first.cost == pytest.approx(0.05 / 3600)
    assert first.roi == pytest.approx(first.money_saved / first.cost - 1)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InvalidInput, match="There is no mode 'wild'"):
        optimize_prompt("x", "wild")


def test_one_change_in_a_reread_file_costs_one_change() -> None:
    rows = [f"setting_{n} = {n * n}  # a line of a file that is read again and again" for n in range(60)]
    other = [*rows[:30], "setting_30 = 901  # changed", *rows[31:]]
    texts = ["\n".join(rows), "\n".join(other), "\n".join(rows)]
    messages = [
        Message("tool", (ToolResult(f"c{n}", "read_file", text, origin="file"),)) for n, text in enumerate(texts)
    ]
    made, _ = optimize_message_history(messages, "minimal")
    sizes = [len(build.text(message)) for message in made]
    assert sizes[1] < sizes[0] / 10
    assert "setting_30 = 901  # changed" in build.text(made[1])
    assert all(one > other for one, other in pairwise([sizes[0], sizes[1]]))


def test_what_a_program_says_may_be_shortened_and_what_a_file_says_not() -> None:
    names = ("execute_command", "read_file")
    results = tuple(ToolResult(name, name, "x", origin="file") for name in names)
    made = rewritten(Message("tool", results), lambda text, voice: voice)
    assert [part.content for part in made.parts if isinstance(part, ToolResult)] == ["tool", "file"]
