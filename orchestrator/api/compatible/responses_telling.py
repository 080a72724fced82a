"""A reply as OpenAI's Responses tell it: items that open, grow and close, and the whole of it at the end."""

from typing import Any

from orchestrator.api.compatible.doors import About, arguments, encode
from orchestrator.api.compatible.refusals import refusal
from orchestrator.api.compatible.sealed import sealed
from orchestrator.kernel.messages import Text, Thinking, ToolCall, Usage
from orchestrator.llm.base import Reply

PREFIX = "resp_"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _words(said: str) -> dict[str, Any]:
    return {"type": "output_text", "text": said, "annotations": [], "logprobs": []}


class Telling:
    def __init__(self, about: About) -> None:
        self._about = about
        self._number = -1  # of the last event
        self._items: list[dict[str, Any]] = []  # that are closed
        self._kind = ""  # of the item that is open
        self._said: list[str] = []  # in it
        self._head = b""  # of its deltas

    def _response(self, status: str, reply: Reply | None, output: list[dict[str, Any]]) -> dict[str, Any]:
        cut = reply is not None and reply.finish == "length"
        return {
            "id": PREFIX + self._about.id,
            "object": "response",
            "created_at": int(self._about.at),
            "model": self._about.model,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "instructions": None,
            "metadata": {},
            "output": output,
            "parallel_tool_calls": True,
            "temperature": None,
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "usage": _usage(reply.usage) if reply is not None else None,
        }

    def _event(self, kind: str, **more: Any) -> bytes:
        self._number += 1
        name = f"response.{kind}"
        return b"event: %s\ndata: %s\n\n" % (
            name.encode(),
            encode({"type": name, "sequence_number": self._number, **more}),
        )

    def begin(self) -> bytes:
        begun = self._response("in_progress", None, [])
        return self._event("created", response=begun) + self._event("in_progress", response=begun)

    def text(self, text: str) -> bytes:
        return self._delta("message", text)

    def thinking(self, text: str) -> bytes:
        return self._delta("reasoning", text)

    def _delta(self, kind: str, text: str) -> bytes:
        opening = self._opened(kind) if self._kind != kind else b""
        self._said.append(text)
        self._number += 1
        return b'%s%s"sequence_number":%d,"delta":%s}\n\n' % (opening, self._head, self._number, encode(text))

    @property
    def _place(self) -> dict[str, Any]:
        mark = "msg" if self._kind == "message" else "rs"
        return {"item_id": f"{mark}_{self._about.id}_{len(self._items)}", "output_index": len(self._items)}

    def _opened(self, kind: str) -> bytes:
        closing = self._closed()
        self._kind = kind
        place, index = self._place, len(self._items)
        if kind == "message":
            item = {"type": kind, "id": place["item_id"], "role": "assistant", "status": "in_progress", "content": []}
            added = self._event("output_item.added", output_index=index, item=item)
            added += self._event("content_part.added", **place, content_index=0, part=_words(""))
            name, more = b"output_text.delta", b'"content_index":0,"logprobs":[],'
        else:
            item = {"type": kind, "id": place["item_id"], "summary": []}
            added = self._event("output_item.added", output_index=index, item=item)
            part = {"type": "summary_text", "text": ""}
            added += self._event("reasoning_summary_part.added", **place, summary_index=0, part=part)
            name, more = b"reasoning_summary_text.delta", b'"summary_index":0,'
        self._head = b'event: response.%s\ndata: {"type":"response.%s","item_id":%s,"output_index":%d,%s' % (
            name,
            name,
            encode(place["item_id"]),
            index,
            more,
        )
        return closing + added

    def _closed(self) -> bytes:
        if not self._kind:
            return b""
        place, said = self._place, "".join(self._said)
        if self._kind == "message":
            content = _words(said)
            item: dict[str, Any] = {
                "type": "message",
                "id": place["item_id"],
                "role": "assistant",
                "status": "completed",
                "content": [content],
            }
            told = self._event("output_text.done", **place, content_index=0, text=said, logprobs=[])
            told += self._event("content_part.done", **place, content_index=0, part=content)
        else:
            part = {"type": "summary_text", "text": said}
            item = {"type": "reasoning", "id": place["item_id"], "summary": [part]}
            told = self._event("reasoning_summary_text.done", **place, summary_index=0, text=said)
            told += self._event("reasoning_summary_part.done", **place, summary_index=0, part=part)
        told += self._event("output_item.done", output_index=len(self._items), item=item)
        self._items.append(item)
        self._kind, self._said = "", []
        return told

    def end(self, reply: Reply) -> bytes:
        pieces = [self._closed()]
        for part in reply.message.parts:
            if isinstance(part, Thinking) and part.signature:
                item = self._sealed(part)
            elif isinstance(part, ToolCall):
                item = self._call(part)
            else:
                continue
            index = len(self._items)
            place = {"item_id": item["id"], "output_index": index}
            begun = {**item, "arguments": "", "status": "in_progress"} if "arguments" in item else item
            pieces.append(self._event("output_item.added", output_index=index, item=begun))
            if "arguments" in item:
                said = item["arguments"]
                pieces.append(self._event("function_call_arguments.delta", **place, delta=said))
                named = {"name": item["name"], "arguments": said}
                pieces.append(self._event("function_call_arguments.done", **place, **named))
            pieces.append(self._event("output_item.done", output_index=index, item=item))
            self._items.append(item)
        status = "incomplete" if reply.finish == "length" else "completed"
        pieces.append(self._event(status, response=self._response(status, reply, self._items)))
        return b"".join(pieces)

    def whole(self, reply: Reply) -> bytes:
        for part in reply.message.parts:
            match part:
                case Thinking():
                    item = self._sealed(part)
                    if part.text:
                        item["summary"] = [{"type": "summary_text", "text": part.text}]
                    self._items.append(item)
                case Text(text=text) if text:
                    named = {"id": f"msg_{self._about.id}_{len(self._items)}", "role": "assistant"}
                    refused = {"type": "refusal", "refusal": text}
                    content = refused if reply.finish == "filtered" else _words(text)
                    self._items.append({"type": "message", **named, "status": "completed", "content": [content]})
                case ToolCall():
                    self._items.append(self._call(part))
        status = "incomplete" if reply.finish == "length" else "completed"
        return encode(self._response(status, reply, self._items))

    def _sealed(self, thinking: Thinking) -> dict[str, Any]:
        made = {"type": "reasoning", "id": f"rs_{self._about.id}_{len(self._items)}", "summary": []}
        return {**made, "encrypted_content": sealed(thinking)} if thinking.signature else made

    def _call(self, call: ToolCall) -> dict[str, Any]:
        return {
            "type": "function_call",
            "id": f"fc_{self._about.id}_{len(self._items)}",
            "call_id": call.id,
            "name": call.name,
            "arguments": arguments(call),
            "status": "completed",
        }

    def broken(self, error: Exception) -> bytes:
        said = refusal(error, "openai")["error"]
        failed = {**self._response("failed", None, self._items), "error": {**said, "code": "server_error"}}
        return self._closed() + self._event("failed", response=failed)
