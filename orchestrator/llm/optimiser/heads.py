"""Lines that begin alike: what they share is said once, before them.

    [[next 3 lines: 2026-03-01T…Z … shop.Till - …]]      [[next 3 lines: ./src/shop/…]]
    10:00:01 INFO paid 4411                               basket.py
    10:00:02 INFO paid 4412                               prices.py
    10:00:04 WARN refused 4413                            stock.py

Each line fills the holes of the pattern in turn: a value ends at a space, the last at the end of the line.
A pattern is cut only at a space, at a slash or around a time of day, so that no number, word, time or date
is ever taken apart.
"""

import re

HOLE = "…"
HEADER = re.compile(r"^\[\[next (\d{1,9}) lines: (.*)\]\]$", re.DOTALL)
_TIME = re.compile(r"(?<![\d:.,])\d\d:\d\d:\d\d(?:[.,]\d+)?(?![\d:.,])")
_WORD = re.compile(r"\W*(?=.*[^\W\d_A-Z])[^\W\d_]{2,}\W*$")  # what a person would write: not -rw-r--r--, not "GET
_LEAST = 8  # characters of a beginning that is worth a header
_FEW = 3  # lines
_FIELDS = 6  # after the time of day, that may be shared
_COLUMNS = 12  # of a line without one

Clock = tuple[str, str, list[str]]  # before the time, the time, the fields after it


def fold(lines: list[str]) -> tuple[list[str], list[bool]]:
    """The lines, shorter; and of each whether it is no longer a line of the text but one of ours."""
    out: list[str] = []
    ours: list[bool] = []
    clocks = [_clock(line) for line in lines]
    at = tried = aligned = 0
    while at < len(lines):
        folded: list[str] = []
        if at >= tried and (run := _run(clocks, at)):
            folded = _timed(run)
            tried = at + len(run)
        if not folded and at >= aligned and not _starts_with_a_word(lines[at]):
            alike = _alike(lines, at)
            folded, aligned = _columns(alike), at + max(1, len(alike))
        folded = folded or _plain(lines, at)
        if not folded:
            out.append(lines[at])
            ours.append(False)
            at += 1
            continue
        out += folded
        ours += [True] * len(folded)
        at += len(folded) - 1
    return out, ours


def unfold(pattern: str, body: list[str]) -> list[str]:
    first, *rest = pattern.split(HOLE)
    made: list[str] = []
    for line in body:
        values = line.split(" ", len(rest) - 1) if len(rest) > 1 else [line]
        made.append(first + "".join([value + said for value, said in zip(values, rest, strict=False)]))
    return made


def _clock(line: str) -> Clock | None:
    found = _TIME.search(line, 0, 60) if line.count(":", 0, 60) > 1 else None
    if found is None or found.start() > 40 or HOLE in line:
        return None
    return line[: found.start()], found[0], line[found.end() :].split(" ", _FIELDS)


def _run(clocks: list[Clock | None], at: int) -> list[Clock]:
    """The lines from here on with the same before the time and the same zone after it."""
    first = clocks[at]
    run: list[Clock] = []
    while first is not None and at < len(clocks):
        clock = clocks[at]
        if clock is None or clock[0] != first[0] or clock[2][0] != first[2][0] or len(clock[2]) != len(first[2]):
            break
        run.append(clock)
        at += 1
    return run


def _timed(run: list[Clock]) -> list[str]:
    if len(run) < _FEW:
        return []
    before, _, fields = run[0]
    words = _message(fields)
    run = [(before, time, [*rest[:words], " ".join(rest[words:])]) for before, time, rest in run]
    fields = run[0][2]
    same = [all(clock[2][index] == field for clock in run) for index, field in enumerate(fields)]
    same[-1] = False
    kept = [index for index, alike in enumerate(same) if not alike]
    pattern = before + HOLE + " ".join([field if alike else HOLE for field, alike in zip(fields, same, strict=True)])
    shared = len(pattern) - len(kept) - 1
    if shared < _LEAST or not _pays(shared, len(run)):
        return []
    lines = [" ".join([time, *(values[index] for index in kept)]) for _, time, values in run]
    return [f"[[next {len(run)} lines: {pattern}]]", *lines]


def _message(fields: list[str]) -> int:
    """Where the words of a line begin: they stay together."""
    for index, field in enumerate(fields[:-1]):
        if field == "-" or field.endswith(":"):
            return index + 1
        if index and field.isalpha() and not field.isupper():
            return index
    return len(fields) - 1


def _starts_with_a_word(line: str) -> bool:
    return not line or (line[0].isalpha() and not line[:2].isupper())


def _alike(lines: list[str], at: int) -> list[list[str]]:
    """The lines from here on that begin with as many fields no person would write, each as its fields."""
    run: list[list[str]] = []
    if lines[at].find(" ") <= 0 or at + _FEW > len(lines):
        return run
    width = 0
    for index in range(at, len(lines)):
        fields = [] if HOLE in lines[index] else lines[index].split(" ", _COLUMNS)
        words = next((place for place, field in enumerate(fields) if _WORD.match(field)), len(fields) - 1)
        if words < 2 or (run and words != width):
            break
        width = words
        run.append([*fields[:words], " ".join(fields[words:])])
    return run


def _columns(run: list[list[str]]) -> list[str]:
    """Lines of a program in columns, some of which are the same in all of them."""
    if len(run) < _FEW:
        return []
    same = [all(fields[index] == value for fields in run) for index, value in enumerate(run[0])]
    same[-1] = False
    pattern = " ".join([value if alike else HOLE for value, alike in zip(run[0], same, strict=True)])
    kept = [index for index, alike in enumerate(same) if not alike]
    shared = len(pattern) - 2 * len(kept) + 1
    if shared < _LEAST or not _pays(shared, len(run)):
        return []
    return [f"[[next {len(run)} lines: {pattern}]]", *(" ".join([fields[index] for index in kept]) for fields in run)]


def _plain(lines: list[str], at: int) -> list[str]:
    """Lines that begin with the same path."""
    if at + _FEW > len(lines) or HOLE in lines[at] or "/" not in lines[at]:
        return []
    before = _shared(_shared(lines[at], lines[at + 1]), lines[at + 2])
    if len(before) < _LEAST or " " in before.strip():
        return []
    end = at + _FEW
    while end < len(lines) and lines[end].startswith(before):
        end += 1
    if not _pays(len(before), end - at):
        return []
    return [f"[[next {end - at} lines: {before}{HOLE}]]", *(line[len(before) :] for line in lines[at:end])]


def _pays(shared: int, count: int) -> bool:
    return shared * (count - 1) > 30


def _shared(one: str, other: str) -> str:
    """The path that both begin with."""
    size = min(len(one), len(other), 200)
    if one[:size] != other[:size]:
        low, high = 0, size  # the first difference, by halving
        while low < high:
            middle = (low + high + 1) // 2
            if one[:middle] == other[:middle]:
                low = middle
            else:
                high = middle - 1
        size = low
    return one[: one.rfind("/", 0, size) + 1]
