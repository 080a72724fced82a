"""`orchestrator run`: one goal, from a person or a script."""

import sys
from typing import Annotated

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    @command(application, "run")
    def run(
        session: Session,
        goal: Annotated[str, typer.Argument(help="What you want done; - reads it from standard input.")],
        model: Annotated[
            str | None, typer.Option(help="A model, a provider, or provider/model.", show_default="auto")
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve what is asked in this run.")] = False,
        conversation: Annotated[
            str | None, typer.Option(help="Go on with this conversation.", show_default=False)
        ] = None,
    ) -> int:
        """Give an agent a goal and wait for its answer.

        The answer goes to standard output, what is done meanwhile to standard error. Without --yes and without a
        terminal, a call that needs approval is refused, and the answer says so. Ctrl-C cancels the run.

        Exit codes: 0 completed, 1 failed, 2 usage, 3 partial answer, 4 waits for an approval, 130 cancelled.
        """
        from orchestrator.cli.follow import EXIT, approvals, deciding, follow, prose
        from orchestrator.cli.terminal import utf8
        from orchestrator.kernel.errors import InvalidInput

        text = utf8(sys.stdin.read() if goal == "-" else goal).strip()
        if not text:
            raise InvalidInput("The goal is empty.", hint='For instance: orchestrator run "what time is it?"')
        terminal, connection = session.terminal, session.connection
        decide = deciding(terminal, yes)
        started = session.do(
            connection.start(
                text,
                conversation_id=conversation,
                model=model,
                approvals=approvals(terminal, yes),
            )
        )
        finished = follow(session, started["run_id"], decide, prose(terminal, streamed=False))
        if terminal.json:
            terminal.result(finished)
        elif not terminal.rich:
            terminal.line(finished["answer"])
        return EXIT[finished["status"]]
