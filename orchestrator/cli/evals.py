"""`orchestrator evals`: runs as cases that models are measured by."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Json

EvalId = Annotated[str, typer.Argument(help="As `evals list` shows it.")]
FAILED = 5  # the exit code: a check did not pass
_NUMBERS = frozenset({"max_cost", "max_steps", "max_tokens", "max_seconds"})


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Make runs evaluations, and run them with any model.", no_args_is_help=True)
    application.add_typer(group, name="evals")
    _cases(group)

    @command(group, "run")
    def run(
        session: Session,
        only: Annotated[
            list[str] | None, typer.Argument(help="Only these; else all there are.", show_default=False)
        ] = None,
        model: Annotated[
            list[str] | None, typer.Option(help="A model to measure; may be repeated.", show_default=False)
        ] = None,
        tools: Annotated[
            Literal["recorded", "live"], typer.Option(help="Recorded results, or tools that really act.")
        ] = "recorded",
        junit: Annotated[
            Path | None, typer.Option(help="Write what came of it as JUnit XML, too.", show_default=False)
        ] = None,
    ) -> int:
        """Try every evaluation anew: every reply is made now, results are taken from the recording.

        Exit codes: 0 all passed, 5 some did not.
        """
        trials = [
            session.do(
                session.connection.ask("POST", "/evals/run", {"model": name, "tools": tools, "only": only or []})
            )
            for name in model or [""]
        ]
        names = {one["id"]: one["name"] for one in session.do(session.connection.ask("GET", "/evals"))["items"]}
        if junit is not None:
            from orchestrator.cli.junit import report

            junit.write_bytes(report(trials, names))
        if session.terminal.json:
            session.terminal.result({"items": trials})
        else:
            _told(session, trials, names)
        return FAILED if any(trial["failed"] for trial in trials) else 0


def _cases(group: typer.Typer) -> None:
    @command(group, "add")
    def add(
        session: Session,
        run_id: Annotated[str, typer.Argument(help="A finished run, as `runs list` shows it.")],
        check: Annotated[
            list[str] | None,
            typer.Option(
                help="KIND:VALUE, such as contains:Paris, called:read_file, called:read_file:{\"path\": \"a\"},"
                " no_scope:execute, max_steps:5, matches:REGEX, equals:TEXT, status:completed, schema:@FILE,"
                " judge:QUESTION. May be repeated.",
                show_default="how it ended, and the tools it called",
            ),
        ] = None,
        name: Annotated[str, typer.Option(help="What to call it.", show_default="its goal")] = "",
    ) -> None:  # fmt: skip
        """Make a run an evaluation."""
        body = {"run_id": run_id, "name": name, "checks": [check_of(text) for text in check or []]}
        made = session.do(session.connection.ask("POST", "/evals", body))
        session.terminal.result(made, f"{made['id']}  {made['name']}\n{_checks(made)}")

    @command(group, "list")
    def list_evals(session: Session) -> None:
        """The evaluations there are, the oldest first."""
        found = session.do(session.connection.ask("GET", "/evals"))
        rows = [{**one, "added_at": one["at"], "checks": len(one["checks"])} for one in found["items"]]
        columns = ("id", "added_at", "run_id", "checks", "name")
        session.terminal.table(found, rows, columns, "No evaluations yet. To make a run one: evals add RUN_ID.")

    @command(group, "show")
    def show(session: Session, evaluation_id: EvalId) -> None:
        """An evaluation: its goal and its checks."""
        one = session.do(session.connection.ask("GET", f"/evals/{evaluation_id}"))
        told = f"{one['id']}  {one['name']}\nfrom {one['run_id']}\n\n> {one['goal']}\n\n{_checks(one)}"
        session.terminal.result(one, None if session.terminal.json else told)

    @command(group, "remove")
    def remove(session: Session, evaluation_id: EvalId) -> None:
        """The run it was made from stays."""
        session.do(session.connection.ask("DELETE", f"/evals/{evaluation_id}"))
        session.terminal.result({"id": evaluation_id, "removed": True}, f"{evaluation_id}: removed")


def check_of(text: str) -> dict[str, Any]:
    """KIND:VALUE as the API takes it. Raises InvalidInput."""
    import msgspec

    from orchestrator.kernel.errors import InvalidInput

    kind, _, rest = text.partition(":")
    if kind in ("called", "not_called"):
        tool, _, given = rest.partition(":")
        return {"kind": kind, "tool": tool, "value": _json(given, text) if given else None}
    if kind in _NUMBERS:
        try:
            return {"kind": kind, "value": msgspec.json.decode(rest, type=int | float)}
        except msgspec.DecodeError:
            raise InvalidInput(f"{text!r} needs a number.", hint=f"For instance {kind}:5") from None
    if kind == "schema":
        given = Path(rest[1:]).read_text("utf-8") if rest.startswith("@") else rest
        return {"kind": kind, "value": _json(given, text)}
    return {"kind": kind, "value": rest}


def _json(text: str, given: str) -> "Json":
    import msgspec

    from orchestrator.kernel.errors import InvalidInput

    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"{given!r} holds no JSON: {error}.") from error


def _checks(one: "Json") -> str:
    import msgspec

    lines = []
    for check in one["checks"]:
        value = check["value"]
        said = value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()
        opinion = "  (a model's opinion)" if check["kind"] == "judge" else ""
        lines.append("  " + " ".join(filter(None, (check["kind"], check["tool"], said))) + opinion)
    return "\n".join(lines)


def _told(session: Session, trials: list["Json"], names: dict[str, str]) -> None:
    for trial in trials:
        before = {one["evaluation_id"]: one for one in (trial["before"] or {"results": []})["results"]}
        rows = [_row(one, before.get(one["evaluation_id"]), names) for one in trial["results"]]
        columns = ("result", "last", "steps", "tokens", "cost", "seconds", "name")
        session.terminal.note(f"{trial['model'] or 'the models as recorded'}, {trial['tools']} tools", "bold")
        session.terminal.table(trial, rows, columns, "")
        for one in trial["results"]:
            _failures(session, one, names)
        regressions = f", {len(trial['regressions'])} worse than the last time" if trial["regressions"] else ""
        session.terminal.line(f"{trial['passed']} passed, {trial['failed']} failed{regressions}")


def _row(one: "Json", before: "Json | None", names: dict[str, str]) -> dict[str, Any]:
    last = "" if before is None else "passed" if before["passed"] else "failed"
    result = "passed" if one["passed"] else "failed"
    return {**one, "result": result, "last": last, "name": names.get(one["evaluation_id"], one["evaluation_id"])}


def _failures(session: Session, one: "Json", names: dict[str, str]) -> None:
    said = [one["problem"]] if one["problem"] else []
    said += [f"{check['kind']}: {check['detail']}" for check in one["checks"] if not check["passed"]]
    for text in said:
        session.terminal.line(f"  {names.get(one['evaluation_id'], one['evaluation_id'])}: {text} {one['run_id']}")
