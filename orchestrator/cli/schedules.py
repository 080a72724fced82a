"""`orchestrator schedules`: what is to happen later."""

from typing import Annotated
from urllib.parse import quote

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Reminders and tasks for later: set, list, cancel.", no_args_is_help=True)
    application.add_typer(group, name="schedules")

    @command(group, "list")
    def list_schedules(
        session: Session,
        ended: Annotated[bool, typer.Option("--ended", help="Those that are over, too.")] = False,
    ) -> None:
        """What is to happen later."""
        found = session.do(session.connection.ask("GET", "/schedules", ended=str(ended).lower()))
        columns = ("id", "kind", "when", "next", "fired", "text", *(("ended",) if ended else ()))
        session.terminal.table(found, found["items"], columns, "Nothing is scheduled.")

    @command(group, "add")
    def add(
        session: Session,
        when: Annotated[
            str, typer.Argument(help='In words: "every Monday at 9", "in 20 minutes", "tomorrow at 18:00".')
        ],
        text: Annotated[str, typer.Argument(help="What an agent is to do then.")],
        reminder: Annotated[bool, typer.Option("--reminder", help="Only remind me of it.")] = False,
        zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Paris; the server's if not said.")] = "",
    ) -> None:
        """Let an agent do something later, while a server runs."""
        body = {"text": text, "when": when, "kind": "reminder" if reminder else "task", "zone": zone}
        made = session.do(session.connection.ask("POST", "/schedules", body))
        session.terminal.result(made, f"{made['id']}: {made['when']}; next: {made['next'] or 'when it changes'}")

    @command(group, "cancel")
    def cancel(
        session: Session, schedule_id: Annotated[str, typer.Argument(help="As `schedules list` shows it.")]
    ) -> None:
        """Cancel what was to happen."""
        made = session.do(session.connection.ask("DELETE", f"/schedules/{quote(schedule_id, safe='')}"))
        session.terminal.result(made, f"{made['id']}: {made['ended']}")
