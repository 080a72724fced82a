"""Files opened as tables of DuckDB, after which nothing else can be reached. Runs in the process of engine.py.

Tables of people: text in the encoding of an old Excel, decimal commas, thousands set apart, lines above the header and
below the last row, workbooks of sheets.
"""

import codecs
import contextlib
import csv
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from .spreadsheet import Row, Unreadable, Workbook

_TEXTS = (".csv", ".tsv", ".txt")
_READERS = {".parquet": "read_parquet", ".json": "read_json", ".jsonl": "read_json", ".ndjson": "read_json"}
_DATABASES = (".db", ".sqlite", ".sqlite3")
_WORKBOOKS = (".xlsx", ".xlsm")
_NULL = "\\N"
_ROWS = 2_000_000  # of one table of a database, or of a sheet, that is read
_PIECE = 1 << 20
_WHOLE = 16 << 20  # bytes of a file up to which all of it is read to tell the types
_SAMPLE = 1000

_SPACES = "[ \\x{00a0}\\x{202f}]"
_UNIT = f"(?:{_SPACES}*[€$£%])?"
_COMMA = (
    f"[-+]?(?:\\d+|\\d{{1,3}}(?:{_SPACES}\\d{{3}})+|\\d{{1,3}}(?:\\.\\d{{3}})+,\\d+)(?:,\\d+)?{_UNIT}"  # 1 234,50 €
)
_POINT = f"[-+]?[€$£]?(?:\\d+|\\d{{1,3}}(?:,\\d{{3}})+)(?:\\.\\d+)?{_UNIT}"  # $1,234.50


class Wrong(Exception):
    """The question cannot be meant; said to whoever asked."""


class Tables:
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
            f"temp_directory={quoted(self._temporary)}",
        ):
            self.connection.execute(f"SET {setting}")
        for path in files:
            self._open(Path(path))
        self.connection.execute(f"SET allowed_paths=[{', '.join(map(quoted, files))}]")
        self.connection.execute("SET enable_external_access=false")
        self.connection.execute("SET lock_configuration=true")

    def columns(self, name: str) -> list[tuple[str, str]]:
        return self._columns(named(name))

    def one(self, table: str) -> str:
        """The table that is meant: the one named, or the only one."""
        for name in self.names:
            if name.lower() == table.lower():
                return name
        if table or len(self.names) != 1:
            raise Wrong(f"Say which table: {', '.join(self.names)}.")
        return self.names[0]

    def _open(self, file: Path) -> None:
        kind = file.suffix.lower()
        if kind in _DATABASES or _is_sqlite(file):
            self._copy_database(file)
        elif kind in _WORKBOOKS:
            self._copy_workbook(file)
        elif kind in _TEXTS:
            self._open_text(file)
        elif kind in _READERS:
            self._make("VIEW", file.stem, f"{_READERS[kind]}({quoted(str(file))})")
        elif kind in (".xls", ".ods"):
            raise Wrong(f"{file.name} cannot be read. Save it as xlsx or CSV.")
        else:
            raise Wrong(f"{file.name} is no table: CSV, TSV, JSON, Parquet, Excel (xlsx) and SQLite files are.")

    def _make(self, what: str, wanted: str, source: str, columns: str = "*") -> None:
        self.connection.execute(f"CREATE {what} {self._name(wanted)} AS SELECT {columns} FROM {source}")

    # ── text ────────────────────────────────────────────────────────────────────────────────────
    def _open_text(self, file: Path) -> None:
        if encoding := _encoding(file):
            between = Path(self._temporary) / f"{len(self.names)}.csv"
            old = file.open(encoding=encoding, errors="replace", newline="")
            with old, between.open("w", encoding="utf-8", newline="") as new:
                while piece := old.read(_PIECE):
                    new.write(piece)
            self._read("TABLE", file.stem, between)
            between.unlink()
        else:
            self._read("TABLE" if file.stat().st_size <= _WHOLE else "VIEW", file.stem, file)

    def _read(self, what: str, wanted: str, file: Path) -> None:
        """No row is lost for being shorter or longer, and lines above the header are left out."""
        above, between = 0, ""
        with contextlib.suppress(self.library.Error):  # it is said when the file is read
            look = f"SELECT Delimiter, SkipRows, HasHeader, len(Columns) FROM sniff_csv({quoted(str(file))})"
            between, skipped, header, wide = self.connection.execute(look).fetchall()[0]
            above = skipped if header and wide > 1 else 0
        options = ["null_padding=true", "parallel=false"]
        options += [f"skip={above}"] if above else []
        options += ["sample_size=-1"] if what == "TABLE" else []
        source = f"read_csv({quoted(str(file))}, {', '.join(options)})"
        self._make(
            what, wanted, source, self._numbers(source, (_POINT, _COMMA) if between == "," else (_COMMA, _POINT))
        )

    def _numbers(self, source: str, forms: tuple[str, str]) -> str:
        """All columns; those whose every value is a number as people write them, as numbers."""
        texts = [named(column) for column, kind in self._columns(source) if kind == "VARCHAR"]
        found = self._alike(texts, f"(SELECT * FROM {source} LIMIT {_SAMPLE})", forms)
        found = self._alike(list(found), source, forms)
        casts = []
        for column, form in found.items():
            kept = "[^-+0-9,]" if form == _COMMA else "[^-+0-9.]"
            digits = f"replace(regexp_replace({column}, {quoted(kept)}, '', 'g'), ',', '.')"
            casts.append(f"TRY_CAST({digits} AS DOUBLE) AS {column}")
        return f"* REPLACE ({', '.join(casts)})" if casts else "*"

    def _alike(self, columns: list[str], source: str, forms: tuple[str, str]) -> dict[str, str]:
        """Of each column whose values are all numbers, and not only digits, the first form that fits them."""
        if not columns:
            return {}
        tests = [
            f"bool_and(trim({column}) = '' OR regexp_full_match(trim({column}), {quoted(form)}))"
            f" AND bool_or(NOT regexp_full_match(trim({column}), '[-+]?\\d*'))"
            for column in columns
            for form in forms
        ]
        told = self.connection.execute(f"SELECT {', '.join(tests)} FROM {source}").fetchall()[0]
        fits = list(zip([(column, form) for column in columns for form in forms], told, strict=True))
        return {column: form for (column, form), fit in reversed(fits) if fit}

    # ── what holds several tables ───────────────────────────────────────────────────────────────
    def _copy_database(self, path: Path) -> None:
        """The tables of an SQLite database, by way of CSV: its extension would have to be fetched."""
        with contextlib.closing(sqlite3.connect(f"file:{_escaped(str(path))}?mode=ro", uri=True)) as database:
            query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            names = [name for (name,) in database.execute(query)]
            if not names:
                raise Wrong(f"{path.name} holds no tables.")
            for name in names:
                rows = database.execute(f"SELECT * FROM {named(name)} LIMIT {_ROWS}")
                self._copy(name, [column[0] for column in rows.description], rows)

    def _copy_workbook(self, path: Path) -> None:
        """A table a sheet, from the first row that has more than one cell; a lone one by the name of the file."""
        try:
            sheets = list(Workbook(str(path)).sheets())
            for name, rows in sheets:
                table = _from_header(rows)
                if headings := next(table, None):
                    self._copy(name if len(sheets) > 1 else path.stem, _headings(headings), islice(table, _ROWS))
                    self._make_days(self.names[-1])
        except Unreadable as error:
            raise Wrong(f"{path.name} is no workbook that can be read: {error}.") from error
        if not self.names:
            raise Wrong(f"{path.name} holds no tables.")

    def _make_days(self, table: str) -> None:
        """Moments of a sheet that are all at midnight are days: Excel does not tell them apart."""
        for column, kind in self.columns(table):
            midnight = f"SELECT bool_and({named(column)} = {named(column)}::DATE) FROM {named(table)}"
            if kind == "TIMESTAMP" and self.connection.execute(midnight).fetchall()[0][0]:
                self.connection.execute(f"ALTER TABLE {named(table)} ALTER {named(column)} TYPE DATE")

    def _copy(self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        between = Path(self._temporary) / f"{len(self.names)}.csv"
        with between.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows([_NULL if value is None else _written(value) for value in row] for row in rows)
        reader = (
            f"read_csv({quoted(str(between))}, header=true, null_padding=true, parallel=false, delim=',', quote='\"'"
        )
        self._make("TABLE", name, f"{reader}, sample_size=-1, nullstr={quoted(_NULL)})")
        between.unlink()

    def _columns(self, source: str) -> list[tuple[str, str]]:
        found = self.connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        return [(str(row[0]), str(row[1])) for row in found]

    def _name(self, wanted: str) -> str:
        name = re.sub(r"\W+", "_", wanted).strip("_") or "data"
        name, number = (f"t_{name}" if name[0].isdigit() else name), 1
        while name.lower() in map(str.lower, self.names):
            number += 1
            name = f"{name.rstrip('0123456789')}{number}"
        self.names.append(name)
        return f'"{name}"'


def named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _encoding(file: Path) -> str:
    """The encoding that a text has to be brought from; empty where it is UTF-8."""
    with file.open("rb") as data:
        if (start := data.read(2)) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while piece := data.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return ""


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _escaped(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _written(value: Any) -> str:
    return value[:200].hex() if isinstance(value, bytes) else str(value)


def _from_header(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that hold something, from the first that has more than one cell."""
    filled = (row for row in rows if any(value is not None for value in row))
    lines: list[Row] = []
    for row in filled:
        if sum(value is not None for value in row) > 1:
            return chain([row], filled)
        lines.append(row)
    return iter(lines)


def _headings(row: Row) -> list[str]:
    return [value or f"column{place}" for place, value in enumerate(row)]
