"""The documents there are: each a copy in the data folder, which is what a person added, whatever became of it there.

The digest of the copy is in the journal; a copy that does not fit it offers nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound, OrchestratorError
from orchestrator.kernel.events import ToolsPinned
from orchestrator.policy.addresses import is_metadata
from orchestrator.tools.base import Tool
from orchestrator.tools.foreign import Change, Note, Pin, Put, Told, named
from orchestrator.tools.openapi.calling import OperationTool
from orchestrator.tools.openapi.operations import Operations, operations
from orchestrator.tools.openapi.reading import LARGEST, Document, named_server, read
from orchestrator.tools.openapi.signing import Signer
from orchestrator.tools.web import fetch


class Api(Struct, frozen=True, dict=True):
    """A document as it was added."""

    text: str
    server: str  # where it is called, without a slash at the end
    secrets: dict[str, str] = {}  # the name of a secret, by security scheme
    title: str = ""

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class Documents:
    """`folder` is where the copies are; `pins` the digests in the journal, by source."""

    def __init__(
        self,
        folder: Path,
        note: Callable[[Path], Note],
        put: Put,
        tell: Told,
        pin: Pin,
        pins: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.problems: dict[str, str] = {}  # by source
        self._folder = folder
        self._note = note
        self._put = put
        self._tell = tell
        self._pin = pin
        self._pins = pins
        self._apis: dict[str, tuple[Api, Operations]] = {}
        for file in sorted(folder.glob("*.json")):
            self._open(file, pins.get(f"openapi:{file.stem}", {}))

    def _open(self, file: Path, pinned: Mapping[str, str]) -> None:
        source = f"openapi:{file.stem}"
        try:
            api = msgspec.json.decode(self._note(file).load() or b"", type=Api)
            if pinned.get("document") != api.digest:
                raise InvalidInput(f"{file.name} is not what was added.", hint="Remove it, and add it again.")
            self._apis[file.stem] = api, operations(file.stem, Document(read(api.text)), api.secrets)
            self._put(source, _tools(*self._apis[file.stem]))
        except (msgspec.DecodeError, OrchestratorError) as error:
            self.problems[source] = str(error)[:500]
            self._put(source, ())

    def refresh(self) -> None:
        """Another server of the cluster has added or removed one: the same counts here."""
        pinned = {
            source.removeprefix("openapi:"): pin for source, pin in self._pins.items() if source[:8] == "openapi:"
        }
        for name in set(self._apis) - set(pinned):
            del self._apis[name]
            self._put(f"openapi:{name}", ())
        for name, pin in pinned.items():
            if name in self._apis and self._apis[name][0].digest == pin.get("document"):
                continue
            if (file := self._folder / f"{name}.json").exists():  # else there are news of it in a moment
                self.problems.pop(f"openapi:{name}", None)
                self._open(file, pin)

    def all(self) -> dict[str, tuple[Api, Operations]]:
        return dict(self._apis)

    async def look(
        self, name: str, text: str, *, url: str = "", server: str = "", secrets: Mapping[str, str]
    ) -> tuple[Api, Operations]:
        """What a document would give; nothing is kept, or offered. Raises InvalidInput, ToolFailed, ToolRetry."""
        named(name, "an API")
        if url:
            text = await _fetched(url)
        api, found = await asyncio.to_thread(_looked, name, text, url, server, secrets)
        if strange := sorted(set(secrets) - set(found.schemes)):
            there = f"It has: {', '.join(found.schemes)}." if found.schemes else "It has none."
            raise InvalidInput(f"The document has no security scheme {strange[0]!r}.", hint=there)
        if not found.usable:
            said = "; ".join(f"{operation}: {why}" for operation, why in found.problems.items())[:500]
            raise InvalidInput(f"No operation of it can be a tool. {said}".strip(), hint="Mend the document.")
        return api, found

    async def add(
        self,
        name: str,
        text: str,
        *,
        url: str = "",
        server: str = "",
        secrets: Mapping[str, str],
        by: str,
        replace: bool = False,
    ) -> tuple[Api, Operations]:
        """A document by its text, or from where it is. Raises as `look` does, and Conflict.

        In the place of another version only where that is said.
        """
        there = name in self._apis
        if there and not replace:
            hint = "Look at what is new, and say --replace; or choose another name."
            raise Conflict(f"There is an API {name!r} already.", hint=hint)
        api, found = await self.look(name, text, url=url, server=server, secrets=secrets)
        self._put(f"openapi:{name}", _tools(api, found))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._pin(ToolsPinned(f"openapi:{name}", {"document": api.digest}, by))
        self.problems.pop(f"openapi:{name}", None)
        self._apis[name] = api, found
        self._note(self._folder / f"{name}.json").save(msgspec.json.encode(api))
        tools = tuple(one.spec.name for one in found.usable)
        await self._tell(Change(f"openapi:{name}", "changed" if there else "added", tools, api.digest))
        return api, found

    async def remove(self, name: str, *, by: str) -> None:
        """Raises NotFound."""
        source, file = f"openapi:{name}", self._folder / f"{name}.json"
        if name not in self._apis and source not in self.problems:
            there = f"There are: {', '.join(self._apis)}." if self._apis else "There are none."
            raise NotFound(f"There is no API {name!r}.", hint=there)
        gone = self._apis.pop(name, None)
        self.problems.pop(source, None)
        self._put(source, ())
        file.unlink(missing_ok=True)
        await self._pin(ToolsPinned(source, {}, by))
        tools = tuple(one.spec.name for one in gone[1].usable) if gone else ()
        await self._tell(Change(source, "removed", tools))


def _looked(name: str, text: str, url: str, server: str, secrets: Mapping[str, str]) -> tuple[Api, Operations]:
    """A document of megabytes takes a second. What is YAML, or of Swagger, is kept as it was read."""
    raw = read(text)
    info = raw.get("info")
    title = info.get("title") if isinstance(info, dict) else ""
    kept = text if text.lstrip().startswith("{") and "swagger" not in raw else msgspec.json.encode(raw).decode()
    api = Api(kept, _server(raw, server, url), dict(secrets), str(title or "")[:200])
    return api, operations(name, Document(raw), api.secrets)


def _tools(api: Api, found: Operations) -> list[Tool]:
    signer = Signer(api.server)
    return [OperationTool(one, api.server, signer) for one in found.usable]


async def _fetched(url: str) -> str:
    """The owner names the address: it may be on a private network."""
    answer = await fetch(
        url,
        "GET",
        {"Accept": "application/json, application/yaml, */*"},
        None,
        False,
        urlsplit(url).hostname or "",
        LARGEST,
    )
    if answer.status != 200 or answer.note:
        said = answer.note or f"the server says {answer.status}"
        raise InvalidInput(f"The document cannot be had: {said}.", hint="Download it, and add the file.")
    return answer.body


def _server(raw: Mapping[str, object], chosen: str, url: str) -> str:
    """Where it is called: what was said, or the first that the document names. Raises InvalidInput."""
    named = named_server(raw.get("servers"))
    base = chosen or (urljoin(url, named) if url else named)
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or "{" in base:
        raise InvalidInput(
            f"The document does not say where its server is ({base[:200] or 'nothing'}).",
            hint="Say where it is called (--server https://host).",
        )
    if is_metadata(host):
        raise InvalidInput(f"{host} gives away the credentials of this machine.", hint="Name another server.")
    return base.rstrip("/")
