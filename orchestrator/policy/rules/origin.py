"""Rule: words from the web in the conversation. What a page says must not act without a person.

Once the model has read anything from the web, running programs, acting on the network and calls
with unknown effects are asked, even where they are otherwise allowed. Looking and writing inside
the workspace go on unasked.
"""

from typing import ClassVar

from orchestrator.kernel.messages import Origin as Source
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.rules.commands import Commands, command_of
from orchestrator.policy.rules.hosts import method_of, url_of

UNTRUSTED: frozenset[Source] = frozenset({"web"})


class Origin:
    name: ClassVar[str] = "origin"

    def __init__(self, settings: Policy) -> None:
        self._commands = Commands(settings)

    def judge(self, call: Call) -> Decision | None:
        if UNTRUSTED.isdisjoint(call.origins) or not self._acts(call):
            return None
        reason = f"The model has read pages from the web, which may have told it to call {call.tool}."
        return Decision(
            "ask",
            self.name,
            "untrusted_origin",
            reason,
            {"tool": call.tool, "origin": "web"},
            "Check that this is what you asked for.",
        )

    def _acts(self, call: Call) -> bool:
        if command_of(call) is not None:
            decision = self._commands.judge(call)
            return decision is None or "looks_only" not in decision.details
        if url_of(call) is not None:
            return method_of(call) not in ("GET", "HEAD", "OPTIONS")
        return call.scope in ("execute", "admin")

    def shape(self, call: Call) -> str | None:
        """A yes given before the web was read does not count after it."""
        return "after reading the web" if self.judge(call) else None
