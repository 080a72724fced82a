"""For any text at all: it does not raise, it calls only tools that it was given, and with arguments that fit."""

import sys
import time
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from llm.embedded.embedded_tools import INVENTED, Talk, called, embedded

from orchestrator.kernel.messages import ToolSpec
from orchestrator.llm.providers.embedded.shown import choices, types
from orchestrator.tools.kits import calculator, files, http, system

BUILT_IN = tuple(tool.spec for tool in (*files.tools, *system.tools, *calculator.tools, *http.tools))
TOOLS = (*BUILT_IN, *INVENTED)
MODEL = embedded()
VOCABULARY = (
    "read write list find run delete the a file files notes.txt *.py 'x' « y » and then puis et , ; . ? ! how many"
    " combien lis écris cherche le la les dans to into of de it them leur total lines lignes 12 * 37 + - ( ) % not"
    " don't ne pas http://example.com a@b.co tomorrow at 5pm : in Paris largest plus gros premier \n `ls` \" if si"
)
WORDS = st.sampled_from(VOCABULARY.split(" "))


def fits(value: Any, schema: dict[str, Any]) -> bool:
    listed = choices(schema)
    if listed:
        return value in listed
    kinds = {"string": str, "integer": int, "number": int | float, "boolean": bool, "object": dict, "array": list}
    accepted = types(schema)
    if isinstance(value, bool) and "boolean" not in accepted:
        return False
    return not accepted or any(kind in kinds and isinstance(value, kinds[kind]) for kind in accepted)


def check(text: str, tools: tuple[ToolSpec, ...]) -> None:
    specs = {spec.name: spec for spec in tools}
    reply = Talk(tools, MODEL).say(text)
    assert reply.message.calls or reply.message.text.strip()
    for name, arguments in called(reply):
        parameters = specs[name].parameters
        assert set(parameters.get("required", ())) <= set(arguments)
        for key, value in arguments.items():
            assert fits(value, parameters["properties"][key]), (text, name, key, value)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
@example("")
@example("👋🙂\u200b")
@example("\x00\n\t;;;??")
@example("((((((((((")
@example("write " + "«" * 50)
def test_any_text_is_answered(text: str) -> None:
    check(text, TOOLS)


@settings(max_examples=250, deadline=None)
@given(st.lists(WORDS, max_size=25).map(" ".join), st.booleans())
def test_any_words_in_any_order_are_answered(text: str, invented: bool) -> None:
    check(text, TOOLS if invented else BUILT_IN)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=6))
def test_any_conversation_is_answered(texts: list[str]) -> None:
    talk = Talk(TOOLS, MODEL)
    for text in texts:
        reply = talk.say(text)
        while reply.message.calls:
            reply = talk.returns(*(("failed", "It could not be done.") for _ in reply.message.calls))


def test_without_tools_nothing_is_called() -> None:
    for text in ("read notes.txt", "what can you do?", "2+2", "hello"):
        reply = Talk(()).say(text)
        assert not reply.message.calls
        assert reply.message.text


def work_of(text: str) -> tuple[int, float]:
    """What a reply takes: calls of Python functions, and seconds of the processor (a pattern that runs calls none)."""
    talk = Talk(TOOLS, MODEL)
    talk.say("hello")
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    began = time.process_time()
    sys.setprofile(note)
    try:
        talk.say(text)
    finally:
        sys.setprofile(None)
    return count, time.process_time() - began


PIECES = (
    "lis notes.txt et ", "a, ", "12*3 ", "x", "« ", "é", "in b.c/d ", "1,", "1 ", "(", "`", '"', "'", "a.", "a-", "a@",
    "sqrt ", "\n", "«" + " " * 50, "read and ", "http://", "deux ",
)  # fmt: skip


def test_work_is_bounded_however_long_the_text() -> None:
    for piece in PIECES:
        (short, _), (long, seconds) = work_of(piece * (1_000 // len(piece))), work_of(piece * (50_000 // len(piece)))
        assert long <= 30 * max(short, 2_000), (piece, short, long)
        assert seconds < 5.0, (piece, seconds)  # widely: what runs away takes minutes
