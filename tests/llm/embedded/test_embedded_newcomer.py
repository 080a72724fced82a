"""What a newcomer types: limits are kept or told, commands are run, answers look good, follow-ups are understood."""

from pathlib import Path

import pytest
from llm.embedded.embedded_tools import Talk, called

from benchmarks.embedded.world import World
from orchestrator.kernel.messages import Arguments
from orchestrator.llm.providers.embedded import render

TOOLS = World(Path()).specs
LOG = {"path": "a.log", "content": "1\n2\n3\n4\n", "lines": 4, "size": 8, "truncated": False}


def entry(name: str, size: int, modified: str, kind: str = "file") -> dict[str, object]:
    return {"name": name, "kind": kind, "size": size, "modified": modified}


LISTING = {
    "path": ".",
    "entries": [
        entry("big.bin", 3 << 20, "2023-11-14T10:00:00+00:00"),
        entry("lib", 0, "2023-11-14T10:00:00+00:00", "directory"),
        entry("old.txt", 3, "2020-01-01T00:00:00+00:00"),
    ],
    "count": 3,
    "truncated": False,
}


def first(text: str) -> list[tuple[str, Arguments]]:
    return called(Talk(TOOLS).say(text))


def answer(text: str, data: object) -> str:
    talk = Talk(TOOLS)
    assert talk.say(text).message.calls
    return talk.returns(data).message.text


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("what is the square root of 2 plus 10%", "sqrt(2) * (1 + 10 / 100)"),
        ("combien font 200 moins 15 % ?", "200 * (1 - 15 / 100)"),
        ("calculate 50 + 50 + 10%", "(50 + 50) * (1 + 10 / 100)"),
        ("what is 10 % 3", "10 % 3"),
        ("what is 15% of 240", "15 / 100 * 240"),
    ],
)
def test_a_percentage_is_kept(text: str, expression: str) -> None:
    assert first(text) == [("calculate", {"expression": expression})]


@pytest.mark.parametrize(
    "text",
    [
        "what day will it be in 3 days?",
        "quel jour serons-nous dans 3 jours ?",
        "what time was it two hours ago?",
        "list the files except a.txt",
        "what was the date yesterday?",
    ],
)
def test_what_nothing_can_keep_to_is_declined(text: str) -> None:
    assert first(text) == []


def test_lists_are_limited_by_size_and_by_time() -> None:
    for text in ("files larger than 1 MB", "quels fichiers font plus de 1 Mo ?", "which files were modified today?"):
        said = answer(text, LISTING)
        assert "big.bin" in said
        assert "old.txt" not in said
        assert "lib" not in said


def test_lines_are_chosen() -> None:
    for text, lines in (
        ("show the 2 last lines of a.log", "3\n4"),
        ("les 2 dernières lignes de a.log", "3\n4"),
        ("read lines 2 to 3 of a.log", "2\n3"),
        ("lis les lignes 2 à 3 de a.log", "2\n3"),
    ):
        assert f"```\n{lines}\n```" in answer(text, LOG), text


def test_the_largest_are_as_many_as_asked() -> None:
    said = answer("the 2 largest files", {**LISTING, "files": [{"path": "a", "size": 3}], "matches": []})
    assert said.count("\n") <= 1


@pytest.mark.parametrize(
    ("text", "command"),
    [(text, text) for text in ("git status", "pwd", "df -h", "rm -rf /", "python3 --version", "cat a.txt | wc -l")]
    + [("$ uname -a", "uname -a"), ("./build.sh", "./build.sh"), ("find . -name x", "find . -name x")],
)
def test_a_shell_line_is_a_command(text: str, command: str) -> None:
    assert first(text) == [("execute_command", {"command": command})]


@pytest.mark.parametrize(
    "text", ["python is great", "find notes.txt", "make me a sandwich", "who are you", "cat a.txt"]
)
def test_a_sentence_is_no_command(text: str) -> None:
    assert "execute_command" not in [name for name, _ in first(text)]


def test_what_no_tool_does_is_worded_for_the_person() -> None:
    for text, command in (
        ("delete notes.txt", "rm notes.txt"),
        ("rename a.txt to b.txt", "mv a.txt b.txt"),
        ("crée un dossier photos", "mkdir photos"),
    ):
        reply = Talk(TOOLS).say(text)
        assert not reply.message.calls
        assert command in reply.message.text
        assert "greeting.txt" not in reply.message.text


def test_how_to_connect_is_said_once() -> None:
    talk = Talk(TOOLS)
    assert "- run Ollama" in talk.say("write me a poem").message.text
    again = talk.say("summarize notes.txt").message.text
    assert "Ollama" not in again
    assert "read notes.txt" in again


def test_what_was_asked_comes_without_the_rest() -> None:
    space = {"total": 8 << 30, "used": 2 << 30, "percent": 25.0}
    machine = {
        "os": "Debian", "machine": "x86_64", "cpus": 4, "load": 0.2, "uptime": 60.0, "python": "3.11", "memory": space,
        "disk": space,
    }  # fmt: skip
    for text, has, lacks in (
        ("how much memory is free?", "**6.0 GB** free", "Disk"),
        ("combien de mémoire reste-t-il ?", "**6,0 Go** libres", "Disque"),
        ("how many processors do I have?", "4 processors", "Memory"),
        ("which Python version is installed?", "Python 3.11", "Memory"),
        ("show the system information", "Disk", "nothing"),
    ):
        said = answer(text, machine)
        assert has in said, (text, said)
        assert lacks not in said, (text, said)


def test_matches_are_said_once_and_code_is_fenced() -> None:
    data = {
        "pattern": "*", "files": [{"path": "a.txt", "size": 1}], "truncated": False, "count": 1,
        "matches": [{"path": "a.txt", "line": 1, "text": "TODO"}],
    }  # fmt: skip
    assert answer("which file contains the word TODO?", data) == "1 line found:\n- `a.txt:1`: TODO"
    said = answer("read a.py", {**LOG, "path": "a.py", "content": "x = 1"})
    assert "```python\nx = 1\n```" in said


@pytest.mark.parametrize(("text", "fence"), [("-a\n+b", "```"), ("a ``` b", "````")])
def test_what_a_template_sets_apart_is_set_apart_once(text: str, fence: str) -> None:
    template = "On main:\n```diff\n[{text}|No difference.]\n```\nThat is all."
    assert render.fenced(template, {"text": text}, "en") == f"On main:\n{fence}diff\n{text}\n{fence}\nThat is all."
    assert render.fenced(template, {"text": ""}, "en") == "On main:\n```diff\nNo difference.\n```\nThat is all."


@pytest.mark.parametrize(
    ("before", "text", "path"),
    [
        ("read a.txt", "no, I meant b.txt", "b.txt"),
        ("lis a.txt", "non, je voulais dire b.txt", "b.txt"),
        ("read a.txt", "do it again", "a.txt"),
        ("lis a.txt", "recommence", "a.txt"),
    ],
)
def test_corrections_and_repetitions(before: str, text: str, path: str) -> None:
    talk = Talk(TOOLS)
    talk.say(before)
    talk.returns(LOG)
    assert called(talk.say(text)) == [("read_file", {"path": path})]


@pytest.mark.parametrize(
    ("before", "text"), [("list the files", "read the third one"), ("liste les fichiers", "lis le troisième")]
)
def test_one_of_a_list_that_was_shown(before: str, text: str) -> None:
    talk = Talk(TOOLS)
    talk.say(before)
    talk.returns(LISTING)
    assert called(talk.say(text)) == [("read_file", {"path": "old.txt"})]


def test_a_question_may_be_dropped() -> None:
    talk = Talk(TOOLS)
    talk.say("write a file")
    assert talk.say("cancel").message.text == "All right, I leave that."
