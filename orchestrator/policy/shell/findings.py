"""What judging a segment found against it. No finding means that it may run unasked."""

import re
from collections.abc import Collection, Iterable
from typing import Protocol

from msgspec import Struct, structs

from orchestrator.policy.base import Verdict
from orchestrator.policy.places import Place, Places, is_private, is_remade
from orchestrator.policy.shell.script import Bound, Segment
from orchestrator.policy.shell.words import AWAY, UNKNOWN, UNSET, brief, shown

_OPEN_FILES = re.compile(r"/proc/(self|\d+)/(fd|fdinfo|task)/?")  # how many a process has open
_INSTALLED = re.compile(r"(^|/)(node_modules/(?!\.)|site-packages/)[^/]+/.")  # a file of a package


class Finding(Struct, frozen=True):
    verdict: Verdict  # ask or deny
    code: str
    reason: str
    program: str
    text: str  # of the segment
    path: str = ""
    alternative: str = ""
    shape: str | None = None  # None: "always" covers this exact call only


class Reach:
    """Judges the paths of one segment, in every folder it may run in."""

    def __init__(self, places: Places, folders: Iterable[str], program: str, text: str) -> None:
        self._places = places
        self._folders = sorted(folders)
        self._program = program
        self._text = text

    def places(self, path: str) -> set[Place]:
        return {self._places.of(path, folder) for folder in self._folders}

    def exists(self, path: str) -> bool:
        return any(self._places.exists(path, folder) for folder in self._folders)

    def finding(
        self, verdict: Verdict, code: str, reason: str, path: str, alternative: str = "", shape: str | None = None
    ) -> Finding:
        named = brief(shown(path)) or ("…" if path else "")  # what nobody sets is nothing, most likely
        return Finding(verdict, code, reason, self._program, self._text, named, alternative, shape)

    def each(self, mode: str, paths: Iterable[str]) -> list[Finding]:
        judge = {
            "list": self.list,
            "search": self.search,
            "read": self.read,
            "use": self.use,
            "run": self.run,
            "write": self.write,
            "replace": self.replace,
            "delete": self.delete,
        }[mode]
        found = []
        for path in paths:
            if (
                mode not in ("write", "replace", "delete")
                and re.fullmatch(r"/proc/sys/[\w/.-]+", path)
                and ".." not in path
            ):
                continue  # settings of the kernel, which anybody may read
            for folder in self._folders:
                if finding := judge(path, self._places.of(path, folder)):
                    found.append(self._located(finding, path, folder))
        return found

    def _located(self, finding: Finding, path: str, folder: str) -> Finding:
        """Say where, when the command moved there."""
        if not folder or path.startswith(AWAY):
            return finding
        reason = f"{finding.reason.removesuffix('.')} (in {shown(folder)})."
        return structs.replace(finding, reason=reason)

    def list(self, path: str, place: Place) -> Finding | None:
        """Names and sizes; those of system folders are no secret."""
        return None if place == "system" or _OPEN_FILES.fullmatch(path) else self.search(path, place)

    def search(self, path: str, place: Place) -> Finding | None:
        if place in ("outside", "home", "system", "secret", "device", "unknown"):
            return self._asked_outside("looks at", path, place)
        return None

    def use(self, path: str, place: Place) -> Finding | None:
        """By a program that may read or write it."""
        return self.read(path, place) if place in ("secret", "device") else self.search(path, place)

    def run(self, path: str, place: Place) -> Finding | None:
        """By a program that takes its code or its settings from there."""
        shared = place == "temporary" or (place == "made" and path.startswith(("/tmp/", "/var/tmp/")))
        return self._asked_outside("would use", path, place) if shared else self.use(path, place)

    def read(self, path: str, place: Place) -> Finding | None:
        name = brief(shown(path))
        if place == "secret":
            reason = f"{self._program} would read {name}, which holds credentials of this machine."
            return self.finding(
                "deny", "reads_secret", reason, path, "Ask the person for the one value that is needed."
            )
        if place == "device":
            return self.finding(
                "deny",
                "device",
                f"{self._program} would read the device {name}.",
                path,
                "Use lsblk or df to look at disks.",
            )
        if place == "private" or (place == "automatic" and is_private(shown(path))):
            reason = f"{self._program} would show {name}, which usually holds passwords or keys."
            return self.finding(
                "ask", "credentials", reason, path, "List its variable names only, or ask the person for the value."
            )
        return self.search(path, place)

    def replace(self, path: str, place: Place) -> Finding | None:
        """Write a file as a whole: what was in it is gone."""
        if place == "private" and self.exists(path):
            name = brief(shown(path))
            reason = f"{self._program} would overwrite {name}, which usually holds passwords or keys."
            return self.finding("ask", "destroys", reason, path, "Keep a copy first.", f"overwrite {name}")
        return self.write(path, place)

    def write(self, path: str, place: Place) -> Finding | None:
        name = brief(shown(path))
        if place == "inside" and _INSTALLED.search(path):
            place = "automatic"
        if place in ("inside", "workspace", "private", "nowhere", "made"):
            return None
        if place == "temporary" and ".." not in path.split("/"):
            return None  # a command has a /tmp of its own, gone with it
        if place == "device":
            return self.finding(
                "deny",
                "device",
                f"{self._program} would write to the device {name}.",
                path,
                "Write to a file of the workspace.",
            )
        if place in ("unknown", "found"):
            return self.finding(
                "ask",
                "unknown_path",
                f"Where {self._program} writes is known only when it runs.",
                path,
                "Write the path out.",
            )
        if place == "temporary":
            return self.finding(
                "ask",
                "temporary",
                f"{self._program} would write {name}, outside the workspace.",
                path,
                "Use a folder of the workspace.",
                "writes to /tmp",
            )
        if place == "automatic":
            reason = f"{self._program} would change {name}, which other programs obey without being asked."
            return self.finding("ask", "automatic", reason, path, "Make this change by hand, where you can read it.")
        return self.finding(
            "deny",
            "writes_outside",
            f"{self._program} would write {name}, which is outside the workspace.",
            path,
            "Write it inside the workspace.",
        )

    def delete(self, path: str, place: Place) -> Finding | None:
        name = brief(shown(path))
        if UNSET in path:
            emptied = path.replace(UNSET, "")
            for nearby in self.places(emptied) if emptied and UNKNOWN not in emptied else set():
                if (finding := self.delete(emptied, nearby)) and finding.verdict == "deny":
                    return finding
        named = path.rstrip("/")
        own = (named in self._places.fresh and not self.exists(path)) or named in self._places.rebuilt
        if place == "made" or (place == "inside" and (own or is_remade(shown(path)))):
            return None
        if place == "nowhere":
            place = "system"
        if place in ("system", "home", "outside", "facts", "secret", "device"):
            reason = f"{self._program} would delete {name or '/'}, which is outside the workspace."
            return self.finding("deny", "deletes_outside", reason, path, "Delete named files of the workspace only.")
        if place == "workspace":
            return self.finding(
                "ask",
                "deletes_everything",
                f"{self._program} would delete the whole workspace.",
                path,
                "Name the files that can go.",
            )
        if place in ("unknown", "found", "temporary"):
            return self.finding(
                "ask",
                "deletes",
                f"What {self._program} deletes is outside the workspace, or known only when it runs.",
                path,
                "Write the paths out.",
            )
        return self.finding(
            "ask",
            "deletes",
            f"{self._program} would delete {name}.",
            path,
            "Move it into a folder such as .trash instead.",
            self._program,
        )

    def _asked_outside(self, verb: str, path: str, place: Place) -> Finding:
        if place == "unknown":
            return self.finding(
                "ask",
                "unknown_path",
                f"Which file {self._program} reads is known only when it runs.",
                path,
                "Write the path out.",
            )
        reason = f"{self._program} {verb} {brief(shown(path))}, which is outside the workspace."
        return self.finding("ask", "outside", reason, path, "Copy what is needed into the workspace.")


class Judging(Protocol):
    """What the judge of one kind of program may ask of the judge of the whole script."""

    hosts: Collection[str]  # that the owner lets be read unasked
    places: Places
    wrote: Collection[str]  # files that this command makes by copying, moving or fetching
    environments: Collection[str]  # of Python, that this command makes
    made: Collection[str]  # programs whose text this command writes or compiles itself
    makes_nothing: bool  # whether nothing else of this command could make a file that it runs
    alone: bool  # whether it is one program, and nothing else
    begins: bool  # whether it begins something in the background, and keeps its number
    serves: bool  # whether it begins a server of its own, in the background
    installs_here: bool  # whether what it builds is told to go into the workspace

    def segment(self, segment: Segment, depth: int) -> list[Finding]:
        """Judge a segment that another program would start."""

    def text(self, text: str, segment: Segment, depth: int, given: Bound | None = None) -> list[Finding]:
        """Judge code handed to a shell inside the segment, with what its variables are."""

    def variable(self, segment: Segment, name: str, value: str) -> list[Finding]:
        """Judge a variable that is set for the program of the segment."""

    def written(self, segment: Segment, file: str, content: str) -> list[Finding]:
        """Judge a file of code that the command itself writes."""

    def reach(self, segment: Segment) -> Reach: ...

    def ask(
        self, segment: Segment, code: str, reason: str, alternative: str, shape: str | None = None, program: str = ""
    ) -> Finding: ...

    def deny(self, segment: Segment, code: str, reason: str, alternative: str) -> Finding: ...
