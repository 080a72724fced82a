"""What an answer repeats of passages that give orders: five words in a row, or a place to go to."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+(?:['’.@/:+-]\w+)*")
_PLACE = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+|\+?\d[\d ]{7,}\d", re.IGNORECASE)
ROW = 5  # words


def repeats(answer: str, passages: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """The parts of the answer, first and end of each, in their order."""
    rows: set[tuple[str, ...]] = set()
    places: set[str] = set()
    for passage in passages:
        words = [word.casefold() for word in _WORD.findall(passage)]
        rows.update(zip(*(words[start:] for start in range(ROW)), strict=False))
        places.update(map(_plain, _PLACE.findall(passage)))
    if not rows and not places:
        return ()
    found = [(match.start(), match.end()) for match in _PLACE.finditer(answer) if _plain(match[0]) in places]
    said = list(_WORD.finditer(answer))
    for at in range(len(said) - ROW + 1):
        if tuple(word[0].casefold() for word in said[at : at + ROW]) in rows:
            found.append((said[at].start(), said[at + ROW - 1].end()))
    return tuple(_joined(sorted(found)))


def _plain(place: str) -> str:
    return place.rstrip(".,;:!?)'\"").casefold()


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
