"""The policy seam: one decision for every call, from who, what and where the words came from.

A rule says allow, ask or deny, or nothing at all (None). Deny beats ask, ask beats allow; if no
rule speaks, the call is asked. Rules are pure: they look at the call, never at the world, except
to resolve a path of the workspace.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct, field

from orchestrator.kernel.messages import Arguments, Effects, Origin, Risk, Scope

# Strangers write the web, and the skills and memories that may come from it.
STRANGERS: frozenset[Origin] = frozenset({"web", "skill", "memory"})
# What lies in files may be a stranger's too (a clone, a download): it counts where a call has a risk.
PERHAPS: frozenset[Origin] = STRANGERS | {"file"}

Verdict: TypeAlias = Literal["allow", "ask", "deny"]


class Call(Struct, frozen=True):
    tenant: str
    subject: str
    tool: str
    arguments: Arguments
    scope: Scope
    effects: Effects
    workspace: Path
    run_id: str = ""
    origins: frozenset[Origin] = frozenset({"user"})  # of everything the model had read when it asked
    scopes: frozenset[Scope] = frozenset({"read", "write", "execute", "admin"})  # of the person
    # Where the words of each argument came from; "model" for those nobody said. None: it was not looked at.
    sources: Mapping[str, frozenset[Origin]] | None = None
    risks: tuple[Risk, ...] = ()
    secrets: tuple[str, ...] = ()  # the arguments in which the tool takes the name of one
    category: str = ""  # of the tool
    agent: str = ""  # who calls
    read: frozenset[str] | None = None  # the tools whose results the model has read; None: nobody looked


class Decision(Struct, frozen=True):
    verdict: Verdict
    rule: str  # which rule decided
    code: str  # of the reason: stable, for translation
    reason: str  # for a person, in English, a whole sentence
    details: dict[str, str] = field(default_factory=dict)  # the values inside the reason
    alternative: str = ""  # a safe way to get there


class Rule(Protocol):
    @property
    def name(self) -> str: ...

    def judge(self, call: Call) -> Decision | None: ...

    def shape(self, call: Call) -> str | None:
        """What "in this run" and "always" would cover for this call (its programs, its host…).

        Two calls of one tool with the same shape are alike to a person who says "always".
        None: this rule does not know the tool.
        """
