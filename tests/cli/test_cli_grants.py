"""`orchestrator grants`: what was answered with "always" is listed, and taken back, by both ways to the product."""

from pathlib import Path

from commanding import InProcess

from orchestrator.cli.command import Options, Session
from orchestrator.cli.follow import follow
from orchestrator.cli.prose import Silent
from orchestrator.kernel.messages import Json


def allowed_for_always(data: Path) -> Json:
    """The question of a run that a person answered with "always"."""
    asked: list[Json] = []

    def always(approval: Json) -> "str | None":
        asked.append(approval)
        return "always"

    session = Session(Options(data=data, json=True))
    start = session.connection.start("Fetch it.", conversation_id=None, model="told/fetch", approvals="ask")
    follow(session, session.do(start)["run_id"], always, Silent())  # type: ignore[arg-type]
    session.close()
    (question,) = asked
    return question


def test_what_was_allowed_for_always_is_listed_and_taken_back(way: str, data: Path, orchestrator: InProcess) -> None:
    assert orchestrator("grants", "list", "--json").json == {"items": []}
    assert "Everything is asked." in orchestrator("grants", "list").err
    asked = allowed_for_always(data)
    (grant,) = orchestrator("grants", "list", "--json").json["items"]
    assert (grant["tool"], grant["shape"]) == ("http_request", asked["shape"])
    assert grant["id"] in orchestrator("grants", "list").out
    assert "it is asked again" in orchestrator("grants", "revoke", grant["id"]).out
    assert orchestrator("grants", "list", "--json").json == {"items": []}
    assert orchestrator("grants", "revoke", grant["id"], "--json").error["code"] == "not_found"
