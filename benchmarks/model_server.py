"""A model server at zero delay, SIMULATED, on the OpenAI wire: five tool calls, then an answer. Its own process."""

import asyncio
import sys
import time
from multiprocessing import Process, Queue
from typing import Any

import msgspec
import uvloop
from aiohttp import web

STEPS = 5
TOKENS = 1000  # of the long answer


def _sse(chunks: list[dict[str, Any]]) -> bytes:
    lines = [b"data: " + msgspec.json.encode(chunk) + b"\n\n" for chunk in chunks]
    return b"".join([*lines, b"data: [DONE]\n\n"])


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "zero", "choices": [choice]}


USAGE = {**_chunk({}), "choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}}


def _call(step: int) -> bytes:
    function = {"name": "echo", "arguments": msgspec.json.encode({"text": f"step {step}"}).decode()}
    call = {"index": 0, "id": f"call_{step}", "type": "function", "function": function}
    return _sse([_chunk({"role": "assistant", "tool_calls": [call]}), _chunk({}, "tool_calls"), USAGE])


def _answer(text: str) -> bytes:
    return _sse([_chunk({"role": "assistant", "content": text}), _chunk({}, "stop"), USAGE])


def _long() -> list[bytes]:
    words = [b"data: " + msgspec.json.encode(_chunk({"content": f"word{n} "})) + b"\n\n" for n in range(TOKENS)]
    return [*words, _sse([_chunk({}, "stop"), USAGE])]


def _whole(step: int) -> bytes:
    """The same replies, not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": "The work is done."}
    if step < STEPS:
        function = {"name": "echo", "arguments": msgspec.json.encode({"text": f"step {step}"}).decode()}
        calls = [{"id": f"call_{step}", "type": "function", "function": function}]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "stop" if step == STEPS else "tool_calls"}
    reply = {"id": "x", "object": "chat.completion", "created": 1, "model": "zero", "choices": [choice]}
    return msgspec.json.encode({**reply, "usage": USAGE["usage"]})


WHOLE = [_whole(step) for step in range(STEPS + 1)]
CALLS = [_call(step) for step in range(STEPS)]
ANSWER = _answer("The work is done.")
LONG = _long()
HEADERS = {"content-type": "text/event-stream"}


async def chat(request: web.Request) -> web.StreamResponse:
    body = msgspec.json.decode(await request.read())
    if body["model"] == "long":
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        for piece in LONG:
            await response.write(piece)
            await asyncio.sleep(0)
        return response
    if body["model"] == "clock":  # says when it said it: the monotonic clock is one for the whole machine
        return web.Response(body=_answer(f"{time.monotonic():.6f} "), headers=HEADERS)
    done = sum(message["role"] == "tool" for message in body["messages"])
    if not body.get("stream"):
        return web.Response(body=WHOLE[done], content_type="application/json")
    return web.Response(body=CALLS[done] if done < STEPS else ANSWER, headers=HEADERS)


async def models(request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": "zero"}, {"id": "long"}, {"id": "clock"}]})


async def _serve(port: "Queue[int] | None") -> None:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    number = runner.addresses[0][1]
    if port is not None:
        port.put(number)
    else:
        print(number, flush=True)
    await asyncio.Event().wait()


def _process(port: "Queue[int]") -> None:
    uvloop.run(_serve(port))


class ModelServer:
    """The server, in a process of its own while the block lasts."""

    def __enter__(self) -> str:
        port: Queue[int] = Queue()
        self._process = Process(target=_process, args=(port,), daemon=True)
        self._process.start()
        return f"http://127.0.0.1:{port.get(timeout=30)}/v1"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


if __name__ == "__main__":
    sys.exit(uvloop.run(_serve(None)))
