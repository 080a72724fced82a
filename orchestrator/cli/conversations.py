"""`orchestrator conversations`: what was said."""

from typing import Annotated

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List conversations, read one.", no_args_is_help=True)
    application.add_typer(group, name="conversations")

    @command(group, "list")
    def list_conversations(
        session: Session, limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=200)] = 20
    ) -> None:
        """The conversations, the latest first."""
        page = session.do(session.connection.conversations(limit=limit))
        session.terminal.table(page, page["items"], ("id", "updated_at", "title"), "No conversations yet.")

    @command(group, "show")
    def show(
        session: Session, conversation_id: Annotated[str, typer.Argument(help="As `conversations list` shows it.")]
    ) -> None:
        """What was said in a conversation, oldest first."""
        from orchestrator.cli.terminal import moment

        terminal, connection = session.terminal, session.connection
        conversation = session.do(connection.conversation(conversation_id))
        messages = session.do(connection.messages(conversation_id))["items"]
        if terminal.json:
            terminal.result({**conversation, "messages": messages})
            return
        terminal.line(f"{conversation['title']}  ({moment(conversation['updated_at'])})")
        for message in messages:
            mark = ">" if message["role"] == "user" else " "
            terminal.line()
            for line in message["content"].splitlines():
                terminal.line(f"{mark} {line}".rstrip())
