"""Rule: words of strangers in the conversation. What a page says must not act without a person.

Once the model has read what a stranger wrote, a call that runs programs, changes something elsewhere, or has
a risk (destroys, sends, pays, installs) passes unasked only where it would without the stranger, and only if
everything that says *where to and what* is in the user's own words. What is to be *said* there (a body, a note)
may be anybody's: a person who asks to mail a page to Bob means the page's words, and Bob.

Looking and writing inside the workspace go on unasked. Looking at an address does not where the model has added to it
more than a number of a page: whoever answers there is told.
"""

import re
from typing import ClassVar

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.messages import Origin as Source
from orchestrator.kernel.settings import Policy
from orchestrator.policy.addresses import listed, split
from orchestrator.policy.base import PERHAPS, STRANGERS, Call, Decision
from orchestrator.policy.marks import names_marked
from orchestrator.policy.rules.commands import Commands, command_of
from orchestrator.policy.rules.hosts import method_of, url_argument, url_of

_RUNS_ANYTHING = re.compile(
    r"\b(?:python|pypy|node|deno|bun|perl|ruby|php|lua|rscript|(?:ba|z|da|k|c|fi)?sh|eval|source|xargs|env)\b|\bpython[\d.]",
    re.IGNORECASE,
)
_USER: frozenset[Source] = frozenset({"user"})

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
        self._hosts = tuple(host.lower().rstrip(".") for host in settings.hosts)

    def judge(self, call: Call) -> Decision | None:
        strangers = call.origins & (PERHAPS if call.risks else STRANGERS)
        if not strangers and (command := command_of(call)) is not None and names_marked(call.workspace, command):
            strangers = frozenset({"file"})
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
        return sorted(name for name, sources in choosing.items() if not sources <= _USER)

    def _acts(self, call: Call) -> bool:
        if call.risks:
            return True
        if command_of(call) is not None:
            decision = self._commands.judge(call)
            return decision is None or "looks_only" not in decision.details
        if (url := url_of(call)) is not None:
            return method_of(call) not in ("GET", "HEAD", "OPTIONS") or self._tells(call, url)
        return call.scope in ("execute", "admin")

    def _tells(self, call: Call, url: str) -> bool:
        """Whether the address says something that nobody wrote, to a host that the owner does not know."""
        added = f"{url_argument(call)}: "
        if not any(name.startswith(added) for name in call.sources or ()):
            return False
        parts = split(url)
        return parts is None or not listed((parts.hostname or "").lower().rstrip("."), self._hosts)

    def _programs(self, call: Call) -> str | None:
        """Of a command that passes by itself: its programs, save those that run whatever they are given."""
        command = command_of(call)
        if command is None or _RUNS_ANYTHING.search(command) or names_marked(call.workspace, command):
            return None
        decision = self._commands.judge(call)
        return self._commands.shape(call) if decision is not None and decision.verdict == "allow" else None

    def shape(self, call: Call) -> str | None:
        """A yes given before the web was read does not count after it, nor for what else strangers choose."""
        if self.judge(call) is None:
            return None
        if (programs := self._programs(call)) is not None:
            return f"{programs} + after reading the web"
        chosen = {name: call.arguments.get(name, "") for name in self._chosen_by_others(call) or ()}
        return f"after reading the web: {call_hash(call.tool, chosen)[:12]}" if chosen else "after reading the web"


_WHAT: dict[Source, str] = {
    "web": "pages from the web",
    "file": "files that somebody else may have written",
    "memory": "what was remembered",
    "skill": "a skill that somebody else wrote",
}
