"""JSON documents, written shorter and equal: no white space, letters as themselves, like objects as a table.

    [{"id": 1, "city": "Lyon", "open": true}, {"id": 2, "city": "Nice", "open": true}]
    {"columns":["id","city"],"all":{"open":true},"rows":[
    [1,"Lyon"],
    [2,"Nice"]]}

`all` holds what is the same in every row; a row that is short lacks its last columns. Numbers keep the way
they are written. `expand` is the way back. A document that already looks like a table has its keys turned
round, which is the same document and is not expanded.
"""

import json
from collections import Counter
from typing import Any

_TABLES = (("columns", "rows"), ("columns", "all", "rows"), ("columns", "lines"), ("columns", "all", "lines"))
_LONG = 400  # characters from which on members stand on lines of their own, so that repeated ones are seen
_DEPTH = 64  # a document nested deeper is left as it is
_quoted = json.encoder.encode_basestring  # letters as themselves
_ascii = json.encoder.encode_basestring_ascii


class Number(str):
    """A number as it is written: 1.0 is not 1, and no digit is rounded away."""

    __slots__ = ()


class _NoJson(ValueError):
    pass


def _object(items: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(items)
    if len(made) != len(items):
        raise _NoJson("a key stands there twice")
    return made


def _refuse(constant: str) -> Any:
    raise _NoJson(constant)


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_refuse)


def read(text: str, at: int = 0) -> tuple[Any, int, bool]:
    """The document that begins here, where it ends, and whether there is one; else how far it was read."""
    try:
        value, end = _decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        return None, error.pos, False
    except (_NoJson, RecursionError):
        return None, len(text), False
    return value, end, not _too_deep(value)


def _too_deep(value: Any) -> bool:
    level: list[Any] = [[value]]
    for _ in range(_DEPTH):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def write(value: Any, *, tables: bool = True) -> str:
    made = _written(value, tables)
    if len(made) > _LONG and isinstance(value, dict | list) and "\n" not in made:
        made = _members(value, tables)
    return made


def _written(value: Any, tables: bool) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_string(key)}:{_written(item, tables)}" for key, item in _turned(value)]) + "}"
    if isinstance(value, list):
        if tables and (made := table(value, "rows")) is not None:
            return made
        return "[" + ",".join([_written(item, tables) for item in value]) + "]"
    return "null" if value is None else "true" if value else "false"


def _members(value: Any, tables: bool) -> str:
    if isinstance(value, dict):
        return "{" + ",\n".join([f"{_string(key)}:{_written(item, tables)}" for key, item in _turned(value)]) + "}"
    return "[" + ",\n".join([_written(item, tables) for item in value]) + "]"


def _string(value: str) -> str:
    made: str = _quoted(value)
    return made if made.isprintable() else _careful(made)


def _careful(made: str) -> str:
    """What cannot be seen stays escaped: line separators, directions, half a pair."""
    return "".join(c if c.isprintable() else _ascii(c)[1:-1] for c in made)


def _turned(value: dict[str, Any]) -> list[tuple[str, Any]]:
    items = list(value.items())
    return items[::-1] if looks_like_table(value) else items


def looks_like_table(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) > 3 or tuple(value) not in _TABLES:
        return False
    columns, *_, rows = value.values()
    return (
        isinstance(columns, list)
        and all(isinstance(name, str) and not isinstance(name, Number) for name in columns)
        and isinstance(rows, list)
        and all(isinstance(row, list) for row in rows)
        and isinstance(value.get("all", {}), dict)
    )


def holds_table(value: Any) -> bool:
    """Is there anything in it that would be taken for a table of ours, and must be turned round?"""
    if isinstance(value, list):
        return any(map(holds_table, value))
    return isinstance(value, dict) and (looks_like_table(value) or any(map(holds_table, value.values())))


def table(objects: list[Any], rows: str) -> str | None:
    """Like objects as a table, if that is shorter; every cell in its own place, nothing merged."""
    if len(objects) < 2 or not all(type(item) is dict and item for item in objects):
        return None
    seen = Counter(key for item in objects for key in item)
    columns = sorted(seen, key=lambda key: -seen[key])  # those that some lack come last
    if len(columns) > 200 or (any(seen[key] < len(objects) for key in columns) and not _ragged(objects, columns)):
        return None
    cells = [[_written(item[key], True) for key in columns if key in item] for item in objects]
    same = [
        index
        for index, key in enumerate(columns)
        if seen[key] == len(objects) and all(row[index] == cells[0][index] for row in cells)
    ]
    if len(same) == len(columns):
        return None
    fixed = set(same)
    head = ",".join([_string(key) for index, key in enumerate(columns) if index not in fixed])
    shared = ",".join([f"{_string(columns[index])}:{cells[0][index]}" for index in same])
    body = ",\n".join(["[" + ",".join([c for i, c in enumerate(row) if i not in fixed]) + "]" for row in cells])
    made = f'{{"columns":[{head}]' + (f',"all":{{{shared}}}' if shared else "") + f',"{rows}":[\n{body}]}}'
    plain = sum(len(_string(key)) + 2 for item in objects for key in item) + sum(map(len, map("".join, cells)))
    return made if len(made) < plain else None


def _ragged(objects: list[dict[str, Any]], columns: list[str]) -> bool:
    """Does every object have the first of the columns, as many as it has keys?"""
    return all(set(columns[: len(item)]) == set(item) for item in objects)


def expand(value: Any) -> Any:
    """The document again, every table as the objects it stands for."""
    if isinstance(value, list):
        return [expand(item) for item in value]
    if not isinstance(value, dict):
        return value
    if not looks_like_table(value) or "rows" not in value:
        return {key: expand(item) for key, item in value.items()}
    return _objects(value, "rows")


def _objects(value: dict[str, Any], rows: str) -> list[dict[str, Any]]:
    shared = {key: expand(item) for key, item in value.get("all", {}).items()}
    columns = value["columns"]
    return [{**shared, **dict(zip(columns, map(expand, row), strict=False))} for row in value[rows]]


def lines(value: Any) -> list[Any] | None:
    """The documents, a line each, that this table stands for; None if it stands for itself."""
    if looks_like_table(value) and "lines" in value:
        return _objects(value, "lines")
    return None


def in_order(value: Any) -> Any:
    """The document with its keys sorted: equal documents are written alike."""
    if isinstance(value, list):
        return [in_order(item) for item in value]
    return {key: in_order(value[key]) for key in sorted(value)} if isinstance(value, dict) else value
