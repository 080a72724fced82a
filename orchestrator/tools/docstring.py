"""What a docstring says of a function, and of each of its parameters, as Google, NumPy and Sphinx have people write."""

import inspect
import re
from collections.abc import Collection

_GOOGLE = re.compile(r"(?:Args|Arguments|Parameters|Params):\s*")
_RULE = re.compile(r"-{3,}\s*")
_SPHINX = re.compile(r":(?:param|parameter|arg|argument|type)\s[^:]*\b(\w+)\s*:.*")
_ENTRY = re.compile(r"(?::(?:param|parameter|arg|argument)\s+(?:[^:]*\s)?)?(\w+)\s*(?:\([^)]*\)\s*)?(?::\s*(.*))?")


def taken_apart(text: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """The words of the whole, without what is said of these parameters; and that, by their names."""
    lines = inspect.cleandoc(text).splitlines()
    kept: list[str] = []
    said: dict[str, str] = {}
    place = 0
    while place < len(lines):
        end, entries = _section(lines, place)
        found = {name: words for name, words in entries if name in names}
        if found:
            said |= {name: words for name, words in found.items() if words}
            place = end
        else:
            kept.append(lines[place])
            place += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip(), said


def _section(lines: list[str], place: int) -> tuple[int, list[tuple[str, str]]]:
    """Where the part about parameters that begins here ends, and what it says; the same place where none begins."""
    line, following = lines[place], lines[place + 1] if place + 1 < len(lines) else ""
    if _GOOGLE.fullmatch(line) and following[:1].isspace():
        end = _end(lines, place + 1)
        return end, _entries(lines[place + 1 : end], typed=False)
    if line.strip() == "Parameters" and _RULE.fullmatch(following):
        end = place + 2
        while end < len(lines) and not (end + 1 < len(lines) and _RULE.fullmatch(lines[end + 1])):
            end += 1
        return end, _entries(lines[place + 2 : end], typed=True)
    if (field := _SPHINX.fullmatch(line)) is not None:
        end = _end(lines, place + 1)
        return end, [(field[1], "")] if line.startswith(":type") else _entries(lines[place:end], typed=False)
    return place, []


def _end(lines: list[str], place: int) -> int:
    """Where what is indented from here on ends."""
    while place < len(lines) and (not lines[place].strip() or lines[place][0].isspace()):
        place += 1
    return place


def _entries(lines: list[str], *, typed: bool) -> list[tuple[str, str]]:
    """`name: words` or, where it is `typed`, `name : type` with the words below; what is indented further goes on."""
    filled = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    found: list[tuple[str, list[str]]] = []
    for line in filled:
        entry = _ENTRY.fullmatch(line.strip()) if not line[margin].isspace() else None
        if entry is not None:
            found.append((entry[1], [] if typed else [entry[2] or ""]))
        elif found:
            found[-1][1].append(line.strip())
    return [(name, " ".join(" ".join(words).split())) for name, words in found]
