"""SIMULATED: a service that speaks REST on a free port of 127.0.0.1, from a table of documented answers."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

Told: TypeAlias = tuple[int, Any]
Answer: TypeAlias = Any  # what it answers, a (status, answer), or a function of what it was asked


class Asked(msgspec.Struct, frozen=True):
    call: str  # method and path
    query: dict[str, str]
    body: Any
    headers: Mapping[str, str]


class Service:
    """Answers by "METHOD /path"; what is not there is a 404."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.asked: list[Asked] = []
        self.url = ""

    def calls(self) -> list[str]:
        return [one.call for one in self.asked]

    async def answer(self, request: web.Request) -> web.Response:
        data = await request.read()
        try:
            body = msgspec.json.decode(data) if data else None
        except msgspec.DecodeError:
            body = data.decode()
        asked = Asked(
            f"{request.method} {request.raw_path.partition('?')[0]}", dict(request.query), body, request.headers
        )
        self.asked.append(asked)
        found = self.answers.get(asked.call, (404, {"message": "Not Found"}))
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found = found(asked)
        status, told = found if isinstance(found, tuple) else (200, found)
        if isinstance(told, web.Response):
            return told
        if isinstance(told, str | bytes):
            text = told if isinstance(told, str) else told.decode()
            return web.Response(status=status, text=text)
        return web.Response(status=status, body=msgspec.json.encode(told), content_type="application/json")


@asynccontextmanager
async def serving(answers: Mapping[str, Answer]) -> AsyncIterator[Service]:
    service = Service(answers)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
