"""`orchestrator grants`: what was answered with "always", and taking it back."""

from typing import Annotated

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help='List what was allowed with "always"; take it back.', no_args_is_help=True)
    application.add_typer(group, name="grants")

    @command(group, "list")
    def list_grants(session: Session) -> None:
        """What need not be asked any more, the oldest first."""
        from orchestrator.cli import translations

        found = session.do(session.connection.grants())
        language = session.terminal.language
        shown = [{**item, "shape": translations.covered(language, item["shape"])} for item in found["items"]]
        session.terminal.table(found, shown, ("id", "at", "tool", "shape"), "Everything is asked.")

    @command(group, "revoke")
    def revoke(session: Session, grant_id: Annotated[str, typer.Argument(help="As `grants list` shows it.")]) -> None:
        """From now on it is asked again, by the runs at work too."""
        session.do(session.connection.revoke(grant_id))
        session.terminal.result({"id": grant_id, "revoked": True}, f"{grant_id}: taken back, it is asked again")
