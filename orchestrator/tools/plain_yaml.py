"""YAML from strangers: what JSON could hold, read as YAML 1.2 has it (`on` and `NO` are words).

Built from events, for nothing that is nested may run us out of stack. An alias (*name) stands for what it names, as
long as all of it, written out, is bounded: a few lines can stand for a billion values.
"""

import re
from typing import Any

from orchestrator.kernel.errors import InvalidInput

_MOST = 2_000_000  # values, with what aliases stand for written out
_DEEPEST = 200
_TAG = "tag:yaml.org,2002:"
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"[-+]?[0-9]{1,300}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def load(text: str, what: str) -> Any:
    """Raises InvalidInput, which names what was read. Of megabytes it takes a second: not for the loop."""
    import yaml  # type: ignore[import-untyped]

    tree = _Tree()
    try:
        for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            match event:
                case yaml.ScalarEvent():
                    tree.put(event.value if tree.wants_name else _scalar(event), event.anchor)
                case yaml.AliasEvent():
                    tree.again(event.anchor)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    if event.tag not in (None, "!", f"{_TAG}map", f"{_TAG}seq"):
                        raise ValueError(f"{event.tag[:100]} is no tag of plain values")
                    tree.open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor)
                case yaml.CollectionEndEvent():
                    tree.close()
                case yaml.DocumentEndEvent() if tree.done:
                    raise ValueError("it is more than one document")
                case yaml.DocumentEndEvent():
                    tree.done = True
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise InvalidInput(f"{what} cannot be read: {said}.", hint="Mend it.") from error
    return tree.root


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag not in (None, "!"):
        if not event.tag.startswith(_TAG) or event.tag[len(_TAG) :] not in ("str", "timestamp", "binary"):
            raise ValueError(f"{event.tag[:100]} is no tag of plain values")
        return text
    if not event.implicit[0]:  # in quotes
        return text
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


class _Tree:
    """What the events make: lists and tables that are open, the outermost first."""

    def __init__(self) -> None:
        self.root: Any = None
        self.done = False
        self._open: list[tuple[Any, str | None, int]] = []  # with its anchor, and the values before it
        self._names: list[Any] = []  # of the table that is open: the name whose value is next; _NONE: no name yet
        self._anchors: dict[str, tuple[Any, int]] = {}  # with the values it stands for
        self._size = 0

    @property
    def wants_name(self) -> bool:
        """Names are text, as they are written: 200, on, null."""
        return bool(self._names) and self._names[-1] is _NONE and isinstance(self._open[-1][0], dict)

    def put(self, value: Any, anchor: str | None = None, size: int = 1) -> None:
        self._size += size
        if self._size > _MOST:
            raise ValueError(f"it stands for more than {_MOST} values")
        if anchor is not None:
            self._anchors[anchor] = value, size
        if not self._open:
            self.root = value
            return
        inside = self._open[-1][0]
        if isinstance(inside, list):
            inside.append(value)
        elif self._names[-1] is _NONE:
            if not isinstance(value, str):
                raise ValueError("what is no text cannot be a name")
            self._names[-1] = value
        else:
            name, self._names[-1] = self._names[-1], _NONE
            if name == "<<" and isinstance(value, dict | list):
                _merge(inside, value)
            else:
                inside[name] = value

    def again(self, anchor: str) -> None:
        if anchor not in self._anchors:
            raise ValueError(f"*{anchor[:100]} stands for nothing, or for what it is in")
        value, size = self._anchors[anchor]
        self.put(value, None, size)

    def open(self, value: Any, anchor: str | None) -> None:
        if len(self._open) == _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
        self._open.append((value, anchor, self._size))
        self._names.append(_NONE)

    def close(self) -> None:
        value, anchor, before = self._open.pop()
        self._names.pop()
        size, self._size = self._size - before + 1, before
        self.put(value, anchor, size)


_NONE = object()


def _merge(inside: dict[str, Any], given: Any) -> None:
    for one in given if isinstance(given, list) else [given]:
        if not isinstance(one, dict):
            raise ValueError("<< takes tables")
        for name, value in one.items():
            inside.setdefault(name, value)
