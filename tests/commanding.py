"""The commands for tests: in this process or in one of their own, with a model that says what it is told."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any

from msgspec import Struct
from servers.models import ModelServer, Seen
from servers.scenes import Asked, Scene
from typer.main import get_command
from typer.testing import CliRunner

from orchestrator.cli import presence
from orchestrator.cli.commands import application
from orchestrator.kernel import settings

COMMAND = Path(sys.executable).with_name("orchestrator")
LIMIT = 60.0  # seconds a command may take before the test fails

FETCH = Asked("call_1", "http_request", ('{"url": "https://example.org/"}',))
LOOK = Asked("call_1", "list_directory", ('{"path": "."}',))
SCENES = {
    "say": Scene(text=("Hello", ", **wor", "ld**.")),
    "fetch": Scene(text=("I fetch it.",), calls=(FETCH,), after_results="The page was not read."),
    "look": Scene(text=("I look.",), calls=(LOOK,), after_results="There it is."),
    "stall": Scene(text=("Once", " upon", " a", " time."), fault="stall"),
    "broken": Scene(fault="401"),
}
CONFIG = """
[server]
port = 0

[policy]
allow_loopback = true

[llm]
model = "told/say"

[llm.providers.told]
kind = "openai"
base_url = "{url}/v1"
model = "say"
api_key = "key-of-the-told"
"""


class Noticed(list[Seen]):
    """A list that one can wait on from another thread."""

    def __init__(self) -> None:
        super().__init__()
        self._change = Condition()

    def append(self, seen: Seen) -> None:
        with self._change:
            super().append(seen)
            self._change.notify_all()

    def until(self, path: str, times: int) -> None:
        def so() -> bool:
            return sum(seen.path == path for seen in self) >= times

        with self._change:
            assert self._change.wait_for(so, LIMIT), f"{path} was not asked {times} times"


class Models:
    """The model server on an event loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._seen = Noticed()
        self._server = ModelServer(SCENES)
        self._server.seen = self._seen
        self._do(self._server.__aenter__())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LIMIT)

    @property
    def url(self) -> str:
        return self._server.url

    def until_asked(self, times: int = 1) -> None:
        """Returns once so many replies were asked for."""
        self._seen.until("/v1/chat/completions", times)

    def go_on(self) -> None:
        self._loop.call_soon_threadsafe(self._server.hold.set)

    def close(self) -> None:
        self._do(self._server.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@cache
def tree() -> Any:
    """Every command of the product."""
    return get_command(application)


class Done(Struct):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error that was told as JSON, and nothing else."""
        assert (self.code, self.out) == (1, ""), self
        return json.loads(self.err.splitlines()[-1])["error"]


class InProcess:
    """A command, as fast as a call: without a terminal, to its end."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __call__(self, *arguments: str, stdin: str = "", data: Path | None = None) -> Done:
        given = [*arguments, "--data", str(data or self._data)]
        result = CliRunner().invoke(application, given, input=stdin, catch_exceptions=False)
        return Done(result.exit_code, result.stdout, result.stderr)


class OwnProcess:
    """The command that is installed."""

    def __init__(self, data: Path, environ: Mapping[str, str]) -> None:
        self._data = data
        self._environ = environ

    def __call__(self, *arguments: str, stdin: str = "") -> Done:
        done = subprocess.run(
            [COMMAND, *arguments, "--data", self._data],
            input=stdin, env=self._environ, capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def serving(self) -> Iterator[dict[str, Any]]:
        """A server on the folder; what it said when it was ready."""
        command: list[str | Path] = [COMMAND, "serve", "--json", "--data", self._data]
        process = subprocess.Popen(command, env=self._environ, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(LIMIT) == 0
            process.stdout.close()


@contextmanager
def serving(data: Path) -> Iterator[None]:
    """A server in this process, present in its data folder as `serve` would have it."""
    ready, loop = Event(), asyncio.new_event_loop()
    tasks: list[asyncio.Task[Any]] = []

    async def main() -> None:
        from orchestrator.api.server import serve
        from orchestrator.app import open_app

        tasks.extend(asyncio.all_tasks())
        async with open_app(settings.load(flags={"data": str(data)})) as app:
            token = await app.accounts.open_local((await app.accounts.owner()).id)
            with ExitStack() as stack:

                def announce(_: Any, url: str) -> None:
                    stack.enter_context(presence.announced(data, url, token))
                    ready.set()

                await serve(app, ready=announce)

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(main())
        ready.set()
        loop.close()

    thread = Thread(target=run)
    thread.start()
    try:
        assert ready.wait(LIMIT) and presence.find(data), "the server did not start"
        yield
    finally:
        loop.call_soon_threadsafe(tasks[0].cancel)
        thread.join(LIMIT)
