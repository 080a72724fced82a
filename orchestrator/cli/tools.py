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
    _telling(group)

    @command(group, "new")
    def new(
        session: Session, name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")]
    ) -> None:
        """Write a tool of your own to start from, with its test, in the tools' folder."""
        from orchestrator.kernel.errors import Conflict
        from orchestrator.tools.plugins.template import write

        if any(tool["name"] == name for tool in session.do(session.connection.tools())["items"]):
            raise Conflict(f"There is a tool {name} already.", hint="Choose another name.")
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


def _telling(group: typer.Typer) -> None:
    @command(group, "list")
    def list_tools(
        session: Session,
        kind: Annotated[str, typer.Argument(help="Only of this category: files, git, docker…")] = "",
    ) -> None:
        """The tools of this installation, by what they are for."""
        from orchestrator.cli import toolbox

        terminal = session.terminal
        found = session.do(session.connection.tools())
        items = [tool for tool in found["items"] if tool["category"] == kind.casefold()] if kind else found["items"]
        if kind and not items:
            raise _no_kind(kind, {tool["category"] for tool in found["items"]})
        text = None if terminal.json else toolbox.categories(items, terminal.language, terminal.width)
        terminal.result({**found, "items": items}, text)
        for source, problem in found["problems"].items():
            terminal.note(f"{source}: {problem}", "yellow")

    @command(group, "show")
    def show(session: Session, name: Name) -> None:
        """What a tool does and where, what it takes, and requests that mean it."""
        from orchestrator.cli import toolbox

        tool = session.do(session.connection.tool(name))
        terminal = session.terminal
        terminal.result(tool, None if terminal.json else toolbox.card(tool, terminal.language))


def _no_kind(kind: str, known: set[str]) -> Exception:
    from orchestrator.kernel.errors import NotFound

    return NotFound(f"There is no category {kind!r}.", hint=f"There are: {', '.join(sorted(known))}.")


def arguments_of(text: str) -> dict[str, Any]:
    import msgspec

    from orchestrator.cli.terminal import utf8
    from orchestrator.kernel.errors import InvalidInput

    try:
        return msgspec.json.decode(utf8(sys.stdin.read() if text == "-" else text), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(
            f"--args is not a JSON object: {error}.", hint="""For instance: '{"path": "."}'"""
        ) from error
