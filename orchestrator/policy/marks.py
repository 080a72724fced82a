"""Files that hold what a stranger wrote say so, by an attribute which goes where the file goes.

Covers what the tools for files write and copy after strangers were read. Does not cover what commands and programs
write, what git brings back, archives, and file systems without attributes: there such a file is a file like others.
"""

import os
import re
from pathlib import Path

NAME = "user.orchestrator.origin"
MOST = 50  # words of a command that are looked at
PLACES = 4  # folders that they may be seen from

_WORD = re.compile(r"[^\s'\"`;|&<>()=,\[\]{}]+")


def marked(folder: Path, path: str) -> bool:
    """Whether a file of the workspace holds a stranger's words."""
    try:
        os.getxattr(folder / path, NAME)
    except (OSError, ValueError):
        return False
    return True


def names_marked(folder: Path, text: str) -> bool:
    """Whether a command or a program names such a file, also as a module or from a folder that it names."""
    words = _WORD.findall(text, 0, 100 * MOST)[:MOST]
    places = ["", *(f"{word}/" for word in words if _is_folder(folder / word))][:PLACES]
    names = [name for word in words for name in (word, f"{word.replace('.', '/')}.py")]
    return any(marked(folder, place + name) for place in places for name in names)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def mark(handle: int) -> None:
    """The open file. Raises OSError."""
    os.setxattr(handle, NAME, b"web")
