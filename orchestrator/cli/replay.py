"""`orchestrator runs replay, fork, diff, export, import`: runs again, what if, side by side, and as files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Json

RunId = Annotated[str, typer.Argument(help="As `runs list` shows it.")]
Effects = Literal["simulate", "ask", "forbid", "recorded"]
DIFFERENT = 5  # the exit code: today's code decides differently


def add_to(group: typer.Typer) -> None:
    _add_again(group)
    _add_beside(group)


def _add_again(group: typer.Typer) -> None:
    @command(group, "replay")
    def replay(
        session: Session,
        run_id: Annotated[str | None, typer.Argument(help="As `runs list` shows it.", show_default=False)] = None,
        last: Annotated[
            int | None, typer.Option(help="Instead of one run, the latest ones.", min=1, max=1000, show_default=False)
        ] = None,
    ) -> int:
        """Make a run again from its recording, with the code of today. Nothing is called, nothing is written.

        Every event is decided again and compared. Exit codes: 0 all the same, 5 decided differently: the first such
        event is shown.
        """
        return _replay(session, run_id, last)

    @command(group, "fork")
    def fork(
        session: Session,
        run_id: RunId,
        at: Annotated[int, typer.Option(help="The last event that both share: a `seq`.", min=1)] = 1,
        model: Annotated[str, typer.Option(help="Another model.", show_default=False)] = "",
        prompt: Annotated[str, typer.Option(help="Another question.", show_default=False)] = "",
        instructions: Annotated[
            Path | None, typer.Option(help="A file with other instructions.", show_default=False)
        ] = None,
        policy: Annotated[
            Path | None, typer.Option(help="A TOML file with other settings of [policy].", show_default=False)
        ] = None,
        effects: Annotated[
            Effects,
            typer.Option(
                help="What becomes of calls with effects that the recording does not have: simulated (or refused),"
                " asked, forbidden; or nothing at all but what is recorded."
            ),
        ] = "simulate",
    ) -> int:
        """What if: a new run that goes on from an event of another, with something changed.

        Replies and results are taken from the recording as long as nothing before them has changed. Exit codes as
        those of `orchestrator run`.
        """
        body = {
            "at": at,
            "model": model,
            "prompt": prompt,
            "instructions": _text(instructions) if instructions else "",
            "policy": _policy(policy) if policy else None,
            "effects": effects,
        }
        return _fork(session, run_id, body)


def _add_beside(group: typer.Typer) -> None:
    @command(group, "diff")
    def diff(
        session: Session,
        left: RunId,
        right: Annotated[str, typer.Argument(help="The other run.")],
        every: Annotated[bool, typer.Option("--all", help="Show what is the same, too.")] = False,
    ) -> int:
        """Two runs side by side: what was said, called and answered, cost, tokens, time. Exit code 5: they differ."""
        found = session.do(session.connection.ask("GET", f"/runs/{left}/diff", other=right))
        if session.terminal.json:
            session.terminal.result(found)
        else:
            from orchestrator.cli.sides import shown

            shown(session.terminal, found, every=every)
        return 0 if found["same"] else DIFFERENT

    @command(group, "export")
    def export(
        session: Session,
        run_id: RunId,
        output: Annotated[
            Path | None, typer.Option("--output", "-o", help="The file; else standard output.", show_default=False)
        ] = None,
        redact: Annotated[bool, typer.Option("--redact", help="Without texts, names and results.")] = False,
    ) -> None:
        """A finished run as one file: its events in a chain of hashes, its conversation, its artifacts."""
        found = session.do(session.connection.ask("GET", f"/runs/{run_id}/export", redact=str(redact).lower()))
        _write(session, found, output)

    @command(group, "import")
    def take_in(
        session: Session, file: Annotated[Path, typer.Argument(help="A file that `runs export` wrote; - reads it.")]
    ) -> None:
        """Keep a run that was exported elsewhere: verified, marked as imported. Twice is the same as once."""
        import msgspec

        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = session.do(session.connection.ask("POST", "/runs/import", msgspec.Raw(data or b'""')))
        what = "was here already" if found["already"] else f"{found['events']} events, {found['artifacts']} artifacts"
        session.terminal.result(found, f"{found['run_id']}: {what}")


def _replay(session: Session, run_id: str | None, last: int | None) -> int:
    from orchestrator.kernel.errors import InvalidInput

    if (run_id is None) == (last is None):
        raise InvalidInput("Say which run, or how many of the latest.", hint="orchestrator runs replay --last 100")
    if run_id is not None:
        one = session.do(session.connection.ask("POST", f"/runs/{run_id}/replay", {}))
        session.terminal.result(one, None if session.terminal.json else told(one))
        return 0 if one["exact"] else DIFFERENT
    found = session.do(session.connection.ask("POST", "/runs/replay", {"last": last}))
    if session.terminal.json:
        session.terminal.result(found)
    else:
        for one in found["items"]:
            if not one["exact"]:
                session.terminal.line(told(one) + "\n")
        session.terminal.line(f"{found['exact']} the same, {found['different']} decided differently")
    return DIFFERENT if found["different"] else 0


def told(one: "Json") -> str:
    """What came of a replay, the first difference as a diff."""
    difference = one["difference"]
    if difference is None:
        notes = [f"{one['events']} events, every one the same"]
        if one["unasked"]:
            notes.append(f"{one['unasked']} questions to a model are too old to be compared")
        return f"{one['run_id']}: {'; '.join(notes)}"
    kind, seq = difference["type"], difference["seq"]
    lines = [
        f"{one['run_id']}: decided differently at event {seq} of {one['events']} ({kind})",
        *([difference["note"]] if difference["note"] else []),
        "--- recorded",
        "+++ today",
    ]
    if difference["changes"]:
        for change in difference["changes"]:
            lines += _both(change["path"], change["recorded"], change["today"])
    else:
        lines += [f"- {_plain(difference['recorded'])}", f"+ {_plain(difference['today'])}"]
    return "\n".join(lines)


def _both(path: str, recorded: Any, today: Any) -> list[str]:
    return [f"- {path}: {_plain(recorded)}", f"+ {path}: {_plain(today)}"]


def _plain(value: Any) -> str:
    import msgspec

    if value is None:
        return "(nothing)"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _fork(session: Session, run_id: str, body: dict[str, Any]) -> int:
    from orchestrator.cli.follow import EXIT, deciding, follow, prose

    terminal = session.terminal
    made = session.do(session.connection.ask("POST", f"/runs/{run_id}/fork", body))
    terminal.note(f"{made['run_id']} goes on from event {body['at']} of {run_id}")
    run = follow(session, made["run_id"], deciding(terminal, yes=False), prose(terminal, streamed=False))
    if terminal.json:
        terminal.result(run)
    else:
        if not terminal.rich:
            terminal.line(run["answer"])
        terminal.note(f"side by side: {session.typed('runs', 'diff', run_id, made['run_id'])}")
    return EXIT.get(run["status"], 1)


def _text(path: Path) -> str:
    from orchestrator.cli.terminal import utf8

    return utf8(path.read_text("utf-8", "surrogateescape"))


def _policy(path: Path) -> dict[str, Any]:
    """The [policy] section of a settings file, or a file of nothing else."""
    import tomllib

    from orchestrator.kernel.errors import InvalidInput

    try:
        written = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path} cannot be read: {error}.", hint="It is TOML, as config.toml.") from error
    section = written.get("policy", written)
    if not isinstance(section, dict):
        raise InvalidInput(f"{path} has no section [policy].")
    return section


def _write(session: Session, found: "Json", output: Path | None) -> None:
    import msgspec

    data = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    output.write_bytes(data)
    output.chmod(0o600)  # it holds what was said
    session.terminal.result({"file": str(output), "bytes": len(data)}, f"{output}: {len(data)} bytes")
