"""What a foreign server says of its tools, held fast: the text a person has seen is the text a model reads.

Nothing here trusts the server. Its schemas are bounded and look nothing up elsewhere; its patterns have a bound on
how long they are tried; characters that cannot be seen are taken out of what it says; its hints count only where
the owner says so.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.messages import Effects, Risk, Scope, ToolSpec
from orchestrator.kernel.settings import McpServer
from orchestrator.policy.screen.screen import without_orders
from orchestrator.tools.judging import validator

MOST = 2048  # of each kind that one server lists
_TEXT = 4_000  # characters of a description that a model reads
_SCHEMA = 128 * 1024  # bytes of one schema
_LATER = 5.0  # seconds after its own limit at which a call is ended whatever it does
_NAME = 64  # characters of a name
_DEEPEST = 40  # levels of a schema
_WORDS = ("title", "description", "$comment")  # of a schema, for who reads it


class Definition(Struct, frozen=True, order=True):
    """A tool as its server describes it."""

    name: str
    description: str = ""
    title: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    looks: bool = False  # it says of itself: it changes nothing
    additive: bool = False  # that it destroys nothing
    repeatable: bool = False  # that twice is as once
    closed: bool = False  # that it speaks with nobody else

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def problem(self) -> str:
        """Why it cannot be offered; empty: it can."""
        if not self.name or len(self.name) > 256:
            return "its name is empty or too long"
        try:
            size = len(msgspec.json.encode(self.parameters))
        except (TypeError, ValueError, RecursionError):
            return "its schema cannot be written down"
        if size > _SCHEMA:
            return f"its schema has {size} bytes, more than {_SCHEMA}"
        if self.parameters.get("type", "object") != "object":
            return "its arguments are no object"
        if why := _strange(self.parameters, _DEEPEST):
            return why
        try:
            validator(self.parameters)
        except ValueError as error:
            return f"its schema is none: {str(error)[:200]}"
        return ""


def _strange(schema: Any, left: int) -> str:
    """What a schema asks for that is not in it: a model's arguments are judged by what a person has seen."""
    if left == 0:
        return f"its schema is more than {_DEEPEST} levels deep"
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str) and not value.startswith("#"):
                return f"its schema refers elsewhere: {value[:100]}"
            if why := _strange(value, left - 1):
                return why
    elif isinstance(schema, list):
        for item in schema:
            if why := _strange(item, left - 1):
                return why
    return ""


def seen(text: str, limit: int = _TEXT) -> str:
    """A stranger's text as a person sees it: without what is written to be read by models alone."""
    kept = "".join(
        mark for mark in text if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cf", "Co", "Cs")
    )
    return kept if len(kept) <= limit else f"{kept[:limit]}…"


def names(server: str, tools: Iterable[str]) -> dict[str, str]:
    """What the tools of a server are called here, by their names there: the server's name first, so none collide."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for tool in tools:
        plain = re.sub(r"[^a-z0-9]+", "_", tool.lower()).strip("_") or "tool"
        name = f"{server.replace('-', '_')}_{plain}"
        if len(name) > _NAME or name in taken:
            name = f"{name[: _NAME - 9]}_{hashlib.sha256(tool.encode('utf-8', 'replace')).hexdigest()[:8]}"
        taken.add(name)
        found[tool] = name
    return found


def spec_of(server: str, name: str, definition: Definition, settings: McpServer) -> ToolSpec:
    """What policy goes by. A stranger's tool acts, once, and may destroy, whatever it says of itself.

    Where the owner trusts the server, its hints count, and what it orders the model about is read by it too. Words sent
    to a server elsewhere leave this machine always.
    """
    leaves = bool(settings.url) or settings.network
    scope: Scope = "execute"
    effects: Effects = "once"
    risks: tuple[Risk, ...] = ("destroys", "sends") if leaves else ("destroys",)
    if settings.trusted:
        looks = definition.looks
        scope, effects = ("read", "none") if looks else ("execute", "idempotent" if definition.repeatable else "once")
        destroys: tuple[Risk, ...] = () if looks or definition.additive else ("destroys",)
        risks = (*destroys, "sends") if leaves and not definition.closed else destroys
    said = seen(definition.description or definition.title) or f"{definition.name}, of {server}."
    parameters = {"type": "object", "properties": {}, **definition.parameters}
    if not settings.trusted:
        said, parameters = without_orders(said), harmless(parameters)
    return ToolSpec(
        name=name,
        description=said,
        parameters=parameters,
        scope=scope,
        effects=effects,
        category=server,
        origin="web",
        timeout=settings.seconds + _LATER,
        risks=risks,
    )


def harmless(schema: Any) -> Any:
    """What a stranger's schema tells a model in words, less orders to it."""
    if isinstance(schema, list):
        return [harmless(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: without_orders(value) if key in _WORDS and isinstance(value, str) else harmless(value)
        for key, value in schema.items()
    }
