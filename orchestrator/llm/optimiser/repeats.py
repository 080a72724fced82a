"""Passages that were there before, word for word: said again by reference.

    [[same 24 lines as above: "def price(basket):" … "return total"]]

A passage that differs in one character is another passage. A reference is written only if following it, by
what it quotes, leads to exactly these lines: `resolve` is both the proof and the way back.
"""

import re

REFERENCE = re.compile(r'^\[\[same (?:(\d{1,9}) lines|line) as above: "(.*)" … "(.*)"\]\]$', re.DOTALL)
_HEAD, _TAIL = 40, 24  # characters quoted
_ANCHOR = 6  # characters of a line at which a passage may begin
_WORTH = 110  # characters that a reference must stand for
_PLACES = 32  # earlier lines that begin alike are remembered up to here


class Memory:
    """All lines so far, as they were. It only grows: what was said is never said differently later."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.told: set[str] = set()  # notes that a reader has been given
        self._exact: dict[str, int] = {}  # where a line stood first
        self._heads: dict[str, list[int]] = {}

    def add(self, line: str) -> None:
        if len(line) >= _ANCHOR and line not in self._exact:
            self._exact[line] = len(self.lines)
            places = self._heads.setdefault(line[:_HEAD], [])
            if len(places) < _PLACES:
                places.append(len(self.lines))
        self.lines.append(line)

    def resolve(self, reference: str) -> list[str] | None:
        """The lines that a reference stands for."""
        said = REFERENCE.match(reference)
        if said is None:
            return None
        count, head, tail = int(said[1] or 1), said[2], said[3]
        for place in self._heads.get(head, ()):
            end = place + count
            if end <= len(self.lines) and self.lines[end - 1][-_TAIL:] == tail:
                return self.lines[place:end]
        return None

    def passage(self, lines: list[str], at: int, until: int) -> tuple[str, int] | None:
        """A reference for the passage that begins here and was there before, and how many lines it is; no
        reference where following it would lead elsewhere."""
        place = self._exact.get(lines[at])
        if place is None:
            return None
        length = size = 0
        while (
            at + length < until
            and place + length < len(self.lines)
            and lines[at + length] == self.lines[place + length]
        ):
            size += len(lines[at + length]) + 1
            length += 1
        while length > 1 and len(lines[at + length - 1]) < 2:  # ends with something that can be quoted
            length -= 1
        first, last = lines[at], lines[at + length - 1]
        how_many = f"{length} lines" if length > 1 else "line"
        reference = f'[[same {how_many} as above: "{first[:_HEAD]}" … "{last[-_TAIL:]}"]]'
        if size < max(_WORTH, len(reference) + 24):
            return None
        return (reference if self.resolve(reference) == lines[at : at + length] else "", length)


class Nothing(Memory):
    """Remembers nothing: what it is told stands alone."""

    def add(self, line: str) -> None:
        return None

    def passage(self, lines: list[str], at: int, until: int) -> tuple[str, int] | None:
        return None
