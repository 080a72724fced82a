"""A text as blocks of lines: fenced code, JSON documents, web pages, and everything else.

Linear: what is tried as JSON and is none is paid from a budget of the text's own length.
"""

import re
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from orchestrator.llm.optimiser import documents

Kind: TypeAlias = Literal["text", "code", "json", "page"]

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_PAGE = re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE)


class Block(Struct):
    kind: Kind
    lines: list[str]
    value: Any = None  # of a JSON document


def split(text: str) -> list[Block]:
    """Joined by line ends, the lines of all blocks are the text again."""
    lines = text.split("\n")
    finder = _Finder(text)
    blocks: list[Block] = []
    plain: list[str] = []
    at = place = 0
    while at < len(lines):
        found = _special(lines, at, finder, place)
        if found is None:
            plain.append(lines[at])
            place += len(lines[at]) + 1
            at += 1
            continue
        if plain:
            blocks.append(Block("text", plain))
            plain = []
        blocks.append(found)
        at += len(found.lines)
        place += sum(map(len, found.lines)) + len(found.lines)
    if plain:
        blocks.append(Block("text", plain))
    return blocks


def _special(lines: list[str], at: int, finder: "_Finder", place: int) -> Block | None:
    """The code, document or page that begins with this line."""
    line = lines[at]
    first = line.lstrip()[:1]
    if first in ("`", "~") and (fence := _FENCE.match(line)):
        return Block("code", lines[at : _fenced(lines, at, fence[1])])
    if line[:1] in ("{", "["):
        return finder.document(lines, at, place)
    if first == "<" and _PAGE.match(line) and (end := finder.page(lines, at)):
        return Block("page", lines[at:end])
    return None


def _fenced(lines: list[str], at: int, fence: str) -> int:
    """Where the code ends; without an end of its own it goes to the end of the text."""
    for end in range(at + 1, len(lines)):
        closing = lines[end].strip()
        if closing.startswith(fence) and not closing.strip(fence[0]):
            return end + 1
    return len(lines)


class _Finder:
    def __init__(self, text: str) -> None:
        self._text = text
        self._budget = 2 * len(text) + 200
        self._pages = "</html>" in text.lower()

    def document(self, lines: list[str], at: int, place: int) -> Block | None:
        if self._budget <= 0:
            return None
        value, end, ok = documents.read(self._text, place)
        if not ok:
            self._budget -= end - place + 20
            return None
        count = self._text.count("\n", place, end)
        last = self._text.find("\n", end)
        rest = self._text[end : last if last >= 0 else len(self._text)]
        return Block("json", lines[at : at + count + 1], value) if not rest.strip() else None

    def page(self, lines: list[str], at: int) -> int:
        """Where the page ends, 0 if it does not."""
        if not self._pages:
            return 0
        for end in range(at, len(lines)):
            if "</html>" in lines[end].lower():
                return end + 1
        self._pages = False
        return 0
