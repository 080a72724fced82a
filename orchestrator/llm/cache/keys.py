"""What makes two requests the same, and which answers may be kept. One place for both.

A request is all that the model is given: provider, model, every message with every tool result, the tools, and the
parameters. Names that providers give to calls are numbered, for they are another each time.
"""

import hashlib

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orchestrator.kernel.messages import Message, Part, Text, ToolCall, ToolResult
from orchestrator.llm.base import Reply, Request

_encode = msgspec.json.Encoder(order="deterministic").encode
_LARGEST = 256 * 1024  # bytes of a reply that is kept


class Asked(Struct, frozen=True):
    """A request as the cache knows it."""

    tenant: str
    key: str
    scope: str = ""  # of a question: everything but its words
    question: str = ""


def asked(provider: str, request: Request, *, sampled: bool, semantic: bool) -> Asked | None:
    """None where no answer may be kept: nobody's, or one that is meant to differ from time to time."""
    if not request.tenant or (request.temperature != 0 and not sampled):
        return None
    if any(_failed(part) for message in request.messages for part in message.parts):
        return None
    key = _hash(provider, request, request.messages)
    question = _question(request) if semantic else ""
    scope = _hash(provider, request, request.messages[:-1]) if question else ""
    return Asked(request.tenant, key, scope, question)


def may_keep(request: Request, reply: Reply) -> bool:
    """A whole reply, whose calls, if it makes any, only look: what has effects is decided anew each time."""
    if reply.finish not in ("stop", "tools") or reply.source != "made":
        return False
    if reply.spared is not None and reply.spared.cache:
        return False
    harmless = {tool.name for tool in request.tools if tool.effects == "none"}
    calls = reply.message.calls
    if any(call.malformed or call.name not in harmless for call in calls):
        return False
    return bool(calls or reply.message.text.strip()) and len(_encode(reply.message)) <= _LARGEST


def _failed(part: Part) -> bool:
    """A tool that failed now may do better next time."""
    return isinstance(part, ToolResult) and part.outcome != "ok"


def _question(request: Request) -> str:
    """The words that the request ends with, if it uses no tools and they are a person's and only words."""
    uses_tools = request.tools or any(
        isinstance(part, ToolCall | ToolResult) for message in request.messages for part in message.parts
    )
    if uses_tools or not request.messages or request.messages[-1].role != "user":
        return ""
    parts = request.messages[-1].parts
    return parts[0].text if len(parts) == 1 and isinstance(parts[0], Text) else ""


def _hash(provider: str, request: Request, messages: tuple[Message, ...]) -> str:
    names: dict[str, str] = {}
    whole = [
        provider,
        request.model,
        [[message.role, [_numbered(part, names) for part in message.parts]] for message in messages],
        [[tool.name, tool.description, tool.parameters, tool.effects] for tool in request.tools],
        request.max_tokens,
        request.temperature,
        request.stop,
        request.schema,
        request.must,
        request.top_p,
        request.seed,
    ]
    return hashlib.sha256(_encode(whole)).hexdigest()


def _numbered(part: Part, names: dict[str, str]) -> Part:
    if isinstance(part, ToolCall):
        return replace(part, id=names.setdefault(part.id, str(len(names))))
    if isinstance(part, ToolResult):
        return replace(part, call_id=names.setdefault(part.call_id, str(len(names))), data=None)
    return part
