"""`orchestrator policy`: what would be allowed, asked or denied, and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal

Tool = Annotated[str, typer.Option("--tool", "-t", help="The tool, as `tools list` shows it.")]
Args = Annotated[str, typer.Option("--args", help="Its arguments as a JSON object; - reads standard input.")]
Origins = Annotated[
    list[str] | None,
    typer.Option("--origin", help="Whose words the model has read: user, web, file, memory, skill. May be repeated."),
]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Ask what the policy would say, and why. Nothing is done.", no_args_is_help=True)
    application.add_typer(group, name="policy")

    @command(group, "explain")
    def explain(session: Session, tool: Tool, args: Args = "{}", origin: Origins = None) -> None:
        """What would be decided of one call: allow, ask or deny, the reason, a safe way, and the rule."""
        from orchestrator.cli.tools import arguments_of

        body = {"tool": tool, "arguments": arguments_of(args), "origins": sorted({"user", *(origin or ())})}
        found = session.do(session.connection.ask("POST", "/policy/explain", body))
        session.terminal.result(found, None if session.terminal.json else _told(session.terminal, found))


def _told(terminal: "Terminal", found: Any) -> str:
    from orchestrator.cli import translations

    reason, alternative = translations.reason(terminal.language, found)
    lines = [f"{found['verdict']}  ({found['rule']}: {found['code']})", reason]
    if alternative:
        lines.append(terminal.word("alternative", text=alternative))
    if found["verdict"] == "ask":
        lines.append(terminal.word("covers", shape=found["shape"]))
    others = [one for one in found["opinions"] if one["rule"] != found["rule"]]
    lines += ["", *(f"  {one['rule']}: {one['verdict']}. {one['reason']}" for one in others)] if others else []
    return "\n".join(lines)
