"""The github and contributing kits against a server that speaks GitHub's documented REST."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from contracts.tool import ToolContract, context_of
from servers.rest import Asked, Service, serving

from orchestrator.kernel.errors import NotAllowed, NotFound, ToolError, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.outside import Github, Services
from orchestrator.kernel.settings import Secret, Tools
from orchestrator.tools.base import Context, Reconcilable, Tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits import contributing, github
from orchestrator.tools.sandbox.probe import choose

USER = {"login": "ada"}
WEB = "https://github.com/octo/shop"
REPOSITORY = {
    "full_name": "octo/shop",
    "html_url": WEB,
    "clone_url": f"{WEB}.git",
    "description": "A shop.",
    "default_branch": "main",
    "language": "Python",
    "private": False,
    "stargazers_count": 7,
    "pushed_at": "2024-05-01T00:00:00Z",
}
ISSUE = {
    "number": 12,
    "title": "login fails",
    "state": "open",
    "html_url": f"{WEB}/issues/12",
    "user": USER,
    "labels": [{"name": "bug"}],
    "body": "It says no.",
    "comments": 1,
}
COMMENT = {"html_url": f"{WEB}/issues/12#1", "body": "Me too.", "user": None, "created_at": "2024-05-02T00:00:00Z"}
PULL = {
    "number": 13,
    "title": "fix the login",
    "state": "open",
    "html_url": f"{WEB}/pull/13",
    "user": USER,
    "draft": True,
    "body": None,
    "mergeable": None,
    "head": {"ref": "fix", "sha": "b" * 40},
    "base": {"ref": "main", "sha": "a" * 40},
}
FILE = {
    "path": "README.md",
    "type": "file",
    "size": 6,
    "sha": "ce013625030ba8dba906f756967f9e9ca394464a",  # git's name for "hello\n"
    "encoding": "base64",
    "content": base64.b64encode(b"hello\n").decode(),
    "html_url": f"{WEB}/blob/main/README.md",
}
REPOS = "/repos/octo/shop"
ANSWERS: dict[str, Any] = {
    "GET /search/repositories": {"total_count": 40, "items": [REPOSITORY]},
    "GET /search/issues": {"total_count": 1, "items": [ISSUE]},
    "GET /search/code": {"total_count": 1, "items": [{"path": "a.py", "html_url": WEB, "repository": REPOSITORY}]},
    f"GET {REPOS}": REPOSITORY,
    f"GET {REPOS}/contents": [FILE, {"path": "src", "type": "dir"}],
    f"GET {REPOS}/contents/README.md": FILE,
    f"GET {REPOS}/issues": [ISSUE, {**ISSUE, "number": 13, "pull_request": {}}],
    f"GET {REPOS}/issues/12": ISSUE,
    f"GET {REPOS}/issues/12/comments": [COMMENT],
    f"GET {REPOS}/pulls": [PULL],
    f"GET {REPOS}/pulls/13": PULL,
    f"GET {REPOS}/pulls/13/files": [{"filename": "a.py", "status": "modified", "additions": 1, "patch": "@@ +1"}],
    f"GET {REPOS}/commits/{'b' * 40}/check-runs": {
        "check_runs": [{"name": "tests", "status": "completed", "conclusion": "failure"}]
    },
    f"POST {REPOS}/issues": (201, ISSUE),
    f"POST {REPOS}/issues/12/comments": (201, COMMENT),
    f"GET {REPOS}/issues/comments": [],
    f"PATCH {REPOS}/issues/12": {**ISSUE, "state": "closed"},
    f"GET {REPOS}/git/ref/heads/main": {"ref": "refs/heads/main", "object": {"sha": "a" * 40}},
    f"POST {REPOS}/git/refs": (201, {"ref": "refs/heads/fix", "object": {"sha": "a" * 40}}),
    f"PUT {REPOS}/contents/notes.md": (201, {"commit": {"sha": "c" * 40}}),
    f"POST {REPOS}/pulls": (201, PULL),
}


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving(ANSWERS) as found:
        yield found


@pytest.fixture
async def kit(service: Service) -> dict[str, Tool]:
    settings = Tools(services=Services(github=Github(url=service.url)))
    equipment = Equipment(settings, await choose(settings))
    return {tool.spec.name: tool for tool in (*github.kit(equipment), *contributing.kit(equipment))}


async def token(name: str, *, host: str = "") -> Secret:
    assert (name, host) == ("github", "127.0.0.1")
    return Secret("gho_token")


def given(context: Context) -> Context:
    return msgspec.structs.replace(context, secret=token)


class Kit(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {"repository": "octo/shop"}

    @pytest.fixture
    def tool(self, kit: dict[str, Tool]) -> Tool:
        return kit[self.name]

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return given(context_of(workspace))


class TestSearch(Kit):
    name, arguments = "github_search", {"query": "task queue"}


class TestRepository(Kit):
    name = "github_repository"


class TestFiles(Kit):
    name = "github_files"


class TestRead(Kit):
    name, arguments = "github_read", {"repository": "octo/shop", "file": "README.md"}


class TestIssues(Kit):
    name = "github_issues"


class TestIssue(Kit):
    name, arguments = "github_issue", {"repository": "octo/shop", "number": 12}


class TestPullRequests(Kit):
    name = "github_pull_requests"


class TestPullRequest(Kit):
    name, arguments = "github_pull_request", {"repository": "octo/shop", "number": 13}


class TestCreateIssue(Kit):
    name, arguments = "github_create_issue", {"repository": "octo/shop", "title": "login fails"}


class TestComment(Kit):
    name, arguments = "github_comment", {"repository": "octo/shop", "number": 12, "body": "thanks"}


class TestClose(Kit):
    name, arguments = "github_close", {"repository": "octo/shop", "number": 12}


class TestReopen(Kit):
    name, arguments = "github_reopen", {"repository": "octo/shop", "number": 12}


async def test_closing_and_reopening_are_what_they_say(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    for name in ("github_close", "github_reopen"):
        await kit[name].call({"repository": "octo/shop", "number": 12}, given(context))
    assert [one.body for one in service.asked] == [{"state": "closed"}, {"state": "open"}]


class TestCreateBranch(Kit):
    name, arguments = "github_create_branch", {"repository": "octo/shop", "branch": "fix"}


COMMIT = {"repository": "octo/shop", "file": "notes.md", "content": "hello", "message": "add notes"}


class TestCommitFile(Kit):
    name, arguments = "github_commit_file", COMMIT


PROPOSAL = {"repository": "octo/shop", "head": "fix", "title": "fix the login"}


class TestCreatePullRequest(Kit):
    name, arguments = "github_create_pull_request", PROPOSAL


async def test_without_a_token_what_is_public_is_read_and_nothing_is_written(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    await kit["github_repository"].call({"repository": "octo/shop"}, context)
    assert "Authorization" not in service.asked[0].headers
    with pytest.raises(ToolFailed) as problem:
        await kit["github_create_issue"].call({"repository": "octo/shop", "title": "x"}, context)
    assert "orchestrator secrets set github --host 127.0.0.1" in problem.value.hint
    assert service.calls() == [f"GET {REPOS}"]


async def test_the_token_goes_along_and_only_where_it_is_bound(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    await kit["github_issues"].call({"repository": "octo/shop"}, given(context))
    asked = service.asked[0]
    assert asked.headers["Authorization"] == "Bearer gho_token"
    assert asked.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert asked.query == {"state": "open", "per_page": "30", "page": "1"}

    async def elsewhere(name: str, *, host: str = "") -> Secret:
        raise NotAllowed(f"The secret {name} may not go to {host}.")

    with pytest.raises(ToolFailed, match="may not go"):
        await kit["github_issues"].call({"repository": "octo/shop"}, msgspec.structs.replace(context, secret=elsewhere))


async def test_what_is_opened_carries_its_key_and_is_found_again(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    context = given(context)
    kept: list[Any] = []

    def keep(asked: Asked) -> Any:
        kept.insert(0, {**ISSUE, **PULL, "number": 20 + len(kept), "body": asked.body["body"]})
        return 201, kept[0]

    for name, path, arguments in (
        ("github_create_issue", "issues", {"repository": "octo/shop", "title": "t", "body": "b", "labels": []}),
        ("github_create_pull_request", "pulls", {**PROPOSAL, "base": None}),
        ("github_comment", "issues/comments", {"repository": "octo/shop", "number": 12, "body": "b"}),
    ):
        tool = kit[name]
        assert isinstance(tool, Reconcilable)
        kept.clear()
        service.answers[f"GET {REPOS}/{path}"] = lambda asked: list(kept)
        written = path if path != "issues/comments" else "issues/12/comments"
        service.answers[f"POST {REPOS}/{written}"] = keep
        assert await tool.reconcile({**tool_defaults(tool), **arguments}, context) is None
        made = await tool.call(arguments, context)
        found = await tool.reconcile({**tool_defaults(tool), **arguments}, context)
        assert found is not None and found.data == made.data
        other = msgspec.structs.replace(context, key="1" * 32)
        assert await tool.reconcile({**tool_defaults(tool), **arguments}, other) is None


async def test_what_was_opened_before_many_others_is_found(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    context, tool = given(context), kit["github_create_issue"]
    assert isinstance(tool, Reconcilable)
    arguments = {"repository": "octo/shop", "title": "t", "body": "", "labels": []}
    rows: list[Any] = [ISSUE] * 250
    service.answers[f"GET {REPOS}/issues"] = lambda asked: paged(rows, asked)
    assert await tool.reconcile(arguments, context) is None
    rows.append({**ISSUE, "number": 7, "body": f"b\n\n<!-- effect {context.key} -->"})
    found = await tool.reconcile(arguments, context)
    assert found is not None and found.data["number"] == 7
    rows[:0] = [ISSUE] * 800
    with pytest.raises(ToolFailed, match="newest 1000"):  # somebody is asked
        await tool.reconcile(arguments, context)


async def test_issues_are_told_from_pull_requests_on_every_page(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    rows = [{**ISSUE, "pull_request": {}}] * 120 + [ISSUE] * 40
    service.answers[f"GET {REPOS}/issues"] = lambda asked: paged(rows, asked)
    found = await kit["github_issues"].call({"repository": "octo/shop", "limit": 30}, context)
    assert len(found.data["issues"]) == 30
    service.answers[f"GET {REPOS}/issues/12/comments"] = lambda asked: paged([COMMENT] * 130, asked)
    read = await kit["github_issue"].call({"repository": "octo/shop", "number": 12}, context)
    assert len(read.data["remarks"]) == 130


def paged(rows: list[Any], asked: Asked) -> list[Any]:
    start = (int(asked.query["page"]) - 1) * int(asked.query["per_page"])
    return rows[start : start + int(asked.query["per_page"])]


def tool_defaults(tool: Tool) -> dict[str, Any]:
    return {
        name: schema["default"] for name, schema in tool.spec.parameters["properties"].items() if "default" in schema
    }


async def test_a_file_is_replaced_only_where_it_is_what_was_seen(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    context, tool = given(context), kit["github_commit_file"]
    service.answers[f"GET {REPOS}/contents/notes.md"] = {**FILE, "path": "notes.md"}
    await tool.call({**COMMIT, "branch": "fix"}, context)
    assert service.asked[-1].body == {
        "message": "add notes",
        "content": base64.b64encode(b"hello").decode(),
        "branch": "fix",
        "sha": FILE["sha"],
    }
    with pytest.raises(ToolRetry, match="exactly this"):
        await tool.call({**COMMIT, "content": "hello\n"}, context)
    service.answers[f"GET {REPOS}/commits"] = [{"sha": "d" * 40}]
    assert isinstance(tool, Reconcilable)
    found = await tool.reconcile({**COMMIT, "content": "hello\n", "branch": None}, context)
    assert found is not None and found.data["commit"] == "d" * 40
    assert await tool.reconcile({**COMMIT, "branch": None}, context) is None


async def test_a_branch_that_is_there_is_no_second_one(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    context, arguments = given(context), {"repository": "octo/shop", "branch": "fix"}
    service.answers[f"GET {REPOS}/git/ref/heads/fix"] = {"ref": "refs/heads/fix", "object": {"sha": "a" * 40}}
    await kit["github_create_branch"].call(arguments, context)
    assert f"POST {REPOS}/git/refs" not in service.calls()
    service.answers[f"GET {REPOS}/git/ref/heads/fix"] = {"ref": "refs/heads/fix", "object": {"sha": "e" * 40}}
    with pytest.raises(ToolRetry, match="already"):
        await kit["github_create_branch"].call(arguments, context)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((404, {"message": "Not Found"}), ToolRetry, "knows no /repos/octo/shop"),
        ((401, {"message": "Bad credentials"}), ToolFailed, "does not accept the secret github: Bad credentials."),
        ((422, {"message": "Validation Failed", "errors": [{"code": "invalid"}]}), ToolRetry, "invalid"),
        ((429, {"message": "slow"}), ToolFailed, "no more requests"),
        ((500, "<html>oops"), ToolFailed, "HTTP 500: <html>oops"),
        ("not json", ToolFailed, "something else than it documents"),
        ({"full_name": 7}, ToolFailed, "something else than it documents"),
        ("x" * (2 * 2**20 + 1), ToolFailed, "more than can be read"),
    ],
)
async def test_what_goes_wrong_is_said(
    kit: dict[str, Tool], context: Context, service: Service, answer: Any, kind: type[ToolError], said: str
) -> None:
    service.answers[f"GET {REPOS}"] = answer
    with pytest.raises(kind, match=said):
        await kit["github_repository"].call({"repository": "octo/shop"}, context)


async def test_no_name_leaves_its_place(kit: dict[str, Tool], context: Context, service: Service) -> None:
    for call in ({"repository": "octo/.."}, {"repository": "../user"}):
        with pytest.raises(ToolRetry):
            await kit["github_repository"].call(call, context)
    for file in ("../../../user", "a//b", "a/./b"):
        with pytest.raises(ToolRetry):
            await kit["github_read"].call({"repository": "octo/shop", "file": file}, context)
    with pytest.raises(ToolRetry):
        await kit["github_read"].call({"repository": "octo/shop", "file": "a?b#c"}, context)
    assert service.calls() == [f"GET {REPOS}/contents/a%3Fb%23c"]


async def test_a_token_goes_over_https_only(context: Context) -> None:
    settings = Tools(services=Services(github=Github(url="http://github.example")))
    tools = {tool.spec.name: tool for tool in github.kit(Equipment(settings, await choose(settings)))}
    with pytest.raises(ToolFailed, match="https only"):
        await tools["github_repository"].call({"repository": "octo/shop"}, given(context))


async def test_a_private_clone_takes_the_secret(kit: dict[str, Tool], context: Context, service: Service) -> None:
    async def none(name: str, *, host: str = "") -> Secret:
        if host == "127.0.0.1":
            return Secret("gho_token")
        raise NotFound(f"No secret for {host}.")

    service.answers[f"GET {REPOS}"] = {**REPOSITORY, "private": True, "clone_url": "https://127.0.0.2:1/octo/shop.git"}
    with pytest.raises(ToolError):
        await kit["github_clone"].call({"repository": "octo/shop"}, msgspec.structs.replace(context, secret=none))
    assert service.calls() == [f"GET {REPOS}"]
