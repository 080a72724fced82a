"""`orchestrator users key`: keys for programs."""

from typing import Annotated

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Keys for programs: make one, list them, revoke one.", no_args_is_help=True)
    application.add_typer(group, name="key")

    @command(group, "new")
    def new(
        session: Session,
        name: Annotated[str, typer.Argument(help="What it is for: an editor, a script.")],
        reach: Annotated[str, typer.Option(help="models, agents (models too), or api (everything).")] = "models",
        scopes: Annotated[str, typer.Option(help="Of read, write, execute, admin.")] = "read,execute",
        days: Annotated[float | None, typer.Option(help="How long it is good; without end when not given.")] = None,
        user: Annotated[str | None, typer.Option(help="Whose it is; yours when not given.")] = None,
    ) -> None:
        """Make a key. It is shown once: what is kept is its hash."""
        wanted = [part.strip() for part in scopes.split(",") if part.strip()]
        form = {"name": name, "reach": reach, "scopes": wanted, "days": days, "username": user}
        given = {field: value for field, value in form.items() if value is not None}
        made = session.do(session.connection.ask("POST", "/auth/keys", given))
        session.terminal.result(made, made["key"])

    @command(group, "list")
    def list_keys(session: Session) -> None:
        """The keys there are, revoked ones too; never the keys themselves."""
        found = session.do(session.connection.ask("GET", "/auth/keys"))
        columns = ("id", "name", "username", "reach", "ending", "last_used", "expires_at", "revoked_at")
        session.terminal.table(found, found["items"], columns, "There are no keys.")

    @command(group, "revoke")
    def revoke(session: Session, key_id: Annotated[str, typer.Argument(help="As `users key list` shows it.")]) -> None:
        """From now on it opens nothing."""
        session.do(session.connection.ask("DELETE", f"/auth/keys/{key_id}"))
        session.terminal.result({"id": key_id, "revoked": True}, f"{key_id}: revoked")
