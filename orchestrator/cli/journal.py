"""`orchestrator journal`: the record of everything, as a whole."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Json

_LOOK = 0.5  # seconds between two looks at a job


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(
        help="Verify, rebuild, export, archive the journal; erase a person; what it holds.", no_args_is_help=True
    )
    application.add_typer(group, name="journal")
    _add_looks(group)
    _add_changes(group)


def _add_looks(group: typer.Typer) -> None:
    @command(group, "stats")
    def stats(session: Session) -> None:
        """What the journal holds, and the name of its last anchor: keep that elsewhere."""
        found = session.do(session.connection.ask("GET", "/journal/stats"))
        rows = [(name, value) for name, value in found.items() if name != "types"]
        rows += [(f"  {name}", count) for name, count in found["types"].items()]
        session.terminal.result(found, "\n".join(f"{name:<24} {_said(value)}" for name, value in rows))

    @command(group, "usage")
    def usage(
        session: Session, since: Annotated[str, typer.Option(help="A day, as 2026-12-31.", show_default=False)] = ""
    ) -> None:
        """Replies, tokens and cost by day and model."""
        found = session.do(session.connection.ask("GET", "/journal/usage", since=since or None))
        columns = ("day", "model", "replies", "input_tokens", "output_tokens", "cost")
        session.terminal.table(found, found["items"], columns, "No model has replied yet.")

    @command(group, "verify")
    def verify(
        session: Session,
        anchor: Annotated[
            str, typer.Option(help="An anchor that was kept elsewhere: is this still its journal?", show_default=False)
        ] = "",
        archives: Annotated[bool, typer.Option(help="Read the archive's files too.")] = True,
    ) -> int:
        """Walk every chain: is the journal what was written? Says where it is not, and ends with code 1."""
        result = _done(session, "verify", known=anchor, archives=archives)
        wrong = [f"{one['stream'] or 'journal'}: {one['reason']}" for one in result["findings"]]
        if result["more"]:
            wrong.append(f"and {result['more']} more")
        whole = "whole" if result["whole"] else "NOT whole"
        said = f"{whole}: {result['events']} events of {result['streams']} streams, {result['archived']} archived"
        behind = f"; {result['uncovered']} since the last anchor {result['anchor'] or '(none yet)'}"
        session.terminal.result(result, "\n".join([*wrong, said + behind]))
        return 0 if result["whole"] else 1

    @command(group, "export")
    def export(
        session: Session,
        format: Annotated[str, typer.Option(help="jsonl or parquet.")] = "jsonl",
        stream: Annotated[str, typer.Option(help="Only this run, or other stream.", show_default=False)] = "",
    ) -> None:
        """Write the events to a file in the data folder, decrypted: keep it as safe as what it says."""
        result = _done(session, "export", format=format, stream=stream)
        session.terminal.result(result, f"{result['events']} events: {result['path']}")


def _add_changes(group: typer.Typer) -> None:
    @command(group, "rebuild")
    def rebuild(session: Session) -> None:
        """Fold all views anew from the events. Stopped at any point, they are as they were."""
        result = _done(session, "rebuild")
        session.terminal.result(result, f"Rebuilt from {result['events']} events.")

    @command(group, "archive")
    def archive(
        session: Session,
        before: Annotated[str, typer.Option(help="Runs that ended before this day (UTC), as 2026-12-31.")],
    ) -> None:
        """Move finished runs to Parquet files in the data folder; they can be restored."""
        result = _done(session, "archive", before=before)
        files = ", ".join(result["files"]) or "nothing was due"
        session.terminal.result(result, f"{result['streams']} runs, {result['events']} events: {files}")

    @command(group, "restore")
    def restore(session: Session, run_id: Annotated[str, typer.Argument(help="An archived run.")]) -> None:
        """Put an archived run back."""
        result = _done(session, "restore", stream=run_id)
        session.terminal.result(result, f"{run_id}: {result['events']} events are back.")

    @command(group, "erase")
    def erase(
        session: Session,
        user_id: Annotated[str, typer.Argument(help="As `users list` shows it.")],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ) -> int:
        """Destroy a person's key: nobody can read what they said and got, for ever. The chains stay whole."""
        if not yes and not session.terminal.agrees(session.terminal.word("sure.erase", whose=user_id)):
            return 1
        result = _done(session, "erase", subject=user_id)
        left = f"; {result['readable']} were written unencrypted and stay readable" if result["readable"] else ""
        session.terminal.result(result, f"{result['events']} events of {user_id} are erased{left}.")
        return 0

    @command(group, "anchor")
    def anchor(session: Session) -> None:
        """Sign the heads of all chains now, and say the anchor's name: keep it elsewhere."""
        result = _done(session, "anchor")
        session.terminal.result(result, result["anchor"] or "There is nothing to sign yet.")


def _said(value: Any) -> str:
    return "—" if value in (None, "") else str(value)


def _done(session: Session, kind: str, **options: Any) -> "Json":
    """What came of a job, its progress shown while it works."""
    from orchestrator.kernel.events import Problem

    ask = session.connection.ask
    job = session.do(ask("POST", "/journal/jobs", {"kind": kind, **options}))
    shown = False
    while job["state"] == "working":
        job = session.do(ask("GET", f"/journal/jobs/{job['id']}", wait=_LOOK))
        if job["state"] == "working" and session.terminal.interactive:
            shown = True
            share = f" of {job['total']}" if job["total"] else ""
            session.terminal.progress(f"{kind}: {job['done']}{share}")
    if shown:
        session.terminal.progress("")
    if job["state"] == "failed":
        from orchestrator.cli.remote import error_named

        raise error_named(Problem(**job["problem"]))
    return job["result"]
