"""The way in of other vendors' clients: an address leads to a wire, and the wire to a model or an agent.

These routes stand before the others and are plain ASGI: of every call, microseconds count. A client that hangs up
ends its call, and the model's with it; a run of an agent goes on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeAlias

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.api.access import allow
from orchestrator.api.compatible import agents, listing, refusals, vectors
from orchestrator.api.compatible.anthropic_messages import Messages
from orchestrator.api.compatible.caller import Caller
from orchestrator.api.compatible.doors import About, Asked, Door, Teller, Vendor
from orchestrator.api.compatible.ollama import Chat as OllamaChat
from orchestrator.api.compatible.ollama import Generate
from orchestrator.api.compatible.openai_chat import Chat
from orchestrator.api.compatible.openai_responses import Responses
from orchestrator.api.compatible.telling import Header, Streaming, Take, body_of, send_whole, whole
from orchestrator.api.connection import PIECES
from orchestrator.api.streams import Streams
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import InvalidInput, NotAuthenticated, OrchestratorError
from orchestrator.llm.base import Chunk, Reply
from orchestrator.llm.gateway import Call

Handler: TypeAlias = Callable[[Caller, bytes], Awaitable[bytes]]

_DOORS: dict[str, Door] = {
    "/v1/chat/completions": Chat(),
    "/v1/responses": Responses(),
    "/v1/messages": Messages(),
    "/api/chat": OllamaChat(),
    "/api/generate": Generate(),
}
_MODEL = "/v1/models/"  # and its name, which may hold slashes
_OTHERS: dict[str, dict[str, Handler]] = {
    "/v1/embeddings": {"POST": vectors.openai},
    "/v1/models": {"GET": listing.models},
    _MODEL: {"GET": listing.model},
    "/v1/messages/count_tokens": {"POST": listing.count_tokens},
    "/api/embed": {"POST": vectors.ollama},
    "/api/embeddings": {"POST": vectors.ollama_one},
    "/api/tags": {"GET": listing.tags},
    "/api/show": {"POST": listing.show},
    "/api/ps": {"GET": listing.running},
    "/api/version": {"GET": listing.version},
}


class Route(Struct, frozen=True):
    path: str  # for metrics


class Compatible:
    """The middleware: what is not another vendor's address goes on as it came."""

    def __init__(self, inner: ASGIApp, *, app: App, streams: Streams) -> None:
        self._inner = inner
        self._app = app
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vendor = refusals.vendor_of(scope)
        if vendor is None:
            return await self._inner(scope, receive, send)
        try:
            await self._answer(vendor, scope, receive, send)
        except (OrchestratorError, HTTPException) as error:
            await refusals.answer(error, vendor)(scope, receive, send)

    async def _answer(self, vendor: Vendor, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        who: Principal | None = scope["state"]["principal"]
        if who is None:
            raise NotAuthenticated("Nobody is signed in.", hint="Send a key: orchestrator users key new")
        door = _DOORS.get(path)
        place = path if not path.startswith(_MODEL) else _MODEL
        methods = {"POST": None} if door is not None else _OTHERS.get(place)
        if methods is None:
            raise HTTPException(404)
        scope["route"] = Route(place)
        if method not in methods:
            raise HTTPException(405, headers={"Allow": ", ".join(methods)})
        allow(who, "execute" if method == "POST" else "read")
        body = await body_of(receive) if method == "POST" else b""
        if door is not None:
            take = scope.get("extensions", {}).get(PIECES, {}).get("take", _never)
            return await self._told(door, body, who, receive, send, take)
        handler = _OTHERS[place][method]
        told = await handler(Caller(self._app, who, vendor, path.removeprefix(_MODEL)), body)
        await send_whole(send, told)

    async def _told(self, door: Door, body: bytes, who: Principal, receive: Receive, send: Send, take: Take) -> None:
        app, asked = self._app, door.read(body)
        chunks: AsyncIterator[Chunk]
        at = app.clock.now()
        agent = agents.agent_of(asked.request.model)
        if agent is not None:
            run_id = await agents.begin(app, who, asked)
            chunks = agents.chunks(app, run_id, patient=asked.stream)
            opening = partial(_opened, door, asked, at, run_id, lambda: (agents.PREFIX + agent, "It was asked for."))
        else:
            if asked.before:
                raise InvalidInput("Answers of models are not stored.", hint="Send the whole conversation instead.")
            call = Call(door.name, asked.request, who.tenant, who.id, who.session_id)
            exchange = await app.gateway.open(call)
            chunks = exchange.chunks()
            opening = partial(_opened, door, asked, at, exchange.id, lambda: (exchange.model, exchange.reason))
        if asked.stream:
            joined = partial(self._streams.joined, who.session_id, "events")
            stream = Streaming(door, opening, send, app.clock, take)
            return await stream.run(chunks, receive, joined, at_once=agent is not None)

        async def tell(reply: Reply) -> None:
            teller, headers = opening()
            await send_whole(send, teller.whole(reply), headers + _costs(reply))

        await whole(chunks, receive, tell)


def _never(piece: bytes) -> bool:
    return False


def _opened(
    door: Door, asked: Asked, at: float, id: str, model: Callable[[], tuple[str, str]]
) -> tuple[Teller, list[Header]]:
    """Who tells the answer, and its headers; `model`, and why that one, is asked once it is known who answers."""
    label, reason = model()
    return door.teller(asked, About(id, label, at)), _headers(id, label, reason)


def _headers(id: str, model: str, reason: str) -> list[Header]:
    named = id.encode()
    return [
        (b"x-request-id", named),
        (b"request-id", named),  # as Anthropic calls it
        (b"x-orchestrator-model", _plain(model)),
        (b"x-orchestrator-reason", _plain(reason)),
    ]


def _costs(reply: Reply) -> list[Header]:
    told = [(b"x-orchestrator-cost", b"%.9f" % reply.cost)]
    if reply.spared is not None:
        told.append((b"x-orchestrator-spared", b"%.9f" % reply.spared.cost))
        if reply.spared.cache:
            told.append((b"x-orchestrator-cache", reply.spared.cache.encode()))
    return told


def _plain(text: str) -> bytes:
    """A text as a header may hold it."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text[:300]).encode()
