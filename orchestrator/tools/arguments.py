"""The arguments of a call: what may be given, and a plain sentence for whatever may not."""

import difflib
import json
import re
from typing import Any

import msgspec

from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.schema import converted, plain, schema_of

_SHOWN = 60  # characters of a wrong value that are repeated
_JSON = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_NAMES = re.compile(r"\b(str|int|float|bool)\b(?=[^`]*`)")
_PLACE = re.compile(r" - at `\$(.*)`$")


class Parameters:
    def __init__(self, tool: str, fields: dict[str, tuple[Any, Any]]) -> None:
        self._tool = tool
        self._kinds = {name: kind for name, (kind, _) in fields.items()}
        self._defaults = {name: default for name, (_, default) in fields.items() if default is not msgspec.NODEFAULT}
        rows = [(name, kind, None if name in self._defaults else default) for name, (kind, default) in fields.items()]
        self.schema = schema_of(msgspec.defstruct(tool, rows, kw_only=True, forbid_unknown_fields=True))
        for name, default in self._defaults.items():
            self.schema["properties"][name]["default"] = plain(default)

    def check(self, arguments: Arguments) -> dict[str, Any]:
        """The arguments with their defaults. Raises ToolRetry that names the field and what it needs."""
        if unknown := [name for name in arguments if name not in self._kinds]:
            near = difflib.get_close_matches(unknown[0], self._kinds, 1)
            hint = f"Did you mean {near[0]!r}?" if near else self._known()
            raise ToolRetry(f"{self._tool} has no argument {_short(unknown[0])}.", hint=hint)
        if missing := [name for name in self._kinds if name not in arguments and name not in self._defaults]:
            raise ToolRetry(f"{self._tool} needs {' and '.join(map(repr, missing))}.", hint=self._known())
        return {name: self._value(name, arguments) for name in self._kinds}

    def _value(self, name: str, arguments: Arguments) -> Any:
        if name not in arguments:
            default = self._defaults[name]
            return default.copy() if isinstance(default, dict | list) else default
        value = arguments[name]
        try:
            return converted(value, self._kinds[name])
        except msgspec.ValidationError as error:
            given = _short(value)
            said = f"The argument {name!r} of {self._tool} is wrong: {self._expected(name, error)}; {given} was given."
            raise ToolRetry(said, why="wrong_argument", tool=self._tool, name=name, given=given) from None

    def _expected(self, name: str, error: msgspec.ValidationError) -> str:
        """What the error says in the words of JSON, which the schema has too; of a choice, what there is to choose."""
        if str(error).startswith("Invalid enum value") and (choices := _choices(self.schema["properties"][name])):
            return f"Expected one of {', '.join(map(_short, choices))}"
        return _NAMES.sub(lambda found: _JSON[found[0]], _PLACE.sub(r" (in \1)", str(error)))

    def _known(self) -> str:
        if not self._kinds:
            return "It takes no arguments."
        return f"Its arguments: {', '.join(self._kinds)}."


def _choices(schema: dict[str, Any]) -> list[Any]:
    return schema.get("enum") or [choice for one in schema.get("anyOf", ()) for choice in one.get("enum", ())]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
