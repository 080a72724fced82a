"""What GitHub says, read: its REST API of 2022-11-28, also that of GitHub Enterprise."""

import base64
import binascii
from typing import Annotated, Any

import msgspec
from msgspec import Meta

VERSION = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_KEPT = 60_000  # characters of all the patches of a pull request

Name = Annotated[str, Meta(description="owner/name", pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
Number = Annotated[int, Meta(description="its number, as in #12", ge=1)]


class Owner(msgspec.Struct, frozen=True):
    login: str


class RepositoryRow(msgspec.Struct, frozen=True):
    full_name: str
    html_url: str
    clone_url: str = ""
    description: str | None = None
    default_branch: str = ""
    language: str | None = None
    private: bool = False
    archived: bool = False
    stargazers_count: int = 0
    forks_count: int = 0
    open_issues_count: int = 0
    pushed_at: str | None = None


class Label(msgspec.Struct, frozen=True):
    name: str = ""


class IssueRow(msgspec.Struct, frozen=True):
    number: int
    title: str
    state: str
    html_url: str
    user: Owner | None = None
    labels: list[Label | str] = []
    body: str | None = None
    comments: int = 0
    created_at: str = ""
    pull_request: Any = None


class CommentRow(msgspec.Struct, frozen=True):
    html_url: str
    body: str | None = None
    user: Owner | None = None
    created_at: str = ""
    issue_url: str = ""


class End(msgspec.Struct, frozen=True):
    """Of a pull request: the branch it comes from, or goes to."""

    ref: str
    sha: str = ""


class PullRow(msgspec.Struct, frozen=True):
    number: int
    title: str
    state: str
    html_url: str
    head: End
    base: End
    user: Owner | None = None
    body: str | None = None
    draft: bool = False
    merged: bool = False
    merged_at: str | None = None
    mergeable: bool | None = None


class PatchRow(msgspec.Struct, frozen=True):
    filename: str
    status: str
    additions: int = 0
    deletions: int = 0
    patch: str = ""


class CheckRow(msgspec.Struct, frozen=True):
    name: str
    status: str
    conclusion: str | None = None


class CheckRows(msgspec.Struct, frozen=True):
    check_runs: list[CheckRow]


class ContentRow(msgspec.Struct, frozen=True):
    path: str
    type: str
    size: int = 0
    sha: str = ""
    content: str = ""
    encoding: str = ""
    html_url: str | None = None

    def text(self) -> str | None:
        """What it holds; None where that is not text, or was not sent."""
        if self.encoding != "base64":
            return None
        try:
            return base64.b64decode(self.content).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None


class CommitRow(msgspec.Struct, frozen=True):
    sha: str = ""
    html_url: str | None = None


class WrittenRow(msgspec.Struct, frozen=True):
    commit: CommitRow


class RefRow(msgspec.Struct, frozen=True):
    ref: str
    object: CommitRow


class CodeRow(msgspec.Struct, frozen=True):
    path: str
    html_url: str
    repository: RepositoryRow


class RepositoryHits(msgspec.Struct, frozen=True):
    items: list[RepositoryRow]
    total_count: int = 0


class IssueHits(msgspec.Struct, frozen=True):
    items: list[IssueRow]
    total_count: int = 0


class CodeHits(msgspec.Struct, frozen=True):
    items: list[CodeRow]
    total_count: int = 0


# What the tools say.


class Hit(msgspec.Struct, frozen=True):
    name: str
    about: str
    url: str


class Hits(msgspec.Struct, frozen=True):
    query: str
    hits: list[Hit]
    count: Annotated[int, Meta(description="found in all, of which the first are here")]

    def __str__(self) -> str:
        return "\n".join(f"{hit.name}: {hit.about} {hit.url}" for hit in self.hits) or "Nothing found."


class Repository(msgspec.Struct, frozen=True):
    repository: str
    description: str
    url: str
    branch: Annotated[str, Meta(description="the default branch")]
    language: str
    private: bool
    archived: bool
    stars: int
    forks: int
    open_issues: Annotated[int, Meta(description="pull requests too")]
    pushed: str

    def __str__(self) -> str:
        kind = ", ".join(filter(None, ["private" if self.private else "public", "archived" if self.archived else ""]))
        return (
            f"{self.repository} ({kind}): {self.description}\n{self.url}\n"
            f"{self.language or 'no language'}, default branch {self.branch}, {self.stars} stars, {self.forks} forks, "
            f"{self.open_issues} open issues and pull requests, last push {self.pushed or 'never'}"
        )


class HubEntry(msgspec.Struct, frozen=True):
    path: str
    kind: str
    size: int


class HubFolder(msgspec.Struct, frozen=True):
    repository: str
    entries: list[HubEntry]

    def __str__(self) -> str:
        return "\n".join(f"{one.kind} {one.path} {one.size}" for one in self.entries) or "It is empty."


class HubFile(msgspec.Struct, frozen=True):
    repository: str
    file: str
    content: str
    size: int
    url: str

    def __str__(self) -> str:
        return self.content or f"{self.file} is empty."


class Issue(msgspec.Struct, frozen=True):
    number: int
    title: str
    state: str
    author: str
    labels: list[str]
    url: str
    comments: int

    def __str__(self) -> str:
        labels = f" [{', '.join(self.labels)}]" if self.labels else ""
        return f"#{self.number} {self.title} ({self.state}, {self.author}){labels} {self.url}"


class Issues(msgspec.Struct, frozen=True):
    repository: str
    issues: list[Issue]

    def __str__(self) -> str:
        return "\n".join(map(str, self.issues)) or "None."


class Remark(msgspec.Struct, frozen=True):
    author: str
    at: str
    text: str


class Discussion(msgspec.Struct, frozen=True):
    issue: Issue
    text: str
    remarks: list[Remark]

    def __str__(self) -> str:
        said = [f"--- {one.author}, {one.at}\n{one.text}" for one in self.remarks]
        return "\n".join([str(self.issue), self.text, *said])


class Pull(msgspec.Struct, frozen=True):
    number: int
    title: str
    state: Annotated[str, Meta(description="open, draft, merged or closed")]
    author: str
    head: str
    base: str
    url: str

    def __str__(self) -> str:
        return f"#{self.number} {self.title} ({self.state}, {self.author}, {self.head} into {self.base}) {self.url}"


class Pulls(msgspec.Struct, frozen=True):
    repository: str
    pull_requests: list[Pull]

    def __str__(self) -> str:
        return "\n".join(map(str, self.pull_requests)) or "None."


class PatchedFile(msgspec.Struct, frozen=True):
    file: str
    status: str
    added: int
    removed: int
    patch: str


class PullDetails(msgspec.Struct, frozen=True):
    pull_request: Pull
    text: str
    mergeable: Annotated[bool | None, Meta(description="null: GitHub does not know yet")]
    files: list[PatchedFile]
    checks: Annotated[list[str], Meta(description="each with what came of it")]

    def __str__(self) -> str:
        files = [f"{one.status} {one.file} +{one.added} -{one.removed}\n{one.patch}" for one in self.files]
        return "\n".join([str(self.pull_request), self.text, *(f"check {check}" for check in self.checks), *files])


class Opened(msgspec.Struct, frozen=True):
    repository: str
    number: int
    url: str

    def __str__(self) -> str:
        return f"#{self.number}: {self.url}"


class Said(msgspec.Struct, frozen=True):
    repository: str
    number: int
    state: str
    url: str

    def __str__(self) -> str:
        return f"#{self.number} ({self.state}): {self.url}"


class Branched(msgspec.Struct, frozen=True):
    repository: str
    branch: str
    commit: str

    def __str__(self) -> str:
        return f"The branch {self.branch} of {self.repository} is at {self.commit}."


class Written(msgspec.Struct, frozen=True):
    repository: str
    branch: str
    file: str
    commit: str

    def __str__(self) -> str:
        return f"{self.file} is on the branch {self.branch or 'by default'} of {self.repository}: commit {self.commit}."


def by(owner: Owner | None) -> str:
    return owner.login if owner else "ghost"


def repository_of(row: RepositoryRow) -> Repository:
    return Repository(
        row.full_name,
        row.description or "",
        row.html_url,
        row.default_branch,
        row.language or "",
        row.private,
        row.archived,
        row.stargazers_count,
        row.forks_count,
        row.open_issues_count,
        row.pushed_at or "",
    )


def issue_of(row: IssueRow) -> Issue:
    labels = [label if isinstance(label, str) else label.name for label in row.labels]
    return Issue(row.number, row.title, row.state, by(row.user), labels, row.html_url, row.comments)


def pull_of(row: PullRow) -> Pull:
    state = "merged" if row.merged or row.merged_at else "draft" if row.draft and row.state == "open" else row.state
    return Pull(row.number, row.title, state, by(row.user), row.head.ref, row.base.ref, row.html_url)


def patches_of(rows: list[PatchRow]) -> list[PatchedFile]:
    """The files with their patches, as long as these fit."""
    left, found = _KEPT, []
    for row in rows:
        patch = row.patch if len(row.patch) <= left else "(too long to show)"
        left -= len(patch)
        found.append(PatchedFile(row.filename, row.status, row.additions, row.deletions, patch))
    return found
