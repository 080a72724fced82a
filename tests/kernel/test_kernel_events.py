"""Event names and fields are for ever: what is in the golden file can always be read."""

import json
import types
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from orchestrator.kernel import events

GOLDEN = json.loads((Path(__file__).parent / "events.golden.json").read_text("utf-8"))
KINDS: dict[str, type] = {kind.__struct_config__.tag: kind for kind in get_args(events.Body)}


def shape(kind: type) -> dict[str, str]:
    return {field.name: _named(field.type) for field in msgspec.structs.fields(kind)}


def _named(kind: object) -> str:
    if isinstance(kind, types.UnionType):
        return " | ".join(sorted(_named(part) for part in get_args(kind)))
    return getattr(kind, "__name__", str(kind)) if not get_args(kind) else str(kind)


def test_no_event_was_lost_or_renamed() -> None:
    assert set(GOLDEN) <= set(KINDS)


def test_every_event_is_in_the_golden_file() -> None:
    missing = {name: {"fields": shape(kind)} for name, kind in KINDS.items() if name not in GOLDEN}
    assert not missing, f"add to events.golden.json: {json.dumps(missing, indent=2)}"


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_fields_stay(name: str) -> None:
    now = shape(KINDS[name])
    for field, kind in GOLDEN[name]["fields"].items():
        assert now.get(field) == kind, f"{name}.{field}"


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_what_was_written_can_be_read(name: str) -> None:
    body = events.decode_body(json.dumps(GOLDEN[name]["written"]).encode())
    assert json.loads(events.encode_body(body))["type"] == name


def test_names_are_noun_dot_participle() -> None:
    for name in KINDS:
        noun, _, participle = name.partition(".")
        assert noun.isalpha() and participle.isalpha() and participle.endswith(("ed", "ked", "en", "de")), name
