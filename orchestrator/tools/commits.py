"""What git says of a repository, read."""

import msgspec

SEPARATOR = "\x1f"  # between the fields of a line that git is asked for
_STATES = {"M": "modified", "A": "added", "D": "deleted", "R": "renamed", "C": "copied", "U": "conflict"}


class Changed(msgspec.Struct, frozen=True):
    path: str
    state: str
    staged: bool


class Status(msgspec.Struct, frozen=True):
    path: str
    branch: str
    upstream: str
    ahead: int
    behind: int
    clean: bool
    files: list[Changed]

    def __str__(self) -> str:
        lines = [f"{one.state}{' (staged)' if one.staged else ''}: {one.path}" for one in self.files]
        return "\n".join([f"On {self.branch or 'no branch'}, {self.ahead} ahead, {self.behind} behind.", *lines])


class Commit(msgspec.Struct, frozen=True):
    id: str
    author: str
    date: str
    subject: str


class Log(msgspec.Struct, frozen=True):
    commits: list[Commit]

    def __str__(self) -> str:
        return "\n".join(f"{c.id[:10]} {c.date[:10]} {c.author}: {c.subject}" for c in self.commits) or "No commits."


class Branch(msgspec.Struct, frozen=True):
    name: str
    current: bool
    subject: str


class Branches(msgspec.Struct, frozen=True):
    branches: list[Branch]

    def __str__(self) -> str:
        return "\n".join(f"{'*' if one.current else ' '} {one.name} {one.subject}" for one in self.branches) or "None."


class Told(msgspec.Struct, frozen=True):
    path: str
    text: str

    def __str__(self) -> str:
        return self.text or "Nothing."


class Committed(msgspec.Struct, frozen=True):
    path: str
    id: str
    subject: str
    files: int

    def __str__(self) -> str:
        return f"Committed {self.id[:10]}: {self.subject} ({self.files} files)"


def status_of(path: str, told: str) -> Status:
    """What `git status --porcelain=v2 --branch -z` says."""
    head: dict[str, str] = {}
    files: list[Changed] = []
    entries = iter(told.split("\0"))
    for line in entries:
        kind, _, rest = line.partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            head[name] = value
        elif kind in ("1", "2", "u"):
            marks = rest[:2]
            name = rest.split(" ", {"1": 7, "2": 8, "u": 9}[kind])[-1]
            if kind == "2":
                next(entries, None)  # its old name
            letter = "U" if kind == "u" else next((mark for mark in marks if mark != "."), "M")
            files.append(Changed(name, _STATES.get(letter, "modified"), marks[0] != "." and kind != "u"))
        elif kind == "?":
            files.append(Changed(rest, "untracked", False))
    ahead, _, behind = head.get("branch.ab", "+0 -0").partition(" ")
    branch = head.get("branch.head", "")
    branch = "" if branch == "(detached)" else branch
    upstream = head.get("branch.upstream", "")
    return Status(path, branch, upstream, int(ahead or 0), -int(behind or 0), not files, files)
