"""`orchestrator chat`: a conversation in the terminal."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    @command(application, "chat")
    def chat(
        session: Session,
        message: Annotated[
            str | None, typer.Argument(help="Say this and leave; without it, talk.", show_default=False)
        ] = None,
        model: Annotated[
            str | None, typer.Option(help="A model, a provider, or provider/model.", show_default="auto")
        ] = None,
        conversation: Annotated[
            str | None, typer.Option(help="Go on with this conversation.", show_default=False)
        ] = None,
    ) -> int:
        """Talk with an agent; see what it does, approve what it asks.

        Ctrl-C cancels what runs, Ctrl-D leaves. Lines of a pipe are messages, one after the other.
        """
        talk = Talk(session, model, conversation)
        if message is not None:
            return talk.say(message)
        return talk.on()


class Talk:
    def __init__(self, session: Session, model: str | None, conversation: str | None) -> None:
        self._session = session
        self._model = model
        self._conversation = conversation
        self._queued: list[str] = []  # the runs that come after the one under way

    def say(self, message: str) -> int:
        from orchestrator.cli.follow import EXIT, approvals, deciding, follow, prose

        terminal, connection = self._session.terminal, self._session.connection
        decide = deciding(terminal, yes=False)
        started = self._session.do(
            connection.start(
                message,
                conversation_id=self._conversation,
                model=self._model,
                approvals=approvals(terminal, yes=False),
            )
        )
        self._conversation = started["conversation_id"]
        run_id = started["run_id"]
        while True:
            run = follow(self._session, run_id, decide, prose(terminal, streamed=True), heard=self._hearing(run_id))
            if terminal.json:
                terminal.result(run)
            if not self._queued or run["status"] in ("cancelled", "waiting"):
                self._queued.clear()
                return EXIT[run["status"]]
            run_id = self._queued.pop(0)

    def _hearing(self, run_id: str) -> Callable[[str], None]:
        """What becomes of a line that is typed while the run works."""
        from orchestrator.cli import steering
        from orchestrator.cli.command import report
        from orchestrator.kernel.errors import OrchestratorError

        def hear(line: str) -> None:
            name, _, text = line.partition(" ") if line.startswith("/") else ("", "", line)
            try:
                if name in ("", "/stop", "/queue"):
                    urgency = {"": "steer", "/stop": "interrupt", "/queue": "queue"}[name]
                    said = steering.say(self._session, run_id, text.strip(), urgency)
                    if urgency == "queue":
                        self._queued.append(said["run_id"])
                elif name == "/pause":
                    steering.pause(self._session, run_id)
                else:
                    self._command(line)
            except OrchestratorError as error:
                report(self._session.terminal, error)

        return hear

    def on(self) -> int:
        from orchestrator.cli.command import report
        from orchestrator.cli.terminal import utf8
        from orchestrator.kernel.errors import InvalidInput, OrchestratorError

        terminal = self._session.terminal
        where = self._session.connection.where
        if terminal.interactive:
            terminal.note(terminal.word("welcome", model=self._model or "auto", where=where))
        code = 0
        while True:
            try:
                said = utf8(terminal.read_line("> ") if terminal.interactive else _piped())
            except KeyboardInterrupt:
                terminal.note("")
                continue
            except InvalidInput as error:
                report(terminal, error)
                code = 1
                continue
            except EOFError:
                if terminal.interactive:
                    terminal.note(terminal.word("bye"))
                    return 0
                return code
            if not (said := said.strip()):
                continue
            said = said.removeprefix("/queue ").removeprefix("/stop ").strip()  # nothing is under way any more
            if said.startswith("/"):
                self._command(said)
                continue
            try:
                code = self.say(said)
            except OrchestratorError as error:
                report(terminal, error)
                code = 1

    def _command(self, said: str) -> None:
        terminal = self._session.terminal
        name, _, value = said.partition(" ")
        if name == "/new":
            self._conversation = None
            terminal.note(terminal.word("new"))
        elif name == "/model":
            self._model = value.strip() or self._model
            terminal.note(terminal.word("model_is", model=self._model or "auto"))
        elif name == "/help":
            terminal.note(terminal.word("chat_help"))
        else:
            terminal.note(terminal.word("unknown_command", name=name), "yellow")


def _piped() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line
