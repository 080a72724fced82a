"""The whole product on a free port of 127.0.0.1, with a scripted model and a client signed in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from orchestrator.api.server import serve
from orchestrator.app import App, open_app
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.messages import Arguments, Message, Text, ToolCall, ToolSpec
from orchestrator.kernel.settings import load
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.tools.base import Context, Result, Tool


class Shout:
    """A tool of the tests. No rule of the policy knows it: it is always asked."""

    spec = ToolSpec(
        "shout",
        "Say it louder.",
        {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
        scope="execute",
        effects="once",
    )

    def check(self, arguments: Arguments) -> None:
        return None

    async def call(self, arguments: Arguments, context: Context) -> Result:
        said = str(arguments["text"]).upper()
        return Result(said, {"said": said}, overflow=said.encode() * 100, overflow_name="shout.txt")


def shouting(request: Request) -> Reply | str:
    """Calls the tool once, then answers."""
    if any(message.role == "tool" for message in request.messages):
        return "It was shouted."
    said = Message("assistant", (Text("I will shout."), ToolCall("c1", "shout", {"text": "hey"})))
    return Reply(said, "scripted", "tools")


class Gate:
    """Lets a scripted model say so many pieces, and no more."""

    def __init__(self) -> None:
        self._allowed = asyncio.Semaphore(0)

    async def __call__(self) -> None:
        await self._allowed.acquire()

    def let(self, pieces: int) -> None:
        for _ in range(pieces):
            self._allowed.release()


class Site:
    def __init__(self, app: App, url: str, token: str, http: aiohttp.ClientSession) -> None:
        self.app = app
        self.url = url
        self.token = token
        self.http = http  # signed in
        self.api = f"{url}/api/v1"

    async def get(self, path: str, **query: Any) -> Any:
        async with self.http.get(f"{self.api}{path}", params=query) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        async with self.http.post(f"{self.api}{path}", json=body) as reply:
            assert reply.status == status, await reply.text()
            return None if status == 204 else await reply.json()

    def socket(self, **options: Any) -> Any:
        return self.http.ws_connect(f"{self.api}/chat/ws", **options)


Opening = Callable[..., AbstractAsyncContextManager[Site]]


@asynccontextmanager
async def open_site(
    folder: Path,
    model: Scripted | None = None,
    tools: Sequence[Tool] = (),
    clock: Clock | None = None,
    static: Path | None = None,
    server: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
    llm: dict[str, Any] | None = None,
    kits: dict[str, Any] | None = None,
) -> AsyncIterator[Site]:
    served = {"port": 0, "shutdown_seconds": 0.5, **(server or {})}
    flags = {
        "data": str(folder / "data"),
        "server": served,
        "policy": policy or {},
        "llm": llm or {},
        "tools": kits or {},
    }
    settings = load({}, flags=flags)
    models = {"scripted": model or Scripted(lambda _: "Hello there.")}
    async with open_app(settings, models=models, tools=tools, clock=clock) as app:
        owner = await app.accounts.ensure_owner()
        token = await app.accounts.open_local(owner.id)
        up, urls = asyncio.Event(), list[str]()

        def ready(_: App, url: str) -> None:
            urls.append(url)
            up.set()

        task = asyncio.create_task(serve(app, ready=ready, static=static or folder / "no-static"))
        task.add_done_callback(lambda _: up.set())
        await up.wait()
        if not urls:
            task.result()
        try:
            async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
                yield Site(app, urls[0], token, http)
        finally:
            task.cancel()
            await asyncio.wait([task])
