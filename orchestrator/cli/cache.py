"""`orchestrator models cache`: answers that are given again."""

import typer

from orchestrator.cli.command import Session, command


def add_to(models: typer.Typer) -> None:
    group = typer.Typer(help="What the cache of answers holds and spared; forget it.", no_args_is_help=True)
    models.add_typer(group, name="cache")

    @command(group, "stats")
    def stats(session: Session) -> None:
        """What it holds, and what it spared since the server started."""
        found = session.do(session.connection.ask("GET", "/cache"))
        lines = [f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in found.items()]
        session.terminal.result(found, None if session.terminal.json else "\n".join(lines))

    @command(group, "clear")
    def clear(session: Session) -> None:
        """Forget every answer of yours, in the store too."""
        found = session.do(session.connection.ask("DELETE", "/cache"))
        session.terminal.result(found, f"{found['cleared']} answers forgotten.")


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
