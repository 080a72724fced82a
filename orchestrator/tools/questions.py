"""What a tool asks of a person in the middle of a call, and what they say to it.

A call that must know more raises `Asks`; it is made again once there is an answer. It goes on where it stood if it
left a memo, or is still under way (`held`); else it begins anew, and what was answered before is not asked again.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from orchestrator.kernel.addresses import is_here
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Arguments, Json

if TYPE_CHECKING:
    from jsonschema_rs import Validator

FIELDS = 40  # of one form
_FORM = 32 * 1024  # bytes of one
_PLAIN = ("string", "number", "integer", "boolean")


class Question(Struct, frozen=True):
    source: str  # who asks
    message: str
    form: dict[str, Any] | None = None  # JSON Schema of a flat object
    link: str = ""  # or the page where it is said
    number: int = 1  # of those that this call asks

    @property
    def hash(self) -> str:
        """An answer counts for exactly this question, and no other of the call."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    @property
    def details(self) -> dict[str, str]:
        return {"source": self.source, **({"host": host_of(self.link)} if self.link else {})}


class Told(Struct, frozen=True):
    accepted: bool
    content: Arguments = {}


class Held(Protocol):
    """A call that is still under way while somebody is asked."""

    def let_go(self) -> None:
        """Nobody waits for it any more."""

    def when_over(self, tell: Callable[[], None]) -> None:
        """Told, once, when it does not wait for an answer any more."""


class Asks(Exception):
    """Raised by a call: a person must say something first."""

    def __init__(self, question: Question, memo: str = "", held: Held | None = None) -> None:
        super().__init__(question.message)
        self.question = question
        self.memo = memo
        self.held = held


class Person(Struct, frozen=True):
    """Whom a call may ask, and what they have said to it."""

    there: bool = False
    told: Mapping[str, Told] = {}  # by the question's hash
    memo: str = ""  # that the call left when it asked
    held: Held | None = None  # the call itself, where it is still under way


NOBODY = Person()


def problem_of(question: Question) -> str:
    """Why it cannot be put to a person; empty: it can."""
    if question.form is None:
        return _link_problem(question.link)
    fields = question.form.get("properties")
    if question.form.get("type", "object") != "object" or not isinstance(fields, dict):
        return "its form is no object"
    if len(fields) > FIELDS or len(msgspec.json.encode(question.form)) > _FORM:
        return f"its form is larger than {FIELDS} fields, or {_FORM} bytes"
    for name, field in fields.items():
        if not isinstance(field, dict) or not _is_plain(field):
            return f"its field {name[:100]!r} is none that a person fills in"
    try:
        _judge(question.form)
    except ValueError as error:
        return f"its form is no schema: {str(error)[:200]}"
    return ""


def _is_plain(field: Mapping[str, Any]) -> bool:
    if field.get("type") == "array":
        items = field.get("items")
        return isinstance(items, dict) and ("enum" in items or "anyOf" in items or "oneOf" in items)
    return field.get("type") in _PLAIN or "enum" in field or "oneOf" in field


def _link_problem(link: str) -> str:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "its link is none"
    if parts.scheme not in ("https", "http") or not host or len(link) > 4000 or any(map(str.isspace, link)):
        return "its link is not one to a page"
    if parts.username is not None:
        return "its link hides where it leads, behind a name before the host"
    if parts.scheme == "http" and not is_here(host):
        return "its link is without https"
    return ""


def host_of(link: str) -> str:
    """Where a link leads, as a person should read it: international names as they show and as they are."""
    host = urlsplit(link).hostname or ""
    try:
        shown = host.encode("ascii").decode("idna") if "xn--" in host else host
        plain = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return host
    return plain if shown == plain else f"{plain} ({shown})"


def proposed(form: Mapping[str, Any]) -> Arguments | None:
    """What the form itself proposes, where that is all it must have."""
    fields = form.get("properties", {})
    values = {name: field["default"] for name, field in fields.items() if "default" in field}
    return None if set(form.get("required", ())) - set(values) else values


def filled_in(form: Mapping[str, Any] | None, content: Arguments) -> Arguments:
    """The content as it is sent: fields left empty are left out. Raises InvalidInput, naming the field."""
    if form is None:
        return {}
    fields = form.get("properties", {})
    if strange := sorted(set(content) - set(fields)):
        raise InvalidInput(f"The form has no field {strange[0][:100]!r}.", hint=f"It has {', '.join(sorted(fields))}.")
    kept: dict[str, Json] = {name: value for name, value in content.items() if value is not None}
    if (error := next(iter(_judge(form).iter_errors(kept)), None)) is not None:
        place = ".".join(str(step) for step in error.instance_path)
        raise InvalidInput(f"{place or 'The form'}: {error.message}.", hint="Fill it in as it is described.")
    return kept


def _judge(form: Mapping[str, Any]) -> "Validator":
    """Raises ValueError for what is no schema."""
    import jsonschema_rs  # of megabytes, and most servers ask nothing

    patterns = jsonschema_rs.FancyRegexOptions(backtrack_limit=50_000)
    return jsonschema_rs.validator_for(dict(form), pattern_options=patterns, retriever=_nothing, validate_formats=True)


def _nothing(uri: str) -> Any:
    raise ValueError(f"{uri[:100]} is elsewhere")
