"""Rule: what a command line would do, program by program.

Looks at every parameter named `command` that holds text, and at the code of tools that run some. Covers what
`policy.shell` covers.
"""

import shlex
from typing import ClassVar

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.shell import machine
from orchestrator.policy.shell.findings import Finding
from orchestrator.policy.shell.judge import Judge
from orchestrator.policy.shell.programs import GIT_READS, KINDS
from orchestrator.policy.shell.reader import Reader
from orchestrator.policy.shell.script import Script, Segment
from orchestrator.policy.shell.words import shown

LOOKING = frozenset({"pure", "lister", "reader"})
# What a tool of the category `code` does with its code, as a command.
_INTERPRETERS = {"run_python": "python3 -c", "run_javascript": "node -e"}


class Commands:
    name: ClassVar[str] = "commands"

    def __init__(self, settings: Policy) -> None:
        self._trusted = frozenset(settings.programs)
        self._hosts = tuple(host.lower().rstrip(".") for host in settings.hosts)
        self._reader = Reader()

    def judge(self, call: Call) -> Decision | None:
        command = command_of(call)
        if command is None:
            return None
        script, found = self._findings(call, command)
        if not found:
            reason = "Every part of this command reads, builds or writes inside the workspace."
            details = {"programs": _programs(script), "looks_only": "yes" if _looks_only(script) else ""}
            return Decision(
                "allow", self.name, "ordinary_command", reason, {key: value for key, value in details.items() if value}
            )
        worst = next((finding for finding in found if finding.verdict == "deny"), found[0])
        details = {"program": worst.program, "segment": worst.text, "path": worst.path, "command": command}
        shown_details = {key: value for key, value in details.items() if value}
        return Decision(worst.verdict, self.name, worst.code, worst.reason, shown_details, worst.alternative)

    def shape(self, call: Call) -> str | None:
        command = command_of(call)
        if command is None:
            return None
        script, found = self._findings(call, command)
        if not found:
            return _programs(script) or call_hash(call.tool, call.arguments)
        shapes = {finding.shape for finding in found}
        named = {shape for shape in shapes if shape is not None}
        return " + ".join(sorted(named)) if len(named) == len(shapes) else call_hash(call.tool, call.arguments)

    def _findings(self, call: Call, command: str) -> tuple[Script, list[Finding]]:
        return Judge(self._reader, call.workspace, self._trusted, self._hosts).command(command)


def command_of(call: Call) -> str | None:
    """The command that a call is: as it stands, or of a tool that runs code, the one that would run it."""
    command, code = call.arguments.get("command"), call.arguments.get("code")
    if call.category == "code" and isinstance(code, str) and call.tool in _INTERPRETERS:
        return f"{_INTERPRETERS[call.tool]} {shlex.quote(code)}"
    return command if isinstance(command, str) and call.scope in ("execute", "admin") else None


def _programs(script: Script) -> str:
    return ", ".join(sorted({shown(segment.program) for segment in script.segments if segment.program}))


def _looks_only(script: Script) -> bool:
    return (
        not any(
            ">" in redirect.operator and redirect.target != "/dev/null" and not redirect.target.isdigit()
            for redirect in script.redirects
        )
        and bool(script.segments)
        and all(_looks(segment) for segment in script.segments)
    )


def _looks(segment: Segment) -> bool:
    if any(word in ("-exec", "-execdir", "-ok", "-okdir", "-i", "--in-place") for word in segment.arguments):
        return False
    if segment.program == "git":
        return bool(segment.arguments) and segment.arguments[0] in GIT_READS
    return segment.program == "find" or KINDS.get(segment.program) in LOOKING or machine.looks(segment)
