"""`orchestrator models`: who can think here."""

import time
from typing import Annotated

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List models, try one.", no_args_is_help=True)
    application.add_typer(group, name="models")

    @command(group, "list")
    def list_models(session: Session) -> None:
        """Every model of every provider that answers, and which one auto takes."""
        found = session.do(session.connection.models())
        terminal = session.terminal
        rows = [
            {**model, "name": f"{model['provider']}/{model['name']}", "capabilities": sorted(model["capabilities"])}
            for model in found["items"]
        ]
        terminal.table(
            found, rows, ("name", "capabilities", "context", "simulated", "description"), "No model answers."
        )
        if terminal.json:
            return
        for provider, health in found["health"].items():
            if not health["ok"]:
                terminal.note(f"{provider}: {health['detail']}", "yellow")
        if found["auto"]:
            terminal.note(f"auto: {found['auto']['model']} ({found['auto']['reason']})")

    @command(group, "test")
    def test(
        session: Session,
        model: Annotated[str, typer.Argument(help="A model, a provider, or provider/model.")] = "auto",
    ) -> int:
        """Ask a model a small question and time its answer."""
        from orchestrator.cli.follow import EXIT, follow, leaving
        from orchestrator.cli.prose import Silent

        connection, terminal = session.connection, session.terminal
        began = time.monotonic()
        started = session.do(connection.start("What is 6 * 7?", conversation_id=None, model=model, approvals="refuse"))
        run = follow(session, started["run_id"], leaving, Silent())
        seconds = time.monotonic() - began
        said = {"model": run["model"], "status": run["status"], "answer": run["answer"], "seconds": round(seconds, 3)}
        answered = f"{run['model']} answered in {seconds:.2f} s: " if run["status"] == "completed" else ""
        terminal.result(said, f"{answered}{run['answer']}")
        return EXIT[run["status"]]
