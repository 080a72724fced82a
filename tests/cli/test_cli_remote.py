"""The way through a server: errors as they were, streams taken up where they broke."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from orchestrator.cli import remote
from orchestrator.cli.connection import ServerUnreachable
from orchestrator.cli.presence import Presence
from orchestrator.cli.remote import Remote, error_of
from orchestrator.kernel import errors

PROBLEM = {"type": "/docs#run_finished", "title": "Conflict", "status": 409, "detail": "It is over.", "hint": "Look."}


def frame(seq: int, kind: str) -> bytes:
    return f'id: {seq}\nevent: {kind}\ndata: {{"seq": {seq}, "type": "{kind}"}}\n\n'.encode()


class Server:
    """Answers what a test says, and breaks the first streams off."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.frames = [frame(1, "run.started"), frame(2, "model.asked"), frame(3, "run.finished")]
        self.breaks = 0
        self.url = ""
        self.token = "secret"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] != f"Bearer {self.token}":
            return web.json_response({"code": "not_authenticated", "detail": "The session is over."}, status=401)
        self.asked.append((request.method, request.path_qs, dict(request.headers)))
        if request.path == "/health":
            return web.json_response({"status": "ok"})
        if request.path.endswith("/events"):
            return await self.stream(request)
        if request.path.endswith("/conversations"):
            return web.Response(text="<html>Something else.</html>", content_type="text/html")
        if request.path.endswith("/cancel"):
            return web.json_response({**PROBLEM, "code": "run_finished"}, status=409)
        return web.json_response({"path": request.path, "body": await request.text()})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        after = int(request.headers["Last-Event-ID"])
        if self.breaks:
            self.breaks -= 1
            whole = b"".join(self.frames[after : after + 1])
            await response.write(b"retry: 1000\n\n: alive\n\n" + whole + b"data: cut in the mid")
            assert request.transport is not None
            request.transport.close()
            return response
        for piece in self.frames[after:]:
            await response.write(piece[:7])
            await asyncio.sleep(0)
            await response.write(piece[7:])
        return response


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def connection(server: Server) -> AsyncIterator[Remote]:
    made = Remote(server.url + "/", "secret")
    yield made
    await made.close()


async def watched(connection: Remote) -> list[Any]:
    return [item["type"] async for item in connection.watch("run_1")]


async def test_the_token_is_sent_and_identifiers_are_quoted(server: Server, connection: Remote) -> None:
    assert await connection.alive()
    assert (await connection.run("../x?y"))["path"] == "/api/v1/runs/../x?y"
    method, path, headers = server.asked[-1]
    assert (method, path) == ("GET", "/api/v1/runs/..%2Fx%3Fy")
    assert headers["Authorization"] == "Bearer secret"


async def test_a_problem_is_the_error_it_was(connection: Remote) -> None:
    with pytest.raises(errors.RunFinished, match="It is over") as refused:
        await connection.cancel("run_1")
    assert refused.value.hint == "Look."


async def test_another_server_is_not_taken_for_ours(connection: Remote) -> None:
    with pytest.raises(ServerUnreachable, match="is no AI Orchestrator"):
        await connection.conversations(before=None, limit=20)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"<html>", errors.NotAuthenticated),
        (404, b'{"code": "not_found", "detail": "No."}', errors.NotFound),
        (503, b'{"code": "model_unavailable", "detail": "No."}', errors.ModelUnavailable),
        (418, b'{"code": "of the future", "detail": "No."}', errors.OrchestratorError),
    ],
)
def test_every_answer_of_a_server_is_an_error_of_ours(status: int, body: bytes, kind: type[Exception]) -> None:
    error = error_of(status, body)
    assert type(error) is kind
    assert error.code.encode() in body or error.code == "not_authenticated"


def test_an_error_is_not_taken_for_a_narrower_one_of_the_same_code() -> None:
    class Narrower(errors.ToolFailed):
        def __init__(self, name: str) -> None:
            super().__init__(f"{name} does not work.")

    assert type(error_of(409, b'{"code": "tool_failed", "detail": "No."}')) is errors.ToolFailed


async def test_a_stream_ends_with_its_run(server: Server, connection: Remote) -> None:
    assert await watched(connection) == ["run.started", "model.asked", "run.finished"]
    assert len(server.asked) == 1


async def test_a_broken_stream_is_taken_up_after_the_last_event(
    server: Server, connection: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    server.breaks = 2
    assert await watched(connection) == ["run.started", "model.asked", "run.finished"]
    assert [headers["Last-Event-ID"] for _, _, headers in server.asked] == ["0", "1", "2"]


async def test_a_server_that_was_started_again_is_met_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    connection = Remote("http://127.0.0.1:1", "before", lambda: Presence(server.url, server.token, 1))
    assert await watched(connection) == ["run.started", "model.asked", "run.finished"]
    server.token = "after"
    assert (await connection.run("run_1"))["path"] == "/api/v1/runs/run_1"
    assert connection.where == server.url
    await connection.close()


async def test_who_may_not_is_told_so_at_once(server: Server) -> None:
    connection = Remote(server.url, "wrong")
    for asked in (watched(connection), connection.run("run_1")):
        with pytest.raises(errors.NotAuthenticated, match="The session is over"):
            await asked
    await connection.close()


async def test_an_error_in_a_stream_is_raised(server: Server, connection: Remote) -> None:
    server.frames = [b'event: error\ndata: {"code": "journal_unavailable", "detail": "The disk is full."}\n\n']
    with pytest.raises(errors.JournalUnavailable, match="disk is full"):
        await watched(connection)


async def test_a_server_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_PAUSE", 0.0)
    connection = Remote("http://127.0.0.1:1", "secret")
    assert not await connection.alive()
    with pytest.raises(ServerUnreachable, match="cannot be reached"):
        await connection.tools()
    with pytest.raises(ServerUnreachable, match="cannot be reached"):
        await watched(connection)
    await connection.close()
