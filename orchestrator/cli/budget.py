"""`orchestrator budget`: what may be spent, what was spent, what was saved."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from orchestrator.cli.bill import money
from orchestrator.cli.command import Session, command

_SCOPES = ("tenant", "user", "agent", "run")
_PERIODS = ("day", "month", "total")
_PAGE = 1000

Whose = Annotated[
    str, typer.Argument(help="all, user:NAME, agent:NAME, run:ID; user:* is each user without a budget of their own.")
]
Period = Annotated[str, typer.Option(help="day, month or total.")]
Since = Annotated[str | None, typer.Option(help="A day, such as 2026-11-21 (UTC).", show_default=False)]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="What may be spent, what was spent, and what was saved.", no_args_is_help=True)
    application.add_typer(group, name="budget")
    _standing(group)
    _books(group)


def _standing(group: typer.Typer) -> None:
    @command(group, "show")
    def show(session: Session) -> None:
        """Every budget, and what is left of it."""
        found = session.do(session.connection.ask("GET", "/budgets"))
        rows = [{**_row(one), "whose": _whose(one)} for one in found["items"]]
        columns = ("whose", "period", "limit", "spent", "reserved", "left")
        session.terminal.table(found, rows, columns, "There is no budget: nothing limits what is spent.")
        if found["waiting"] and not session.terminal.json:
            count = found["waiting"]
            session.terminal.note(f"{count} run{'s wait' if count > 1 else ' waits'} for money.", "yellow")

    @command(group, "set")
    def set_budget(
        session: Session,
        whose: Whose,
        amount: Annotated[str, typer.Argument(help="US dollars, such as 20; or 2000c for credits.")],
        period: Period = "month",
    ) -> None:
        """Set how much may be spent in a day, in a month or in all."""
        form = {**_place(whose, period), "dollars": _dollars(session, amount)}
        made = session.do(session.connection.ask("PUT", "/budgets", form))
        session.terminal.result(made, _sentence(made))

    @command(group, "top-up")
    def top_up(
        session: Session,
        whose: Whose,
        amount: Annotated[str, typer.Argument(help="US dollars, such as 5; or 500c for credits.")],
        period: Period = "month",
        note: Annotated[str, typer.Option(help="For the record.")] = "",
        resume: Annotated[bool, typer.Option("--resume", help="Let the runs go on that wait for money.")] = False,
    ) -> None:
        """Add to a budget, in the current day or month, or in all."""
        form = {**_place(whose, period), "dollars": _dollars(session, amount), "note": note, "resume": resume}
        made = session.do(session.connection.ask("POST", "/budgets/top-up", form))
        count = len(made["resumed"])
        more = f" {count} run{'s go' if count > 1 else ' goes'} on." if count else ""
        session.terminal.result(made, _sentence(made["budget"]) + more)

    @command(group, "remove")
    def remove(session: Session, whose: Whose, period: Period = "month") -> None:
        """Take a budget away: nothing limits any more what it limited."""
        session.do(session.connection.ask("DELETE", "/budgets", **_place(whose, period)))
        session.terminal.result({"removed": True}, "Removed.")


def _books(group: typer.Typer) -> None:
    @command(group, "ledger")
    def ledger(
        session: Session,
        since: Since = None,
        run_id: Annotated[str | None, typer.Option("--run", help="Of one run.", show_default=False)] = None,
        limit: Annotated[int, typer.Option(min=1, max=_PAGE)] = 50,
    ) -> None:
        """What was paid for, and money that was added, the newest first."""
        asked = {"since": since, "run_id": run_id, "limit": limit}
        found = session.do(session.connection.ask("GET", "/budgets/ledger", **_said(asked)))
        rows = [
            {
                **one,
                "at": one["at"][:19],
                "tokens": one["input_tokens"] + one["output_tokens"],
                "dollars": f"{'+' if one['kind'] == 'topped_up' else ''}{one['dollars']:.6f}",
                "credits": f"{one['credits']:.2f}",
            }
            for one in found["items"]
        ]
        columns = ("at", "kind", "door", "model", "run_id", "tokens", "dollars", "credits")
        session.terminal.table(found, rows, columns, "Nothing was spent.")

    @command(group, "export")
    def export(
        session: Session,
        format: Annotated[str, typer.Option(help="csv or json.")] = "csv",
        since: Since = None,
    ) -> None:
        """The whole ledger, to standard output: CSV, JSON line by line, or with --json one object."""
        import msgspec

        from orchestrator.kernel.errors import InvalidInput
        from orchestrator.policy.budgets.ledger import COLUMNS, csv_line

        if format not in ("csv", "json"):
            raise InvalidInput(f"{format!r} is no format of the ledger.", hint="csv, or json.")
        lines = _ledger(session, since)
        if session.terminal.json:
            session.terminal.result({"items": list(lines)})
            return
        if format == "csv":
            sys.stdout.write(",".join(COLUMNS) + "\r\n")
        for line in lines:
            sys.stdout.write(csv_line(line) if format == "csv" else msgspec.json.encode(line).decode() + "\n")

    @command(group, "savings")
    def savings(session: Session, since: Since = None) -> None:
        """What the cache, the optimiser and the router saved, by day."""
        found = session.do(session.connection.ask("GET", "/budgets/savings", **_said({"since": since})))
        names = ("spent", "cache", "optimiser", "router")
        rows = [{**one, **{name: f"{one[name]:.6f}" for name in names}} for one in found["items"]]
        session.terminal.table(found, rows, ("day", "calls", *names), "Nothing was spent.")


def _ledger(session: Session, since: str | None) -> Iterator[Any]:
    before: str | None = None
    while True:
        asked = _said({"since": since, "before": before, "limit": _PAGE})
        page = session.do(session.connection.ask("GET", "/budgets/ledger", **asked))
        yield from page["items"]
        if (before := page["next"]) is None:
            return


def _place(whose: str, period: str) -> dict[str, str]:
    from orchestrator.kernel.errors import InvalidInput

    scope, _, name = ("tenant", "", "") if whose == "all" else whose.partition(":")
    if scope not in _SCOPES or (scope == "tenant") != (not name):
        raise InvalidInput(f"Whose is {whose!r}?", hint="Say all, user:NAME, agent:NAME or run:ID.")
    if period not in _PERIODS:
        raise InvalidInput(f"{period!r} is no period.", hint=f"Say one of: {', '.join(_PERIODS)}.")
    return {"scope": scope, "name": name, "period": period}


def _dollars(session: Session, amount: str) -> float:
    from orchestrator.kernel.errors import InvalidInput

    try:
        if amount.endswith("c"):
            return float(amount[:-1]) * float(session.do(session.connection.ask("GET", "/budgets"))["credit"])
        return float(amount.removeprefix("$"))
    except ValueError:
        raise InvalidInput(
            f"{amount!r} is no amount.", hint="Dollars, such as 20, or credits, such as 2000c."
        ) from None


def _said(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _whose(one: dict[str, Any]) -> str:
    return "all" if one["scope"] == "tenant" else f"{one['scope']}:{one['label']}"


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, **{name: money(one[name]) for name in ("limit", "spent", "reserved", "left")}}


def _sentence(one: dict[str, Any]) -> str:
    period = {"day": "a day", "month": "a month", "total": "in all"}[one["period"]]
    added = f" and {money(one['extra'])} added" if one["extra"] else ""
    return f"{_whose(one)}: {money(one['limit'] - one['extra'])} {period}{added}, {money(one['left'])} left."
