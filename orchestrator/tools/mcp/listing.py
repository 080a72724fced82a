"""Everything that a server offers, page by page, within bounds; what of it cannot be used is left out and named.

The SDK refuses a whole list for one entry that is not as the protocol has it. So what comes from a server passes a
sieve, which takes such an entry out before the SDK sees it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from orchestrator.tools.mcp.definitions import MOST, Definition
from orchestrator.tools.mcp.holdings import Holdings, prompt_of, resource_of, template_of

if TYPE_CHECKING:
    import mcp
    import mcp_types
    from mcp.client._transport import TransportStreams

_PAGES = 256
# Lists by the field that they are in: the method that asks for one, and what stands before the name of an entry.
_LISTS = {
    "tools": ("tools/list", ""),
    "resources": ("resources/list", "resource "),
    "resourceTemplates": ("resources/templates/list", "template "),
    "prompts": ("prompts/list", "prompt "),
}


class Listing(Struct, frozen=True):
    """What a server says of itself."""

    tools: tuple[Definition, ...]
    protocol: str
    title: str
    held: Holdings = Holdings()
    left_out: dict[str, str] = {}  # by name: why it cannot be used


class Sieve:
    """What is no entry of a list is taken out of it, and remembered until the lists are asked for anew."""

    def __init__(self) -> None:
        self.client: mcp.Client | None = None
        self.left_out: dict[str, str] = {}

    @asynccontextmanager
    async def around(
        self, transport: "AbstractAsyncContextManager[TransportStreams]"
    ) -> "AsyncIterator[TransportStreams]":
        async with transport as (heard, said):
            yield _Sifted(heard, self), said

    def sift(self, message: Any) -> Any:
        """The message, without what the SDK would refuse its whole list for."""
        result = getattr(getattr(message, "message", None), "result", None)
        if isinstance(result, dict) and self.client is not None:
            if "structuredContent" in result:
                result.setdefault("content", [])
            if isinstance(parts := result.get("content"), list):
                result["content"] = [_part(one) for one in parts]
            for field, (method, kind) in _LISTS.items():
                if isinstance(entries := result.get(field), list):
                    result[field] = [
                        entry
                        for place, entry in enumerate(entries)
                        if self._passes(entry, f"{kind}{_name(entry) or f'#{place + 1}'}", field, method)
                    ]
        return message

    def _passes(self, entry: Any, name: str, field: str, method: str) -> bool:
        from mcp.shared.inbound import find_invalid_x_mcp_header
        from mcp_types import methods
        from mcp_types.version import MODERN_PROTOCOL_VERSIONS

        assert self.client is not None
        version = self.client.protocol_version
        if isinstance(entry, dict) and isinstance(schema := entry.get("inputSchema"), dict):
            schema.setdefault("type", "object")  # many servers have {} for: nothing
        whole = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private", field: [entry]}
        why = ""
        try:
            methods.parse_server_result(method, version, whole)
        except KeyError:  # a version that has no such list
            return True
        except ValueError as error:
            why = ill_formed(error, f"{field}.0") or str(error)
        if not why and field == "tools" and version in MODERN_PROTOCOL_VERSIONS:
            why = find_invalid_x_mcp_header(entry["inputSchema"]) or ""
        if why:
            self.left_out[name] = f"it is not as the protocol has it: {why}"[:500]
        return not why


def _part(given: Any) -> Any:
    """A part of a result; one that is not as the protocol has it, or not yet, is said to be there."""
    import mcp_types as types

    known = (types.TextContent, types.ImageContent, types.AudioContent, types.ResourceLink, types.EmbeddedResource)
    kind = given.get("type") if isinstance(given, dict) else None
    for one in known:
        if kind == one.model_fields["type"].default:
            try:
                one.model_validate(given, by_name=False)
            except ValueError:
                break
            return given
    return {"type": "text", "text": f"[{str(kind or 'something')[:100]}, which cannot be read here]"}


class _Sifted:
    """A stream of what a server says."""

    def __init__(self, inner: Any, sieve: Sieve) -> None:
        self._inner = inner
        self._sieve = sieve

    @property
    def last_context(self) -> Any:
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> Any:
        return self._sieve.sift(await self._inner.receive())

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> "_Sifted":
        return self

    async def __anext__(self) -> Any:
        return self._sieve.sift(await self._inner.__anext__())

    async def __aenter__(self) -> "_Sifted":
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *about: Any) -> Any:
        return await self._inner.__aexit__(*about)


async def listing(client: "mcp.Client", sieve: Sieve) -> Listing:
    """Everything that it offers. Raises what the SDK does."""
    sieve.left_out = {}
    capabilities = client.server_capabilities
    works = capabilities.tools is not None or client.server_info is None
    reads, prompts = capabilities.resources is not None, capabilities.prompts is not None
    tools: dict[str, Definition] = {}
    for tool in await _all(client.list_tools, "tools", works, sieve):
        if tool.name in tools:
            sieve.left_out[f"{tool.name}, once more"] = "a tool of that name comes before it."
        tools.setdefault(tool.name, _definition(tool))
    held = Holdings(
        tuple(resource_of(one) for one in await _all(client.list_resources, "resources", reads, sieve)),
        tuple(
            template_of(one) for one in await _all(client.list_resource_templates, "resource_templates", reads, sieve)
        ),
        tuple(prompt_of(one) for one in await _all(client.list_prompts, "prompts", prompts, sieve)),
        reads,
    )
    info = client.server_info
    title = (info.title or info.name) if info is not None else ""
    return Listing(tuple(tools.values()), client.protocol_version, title[:200], held, dict(sieve.left_out))


async def _all(lists: Callable[..., Awaitable[Any]], field: str, there: bool, sieve: Sieve) -> list[Any]:
    from mcp.shared.exceptions import MCPError
    from mcp_types import METHOD_NOT_FOUND

    found: list[Any] = []
    cursors: set[str | None] = set()
    cursor: str | None = None
    while there and cursor not in cursors:
        cursors.add(cursor)
        try:
            page = await lists(cursor=cursor)
        except MCPError as error:
            if error.code == METHOD_NOT_FOUND and field != "tools":
                break  # it has the one and not the other
            raise
        found += getattr(page, field)
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST or len(cursors) == _PAGES:
            break
    kept = found[:MOST]
    if len(found) > MOST or cursor is not None:
        sieve.left_out[f"more {field.replace('_', ' ')}"] = f"of one server, the first {len(kept)} are taken."
    return kept


def _definition(tool: "mcp_types.Tool") -> Definition:
    hints = tool.annotations
    looks = bool(hints and hints.read_only_hint)
    return Definition(
        name=tool.name,
        description=tool.description or "",
        title=tool.title or (hints.title if hints else None) or "",
        parameters=tool.input_schema,
        looks=looks,
        additive=looks or bool(hints and hints.destructive_hint is False),
        repeatable=looks or bool(hints and hints.idempotent_hint),
        closed=bool(hints and hints.open_world_hint is False),
    )


def _name(entry: Any) -> str:
    names = [entry.get(key) for key in ("name", "uri", "uriTemplate")] if isinstance(entry, dict) else []
    return next((name[:200] for name in names if isinstance(name, str) and name), "")


def ill_formed(error: BaseException, within: str = "") -> str:
    """What is wrong in what is not as the protocol has it: the first thing, and where it stands. Empty: not that."""
    import pydantic_core

    if not isinstance(error, pydantic_core.ValidationError):
        return ""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])).removeprefix(within).removeprefix(".")
    message = str(first["msg"]) + (f", in its {error.title}" if where and not within else "")
    return f"{where}: {message}" if where else message
