"""`orchestrator secrets`: tokens and passwords under a name, for tools that need them. Never shown again."""

import sys
from typing import Annotated

import typer

from orchestrator.cli.command import Session, command

Name = Annotated[str, typer.Argument(help="What it is called: {{secret:NAME}} stands for it.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(
        help="Keep tokens and passwords for tools, by name. Nobody reads them back.", no_args_is_help=True
    )
    application.add_typer(group, name="secrets")

    @command(group, "list")
    def list_secrets(session: Session) -> None:
        """The secrets there are, and where they may go."""
        found = session.do(session.connection.ask("GET", "/secrets"))
        session.terminal.table(found, found["items"], ("name", "hosts", "tools", "updated_at"), "There are no secrets.")

    @command(group, "set")
    def set_secret(
        session: Session,
        name: Name,
        host: Annotated[list[str] | None, typer.Option(help="A host it may be sent to. May be repeated.")] = None,
        tool: Annotated[list[str] | None, typer.Option(help="A tool that may use it. May be repeated.")] = None,
        stdin: Annotated[bool, typer.Option("--stdin", help="Read the value from standard input, to its end.")] = False,
    ) -> None:
        """Keep a secret, in place of the one of this name. Its value is asked for and not shown."""
        body = {"value": _value(session, stdin), "hosts": host or [], "tools": tool or []}
        kept = session.do(session.connection.ask("PUT", f"/secrets/{_checked(name)}", body))
        session.terminal.result(kept, f"{name} is kept. Where a tool takes one, write {{{{secret:{name}}}}}.")

    @command(group, "remove")
    def remove(session: Session, name: Name) -> None:
        """Remove a secret. What was recorded of its use stays."""
        session.do(session.connection.ask("DELETE", f"/secrets/{_checked(name)}"))
        session.terminal.result({"removed": name}, f"{name} is removed.")


def _checked(name: str) -> str:
    from orchestrator.kernel.errors import InvalidInput
    from orchestrator.kernel.secrets import NAME

    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot be the name of a secret.", hint="Use up to 64 letters, digits and . _ -, a letter first."
        )
    return name


def _value(session: Session, stdin: bool) -> str:
    from orchestrator.cli.terminal import utf8
    from orchestrator.kernel.errors import InvalidInput

    if stdin:
        return utf8(sys.stdin.read())
    if not session.terminal.interactive:
        raise InvalidInput("There is no terminal to ask for the value.", hint="Use --stdin.")
    return session.terminal.read_secret(session.terminal.word("secret_value"))
