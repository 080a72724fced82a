"""The process in which files of tables are read: DuckDB, told of one question by a line of JSON, answering by another.

Run in the sandbox, with the standard library and DuckDB alone. Covers: only the files it is told of can be
read, nothing can be written, no extension is fetched, one statement that looks is allowed. Does not cover how much
processor a question takes: whoever started this process bounds its time and memory.
"""

import contextlib
import csv
import datetime
import decimal
import json
import math
import re
import sqlite3
import sys
import unicodedata
from typing import Any

from .opening import Tables, Wrong, named

_IN_FRENCH = {
    "hour": "heure", "day": "jour", "week": "semaine", "month": "mois", "quarter": "trimestre", "year": "année",
}  # fmt: skip
_PERIODS = {
    "day": "%Y-%m-%d",
    "week": "%G-W%V",
    "month": "%Y-%m",
    "quarter": "",
    "year": "%Y",
    "hour": "%Y-%m-%d %H:00",
}
_NUMBER = re.compile(r"U?(BIG|HUGE|SMALL|TINY)?INT|DECIMAL|DOUBLE|FLOAT")
_ARTICLE = re.compile(r"(?:the|my|our|all|les?|la|des|du|mes|nos|tous|toutes)\s+|l['’]\s*")
_KEY = re.compile(r"id|.*_id|year|month|day")  # numbers that are names
_PARTS = 8  # that a person tells apart by their colours
_HOW = {"sum": "sum", "average": "avg", "count": "count", "min": "min", "max": "max"}


def query(tables: Tables, sql: str, limit: int) -> dict[str, Any]:
    try:
        statements = tables.connection.extract_statements(sql)
    except tables.library.Error as error:
        raise Wrong(_first(error)) from error
    if len(statements) != 1 or statements[0].type is not tables.library.StatementType.SELECT:
        raise Wrong("One statement that only looks is allowed: SELECT, WITH, FROM, DESCRIBE or SUMMARIZE.")
    found = tables.connection.execute(statements[0])
    columns = [str(column[0]) for column in found.description]
    rows = found.fetchmany(limit + 1)
    kept = [[_plain(value) for value in row] for row in rows[:limit]]
    return {"columns": columns, "rows": kept, "truncated": len(rows) > limit, "tables": tables.names}


def describe(tables: Tables) -> dict[str, Any]:
    found = []
    for name in tables.names[:50]:
        rows = tables.connection.execute(f"SUMMARIZE {named(name)}").fetchall()
        exact = ", ".join(f"count(DISTINCT {named(row[0])})" for row in rows)  # what SUMMARIZE says is an estimate
        count, *distinct = tables.connection.execute(f"SELECT count(*), {exact} FROM {named(name)}").fetchall()[0]
        columns = [
            {
                "name": row[0], "type": row[1], "least": _short(row[2]), "most": _short(row[3]),
                "distinct": different, "mean": _mean(row[5]), "empty_percent": float(row[11] or 0),
            }
            for row, different in zip(rows, distinct, strict=True)
        ]  # fmt: skip
        found.append({"name": name, "rows": count, "columns": columns})
    return {"tables": found}


def series(tables: Tables, table: str, by: str, value: str, how: str, split: str, limit: int) -> dict[str, Any]:
    """One number for each of the things that a column holds, or for each month, week, … of its first date.

    With `split` one for each of the values of another column, of which the largest are kept.
    """
    name = tables.one(table)
    columns = tables.columns(name)
    label, by, ordered = _label(columns, by)
    chosen = _value(columns, _meant(columns, value, name), by, how)
    how = how if chosen else "count"
    number = f"{_HOW[how]}({named(chosen)})" if chosen else "count(*)"
    parted = _column(columns, split) if split else ""
    if parted is None:
        raise Wrong(f"There is no column {split!r}. Columns: {_said(columns)}.")
    part = named(parted) if parted else "''"
    rows = tables.connection.execute(
        f"SELECT label, part, {number} FROM"
        f" (SELECT *, {label} AS label, {part} AS part, row_number() OVER () AS place FROM {named(name)})"
        f" WHERE label IS NOT NULL AND part IS NOT NULL GROUP BY label, part"
        f" ORDER BY {'label' if ordered else 'min(min(place)) OVER (PARTITION BY label)'}, min(place)"
    ).fetchall()
    points = [(str(_plain(row[0])), str(_plain(row[1])), float(row[2])) for row in rows if row[2] is not None]
    parts, labels = _largest(points), list(dict.fromkeys(label for label, _, _ in points))
    drawn = set(labels[:limit])
    return {
        "points": [
            {"label": label, "value": _plain(number), "series": part}
            for label, part, number in points
            if label in drawn and part in parts
        ],
        "by": by, "value": chosen, "how": how, "truncated": len(labels) > limit,
        "left_out": len({part for _, part, _ in points}) - len(parts),
    }  # fmt: skip


def total(tables: Tables, table: str, value: str, how: str) -> dict[str, Any]:
    """One number for the whole of a column, and of how many rows."""
    name = tables.one(table)
    columns = tables.columns(name)
    chosen = _value(columns, _meant(columns, value, name), "", how)
    how = how if chosen else "count"
    number = f"{_HOW[how]}({named(chosen)})" if chosen else "count(*)"
    [found] = tables.connection.execute(f"SELECT {number}, count(*) FROM {named(name)}").fetchall()
    return {"value": chosen, "how": how, "number": _plain(found[0]), "rows": found[1]}


def _largest(points: list[tuple[str, str, float]]) -> set[str]:
    totals: dict[str, float] = {}
    for _, part, number in points:
        totals[part] = totals.get(part, 0.0) + abs(number)
    return set(sorted(totals, key=lambda part: -totals[part])[:_PARTS])


def _label(columns: list[tuple[str, str]], by: str) -> tuple[str, str, bool]:
    """The SQL of what a point stands for, what it is called, and whether points stand in its order."""
    kinds = dict(columns)
    dates = [column for column, kind in columns if kind.startswith(("DATE", "TIMESTAMP"))]
    called = (_column(columns, name) for name in (by, _IN_FRENCH.get(by, by)))
    if found := next(filter(None, called), None):
        return named(found), found, kinds[found] != "VARCHAR"
    if by not in _PERIODS and by:
        raise Wrong(f"There is no column {by!r}. Columns: {_said(columns)}.")
    if by and not dates:
        raise Wrong(f"There is no column of dates to tell the {by} from. Columns: {_said(columns)}.")
    if not by and not dates:
        texts = [column for column, kind in columns if kind == "VARCHAR"]
        first = (texts or [columns[0][0]])[0]
        return named(first), first, kinds[first] != "VARCHAR"
    date = named(dates[0])
    if by == "quarter":
        return f"strftime({date}, '%Y') || '-Q' || quarter({date})", by, True
    return f"strftime({date}, '{_PERIODS[by or 'day']}')", by or "day", True


def _meant(columns: list[tuple[str, str]], value: str, table: str) -> str:
    """`the sales` of a table `sales` that has no such column are its numbers."""
    return "" if _column(columns, value) is None and _alike(value) == _alike(table) else value


def _value(columns: list[tuple[str, str]], value: str, by: str, how: str) -> str:
    """The column that is added up; empty: rows are counted."""
    numbers = [name for name, kind in columns if _NUMBER.match(kind)]
    if value:
        if (found := _column(columns, value)) is None:
            raise Wrong(f"There is no column {value!r}. Columns: {_said(columns)}.")
        if how != "count" and found not in numbers:
            raise Wrong(f"The column {found!r} holds no numbers. Columns: {_said(columns)}.")
        return found
    rest = [name for name in numbers if name.lower() != by.lower() and not _KEY.fullmatch(name.lower())]
    return rest[0] if rest and how != "count" else ""


def _column(columns: list[tuple[str, str]], wanted: str) -> str | None:
    """By its name; else the only one that differs in accents, in an article or in an s at its end."""
    exact = next((name for name, _ in columns if name.lower() == wanted.strip().lower()), None)
    alike = [name for name, _ in columns if _alike(name) == _alike(wanted)]
    return exact or (alike[0] if len(alike) == 1 else None)


def _alike(name: str) -> str:
    plain = unicodedata.normalize("NFKD", _ARTICLE.sub("", name.strip().lower()))
    return "".join(mark for mark in plain if not unicodedata.combining(mark)).rstrip("s")


def _said(columns: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({kind.lower()})" for name, kind in columns[:40])


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral() and abs(value) < 2**53 else float(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if len(value) <= 2000 else value[:2000] + "…"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    if isinstance(value, bytes):
        return value[:200].hex()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:100]]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in list(value.items())[:100]}
    return str(value)[:2000]


def _short(value: Any) -> str:
    return "" if value is None else str(value)[:60]


def _mean(value: Any) -> str:
    with contextlib.suppress(TypeError, ValueError):  # of dates it is a moment
        return f"{float(value):.10g}"
    return _short(value)


def _first(error: Exception) -> str:
    """What is wrong, without the picture of where."""
    return str(error).split("\n\nLINE", 1)[0].strip()[:600]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        import duckdb
    except ImportError:
        return {"missing": True}
    try:
        tables = Tables(asked["files"], asked["memory_mb"])
        if asked["what"] == "query":
            return query(tables, asked["sql"], asked["limit"])
        if asked["what"] == "describe":
            return describe(tables)
        if asked["what"] == "total":
            return total(tables, *(asked[name] for name in ("table", "value", "how")))
        return series(tables, *(asked[name] for name in ("table", "by", "value", "how", "split", "limit")))
    except Wrong as problem:
        return {"wrong": str(problem)}
    except (duckdb.Error, sqlite3.Error, csv.Error, OSError, UnicodeError) as error:
        return {"wrong": _first(error)}
    except MemoryError:
        return {"wrong": "These files are more than fits into the memory that may be used (tools.memory_mb)."}


def main() -> None:
    sys.stdout.write(json.dumps(answer(json.loads(sys.stdin.readline()))) + "\n")
