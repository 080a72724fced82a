"""`orchestrator users`: who may sign in."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import keys
from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Scope

Username = Annotated[str | None, typer.Argument(help="The owner when not given.", show_default=False)]
FromInput = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List users, add one, set a password, make a sign-in link.", no_args_is_help=True)
    application.add_typer(group, name="users")
    keys.add_to(group)

    @command(group, "list")
    def list_users(session: Session) -> None:
        """Who has an account here."""
        found = session.do(session.connection.users())
        columns = ("username", "has_password", "id", "scopes")
        session.terminal.table(found, found["items"], columns, "There are no users.")

    @command(group, "add")
    def add(
        session: Session,
        username: Annotated[str, typer.Argument(help="A name to sign in with.")],
        scopes: Annotated[str, typer.Option(help="Of read, write, execute, admin.")] = "read,write,execute",
        stdin: FromInput = False,
    ) -> None:
        """Add a user, with a password."""
        given = _scopes(scopes)
        user = session.do(session.connection.register(username, _password(session, stdin), given))
        session.terminal.result(user, f"{user['username']} may sign in.")

    @command(group, "password")
    def password(session: Session, username: Username = None, stdin: FromInput = False) -> None:
        """Set a user's password; without one, only a link signs in.

        Whoever holds the data folder needs no current password. With --url one sets one's own, with the current one:
        on the second line of standard input with --stdin.
        """
        connection = session.connection
        new = _password(session, stdin)
        elsewhere = session.options.url and session.do(connection.me())["has_password"]
        current = _current(session, stdin) if elsewhere else None
        session.do(connection.set_password(new, current=current, username=username))
        session.terminal.result({"has_password": True}, "The password is set; other sessions have ended.")

    @command(group, "link")
    def link(
        session: Session,
        username: Username = None,
    ) -> None:
        """Make a link that signs in, once."""
        made = session.do(session.connection.sign_in_link(username))
        session.terminal.result(made, made["url"])
        if session.connection.drives:
            session.terminal.note(session.terminal.word("no_server"))


def _scopes(text: str) -> "tuple[Scope, ...]":
    import msgspec

    from orchestrator.kernel.errors import InvalidInput
    from orchestrator.kernel.messages import Scope

    try:
        return msgspec.convert([part.strip() for part in text.split(",") if part.strip()], tuple[Scope, ...])
    except msgspec.ValidationError as error:
        raise InvalidInput(f"--scopes {text!r} is not a list of scopes.", hint="read,write,execute,admin") from error


def _password(session: Session, stdin: bool) -> str:
    from orchestrator.cli.terminal import utf8
    from orchestrator.kernel.errors import InvalidInput

    if stdin:
        return utf8(sys.stdin.readline().rstrip("\n"))
    terminal = session.terminal
    first = _secret(session, "password")
    if first != terminal.read_secret(terminal.word("password_again")):
        raise InvalidInput("The two are not the same.", hint="Nothing was changed; try again.")
    return first


def _current(session: Session, stdin: bool) -> str:
    from orchestrator.cli.terminal import utf8

    return utf8(sys.stdin.readline().rstrip("\n")) if stdin else _secret(session, "password_current")


def _secret(session: Session, word: str) -> str:
    from orchestrator.kernel.errors import InvalidInput

    if not session.terminal.interactive:
        raise InvalidInput("There is no terminal to ask for a password.", hint="Use --stdin.")
    return session.terminal.read_secret(session.terminal.word(word))
