"""`orchestrator conversations`: what was said."""

from typing import Annotated

import typer

from orchestrator.cli.command import Before, Limit, Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List conversations, read one.", no_args_is_help=True)
    application.add_typer(group, name="conversations")

    @command(group, "list")
    def list_conversations(session: Session, limit: Limit = 20, before: Before = None) -> None:
        """The conversations, the latest first."""
        page = session.do(session.connection.conversations(before=before, limit=limit))
        empty = "No others." if before else "No conversations yet."
        session.terminal.page(page, ("id", "updated_at", "title"), empty)

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
