"""Files that hold what a stranger wrote say so, by an attribute which goes where the file goes.

Covers what the tools for files write, copy, pack and unpack after strangers were read. Does not cover what commands and
programs write, what git brings back, and file systems without attributes: there such a file is a file like others.
"""

import contextlib
import glob
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

NAME = "user.orchestrator.origin"
MOST = 50  # words of a command that are looked at
PLACES = 4  # folders that they may be seen from
MEANT = 2000  # files that a pattern may mean
DEPTH = 2  # levels of a pattern

_WORD = re.compile(r"[^\s'\"`;|&<>()=,\[\]{}]+")
_MODULE = re.compile(r"[A-Za-z_][\w.]*")
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")
_ESCAPED = re.compile(r"(?:[^\s\\'\"`;|&<>]|\\.)+")  # with what may stand in a name: report(1),a.md


def marked(folder: Path, path: str) -> bool:
    """Whether a file of the workspace holds a stranger's words."""
    return _marked(f"{folder}/{path}" if path[:1] != "/" else path)


def _marked(path: str) -> bool:
    try:
        os.getxattr(path, NAME)
    except (OSError, ValueError):
        return False
    return True


def names_marked(folder: Path, text: str) -> bool:
    """Whether a command or a program names such a file, also as a module or from a folder that it names."""
    words = _words(text[: 100 * MOST])
    places = ["", *(f"{word}/" for word in words if _is_folder(f"{folder}/{word}"))][:PLACES]
    names = words + [f"{word.replace('.', '/')}.py" for word in words if _MODULE.fullmatch(word)]
    if any(marked(folder, place + name) for place in places for name in names):
        return True
    patterns = [word for word in words if glob.has_magic(word)]
    return any(marked(folder, path) for word in patterns for place in places for path in _meant(folder, place + word))


def _words(text: str) -> list[str]:
    """What may be a name in it, or it whole."""
    found = dict.fromkeys(_WORD.findall(text)[:MOST])
    found |= dict.fromkeys(re.sub(r"\\(.)", r"\1", word) for word in _ESCAPED.findall(text)[:MOST])
    found |= dict.fromkeys(one or other for one, other in _QUOTED.findall(text)[:MOST])
    return [*found, text]


def _meant(folder: Path, pattern: str) -> Iterator[str]:
    """The files that a shell would put for a pattern."""
    bare = re.sub(r"\*\*+", "*", pattern)
    parts = bare.split("/")
    if not 0 < sum(map(glob.has_magic, parts)) <= DEPTH or ".." in parts or parts[0] == "":
        return
    with contextlib.suppress(OSError, ValueError, re.error):
        yield from islice(glob.iglob(bare, root_dir=folder), MEANT)  # noqa: PTH207 — as names in the folder


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)  # noqa: PTH112 — for every word of every command
    except ValueError:
        return False


def mark(handle: int) -> None:
    """The open file. Raises OSError."""
    os.setxattr(handle, NAME, b"web")


def carried(source: int, target: int) -> None:
    """What an open file says of whose words it holds, said of another one that is made of it."""
    with contextlib.suppress(OSError):
        os.getxattr(source, NAME)
        mark(target)
