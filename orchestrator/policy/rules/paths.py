"""Rule: files by name. Any tool with a parameter that names a path is judged by its scope."""

import re
from os.path import realpath
from typing import ClassVar

from orchestrator.kernel.addresses import file_name
from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.lookalikes import misleads
from orchestrator.policy.places import Place, Places, is_private
from orchestrator.policy.rules.hosts import DOWNLOAD, url_of
from orchestrator.policy.rules.statements import statement_of
from orchestrator.policy.shell import statements
from orchestrator.policy.shell.words import brief

ROLES = frozenset(
    {
        "path",
        "paths",
        "file",
        "filename",
        "file_path",
        "folder",
        "directory",
        "source",
        "destination",
        "target",
        "files",
    }
)
_CHANGED = re.compile(r"^\+\+\+ (?:b/)?([^\t\n]+)", re.MULTILINE)  # the files that a patch changes
MOST = 500  # paths of one call
_INSIDE: frozenset[Place] = frozenset({"inside", "workspace", "private", "automatic"})
_NAMES_ONLY = frozenset({"list_directory", "search_files"})  # unless they look for a text


class Paths:
    name: ClassVar[str] = "paths"

    def __init__(self, settings: Policy) -> None:
        del settings

    def judge(self, call: Call) -> Decision | None:
        if call.tool == "read_log" and isinstance(log := call.arguments.get("log"), str):
            return self._log(call, log)
        named = paths_of(call)
        if not named:
            return None
        if len(named) > MOST:
            reason = f"{call.tool} is given {len(named)} paths, more than anybody reads."
            details = {"tool": call.tool, "program": call.tool}
            return Decision("ask", self.name, "too_long", reason, details, "Name a folder, or fewer files at a time.")
        places = Places(call.workspace)
        decisions = [self._judge(call, path, places) for path in named]
        decisions += [self._credentials(call, path) for path in _carried(call) if places.of_plain(path) == "private"]
        return min(decisions, key=lambda decision: ("deny", "ask", "allow").index(decision.verdict))

    def _judge(self, call: Call, path: str, places: Places) -> Decision:
        said, place = brief(path), places.of_plain(path)
        details = {"tool": call.tool, "path": said}
        if place not in _INSIDE:
            reason = f"{said} is outside the workspace."
            return Decision("deny", self.name, "outside_workspace", reason, details, "Use a path inside the workspace.")
        if call.scope in ("execute", "admin"):
            reason = f"{call.tool} would act on {said}, and may do more than read or write it."
            return Decision("ask", self.name, "acts_on_path", reason, details)
        if call.scope == "write":
            if misleads(path):
                reason = f"{said} is written with letters that look like others, or do not show."
                return Decision("ask", self.name, "lookalike_path", reason, details, "Write the name in plain letters.")
            if place == "automatic":
                reason = f"{said} is obeyed by other programs without being asked."
                return Decision(
                    "ask", self.name, "automatic", reason, details, "Make this change by hand, where you can read it."
                )
            kept = call.category == "files" and place == "private" and not call.arguments.get("append")
            if kept and path not in _carried(call) and places.exists(path):
                reason = f"{said} is there already, and usually holds passwords or keys."
                alternative = "Write a new file beside it, or change it by hand."
                return Decision("ask", self.name, "over_keys", reason, details, alternative)
            if call.tool == "git_commit" and is_private(path):
                reason = f"{said} usually holds passwords or keys, which would stay in the history."
                alternative = "Leave it out, and name it in .gitignore."
                return Decision("ask", self.name, "into_history", reason, details, alternative)
            return Decision("allow", self.name, "inside_workspace", f"{said} is inside the workspace.", details)
        secret = place == "private" or (place == "automatic" and is_private(path))
        if secret and not (call.tool in _NAMES_ONLY and not call.arguments.get("text")):
            return self._credentials(call, path)
        return Decision("allow", self.name, "inside_workspace", f"{said} is inside the workspace.", details)

    def _log(self, call: Call, log: str) -> Decision:
        """A log is named beneath /var/log; a few of them tell who signs in, and with what."""
        path = log if log.startswith("/") else f"/var/log/{log}"
        place, details = Places(call.workspace).of_plain(path), {"tool": call.tool, "program": call.tool, "path": path}
        if place == "facts":
            return Decision("allow", self.name, "only_looks", f"{call.tool} only looks.", details)
        if place == "system" and realpath(path).startswith("/var/log/"):
            reason = f"{path} may tell who signs in here, and how."
            return Decision("ask", self.name, "outside", reason, details, "Ask for the lines that matter.")
        reason = f"{path} is not beneath /var/log."
        return Decision("deny", self.name, "outside_workspace", reason, details, "Name a log beneath /var/log.")

    def _credentials(self, call: Call, path: str) -> Decision:
        said = brief(path)
        reason = f"{said} usually holds passwords or keys, which the model would see."
        alternative = "Ask the person for the one value that is needed."
        return Decision("ask", self.name, "credentials", reason, {"tool": call.tool, "path": said}, alternative)

    def shape(self, call: Call) -> str | None:
        named = paths_of(call)
        if not named:
            return None
        if call.scope in ("read", "write"):
            return ", ".join(sorted(named))
        return call_hash(call.tool, call.arguments)


def _carried(call: Call) -> list[str]:
    """What a tool that writes takes from one place to another, where it would be asked about no more."""
    if call.scope != "write" or not isinstance(call.arguments.get("destination"), str):
        return []
    return [path for path in paths_of(call) if path != call.arguments["destination"]]


def paths_of(call: Call) -> list[str]:
    found: list[str] = []
    for name, value in call.arguments.items():
        if name in ROLES or name.endswith(("_path", "_file", "_folder")):
            found.extend(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))
    if (sql := statement_of(call)) is not None:
        found.extend(re.sub("^~", "/home", name) for name in statements.files(sql) or () if "://" not in name)
    if isinstance(patch := call.arguments.get("patch"), str):
        found.extend(match[1] for match in _CHANGED.finditer(patch))
    if isinstance(ref := call.arguments.get("ref"), str) and is_private(shown := ref.rpartition(":")[2]) and ":" in ref:
        found.append(shown)
    if isinstance(pattern := call.arguments.get("pattern"), str) and (
        pattern[:1] in "/~" or ".." in pattern.split("/")
    ):
        found.append(pattern)
    if call.tool == DOWNLOAD and (url := url_of(call)) is not None:
        found += _saved_as(url, found)
    return found


def _saved_as(url: str, named: list[str]) -> list[str]:
    """Where a download may go besides: under the name that its address gives, here or in a folder that was named."""
    name = file_name(url)
    return [f"{path.rstrip('/')}/{name}" for path in named if path.rpartition("/")[2] != name] if named else [name]
