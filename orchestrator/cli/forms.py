"""The form of a question, filled in at a terminal: one line for each field, or NAME=VALUE where nobody can be asked."""

from collections.abc import Iterable
from typing import Any

import msgspec

from orchestrator.cli.terminal import Terminal
from orchestrator.cli.visible import exact
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Json

Filled = dict[str, Any]
_YES, _NO = ("y", "yes", "o", "oui", "true", "1"), ("n", "no", "non", "false", "0")


def ask(terminal: Terminal, question: Json) -> Filled | str | None:
    """What the person says: a filled form, `refuse`, or nothing now. A link is shown, and opened by nobody but them."""
    details = question["details"]
    terminal.note(terminal.word("question", who=exact(details.get("source", ""))), "bold yellow")
    terminal.note(f"  {exact(question['reason'])}", "")
    for strange in question.get("lookalikes", ()):
        warned = terminal.word("lookalike." + strange["kind"], text=exact(strange["plain"]))
        terminal.note(f"  {warned}", "bold red")
    if question["link"]:
        terminal.note("  " + terminal.word("question.link", host=exact(details.get("host", ""))), "yellow")
        terminal.note(f"  {exact(question['link'])}", "")
        said = terminal.choose(terminal.word("question.opened"), {"d": "accept", "n": "refuse", "non": "refuse"})
        return {} if said == "accept" else said
    if details.get("source") != question["tool"]:  # a tool of this server asks for itself
        terminal.note("  " + terminal.word("question.secrets"))
    said = terminal.choose(terminal.word("question.answer"), {"a": "accept", "n": "refuse", "non": "refuse"})
    return _filled(terminal, question["form"] or {}) if said == "accept" else said


def _filled(terminal: Terminal, form: Json) -> Filled | None:
    from orchestrator.tools.questions import filled_in

    found: Filled = {}
    required = form.get("required", ())
    for name, field in form.get("properties", {}).items():
        while True:
            try:
                text = terminal.read_line(_prompt(name, field, name in required))
            except EOFError:
                terminal.note("")
                return None
            try:
                if text.strip():
                    value = _value(name, field, text.strip())
                    found |= filled_in({"type": "object", "properties": {name: field}}, {name: value})
                elif "default" in field:
                    found[name] = field["default"]
                elif name in required:
                    raise InvalidInput(terminal.word("question.needed", name=name))
                break
            except InvalidInput as error:
                terminal.note(f"  {error.detail}", "yellow")
    return found


def _prompt(name: str, field: Json, required: bool) -> str:
    about = exact(f"{field.get('title') or name}" + (f": {field['description']}" if field.get("description") else ""))
    choices = choices_of(field)
    offered = f" [{' | '.join(exact(str(one)) for one in choices)}]" if choices else ""
    default = f" ({exact(_shown(field['default']))})" if "default" in field else ""
    return f"  {about}{offered}{default}{'' if required or default else ' …'}: "


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def choices_of(field: Json) -> list[Any]:
    """The values that a field may have, where they are counted."""
    if field.get("type") == "array":
        return choices_of(field.get("items", {}))
    for several in ("oneOf", "anyOf"):
        if several in field:
            return [one.get("const") for one in field[several]]
    return list(field.get("enum", ()))


def pairs(form: Json | None, given: Iterable[str]) -> Filled:
    """NAME=VALUE …, each as its field wants it. Raises InvalidInput."""
    fields = (form or {}).get("properties", {})
    found: Filled = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals or name not in fields:
            hint = f"NAME=VALUE, of {', '.join(fields)}." if fields else "This question has no form."
            raise InvalidInput(f"{pair[:100]!r} fills in no field.", hint=hint)
        found[name] = _value(name, fields[name], text)
    return found


def _value(name: str, field: Json, text: str) -> Any:
    kind = field.get("type")
    if kind == "boolean":
        if text.lower() not in (*_YES, *_NO):
            raise InvalidInput(f"{name}: yes or no.")
        return text.lower() in _YES
    if kind in ("integer", "number"):
        try:
            return msgspec.json.decode(text, type=int if kind == "integer" else int | float)
        except msgspec.DecodeError:
            raise InvalidInput(f"{name}: a number, please.") from None
    if kind == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
