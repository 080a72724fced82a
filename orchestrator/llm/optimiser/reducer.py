"""One conversation made shorter as it grows: what was said stays as it was said.

A text is handled by whose it is. Instructions are never touched. A person's words and the question stay; what
they pasted is only written shorter, so that it can be restored. Results of tools and earlier replies may, in
`balanced` and `aggressive`, also lose what nobody would miss.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

from orchestrator.llm.optimiser import noise, pages, prose
from orchestrator.llm.optimiser.blocks import Block, split
from orchestrator.llm.optimiser.encode import encode
from orchestrator.llm.optimiser.repeats import Memory
from orchestrator.llm.optimiser.texts import Voice

Mode: TypeAlias = Literal["minimal", "balanced", "aggressive"]

MODES: tuple[Mode, ...] = ("minimal", "balanced", "aggressive")
_ASKS = re.compile(
    r"\?(?:\s|[\"'»”)*_]|$)"
    r"|^\W*(?:question|task|goal|instructions?|request|your task|consigne|tâche|demande|objectif)\b",
    re.IGNORECASE,
)


class TokenReducer:
    """Feed it the texts of one conversation in their order. Nothing it returned changes by what comes later."""

    def __init__(self, mode: Mode = "balanced", *, references: bool = True) -> None:
        """Without references each text stands alone: for conversations whose earlier texts may be cut away."""
        self.mode: Mode = mode
        self._memory = Memory() if references else None

    def reduce(self, text: str, voice: Voice = "tool") -> tuple[str, Counter[str]]:
        """The text, shorter, and the characters that each rule saved."""
        if voice == "instructions":
            self._remember(text)
            return text, Counter()
        saved: Counter[str] = Counter()
        lossy = self.mode != "minimal" and voice not in ("person", "file")
        plain = self._without_noise(text, voice, saved) if lossy else text
        keep = _questions if voice in ("person", "prompt") else None
        made, found = encode(plain, self._memory, documents_too=voice != "file", keep=keep)
        saved.update(documents=found.documents, repeats=found.repeats, beginnings=found.beginnings)
        return made, +saved

    def _remember(self, text: str) -> None:
        if self._memory is not None:
            for line in text.split("\n"):
                self._memory.add(line)

    def _without_noise(self, text: str, voice: Voice, saved: Counter[str]) -> str:
        blocks = split(text)
        kept = _questions([line if b.kind == "text" else "" for b in blocks for line in b.lines])
        asked = voice == "prompt"
        out: list[str] = []
        at = 0
        for block in blocks:
            own = {index - at for index in kept if at <= index < at + len(block.lines)} if asked else set()
            at += len(block.lines)
            out += self._block(block, own, voice, saved)
        return "\n".join(out)

    def _block(self, block: Block, kept: set[int], voice: Voice, saved: Counter[str]) -> list[str]:
        if block.kind == "page":
            lines = pages.readable("\n".join(block.lines))
            saved["pages"] += _size(block.lines) - _size(lines)
            return lines
        if block.kind != "text":
            return block.lines
        if kept:  # questions stay where they are, and part what is around them
            out: list[str] = []
            begin = 0
            for index in [*sorted(kept), len(block.lines)]:
                out += self._plain(block.lines[begin:index], voice, saved)
                out += block.lines[index : index + 1]
                begin = index + 1
            return out
        return self._plain(block.lines, voice, saved)

    def _plain(self, lines: list[str], voice: Voice, saved: Counter[str]) -> list[str]:
        clean = noise.clean(lines)
        said = [
            prose.without_courtesies(line, reply=voice == "assistant") for line in clean if not prose.is_courtesy(line)
        ]
        bearing = [prose.bearing(line) for line in said] if self.mode == "aggressive" else said
        saved["noise"] += _size(lines) - _size(clean)
        saved["courtesies"] += _size(clean) - _size(said)
        saved["sentences"] += _size(said) - _size(bearing)
        return bearing


def _size(lines: Sequence[str]) -> int:
    return sum(map(len, lines)) + len(lines)


def _questions(lines: Sequence[str]) -> set[int]:
    """The lines that ask, and the first and the last that say anything."""
    said = [index for index, line in enumerate(lines) if line.strip()]
    return {*said[:1], *said[-1:], *(index for index in said if _ASKS.search(lines[index]))}
