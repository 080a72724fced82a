"""`orchestrator policy`: what would be allowed, asked or denied, and why; the policies as files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal

Tool = Annotated[str, typer.Option("--tool", "-t", help="The tool, as `tools list` shows it.")]
Args = Annotated[str, typer.Option("--args", help="Its arguments as a JSON object; - reads standard input.")]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--origin",
        help="Whose words it has read beside yours: model, web, file, memory, skill. Without it, the words are yours.",
    ),
]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(
        help="What may be done, what is asked, and why; the policies of this server.", no_args_is_help=True
    )
    application.add_typer(group, name="policy")

    @command(group, "explain")
    def explain(
        session: Session,
        tool: Tool,
        args: Args = "{}",
        origin: Origins = None,
        agent: Annotated[str, typer.Option(help="The agent that would call it.")] = "assistant",
    ) -> None:
        """What would be decided of one call: allow, ask or deny, the reason, a safe way, and the rule."""
        from orchestrator.cli.tools import arguments_of

        body = {
            "tool": tool,
            "arguments": arguments_of(args),
            "origins": sorted({"user", *(origin or ())}),
            "agent": agent,
        }
        found = session.do(session.connection.ask("POST", "/policy/explain", body))
        session.terminal.result(found, None if session.terminal.json else _told(session.terminal, found))

    _files(group)


def _files(group: typer.Typer) -> None:
    @command(group, "list")
    def list_policies(session: Session) -> int:
        """The policies of the data folder that hold, the owner's first; and what is wrong with those that do not."""
        found = session.do(session.connection.ask("GET", "/policy"))
        return _held(session, found)

    @command(group, "check")
    def check(
        session: Session,
        file: Annotated[Path, typer.Argument(help="A file of policies; - reads standard input.")],
        name: Annotated[str, typer.Option("--as", help="Where it would be: NAME.cedar, workspace/…, agents/….")] = "",
    ) -> None:
        """Whether a file of policies could hold, and what is in it. Needs no server, and changes nothing."""
        from orchestrator.policy.layers.layers import checked

        called = name or (file.name if file.suffix == ".cedar" else "base.cedar")
        items = [
            {"id": one.id, "kind": one.kind, "layer": one.layer, "line": one.line, "reason": one.reason}
            for one in checked(called, _text(file))
        ]
        session.terminal.table({"items": items}, items, ("id", "kind", "line", "reason"), "There is no policy in it.")

    @command(group, "reload")
    def reload(session: Session) -> int:
        """Take up the files as they are now; a running server does so by itself."""
        return _held(session, session.do(session.connection.ask("POST", "/policy/reload")))

    @command(group, "schema")
    def schema(session: Session) -> None:
        """What a policy can speak of, in Cedar."""
        from orchestrator.policy.layers.schema import SCHEMA

        session.terminal.result({"schema": SCHEMA}, SCHEMA)


def _held(session: Session, found: Any) -> int:
    rows = found["items"]
    none = f"There are no policies. They are files: {found['folder']}/NAME.cedar"
    session.terminal.table(found, rows, ("id", "kind", "line", "reason"), none)
    if found["problem"]:
        session.terminal.note(f"Not taken up: {found['problem']}")
    return 1 if found["problem"] else 0


def _text(file: Path) -> str:
    from orchestrator.cli.terminal import utf8
    from orchestrator.kernel.errors import InvalidInput

    try:
        return utf8(sys.stdin.read()) if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}.") from error


def _told(terminal: "Terminal", found: Any) -> str:
    from orchestrator.cli import translations

    reason, alternative = translations.reason(terminal.language, found)
    lines = [f"{found['verdict']}  ({found['rule']}: {found['code']})", reason]
    if alternative:
        lines.append(terminal.word("alternative", text=alternative))
    if found["verdict"] == "ask":
        lines.append(terminal.word("covers", shape=translations.covered(terminal.language, found["shape"])))
    if found["note"]:
        lines.append(found["note"])
    others = [one for one in found["opinions"] if one["rule"] != found["rule"]]
    lines += ["", *(f"  {one['rule']}: {one['verdict']}. {one['reason']}" for one in others)] if others else []
    return "\n".join(lines)
