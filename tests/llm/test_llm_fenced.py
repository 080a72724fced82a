import json

import pytest
from contracts.model import WEATHER, answer, collect, told
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.kernel.messages import (
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    assistant,
    system,
    user,
)
from orchestrator.llm.base import Request, TextDelta
from orchestrator.llm.fenced import Fenced, Parser
from orchestrator.llm.providers.scripted import Scripted, say

CALL = '```tool\n{"tool": "get_weather", "params": {"city": "Paris"}}\n```'
FAILED = ToolResult("call_2", "x", "no", "failed")
PARIS = ToolCall("call_1", "get_weather", {"city": "Paris"})

# Text that looks as much like the protocol as can be.
LINES = st.sampled_from(
    [
        "```tool",
        "```",
        "````",
        "```response",
        '{"tool": "execute_command", "params": {"command": "rm -rf /"}}',
        CALL,
        "~~~",
        "```python",
        "   ```",
        "    ```",
        "- ```",
        "text",
        "",
        "`inline`",
        "```tool ",
        "\t```tool",
        "``",
        "é🙂",
        "\r",
    ]
)
FILES = st.lists(LINES | st.text(max_size=20), max_size=12).map("\n".join)


def read(text: str, sizes: list[int] | None = None) -> Parser:
    parser = Parser()
    rest = text
    for size in sizes or []:
        parser.feed(rest[:size])
        rest = rest[size:]
    parser.feed(rest)
    parser.end()
    return parser


def test_plain_text_is_an_answer() -> None:
    parser = read("It is noon.\n\nAnd sunny.\n")
    assert parser.text == "It is noon.\n\nAnd sunny."
    assert not parser.calls


def test_a_block_is_a_call_and_the_text_before_it_is_kept() -> None:
    parser = read(f"I look.\n\n{CALL}\n")
    assert parser.text == "I look."
    assert parser.calls == [PARIS]


def test_several_blocks_are_several_calls() -> None:
    parser = read(f"{CALL}\n{CALL}\n\nthen\n{CALL}")
    assert [call.id for call in parser.calls] == ["call_1", "call_2", "call_3"]
    assert parser.text == "then"


def test_the_response_comes_without_its_fences() -> None:
    parser = read("```response\nBonjour,\n\n```python\nprint(1)\n```\n\nà vous.\n```\n")
    assert parser.text == "Bonjour,\n\n```python\nprint(1)\n```\n\nà vous."


def test_a_response_may_quote_with_bare_fences() -> None:
    assert read("```response\nRun:\n```\nls\n```\nDone.\n```").text == "Run:\n```\nls\n```\nDone."


def test_a_response_need_not_be_closed() -> None:
    assert read("```response\nSee:\n```sh\nls\n```").text == "See:\n```sh\nls\n```"


@pytest.mark.parametrize(
    "quoted",
    [
        f"````\n{CALL}\n````",
        f"````markdown\n{CALL}\n````",
        f"~~~\n{CALL}\n~~~",
        f"```\n{CALL}\n```",
        f"```markdown\n{CALL}\n```\n",
        "> " + CALL.replace("\n", "\n> "),
        "    " + CALL.replace("\n", "\n    "),
        "- " + CALL.replace("\n", "\n  "),
        CALL.replace("```tool", "````tool").replace("}}\n```", "}}\n````"),
        CALL.replace("```tool", "```tool call"),
        CALL.replace("```tool", "```Tool"),
        CALL.replace("```tool", " ```tool"),
        CALL.replace("```tool", "use ```tool"),
        CALL.replace("```tool\n", "```tool "),
        f"```response\nHere it is:\n{CALL}\n```",
        f"```response\n```\n{CALL}\n```\nmore\n```\n{CALL}",
        f"  ```\n{CALL}\n  ```",
        f"1. so:\n   ```\n{CALL}\n   ```",
    ],
)
def test_a_quoted_block_is_never_a_call(quoted: str) -> None:
    parser = read(f"As the file says:\n\n{quoted}")
    assert not parser.calls


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("{", "one JSON object"),
        ("[]", "one JSON object"),
        ("", "one JSON object"),
        ('{"tool": "a", "params": {}} {"tool": "b", "params": {}}', "one JSON object"),
        ('{"tool": "a", "params": {"x": "one\ntwo"}}', "one JSON object"),
        ('{"tool": "a", "params": {}, "why": 1}', "exactly"),
        ('{"tool": "a"}', "exactly"),
        ('{"tool": "a", "params": []}', "JSON object"),
        ('{"tool": "a", "tool": "b", "params": {}}', "twice"),
        ('{"tool": "a", "params": {"p": 1, "p": 2}}', "twice"),
        ('{"tool": 3, "params": {}}', "name"),
        ('{"params": {}}', "name"),
        ('{"tool": "a", "params": {"x": "\\ud800"}}', "one JSON object"),
        ("[" * 100_000, "one JSON object"),
    ],
)
def test_a_block_that_is_not_well_made_is_asked_again(block: str, why: str) -> None:
    [call] = read(f"```tool\n{block}\n```").calls
    assert why in call.malformed
    assert call.arguments == {}


def test_an_open_block_is_not_a_call() -> None:
    [call] = read(CALL.removesuffix("```")).calls
    assert "not closed" in call.malformed
    parser = Parser()
    parser.feed(CALL.removesuffix("\n```"))
    parser.end(cut=True)
    assert "cut off" in parser.calls[0].malformed


def test_nothing_counts_after_a_block_that_is_not_well_made() -> None:
    """A file written without escaping its lines must not have its own blocks obeyed."""
    content = f"# Title\n```\n{CALL}\n"
    parser = read(f'```tool\n{{"tool": "write_file", "params": {{"content": "{content}"}}}}\n```\n{CALL}')
    assert [bool(call.malformed) for call in parser.calls] == [True]
    assert parser.text == ""


def test_calls_before_it_still_count() -> None:
    parser = read(f"{CALL}\n```tool\n{{\n```\n{CALL}")
    assert parser.calls[0] == PARIS
    assert [bool(call.malformed) for call in parser.calls] == [False, True]


@given(FILES)
@example(f"```\n{CALL}\n```\n{CALL}")
def test_no_file_quoted_in_a_response_is_ever_a_call(content: str) -> None:
    assert not read(f"I read it.\n```response\nThe file says:\n{content}\n```\n{CALL}\n").calls


@given(FILES)
def test_no_file_is_a_call_inside_a_longer_fence(content: str) -> None:
    fence = "`" * 60
    assert not read(f"{fence}\n{content}\n{fence}\n").calls


@given(FILES)
def test_a_file_in_the_parameters_of_a_call_is_only_that(content: str) -> None:
    body = json.dumps({"tool": "write_file", "params": {"content": content}}, ensure_ascii=False)
    assert read(f"```tool\n{body}\n```").calls == [ToolCall("call_1", "write_file", {"content": content})]


@given(FILES, st.lists(st.integers(0, 9), max_size=60))
@example(f"```response\na\n```\nb\n```\n\n{CALL}", [1] * 60)
def test_where_the_stream_is_cut_does_not_matter(content: str, sizes: list[int]) -> None:
    whole, cut = read(content), read(content, sizes)
    assert (cut.text, cut.calls) == (whole.text, whole.calls)


@given(st.text().filter(lambda text: "`" not in text and "~" not in text))
def test_text_without_fences_comes_out_as_it_is(text: str) -> None:
    assert read(text).text == text.strip()


def plain(*lines: str) -> tuple[Scripted, Fenced]:
    model = Scripted(list(lines), capabilities=frozenset({"chat"}))
    return model, Fenced(model)


async def test_it_streams_the_answer_and_not_the_fences() -> None:
    _, model = plain("```response\nIl fait beau.\n```")
    chunks = await collect(model.stream(Request("", (user("?"),), (WEATHER,))))
    deltas = [chunk for chunk in chunks if isinstance(chunk, TextDelta)]
    assert len(deltas) > 2
    assert told(chunks, TextDelta) == "Il fait beau."


async def test_the_tools_are_described_and_the_history_is_told_in_words() -> None:
    inner, model = plain("```response\nSunny.\n```")
    messages = (
        system("Be brief."),
        user("First?"),
        assistant("Yes."),
        user("The weather?"),
        Message("assistant", (Text("I look."), PARIS)),
        Message(
            "tool", (ToolResult("call_1", "get_weather", "```\nsunny\n```"), ToolResult("call_2", "x", "no", "failed"))
        ),
    )
    await answer(model, Request("", messages, (WEATHER,), temperature=0.5))
    asked = inner.requests[0]
    assert asked.tools == ()
    assert asked.temperature == 0.5
    told = [(message.role, message.text) for message in asked.messages]
    assert told[0][0] == "system"
    assert told[0][1].startswith("Be brief.\n\nYou have tools.")
    assert json.dumps(WEATHER.parameters, separators=(",", ":")) in told[0][1]
    assert told[1:] == [
        ("user", "First?"),
        ("assistant", "```response\nYes.\n```"),
        ("user", "The weather?"),
        ("assistant", 'I look.\n```tool\n{"tool":"get_weather","params":{"city":"Paris"}}\n```'),
        ("user", "Result of get_weather (ok):\n````\n```\nsunny\n```\n````\nResult of x (failed):\n```\nno\n```\n"),
    ]
    assert not any(message.calls for message in asked.messages)


async def test_without_tools_it_stays_out_of_the_way() -> None:
    inner, model = plain(CALL)
    request = Request("", (user("What is a tool block?"),))
    assert (await answer(model, request)).message.text == CALL
    assert inner.requests == [request]


async def test_thinking_is_kept_apart() -> None:
    inner = Scripted([say(CALL, thinking=f"Shall I?\n{CALL}\n")], capabilities=frozenset({"chat"}))
    reply = await answer(Fenced(inner), Request("", (user("?"),), (WEATHER,)))
    assert [type(part) for part in reply.message.parts] == [Thinking, ToolCall]
    assert reply.finish == "tools"


async def test_a_call_and_its_history_round_trip() -> None:
    """What it reads as a call, it tells the model again as the same call."""
    inner, model = plain(CALL, "```response\nSunny.\n```")
    first = await answer(model, Request("", (user("?"),), (WEATHER,)))
    results = Message("tool", (ToolResult("call_1", "get_weather", "sunny"),))
    await answer(model, Request("", (user("?"), first.message, results), (WEATHER,)))
    assert read(inner.requests[1].messages[2].text).calls == [PARIS]
