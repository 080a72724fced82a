"""`orchestrator serve`: the server, and how to get in."""

import signal
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.cli.terminal import Terminal


def add_to(application: typer.Typer) -> None:
    @command(application, "serve")
    def serve(
        session: Session,
        host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
        port: Annotated[
            int | None,
            typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8000", min=0, max=65535),
        ] = None,
        open_browser: Annotated[bool, typer.Option("--open", help="Open the sign-in link in a browser.")] = False,
    ) -> None:
        """Start the server and print a link that signs in, once.

        It stops on Ctrl-C or SIGTERM; runs under way go on when it starts again.
        """
        import asyncio
        import gc

        import uvloop

        from orchestrator.cli.ending import end_in_time

        gc.disable()  # what is loaded now stays for ever: looking it through again and again costs a tenth of the start
        given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
        if given:
            session.flags["server"] = given
        server = Server(session, open_browser)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            with suppress(asyncio.CancelledError):
                runner.run(server.main())
            end_in_time(session.terminal.word("deaf"))


class Server:
    def __init__(self, session: Session, open_browser: bool) -> None:
        self._settings = session.settings
        self._terminal = session.terminal
        self._open_browser = open_browser

    async def main(self) -> None:
        import asyncio
        import gc

        from orchestrator.api.server import serve
        from orchestrator.app import open_app
        from orchestrator.cli import presence

        # Until the web server hears them itself: a server that is told to stop while it starts stops, too.
        task = asyncio.current_task()
        assert task is not None
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, task.cancel)

        async with open_app(self._settings) as app:
            owner = await app.accounts.ensure_owner()
            token = await app.accounts.open_local(owner.id, alone=app.node is None)
            link = await app.accounts.sign_in_link(owner.id)
            with ExitStack() as stack:

                def ready(_: Any, url: str) -> None:
                    if app.node is not None and not app.node.url:
                        app.node.url = url
                    gc.freeze()
                    gc.enable()
                    stack.enter_context(presence.announced(self._settings.data, url, token))
                    self._welcome(app, url, f"{url}/sign-in?token={link}")
                    if not self._terminal.json:
                        stack.callback(asyncio.create_task(_model(self._terminal, app)).cancel)

                await serve(app, ready=ready)

    def _welcome(self, app: "App", url: str, link: str) -> None:
        from orchestrator.api.static import BUILT

        settings = self._settings
        if self._terminal.json:
            folders = {"data": str(settings.data), "workspace": str(settings.workspace)}
            self._terminal.result({"url": url, "sign_in": link, **folders, "sandbox": app.sandbox.level})
        else:
            _banner(self._terminal, app, url, link, built=(BUILT / "index.html").is_file())
        if self._open_browser:
            import webbrowser
            from threading import Thread

            Thread(target=webbrowser.open, args=(link,), daemon=True).start()


def _banner(terminal: "Terminal", app: "App", url: str, link: str, *, built: bool) -> None:
    settings = app.settings
    terminal.line(f"AI Orchestrator  {url}")
    terminal.line()
    terminal.line(terminal.word("open_link", minutes=settings.identity.link_minutes))
    terminal.line(f"  {link}")
    terminal.line()
    terminal.line(f"  data       {settings.data}")
    if settings.storage.url:
        from orchestrator.storage.postgresql import shown

        terminal.line(f"  database   PostgreSQL, {shown(settings.storage.url)}")
    terminal.line(f"  workspace  {settings.workspace}")
    terminal.line(f"  sandbox    {app.sandbox.level}")
    for name, value in settings.loosened().items():
        terminal.line(f"  !          {name} = {value}: less safe than shipped")
    if not built:
        terminal.line("  !          the web app is not built: ./run web")


async def _model(terminal: "Terminal", app: "App") -> None:
    from orchestrator.kernel.errors import ModelError

    try:
        choice = await app.models.choose("auto")
        terminal.line(f"  model      {choice.provider}/{choice.name}: {choice.reason}")
    except ModelError as error:
        terminal.line(f"  model      {error}")
    terminal.line()
    terminal.line(terminal.word("stop"))
