"""Python by its roots: no module that passes as a whole gives one that does not, and the code is read as it will be."""

import ast
import importlib
import subprocess
import sys
import types
import warnings

import pytest

from orchestrator.policy.shell import folding, imported, known
from orchestrator.policy.shell.edits import edited
from orchestrator.policy.shell.values import Code
from orchestrator.policy.shell.words import MADE, STAR, UNKNOWN

_SIDE_EFFECTS = {"this", "antigravity"}


def _harmless() -> list[str]:
    names = sorted(sys.stdlib_module_names - _SIDE_EFFECTS)
    return [name for name in names if known.module(name) and name not in known.PARTLY]


def test_no_harmless_module_gives_a_root_under_another_name() -> None:
    given: list[str] = []
    assert len(_harmless()) > 100
    for name in _harmless():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module = importlib.import_module(name)
            except ImportError:
                continue  # of another system
        for part, value in vars(module).items():
            other = isinstance(value, types.ModuleType) and value.__name__ != f"{name}.{part}"
            root = other and known.is_root(value.__name__)
            runs = value in (exec, eval, __import__) or getattr(value, "__module__", "") in (
                "posix",
                "_posixsubprocess",
            )
            if (root or (callable(value) and runs)) and imported.doubt_of_part(f"{name}.{part}") is None:
                given.append(f"{name}.{part}")
    assert given == []


def test_roots_are_not_harmless() -> None:
    for name in ("os", "subprocess", "ctypes", "pickle", "socket", "importlib", "runpy", "shutil"):
        assert known.is_root(name)
        assert imported.doubt_of_part(f"{name}.no_such_part")
    assert subprocess.run.__name__ in known.PARTLY["subprocess"]  # type: ignore[operator]


def _code(text: str) -> Code:
    return Code(list(ast.walk(folding.folded(ast.parse(text)))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = "vne."[::-1]', {".env"}),
        ('x = "".join(map(chr, [46]))', {UNKNOWN}),
        ('x = bytes([46, 101]).decode() + "%s" % "nv"', {".env"}),
        (
            'from pathlib import Path\nfor p in Path("src").glob("*.py"):\n    x = p.with_suffix(".md")',
            {f"src/{STAR}.md"},
        ),
        ('import tempfile\nd = tempfile.mkdtemp()\nx = d + "/a"', {f"{MADE}/a"}),
        ('for n in ("a", "b"):\n    x = f"out/{n}.csv"', {"out/a.csv", "out/b.csv"}),
        ('def f(x):\n    return x\nf("a")\nf("b")', {"a", "b"}),
        ("import os\nx = os.path.dirname(os.getcwd())", {".."}),
        ('x = input() + ".txt"', {f"{UNKNOWN}.txt"}),
    ],
)
def test_an_expression_is_read_as_the_text_that_it_will_be(text: str, expected: set[str]) -> None:
    assert _code(text).of(ast.Name("x", ast.Load())) == expected


@pytest.mark.parametrize(
    ("change", "is_edit"),
    [
        ("t.replace('a', 'b')", True),
        ("re.sub('a', 'b', t)", True),
        ("'# head\\n' + t", True),
        ("t[:0]", False),
        ("str(len(t))", False),
        ("re.sub('(?s).*', '', t)", False),
        ("'nothing of it'", False),
        ("bytes(c ^ 3 for c in t)", False),
    ],
)
def test_an_edit_keeps_something_of_what_it_read(change: str, is_edit: bool) -> None:
    code = _code(f"for p in files:\n    t = p.read_text()\n    p.write_text({change})")
    call = next(one for one in code.calls if isinstance(one.func, ast.Attribute) and one.func.attr == "write_text")
    assert isinstance(call.func, ast.Attribute)
    assert edited(code, call.func.value, call) is is_edit
