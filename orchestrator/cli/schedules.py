"""`orchestrator schedules`: what is to happen later."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from orchestrator.cli.command import Session, command

Which = Annotated[str, typer.Argument(metavar="ID", help="As `schedules list` shows it.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Reminders and tasks for later: set, list, pause, have now, cancel.", no_args_is_help=True)
    application.add_typer(group, name="schedules")

    @command(group, "list")
    def list_schedules(
        session: Session,
        ended: Annotated[bool, typer.Option("--ended", help="Those that are over, too.")] = False,
    ) -> None:
        """What is to happen later."""
        found = session.do(session.connection.ask("GET", "/schedules", ended=str(ended).lower()))
        columns = ("id", "kind", "when", "next_at", "last_at", "fired", "text", *(("ended",) if ended else ()))
        rows = [
            {
                **one,
                "next_at": one["next"],
                "last_at": one["last"],
                "when": f"{one['when']}{' (paused)' * one['paused']}",
            }
            for one in found["items"]
        ]
        session.terminal.table(found, rows, columns, "Nothing is scheduled.")

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
    def cancel(session: Session, schedule_id: Which) -> None:
        """Cancel what was to happen."""
        made = session.do(session.connection.ask("DELETE", f"/schedules/{quote(schedule_id, safe='')}"))
        session.terminal.result(made, f"{made['id']}: {made['ended']}")

    _going(group)


def _going(group: typer.Typer) -> None:
    @command(group, "pause")
    def pause(session: Session, schedule_id: Which) -> None:
        """Let nothing of it happen until it is resumed."""
        made = _asked(session, schedule_id, "pause")
        session.terminal.result(made, f"{made['id']} is paused.")

    @command(group, "resume")
    def resume(session: Session, schedule_id: Which) -> None:
        """Let it happen again, from now on."""
        made = _asked(session, schedule_id, "resume")
        session.terminal.result(made, f"{made['id']}: {made['when']}; next: {made['next'] or 'when it changes'}")

    @command(group, "run")
    def run(session: Session, schedule_id: Which) -> int:
        """Let it happen now, and follow it. What happens once happens now instead."""
        from orchestrator.cli.follow import EXIT, deciding, follow, prose

        terminal = session.terminal
        made = _asked(session, schedule_id, "run")
        done = follow(session, made["run_id"], deciding(terminal, yes=False), prose(terminal, streamed=False))
        if terminal.json:
            terminal.result(done)
        return EXIT[done["status"]]


def _asked(session: Session, schedule_id: str, what: str) -> Any:
    return session.do(session.connection.ask("POST", f"/schedules/{quote(schedule_id, safe='')}/{what}"))
