"""The layers that hold now: asked of every call, changed while runs go on, never half of them."""

import json
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.ids import call_hash
from orchestrator.policy.addresses import split
from orchestrator.policy.base import STRANGERS, Call, Decision
from orchestrator.policy.layers.base import Roles, Source, Statement
from orchestrator.policy.rules.commands import command_of
from orchestrator.policy.rules.hosts import method_of, url_of

if TYPE_CHECKING:
    from orchestrator.policy.layers.cedar import Compiled, Opinion, Request

_KEPT = 4096  # decisions in memory
ROLES = "roles.toml"


class Held(Struct, frozen=True):
    """What was read at one moment, whole."""

    sources: tuple[Source, ...] = ()
    layers: "tuple[Compiled, ...]" = ()  # the owner's first
    roles: Roles = Roles()

    @property
    def statements(self) -> list[Statement]:
        return [statement for layer in self.layers for statement in layer.statements.values()]


class Layers:
    """A rule like the others, whose policies are data."""

    name = "cedar"

    def __init__(self) -> None:
        self.held = Held()
        self.problem = ""  # why what is in the folder now does not hold
        self._names: dict[str, str] = {}  # of users, by id
        self._known: dict[Request, Opinion | None] = {}

    def hold(self, held: Held) -> None:
        self.held = held
        self._known = {}

    def meet(self, user_id: str, name: str) -> None:
        """Somebody who may have a role."""
        self._names[user_id] = name

    def judge(self, call: Call) -> Decision | None:
        if not self.held.layers:
            return None
        request = self._request(call)
        if request not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[request] = self._opinion(request, call.agent)
        opinion = self._known[request]
        return None if opinion is None else _decision(self.name, call, opinion)

    def unasked(self, call: Call) -> Statement | None:
        """The owner's policy by which this call need not be asked about, if there is one."""
        from orchestrator.policy.layers.cedar import Asked

        owner = next((layer for layer in self.held.layers if layer.layer == "owner"), None)
        return None if owner is None else owner.unasked(Asked(self._request(call)))

    def shape(self, call: Call) -> str | None:
        """Of this very call, where a policy asks: who wrote it meant each."""
        decision = self.judge(call)
        return call_hash(call.tool, call.arguments) if decision is not None and decision.verdict == "ask" else None

    def _opinion(self, request: "Request", agent: str) -> "Opinion | None":
        """Of the first layer that forbids; else of the first that asks."""
        from orchestrator.policy.layers.cedar import Asked

        asked = Asked(request)
        layers = [layer for layer in self.held.layers if layer.agent in ("", agent)]
        found = [opinion for layer in layers if (opinion := layer.opinion(asked)) is not None]
        return next((opinion for opinion in found if opinion.kind == "forbid"), found[0] if found else None)

    def _request(self, call: Call) -> "Request":
        from orchestrator.policy.layers.cedar import Request  # the engine costs whoever has no policies

        name = self._names.get(call.subject, "")
        context: dict[str, object] = {
            "agent": call.agent,
            "workspace": str(call.workspace),
            "origins": sorted(call.origins),
            "strangers": bool(call.origins & STRANGERS),
        }
        if (command := command_of(call)) is not None:
            context["command"] = command
        if (url := url_of(call)) is not None:
            parts = split(url)
            context |= {"host": (parts.hostname or "").rstrip(".") if parts else "", "method": method_of(call)}
        return Request(
            call.subject,
            name,
            tuple(self.held.roles.of(name)),
            tuple(sorted(call.scopes)),
            call.tool,
            call.category,
            call.scope,
            call.effects,
            tuple(call.risks),
            json.dumps(context, sort_keys=True),
        )


def compiled(files: Mapping[str, str]) -> Held:
    """The layers of some files, by their names below the folder. Raises InvalidInput: then nothing holds of them."""
    sources = [Source(name, text) for name, text in sorted(files.items()) if name != ROLES]
    for source in sources:
        if not source.name.endswith(".cedar") or source.name.count("/") > 1 or not _is_placed(source.name):
            raise InvalidInput(
                f"{source.name} is in no layer.",
                hint="Policies are NAME.cedar, workspace/NAME.cedar, agents/AGENT.cedar.",
            )
    if not sources:
        return Held(roles=roles(files.get(ROLES, "")))
    from orchestrator.policy.layers.cedar import Compiled

    agents = sorted({source.agent for source in sources if source.agent})
    layers = [
        Compiled("owner", "", [source for source in sources if source.layer == "owner"]),
        Compiled("workspace", "", [source for source in sources if source.layer == "workspace"]),
        *(Compiled("agent", agent, [source for source in sources if source.agent == agent]) for agent in agents),
    ]
    kept = tuple(layer for layer in layers if layer.statements)
    return Held(tuple(sources), kept, roles(files.get(ROLES, "")))


def checked(name: str, text: str) -> list[Statement]:
    """What is in a file of this name. Raises InvalidInput, naming the line, where it could not hold."""
    return compiled({name: text}).statements


def roles(text: str) -> Roles:
    """Lists of users by role. Raises InvalidInput."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{ROLES}: {error}.", hint='A line is: maintainers = ["ada", "grace"]') from error
    for role, names in found.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidInput(
                f"{ROLES}: {role} is no list of names.", hint='A line is: maintainers = ["ada", "grace"]'
            )
    return Roles({role: tuple(names) for role, names in found.items()})


def _is_placed(name: str) -> bool:
    return "/" not in name or name.startswith(("workspace/", "agents/"))


def _decision(rule: str, call: Call, opinion: "Opinion") -> Decision:
    statement = opinion.statement
    if opinion.error:
        reason = f"A policy of this server cannot be evaluated for this call: {opinion.error}."
        return Decision("ask", rule, "policy_failed", reason, {"tool": call.tool, "problem": opinion.error})
    if statement is None:
        return Decision(
            "deny",
            rule,
            "policy_permits_not",
            f"No policy of this server permits {call.tool} here.",
            {"tool": call.tool},
            "Ask whoever administers this server.",
        )
    said = statement.reason.strip().rstrip(".") or f"{call.tool} is not what it lets pass"
    details = {"tool": call.tool, "policy": statement.id, "line": str(statement.line), "said": said}
    verb, code = ("asks", "policy_asks") if opinion.kind == "ask" else ("forbids this", "policy_forbids")
    reason = f"The policy {statement.id} {verb}: {said}."
    return Decision("ask" if opinion.kind == "ask" else "deny", rule, code, reason, details, statement.alternative)
