"""The scenes on OpenAI's Responses wire. SIMULATED: nothing is understood."""

from collections.abc import Iterable
from typing import Any

from servers.scenes import Scene


def _usage(scene: Scene) -> dict[str, Any]:
    return {
        "input_tokens": scene.input_tokens,
        "input_tokens_details": {"cached_tokens": scene.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": scene.output_tokens,
        "output_tokens_details": {"reasoning_tokens": scene.reasoning_tokens},
        "total_tokens": scene.input_tokens + scene.output_tokens,
    }


def _items(scene: Scene) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if scene.thinking or scene.signature:
        summary = [{"type": "summary_text", "text": "".join(scene.thinking)}] if scene.thinking else []
        sealed = scene.signature or None
        items.append({"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": sealed})
    said = "".join(scene.text)
    if said:
        kind = {"type": "refusal", "refusal": said} if scene.refused else _text(said)
        items.append({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [kind]})
    items += [
        {
            "type": "function_call",
            "id": f"fc_{n}",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "status": "completed",
        }
        for n, call in enumerate(scene.calls)
    ]
    return items


def _text(said: str) -> dict[str, Any]:
    return {"type": "output_text", "text": said, "annotations": [], "logprobs": []}


def responses_whole(scene: Scene, model: str, *, begun: bool = False) -> dict[str, Any]:
    cut = scene.finish == "length"
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": model,
        "status": "in_progress" if begun else "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut and not begun else None,
        "instructions": None,
        "metadata": {},
        "output": [] if begun else _items(scene),
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None if begun else _usage(scene),
    }


def responses_events(scene: Scene, model: str) -> Iterable[dict[str, Any]]:
    number = 0

    def event(kind: str, **more: Any) -> dict[str, Any]:
        nonlocal number
        number += 1
        return {"type": f"response.{kind}", "sequence_number": number, **more}

    yield event("created", response=responses_whole(scene, model, begun=True))
    yield event("in_progress", response=responses_whole(scene, model, begun=True))
    calls = iter(scene.calls)
    for index, item in enumerate(_items(scene)):
        place = {"item_id": item["id"], "output_index": index}
        match item["type"]:
            case "reasoning":
                empty = {**item, "summary": [], "encrypted_content": None}
                yield event("output_item.added", output_index=index, item=empty)
                part = {"type": "summary_text", "text": ""}
                yield event("reasoning_summary_part.added", **place, summary_index=0, part=part)
                for piece in scene.thinking:
                    yield event("reasoning_summary_text.delta", **place, summary_index=0, delta=piece)
            case "message":
                yield event("output_item.added", output_index=index, item={**item, "content": []})
                part = {"type": "refusal", "refusal": ""} if scene.refused else _text("")
                yield event("content_part.added", **place, content_index=0, part=part)
                for piece in scene.text:
                    if scene.refused:
                        yield event("refusal.delta", **place, content_index=0, delta=piece)
                    else:
                        yield event("output_text.delta", **place, content_index=0, delta=piece, logprobs=[])
            case "function_call":
                yield event("output_item.added", output_index=index, item={**item, "arguments": ""})
                for piece in next(calls).fragments:
                    yield event("function_call_arguments.delta", **place, delta=piece)
                said = {"name": item["name"], "arguments": item["arguments"]}
                yield event("function_call_arguments.done", **place, **said)
        if scene.fault == "mid_error":
            error = {"code": "server_error", "message": "the engine stopped"}
            yield event("failed", response={**responses_whole(scene, model), "status": "failed", "error": error})
            return
        yield event("output_item.done", output_index=index, item=item)
    kind = "incomplete" if scene.finish == "length" else "completed"
    yield event(kind, response=responses_whole(scene, model))
