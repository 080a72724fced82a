"""What a server has beside tools: resources that can be read, templates of more, and prompts for people.

Their names and words are a stranger's: a model meets them as results of a tool, never as descriptions of one.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput, ToolRetry
from orchestrator.tools.mcp.definitions import seen

_FIELD = re.compile(r"\{([+#./;?&]?)([A-Za-z0-9_,.*]+)\}")


class Resource(Struct, frozen=True):
    uri: str
    name: str = ""
    description: str = ""
    media_type: str = ""
    size: int | None = None


class Template(Struct, frozen=True):
    uri: str  # with {fields}, as RFC 6570 says
    name: str = ""
    description: str = ""
    media_type: str = ""

    @property
    def fields(self) -> list[str]:
        return [name.rstrip("*") for _, names in _FIELD.findall(self.uri) for name in names.split(",")]


class Blank(Struct, frozen=True):
    """What a prompt wants to be told."""

    name: str
    description: str = ""
    required: bool = False


class Prompt(Struct, frozen=True):
    name: str
    title: str = ""
    description: str = ""
    blanks: tuple[Blank, ...] = ()

    def check(self, arguments: Mapping[str, str]) -> None:
        """Raises InvalidInput unless this is what stands in its blanks."""
        blanks = ", ".join(blank.name for blank in self.blanks)
        if missing := [blank.name for blank in self.blanks if blank.required and not arguments.get(blank.name)]:
            raise InvalidInput(f"The prompt wants {', '.join(missing)}, too.", hint=f"Its blanks: {blanks}.")
        if strange := sorted(set(arguments) - {blank.name for blank in self.blanks}):
            raise InvalidInput(f"The prompt has no blank {strange[0][:100]!r}.", hint=f"It has: {blanks}.")

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class Holdings(Struct, frozen=True):
    resources: tuple[Resource, ...] = ()
    templates: tuple[Template, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    reads: bool = False  # it has resources, or may have

    def known(self, uri: str) -> bool:
        return any(resource.uri == uri for resource in self.resources)

    def told(self, query: str) -> str:
        """The resources and templates in which these words are, for a model."""
        words = query.lower().split()
        everything: list[Resource | Template] = [*self.resources, *self.templates]
        found = [
            _line(one.uri, one.name, one.description, one.media_type)
            for one in everything
            if all(word in f"{one.uri} {one.name} {one.description}".lower() for word in words)
        ]
        return "\n".join(found) or "There are none."


def _line(uri: str, name: str, description: str, media_type: str) -> str:
    kind = f" ({seen(media_type, 100)})" if media_type else ""
    about = " ".join(seen(f"{name}. {description}" if description else name, 500).split())
    return f"{seen(uri, 2000)}{kind}: {about}"


def resource_of(one: Any) -> Resource:
    name = one.title or one.name
    return Resource(str(one.uri)[:4000], name[:200], (one.description or "")[:2000], one.mime_type or "", one.size)


def template_of(one: Any) -> Template:
    name = one.title or one.name
    return Template(one.uri_template[:4000], name[:200], (one.description or "")[:2000], one.mime_type or "")


def prompt_of(one: Any) -> Prompt:
    blanks = tuple(Blank(each.name, each.description or "", bool(each.required)) for each in one.arguments or ())
    return Prompt(one.name, one.title or "", one.description or "", blanks)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The address that a template makes of values. Raises ToolRetry, naming what is missing."""
    known = Template(template).fields
    if missing := [name for name in known if name not in values]:
        raise ToolRetry(f"{template[:200]} wants {', '.join(missing)}, too.", hint=f"Its fields: {', '.join(known)}.")

    def expand(found: re.Match[str]) -> str:
        how, names = found[1], [name.rstrip("*") for name in found[2].split(",")]
        safe = ":/?#[]@!$&'()*+,;=" if how in ("+", "#") else ""
        texts = [quote(values[name], safe=safe) for name in names]
        if how in ("?", "&", ";"):
            joined = ("&" if how != ";" else ";").join(
                f"{name}={text}" for name, text in zip(names, texts, strict=True)
            )
            return how + joined
        lead = how if how in ("#", ".", "/") else ""
        return lead + {".": ".", "/": "/"}.get(how, ",").join(texts)

    return _FIELD.sub(expand, template)


def said(messages: Iterable[Any]) -> str:
    """The messages of a prompt, as one text that a person can read."""
    from orchestrator.tools.mcp.results import content_of

    found = [(message.role, "\n".join(content_of([message.content])[0])) for message in messages]
    if all(role == "user" for role, _ in found):
        return "\n\n".join(text for _, text in found)
    return "\n\n".join(f"{role}: {text}" for role, text in found)
