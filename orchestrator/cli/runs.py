"""`orchestrator runs`: what was run, what runs, what waits."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orchestrator.cli import kept, replay, steering
from orchestrator.cli.command import Before, Limit, Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Json

Given = Literal["once", "run", "always", "refuse", "done", "retry", "undone", "accept"]
Status = Literal["running", "waiting", "interrupted", "completed", "partial", "failed", "cancelled"]
Fields = Annotated[
    list[str] | None, typer.Option(help="What a question's form is filled in with: NAME=VALUE. May be repeated.")
]
RunId = Annotated[str, typer.Argument(help="As `runs list` shows it.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Look at runs; steer, resume, cancel, approve.", no_args_is_help=True)
    application.add_typer(group, name="runs")
    steering.add_to(group)
    replay.add_to(group)
    kept.add_to(group)

    @command(group, "list")
    def list_runs(
        session: Session,
        status: Annotated[Status | None, typer.Option(help="Only those.", show_default=False)] = None,
        conversation: Annotated[str | None, typer.Option(help="Of this conversation.", show_default=False)] = None,
        limit: Limit = 20,
        before: Before = None,
    ) -> None:
        """The latest runs, newest first."""
        asked = session.connection.runs(status=status, conversation_id=conversation, before=before, limit=limit)
        columns = ("run_id", "status", "started_at", "model", "steps", "goal")
        session.terminal.page(session.do(asked), columns, "No others." if before else "No runs yet.")

    @command(group, "show")
    def show(session: Session, run_id: RunId) -> None:
        """A run: its goal, what was done, its answer."""
        run = session.do(session.connection.run(run_id))
        session.terminal.result(run, None if session.terminal.json else _told(session, run))

    @command(group, "resume")
    def resume(
        session: Session,
        run_id: RunId,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve what is asked in this run.")] = False,
    ) -> int:
        """Go on with a run that was interrupted or waits, and stay with it."""
        session.do(session.connection.resume(run_id))
        return stay(session, run_id, yes)

    @command(group, "cancel")
    def cancel(session: Session, run_id: RunId) -> None:
        """Cancel a run; what it runs is ended."""
        run = session.do(session.connection.cancel(run_id))
        session.terminal.result(run, f"{run['run_id']}: {session.terminal.word('status.' + run['status'])}")

    _answering(group)


def _answering(group: typer.Typer) -> None:
    @command(group, "approve")
    def approve(
        session: Session,
        approval_id: Annotated[
            str | None, typer.Argument(help="The question; without it, all that wait are listed.", show_default=False)
        ] = None,
        answer: Annotated[
            Given | None,
            typer.Option(help="The answer; without it, a terminal asks.", show_default=False),
        ] = None,
        field: Fields = None,
        note: Annotated[str, typer.Option(help="A word to the agent.", show_default=False)] = "",
    ) -> int | None:
        """Answer a question that a run waits for, and stay with the run.

        For a call: once, run (in this run), always, refuse. For a call that may have happened before a crash: done
        (it happened), retry, undone. For a budget: once (as much again), refuse (end with what there is). For what
        somebody wants to know in the middle of a call: accept (with --field NAME=VALUE), refuse.
        """
        return _approve(session, approval_id, answer, note, field or [])


def stay(session: Session, run_id: str, yes: bool) -> int:
    from orchestrator.cli.follow import EXIT, deciding, follow, prose

    terminal = session.terminal
    run = follow(session, run_id, deciding(terminal, yes), prose(terminal, streamed=False))
    if terminal.json:
        terminal.result(run)
    elif not terminal.rich:
        terminal.line(run["answer"])
    return EXIT[run["status"]]


def _approve(
    session: Session, approval_id: str | None, answer: Given | None, note: str, fields: list[str]
) -> int | None:
    from orchestrator.cli.follow import asking
    from orchestrator.cli.forms import pairs
    from orchestrator.cli.translations import reason
    from orchestrator.kernel.errors import InvalidInput, NotFound

    waiting = session.do(session.connection.approvals())
    terminal = session.terminal
    if approval_id is None:
        columns = ("approval_id", "tool", "reason", "expires_at")
        rows = [{**item, "reason": reason(terminal.language, item)[0]} for item in waiting["items"]]
        terminal.table(waiting, rows, columns, "Nothing waits for an answer.")
        return None
    found = next((item for item in waiting["items"] if item["approval_id"] == approval_id), None)
    content = pairs(found["form"], fields) if found is not None else {}
    if answer is None:
        if found is None:
            raise NotFound(f"No question {approval_id} waits.", hint="orchestrator runs approve lists those that do.")
        if not terminal.interactive:
            raise InvalidInput("There is no terminal to ask you at.", hint="Give the answer with --answer.")
        said = asking(terminal)(found)
        if said is None:
            return 4
        answer, content = ("accept", said) if isinstance(said, dict) else (said, {})
    run = session.do(session.connection.answer(approval_id, answer, note, content))
    return stay(session, run["run_id"], yes=False)


def _told(session: Session, run: "Json") -> str:
    from orchestrator.cli.display import call_text, known
    from orchestrator.cli.terminal import moment
    from orchestrator.cli.translations import reason
    from orchestrator.cli.visible import exact

    done, took = _done(session, run["run_id"])
    lines = [
        f"{run['run_id']}  {run['status']}  {run['model']}",
        f"{moment(run['started_at'])} – {moment(run['finished_at'])}  "
        f"{run['steps']} steps, {run['usage']['input_tokens']} + {run['usage']['output_tokens']} tokens, "
        f"${run['cost']:.4f}",
        f"conversation {run['conversation_id']}",
        "",
        f"> {run['goal']}",
        *done,
        *_below(run["children"], run["run_id"]),
        "",
    ]
    if run["answer"]:
        lines += [run["answer"]]
    if took:
        lines += ["", *took]
    if run["paused"]:
        command = session.typed("runs", "continue", run["run_id"])
        lines += [session.terminal.word("paused." + run["paused"], command=command)]
    if run["status"] == "interrupted":
        command = session.typed("runs", "resume", run["run_id"])
        lines += [session.terminal.word("interrupted", command=command)]
    if run["problem"]:
        lines += ["", f"{run['problem']['code']}: {run['problem']['detail']} {run['problem']['hint']}".rstrip()]
    for approval in run["approvals"]:
        of = "" if approval["run_id"] == run["run_id"] else f"{approval['run_id']}: "
        call = of + call_text(approval["tool"], approval["arguments"])
        command = session.typed("runs", "approve", approval["approval_id"])
        lines += [f"  {exact(call)}", f"  {reason(session.terminal.language, approval)[0]}"]
        for strange in approval.get("lookalikes", ()):
            warned = session.terminal.word("lookalike." + strange["kind"], text=exact(strange["plain"]))
            lines += [f"  {warned}"]
        lines += [f"  {known(session.terminal, approval)}"] if approval["kind"] == "outcome" else []
        lines += [session.terminal.word("waits", command=command)]
    return "\n".join(lines)


def _below(children: list["Json"], parent: str, indent: str = "") -> list[str]:
    """The sub-runs as a tree."""
    from orchestrator.cli.display import shortened

    own = [child for child in children if child["parent"] == parent]
    lines = []
    for child in own:
        last = child is own[-1]
        paused = f" ({child['paused']})" if child["paused"] else ""
        said = f"{child['run_id']}  {child['status']}{paused}  {child['steps']} steps, ${child['cost']:.4f}"
        lines.append(f"  {indent}{'└─' if last else '├─'} {said}  {shortened(child['goal'], 60)}")
        lines += _below(children, child["run_id"], indent + ("   " if last else "│  "))
    return lines


def _done(session: Session, run_id: str) -> tuple[list[str], list[str]]:
    """What was done, and what the answer took."""
    from orchestrator.cli.bill import Bill
    from orchestrator.cli.display import call_text, heard, shortened

    lines, bill = [], Bill(session.terminal)
    for event in session.do(session.connection.events(run_id))["items"]:
        if event["type"] == "tool.requested":
            lines.append(f"  → {call_text(event['tool'], event['arguments'])}")
        elif event["type"] == "tool.returned":
            first = event["content"].strip().partition("\n")[0]
            lines.append(f"  {event['outcome']:>8}  {event['seconds']:.2f} s  {shortened(first, 90)}")
        elif event["type"] == "message.added":
            lines.append(f"  {session.terminal.word('steering.said', text=heard(event))}")
        elif event["type"] == "model.failed":
            problem = event["problem"]["detail"]
            lines.append(f"  {session.terminal.word('model_failed', model=event['model'], detail=problem)}")
        elif event["type"] == "model.replied":
            bill.add(event)
    return lines, bill.lines()
