"""The process in which files of tables are read: DuckDB, told of one question by a line of JSON, answering by another.

Run as a script, in the sandbox, with the standard library and DuckDB alone. Covers: only the files it is told of can be
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
import tempfile
from pathlib import Path
from typing import Any

_READERS = {
    ".csv": "read_csv", ".tsv": "read_csv", ".txt": "read_csv", ".parquet": "read_parquet", ".json": "read_json",
    ".jsonl": "read_json", ".ndjson": "read_json",
}  # fmt: skip
_DATABASES = (".db", ".sqlite", ".sqlite3")
_NULL = "\\N"
_ROWS = 2_000_000  # of one table of a database that is read
_PERIODS = {
    "day": "%Y-%m-%d",
    "week": "%G-W%V",
    "month": "%Y-%m",
    "quarter": "",
    "year": "%Y",
    "hour": "%Y-%m-%d %H:00",
}
_NUMBER = re.compile(r"U?(BIG|HUGE|SMALL|TINY)?INT|DECIMAL|DOUBLE|FLOAT")
_KEY = re.compile(r"id|.*_id|year|month|day")  # numbers that are names
_HOW = {"sum": "sum", "average": "avg", "count": "count", "min": "min", "max": "max"}


class Wrong(Exception):
    """The question cannot be meant; said to whoever asked."""


class Tables:
    """Files opened as tables, after which nothing else can be reached."""

    def __init__(self, files: list[str], memory_mb: int) -> None:
        import duckdb

        self.library = duckdb
        self.connection = duckdb.connect(":memory:")
        self.names: list[str] = []
        self._temporary = tempfile.mkdtemp()
        for setting in (
            "autoinstall_known_extensions=false",
            "autoload_known_extensions=false",
            f"memory_limit='{memory_mb}MB'",
            "threads=2",
            f"temp_directory={_quoted(self._temporary)}",
        ):
            self.connection.execute(f"SET {setting}")
        for path in files:
            self._open(path)
        self.connection.execute(f"SET allowed_paths=[{', '.join(map(_quoted, files))}]")
        self.connection.execute("SET enable_external_access=false")
        self.connection.execute("SET lock_configuration=true")

    def _open(self, path: str) -> None:
        file = Path(path)
        if file.suffix.lower() in _DATABASES or _is_sqlite(file):
            return self._copy(file)
        reader = _READERS.get(file.suffix.lower())
        if reader is None:
            raise Wrong(f"{file.name} is no table: CSV, TSV, JSON, Parquet and SQLite files are.")
        self.connection.execute(f"CREATE VIEW {self._name(file.stem)} AS SELECT * FROM {reader}({_quoted(path)})")

    def _copy(self, path: Path) -> None:
        """The tables of an SQLite database, by way of CSV: its extension would have to be fetched."""
        with contextlib.closing(sqlite3.connect(f"file:{_escaped(str(path))}?mode=ro", uri=True)) as database:
            query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            names = [name for (name,) in database.execute(query)]
            if not names:
                raise Wrong(f"{path.name} holds no tables.")
            for name in names:
                between = Path(self._temporary) / f"{len(self.names)}.csv"
                rows = database.execute(f'SELECT * FROM "{name.replace(chr(34), chr(34) * 2)}" LIMIT {_ROWS}')
                with between.open("w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file)
                    writer.writerow([column[0] for column in rows.description])
                    writer.writerows([_NULL if value is None else _plain(value) for value in row] for row in rows)
                reader = f"read_csv({_quoted(str(between))}, header=true, nullstr={_quoted(_NULL)})"
                self.connection.execute(f"CREATE TABLE {self._name(name)} AS SELECT * FROM {reader}")
                between.unlink()

    def _name(self, wanted: str) -> str:
        name = re.sub(r"\W+", "_", wanted).strip("_") or "data"
        name, number = (f"t_{name}" if name[0].isdigit() else name), 1
        while name.lower() in map(str.lower, self.names):
            number += 1
            name = f"{name.rstrip('0123456789')}{number}"
        self.names.append(name)
        return f'"{name}"'

    def columns(self, name: str) -> list[tuple[str, str]]:
        found = self.connection.execute(f'DESCRIBE SELECT * FROM "{name}"').fetchall()
        return [(str(row[0]), str(row[1])) for row in found]

    def one(self, table: str) -> str:
        """The table that is meant: the one named, or the only one."""
        for name in self.names:
            if name.lower() == table.lower():
                return name
        if table or len(self.names) != 1:
            raise Wrong(f"Say which table: {', '.join(self.names)}.")
        return self.names[0]


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
        rows = tables.connection.execute(f'SUMMARIZE "{name}"').fetchall()
        columns = [
            {
                "name": row[0], "type": row[1], "least": _short(row[2]), "most": _short(row[3]),
                "distinct": row[4], "mean": _short(row[5]), "empty_percent": float(row[11] or 0),
            }
            for row in rows
        ]  # fmt: skip
        count = tables.connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0]
        found.append({"name": name, "rows": count, "columns": columns})
    return {"tables": found}


def series(tables: Tables, table: str, by: str, value: str, how: str, limit: int) -> dict[str, Any]:
    """One number for each of the things that a column holds, or for each month, week, … of its first date."""
    name = tables.one(table)
    columns = tables.columns(name)
    label, by, ordered = _label(columns, by)
    chosen = _value(columns, value, by, how)
    how = how if chosen else "count"
    number = f"{_HOW[how]}({_named(chosen)})" if chosen else "count(*)"
    rows = tables.connection.execute(
        f"SELECT label, {number} FROM"
        f' (SELECT *, {label} AS label, row_number() OVER () AS place FROM "{name}") WHERE label IS NOT NULL'
        f" GROUP BY label ORDER BY {'label' if ordered else 'min(place)'} LIMIT {limit + 1}"
    ).fetchall()
    points = [
        {"label": str(_plain(row[0])), "value": _plain(float(row[1]))} for row in rows[:limit] if row[1] is not None
    ]
    return {"points": points, "by": by, "value": chosen, "how": how, "truncated": len(rows) > limit}


def _label(columns: list[tuple[str, str]], by: str) -> tuple[str, str, bool]:
    """The SQL of what a point stands for, what it is called, and whether points stand in its order."""
    kinds = dict(columns)
    dates = [column for column, kind in columns if kind.startswith(("DATE", "TIMESTAMP"))]
    if found := _column(columns, by):
        return _named(found), found, kinds[found] != "VARCHAR"
    if by not in _PERIODS and by:
        raise Wrong(f"There is no column {by!r}. Columns: {_said(columns)}.")
    if by and not dates:
        raise Wrong(f"There is no column of dates to tell the {by} from. Columns: {_said(columns)}.")
    if not by and not dates:
        texts = [column for column, kind in columns if kind == "VARCHAR"]
        first = (texts or [columns[0][0]])[0]
        return _named(first), first, kinds[first] != "VARCHAR"
    date = _named(dates[0])
    if by == "quarter":
        return f"strftime({date}, '%Y') || '-Q' || quarter({date})", by, True
    return f"strftime({date}, '{_PERIODS[by or 'day']}')", by or "day", True


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
    return next((name for name, _ in columns if name.lower() == wanted.strip().lower()), None)


def _said(columns: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({kind.lower()})" for name, kind in columns[:40])


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


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
        return series(tables, asked["table"], asked["by"], asked["value"], asked["how"], asked["limit"])
    except Wrong as problem:
        return {"wrong": str(problem)}
    except (duckdb.Error, sqlite3.Error, csv.Error, OSError, UnicodeError) as error:
        return {"wrong": _first(error)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(json.loads(sys.stdin.readline()))) + "\n")
