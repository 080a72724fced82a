"""The product through a running server: REST, and server-sent events for what happens in a run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from orchestrator.cli.connection import ServerUnreachable
from orchestrator.cli.presence import Presence
from orchestrator.kernel.errors import NotAuthenticated, OrchestratorError
from orchestrator.kernel.events import Answer, Approvals, Problem
from orchestrator.kernel.messages import Json, Scope

_RETRIES = 8  # times in a row that a broken stream is taken up again
_PAUSE = 0.05  # seconds before the first time; each pause is twice the one before


def _kinds(kind: type[OrchestratorError] = OrchestratorError) -> dict[str, type[OrchestratorError]]:
    below = [_kinds(one) for one in kind.__subclasses__()]
    return {code: one for found in below for code, one in found.items()} | {kind.code: kind}


def error_of(status: int, body: bytes) -> OrchestratorError:
    """The error that a problem document speaks of."""
    try:
        problem = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {}
    detail = problem.get("detail") or f"The server answered with status {status}."
    if status == 401 and "code" not in problem:
        return NotAuthenticated(detail)
    return error_named(Problem(problem.get("code", OrchestratorError.code), detail, problem.get("hint", "")))


def error_named(problem: Problem) -> OrchestratorError:
    """The error that a problem was made of."""
    kind = _kinds().get(problem.code, OrchestratorError)
    error = kind(problem.detail, hint=problem.hint)
    error.code = problem.code  # type: ignore[misc]  # it may be one that only the server knows
    return error


def _given(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {name: value for name, value in (body | more).items() if value is not None}


class Remote:
    drives = False

    def __init__(self, url: str, token: str, present: Callable[[], Presence | None] = lambda: None) -> None:
        """`present` tells of the server that is there now: started again, it has another token."""
        self._session: aiohttp.ClientSession | None = None
        self._present = present
        self._meet(url, token)

    def _meet(self, url: str, token: str) -> None:
        self.where = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def _met_again(self) -> bool:
        """Whether the server is another than the one that was asked."""
        found, before = self._present(), (self.where, self._headers)
        if found is not None:
            self._meet(found.url, found.token)
        if (self.where, self._headers) == before:
            return False
        await self.close()
        return True

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=None)
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self._session

    async def alive(self) -> bool:
        try:
            async with self._client().get(f"{self.where}/health", timeout=aiohttp.ClientTimeout(5)) as reply:
                return reply.status in (200, 503)  # ill, it still says of each command what is wrong
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def ask(self, method: str, path: str, body: Json = None, **query: Any) -> Json:
        content = await self._ask(method, path, body, query)
        try:
            return msgspec.json.decode(content) if content else None
        except msgspec.DecodeError as error:
            detail = f"What answers at {self.where} is no AI Orchestrator: {error}."
            raise ServerUnreachable(detail, hint="Look at the address.") from error

    async def fetched(self, path: str) -> bytes:
        return await self._ask("GET", path, None, {})

    async def _ask(self, method: str, path: str, body: Json, query: dict[str, Any]) -> bytes:
        try:
            return await self._sent(method, path, body, query)
        except NotAuthenticated:
            if not await self._met_again():
                raise
            return await self._sent(method, path, body, query)

    async def _sent(self, method: str, path: str, body: Json, query: dict[str, Any]) -> bytes:
        data = None if body is None else msgspec.json.encode(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        params = {name: str(value) for name, value in query.items() if value is not None}
        url = f"{self.where}/api/v1{path}"
        try:
            async with self._client().request(method, url, data=data, headers=headers, params=params) as reply:
                content = await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error
        if reply.status >= 400:
            raise error_of(reply.status, content)
        return content

    def _unreachable(self, error: Exception) -> ServerUnreachable:
        hint = "Is it running? orchestrator serve starts one; without --url the data folder is used directly."
        return ServerUnreachable(f"The server at {self.where} cannot be reached: {error}.", hint=hint)

    # ── runs ────────────────────────────────────────────────────────────────────────────────────
    async def start(self, goal: str, *, conversation_id: str | None, model: str | None, approvals: Approvals) -> Json:
        body = {"goal": goal, "conversation_id": conversation_id, "model": model, "approvals": approvals}
        return await self.ask("POST", "/runs", _given(body, channel="cli"))

    async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Json]:
        failures = 0
        while True:
            try:
                async for item in self._stream(run_id, after):
                    failures = 0
                    after = item.get("seq", after)
                    yield item
                    if item["type"] == "run.finished":
                        return
                raise ServerUnreachable(f"The server at {self.where} ended the stream of run {run_id}.")
            except (aiohttp.ClientError, TimeoutError, ServerUnreachable, NotAuthenticated) as error:
                if not await self._met_again() and isinstance(error, NotAuthenticated):
                    raise
                failures += 1
                if failures > _RETRIES:
                    raise self._unreachable(error) from error
                await asyncio.sleep(_PAUSE * 2 ** (failures - 1))

    async def _stream(self, run_id: str, after: int) -> AsyncIterator[Json]:
        url = f"{self.where}/api/v1/runs/{quote(run_id, safe='')}/events"
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        async with self._client().get(url, headers=headers) as reply:
            if reply.status >= 400:
                raise error_of(reply.status, await reply.read())
            async for item in _told(reply.content):
                yield item

    async def run(self, run_id: str) -> Json:
        return await self.ask("GET", f"/runs/{quote(run_id, safe='')}")

    async def events(self, run_id: str) -> Json:
        return await self.ask("GET", f"/runs/{quote(run_id, safe='')}/events")

    async def runs(self, *, status: str | None, conversation_id: str | None, before: str | None, limit: int) -> Json:
        if status == "interrupted":
            return {"items": [], "next": None}  # a server goes on with every run
        asked = {"status": status, "conversation_id": conversation_id, "before": before, "limit": limit}
        return await self.ask("GET", "/runs", **asked)

    async def cancel(self, run_id: str) -> Json:
        return await self.ask("POST", f"/runs/{quote(run_id, safe='')}/cancel")

    async def resume(self, run_id: str) -> Json:
        return await self.ask("POST", f"/runs/{quote(run_id, safe='')}/resume")

    async def approvals(self) -> Json:
        return await self.ask("GET", "/approvals")

    async def answer(
        self, approval_id: str, answer: Answer, note: str = "", content: dict[str, Any] | None = None
    ) -> Json:
        body = {"answer": answer, "note": note, "content": content or {}}
        return await self.ask("POST", f"/approvals/{quote(approval_id, safe='')}", body)

    async def grants(self) -> Json:
        return await self.ask("GET", "/grants")

    async def revoke(self, grant_id: str) -> None:
        await self.ask("DELETE", f"/grants/{quote(grant_id, safe='')}")

    # ── the rest ────────────────────────────────────────────────────────────────────────────────
    async def tools(self) -> Json:
        return await self.ask("GET", "/tools")

    async def tool(self, name: str) -> Json:
        return await self.ask("GET", f"/tools/{quote(name, safe='')}")

    async def call(self, name: str, arguments: dict[str, Any], approvals: Approvals) -> Json:
        body = {"arguments": arguments, "approvals": approvals, "channel": "cli", "wait": False}
        return await self.ask("POST", f"/tools/{quote(name, safe='')}/call", body)

    async def models(self) -> Json:
        return await self.ask("GET", "/system/models")

    async def pull(self, name: str, sha256: str) -> AsyncIterator[Json]:
        data = msgspec.json.encode({"name": name, "sha256": sha256})
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        try:
            async with self._client().post(f"{self.where}/api/v1/models/pull", data=data, headers=headers) as reply:
                if reply.status >= 400:
                    raise error_of(reply.status, await reply.read())
                async for item in _told(reply.content):
                    yield item
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error

    async def stats(self) -> Json:
        return await self.ask("GET", "/system/stats")

    async def conversations(self, *, before: str | None, limit: int) -> Json:
        return await self.ask("GET", "/conversations", before=before, limit=limit)

    async def conversation(self, conversation_id: str) -> Json:
        return await self.ask("GET", f"/conversations/{quote(conversation_id, safe='')}")

    async def messages(self, conversation_id: str) -> Json:
        return await self.ask("GET", f"/conversations/{quote(conversation_id, safe='')}/messages")

    # ── users ───────────────────────────────────────────────────────────────────────────────────
    async def me(self) -> Json:
        return await self.ask("GET", "/auth/me")

    async def users(self) -> Json:
        return await self.ask("GET", "/auth/users")

    async def register(self, username: str, password: str, scopes: tuple[Scope, ...]) -> Json:
        body = {"username": username, "password": password, "scopes": scopes}
        return await self.ask("POST", "/auth/register", body)

    async def set_password(self, password: str, *, current: str | None, username: str | None) -> None:
        await self.ask("POST", "/auth/password", _given({"current": current, "username": username}, password=password))

    async def sign_in_link(self, username: str | None) -> Json:
        return await self.ask("POST", "/auth/link", _given({"username": username}))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _told(stream: aiohttp.StreamReader) -> AsyncIterator[Json]:
    """The items of server-sent events. Raises the error that one of them is."""
    event, data = b"", b""
    async for line in _lines(stream):
        if line.startswith(b"event:"):
            event = line[6:].strip()
        elif line.startswith(b"data:"):
            data += line[5:]
        elif not line and data:
            if event == b"error":
                raise error_of(500, data)
            yield msgspec.json.decode(data)
            event, data = b"", b""


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length, without their ends."""
    rest = b""
    async for piece in stream.iter_any():
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
