"""The contributing kit: what is written on GitHub. All of it is asked.

After a crash each says by itself whether it happened: issues, comments and pull requests carry the key of their effect
in a comment that nobody sees; a branch and a file are compared with what was to be written.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, Language
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import contributing as said
from orchestrator.tools.rest import github as hub
from orchestrator.tools.rest.client import PAGE, PAGES, Rest, path_of
from orchestrator.tools.rest.github import Name, Number

Title = Annotated[str, Meta(description="in one line", min_length=1, max_length=256)]
Body = Annotated[str, Meta(description="in Markdown", max_length=60_000)]
Branch = Annotated[str, Meta(description="its name", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$")]
_NEWEST = {"sort": "created", "direction": "desc"}

_writing = partial(tool, scope="execute", category="github", origin="web", risks=("sends",))
Row = TypeVar("Row", hub.IssueRow, hub.CommentRow, hub.PullRow)


def _signed(text: str, context: Context) -> str:
    return f"{text}\n\n{_mark(context)}".lstrip()


def _mark(context: Context) -> str:
    return f"<!-- effect {context.key} -->"


async def _marked(
    api: Rest, context: Context, path: str, kind: type[list[Row]], state: str | None = None
) -> Row | None:
    """Which carries the key of this effect. Raises ToolFailed where there are more than can be looked at."""
    async for rows in api.pages(context, path, kind, {"state": state, **_NEWEST}):
        if found := next((row for row in rows if _mark(context) in (row.body or "")), None):
            return found
        if len(rows) < PAGE:
            return None
    raise ToolFailed(f"It is not among the newest {PAGES * PAGE} of {path}, and there are older ones.")


def _result(found: hub.Opened | hub.Said | hub.Written) -> Result:
    return Result(str(found), msgspec.to_builtins(found))


def _github_create_issue(api: Rest) -> Tool:
    async def opened(arguments: Arguments, context: Context) -> Result | None:
        path = path_of("repos", arguments["repository"], "issues")
        row = await _marked(api, context, path, list[hub.IssueRow], "all")
        return _result(hub.Opened(arguments["repository"], row.number, row.html_url)) if row else None

    @_writing(
        effects="once",
        examples=said.GITHUB_CREATE_ISSUE,
        answers={"en": "Issue #{number} of {repository}: {url}", "fr": "Ticket #{number} de {repository} : {url}"},
        reconcile=opened,
    )
    async def github_create_issue(
        repository: Name,
        title: Title,
        context: Context,
        body: Body = "",
        labels: Annotated[list[str] | None, "names of labels that there are"] = None,
    ) -> hub.Opened:
        """Open a new issue in a GitHub repository."""
        asked = {"title": title, "body": _signed(body, context), "labels": labels or []}
        row = await api.send(context, "POST", path_of("repos", repository, "issues"), asked, hub.IssueRow)
        return hub.Opened(repository, row.number, row.html_url)

    return github_create_issue


def _github_comment(api: Rest) -> Tool:
    async def commented(arguments: Arguments, context: Context) -> Result | None:
        path = path_of("repos", arguments["repository"], "issues", "comments")
        row = await _marked(api, context, path, list[hub.CommentRow])
        return _result(hub.Opened(arguments["repository"], arguments["number"], row.html_url)) if row else None

    @_writing(
        effects="once",
        examples=said.GITHUB_COMMENT,
        answers={"en": "Commented on #{number}: {url}", "fr": "Commentaire sur #{number} : {url}"},
        reconcile=commented,
    )
    async def github_comment(
        repository: Name,
        number: Number,
        body: Annotated[str, Meta(description="in Markdown", min_length=1, max_length=60_000)],
        context: Context,
    ) -> hub.Opened:
        """Comment on an issue or a pull request of a GitHub repository."""
        path = path_of("repos", repository, "issues", number, "comments")
        row = await api.send(context, "POST", path, {"body": _signed(body, context)}, hub.CommentRow)
        return hub.Opened(repository, number, row.html_url)

    return github_comment


def _setting(api: Rest, state: str) -> Callable[..., Awaitable[hub.Said]]:
    async def setting(repository: Name, number: Number, context: Context) -> hub.Said:
        path = path_of("repos", repository, "issues", number)
        row = await api.send(context, "PATCH", path, {"state": state}, hub.IssueRow)
        return hub.Said(repository, row.number, row.state, row.html_url)

    return setting


_IS: dict[Language, str] = {"en": "#{number} is {state}: {url}", "fr": "#{number} est {state} : {url}"}


def _github_close(api: Rest) -> Tool:
    return _writing(
        name="github_close",
        description="Close an issue or a pull request of a GitHub repository, without merging it.",
        effects="idempotent",
        examples=said.GITHUB_CLOSE,
        answers=_IS,
    )(_setting(api, "closed"))


def _github_reopen(api: Rest) -> Tool:
    return _writing(
        name="github_reopen",
        description="Reopen a closed issue or pull request of a GitHub repository.",
        effects="idempotent",
        examples=said.GITHUB_REOPEN,
        answers=_IS,
    )(_setting(api, "open"))


def _github_create_branch(api: Rest) -> Tool:
    @_writing(
        effects="idempotent",
        examples=said.GITHUB_CREATE_BRANCH,
        answers={
            "en": "The branch {branch} of {repository} is at {commit}.",
            "fr": "La branche {branch} de {repository} est à {commit}.",
        },
    )
    async def github_create_branch(
        repository: Name,
        branch: Branch,
        context: Context,
        since: Annotated[str | None, "the branch it starts from; the default branch when not given"] = None,
    ) -> hub.Branched:
        """Start a new branch in a GitHub repository, on GitHub itself."""
        if since is None:
            since = (await api.get(context, path_of("repos", repository), hub.RepositoryRow)).default_branch
        heads = path_of("repos", repository, "git", "ref", "heads")
        start = (await api.get(context, heads + path_of(since), hub.RefRow)).object.sha
        there = await api.find(context, heads + path_of(branch), hub.RefRow)
        if there is None:
            asked = {"ref": f"refs/heads/{branch}", "sha": start}
            there = await api.send(context, "POST", path_of("repos", repository, "git", "refs"), asked, hub.RefRow)
        elif there.object.sha != start:
            raise ToolRetry(f"{repository} has a branch {branch} already, elsewhere than {since}.")
        return hub.Branched(repository, branch, there.object.sha)

    return github_create_branch


def _github_commit_file(api: Rest) -> Tool:
    async def committed(arguments: Arguments, context: Context) -> Result | None:
        repository, branch, file = arguments["repository"], arguments["branch"], arguments["file"]
        path = path_of("repos", repository, "contents", file)
        row = await api.find(context, path, hub.ContentRow, {"ref": branch})
        if row is None or row.sha != _blob(arguments["content"]):
            return None
        query = {"path": file, "sha": branch, "per_page": 1}
        newest = await api.get(context, path_of("repos", repository, "commits"), list[hub.CommitRow], query)
        return _result(hub.Written(repository, branch or "", file, newest[0].sha if newest else ""))

    @_writing(
        effects="once",
        examples=said.GITHUB_COMMIT_FILE,
        answers={
            "en": "{file} is committed on {repository}: {commit}",
            "fr": "{file} est commité sur {repository} : {commit}",
        },
        reconcile=committed,
    )
    async def github_commit_file(
        repository: Name,
        file: Annotated[str, Meta(description="in the repository", min_length=1, max_length=1000)],
        content: Annotated[str, Meta(description="the whole new text", max_length=700_000)],
        message: Annotated[str, Meta(description="what was done, and why", min_length=1, max_length=20_000)],
        context: Context,
        branch: Annotated[str | None, "the default branch when not given"] = None,
    ) -> hub.Written:
        """Commit one text file to a branch of a GitHub repository, without a clone. For more use git_push."""
        path = path_of("repos", repository, "contents", file)
        there = await api.find(context, path, hub.ContentRow, {"ref": branch})
        asked = {"message": message, "content": base64.b64encode(content.encode()).decode()}
        if branch is not None:
            asked["branch"] = branch
        if there is not None:
            if there.sha == _blob(content):
                raise ToolRetry(f"{file} holds exactly this already.")
            asked["sha"] = there.sha  # GitHub refuses where somebody else was faster
        written = await api.send(context, "PUT", path, asked, hub.WrittenRow)
        return hub.Written(repository, branch or "", file, written.commit.sha)

    return github_commit_file


def _blob(content: str) -> str:
    """The name that git gives to these bytes."""
    data = content.encode()
    return hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()


def _github_create_pull_request(api: Rest) -> Tool:
    async def opened(arguments: Arguments, context: Context) -> Result | None:
        path = path_of("repos", arguments["repository"], "pulls")
        row = await _marked(api, context, path, list[hub.PullRow], "all")
        return _result(hub.Opened(arguments["repository"], row.number, row.html_url)) if row else None

    @_writing(
        effects="once",
        examples=said.GITHUB_CREATE_PULL_REQUEST,
        answers={
            "en": "Pull request #{number} of {repository}: {url}",
            "fr": "Pull request #{number} de {repository} : {url}",
        },
        reconcile=opened,
    )
    async def github_create_pull_request(
        repository: Name,
        head: Annotated[str, Meta(description="the branch with the changes; of a fork: owner:branch", min_length=1)],
        title: Title,
        context: Context,
        body: Body = "",
        base: Annotated[str | None, "the branch it is for; the default branch when not given"] = None,
        draft: Annotated[bool, "not ready to be merged yet"] = False,
    ) -> hub.Opened:
        """Open a pull request in a GitHub repository, from a branch that is on GitHub (git_push brings it there)."""
        if base is None:
            base = (await api.get(context, path_of("repos", repository), hub.RepositoryRow)).default_branch
        asked = {"title": title, "head": head, "base": base, "body": _signed(body, context), "draft": draft}
        row = await api.send(context, "POST", path_of("repos", repository, "pulls"), asked, hub.PullRow)
        return hub.Opened(repository, row.number, row.html_url)

    return github_create_pull_request


def kit(equipment: Equipment) -> Sequence[Tool]:
    service = equipment.settings.services.github
    api = Rest("GitHub", service.url, service.secret, hub.VERSION)
    makers = (
        _github_create_issue,
        _github_comment,
        _github_close,
        _github_reopen,
        _github_create_branch,
        _github_commit_file,
        _github_create_pull_request,
    )
    return [make(api) for make in makers]
