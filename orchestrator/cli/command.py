"""What every command shares: its options, its way to the product, and how its errors are said."""

import errno
import functools
import inspect
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from orchestrator.cli.connection import Connection, Worker
    from orchestrator.cli.terminal import Terminal
    from orchestrator.kernel.errors import OrchestratorError
    from orchestrator.kernel.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

_PANEL = "Shared by all commands"
_SHARED: dict[str, tuple[Any, Any]] = {
    "data": (
        Annotated[Path | None, typer.Option(help="The data folder.", show_default=False, rich_help_panel=_PANEL)],
        None,
    ),
    "workspace": (
        Annotated[
            Path | None,
            typer.Option(help="The only folder tools may touch.", show_default=False, rich_help_panel=_PANEL),
        ],
        None,
    ),
    "config": (
        Annotated[
            Path | None,
            typer.Option(
                help="Settings file instead of config.toml in the data folder.",
                show_default=False,
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "url": (
        Annotated[
            str | None,
            typer.Option(help="Use the server at this address.", show_default=False, rich_help_panel=_PANEL),
        ],
        None,
    ),
    "token": (
        Annotated[
            str | None,
            typer.Option(help="The bearer token for --url.", show_default=False, rich_help_panel=_PANEL),
        ],
        None,
    ),
    "json": (
        Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.", rich_help_panel=_PANEL)],
        False,
    ),
    "verbose": (
        Annotated[
            bool,
            typer.Option("--verbose", "-v", help="Show the log, and where an error came from.", rich_help_panel=_PANEL),
        ],
        False,
    ),
}


Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=200)]
Before = Annotated[str | None, typer.Option(help="Those before this one.", show_default=False)]


class Options(NamedTuple):
    data: Path | None = None
    workspace: Path | None = None
    config: Path | None = None
    url: str | None = None
    token: str | None = None
    json: bool = False
    verbose: bool = False

    def over(self, below: "Options | None") -> "Options":
        """These, and those of `below` where these say nothing: options may stand before the command too."""
        if below is None:
            return self
        return Options._make(mine or theirs for mine, theirs in zip(self, below, strict=True))


class Session:
    """One use of a command: settings, terminal, and the product once something asks for it."""

    def __init__(self, options: Options) -> None:
        from orchestrator.cli.terminal import Terminal
        from orchestrator.kernel import settings

        self.options = options
        self.flags = _flags(options)
        self.terminal: Terminal = Terminal(settings.language(), json=options.json)
        self._settings: Settings | None = None
        self._connection: Connection | None = None
        self._worker: Worker | None = None
        self.left_behind = False  # something that is at work and does not hear that it shall stop

    @property
    def settings(self) -> "Settings":
        if self._settings is None:
            from orchestrator.kernel import settings

            self._settings = settings.load(file=self.options.config, flags=self.flags)
        return self._settings

    @property
    def worker(self) -> "Worker":
        if self._worker is None:
            from orchestrator.cli.connection import Worker

            self._worker = Worker()
        return self._worker

    @property
    def connection(self) -> "Connection":
        if self._connection is None:
            from orchestrator.cli.connect import connect

            worker = self.worker
            self._connection = worker.do(connect(self.options, lambda: self.settings))
        return self._connection

    def use(self, connection: "Connection") -> None:
        self._connection = connection

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.worker.do(work)

    def typed(self, *words: str) -> str:
        """The command line of another command, on the same data: for a person to copy."""
        given = [("--data", self.options.data), ("--config", self.options.config), ("--url", self.options.url)]
        flags = [part for flag, value in given if value for part in (flag, str(value))]
        return shlex.join([program(), *words, *flags])

    def close(self) -> None:
        self.left_behind = self._worker is not None  # until it has ended: Ctrl-C may end the wait for it
        if self._connection is not None:
            self.do(self._connection.close())
        if self._worker is not None:
            self.left_behind = not self._worker.close()
        self._connection = self._worker = None


def program() -> str:
    """What this program was called by, as short as it works."""
    path = Path(sys.argv[0])
    if path.name != "orchestrator" or shutil.which("orchestrator") == str(path):
        return "orchestrator"
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _flags(options: Options) -> dict[str, Any]:
    """Settings that were given on the command line."""
    given: dict[str, Any] = {"telemetry": {"level": "debug"}} if options.verbose else {}
    if options.data:
        given["data"] = str(options.data)
    if options.workspace:
        given["workspace"] = str(options.workspace)
    return given


def command(app: typer.Typer, name: str, **more: Any) -> Callable[[Callable[Concatenate[Session, P], int | None]], Any]:
    """Make a function of a Session a command. What it returns is the exit code."""

    def register(function: Callable[Concatenate[Session, P], int | None]) -> Any:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

        @functools.wraps(function)
        def called(context: typer.Context, **values: Any) -> None:
            options = Options(*(values.pop(field) for field in Options._fields)).over(context.obj)
            code = run(options, lambda session: function(session, **_read(values)))  # type: ignore[call-arg]
            raise typer.Exit(code)

        called.__signature__ = _signature(own)  # type: ignore[attr-defined]
        called.__annotations__ = {}
        app.command(name, **more)(called)
        return function

    return register


def _read(values: dict[str, Any]) -> dict[str, Any]:
    from orchestrator.cli.terminal import utf8

    return {name: utf8(value) if isinstance(value, str) else value for name, value in values.items()}


def remember(app: typer.Typer) -> None:
    """Let the shared options stand before the command."""

    def callback(context: typer.Context, **values: Any) -> None:
        context.obj = Options(**values)

    callback.__signature__ = _signature([])  # type: ignore[attr-defined]
    callback.__annotations__ = {}
    app.callback()(callback)


def _signature(own: list[inspect.Parameter]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("context", keyword, annotation=typer.Context)
    shared = [
        inspect.Parameter(name, keyword, annotation=kind, default=default) for name, (kind, default) in _SHARED.items()
    ]
    return inspect.Signature([context, *(parameter.replace(kind=keyword) for parameter in own), *shared])


def run(options: Options, function: Callable[[Session], int | None]) -> int:
    session = Session(options)
    code = _carried_out(session, options, function)
    if session.left_behind:
        from orchestrator.cli.ending import LeftBehind

        raise LeftBehind(session.terminal.word("deaf"), code)
    return code


def _carried_out(session: Session, options: Options, function: Callable[[Session], int | None]) -> int:
    from orchestrator.kernel.errors import OrchestratorError

    try:
        try:
            return function(session) or 0
        finally:
            session.close()
    except OrchestratorError as error:
        if options.verbose:
            _traceback(error)
        report(session.terminal, error)
        return 1
    except KeyboardInterrupt:
        session.terminal.note("")
        return 130
    except BrokenPipeError:
        _say_no_more()  # nobody reads
        return 141
    except OSError as error:
        if options.verbose:
            _traceback(error)
        from orchestrator.cli.connection import SystemFailed

        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space, then do it again." if full else "--verbose shows where."
        report(session.terminal, SystemFailed(f"The system refuses: {error}.", hint=hint))
        _say_no_more()
        return 1


def _say_no_more() -> None:
    """What is still unsaid would fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report(terminal: "Terminal", error: "OrchestratorError") -> None:
    """One clear sentence and what to do; on standard error also as JSON, so that output is only results."""
    if terminal.json:
        import msgspec

        problem = {"error": {"code": error.code, "detail": error.detail, "hint": error.hint}}
        print(msgspec.json.encode(problem).decode(), file=sys.stderr)
        return
    from orchestrator.cli import translations

    said = translations.problem(terminal.language, error.code, error.detail, error.hint)
    terminal.note(said.detail, "bold red")
    if said.hint:
        terminal.note(said.hint, "")
    if said.original:
        terminal.note(terminal.word("original", text=said.original))


def _traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error, file=sys.stderr)
