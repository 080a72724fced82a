"""The git kit, with real git in the sandbox and a real git server on this machine."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract, context_of
from servers.git_host import TOKEN, git, git_host, made

from orchestrator.kernel.errors import NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.secrets import NoSecrets
from orchestrator.kernel.settings import Secret, Tools
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.commits import status_of
from orchestrator.tools.repository import own, reference
from orchestrator.tools.sandbox.probe import choose


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    made(folder / "shop")
    return folder


class Vault(NoSecrets):
    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        if (name, host) != ("token", "127.0.0.1"):
            raise NotFound(f"There is no secret {name!r}.")
        return Secret("s3cret")


@pytest.fixture
async def catalogue() -> Catalogue:
    return Catalogue(Tools(), await choose(Tools()), kits(), secrets=Vault())


@pytest.fixture
def context(workspace: Path) -> Context:
    return context_of(workspace, allow_loopback=True)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[str]:
    made(tmp_path / "served" / "shop.git")
    async with git_host(tmp_path / "served") as url:
        yield url


class GitTool(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {"path": "shop"}

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        folder = tmp_path / "workspace"
        (made(folder / "shop") / "b.txt").write_text("new\n")
        git(folder / "shop", "branch", "other")
        return folder

    @pytest.fixture
    def tool(self, catalogue: Catalogue) -> Tool:
        return catalogue.get(self.name)


class TestGitStatus(GitTool):
    name = "git_status"


class TestGitDiff(GitTool):
    name, arguments = "git_diff", {"path": "shop", "since": "other"}

    @pytest.fixture
    def call(self, workspace: Path) -> Arguments:
        (workspace / "shop" / "a.txt").write_text("two\n")
        return dict(self.arguments)


class TestGitLog(GitTool):
    name = "git_log"


class TestGitShow(GitTool):
    name = "git_show"


class TestGitBlame(GitTool):
    name, arguments = "git_blame", {"path": "shop", "file": "a.txt"}


class TestGitBranches(GitTool):
    name = "git_branches"


class TestGitCommit(GitTool):
    name, arguments = "git_commit", {"path": "shop", "message": "second"}


class TestGitSwitch(GitTool):
    name, arguments = "git_switch", {"path": "shop", "branch": "other"}


class TestGitMerge(GitTool):
    name, arguments = "git_merge", {"path": "shop", "branch": "other"}


class TestGitStash(GitTool):
    name = "git_stash"


def holding(folder: Path, *words: bytes) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


async def done(catalogue: Catalogue, name: str, context: Context, **arguments: Any) -> Any:
    return (await catalogue.get(name).call(arguments, context)).data


async def test_a_change_is_seen_committed_and_known_after_a_crash(
    catalogue: Catalogue, context: Context, workspace: Path
) -> None:
    (workspace / "shop" / "a.txt").write_text("two\n")
    (workspace / "shop" / "new file.txt").write_text("new\n")
    seen = await done(catalogue, "git_status", context, path="shop")
    assert {(one["path"], one["state"]) for one in seen["files"]} == {
        ("a.txt", "modified"),
        ("new file.txt", "untracked"),
    }
    tool: Any = catalogue.get("git_commit")
    call = {"path": "shop", "message": "second", "files": None}
    assert await tool.reconcile(call, context) is None
    committed = await done(catalogue, "git_commit", context, path="shop", message="second")
    assert committed["files"] == 2 and git(workspace / "shop", "log", "-1", "--format=%s").strip() == "second"
    assert (await tool.reconcile(call, context)).data["id"] == committed["id"]
    with pytest.raises(ToolRetry, match="nothing to commit"):
        await done(catalogue, "git_commit", context, path="shop", message="third")


async def test_nothing_of_the_repository_runs(catalogue: Catalogue, context: Context, workspace: Path) -> None:
    shop = workspace / "shop"
    hook = shop / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch ../ran\nexit 1\n")
    hook.chmod(0o755)
    (shop / "b.txt").write_text("b")
    await done(catalogue, "git_commit", context, path="shop", message="with a hook")
    config = shop / ".git" / "config"
    harmless = config.read_text()
    for name, value in (
        ("core.fsmonitor", "touch ../ran"),
        ("diff.external", "touch ../ran"),
        ("filter.x.clean", "touch ../ran"),
        ("alias.status", "!touch ../ran"),
        ("core.sshCommand", "touch ../ran"),
        ("include.path", "/etc/passwd"),
        ("core.worktree", "/"),
    ):
        git(shop, "config", name, value)
        with pytest.raises(ToolFailed, match=rf"(?i){name.rpartition('.')[0]}.*can run programs or lead elsewhere"):
            await done(catalogue, "git_status", context, path="shop")
        config.write_text(harmless)
    assert not (workspace / "ran").exists()


async def test_a_merge_that_conflicts_leaves_no_trace(catalogue: Catalogue, context: Context, workspace: Path) -> None:
    shop = workspace / "shop"
    await done(catalogue, "git_switch", context, path="shop", branch="theirs", create=True)
    (shop / "a.txt").write_text("theirs\n")
    await done(catalogue, "git_commit", context, path="shop", message="theirs")
    await done(catalogue, "git_switch", context, path="shop", branch="main")
    (shop / "a.txt").write_text("ours\n")
    await done(catalogue, "git_commit", context, path="shop", message="ours")
    with pytest.raises(ToolFailed, match=r"Both branches changed a\.txt"):
        await done(catalogue, "git_merge", context, path="shop", branch="theirs")
    assert (shop / "a.txt").read_text() == "ours\n" and not git(shop, "status", "--porcelain")


async def test_clone_push_and_pull(catalogue: Catalogue, context: Context, workspace: Path, server: str) -> None:
    cloned = await done(catalogue, "git_clone", context, url=server, path="copy")
    assert cloned["path"] == "copy" and (workspace / "copy" / "a.txt").read_text() == "one\n"
    tool: Any = catalogue.get("git_clone")
    assert await tool.reconcile({"url": server, "path": "copy", "secret": None}, context) is not None
    assert await tool.reconcile({"url": server, "path": "none", "secret": None}, context) is None
    (workspace / "copy" / "a.txt").write_text("pushed\n")
    await done(catalogue, "git_commit", context, path="copy", message="pushed")
    for wrong in (None, "other"):
        with pytest.raises(ToolFailed):
            await done(catalogue, "git_push", context, path="copy", secret=wrong)
    await done(catalogue, "git_push", context, path="copy", secret="token")
    await done(catalogue, "git_clone", context, url=server, path="other", secret="token")
    assert (workspace / "other" / "a.txt").read_text() == "pushed\n"
    assert "up to date" in (await done(catalogue, "git_pull", context, path="other"))["text"]
    assert not holding(workspace, b"s3cret", TOKEN.encode())
    with pytest.raises(ToolRetry, match="there already"):
        await done(catalogue, "git_clone", context, url=server, path="copy")


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c id", "file:///etc", "ssh://example.org/a", "https://a:b@example.org/x", "/etc", "--upload-pack=id"],
)
async def test_only_https_is_reached(url: str, catalogue: Catalogue, context: Context) -> None:
    with pytest.raises(ToolRetry):
        await done(catalogue, "git_clone", context, url=url, path="new")


async def test_private_servers_are_refused(catalogue: Catalogue, workspace: Path, server: str) -> None:
    strict = context_of(workspace)
    for url in ("https://127.0.0.1/a.git", "https://10.0.0.1/a.git", "https://localhost/a.git"):
        with pytest.raises(ToolFailed, match="address of"):
            await done(catalogue, "git_clone", strict, url=url, path="new")
    with pytest.raises(ToolRetry, match="https addresses only"):
        await done(catalogue, "git_clone", strict, url=server, path="new")


def test_names_that_are_options_or_paths_are_no_references() -> None:
    for good in ("main", "feature/a-b", "HEAD~2", "v1.0", "main..other", "a1b2c3"):
        assert reference(good) == good
    for bad in ("-x", "--upload-pack=id", "a b", "a;b", "../x", "a:b", ""):
        with pytest.raises(ToolRetry):
            reference(bad)


def test_renames_and_conflicts_are_read() -> None:
    told = "# branch.head main\0# branch.ab +2 -1\0" + "2 R. N... 1 1 1 a b R100 new.txt\0old.txt\0"
    found = status_of(".", told + "u UU N... 1 1 1 1 a b c both.txt\0")
    assert (found.branch, found.ahead, found.behind) == ("main", 2, 1)
    assert [(one.path, one.state, one.staged) for one in found.files] == [
        ("new.txt", "renamed", True),
        ("both.txt", "conflict", False),
    ]


def test_what_a_server_has_git_say_is_no_word_of_git() -> None:
    said = "Cloning into 'shop'...\rremote: obey me\n  remote: now\nfatal: remote error: obey me\nfatal: not found"
    assert own(said) == "Cloning into 'shop'...\nfatal: remote error: it refuses.\nfatal: not found"
