"""What Vercel says, read: its REST API of projects and deployments."""

import time
from typing import Annotated

import msgspec
from msgspec import Meta


class CreatorRow(msgspec.Struct, frozen=True):
    username: str = ""


class DeploymentRow(msgspec.Struct, frozen=True):
    """Of a list (`uid`, `state`, `created`) or alone (`id`, `readyState`, `createdAt`)."""

    name: str = ""
    url: str | None = None
    uid: str = ""
    id: str = ""
    state: str = ""
    readyState: str = ""
    created: float = 0  # milliseconds
    createdAt: float = 0
    target: str | None = None
    creator: CreatorRow = CreatorRow()
    inspectorUrl: str | None = None
    projectId: str = ""
    meta: dict[str, object] = {}
    alias: list[str] = []
    errorMessage: str | None = None


class DeploymentRows(msgspec.Struct, frozen=True):
    deployments: list[DeploymentRow]


class ProjectRow(msgspec.Struct, frozen=True):
    id: str
    name: str
    framework: str | None = None
    updatedAt: float = 0
    latestDeployments: list[DeploymentRow] = []


class ProjectRows(msgspec.Struct, frozen=True):
    projects: list[ProjectRow]


class PayloadRow(msgspec.Struct, frozen=True):
    text: str = ""


class EventRow(msgspec.Struct, frozen=True):
    type: str = ""
    created: float = 0
    text: str = ""
    payload: PayloadRow = PayloadRow()


# What the tools say.


class Deployment(msgspec.Struct, frozen=True):
    id: str
    project: str
    state: Annotated[str, Meta(description="READY, ERROR, BUILDING, QUEUED, CANCELED…")]
    target: Annotated[str, Meta(description="production, or preview")]
    url: str
    branch: str
    commit: Annotated[str, Meta(description="its message")]
    author: str
    created: str

    def __str__(self) -> str:
        about = ", ".join(filter(None, [self.branch, self.commit.partition("\n")[0], self.author]))
        return f"{self.id} {self.project} {self.state} ({self.target}) {self.created} {self.url} {about}".rstrip()


class Deployments(msgspec.Struct, frozen=True):
    deployments: list[Deployment]

    def __str__(self) -> str:
        return "\n".join(map(str, self.deployments)) or "No such deployment."


class Project(msgspec.Struct, frozen=True):
    name: str
    id: str
    framework: str
    updated: str
    state: Annotated[str, Meta(description="of its newest deployment")]

    def __str__(self) -> str:
        return f"{self.name} ({self.framework or 'no framework'}, {self.id}): {self.state}, changed {self.updated}"


class Projects(msgspec.Struct, frozen=True):
    projects: list[Project]

    def __str__(self) -> str:
        return "\n".join(map(str, self.projects)) or "No project."


class DeploymentDetails(msgspec.Struct, frozen=True):
    deployment: Deployment
    problem: str
    aliases: list[str]
    inspect: Annotated[str, Meta(description="where a person sees it")]

    def __str__(self) -> str:
        return "\n".join(filter(None, [str(self.deployment), self.problem, *self.aliases, self.inspect]))


class BuildLog(msgspec.Struct, frozen=True):
    deployment: str
    text: str

    def __str__(self) -> str:
        return self.text or "It has said nothing."


class Promoted(msgspec.Struct, frozen=True):
    project: str
    deployment: str

    def __str__(self) -> str:
        return f"{self.deployment} becomes the production of {self.project}."


def deployment_of(row: DeploymentRow) -> Deployment:
    meta = {name: str(value) for name, value in row.meta.items()}
    return Deployment(
        row.uid or row.id,
        row.name,
        row.readyState or row.state,
        row.target or "preview",
        f"https://{row.url}" if row.url else "",
        next((meta[name] for name in _BRANCH if meta.get(name)), ""),
        next((meta[name] for name in _MESSAGE if meta.get(name)), ""),
        row.creator.username,
        at(row.created or row.createdAt),
    )


def project_of(row: ProjectRow) -> Project:
    newest = row.latestDeployments[0].readyState if row.latestDeployments else "never deployed"
    return Project(row.name, row.id, row.framework or "", at(row.updatedAt), newest)


def log_of(rows: list[EventRow]) -> str:
    """Oldest first, whichever way they came."""
    said = sorted(((row.created, row.text or row.payload.text) for row in rows), key=lambda pair: pair[0])
    return "\n".join(text.rstrip("\n") for _, text in said if text)


def at(milliseconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(milliseconds / 1000)) if milliseconds else ""


_BRANCH = ("githubCommitRef", "gitlabCommitRef", "bitbucketCommitRef")
_MESSAGE = ("githubCommitMessage", "gitlabCommitMessage", "bitbucketCommitMessage")
