"""The data kit: what is in files of tables, asked in SQL and drawn, and nothing else."""

import sqlite3
import xml.etree.ElementTree as Xml
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from contracts.tool import ToolContract

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.data import kit
from orchestrator.tools.sandbox.probe import choose
from orchestrator.tools.tables.charts import Kind, Point, bars, svg

SALES = "date,region,amount\n2024-01-03,north,10\n2024-01-09,south,5\n2024-02-03,south,20.5\n2024-03-01,north,\n"


@pytest.fixture
async def tools() -> dict[str, Tool]:
    made: Sequence[Tool] = kit(Equipment(Tools(), await choose(Tools())))
    return {each.spec.name: each for each in made}


@pytest.fixture
def sales(workspace: Path) -> Path:
    (workspace / "sales.csv").write_text(SALES)
    (workspace / "other.csv").write_text("secret\nhush\n")
    return workspace


@pytest.mark.usefixtures("sales")
class Data(ToolContract):
    name: ClassVar[str]

    @pytest.fixture
    async def tool(self, tools: dict[str, Tool]) -> Tool:
        return tools[self.name]


class TestQueryData(Data):
    name = "query_data"
    arguments: ClassVar[Arguments] = {"sql": "SELECT * FROM sales", "paths": ["sales.csv"]}


class TestDescribeData(Data):
    name = "describe_data"
    arguments: ClassVar[Arguments] = {"path": "sales.csv"}


class TestChartData(Data):
    name = "chart_data"
    arguments: ClassVar[Arguments] = {"path": "sales.csv", "frequency": "monthly"}


class TestSaveChart(Data):
    name = "save_chart"
    arguments: ClassVar[Arguments] = {"path": "sales.csv", "frequency": "monthly", "destination": "charts/sales.svg"}

    async def test_the_picture_is_in_the_workspace(self, tool: Tool, context: Context, workspace: Path) -> None:
        drawn = await tool.call(self.arguments, context)
        assert drawn.overflow is None and drawn.data["file"] == "charts/sales.svg"
        assert "<svg" in (workspace / "charts" / "sales.svg").read_text()
        for elsewhere in ("sales.csv", "../sales.svg"):
            with pytest.raises(ToolRetry):
                await tool.call({**self.arguments, "destination": elsewhere}, context)


@pytest.mark.usefixtures("sales")
async def test_files_are_joined(tools: dict[str, Tool], context: Context) -> None:
    with sqlite3.connect(context.workspace / "shop.db") as database:
        database.execute("CREATE TABLE chiefs (region TEXT, chief TEXT)")
        database.executemany("INSERT INTO chiefs VALUES (?, ?)", [("north", "Ada"), ("south", None)])
    sql = "SELECT chief, sum(amount) AS total FROM sales JOIN chiefs USING (region) GROUP BY chief ORDER BY total"
    found = await tools["query_data"].call({"sql": sql, "paths": ["sales.csv", "shop.db"]}, context)
    assert found.data["columns"] == ["chief", "total"]
    assert found.data["rows"] == [["Ada", 10.0], [None, 25.5]]
    assert "| Ada | 10 |" in found.content


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM 'other.csv'",
        "SELECT * FROM read_text('other.csv')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('*')",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "COPY sales TO 'sales.csv' (USE_TMP_FILE false)",
        "EXPLAIN ANALYZE COPY sales TO 'sales.csv' (USE_TMP_FILE false)",
        "CREATE TABLE more AS SELECT 1",
        "ATTACH 'shop.db' AS shop",
        "INSTALL httpfs",
        "SET enable_external_access=true",
        "SELECT 1; SELECT 2",
        "SELECT getenv('PATH')",
        "SELECT nothing FROM sales",
        "SELEC 1",
        "",
    ],
)
async def test_it_reaches_nothing_else_and_changes_nothing(
    tools: dict[str, Tool], context: Context, workspace: Path, sql: str
) -> None:
    before = _held(workspace)
    with pytest.raises(ToolRetry) as refused:
        await tools["query_data"].call({"sql": sql, "paths": ["sales.csv"]}, context)
    assert "hush" not in str(refused.value)
    assert _held(workspace) == before


def _held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_link_out_of_the_workspace_is_not_followed(
    tools: dict[str, Tool], context: Context, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.csv").write_text("a\n1\n")
    (workspace / "inside.csv").symlink_to(tmp_path / "outside.csv")
    for path in ("inside.csv", "../outside.csv", "missing.csv", "."):
        with pytest.raises(ToolRetry):
            await tools["describe_data"].call({"path": path}, context)


async def test_what_is_no_table_is_said(tools: dict[str, Tool], context: Context, workspace: Path) -> None:
    for name, content in (("a.csv", b""), ("b.parquet", b"no"), ("c.bin", b"\0"), ("d.db", b"SQLite format 3\0junk")):
        (workspace / name).write_bytes(content)
        with pytest.raises((ToolRetry, ToolFailed)):
            await tools["chart_data"].call({"path": name}, context)


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize(
    ("asked", "points"),
    [
        ({"frequency": "monthly"}, {"2024-01": 15.0, "2024-02": 20.5}),
        ({"by": "mois", "how": "count"}, {"2024-01": 2.0, "2024-02": 1.0, "2024-03": 1.0}),
        ({"frequency": "quarterly"}, {"2024-Q1": 35.5}),
        ({"by": "Region", "how": "max", "kind": "pie"}, {"north": 10.0, "south": 20.5}),
        ({"by": "region", "value": "amount", "how": "average"}, {"north": 10.0, "south": 12.75}),
        ({"kind": "line"}, {"2024-01-03": 10.0, "2024-01-09": 5.0, "2024-02-03": 20.5}),
    ],
)
async def test_a_chart_is_drawn_and_kept(
    tools: dict[str, Tool], context: Context, asked: Arguments, points: dict[str, float]
) -> None:
    drawn = await tools["chart_data"].call({"path": "sales.csv", **asked}, context)
    assert {point["label"]: point["value"] for point in drawn.data["points"]} == points
    assert drawn.overflow is not None and drawn.overflow_name.endswith(".svg")
    picture = drawn.overflow.decode()
    Xml.fromstring(picture)
    assert all(label in picture for label in points)


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize(("asked", "said"), [({"by": "colour"}, "region"), ({"value": "region"}, "no numbers")])
async def test_a_column_that_is_not_there_is_said(
    tools: dict[str, Tool], context: Context, asked: Arguments, said: str
) -> None:
    with pytest.raises(ToolRetry, match=said):
        await tools["chart_data"].call({"path": "sales.csv", **asked}, context)


@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
@pytest.mark.parametrize("values", [[0.0], [-3.0, 2.0], [1e12, 1e-9], [5.0] * 300, [7.0]])
def test_any_numbers_make_a_picture(kind: Kind, values: list[float]) -> None:
    points = [Point(f"<&\"'{place}", value) for place, value in enumerate(values)]
    picture = Xml.fromstring(svg(points, kind, "a < b", 'x "y"'))
    assert "nan" not in Xml.tostring(picture, "unicode")
    assert len(bars(points)) == len(points)
