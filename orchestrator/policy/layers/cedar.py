"""Policies in Cedar: read, checked against the schema, and decided. The only place that knows the engine.

Within a layer, as in Cedar itself: a `forbid` overrides, and once there is a `permit` what none permits is
denied. Annotations say more: `@ask` makes a forbid a question; `@unasked` makes a permit of the owner pass what
would be asked; `@id`, `@reason` and `@alternative` are what a person reads. A policy that cannot be evaluated
asks: it is never taken for one that says nothing.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import cedarpy
from msgspec import Struct

from orchestrator.policy.layers.base import Kind, Layer, Source, Statement
from orchestrator.policy.layers.reading import depth, statements, wrong
from orchestrator.policy.layers.schema import SCHEMA

_ANNOTATIONS = frozenset({"id", "ask", "unasked", "reason", "alternative"})
_ALL: dict[str, Any] = {"op": "All"}
_ANYTHING = {"effect": "permit", "principal": _ALL, "action": _ALL, "resource": _ALL, "conditions": []}
_SIZE = 256 * 1024  # characters of one file
_DEEPEST = 40  # brackets in one policy: the engine has no limit of its own, and far deeper ends the process
_NAME = 80
_TOO_MUCH = "Make several policies of it."
_ACTION = 'Action::"call"'


class Request(Struct, frozen=True):
    """One call, in the words of the schema."""

    user: str
    name: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    tool: str
    category: str
    scope: str
    effects: str
    risks: tuple[str, ...]
    context: str  # JSON


class Opinion(Struct, frozen=True):
    """What one layer says of a call, by which policy; without one, because none permits it."""

    kind: Kind
    statement: Statement | None = None
    error: str = ""  # why its policies could not be evaluated


class Asked:
    """A call, in the engine's own form: made once for all layers."""

    def __init__(self, request: Request) -> None:
        tool = {"type": "Tool", "id": request.tool}
        user = {"type": "User", "id": request.user}
        roles = [{"type": "Role", "id": role} for role in request.roles]
        category = [{"type": "Category", "id": request.category}]
        entities = [
            {"uid": user, "attrs": {"name": request.name, "scopes": request.scopes}, "parents": roles},
            {"uid": tool, "attrs": _traits(request), "parents": category},
        ]
        self.query = {"principal": user, "action": _ACTION, "resource": tool, "context": request.context}
        self.entities = cedarpy.Entities.from_json_str(json.dumps(entities))


def _traits(request: Request) -> dict[str, Any]:
    return {"scope": request.scope, "effects": request.effects, "risks": request.risks}


class Compiled:
    """One layer. Mostly one question to the engine answers for all of its policies."""

    def __init__(self, layer: Layer, agent: str, sources: Sequence[Source]) -> None:
        """Raises InvalidInput, naming the file and the line."""
        self.layer = layer
        self.agent = agent
        self.statements: dict[str, Statement] = {}
        parsed: dict[Kind, dict[str, Any]] = {}
        for source in sources:
            for statement, policy in _read(source):
                if statement.id in self.statements:
                    problem = f"two policies are called {statement.id.rpartition('#')[2]}"
                    raise wrong(source.name, statement.line, problem, "Give each its own @id.")
                self.statements[statement.id] = statement
                parsed.setdefault(statement.kind, {})[statement.id] = policy
        permits = parsed.get("permit") or {"*": _ANYTHING}
        forbids, asks = parsed.get("forbid", {}), parsed.get("ask", {})
        self._all = _set({**permits, **forbids, **asks}) if forbids or asks or "permit" in parsed else None
        self._permits = _set(permits) if asks and "permit" in parsed else None
        self._unasked = _set(parsed["unasked"]) if "unasked" in parsed else None

    def opinion(self, asked: Asked) -> Opinion | None:
        """What it forbids or asks; None where it lets the call pass."""
        if self._all is None:
            return None
        result = cedarpy.is_authorized(asked.query, self._all, asked.entities)
        against = [] if result.allowed else [self.statements[name] for name in sorted(result.diagnostics.reasons)]
        if strict := [statement for statement in against if statement.kind == "forbid"]:
            return Opinion("forbid", strict[0])
        if result.diagnostics.errors:
            return Opinion("ask", error="; ".join(map(str, result.diagnostics.errors)))
        if result.allowed:
            return None
        if not against or not self._is_permitted(asked):
            return Opinion("forbid")
        return Opinion("ask", against[0])

    def unasked(self, asked: Asked) -> Statement | None:
        """The policy that lets pass what would be asked, if there is one."""
        if self._unasked is None:
            return None
        result = cedarpy.is_authorized(asked.query, self._unasked, asked.entities)
        if not result.allowed or result.diagnostics.errors:
            return None
        return self.statements[min(result.diagnostics.reasons)]

    def _is_permitted(self, asked: Asked) -> bool:
        """Whether what is asked about would be permitted once a person has said yes."""
        return self._permits is None or cedarpy.is_authorized(asked.query, self._permits, asked.entities).allowed


def _set(policies: Mapping[str, Any]) -> cedarpy.PolicySet:
    document = {"staticPolicies": policies, "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(document))


def _read(source: Source) -> list[tuple[Statement, dict[str, Any]]]:
    if len(source.text) > _SIZE:
        raise wrong(source.name, 1, f"it has more than {_SIZE} characters", "Make several files of it.")
    return [_statement(source, line, text) for line, text in statements(source.text)]


def _statement(source: Source, line: int, text: str) -> tuple[Statement, dict[str, Any]]:
    if depth(text) > _DEEPEST:
        raise wrong(source.name, line, f"its brackets are nested more than {_DEEPEST} deep", _TOO_MUCH)
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise wrong(source.name, line, str(error)) from error
    except RecursionError as error:
        raise wrong(source.name, line, "it is too long a chain", _TOO_MUCH) from error
    if parsed["templates"] or len(parsed["staticPolicies"]) != 1:
        raise wrong(source.name, line, "templates with ?principal or ?resource are not used here")
    (policy,) = parsed["staticPolicies"].values()
    try:
        _set({"policy": policy})
    except ValueError as error:
        raise wrong(source.name, line, "it is too long a chain", _TOO_MUCH) from error
    said: dict[str, str | None] = policy.get("annotations", {})
    kind = _kind(source, line, policy["effect"], said)
    checked = cedarpy.validate_policies(text, _schema())
    if not checked.validation_passed:
        problem = checked.errors[0].error.partition("`, ")[2] or checked.errors[0].error
        raise wrong(source.name, line, problem, "`orchestrator policy schema` shows what there is.")
    name = (said.get("id") or f"line{line}")[:_NAME]
    reason, alternative = said.get("reason") or "", said.get("alternative") or ""
    return Statement(f"{source.name}#{name}", kind, source.name, line, text, reason, alternative), policy


def _kind(source: Source, line: int, effect: str, said: Mapping[str, str | None]) -> Kind:
    if strange := sorted(said.keys() - _ANNOTATIONS):
        raise wrong(source.name, line, f"@{strange[0]} means nothing", f"Known: {', '.join(sorted(_ANNOTATIONS))}.")
    if effect == "forbid":
        if "unasked" in said:
            raise wrong(source.name, line, "@unasked is for a permit")
        return "ask" if "ask" in said else "forbid"
    if "ask" in said:
        raise wrong(source.name, line, "@ask is for a forbid")
    if "unasked" in said and source.layer != "owner":
        raise wrong(source.name, line, "only the owner's policies can loosen: @unasked belongs above this layer")
    return "unasked" if "unasked" in said else "permit"


@cache
def _schema() -> cedarpy.Schema:
    return cedarpy.Schema.from_str(SCHEMA)
