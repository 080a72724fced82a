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


def test_paused_had_now_and_resumed(way: str, data: Path, orchestrator: InProcess) -> None:
    made = orchestrator("schedules", "add", "every Monday at 9", "check the backups", "--reminder", "--json").json
    assert "is paused" in orchestrator("schedules", "pause", made["id"]).out
    assert "every Monday at 09:00 (paused)" in orchestrator("schedules", "list").out
    done = orchestrator("schedules", "run", made["id"], "--json").json
    assert (done["status"], done["answer"]) == ("completed", "Reminder: check the backups")
    assert "every Monday at 09:00; next: " in orchestrator("schedules", "resume", made["id"]).out
    (kept,) = orchestrator("schedules", "list", "--json").json["items"]
    assert (kept["fired"], kept["paused"], kept["run_id"]) == (1, False, done["run_id"])
    orchestrator("schedules", "cancel", made["id"])
    assert orchestrator("schedules", "run", made["id"], "--json").error["code"] == "conflict"
