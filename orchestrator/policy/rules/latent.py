"""Rule: what is written now and run later. A build file, a script or the settings of a CI that a tool writes is read.

Each line that is a command is judged as one; where a shell would be refused it (keys that would be sent, a shell
handed out, code out of an encoding), the writing is asked. Does not cover: code of other languages, lines that are
put together from others, and long ones.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import ClassVar

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import STRANGERS, Call, Decision
from orchestrator.policy.lookalikes import REORDERS, spelled
from orchestrator.policy.rules.hosts import DOWNLOAD
from orchestrator.policy.rules.paths import paths_of
from orchestrator.policy.shell.findings import Finding
from orchestrator.policy.shell.judge import Judge
from orchestrator.policy.shell.reader import Reader
from orchestrator.policy.shell.words import each

_LATER = re.compile(
    r"(.*/)?(GNU)?[Mm]akefile(\.\w+)?|.+\.(mk|sh|bash|zsh|service|timer)|(.*/)?(package\.json|[Jj]ustfile|Taskfile\.ya?ml|"
    r"\.pre-commit-config\.yaml|tox\.ini|crontab|Procfile|Jenkinsfile|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.yml|"
    r"bitbucket-pipelines\.yml|cloudbuild\.yaml|(docker-)?compose[\w.-]*\.ya?ml|(.+\.)?Dockerfile(\..+)?)|"
    r"(.*/)?\.(github/workflows|circleci|buildkite|drone)/.+"
)
_NAMED = re.compile(r".+\.(sh|bash|zsh|mk)")  # run by who names them
_CODE = re.compile(r".+\.(py|js|mjs|cjs|ts|rb|php|pl|gradle|kts)")
_OBEYED = re.compile(
    r"(.*/)?(AGENTS|CLAUDE|GEMINI)\.md|(.*/)?\.(cursorrules|windsurfrules|clinerules)|(.*/)?\.github/.+"
)
_LEAD = re.compile(
    r"^[\s@+-]*(?:-\s+)?(?:(?:run|script|command|cmd|entrypoint|RUN|CMD|ExecStart\w*)\s*[:=]?\s+|ExecStart\w*=)?[|>]?\s*"
)
_WORTH = re.compile(r"[|>&;`$]|\brm\b|\b(?:curl|wget|nc|ncat|socat|ssh|scp|dd|mkfs\S*|eval|chmod|cat)\b")
_REFUSED = each(
    "exfiltration reverse_shell raw_connection reads_secret fork_bomb metadata guard escape destructive_program"
)
_ROOTS = each("/ ~ /* ~/* $HOME /home /etc /usr")
_SETTINGS = ("~/.", "$HOME/.")  # of a person: keys, and what programs obey
_MAKE = re.compile(r"[Mm]akefile|\.mk$")
_MADE = re.compile(r"\$(?:\$|\((?=\w+\)))(\w+)\)?")  # $(HOME) and $$HOME, as make writes them
_HOOK = re.compile(r'"(?:(?:pre|post)?install|prepare|prepack|prepublish\w*)"\s*:\s*("(?:[^"\\]|\\.)*")')
MOST = 80  # lines of one file that are read
LONGEST = 400  # characters of a line that is


class Latent:
    name: ClassVar[str] = "latent"

    def __init__(self, settings: Policy) -> None:
        del settings
        self._reader = Reader()

    def judge(self, call: Call) -> Decision | None:
        if call.scope != "write":
            return None
        named = next((path for path in paths_of(call) if _LATER.fullmatch(path) or _CODE.fullmatch(path)), None)
        obeyed = next((path for path in paths_of(call) if _OBEYED.fullmatch(path)), None)
        if call.tool == DOWNLOAD:
            return self._downloaded(call)
        if obeyed is not None and call.origins & STRANGERS:
            reason = f"{obeyed} is obeyed later, and the model has read what strangers wrote."
            details = {"tool": call.tool, "path": obeyed, "segment": obeyed}
            return Decision("ask", self.name, "latent", reason, details, "Look at what it says before it is written.")
        texts = [text for name in ("content", "replace", "patch") if isinstance(text := call.arguments.get(name), str)]
        if line := next((_around(match) for text in texts if (match := REORDERS.search(text))), None):
            written = next(iter(paths_of(call)), call.tool)
            reason = f"{written} would hold marks that make a line read otherwise than it runs: {line}"
            details = {"tool": call.tool, "path": written, "segment": line}
            return Decision("ask", self.name, "reordered", reason, details, "Write it without these marks.")
        if call.tool == "create_tool" and isinstance(code := call.arguments.get("code"), str):
            named, texts = f"{call.arguments.get('name')}.py", [code]
        if named is None or not texts:
            return None
        if named.endswith("package.json") and (hook := self._hooked(call, texts)) is not None:
            reason = f"{named} would have everybody who installs the project run: {hook}"
            details = {"tool": call.tool, "path": named, "segment": hook}
            return Decision("ask", self.name, "latent", reason, details, "Look at this line before it is written.")
        lines = (line for text in texts for line in _commands(text, named))
        for line in islice((one for one in lines if len(one) <= LONGEST and _WORTH.search(one)), MOST):
            _, found = Judge(self._reader, call.workspace).command(line)
            if refused := next((one for one in found if one.verdict == "deny" and _matters(one, named)), None):
                reason = f"{named} would do later what a command may not: {refused.reason}"
                details = {"tool": call.tool, "path": named, "segment": refused.text, "program": refused.program}
                return Decision("ask", self.name, "latent", reason, details, "Look at this line before it is written.")
        return None

    def _downloaded(self, call: Call) -> Decision | None:
        """What others put there is read by nobody before it is obeyed, where no command names the file."""
        named = next((path for path in paths_of(call) if _obeyed_unnamed(path)), None)
        if named is None:
            return None
        reason = f"{named} is obeyed by other programs, and nobody has read what it will say."
        details = {"tool": call.tool, "path": named}
        return Decision("ask", self.name, "unread", reason, details, "Save it under another name, and look at it.")

    def _hooked(self, call: Call, texts: list[str]) -> str | None:
        """What would be run at an install, where a command like it would be asked about."""
        for match in islice((match for text in texts for match in _HOOK.finditer(text)), MOST):
            with suppress(ValueError):
                line = str(json.loads(match[1]))
                if len(line) > LONGEST or Judge(self._reader, call.workspace).command(line)[1]:
                    return line[:LONGEST]
        return None

    def shape(self, call: Call) -> str | None:
        return call_hash(call.tool, call.arguments) if self.judge(call) else None


def _around(match: re.Match[str]) -> str:
    return spelled(match.string[max(0, match.start() - 30) : match.end() + 30])


def _obeyed_unnamed(path: str) -> bool:
    return bool(_OBEYED.fullmatch(path) or (_LATER.fullmatch(path) and not _NAMED.fullmatch(path)))


def _matters(finding: Finding, path: str) -> bool:
    return (
        finding.code in _REFUSED
        or (finding.code == "piped_code" and "ockerfile" not in path)
        or (
            finding.code == "deletes_outside"
            and (finding.path.rstrip("/") in _ROOTS | {""} or finding.path.startswith(_SETTINGS))
        )
    )


def _commands(text: str, path: str) -> Iterator[str]:
    if _CODE.fullmatch(path):
        for match in re.finditer(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"", text):
            yield (match[1] or match[2] or "") if " " in match[0] else ""
        return
    if path.endswith(".json"):
        for match in re.finditer(r'"(?:[^"\\]|\\.)*"', text):
            with suppress(ValueError):
                yield str(json.loads(match[0]))
        return
    for line in text.replace("\\\n", " ").splitlines():
        command = _LEAD.sub("", line.removeprefix("+"))
        yield _MADE.sub(r"$\1", command) if _MAKE.search(path) else command
