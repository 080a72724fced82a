"""The data kit: what is in files of tables, asked in SQL and drawn, and nothing else."""

import sqlite3
import xml.etree.ElementTree as Xml
import zipfile
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

BILLION = "<!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>{}]><x>&a9;</x>".format(
    "".join(f"<!ENTITY a{level + 1} '{f'&a{level};' * 10}'>" for level in range(9))
)
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


class TestTotalData(Data):
    name = "total_data"
    arguments: ClassVar[Arguments] = {"path": "sales.csv"}

    @pytest.mark.parametrize(
        ("asked", "number", "title"),
        [
            ({}, 35.5, "Σ amount"),
            ({"value": "Amounts", "how": "max"}, 20.5, "max amount"),
            ({"how": "count"}, 4, "n"),
        ],
    )
    async def test_one_number_is_reckoned(
        self, tool: Tool, context: Context, asked: Arguments, number: float, title: str
    ) -> None:
        found = await tool.call({"path": "sales.csv", **asked}, context)
        assert (found.data["value"], found.data["title"], found.data["rows"]) == (number, title, 4)

    async def test_what_is_no_column_of_numbers_is_said(self, tool: Tool, context: Context) -> None:
        for value in ("region", "weight"):
            with pytest.raises(ToolRetry, match="amount"):
                await tool.call({"path": "sales.csv", "value": value}, context)


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


async def test_a_column_that_is_called_as_the_period_is_the_period(
    tools: dict[str, Tool], context: Context, workspace: Path
) -> None:
    (workspace / "ventes.csv").write_text("mois,montant\n2026-01,10\n2026-02,25\n")
    drawn = await tools["chart_data"].call({"path": "ventes.csv", "frequency": "monthly"}, context)
    assert {point["label"]: point["value"] for point in drawn.data["points"]} == {"2026-01": 10, "2026-02": 25}


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize(
    ("asked", "points"),
    [
        ({"frequency": "monthly"}, {"2024-01": 15.0, "2024-02": 20.5}),
        ({"by": "mois", "how": "count"}, {"2024-01": 2.0, "2024-02": 1.0, "2024-03": 1.0}),
        ({"frequency": "quarterly"}, {"2024-Q1": 35.5}),
        ({"by": "Region", "how": "max", "kind": "pie"}, {"north": 10.0, "south": 20.5}),
        ({"by": "région", "value": "amounts", "how": "average"}, {"north": 10.0, "south": 12.75}),
        ({"kind": "line"}, {"2024-01-03": 10.0, "2024-01-09": 5.0, "2024-02-03": 20.5}),
        ({"by": "the region", "value": "the sales"}, {"north": 10.0, "south": 25.5}),  # what the file is called
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
async def test_each_region_has_a_line_of_its_own(tools: dict[str, Tool], context: Context) -> None:
    asked = {"path": "sales.csv", "frequency": "monthly", "split": "region", "kind": "line", "title": "Ventes < 2025"}
    drawn = await tools["chart_data"].call(asked, context)
    labels = [(point["label"], point["value"]) for point in drawn.data["points"]]
    assert labels == [("2024-01, north", 10.0), ("2024-01, south", 5.0), ("2024-02, south", 20.5)]
    assert drawn.data["title"] == "Ventes < 2025"
    assert drawn.overflow is not None
    picture = Xml.fromstring(drawn.overflow)
    assert len(picture.findall("{*}polyline")) == 2
    assert {"north", "south"} <= {text.text for text in picture.findall("{*}text")}
    bars = await tools["chart_data"].call({**asked, "kind": "bar"}, context)
    assert bars.overflow is not None and b"2024-02, south: 20.5" in bars.overflow
    for wrong in ({"split": "colour"}, {"kind": "pie"}):
        with pytest.raises(ToolRetry):
            await tools["chart_data"].call({**asked, **wrong}, context)


async def test_of_many_lines_the_largest_are_drawn(tools: dict[str, Tool], context: Context, workspace: Path) -> None:
    rows = [f"{month},p{product},{product}" for month in ("jan", "feb") for product in range(1, 11)]
    (workspace / "many.csv").write_text("\n".join(["month,product,sold", *rows]))
    drawn = await tools["chart_data"].call({"path": "many.csv", "by": "month", "split": "product"}, context)
    assert len(drawn.data["points"]) == 16 and "2 are left out" in drawn.data["note"]
    assert not any(point["label"].endswith(("p1", "p2")) for point in drawn.data["points"])


@pytest.mark.parametrize(
    ("text", "encoding", "rows"),
    [
        ("ville;prix\nOrléans;3,50 €\nÉvry;1 234,50 €\n", "cp1252", [["Orléans", 3.5], ["Évry", 1234.5]]),
        ("ville\tprix\nOrléans\t3,5\n", "utf-16", [["Orléans", 3.5]]),
        ("ville,prix\nOrléans,2\n", "utf-8-sig", [["Orléans", 2]]),
        ('city,price\nLyon,"1,234"\nParis,"2,000"\n', "utf-8", [["Lyon", 1234.0], ["Paris", 2000.0]]),
        ("code;part\n01000;1,5\n75001;12 %\n", "utf-8", [["01000", 1.5], ["75001", 12.0]]),
        ("address,n\n192.168.100.200,1\n", "utf-8", [["192.168.100.200", 1]]),
        ("n;remark\n1,5;good\n;2,5\n", "utf-8", [[1.5, "good"], [None, "2,5"]]),
        ("Report of May\n\ncity,price\nLyon,2\n", "utf-8", [["Lyon", 2]]),
        ("a,b,c\n1,2,3\n4,5\n", "utf-8", [[1, 2, 3], [4, 5, None]]),
        ('a,b,c\n1,"x\ny",3\n4,z\n', "utf-8", [[1, "x\ny", 3], [4, "z", None]]),
    ],
)
async def test_tables_of_people_are_read(
    tools: dict[str, Tool], context: Context, workspace: Path, text: str, encoding: str, rows: list[list[object]]
) -> None:
    (workspace / "people.csv").write_bytes(text.encode(encoding))
    found = await tools["query_data"].call({"sql": "FROM people", "paths": ["people.csv"]}, context)
    assert found.data["rows"] == rows


async def test_what_is_told_of_a_column_is_exact(tools: dict[str, Tool], context: Context, workspace: Path) -> None:
    (workspace / "ids.csv").write_text("id\n" + "\n".join(map(str, range(5000))))
    told = await tools["describe_data"].call({"path": "ids.csv"}, context)
    assert told.data["tables"][0]["columns"][0]["distinct"] == 5000


HEAD = (
    '<row r="{0}"><c r="A{0}" t="s"><v>0</v></c><c r="B{0}" t="inlineStr"><is><t>due</t></is></c>'
    '<c r="D{0}" t="str"><v>x</v></c></row>'
)
BODY = (
    '<row r="{0}"><c r="A{0}"><v>2.5</v></c><c r="B{0}" s="1"><f>A1</f><v>{1}</v></c>'
    '<c r="C{0}" t="e"><v>#REF!</v></c></row>'
)


def workbook(file: Path, sheets: dict[str, str]) -> None:
    """As Excel writes it, no more than is read."""
    named = [f'<sheet name="{name}" r:id="r{place}"/>' for place, name in enumerate(sheets)]
    related = [f'<Relationship Id="r{place}" Target="worksheets/{place}.xml"/>' for place in range(len(sheets))]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="s" xmlns:r="r"><sheets>{"".join(named)}</sheets></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="p">{"".join(related)}</Relationships>')
        archive.writestr("xl/sharedStrings.xml", '<sst xmlns="s"><si><r><t>am</t></r><r><t>ount</t></r></si></sst>')
        formats = '<numFmts><numFmt numFmtId="164" formatCode="[$-40C]dd/mm/yyyy;@"/></numFmts>'
        formats += '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="s">{formats}</styleSheet>')
        for place, rows in enumerate(sheets.values()):
            archive.writestr(
                f"xl/worksheets/{place}.xml", f'<worksheet xmlns="s"><sheetData>{rows}</sheetData></worksheet>'
            )


async def test_a_workbook_of_excel_is_read(tools: dict[str, Tool], context: Context, workspace: Path) -> None:
    title = '<row r="1"><c r="A1" t="inlineStr"><is><t>Bills</t></is></c></row><row r="2"/>'
    rows = HEAD.format(3) + BODY.format(4, 46000) + BODY.format(5, 46000.5)
    workbook(workspace / "bills.xlsx", {"Sheet 1": title + rows})
    found = await tools["query_data"].call(
        {"sql": "SELECT amount, due, x FROM bills", "paths": ["bills.xlsx"]}, context
    )
    assert found.data["rows"] == [[2.5, "2025-12-09 00:00:00", None], [2.5, "2025-12-09 12:00:00", None]]
    workbook(workspace / "two.xlsx", {"May 2026": rows, "Empty": "", "June": HEAD.format(1) + BODY.format(2, 46000)})
    told = await tools["describe_data"].call({"path": "two.xlsx"}, context)
    assert told.data["tables"][1]["columns"][1]["type"] == "DATE"
    assert [(table["name"], table["rows"]) for table in told.data["tables"]] == [("May_2026", 2), ("June", 1)]


@pytest.mark.parametrize("parts", [{}, {"xl/workbook.xml": "<x"}, {"xl/workbook.xml": BILLION}])
async def test_what_only_looks_like_a_workbook_is_said(
    tools: dict[str, Tool], context: Context, workspace: Path, parts: dict[str, str]
) -> None:
    with zipfile.ZipFile(workspace / "no.xlsx", "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    (workspace / "nor.xlsx").write_bytes(b"PK\3\4junk")
    for name in ("no.xlsx", "nor.xlsx"):
        with pytest.raises(ToolRetry, match="no workbook that can be read"):
            await tools["describe_data"].call({"path": name}, context)


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
