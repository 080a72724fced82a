"""How a result is said."""

from typing import Any

import pytest

from orchestrator.kernel.answers import fields, say

DATA: dict[str, Any] = {
    "path": "a.txt",
    "date": "2023-11-14T23:13:20+01:00",
    "size": 1536,
    "memory": {"percent": 12.5, "used": 3 * 2**30},
    "files": [{"path": "a", "size": 1}, {"path": "b", "size": 2}],
    "words": ["x", "y"],
    "none": None,
    "zero": 0,
    "one": 1,
    "here": ".",
    "empty": [],
    "evil": [{"text": "{path} [x]"}],
    "yes": True,
    "state": "exited",
    "nested": [{"of": "a", "items": [{"n": 1}, {"n": 2}]}],
    "braces": "{path} [zero]",
}


@pytest.mark.parametrize(
    ("template", "english", "french"),
    [
        ("{path}", "a.txt", "a.txt"),
        ("{size:bytes}", "1.5 KB", "1,5 Ko"),
        ("{zero:bytes}", "0 bytes", "0 octet"),
        ("{one:bytes}", "1 byte", "1 octet"),
        ("{zero|file|files}", "0 files", "0 file"),
        ("{one|file|files}", "1 file", "1 file"),
        ("{size|file|files}", "1536 files", "1536 files"),
        ("{here:folder}, {path:folder}", "This folder, a.txt", "Ce dossier, a.txt"),
        ("{*files {path}: {size|byte|bytes}*}", "- a: 1 byte\n- b: 2 bytes", "- a: 1 byte\n- b: 2 bytes"),
        ("{*nobody {path}*}", "", ""),
        ("{*evil {text}*}", "- {path} [x]", "- {path} [x]"),
        ("[{none}|{one|a|b}|{path}]", "1 a", "1 a"),
        ("[{none}|{*empty {path}*}|nothing]", "nothing", "nothing"),
        ("{memory.percent} %", "12.5 %", "12,5 %"),
        ("{memory.used:bytes}", "3.0 GB", "3,0 Go"),
        ("{files.path}", "- a\n- b", "- a\n- b"),
        ("{files}", "- a, 1\n- b, 2", "- a, 1\n- b, 2"),
        ("{words}", "- x\n- y", "- x\n- y"),
        ("a{none}b{missing}c{missing.deep}", "abc", "abc"),
        ("{yes}", "yes", "oui"),
        ("{date:weekday}", "Tuesday", "mardi"),
        ("{path:weekday}", "a.txt", "a.txt"),
        ("[code {zero}.]ok", "ok", "ok"),
        ("ok[ ({path})]", "ok (a.txt)", "ok (a.txt)"),
        ("ok[ {path} {none}]", "ok", "ok"),
        ("{braces}", "{path} [zero]", "{path} [zero]"),
        ("{*files {path}[ ({size})][, {none}]*}", "- a (1)\n- b (2)", "- a (1)\n- b (2)"),
        ("{*evil [{none}|{text}!] [x*}", "- {path} [x]! [x", "- {path} [x]! [x"),
        ("[{*files [{none}|{path}|never]*}|nothing] [", "- a\n- b [", "- a\n- b ["),
        ("{*nested {of}:\n{*items {n}*}*}", "- a:\n  - 1\n  - 2", "- a:\n  - 1\n  - 2"),
        ("{state:word}, {path:word}", "exited, a.txt", "arrêté, a.txt"),
        ("{ not a field } {Path}", "{ not a field } {Path}", "{ not a field } {Path}"),
    ],
)
def test_templates(template: str, english: str, french: str) -> None:
    assert say(template, DATA, "en") == english
    assert say(template, DATA, "fr") == french


@pytest.mark.parametrize(
    ("seconds", "english"), [(0.25, "0.2 s"), (59.0, "59 s"), (60, "1 min"), (3725, "1 h 2 min"), (90000, "1 d 1 h")]
)
def test_durations(seconds: float, english: str) -> None:
    assert say("{s:duration}", {"s": seconds}, "en") == english


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (12, "12", "12"),
        (0.5, "0.5", "0,5"),
        (1234567, "1\u202f234\u202f567", "1\u202f234\u202f567"),
        (-1884.5, "-1\u202f884.50", "-1\u202f884,50"),
        (float("inf"), "inf", "inf"),
    ],
)
def test_numbers(value: float, english: str, french: str) -> None:
    assert [say("{n:number}", {"n": value}, "en"), say("{n:number}", {"n": value}, "fr")] == [english, french]


@pytest.mark.parametrize("data", [None, 3, "text", [1], {}])
def test_any_data_is_said_somehow(data: Any) -> None:
    assert isinstance(say("{a} {b.c}", data, "en"), str)


def test_the_fields_of_a_template() -> None:
    assert fields("{a} [{b.c:bytes}] {d|x|y} {*e {f} {g}*}") == ("a", "b.c", "d", "e.f", "e.g")
