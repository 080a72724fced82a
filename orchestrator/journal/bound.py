"""The views' statements as PostgreSQL's EXECUTE takes them: each value travels as text, and is cast where it stands."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from orchestrator.journal.projections import Statement

_NAME = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_CASTS: dict[type, str] = {str: "", int: "::bigint", float: "::float8", bool: "::boolean", bytes: "::bytea"}


def bind(statements: Sequence[Statement]) -> tuple[list[str], list[int], list[str]]:
    """Their texts, where the values of each end, and all values."""
    texts: list[str] = []
    ends: list[int] = []
    values: list[str] = []
    for sql, given in statements:
        text, used = _translated(sql, tuple(given), tuple([type(value) for value in given.values()]))
        texts.append(text)
        values += [_said(given[name]) for name in used]
        ends.append(len(values))
    return texts, ends, values


@lru_cache(maxsize=1024)
def _translated(sql: str, names: tuple[str, ...], kinds: tuple[type, ...]) -> tuple[str, list[str]]:
    """The statement with $1[n]::type for every :name, and the names in the order of n. None is written out."""
    types = dict(zip(names, kinds, strict=True))
    used: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if types[name] is type(None):
            return "NULL"
        if name not in used:
            used.append(name)
        return f"$1[{used.index(name) + 1}]{_CASTS[types[name]]}"

    return _NAME.sub(place, sql), used


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value  # a text of PostgreSQL holds no NUL
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return repr(value)  # a float reads back as the same float
