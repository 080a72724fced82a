"""The github kit: repositories, files, issues and pull requests of GitHub, or of a GitHub Enterprise of one's own.

Looking is free, and needs no token for what is public. Whatever is said there is asked, and says after a crash by
itself whether it happened: what is written carries the key of its effect, where nobody sees it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.cloning import clone, cloned_before
from orchestrator.tools.commits import Told
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import github as said
from orchestrator.tools.rest import github as hub
from orchestrator.tools.rest.client import Rest, path_of
from orchestrator.tools.rest.github import Name, Number
from orchestrator.tools.sandbox.base import Sandbox

Limit = Annotated[int, Meta(description="at most", ge=1, le=100)]
State = Annotated[Literal["open", "closed", "all"], "which ones"]
Ref = Annotated[str | None, "a branch, tag or commit; the default branch when not given"]

_tool = partial(tool, category="github", origin="web")


def _github_search(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_SEARCH,
        answers={
            "en": "{count|hit|hits}\n[{*hits **{name}**: {about} {url}*}|Nothing found on GitHub.]",
            "fr": "{count|résultat|résultats}\n[{*hits **{name}** : {about} {url}*}|Rien trouvé sur GitHub.]",
        },
    )
    async def github_search(
        query: Annotated[str, Meta(description="words, and GitHub's qualifiers", min_length=1, max_length=256)],
        context: Context,
        kind: Annotated[Literal["repositories", "issues", "code"], "what to search"] = "repositories",
        limit: Limit = 10,
    ) -> hub.Hits:
        """Search GitHub for repositories, issues and pull requests, or code (which takes a token)."""
        words = {"q": query, "per_page": limit}
        if kind == "repositories":
            repositories = await api.get(context, "/search/repositories", hub.RepositoryHits, words)
            hits = [hub.Hit(row.full_name, row.description or "", row.html_url) for row in repositories.items]
            return hub.Hits(query, hits, repositories.total_count)
        if kind == "issues":
            issues = await api.get(context, "/search/issues", hub.IssueHits, words)
            hits = [hub.Hit(f"#{row.number} ({row.state})", row.title, row.html_url) for row in issues.items]
            return hub.Hits(query, hits, issues.total_count)
        code = await api.get(context, "/search/code", hub.CodeHits, words)
        return hub.Hits(
            query, [hub.Hit(r.repository.full_name, r.path, r.html_url) for r in code.items], code.total_count
        )

    return github_search


def _github_repository(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_REPOSITORY,
        answers={
            "en": "**{repository}**: {description}\n{url}\n{stars|star|stars}, {forks|fork|forks}, {open_issues} open "
            "issues and pull requests; default branch {branch}[, {language}].",
            "fr": "**{repository}** : {description}\n{url}\n{stars|étoile|étoiles}, {forks|fork|forks}, {open_issues} "
            "tickets et pull requests ouverts ; branche par défaut {branch}[, {language}].",
        },
    )
    async def github_repository(repository: Name, context: Context) -> hub.Repository:
        """Tell what a GitHub repository is: description, stars, default branch, open issues, last push."""
        return hub.repository_of(await api.get(context, path_of("repos", repository), hub.RepositoryRow))

    return github_repository


def _github_files(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_FILES,
        answers={"en": "[{*entries {kind} {path}*}|It is empty.]", "fr": "[{*entries {kind} {path}*}|C'est vide.]"},
    )
    async def github_files(
        repository: Name,
        context: Context,
        folder: Annotated[str, "in the repository"] = "",
        ref: Ref = None,
    ) -> hub.HubFolder:
        """List the files of a folder of a GitHub repository."""
        path = path_of("repos", repository, "contents", *filter(None, [folder.strip("/.")]))
        rows = await api.get(context, path, list[hub.ContentRow] | hub.ContentRow, {"ref": ref})  # type: ignore[arg-type]
        if not isinstance(rows, list):
            raise ToolRetry(f"{folder} is a file.", hint="github_read reads it.")
        return hub.HubFolder(repository, [hub.HubEntry(row.path, row.type, row.size) for row in rows])

    return github_files


def _github_read(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_READ,
        answers={
            "en": "`{file}` of {repository} ({size:bytes}):\n```\n{content}\n```",
            "fr": "`{file}` de {repository} ({size:bytes}) :\n```\n{content}\n```",
        },
    )
    async def github_read(
        repository: Name,
        file: Annotated[str, Meta(description="in the repository", min_length=1, max_length=1000)],
        context: Context,
        ref: Ref = None,
    ) -> hub.HubFile:
        """Read a text file of a GitHub repository, without a clone."""
        path = path_of("repos", repository, "contents", file.strip("/"))
        row = await api.get(context, path, list[hub.ContentRow] | hub.ContentRow, {"ref": ref})  # type: ignore[arg-type]
        if isinstance(row, list):
            raise ToolRetry(f"{file} is a folder.", hint="github_files lists it.")
        text = row.text()
        if text is None:
            raise ToolFailed(f"{file} is not text, or too long to be read this way.", hint="github_clone gets it.")
        return hub.HubFile(repository, row.path, text, row.size, row.html_url or "")

    return github_read


def _github_issues(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_ISSUES,
        answers={
            "en": "[{*issues #{number} {title} ({state}, {author})*}|No such issues in {repository}.]",
            "fr": "[{*issues #{number} {title} ({state}, {author})*}|Aucun ticket de ce genre dans {repository}.]",
        },
    )
    async def github_issues(
        repository: Name,
        context: Context,
        state: State = "open",
        label: Annotated[str | None, "only those with this label"] = None,
        limit: Limit = 30,
    ) -> hub.Issues:
        """List the issues of a GitHub repository, newest first."""
        query, found = {"state": state, "labels": label}, list[hub.Issue]()
        path, size = path_of("repos", repository, "issues"), max(30, limit)
        async for rows in api.pages(context, path, list[hub.IssueRow], query, size):
            found += [hub.issue_of(row) for row in rows if row.pull_request is None]  # GitHub lists both
            if len(found) >= limit:
                break
        return hub.Issues(repository, found[:limit])

    return github_issues


def _github_issue(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_ISSUE,
        answers={
            "en": "**#{issue.number} {issue.title}** ({issue.state}, {issue.author})\n{text}\n"
            "{*remarks {author}: {text}*}",
            "fr": "**#{issue.number} {issue.title}** ({issue.state}, {issue.author})\n{text}\n"
            "{*remarks {author} : {text}*}",
        },
    )
    async def github_issue(repository: Name, number: Number, context: Context) -> hub.Discussion:
        """Read one issue of a GitHub repository with its comments."""
        path = path_of("repos", repository, "issues", number)
        row = await api.get(context, path, hub.IssueRow)
        remarks = [
            hub.Remark(hub.by(one.user), one.created_at, one.body or "")
            async for rows in api.pages(context, f"{path}/comments", list[hub.CommentRow])
            for one in rows
        ]
        return hub.Discussion(hub.issue_of(row), row.body or "", remarks)

    return github_issue


def _github_pull_requests(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_PULL_REQUESTS,
        answers={
            "en": "[{*pull_requests #{number} {title} ({state}, {author})*}|No such pull requests in {repository}.]",
            "fr": "[{*pull_requests #{number} {title} ({state}, {author})*}|Aucune pull request dans {repository}.]",
        },
    )
    async def github_pull_requests(
        repository: Name, context: Context, state: State = "open", limit: Limit = 30
    ) -> hub.Pulls:
        """List the pull requests of a GitHub repository, newest first."""
        query = {"state": state, "per_page": limit}
        rows = await api.get(context, path_of("repos", repository, "pulls"), list[hub.PullRow], query)
        return hub.Pulls(repository, [hub.pull_of(row) for row in rows])

    return github_pull_requests


def _github_pull_request(api: Rest) -> Tool:
    @_tool(
        examples=said.GITHUB_PULL_REQUEST,
        answers={
            "en": "**#{pull_request.number} {pull_request.title}** ({pull_request.state}, {pull_request.author})\n"
            "{text}\n{*files {status} {file} +{added} -{removed}*}\n[Checks:\n{checks}]",
            "fr": "**#{pull_request.number} {pull_request.title}** ({pull_request.state}, {pull_request.author})\n"
            "{text}\n{*files {status} {file} +{added} -{removed}*}\n[Contrôles :\n{checks}]",
        },
    )
    async def github_pull_request(repository: Name, number: Number, context: Context) -> hub.PullDetails:
        """Read one pull request of a GitHub repository: text, changed files with their patches, checks."""
        path = path_of("repos", repository, "pulls", number)
        row = await api.get(context, path, hub.PullRow)
        files = [one async for rows in api.pages(context, f"{path}/files", list[hub.PatchRow]) for one in rows]
        commits = path_of("repos", repository, "commits", row.head.sha, "check-runs")
        runs = (await api.get(context, commits, hub.CheckRows, {"per_page": 100})).check_runs
        checks = [f"{run.name}: {run.conclusion or run.status}" for run in runs]
        return hub.PullDetails(hub.pull_of(row), row.body or "", row.mergeable, hub.patches_of(files), checks)

    return github_pull_request


def _github_clone(api: Rest, sandbox: Sandbox, secret: str) -> Tool:
    async def cloned(arguments: Arguments, context: Context) -> Result | None:
        target = cloned_before(context, arguments["repository"], arguments["path"])
        found = Told(target or "", "It is there.")
        return Result(str(found), msgspec.to_builtins(found)) if target else None

    @_tool(
        scope="write",
        effects="once",
        origin="tool",
        place="sandbox",
        examples=said.GITHUB_CLONE,
        answers={"en": "Cloned into {path}.", "fr": "Cloné dans {path}."},
        timeout=330.0,
        reconcile=cloned,
    )
    async def github_clone(
        repository: Name,
        context: Context,
        path: Annotated[str | None, "the new folder; named after the repository when not given"] = None,
    ) -> Told:
        """Copy a GitHub repository into a new folder of the workspace."""
        row = await api.get(context, path_of("repos", repository), hub.RepositoryRow)
        named = path or repository.partition("/")[2]
        target = await clone(sandbox, context, row.clone_url, named, secret if row.private else None)
        return Told(target, f"Cloned {row.full_name} into {target}.")

    return github_clone


READING = (
    _github_search,
    _github_repository,
    _github_files,
    _github_read,
    _github_issues,
    _github_issue,
    _github_pull_requests,
    _github_pull_request,
)


def kit(equipment: Equipment) -> Sequence[Tool]:
    service = equipment.settings.services.github
    api = Rest("GitHub", service.url, service.secret, hub.VERSION)
    return [*(make(api) for make in READING), _github_clone(api, equipment.sandbox, service.secret)]
