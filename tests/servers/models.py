"""A scripted model server that speaks OpenAI's, Anthropic's and Ollama's wires, SIMULATED: for tests and benchmarks.

Which scene is played is the model's name in the request. Official clients read it as they read the vendors
(tests/llm/test_llm_official_clients.py), which is what makes it fit to judge our own wires.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from msgspec import Struct
from servers.scenes import (
    Scene,
    anthropic_events,
    anthropic_whole,
    blocks,
    ollama_chunks,
    ollama_encoded,
    ollama_whole,
    openai_chunks,
    openai_whole,
)
from servers.scenes_gemini import gemini_chunks, gemini_models, gemini_refusal, gemini_whole
from servers.scenes_responses import responses_events, responses_whole


class Seen(Struct):
    """What the server saw of one request."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    peer: tuple[str, int]
    closed: asyncio.Event  # the client went away before the end


class ModelServer:
    def __init__(self, scenes: dict[str, Scene]) -> None:
        self.scenes = scenes
        self.seen: list[Seen] = []
        self.url = ""
        self.hold = asyncio.Event()  # a "stall" goes on when this is set
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._openai)
        app.router.add_post("/v1/embeddings", self._openai_embeddings)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/responses", self._responses)
        app.router.add_post("/v1/messages", self._anthropic)
        app.router.add_post("/{version:v1|v1beta}/models/{name}:{verb}", self._gemini)
        app.router.add_get("/v1beta/models", self._models)
        app.router.add_post("/hf-inference/models/{name:.+}/pipeline/feature-extraction", self._hf_embed)
        app.router.add_post("/api/chat", self._ollama)
        app.router.add_post("/api/generate", self._ollama)
        app.router.add_post("/api/embed", self._ollama_embed)
        app.router.add_post("/api/pull", self._ollama_pull)
        app.router.add_post("/api/show", self._ollama_show)
        app.router.add_get("/api/tags", self._ollama_tags)
        app.router.add_get("/api/version", self._ollama_version)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> "ModelServer":
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hold.set()
        await self._runner.cleanup()

    async def _note(self, request: web.Request) -> tuple[Seen, Scene]:
        body = json.loads(await request.read() or b"{}")
        if "name" in request.match_info:
            body["model"] = request.match_info["name"]
        transport = request.transport
        peer = transport.get_extra_info("peername") if transport else ("", 0)
        seen = Seen(request.path, body, dict(request.headers), (peer[0], peer[1]), asyncio.Event())
        self.seen.append(seen)
        scene = self.scenes.get(body.get("model", ""))
        if scene is None:
            raise web.HTTPNotFound(
                **_json(_refusal(request.path, "not_found_error", f"model {body.get('model')!r} not found"))
            )
        _refuse(scene, request.path)
        if scene.fault == "silent":
            with _noticing(seen):
                await self.hold.wait()
        return seen, scene

    async def _play(
        self, request: web.Request, seen: Seen, scene: Scene, frames: list[bytes], kind: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        response.enable_chunked_encoding()
        with _noticing(seen):
            await response.prepare(request)
            async for frame in self._spoiled(request, scene, frames):
                await response.write(frame)
            with contextlib.suppress(ConnectionResetError):
                await response.write_eof()
        return response

    async def _spoiled(self, request: web.Request, scene: Scene, frames: list[bytes]) -> AsyncIterator[bytes]:
        middle = len(frames) // 2
        if scene.merged:
            yield b"".join(frames)
            return
        for index, frame in enumerate(frames):
            if index == middle:
                if scene.fault == "half":
                    return
                if scene.fault == "disconnect":
                    assert request.transport is not None
                    request.transport.abort()
                    return
                if scene.fault == "stall":
                    await self.hold.wait()
                if scene.fault == "endless":
                    for _ in range(100):
                        yield b"data: " + b"x" * 100_000
                spoiled = {
                    "garbage": b"{]",
                    "array": b"[1, 2]",
                    "utf8": b'{"model": "\xff\xfe", "modelVersion": "\xff"}',
                }.get(scene.fault)
                if spoiled is not None:
                    yield _sse(spoiled) if "/api/" not in request.path else spoiled + b"\n"
            yield frame
            await asyncio.sleep(0)

    async def _models(self, request: web.Request) -> web.Response:
        self.seen.append(Seen(request.path, {}, dict(request.headers), ("", 0), asyncio.Event()))
        key = (
            request.headers.get("x-api-key")
            or request.headers.get("x-goog-api-key")
            or request.headers.get("Authorization", "").removeprefix("Bearer ")
        )
        if key == "wrong":
            raise web.HTTPUnauthorized(**_json({"error": {"message": "invalid key", "type": "authentication_error"}}))
        if "x-goog-api-key" in request.headers:
            return web.json_response(gemini_models(self.scenes))
        if "x-api-key" in request.headers:
            data = [
                {
                    "id": name,
                    "type": "model",
                    "display_name": name.title(),
                    "created_at": "2026-01-01T00:00:00Z",
                    "lifecycle": "active",
                    "max_input_tokens": 200_000,
                }
                for name in self.scenes
            ]
            return web.json_response({"data": data, "has_more": False, "first_id": None, "last_id": None})
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in self.scenes]
        return web.json_response({"object": "list", "data": data})

    # OpenAI

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        seen, scene = await self._note(request)
        if not scene.again and any(message["role"] == "tool" for message in seen.body["messages"]):
            scene = Scene(text=(scene.after_results,))
        if not seen.body.get("stream"):
            return web.json_response(openai_whole(scene, seen.body["model"]))
        frames = [_sse(json.dumps(chunk).encode()) for chunk in openai_chunks(scene, seen.body)]
        if scene.fault != "no_done":
            frames.append(_sse(b"[DONE]"))
        return await self._play(request, seen, scene, frames, "text/event-stream")

    async def _openai_embeddings(self, request: web.Request) -> web.Response:
        seen, _ = await self._note(request)
        data = [{"object": "embedding", "index": n, "embedding": vector(t)} for n, t in enumerate(seen.body["input"])]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return web.json_response({"object": "list", "data": data[::-1], "model": "embed", "usage": usage})

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        seen, scene = await self._note(request)
        if not scene.again and any(item["type"] == "function_call_output" for item in _input(seen.body)):
            scene = Scene(text=(scene.after_results,))
        if not seen.body.get("stream"):
            return web.json_response(responses_whole(scene, seen.body["model"]))
        events = responses_events(scene, seen.body["model"])
        frames = [f"event: {event['type']}\n".encode() + _sse(json.dumps(event).encode()) for event in events]
        return await self._play(request, seen, scene, frames, "text/event-stream")

    async def _hf_embed(self, request: web.Request) -> web.Response:
        seen, _ = await self._note(request)
        return web.json_response([vector(text) for text in seen.body["inputs"]])

    # Google

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        seen, scene = await self._note(request)
        if request.match_info["verb"] == "batchEmbedContents":
            texts = [asked["content"]["parts"][0]["text"] for asked in seen.body["requests"]]
            return web.json_response({"embeddings": [{"values": vector(text)} for text in texts]})
        parts = [part for content in seen.body["contents"] for part in content["parts"]]
        if not scene.again and any("functionResponse" in part for part in parts):
            scene = Scene(text=(scene.after_results,))
        model = seen.body["model"]
        if request.match_info["verb"] == "generateContent":
            return web.Response(body=ollama_encoded(gemini_whole(scene, model)), content_type="application/json")
        frames = [_sse(ollama_encoded(chunk)) for chunk in gemini_chunks(scene, model)]
        return await self._play(request, seen, scene, frames, "text/event-stream")

    # Anthropic

    async def _anthropic(self, request: web.Request) -> web.StreamResponse:
        seen, scene = await self._note(request)
        if not scene.again and any(
            block.get("type") == "tool_result" for turn in seen.body["messages"] for block in blocks(turn)
        ):
            scene = Scene(text=(scene.after_results,))
        if not seen.body.get("stream"):
            return web.json_response(anthropic_whole(scene, seen.body["model"]))
        events = anthropic_events(scene, seen.body["model"])
        frames = [f"event: {event['type']}\n".encode() + _sse(json.dumps(event).encode()) for event in events]
        return await self._play(request, seen, scene, frames, "text/event-stream")

    # Ollama

    async def _ollama(self, request: web.Request) -> web.StreamResponse:
        seen, scene = await self._note(request)
        if not scene.again and any(message["role"] == "tool" for message in seen.body.get("messages", [])):
            scene = Scene(text=(scene.after_results,))
        chat = "messages" in seen.body
        if seen.body.get("stream") is False:
            whole = ollama_encoded(ollama_whole(scene, seen.body["model"], chat))
            return web.Response(body=whole, content_type="application/json")
        frames = [ollama_encoded(chunk) + b"\n" for chunk in ollama_chunks(scene, seen.body["model"], chat)]
        return await self._play(request, seen, scene, frames, "application/x-ndjson")

    async def _ollama_embed(self, request: web.Request) -> web.Response:
        seen, _ = await self._note(request)
        given = seen.body["input"]
        texts = [given] if isinstance(given, str) else given
        return web.json_response({"model": seen.body["model"], "embeddings": [vector(text) for text in texts]})

    async def _ollama_pull(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        seen = Seen(request.path, body, dict(request.headers), ("", 0), asyncio.Event())
        if body["model"] == "nowhere":
            frames = [b'{"status":"pulling manifest"}\n', b'{"error":"pull model manifest: file does not exist"}\n']
        else:
            steps: list[dict[str, Any]] = [
                {"status": "pulling manifest"},
                {"status": "pulling abc", "digest": "sha256:abc", "total": 100, "completed": 40},
                {"status": "pulling abc", "digest": "sha256:abc", "total": 100, "completed": 100},
                {"status": "success"},
            ]
            frames = [json.dumps(step).encode() + b"\n" for step in steps]
        return await self._play(request, seen, Scene(), frames, "application/x-ndjson")

    async def _ollama_show(self, request: web.Request) -> web.Response:
        name = (await request.json())["model"]
        if name not in self.scenes:
            raise web.HTTPNotFound(**_json({"error": f"model {name!r} not found"}))
        can = (
            ["embedding"]
            if "embed" in name
            else ["completion"]
            if "plain" in name
            else ["completion", "tools", "vision"]
        )
        info = {"general.architecture": "test", "test.context_length": 40_960}
        return web.json_response({"capabilities": can, "model_info": info, "details": {}})

    async def _ollama_tags(self, request: web.Request) -> web.Response:
        return web.json_response({"models": [{"name": name, "model": name, "digest": name} for name in self.scenes]})

    async def _ollama_version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "0.99.0"})


def _input(body: dict[str, Any]) -> list[dict[str, Any]]:
    given = body["input"]
    return given if isinstance(given, list) else [{"type": "message", "content": given}]


def vector(text: str) -> list[float]:
    return [float(len(text)), 0.5, -1.0]


@contextlib.contextmanager
def _noticing(seen: Seen) -> Any:
    try:
        yield
    except (asyncio.CancelledError, ConnectionResetError):
        seen.closed.set()
        raise


def _sse(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


def _json(body: dict[str, Any]) -> dict[str, Any]:
    return {"text": json.dumps(body), "content_type": "application/json"}


def _refusal(path: str, kind: str, message: str) -> dict[str, Any]:
    if path.startswith("/api/"):
        return {"error": message}
    if ":" in path:  # Google's verbs
        statuses = {"authentication_error": 401, "not_found_error": 404, "rate_limit_error": 429}
        return gemini_refusal(statuses.get(kind, 500), message)
    problem = {"type": kind, "message": message}
    return {"type": "error", "error": problem} if path == "/v1/messages" else {"error": {**problem, "code": kind}}


def _refuse(scene: Scene, path: str) -> None:
    match scene.fault:
        case "401":
            raise web.HTTPUnauthorized(**_json(_refusal(path, "authentication_error", "invalid key")))
        case "404":
            raise web.HTTPNotFound(**_json(_refusal(path, "not_found_error", "no such model")))
        case "429":
            raise web.HTTPTooManyRequests(
                headers={"Retry-After": "7"}, **_json(_refusal(path, "rate_limit_error", "slow down"))
            )
        case "quota":
            raise web.HTTPTooManyRequests(**_json(_refusal(path, "insufficient_quota", "no money left")))
        case "500":
            raise web.HTTPInternalServerError(text="<h1>broken</h1>", content_type="text/html")
        case "redirect":
            raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/elsewhere")
