"""`orchestrator budget`, on the data folder and through a server: set, spent, topped up, booked, exported."""

import csv
import io
from pathlib import Path

import pytest
from commanding import InProcess


@pytest.fixture
def dear(data: Path) -> None:
    """The model of the tests costs money."""
    config = data / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[llm.models."told/say"]\ninput = 10.0\noutput = 100.0\n', "utf-8")


def test_money_is_set_spent_topped_up_and_booked(dear: None, way: str, orchestrator: InProcess) -> None:
    assert "nothing limits" in orchestrator("budget", "show").err
    assert "all: $5.00 a month, $5.00 left." in orchestrator("budget", "set", "all", "5").out
    assert "user:*: $2.50 in all" in orchestrator("budget", "set", "user:*", "250c", "--period", "total").out
    run = orchestrator("run", "Hello", "--json").json
    assert run["cost"] > 0
    shown = orchestrator("budget", "show", "--json").json["items"]
    spent = {one["scope"] + one["label"]: one["spent"] for one in shown}
    assert spent["tenant"] == pytest.approx(run["cost"]) and spent["user*"] == 0 and len(spent) == 3
    assert (
        "$5.00 a month and $2.00 added, $7.00 left"
        in orchestrator("budget", "top-up", "all", "2", "--note", "more").out
    )
    listed = orchestrator("budget", "ledger").out
    assert "topped_up" in listed and "say" in listed
    exported = orchestrator("budget", "export").out
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [row["kind"] for row in rows] == ["topped_up", "spent"] and rows[1]["run_id"] == run["run_id"]
    assert orchestrator("budget", "savings", "--json").json["items"][0]["calls"] == 1
    assert "Removed." in orchestrator("budget", "remove", "all").out
    assert orchestrator("budget", "remove", "all", "--json").error["code"] == "not_found"


@pytest.mark.parametrize(
    "words",
    [("set", "everyone", "5"), ("set", "all", "much"), ("set", "user:", "5"), ("set", "all", "5", "--period", "year")],
)
def test_nonsense_is_said_to_be_such(orchestrator: InProcess, words: tuple[str, ...]) -> None:
    assert orchestrator("budget", *words, "--json").error["code"] == "invalid_input"
