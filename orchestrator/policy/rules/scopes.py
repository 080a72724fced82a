"""Rule: an agent may do no more than the person it works for. Whether the person signed in may act is their scopes."""

from typing import ClassVar

from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision


class Scopes:
    name: ClassVar[str] = "scopes"

    def __init__(self, settings: Policy) -> None:
        del settings

    def judge(self, call: Call) -> Decision | None:
        if call.scope in call.scopes:
            return None
        return Decision(
            "deny",
            self.name,
            "scope_missing",
            f"{call.tool} needs the scope {call.scope!r}, which the person who asks does not have.",
            {"tool": call.tool, "scope": call.scope},
            "Ask someone who administers this server.",
        )

    def shape(self, call: Call) -> str | None:
        return None
