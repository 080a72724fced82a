"""What models there are, in each vendor's words; agents are among them."""

from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from orchestrator import __version__
from orchestrator.api.compatible.agents import AGENTS, PREFIX
from orchestrator.api.compatible.anthropic_messages import Messages
from orchestrator.api.compatible.caller import Caller
from orchestrator.api.compatible.doors import encode, read
from orchestrator.kernel.errors import NoModel
from orchestrator.kernel.messages import Text, ToolResult
from orchestrator.llm.base import ModelInfo
from orchestrator.llm.optimiser.tokens import count
from orchestrator.llm.source import EMBEDDED

_SINCE = 1_767_225_600  # when a model was made is not known: the first of January 2026


class _Asked(Struct, frozen=True):
    model: str = ""
    name: str = ""


_asked = msgspec.json.Decoder(_Asked)


async def _known(caller: Caller) -> dict[str, ModelInfo | None]:
    """By the name to ask for; agents have nothing more to say."""
    found: dict[str, ModelInfo | None] = {"auto": None}
    if caller.who.reach != "models":
        found |= {PREFIX + name: None for name in AGENTS}
    for info in await caller.app.models.list():
        if info.provider != EMBEDDED:
            found[f"{info.provider}/{info.name}"] = info
    return found


async def models(caller: Caller, body: bytes) -> bytes:
    items = [_item(caller, name, info) for name, info in (await _known(caller)).items()]
    if caller.vendor == "anthropic":
        ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]}
        return encode({"data": items, "has_more": False, **ends})
    return encode({"object": "list", "data": items})


async def model(caller: Caller, body: bytes) -> bytes:
    return encode(_item(caller, *await _meant(caller, caller.name)))


async def _meant(caller: Caller, asked: str) -> tuple[str, ModelInfo | None]:
    """By any name that a request may say. Raises NoModel."""
    found, wanted = await _known(caller), asked.removesuffix(":latest")
    if wanted.startswith("auto:"):
        return wanted, None
    for label, info in found.items():
        names = {info.name, info.name.removesuffix(":latest"), info.provider} if info is not None else ()
        if wanted in (label, label.removesuffix(":latest")) or wanted in names:
            return label, info
    raise NoModel(f"model {asked!r} not found.", hint=f"There is: {', '.join(list(found)[:20])}.")


def _item(caller: Caller, name: str, info: ModelInfo | None) -> dict[str, Any]:
    if caller.vendor == "anthropic":
        item = {"type": "model", "id": name, "display_name": name, "created_at": _date()}
        limits = {"max_input_tokens": info.context, "max_tokens": info.output} if info is not None else {}
        return {**item, **limits}
    return {"id": name, "object": "model", "created": _SINCE, "owned_by": info.provider if info else "orchestrator"}


async def tags(caller: Caller, body: bytes) -> bytes:
    return encode({"models": [_tag(name, info) for name, info in (await _known(caller)).items()]})


async def running(caller: Caller, body: bytes) -> bytes:
    """What is in memory is not known of others' servers."""
    return encode({"models": []})


def _tag(name: str, info: ModelInfo | None) -> dict[str, Any]:
    return {
        "name": name,
        "model": name,
        "modified_at": _date(),
        "size": 0,
        "digest": "",
        "details": _details(info),
    }


def _details(info: ModelInfo | None) -> dict[str, Any]:
    family = info.provider if info is not None else "orchestrator"
    return {
        "format": "",
        "family": family,
        "families": [family],
        "parent_model": "",
        "parameter_size": "",
        "quantization_level": "",
    }


async def show(caller: Caller, body: bytes) -> bytes:
    said = read(_asked, body)
    _, info = await _meant(caller, said.model or said.name)
    can = info.capabilities if info is not None else frozenset({"chat", "tools", "vision"})
    words = {
        "chat": "completion",
        "tools": "tools",
        "vision": "vision",
        "thinking": "thinking",
        "embeddings": "embedding",
    }
    about = {"general.architecture": "orchestrator"}
    if info is not None and info.context:
        about["orchestrator.context_length"] = cast(Any, info.context)
    return encode(
        {
            "modelfile": "",
            "parameters": "",
            "template": "",
            "details": _details(info),
            "model_info": about,
            "capabilities": [word for known, word in words.items() if known in can],
            "modified_at": _date(),
        }
    )


async def version(caller: Caller, body: bytes) -> bytes:
    return encode({"version": __version__})


async def count_tokens(caller: Caller, body: bytes) -> bytes:
    """About: no vendor's vocabulary is here."""
    request = Messages().read(body).request
    parts = [part for message in request.messages for part in message.parts]
    texts = [part.text for part in parts if isinstance(part, Text)]
    texts += [part.content for part in parts if isinstance(part, ToolResult)]
    texts += [f"{tool.name} {tool.description} {encode(tool.parameters).decode()}" for tool in request.tools]
    return encode({"input_tokens": sum(count(text) for text in texts) + 4 * len(request.messages)})


def _date() -> str:
    return datetime.fromtimestamp(_SINCE, UTC).isoformat().replace("+00:00", "Z")
