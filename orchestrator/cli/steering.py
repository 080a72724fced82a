"""`orchestrator runs say, steer, interrupt, pause, continue, edit, set, passages`: what people do to a run at work."""

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Json

RunId = Annotated[str, typer.Argument(help="As `runs list` shows it.")]
Message = Annotated[str, typer.Argument(help="What you want to say.")]


def add_to(group: typer.Typer) -> None:
    _add_words(group)
    _add_changes(group)


def _add_words(group: typer.Typer) -> None:
    @command(group, "say")
    def queue(session: Session, run_id: RunId, message: Message) -> int | None:
        """Say something that is answered after what is under way, as the next goal of the conversation."""
        return _acted(session, say(session, run_id, message, "queue"))

    @command(group, "steer")
    def steer(session: Session, run_id: RunId, message: Message) -> int | None:
        """Tell a run something that its model reads at the next step."""
        return _acted(session, say(session, run_id, message, "steer"))

    @command(group, "interrupt")
    def interrupt(session: Session, run_id: RunId, message: Message) -> int | None:
        """Stop what the run has under way, and go on with this instead."""
        return _acted(session, say(session, run_id, message, "interrupt"))

    @command(group, "pause")
    def rest(
        session: Session,
        run_id: RunId,
        note: Annotated[str, typer.Option(help="Why, for others.", show_default=False)] = "",
    ) -> int | None:
        """Let a run, and those below it, rest once what is under way is done. It costs nothing until continued."""
        return _acted(session, pause(session, run_id, note))

    @command(group, "continue")
    def go_on(session: Session, run_id: RunId) -> int | None:
        """Let a paused run go on."""
        return _acted(session, _ask(session, "POST", f"/runs/{_quoted(run_id)}/continue"))

    @command(group, "passages")
    def passages(
        session: Session,
        run_id: RunId,
        read: Annotated[
            str | None, typer.Option(help="Let the model read what was withheld of this call.", show_default=False)
        ] = None,
        always: Annotated[bool, typer.Option(help="And whatever the same source says from now on.")] = False,
    ) -> int | None:
        """What gives orders to the model in what it read, withheld or marked; or let it read what was withheld."""
        if read is not None:
            body = {"call_id": read, "always": always}
            return _acted(session, _ask(session, "POST", f"/runs/{_quoted(run_id)}/passages", body))
        rows = [
            {"call_id": event["call_id"], "tool": event["tool"], "withheld": one["withheld"], "text": text}
            for event in session.do(session.connection.events(run_id))["items"]
            for one in event.get("passages", ())
            for text in [event["content"][one["start"] : one["end"]]]
        ]
        none = "Nothing that it read gives orders to the model."
        session.terminal.table({"items": rows}, rows, ("call_id", "tool", "withheld", "text"), none)
        return None


def _add_changes(group: typer.Typer) -> None:
    @command(group, "edit")
    def edit(
        session: Session,
        approval_id: Annotated[str, typer.Argument(help="The question, as `runs approve` lists it.")],
        arguments: Annotated[
            list[str], typer.Argument(help="NAME=VALUE for each argument that changes; a value may be JSON.")
        ],
        note: Annotated[str, typer.Option(help="A word to the agent.", show_default=False)] = "",
    ) -> int | None:
        """Change a call that waits for approval. Policy decides anew; what it asks then is answered as ever."""
        from orchestrator.kernel.errors import NotFound

        waiting = session.do(session.connection.approvals())["items"]
        found = next((item for item in waiting if item["approval_id"] == approval_id), None)
        if found is None:
            raise NotFound(f"No question {approval_id} waits.", hint="orchestrator runs approve lists those that do.")
        body = {"arguments": {**found["arguments"], **_given(arguments)}, "note": note}
        return _acted(session, _ask(session, "POST", f"/approvals/{_quoted(approval_id)}/edit", body))

    @command(group, "set")
    def set_run(
        session: Session,
        run_id: RunId,
        model: Annotated[str | None, typer.Option(help="Another model.", show_default=False)] = None,
        cost: Annotated[float | None, typer.Option(help="US dollars at most; 0: no limit.", show_default=False)] = None,
        tokens: Annotated[int | None, typer.Option(help="Tokens at most; 0: no limit.", show_default=False)] = None,
        steps: Annotated[int | None, typer.Option(help="Model calls at most.", show_default=False)] = None,
        seconds: Annotated[float | None, typer.Option(help="Seconds of work at most.", show_default=False)] = None,
    ) -> int | None:
        """Another model or other limits from the next step on. A run that waits for money goes on once it suffices."""
        limits = {"cost": cost, "tokens": tokens, "steps": steps, "seconds": seconds}
        given = {name: value for name, value in limits.items() if value is not None}
        body: dict[str, Any] = {**({"model": model} if model else {}), **({"limits": given} if given else {})}
        return _acted(session, _ask(session, "PATCH", f"/runs/{_quoted(run_id)}", body))


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _ask(session: Session, method: str, path: str, body: "Json" = None) -> "Json":
    return session.do(session.connection.ask(method, path, body))


def pause(session: Session, run_id: str, note: str = "") -> "Json":
    return _ask(session, "POST", f"/runs/{_quoted(run_id)}/pause", {"note": note})


def say(session: Session, run_id: str, message: str, urgency: str) -> "Json":
    body = {"message": message, "urgency": urgency, **({"channel": "cli"} if urgency == "queue" else {})}
    return _ask(session, "POST", f"/runs/{_quoted(run_id)}/messages", body)


def _acted(session: Session, run: "Json") -> int | None:
    """What the run is now. Where no server drives it, this process does, as long as it has something to do."""
    from orchestrator.cli.runs import stay

    if session.connection.drives and run["status"] == "running":
        return stay(session, run["run_id"], yes=False)
    paused = f" ({run['paused']})" if run["paused"] else ""
    session.terminal.result(run, f"{run['run_id']}: {session.terminal.word('status.' + run['status'])}{paused}")
    for approval in run["approvals"]:
        asked = session.typed("runs", "approve", approval["approval_id"])
        session.terminal.note(session.terminal.word("waits", command=asked), "yellow")
    return None


def _given(arguments: list[str]) -> dict[str, Any]:
    import msgspec

    from orchestrator.kernel.errors import InvalidInput

    found: dict[str, Any] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or not name:
            raise InvalidInput(f"{argument!r} names no argument.", hint="For instance: path=notes.txt")
        try:
            found[name] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            found[name] = value
    return found
