"""Files that hold what a stranger wrote say so, by an attribute which goes where the file goes.

Covers what the tools for files write and copy after strangers were read. Does not cover what commands and programs
write, what git brings back, archives, and file systems without attributes: there such a file is a file like others.
"""

import os
import re
from pathlib import Path

NAME = "user.orchestrator.origin"
MOST = 50  # words of a command that are looked at

_WORD = re.compile(r"[^\s'\"`;|&<>()=,\[\]{}]+")


def marked(folder: Path, path: str) -> bool:
    """Whether a file of the workspace holds a stranger's words."""
    try:
        os.getxattr(folder / path, NAME)
    except (OSError, ValueError):
        return False
    return True


def names_marked(folder: Path, text: str) -> bool:
    """Whether a command or a program names such a file."""
    return any(marked(folder, word) for word in _WORD.findall(text, 0, 100 * MOST)[:MOST])


def mark(handle: int) -> None:
    """The open file. Raises OSError."""
    os.setxattr(handle, NAME, b"web")
