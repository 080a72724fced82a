"""Our providers, pointed at a server of the tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from contracts.model import WEATHER

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import user
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Provider, Secret
from orchestrator.llm.base import Model, Request
from orchestrator.llm.catalogue import PROVIDERS


class Hurried(ManualClock):
    """A clock on which every pause is over at once; what was paused is written down."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)


WIRES = ("openai", "responses", "anthropic", "gemini", "ollama")


def provider(kind: str, url: str, *, model: str = "say", timeout: float = 5.0, **options: Any) -> Model:
    base = url + "/v1" if kind in ("openai", "responses") else url
    plug = Registry("provider", PROVIDERS).load(kind)
    made: Model = plug(kind, Provider(kind, base, Secret("key"), model, timeout, options), ManualClock())
    return made


def ask(scene: str, *, tools: bool = False) -> Request:
    return Request(scene, (user("Hello"),), (WEATHER,) if tools else ())


@asynccontextmanager
async def serving(path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The address of a server with one page."""
    app = web.Application()
    app.router.add_post(path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
