"""`orchestrator schedules`: set in words, listed and cancelled, by both ways to the product."""

from pathlib import Path

from commanding import InProcess


def test_set_listed_and_cancelled(way: str, data: Path, orchestrator: InProcess) -> None:
    assert "Nothing is scheduled." in orchestrator("schedules", "list").err
    made = orchestrator("schedules", "add", "every Monday at 9", "check the backups", "--reminder", "--json").json
    assert (made["kind"], made["when"]) == ("reminder", "every Monday at 09:00")
    assert made["id"] in orchestrator("schedules", "list").out
    assert "cancelled" in orchestrator("schedules", "cancel", made["id"]).out
    assert orchestrator("schedules", "list", "--json").json == {"items": []}
    assert len(orchestrator("schedules", "list", "--ended", "--json").json["items"]) == 1
    assert orchestrator("schedules", "cancel", "schedule_none", "--json").error["code"] == "not_found"
    assert "every Monday at 9" in orchestrator("schedules", "add", "sometimes", "x", "--json").error["hint"]
