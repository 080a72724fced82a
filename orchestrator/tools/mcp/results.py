"""What a server answers, as a model reads it: every kind of content in words, bytes kept beside."""

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.base import Result
from orchestrator.tools.mcp.definitions import seen

if TYPE_CHECKING:
    import mcp_types

_LONGEST = 4 * 2**20  # characters of one answer


def result_of(answer: "mcp_types.CallToolResult", server: str) -> Result:
    """Raises ToolFailed where the server says that it failed."""
    parts, overflow, name = content_of(answer.content)
    structured = answer.structured_content
    if structured is not None and not parts:
        parts = [msgspec.json.format(msgspec.json.encode(structured), indent=2).decode()]
    text = "\n".join(parts)[:_LONGEST]
    if answer.is_error:
        raise ToolFailed(f"{server} says: {text[:4000] or 'it failed, and not why'}")
    data = structured if isinstance(structured, dict) else {"value": structured} if structured is not None else None
    return Result(text or "Done; the server said nothing.", data, overflow, name)


def content_of(blocks: "list[mcp_types.ContentBlock]") -> tuple[list[str], bytes | None, str]:
    """What is said, and the first bytes that cannot be, with a name for them."""
    parts: list[str] = []
    kept: bytes | None = None
    kept_name = ""
    for block in blocks:
        data: bytes | None = None
        media_type = ""
        match block.type:
            case "text":
                parts.append(seen(block.text, _LONGEST))
            case "image" | "audio":
                data, media_type = _decoded(block.data), block.mime_type
                parts.append(_described(block.type, media_type, data))
            case "resource_link":
                about = f": {seen(block.description, 500)}" if block.description else ""
                parts.append(
                    f"[{block.mime_type or 'resource'} {seen(block.name, 200)} <{seen(block.uri, 2000)}>{about}]"
                )
            case "resource":
                said, data = resource_of(block.resource)
                media_type = block.resource.mime_type or ""
                parts.append(said)
        if data is not None and kept is None:
            kept, kept_name = data, f"content{_ENDINGS.get(media_type, '.bin')}"
        elif data is not None:
            parts.append("[Of what has no words, only the first is kept: this is not.]")
    return parts, kept, kept_name


def read_of(answer: "mcp_types.ReadResourceResult") -> Result:
    """What was read, all its parts; the first bytes that have no words are kept."""
    found = [resource_of(one) for one in answer.contents]
    text = "\n".join(words for words, _ in found)[:_LONGEST] or "There is nothing in it."
    for one, (_, data) in zip(answer.contents, found, strict=True):
        if data is not None:
            return Result(text, None, data, f"content{_ENDINGS.get(one.mime_type or '', '.bin')}")
    return Result(text)


def resource_of(resource: Any) -> tuple[str, bytes | None]:
    """A resource in words, and its bytes where it has no words."""
    uri, media_type = seen(str(resource.uri), 2000), resource.mime_type or ""
    text = getattr(resource, "text", None)
    if text is not None:
        return f"<{uri}>\n{seen(text, _LONGEST)}", None
    data = _decoded(resource.blob)
    return f"<{uri}> {_described('bytes', media_type, data)}", data


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _described(kind: str, media_type: str, data: bytes | None) -> str:
    if data is None:
        return f"[{kind}, {seen(media_type, 100) or 'unknown type'}: it cannot be decoded]"
    return f"[{kind}, {seen(media_type, 100) or 'unknown type'}, {len(data)} bytes]"


_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "application/pdf": ".pdf",
}
