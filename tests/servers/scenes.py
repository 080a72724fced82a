"""What a model says, and how three vendors put it on their wires. SIMULATED: nothing is understood."""

import json
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

RAW = "<raw>"

Fault = Literal[
    "", "half", "garbage", "array", "utf8", "silent", "stall", "disconnect", "endless", "mid_error", "no_usage",
    "no_done",
    "401", "404", "429", "500", "redirect", "quota",
]  # fmt: skip


class Asked(Struct, frozen=True):
    """A call that the model makes: its arguments as JSON text, in the fragments they come in."""

    id: str
    name: str
    fragments: tuple[str, ...]

    @property
    def arguments(self) -> str:
        return "".join(self.fragments)


class Scene(Struct, frozen=True):
    text: tuple[str, ...] = ()
    thinking: tuple[str, ...] = ()
    signature: str = ""
    calls: tuple[Asked, ...] = ()
    input_tokens: int = 11
    output_tokens: int = 7
    cached_tokens: int = 0
    reasoning_tokens: int = 0  # of the output
    refused: bool = False  # the text is why it will not answer
    finish: Literal["stop", "tools", "length"] = "stop"
    fault: Fault = ""
    after_results: str = ""  # what is said once the request brings results of tools
    again: bool = False  # said again whatever the results are
    merged: bool = False  # the whole stream in one write


def _openai_usage(scene: Scene) -> dict[str, Any]:
    return {
        "prompt_tokens": scene.input_tokens,
        "completion_tokens": scene.output_tokens,
        "total_tokens": scene.input_tokens + scene.output_tokens,
        "prompt_tokens_details": {"cached_tokens": scene.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": scene.reasoning_tokens},
    }


def _openai_finish(scene: Scene) -> str:
    return "tool_calls" if scene.calls else scene.finish


def openai_chunks(scene: Scene, body: dict[str, Any]) -> Iterable[dict[str, Any]]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": body["model"],
            "choices": [choice],
        }

    yield chunk({"role": "assistant", "content": ""})
    for piece in scene.thinking:
        yield chunk({"reasoning_content": piece})
    for piece in scene.text:
        yield chunk({"refusal" if scene.refused else "content": piece})
    if scene.fault == "mid_error":
        yield {"error": {"message": "the engine stopped", "type": "server_error"}}
        return
    for index, call in enumerate(scene.calls):
        start = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield chunk({"tool_calls": [start]})
    # Parallel calls grow in turns, so that only the index tells them apart.
    for turn in range(max((len(call.fragments) for call in scene.calls), default=0)):
        for index, call in enumerate(scene.calls):
            if turn < len(call.fragments):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": call.fragments[turn]}}]})
    yield chunk({}, _openai_finish(scene))
    if scene.fault != "no_usage" and body.get("stream_options", {}).get("include_usage"):
        yield {**chunk({}), "choices": [], "usage": _openai_usage(scene)}


def openai_whole(scene: Scene, model: str) -> dict[str, Any]:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in scene.calls
    ]
    message = {"role": "assistant", "content": "".join(scene.text), **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": _openai_finish(scene), "logprobs": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": _openai_usage(scene),
    }


def blocks(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _anthropic_message(scene: Scene, model: str) -> dict[str, Any]:
    usage = {
        "input_tokens": scene.input_tokens - scene.cached_tokens,
        "output_tokens": 1,
        "cache_read_input_tokens": scene.cached_tokens,
        "cache_creation_input_tokens": 0,
    }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _anthropic_stop(scene: Scene) -> str:
    if scene.refused:
        return "refusal"
    return (
        "tool_use" if scene.calls else {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use"}[scene.finish]
    )


def anthropic_events(scene: Scene, model: str) -> Iterable[dict[str, Any]]:
    yield {"type": "message_start", "message": _anthropic_message(scene, model)}
    yield {"type": "ping"}
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if scene.thinking or scene.signature:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in scene.thinking]
        deltas.append({"type": "signature_delta", "signature": scene.signature})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if scene.text:
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in scene.text]))
    for call in scene.calls:
        pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in call.fragments]
        blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, pieces))
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        if scene.fault == "mid_error":
            yield {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            return
        yield {"type": "content_block_stop", "index": index}
    stop = {"stop_reason": _anthropic_stop(scene), "stop_sequence": None}
    spent = {"thinking_tokens": scene.reasoning_tokens}
    usage = {"output_tokens": scene.output_tokens, "output_tokens_details": spent}
    yield {"type": "message_delta", "delta": stop, "usage": usage}
    yield {"type": "message_stop"}


def anthropic_whole(scene: Scene, model: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if scene.text:
        content.append({"type": "text", "text": "".join(scene.text)})
    content += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)}
        for call in scene.calls
    ]
    message = _anthropic_message(scene, model)
    usage = {**message["usage"], "output_tokens": scene.output_tokens}
    return {**message, "content": content, "stop_reason": _anthropic_stop(scene), "usage": usage}


def _ollama_chunk(model: str, chat: bool, text: str = "", **more: Any) -> dict[str, Any]:
    said = {"message": {"role": "assistant", "content": text, **more}} if chat else {"response": text, **more}
    return {"model": model, "created_at": "2026-01-01T00:00:00Z", **said, "done": False}


def _ollama_calls(scene: Scene) -> list[dict[str, Any]]:
    # As text: there is JSON that Python would not read.
    return [{"function": {"name": call.name, "arguments": f"{RAW}{call.arguments}{RAW}"}} for call in scene.calls]


def ollama_encoded(chunk: dict[str, Any]) -> bytes:
    before, *raw = json.dumps(chunk).split(f'"{RAW}')
    return "".join([before, *map(_unquoted, raw)]).encode()


def _unquoted(text: str) -> str:
    arguments, after = text.split(f'{RAW}"')
    return str(json.loads(f'"{arguments}"')) + after


def _ollama_end(scene: Scene) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if scene.finish == "length" else "stop",
        "total_duration": 1,
        "prompt_eval_count": scene.input_tokens,
        "eval_count": scene.output_tokens,
    }


def ollama_whole(scene: Scene, model: str, chat: bool) -> dict[str, Any]:
    calls = {"tool_calls": _ollama_calls(scene)} if scene.calls else {}
    return {**_ollama_chunk(model, chat, "".join(scene.text), **calls), **_ollama_end(scene)}


def ollama_chunks(scene: Scene, model: str, chat: bool) -> Iterable[dict[str, Any]]:
    for piece in scene.thinking:
        yield _ollama_chunk(model, chat, thinking=piece)
    for piece in scene.text:
        yield _ollama_chunk(model, chat, piece)
    if scene.fault == "mid_error":
        yield {"error": "the engine stopped"}
        return
    for call in _ollama_calls(scene):
        yield _ollama_chunk(model, chat, tool_calls=[call])
    yield {**_ollama_chunk(model, chat), **_ollama_end(scene)}
