"""Text that is still being written, and a run's events as lines."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from orchestrator.cli.display import Display, call_text, exact_call, shortened
from orchestrator.cli.prose import Markdown, Plain, split
from orchestrator.cli.terminal import Terminal, laid_out
from orchestrator.cli.visible import exact, harmless


class Written:
    """Prose that is kept: `|` where it was ended."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def end(self) -> None:
        if self.text and not self.text.endswith("|"):
            self.text += "|"


@pytest.mark.parametrize(
    ("text", "done", "pending"),
    [
        ("", "", ""),
        ("one line", "", "one line"),
        ("# Title\n\nText", "# Title\n\n", "Text"),
        ("a\n\nb\n\nc", "a\n\nb\n\n", "c"),
        ("```py\na = 1\n\nb = 2", "", "```py\na = 1\n\nb = 2"),
        ("```\na\n\nb\n```\n\nafter", "```\na\n\nb\n```\n\n", "after"),
        ("a\n \t\nb", "a\n \t\n", "b"),
    ],
)
def test_only_whole_blocks_are_drawn_for_good(text: str, done: str, pending: str) -> None:
    assert split(text) == (done, pending)


def test_plain_text_ends_on_a_fresh_line() -> None:
    out = io.StringIO()
    prose = Plain(out)
    prose.write("half a ")
    prose.write("line")
    prose.end()
    prose.end()
    prose.write("whole\n")
    prose.end()
    assert out.getvalue() == "half a line\nwhole\n"


def test_markdown_is_drawn_once_and_whole() -> None:
    from rich.console import Console

    out = io.StringIO()
    prose = Markdown(Console(file=out, width=60))
    for piece in ("# Ti", "tle\n\nSome **bo", "ld** text\n\n```py\na = 1\n\n", "b = 2\n```\n\nend"):
        prose.write(piece)
    prose.end()
    shown = out.getvalue()
    assert [shown.count(word) for word in ("Title", "bold", "a = 1", "b = 2", "end")] == [1, 1, 1, 1, 1]
    assert "**" not in shown and "```" not in shown


def delta(step: int, offset: int, text: str, kind: str = "text") -> dict[str, Any]:
    return {"type": "delta", "run_id": "run_1", "step": step, "kind": kind, "offset": offset, "text": text}


def asked(step: int) -> dict[str, Any]:
    return {"type": "model.asked", "step": step, "model": "m"}


def replied(step: int, text: str) -> dict[str, Any]:
    parts = [{"type": "thinking", "text": "hm"}, {"type": "text", "text": text}] if text else []
    return {"type": "model.replied", "step": step, "message": {"role": "assistant", "parts": parts}}


def finished(answer: str, status: str = "completed", **problem: str) -> dict[str, Any]:
    return {"type": "run.finished", "status": status, "answer": answer, "problem": problem or None}


def shown(*items: dict[str, Any]) -> str:
    prose = Written()
    display = Display(Terminal("en"), prose)
    for item in items:
        display.show(item)
    return prose.text


def test_deltas_are_written_as_they_come_and_the_answer_is_not_repeated() -> None:
    items = asked(1), delta(1, 0, "Hel"), delta(1, 3, "lo"), replied(1, "Hello"), finished("Hello")
    assert shown(*items) == "Hello|"


def test_a_reader_who_comes_late_gets_the_text_so_far_once() -> None:
    assert shown(asked(1), delta(1, 0, "Hel"), delta(1, 0, "Hello, "), delta(1, 7, "you")) == "Hello, you"


def test_pieces_that_were_missed_come_with_the_reply() -> None:
    assert shown(asked(1), delta(1, 0, "Hel"), delta(1, 5, "!"), replied(1, "Hello!"), delta(1, 0, "Hel")) == "Hello!|"


def test_a_reply_without_deltas_is_written_whole() -> None:
    assert shown(replied(1, "I look."), replied(2, "Found."), finished("Found.")) == "I look.|Found.|"


def test_another_try_of_a_model_starts_anew(capsys: pytest.CaptureFixture[str]) -> None:
    failed = {"type": "model.failed", "step": 1, "model": "m", "problem": {"detail": "It broke."}}
    assert shown(asked(1), delta(1, 0, "Hel"), failed, asked(1), delta(1, 0, "Hello")) == "Hel|Hello"
    assert "m failed: It broke." in capsys.readouterr().err


def test_the_thoughts_of_a_model_are_not_the_answer() -> None:
    assert shown(asked(1), delta(1, 0, "Secretly", "thinking"), replied(1, "Openly")) == "Openly|"


def test_an_answer_that_nobody_wrote_is_shown_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    written = shown(replied(1, "I look."), finished("So far: nothing.", "partial", detail="Out of steps.", hint="Ask."))
    assert written == "I look.|So far: nothing.|"
    assert capsys.readouterr().err == "[partial answer] Out of steps. Ask.\n"


def test_a_problem_that_is_the_answer_is_not_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(finished("No model could answer. None is there.", "failed", detail="None is there.")) == (
        "No model could answer. None is there.|"
    )
    assert capsys.readouterr().err == "[failed]\n"


def test_tools_are_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    requested = {"type": "tool.requested", "call_id": "c", "tool": "read_file", "arguments": {"path": "a b.txt"}}
    returned = {
        "type": "tool.returned", "call_id": "c", "tool": "read_file", "outcome": "ok", "content": "\nfirst\nsecond",
        "seconds": 0.0123,
    }  # fmt: skip
    assert shown(requested, returned, {**returned, "outcome": "refused", "content": "No.", "seconds": 0.0}) == ""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "  → read_file path='a b.txt'\n  ✓ read_file 0.01 s  first\n  ⊘ read_file  No.\n"


def test_long_arguments_are_shortened() -> None:
    assert call_text("write_file", {"path": "a", "content": "x" * 100}) == f"write_file path=a content={'x' * 59}…"
    assert shortened("short", 5) == "short"


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;owned\x07",
        "\x1b[2J",
        "\x9b31m",
        "rm -rf x\rls",
        "a\x08b",
        "\x7f",
        "\u202egnp.exe",
        "\u2066x\u2069",
        "\u2028",
    ],
)
def test_a_stranger_s_text_does_not_command_the_terminal(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal, out = Terminal("en"), io.StringIO()
    terminal.note(text)
    terminal.line(text)
    terminal.table([], [{"a": text, "b": [text]}], ["a", "b"], "nothing")
    Plain(out).write(text)
    captured = capsys.readouterr()
    for shown in (captured.out, captured.err, out.getvalue(), harmless(text)):
        assert shown.replace("\n", "").isprintable() and shown.strip()


def test_drawn_text_does_not_command_the_terminal() -> None:
    out = io.StringIO()
    drawn = Markdown(Console(file=out, force_terminal=True, width=80))
    drawn.write("a \x1b]0;owned\x07 b\n\nc \x1b[2J d")
    drawn.end()
    assert "\x1b]0" not in out.getvalue() and "\x1b[2J" not in out.getvalue() and "owned" in out.getvalue()


def test_json_stays_the_same_json(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"text": "\x1b[31m \x9b \u202e é \n 👩‍👩‍👧"}
    Terminal("en", json=True).result(said)
    assert json.loads(capsys.readouterr().out) == said


def test_text_is_left_as_it_is() -> None:
    text = "Été : 10 € — 日本語, 👩‍👩‍👧 a\u00a0b\n\tתודה شكرا"
    assert harmless(text) == text and harmless("a\r\nb") == "a\nb"


def test_what_is_decided_about_is_shown_exactly() -> None:
    command = "echo " + "x" * 500 + "; rm -rf ~"
    assert command in exact_call({"command": command})
    assert exact_call({"command": "ls\n  url: https://good.example", "headers": {"A": "\u200bb"}}) == (
        '  command: ls\n         ┆   url: https://good.example\n  headers: {"A":"\\u200bb"}'
    )
    for hidden in (
        "\u200b",
        "\u202e",
        "\xad",
        "\U000e0041",
        "\u3164",
        "\xa0",
        "\r",
        "\x1b",
        "\ufeff",
        "\u2060",
        "\ufe0f",
    ):
        assert exact(f"a{hidden}b").isascii() and exact(f"a{hidden}b") != "ab"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200, None])
def test_identifiers_are_whole_in_every_width(width: int | None) -> None:
    rows = [["run_01m7y09gt5zxxxxxxxxxxxxxxx", "completed", "écris " * 20], ["run_02", "failed", ""]]
    head, *lines = laid_out(("run_id", "status", "goal"), rows, width)
    assert head.startswith("run_id ") and lines[0].startswith(rows[0][0])
    assert " ".join(" ".join(lines).split()).count("écris") == 20
    if width is not None:
        assert max(len(line) for block in lines for line in block.splitlines()) <= max(width, 41)
