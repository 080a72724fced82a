"""`orchestrator tools`: what agents can do here, and doing it by hand."""

import sys
from typing import Annotated, Any

import typer

from orchestrator.cli import drafts, mcp, openapi
from orchestrator.cli.command import Session, command

Fresh = Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")]
Name = Annotated[str, typer.Argument(help="As `tools list` shows it.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List tools, read what they take, call one.", no_args_is_help=True)
    application.add_typer(group, name="tools")
    mcp.add_to(group)
    openapi.add_to(group)
    drafts.add_to(group)

    @command(group, "list")
    def list_tools(session: Session) -> None:
        """The tools of this installation."""
        found = session.do(session.connection.tools())
        session.terminal.table(
            found, found["items"], ("name", "source", "scope", "effects", "description"), "There are no tools."
        )
        for source, problem in found["problems"].items():
            session.terminal.note(f"{source}: {problem}", "yellow")

    @command(group, "show")
    def show(session: Session, name: Name) -> None:
        """What a tool does, what it takes, and requests that mean it."""
        tool = session.do(session.connection.tool(name))
        session.terminal.result(tool, None if session.terminal.json else _told(tool))

    @command(group, "new")
    def new(
        session: Session, name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")]
    ) -> None:
        """Write a tool of your own to start from, with its test, in the tools' folder."""
        from orchestrator.tools.plugins.template import write

        settings = session.settings
        file, test = write(settings.tools_folder, name)
        session.terminal.result(
            {"file": str(file), "test": str(test)},
            f"{file}\n{test}\nA running server has it already; change the file and it is loaded anew.",
        )

    @command(group, "reload")
    def reload(session: Session) -> int:
        """Load your own tools and those of installed packages anew; runs under way keep what they have."""
        done = session.do(session.connection.ask("POST", "/tools/reload"))
        rows = [{**item, "tools": item["problem"] or ", ".join(item["tools"])} for item in done["items"]]
        session.terminal.table(done, rows, ("source", "what", "tools"), "There are no tools of your own.")
        return int(any(item["what"] == "broken" for item in done["items"]))

    @command(group, "call")
    def call(
        session: Session,
        name: Name,
        args: Annotated[str, typer.Option("--args", help="Arguments as a JSON object; - reads standard input.")] = "{}",
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve it if it is asked.")] = False,
    ) -> int:
        """Call one tool, through the same policy as an agent."""
        from orchestrator.cli.follow import EXIT, approvals, deciding, follow
        from orchestrator.cli.prose import Silent

        terminal = session.terminal
        started = session.do(session.connection.call(name, arguments_of(args), approvals(terminal, yes)))
        run = follow(session, started["run_id"], deciding(terminal, yes), Silent())
        terminal.result(run, run["answer"])
        return EXIT[run["status"]]


def arguments_of(text: str) -> dict[str, Any]:
    import msgspec

    from orchestrator.cli.terminal import utf8
    from orchestrator.kernel.errors import InvalidInput

    try:
        return msgspec.json.decode(utf8(sys.stdin.read() if text == "-" else text), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidInput(
            f"--args is not a JSON object: {error}.", hint="""For instance: '{"path": "."}'"""
        ) from error


def _told(tool: Any) -> str:
    parameters = tool["parameters"]
    required = parameters.get("required", ())
    lines = [f"{tool['name']}  ({tool['scope']}, effects: {tool['effects']})", tool["description"], ""]
    for name, schema in parameters.get("properties", {}).items():
        kind = schema.get("type") or " | ".join(str(part.get("type")) for part in schema.get("anyOf", ())) or "any"
        more = "required" if name in required else f"default {schema.get('default')}"
        lines.append(f"  {name}: {kind}, {more}. {schema.get('description', '')}".rstrip())
    lines += ["", *(f"  “{example['text']}”" for example in tool["examples"])]
    lines += ["", f"{tool['calls']} calls, {tool['failures']} failures, {tool['seconds']:.1f} s"]
    return "\n".join(lines)
