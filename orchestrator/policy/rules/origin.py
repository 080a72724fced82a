"""Rule: words of strangers in the conversation. What a page says must not act without a person.

Once the model has read what a stranger wrote, a call that runs programs, changes something elsewhere, or has
a risk (destroys, sends, pays, installs) passes unasked only where it would without the stranger, and only if
everything that says *where to and what* is in the user's own words. What is to be *said* there (a body, a note)
may be anybody's: a person who asks to mail a page to Bob means the page's words, and Bob.

Looking and writing inside the workspace go on unasked.
"""

from typing import ClassVar

from orchestrator.kernel.messages import Origin as Source
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.rules.commands import Commands, command_of
from orchestrator.policy.rules.hosts import method_of, url_of

# Strangers write the web, and the skills and memories that may come from it.
STRANGERS: frozenset[Source] = frozenset({"web", "skill", "memory"})
# What lies in files may be a stranger's too (a clone, a download): it counts where a call has a risk.
PERHAPS: frozenset[Source] = STRANGERS | {"file"}

# Arguments that are said to somebody, and do not choose who or what.
SAID = frozenset(
    {
        "body", "text", "content", "message", "subject", "title", "description", "note", "comment", "summary", "prompt",
        "caption", "data",
    }
)  # fmt: skip


class Origin:
    name: ClassVar[str] = "origin"

    def __init__(self, settings: Policy) -> None:
        self._commands = Commands(settings)

    def judge(self, call: Call) -> Decision | None:
        strangers = call.origins & (PERHAPS if call.risks else STRANGERS)
        if not strangers or not self._acts(call):
            return None
        chosen = self._chosen_by_others(call)
        if chosen is not None and not chosen:
            return None
        origin = "web" if "web" in strangers else sorted(strangers)[0]
        details = {"tool": call.tool, "origin": origin}
        if chosen:
            details["arguments"] = ", ".join(chosen)
        return Decision(
            "ask",
            self.name,
            "untrusted_origin" if origin == "web" else "untrusted_words",
            f"The model has read {_WHAT[origin]}, which may have told it to call {call.tool}.",
            details,
            "Check that this is what you asked for.",
        )

    def _chosen_by_others(self, call: Call) -> list[str] | None:
        """The arguments that choose what happens and are not in the user's words; None where nobody looked."""
        if call.sources is None:
            return None
        choosing = {name: sources for name, sources in call.sources.items() if name.lower() not in SAID}
        if not any(choosing.values()):
            return ["all of it"]  # it acts on what no argument names
        return sorted(name for name, sources in choosing.items() if not sources <= {"user"})

    def _acts(self, call: Call) -> bool:
        if call.risks:
            return True
        if command_of(call) is not None:
            decision = self._commands.judge(call)
            return decision is None or "looks_only" not in decision.details
        if url_of(call) is not None:
            return method_of(call) not in ("GET", "HEAD", "OPTIONS")
        return call.scope in ("execute", "admin")

    def shape(self, call: Call) -> str | None:
        """A yes given before the web was read does not count after it."""
        return "after reading the web" if self.judge(call) else None


_WHAT: dict[Source, str] = {
    "web": "pages from the web",
    "file": "files that somebody else may have written",
    "memory": "what was remembered",
    "skill": "a skill that somebody else wrote",
}
