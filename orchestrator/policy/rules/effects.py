"""Rule: what a tool may do at all, by its declared scope. The net under the rules that read arguments."""

from typing import ClassVar

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import STRANGERS, Call, Decision
from orchestrator.policy.rules.commands import command_of
from orchestrator.policy.rules.hosts import url_of
from orchestrator.policy.rules.paths import paths_of

# What these change is a repository of the workspace, and git brings it back; named no folder, they take the workspace.
_IN_THE_WORKSPACE = frozenset({"git_commit", "git_merge", "git_stash", "git_switch"})
# What these write stays inside this system, is listed there and can be taken back: a reminder, a clone in a folder of
# its own, a draft of a tool, which nothing loads. By name, which no other tool has: a category anybody may say.
_KEPT_HERE = frozenset({"cancel_schedule", "create_tool", "github_clone", "remind_me"})


_NAMES = frozenset({"ref", "branch", "since", "remote", "base", "head", "service", "machine", "image", "repository"})


def _option_like(call: Call) -> str | None:
    """An argument that names something, and that a program behind the tool could take for an option of its own."""
    for name, value in call.arguments.items():
        named = name in _NAMES or (name == "name" and call.category in ("docker", "system"))
        if named and isinstance(value, str) and value.startswith("-"):
            return name
    return None


class Effects:
    name: ClassVar[str] = "effects"

    def __init__(self, settings: Policy) -> None:
        del settings

    def judge(self, call: Call) -> Decision | None:
        details = {"tool": call.tool, "scope": call.scope}
        if (argument := _option_like(call)) is not None:
            reason = f"{argument} begins with a dash: {call.tool} could take it for an option."
            return Decision("ask", self.name, "option_like", reason, {**details, "argument": argument}, "Write a name.")
        if call.scope == "admin":
            return Decision("ask", self.name, "administration", f"{call.tool} changes how this system is run.", details)
        if call.scope == "read" and call.effects == "none":
            return Decision("allow", self.name, "only_looks", f"{call.tool} only looks.", details)
        if command_of(call) is not None or url_of(call) is not None or (call.scope == "write" and paths_of(call)):
            return None  # another rule reads what it would do
        if call.tool in _IN_THE_WORKSPACE and call.scope == "write":
            reason = f"What {call.tool} changes is inside the workspace."
            return Decision("allow", self.name, "inside_workspace", reason, details)
        if call.tool in _KEPT_HERE and call.scope == "write" and not call.risks and not call.origins & STRANGERS:
            reason = f"What {call.tool} writes stays inside this system and can be taken back."
            return Decision("allow", self.name, "noted_here", reason, details)
        return Decision(
            "ask",
            self.name,
            "unknown_effect",
            f"What {call.tool} would change cannot be told from its arguments.",
            details,
        )

    def shape(self, call: Call) -> str | None:
        if call.scope == "admin":
            return call_hash(call.tool, call.arguments)
        return f"any {call.tool}"
