"""The data kit: SQL over files of tables, what is in them, and charts. It only looks: see tools/tables/engine.py."""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.answers import grouped
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.files.writing import write
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import data as said
from orchestrator.tools.tables.charts import Kind, Point, bars, svg
from orchestrator.tools.tables.reading import SECONDS, Reader
from orchestrator.tools.workspace import Workspace

TablePath = Annotated[
    str, Meta(description="a CSV, TSV, JSON, Parquet, Excel or SQLite file of the workspace", min_length=1)
]
Frequency = Annotated[
    Literal["hourly", "daily", "weekly", "monthly", "quarterly", "yearly"] | None,
    Meta(description="a bar for each hour, day… of the first column of dates"),
]
By = Annotated[
    str, Meta(description="the column that tells the bars apart; the first fitting one when not said", max_length=200)
]
Value = Annotated[str, Meta(description="the column of numbers; the first when not said", max_length=200)]
TableName = Annotated[str, Meta(description="which table of a database, or sheet of a workbook", max_length=200)]
Split = Annotated[
    str, Meta(description="the column whose values have a line, or a colour, of their own each", max_length=200)
]
Title = Annotated[str, Meta(description="what stands above the picture, in the person's words", max_length=200)]
How = Annotated[Literal["sum", "average", "count", "min", "max"], Meta(description="what is made of the numbers")]
Shape = Annotated[Kind, Meta(description="the shape of the chart")]

_PERIODS = {
    "heure": "hour", "jour": "day", "semaine": "week", "mois": "month", "trimestre": "quarter", "an": "year",
    "annee": "year", "année": "year", "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month",
    "quarterly": "quarter", "yearly": "year",
}  # fmt: skip
_DRAWN = 400  # points of a line
_SHOWN = 50  # rows that are read aloud
_CELL = 60  # characters

_tool = partial(tool, category="data", timeout=SECONDS, place="sandbox")


class Answered(msgspec.Struct, frozen=True):
    columns: list[str]
    rows: list[list[Any]]
    count: Annotated[int, Meta(description="rows that are here")]
    table: Annotated[str, Meta(description="the first rows, as a person reads them")]
    truncated: bool
    note: str = ""

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.table, f"[{self.note}]" if self.note else ""]))


class Column(msgspec.Struct, frozen=True):
    name: str
    type: str
    least: str
    most: str
    distinct: Annotated[int, Meta(description="different values, about")]
    mean: str
    empty_percent: float


class Table(msgspec.Struct, frozen=True):
    name: str
    rows: int
    columns: list[Column]


class Described(msgspec.Struct, frozen=True):
    path: str
    tables: list[Table]
    text: Annotated[str, Meta(description="the same, as a person reads it")]

    def __str__(self) -> str:
        return self.text


class Total(msgspec.Struct, frozen=True):
    path: str
    title: Annotated[str, Meta(description="what the number is of")]
    value: float
    shown: Annotated[str, Meta(description="the value, as a person reads it")]
    rows: Annotated[int, Meta(description="rows of the table")]

    def __str__(self) -> str:
        return f"{self.title}: {self.shown}"


class Bar(msgspec.Struct, frozen=True):
    label: str
    value: float
    shown: Annotated[str, Meta(description="the value, as a person reads it")]
    bar: str


class Chart(msgspec.Struct, frozen=True):
    path: str
    title: str
    file: Annotated[str, Meta(description="the name under which the picture (SVG) is kept with this run")]
    points: list[Bar]
    how: How
    by: str
    measure: Annotated[str, Meta(description="the column that was reckoned with; empty: rows were counted")]
    note: str = ""

    def __str__(self) -> str:
        lines = [f"{bar.label}: {bar.shown} {bar.bar}".rstrip() for bar in self.points]
        return "\n".join(filter(None, [self.title, *lines, f"[kept as {self.file}]", self.note]))


def kit(equipment: Equipment) -> Sequence[Tool]:
    reader = Reader(equipment.sandbox, equipment.settings)
    return tuple(make(reader) for make in (_query, _describe, _total, _chart, _save))


def _query(reader: Reader) -> Tool:
    @_tool(
        origin="file",
        examples=said.QUERY_DATA,
        answers={"en": "[{table}|No rows.][\n\n({note})]", "fr": "[{table}|Aucune ligne.][\n\n({note})]"},
    )
    async def query_data(
        sql: Annotated[
            str,
            Meta(
                description="one statement that looks (DuckDB's SQL); a file is a table by its name without ending",
                min_length=4,
                max_length=20_000,
            ),
        ],
        paths: Annotated[list[str], Meta(description="the files of the workspace that it asks", min_length=1)],
        context: Context,
        limit: Annotated[int, Meta(description="rows at most", ge=1, le=2000)] = 200,
    ) -> Answered:
        """Ask CSV, TSV, JSON, Parquet or SQLite files in SQL: filter, group, join, count. Nothing is changed."""
        found = await reader.ask(context, paths, "query", sql=sql, limit=limit)
        columns, rows, more = found["columns"], found["rows"], found["truncated"]
        shown = _table(columns, rows[:_SHOWN]) if rows else ""
        notes = [f"only the first {limit} rows" if more else ""]
        notes += [f"{_SHOWN} of {len(rows)} rows are shown" if len(rows) > _SHOWN else ""]
        return Answered(columns, rows, len(rows), shown, more, "; ".join(filter(None, notes)))

    return query_data


def _describe(reader: Reader) -> Tool:
    @_tool(
        origin="file",
        examples=said.DESCRIBE_DATA,
        answers={
            "en": "{path}:\n{text}",
            "fr": "{path} :\n{*tables `{name}`, {rows|ligne|lignes}\n{*columns {name} ({type:word}) : "
            "{distinct|valeur différente|valeurs différentes}[, de {least} à {most}][, moyenne {mean}]"
            "[, {empty_percent} % de vides]*}*}",
        },
    )
    async def describe_data(path: TablePath, context: Context) -> Described:
        """Tell what a file of tables holds: its rows, and each column's type, range, mean and gaps."""
        found = await reader.ask(context, [path], "describe")
        tables = msgspec.convert(found["tables"], list[Table])
        return Described(path, tables, "\n\n".join(map(_about, tables)))

    return describe_data


def _total(reader: Reader) -> Tool:
    @_tool(
        origin="file",
        examples=said.TOTAL_DATA,
        answers={
            "en": "**{value:number}** ({title}; {rows:number} rows of {path})",
            "fr": "**{value:number}** ({title} ; {rows:number} lignes de {path})",
        },
    )
    async def total_data(
        path: TablePath, context: Context, value: Value = "", how: How = "sum", table: TableName = ""
    ) -> Total:
        """Reckon one number over a column of a file of tables: its sum, average, count, least or most."""
        asked = {"table": table.strip(), "value": value.strip(), "how": how}
        found = await reader.ask(context, [path], "total", **asked)
        if found["number"] is None:
            raise ToolFailed(f"{path} holds nothing that could be reckoned with.")
        title = _measure(found) if found["how"] != "sum" else f"Σ {found['value']}"
        return Total(path, title, found["number"], grouped(found["number"]), found["rows"])

    return total_data


async def _charted(
    reader: Reader,
    context: Context,
    path: str,
    by: str,
    frequency: str | None,
    value: str,
    how: str,
    kind: Kind,
    table: str,
    split: str,
    title: str,
    destination: str = "",
) -> Result:
    if split and kind == "pie":
        raise ToolRetry("A pie has no room for `split`.", hint="Draw bars or lines, or leave `split` out.")
    told = _PERIODS.get((frequency or by).strip().lower(), by.strip())
    asked = {"table": table.strip(), "by": told, "value": value.strip(), "how": how, "split": split.strip()}
    found = await reader.ask(context, [path], "series", limit=_DRAWN, **asked)
    return await asyncio.to_thread(_drawn, found, context, path, kind, title.strip(), destination)


def _chart(reader: Reader) -> Tool:
    @_tool(
        origin="file",
        examples=said.CHART_DATA,
        answers={
            "en": "{title}\n{*points {label}: {value:number} {bar}*}\n\nThe picture is kept as {file}.[\n({note})]",
            "fr": "{title}\n{*points {label} : {value:number} {bar}*}\n\nL'image est conservée : {file}.[\n({note})]",
        },
        returns=Chart,
    )
    async def chart_data(
        path: TablePath,
        context: Context,
        by: By = "",
        frequency: Frequency = None,
        value: Value = "",
        how: How = "sum",
        kind: Shape = "bar",
        table: TableName = "",
        split: Split = "",
        title: Title = "",
    ) -> Result:
        """Draw a chart of a file of tables: a number for each month, region or product."""
        return await _charted(reader, context, path, by, frequency, value, how, kind, table, split, title)

    return chart_data


def _save(reader: Reader) -> Tool:
    @_tool(
        scope="write",
        effects="idempotent",
        examples=said.SAVE_CHART,
        answers={
            "en": "{title}\n{*points {label}: {value:number} {bar}*}\nThe picture is {file}.[\n({note})]",
            "fr": "{title}\n{*points {label} : {value:number} {bar}*}\nL'image est {file}.[\n({note})]",
        },
        returns=Chart,
    )
    async def save_chart(
        path: TablePath,
        destination: Annotated[str, Meta(description="the SVG file of the workspace to write", min_length=5)],
        context: Context,
        by: By = "",
        frequency: Frequency = None,
        value: Value = "",
        how: How = "sum",
        kind: Shape = "bar",
        table: TableName = "",
        split: Split = "",
        title: Title = "",
    ) -> Result:
        """Draw a chart as chart_data does, and write the picture to a file of the workspace."""
        if not destination.lower().endswith(".svg"):
            raise ToolRetry(f"{destination[:200]!r} is no name of an SVG file.", hint="Let it end with .svg.")
        return await _charted(reader, context, path, by, frequency, value, how, kind, table, split, title, destination)

    return save_chart


def _drawn(found: dict[str, Any], context: Context, path: str, kind: Kind, title: str, destination: str) -> Result:
    """The chart as it is said, and as a picture: kept with the run, or in the workspace where a file is named."""
    points = msgspec.convert(found["points"], list[Point])
    if not points:
        raise ToolFailed(f"{path} holds nothing that could be drawn.")
    axis, title = _measure(found), title or f"{_measure(found)} · {_extent(found['by'], points)}"
    lines = [Bar(p.name, p.value, grouped(p.value), bar) for p, bar in zip(points, bars(points), strict=True)]
    picture = svg(points, kind, title, axis)
    name = re.sub(r"[^\w.-]+", "-", f"{PurePosixPath(path).stem}-by-{found['by']}.svg")
    notes = [f"only the first {_DRAWN} are drawn" if found["truncated"] else ""]
    notes += [f"only the largest are drawn, {found['left_out']} are left out" if found["left_out"] else ""]
    note = "; ".join(filter(None, notes))
    chart = Chart(path, title, destination or name, lines, found["how"], found["by"], found["value"], note)
    data = msgspec.to_builtins(chart)
    if not destination:
        return Result(str(chart), data, picture.encode(), name)
    write(Workspace(context.workspace), destination, picture, append=False)
    return Result(str(chart), data)


def _measure(found: dict[str, Any]) -> str:
    """What is drawn, in no language but that of the columns."""
    sign = {"sum": "", "average": "⌀", "count": "n", "min": "min", "max": "max"}[found["how"]]
    return " ".join(filter(None, [sign, found["value"]]))


def _extent(by: str, points: Sequence[Point]) -> str:
    if by not in _PERIODS.values():
        return by
    first, last = points[0].label, points[-1].label
    return first if first == last else f"{first} – {last}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [[_cell(value) for value in row] for row in (columns, ["---"] * len(columns), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        value = f"{value:.6g}" if abs(value) < 1e6 else f"{value:.2f}"
    text = "" if value is None else " ".join(str(value).replace("|", "\\|").split())
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def _about(table: Table) -> str:
    columns = ("column", "type", "least", "most", "distinct", "mean", "empty %")
    rows = [(c.name, c.type, c.least, c.most, c.distinct, c.mean, c.empty_percent) for c in table.columns]
    return f"`{table.name}`, {table.rows} rows\n{_table(columns, rows)}"
