"""One text made shorter without losing anything, and the way back.

documents -> repeats -> beginnings; `restore` goes the other way. The law, held by tests: what comes back is the
text, line for line and character for character, but for JSON documents, which come back equal as JSON.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from orchestrator.llm.optimiser import documents, heads
from orchestrator.llm.optimiser.blocks import Block, Kind, split
from orchestrator.llm.optimiser.repeats import REFERENCE, Memory, Nothing

_MARK = re.compile(r"^\[\[(?=\\*(?:same|next|note) )")  # a line that looks like one of ours
_ESCAPED = re.compile(r"^\[\[\\(?=\\*(?:same|next|note) )")
ANY_MARK = re.compile(r"^\[\[\\*(?:same|next|note) ", re.MULTILINE)
# What a reader is told, once, before the first of its kind.
TABLES = "[[note on tables: a row holds the fields that columns names, and all that all holds]]"
BEGINNINGS = "[[note on lines: each … of the pattern is filled by the lines in turn]]"

Keep = Callable[[Sequence[str]], set[int]]


class Line(Struct):
    text: str
    kind: Kind
    kept: bool = False  # as it is, in its place: a question
    table: bool = False  # begins a document with tables of ours


class Saved(Struct):
    """Characters saved, by rule."""

    documents: int = 0
    repeats: int = 0
    beginnings: int = 0


def encode(
    text: str, memory: Memory | None, *, documents_too: bool = True, keep: Keep | None = None
) -> tuple[str, Saved]:
    """`memory` has what was said before and takes this text; without it nothing refers to anything."""
    saved = Saved()
    told = set[str]() if memory is None else memory.told
    lines = _written(split(text), saved, documents_too)
    if keep is not None:
        for index in keep([line.text if line.kind == "text" else "" for line in lines]):
            lines[index].kept = lines[index].kind == "text"
    return "\n".join(_folded(_referred(lines, memory, saved, told), saved, told)), saved


def _written(blocks: list[Block], saved: Saved, documents_too: bool) -> list[Line]:
    lines: list[Line] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        at += 1
        if block.kind != "json" or not (documents_too or documents.holds_table(block.value)):
            lines += [Line(line, block.kind) for line in block.lines]
            continue
        row = [block]
        while documents_too and at < len(blocks) and _record(block) and _record(blocks[at]):
            row.append(blocks[at])
            at += 1
        lines += _documents(row, saved)
    return lines


def _record(block: Block) -> bool:
    return block.kind == "json" and len(block.lines) == 1 and isinstance(block.value, dict)


def _documents(row: list[Block], saved: Saved) -> list[Line]:
    """Documents that follow each other: as one table if they are records, a line each, else each by itself."""
    before = sum(len(line) + 1 for block in row for line in block.lines)
    made = documents.table([block.value for block in row], "lines") if len(row) > 2 else None
    if made is not None and len(made) < before:
        saved.documents += before - len(made)
        return [Line(line, "json", table=not index) for index, line in enumerate(made.split("\n"))]
    lines: list[Line] = []
    for block in row:
        was = "\n".join(block.lines)
        now = documents.write(block.value)
        saved.documents += max(0, len(was) - len(now))
        shorter = len(now) < len(was) or documents.holds_table(block.value)
        table = shorter and '{"columns":[' in now
        written = (now if shorter else was).split("\n")
        lines += [Line(line, "json", table=table and not index) for index, line in enumerate(written)]
    return lines


def _referred(lines: list[Line], memory: Memory | None, saved: Saved, told: set[str]) -> list[Line | str]:
    """Passages that were there before become references, which are strings, as notes are."""
    memory = memory or Nothing()
    texts = [line.text for line in lines]
    stops = [index for index, line in enumerate(lines) if line.kept] + [len(lines)]
    out: list[Line | str] = []
    at = stop = 0
    while at < len(lines):
        while stops[stop] < at:
            stop += 1
        found = memory.passage(texts, at, stops[stop]) if not lines[at].kept else None
        reference, length = found or ("", 1)
        if reference:
            out.append(reference)
            saved.repeats += sum(map(len, texts[at : at + length])) + length - len(reference) - 1
        else:
            for line in lines[at : at + length]:
                if line.table:
                    out += _note(TABLES, told)
                out.append(line)
        for text in texts[at : at + length]:
            memory.add(text)
        at += length
    return out


def _note(text: str, told: set[str]) -> list[str]:
    if text in told:
        return []
    told.add(text)
    return [text]


def _folded(items: list[Line | str], saved: Saved, told: set[str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(items):
        end = at
        while end < len(items) and _foldable(items[end]):
            end += 1
        if end > at:
            plain = [line.text for line in items[at:end] if isinstance(line, Line)]
            lines, ours = heads.fold(plain)
            out += _note(BEGINNINGS, told) if any(ours) else []
            out += [line if is_ours else _escaped(line) for line, is_ours in zip(lines, ours, strict=True)]
            saved.beginnings += sum(map(len, plain)) + len(plain) - sum(map(len, lines)) - len(lines)
            at = end
            continue
        item = items[at]
        out.append(item if isinstance(item, str) else _escaped(item.text))
        at += 1
    return out


def _foldable(item: Line | str) -> bool:
    return isinstance(item, Line) and item.kind == "text" and not item.kept


def _escaped(line: str) -> str:
    return _MARK.sub(r"[[\\", line) if line.startswith("[[") else line


def restore(text: str, memory: Memory | None = None) -> str:
    """What `encode` was given, JSON in its short form. `memory` is that of the texts before this one."""
    memory = Memory() if memory is None else memory
    lines = text.split("\n")
    out: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        header = heads.HEADER.match(line)
        if header is not None and heads.HOLE in header[2]:
            count = int(header[1])
            found = heads.unfold(header[2], lines[at : at + count])
            at += count
        elif line in (TABLES, BEGINNINGS):
            continue
        elif REFERENCE.match(line):
            found = list(memory.resolve(line) or [line])
        else:
            found = [_ESCAPED.sub("[[", line)]
        for each in found:
            memory.add(each)
        out += found
    return _rewritten("\n".join(out), expanded=True)


def canonical(text: str) -> str:
    """The text with its JSON documents in one form: keys in order, no white space."""
    return _rewritten(text, expanded=False)


def _rewritten(text: str, *, expanded: bool) -> str:
    lines: list[str] = []
    for block in split(text):
        if block.kind != "json":
            lines += block.lines
            continue
        several = documents.lines(block.value) if expanded else None
        alone = documents.expand(block.value) if expanded else block.value
        for value in [alone] if several is None else several:
            lines.append(documents.write(documents.in_order(value), tables=False))
    return "\n".join(lines)
