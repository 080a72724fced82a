"""What follows up on a message: the earlier call with what is new put in; its result reckoned on; another language."""

from typing import Any

import pytest
from llm.embedded.embedded_tools import Talk, called, example, schema

from orchestrator.kernel.messages import ToolSpec
from orchestrator.tools.kits import calculator, files, http, system

TOOLS = tuple(tool.spec for tool in (*files.tools, *system.tools, *calculator.tools, *http.tools))
TEXT: dict[str, Any] = {"type": "string"}
FLIGHTS = ToolSpec(  # of no room of the product: what is shown here is learnt from its examples
    "find_flights",
    "Find flights to a city.",
    schema(
        ("timezone",),
        timezone={**TEXT, "description": "where to"},
        cabin={"enum": ["economy", "business"]},
        seats={"type": "integer"},
    ),
    effects="none",
    examples=(
        example("en", "find flights to Tokyo", timezone="Asia/Tokyo"),
        example("en", "find business flights to Paris", timezone="Europe/Paris", cabin="business"),
        example("en", "find flights to Rome with 3 seats", timezone="Europe/Rome", seats=3),
        example("fr", "trouve des vols pour Madrid", timezone="Europe/Madrid"),
        example("fr", "trouve des vols business pour Berlin", timezone="Europe/Berlin", cabin="business"),
        example("fr", "trouve des vols pour Oslo avec 2 places", timezone="Europe/Oslo", seats=2),
    ),
)


def found(*paths: str) -> dict[str, Any]:
    listed = [{"path": path, "size": 10} for path in paths]
    return {"pattern": "*", "files": listed, "matches": [], "count": len(paths), "truncated": False}


MATCHED = {**found(), "matches": [{"path": "a.py", "line": 1, "text": "TODO"}], "count": 1}
WRITTEN = {"path": "a.txt", "size": 1, "lines": 1, "created": True}
TIME = {"iso": "", "date": "2023-11-14", "time": "22:13:20", "weekday": "Tuesday", "timezone": "UTC"}


def after(first: str, result: Any, then: str, tools: tuple[ToolSpec, ...] = TOOLS) -> list[tuple[str, dict[str, Any]]]:
    talk = Talk(tools)
    assert called(talk.say(first)), first
    talk.returns(result)
    return called(talk.say(then))


@pytest.mark.parametrize(
    ("first", "then", "arguments"),
    [
        ("search for TODO in the files", "only in .py files", {"text": "TODO", "pattern": "*.py"}),
        ("search for TODO in the files", "and in notes.txt?", {"text": "TODO", "pattern": "notes.txt"}),
        ("search for TODO", "or in lib?", {"text": "TODO", "path": "lib"}),
        ("search for TODO", "in lib only", {"text": "TODO", "path": "lib"}),
        ("cherche TODO dans les fichiers", "seulement dans les fichiers .py", {"text": "TODO", "pattern": "*.py"}),
        ("cherche « TODO » dans lib", "et dans le dossier data ?", {"text": "TODO", "path": "data"}),
        ('search for "TODO" in lib', 'and "FIXME"?', {"text": "FIXME", "path": "lib"}),
        ('search for "TODO" in lib', "and here?", {"text": "TODO"}),
    ],
)
def test_what_is_not_said_anew_is_as_it_was(first: str, then: str, arguments: dict[str, Any]) -> None:
    assert after(first, MATCHED, then) == [("search_files", arguments)]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("what time is it in Tokyo?", "and here?"),
        ("what time is it in Tokyo?", "here"),
        ("quelle heure est-il à Tokyo ?", "et ici ?"),
    ],
)
def test_here_is_where_one_is_when_nothing_is_said(first: str, then: str) -> None:
    assert after(first, TIME, then) == [("get_datetime", {})]


def test_what_was_made_of_the_result_is_made_of_the_next() -> None:
    content = {"path": "a.txt", "content": "1\n2\n", "lines": 2, "size": 4, "truncated": False}
    talk = Talk(TOOLS)
    talk.say("how many lines in a.txt?")
    talk.returns(content)
    assert called(talk.say("and in b.txt?")) == [("read_file", {"path": "b.txt"})]
    assert "**3** lines" in talk.returns({**content, "path": "b.txt", "content": "1\n2\n3\n", "lines": 3}).message.text


def test_values_that_flow_are_changed_where_they_come_from() -> None:
    talk = Talk(TOOLS)
    talk.say("list the python files here, count their lines")
    talk.returns(found("a.py"))
    talk.returns({"path": "a.py", "content": "1\n", "lines": 1, "size": 2, "truncated": False})
    assert called(talk.say("only in lib")) == [("search_files", {"pattern": "*.py", "path": "lib"})]
    assert called(talk.returns(found("lib/b.py"))) == [("read_file", {"path": "lib/b.py"})]


@pytest.mark.parametrize(
    ("then", "arguments"),
    [
        ("and for Paris?", {"timezone": "Europe/Paris", "cabin": "business"}),
        ("et pour Paris ?", {"timezone": "Europe/Paris", "cabin": "business"}),
    ],
)
def test_a_tool_that_was_never_seen_is_followed_up_too(then: str, arguments: dict[str, Any]) -> None:
    assert after("find business flights to Tokyo", {}, then, (FLIGHTS, *TOOLS)) == [("find_flights", arguments)]


@pytest.mark.parametrize(
    ("then", "expressions"),
    [
        ("plus 10", ["(12 * 37) + 10"]),
        ("and minus 4?", ["(12 * 37) - 4"]),
        ("divisé par 4", ["(12 * 37) / 4"]),
        ("au carré", ["(12 * 37)**2"]),
        ("minus 4 and then times 2", ["(12 * 37) - 4", "((12 * 37) - 4) * 2"]),
        ("and 4*5?", ["4 * 5"]),
        ("10", []),
        ("plus", []),
    ],
)
def test_a_result_is_reckoned_on(then: str, expressions: list[str]) -> None:
    made = after("what is 12*37?", {"expression": "12 * 37", "value": 444}, then)
    assert made == [("calculate", {"expression": expression}) for expression in expressions]


def test_an_answer_in_the_other_language_calls_nothing() -> None:
    talk = Talk(TOOLS)
    talk.say("what time is it?")
    assert "It is Tuesday" in talk.returns(TIME).message.text
    french = talk.say("in French?")
    assert not french.message.calls and "il est 22:13:20" in french.message.text
    english = talk.say("et en anglais ?")
    assert not english.message.calls and "It is Tuesday" in english.message.text


def test_what_was_done_is_not_done_again_in_the_other_language() -> None:
    talk = Talk(TOOLS)
    assert called(talk.say('write "x" to new.txt'))
    talk.returns({"path": "new.txt", "size": 1, "lines": 1, "created": True})
    reply = talk.say("en français ?")
    assert not reply.message.calls and reply.message.text.startswith("Écrit : new.txt")


@pytest.mark.parametrize("then", ["not in lib", "except .py files", "without notes.txt", "in German?"])
def test_what_cannot_be_kept_is_not_taken_for_a_follow_up(then: str) -> None:
    assert after("search for TODO", MATCHED, then) == []


@pytest.mark.parametrize(
    ("first", "result", "then", "calls"),
    [
        ("list the files", {"path": ".", "entries": [], "count": 0, "truncated": False}, "and notes.txt?", "read_file"),
        ("search for TODO", MATCHED, "notes.txt", "read_file"),
        ("search for TODO", MATCHED, "and the time?", "get_datetime"),
        ('write "x" to a.txt', WRITTEN, "only .py files", "search_files"),
    ],
)  # fmt: skip
def test_what_is_a_request_of_its_own_is_read_as_one(first: str, result: Any, then: str, calls: str) -> None:
    assert [name for name, _ in after(first, result, then)] == [calls]


def test_a_text_ends_before_where_it_is_looked_for() -> None:
    for said, text in (("search for TODO here", "TODO"), ("find files that contain ERROR", "ERROR")):
        assert called(Talk(TOOLS).say(said)) == [("search_files", {"text": text})]


def test_a_name_that_holds_the_text_is_whole() -> None:
    talk = Talk(TOOLS)
    talk.say('write "x" to new.txt')
    assert talk.returns({"path": "new.txt", "size": 1, "lines": 1, "created": True}).message.text.startswith(
        "Written: new.txt"
    )
    talk.say("read no.txt")
    content = {"path": "no.txt", "content": "no", "lines": 1, "size": 2, "truncated": False}
    assert talk.returns(content).message.text == "no.txt:\n```\nno\n```"
