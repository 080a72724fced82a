"""`orchestrator users`: who may sign in."""

import sys
from typing import Annotated

import typer

from orchestrator.cli.command import Session, command

Name = Annotated[str | None, typer.Argument(help="The owner when not given.", show_default=False)]
FromInput = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List users, add one, set a password, make a sign-in link.", no_args_is_help=True)
    application.add_typer(group, name="users")

    @command(group, "list")
    def list_users(session: Session) -> None:
        """Who has an account here."""
        found = session.do(session.connection.users())
        columns = ("username", "scopes", "has_password", "id")
        session.terminal.table(found, found["items"], columns, "There are no users.")

    @command(group, "add")
    def add(
        session: Session,
        username: Annotated[str, typer.Argument(help="A name to sign in with.")],
        scope: Annotated[
            list[str] | None,
            typer.Option(help="read, write, execute or admin; may be repeated.", show_default="read write execute"),
        ] = None,
        stdin: FromInput = False,
    ) -> None:
        """Add a user."""
        password = _password(session, stdin)
        scopes = tuple(scope or ("read", "write", "execute"))
        user = session.do(session.connection.register(username, password, scopes))
        session.terminal.result(user, f"{user['username']} may sign in.")

    @command(group, "password")
    def password(session: Session, username: Name = None, stdin: FromInput = False) -> None:
        """Set a password."""
        session.do(session.connection.set_password(username, _password(session, stdin)))
        session.terminal.result({"ok": True}, "The password is set.")

    @command(group, "link")
    def link(session: Session, username: Name = None) -> None:
        """Make a link that signs in, once."""
        made = session.do(session.connection.sign_in_link(username))
        session.terminal.result(made, made["url"])


def _password(session: Session, stdin: bool) -> str:
    from orchestrator.kernel.errors import InvalidInput

    if stdin:
        return sys.stdin.readline().rstrip("\n")
    terminal = session.terminal
    if not terminal.interactive:
        raise InvalidInput("There is no terminal to ask for a password.", hint="Use --stdin.")
    first = terminal.read_secret(terminal.word("password"))
    if first != terminal.read_secret(terminal.word("password_again")):
        raise InvalidInput("The two are not the same.", hint="Nothing was changed; try again.")
    return first
