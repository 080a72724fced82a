"""Tools of the kits killed between their effect and its receipt: what happened is found out, and done once.

One process begins all calls at once and is killed (SIGKILL) when each has done its work and none has said so; the next
one finds the intents without receipts, asks the tools, and goes on.
"""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from contracts.tool import context_of
from servers.git_host import PLAIN, git, made

from orchestrator.app import App, open_app
from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.events import ApprovalAsked, ToolRequested, ToolReturned
from orchestrator.kernel.messages import Arguments, Message, Text, ToolCall, user
from orchestrator.kernel.settings import Settings, Tools, load
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.tools.base import Context, Reconcilable, Result
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.files import moving
from orchestrator.tools.function import FunctionTool
from orchestrator.tools.kits import changes
from orchestrator.tools.sandbox.probe import choose

CALLS: dict[str, Arguments] = {
    "archive_files": {"source": "in", "destination": "in.zip"},
    "copy_file": {"source": "in", "destination": "copy"},
    "git_commit": {"message": "second", "path": "commit"},
    "git_merge": {"branch": "other", "path": "merge"},
    "git_stash": {"path": "stash"},
    "git_switch": {"branch": "fresh", "create": True, "path": "switch"},
    "move_file": {"source": "old.txt", "destination": "new.txt"},
    "restore_file": {"path": "gone.txt"},
    "unpack_archive": {"path": "given.zip", "destination": "out"},
}
BESIDE = f".copying-{'0' * 16}"


def furnish(folder: Path) -> None:
    """Something for each call to work on."""
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.txt").write_text("a")
    (folder / "old.txt").write_text("old")
    subprocess.run([sys.executable, "-m", "zipfile", "-c", "given.zip", "in"], cwd=folder, check=True)
    (folder / ".trash" / "bin").mkdir(parents=True)
    (folder / ".trash" / "bin" / "it").write_text("gone")
    (folder / ".trash" / "bin" / "path").write_text('"gone.txt"')
    for name in ("commit", "merge", "stash", "switch"):
        made(folder / name)
    git(folder / "merge", "switch", "--quiet", "--create", "other")
    (folder / "merge" / "b.txt").write_text("b")
    git(folder / "merge", "add", ".")
    git(folder / "merge", "commit", "--quiet", "-m", "of the other")
    git(folder / "merge", "switch", "--quiet", "main")
    for name in ("commit", "stash"):
        (folder / name / "a.txt").write_text("two\n")


def script(request: Request) -> Reply | str:
    if any(message.role == "tool" for message in request.messages):
        return "All is done."
    calls = [ToolCall(f"c{n}", name, arguments) for n, (name, arguments) in enumerate(CALLS.items())]
    return Reply(Message("assistant", (Text("At once."), *calls)), "scripted", "tools")


def settings(data: Path) -> Settings:
    return load({}, flags={"data": str(data)})


async def start(app: App) -> str:
    owner = await app.accounts.ensure_owner()
    return await app.runs.start(user("Do it all."), tenant=owner.tenant, subject=owner.id, scopes=owner.scopes)


async def life(data: Path) -> None:
    """Begins all, and is killed when all have done their work."""
    done: set[str] = set()
    real = FunctionTool.call

    async def call(self: FunctionTool, arguments: Arguments, context: Context) -> Result:
        await real(self, arguments, context)
        done.add(self.spec.name)
        if done == set(CALLS):
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.Event().wait()
        raise AssertionError

    FunctionTool.call = call  # type: ignore[method-assign]
    async with open_app(settings(data), models={"scripted": Scripted(script)}) as app:
        await app.runs.settled(await start(app))


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    furnish(tmp_path / "data" / "workspace")
    environment = {**PLAIN, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    words = [sys.executable, __file__, str(tmp_path / "data")]
    ended = subprocess.run(words, env=environment, timeout=120, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return tmp_path / "data"


async def test_what_was_done_is_found_out_and_done_once(killed: Path) -> None:
    async with open_app(settings(killed), models={"scripted": Scripted(script)}) as app:
        owner = await app.accounts.ensure_owner()
        (run,) = await app.views.runs(owner.tenant)
        await app.runs.settled(run.run_id)
        bodies = [event.body for event in await app.ledger.read(run.run_id)]
    returned: dict[str, Any] = {body.tool: body.outcome for body in bodies if isinstance(body, ToolReturned)}
    assert returned == dict.fromkeys(CALLS, "ok")
    assert not [body for body in bodies if isinstance(body, ApprovalAsked)]
    assert {body.attempt for body in bodies if isinstance(body, ToolRequested)} == {1}  # nothing was begun again
    place = killed / "workspace"
    assert git(place / "commit", "log", "--format=%s").strip() == "second\nfirst"
    assert git(place / "merge", "log", "--format=%s").strip() == "of the other\nfirst"
    assert len(git(place / "stash", "stash", "list").splitlines()) == 1
    assert git(place / "switch", "branch", "--show-current").strip() == "fresh"
    assert (place / "copy" / "a.txt").read_text() == (place / "out" / "in" / "a.txt").read_text() == "a"
    assert not (place / "copy" / "in").exists()
    assert (place / "gone.txt").read_text() == "gone" and (place / "new.txt").read_text() == "old"


async def known(tool: Any, workspace: Path, **arguments: Any) -> Result | None:
    return await tool.reconcile(arguments, context_of(workspace))  # type: ignore[no-any-return]


async def test_what_is_not_there_did_not_happen(tmp_path: Path) -> None:
    furnish(tmp_path)
    assert await known(changes.copy_file, tmp_path, source="in", destination="copy") is None
    assert await known(changes.copy_file, tmp_path, source="old.txt", destination="in") is None
    assert await known(changes.archive_files, tmp_path, source="in", destination="new.zip", paths=None) is None
    assert await known(changes.unpack_archive, tmp_path, path="given.zip", destination="out") is None
    assert await known(changes.restore_file, tmp_path, path="gone.txt") is None


async def test_what_somebody_else_may_have_done_is_put_to_a_person(tmp_path: Path) -> None:
    furnish(tmp_path)
    (tmp_path / "in" / "b.txt").write_text("b")  # since it was packed
    (tmp_path / "gone.txt").write_text("another")
    (tmp_path / "out" / "in").mkdir(parents=True)
    for tool, arguments in (
        (changes.copy_file, {"source": "in", "destination": "old.txt"}),
        (changes.archive_files, {"source": "in", "destination": "given.zip", "paths": None}),
        (changes.unpack_archive, {"path": "given.zip", "destination": "out"}),
        (changes.restore_file, {"path": "gone.txt"}),
    ):
        with pytest.raises(ToolFailed):
            await known(tool, tmp_path, **arguments)


async def test_a_copy_that_was_cut_off_leaves_nothing_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(tmp_path)
    monkeypatch.setattr(moving, "BYTES", 0)
    with pytest.raises(ToolFailed, match="nothing was copied"):
        await changes.copy_file.call({"source": "in", "destination": "copy"}, context_of(tmp_path))
    assert not (tmp_path / "copy").exists() and not (tmp_path / BESIDE).exists()


async def test_git_says_whether_it_was_this_call_and_no_other(tmp_path: Path) -> None:
    furnish(tmp_path)
    tools = Catalogue(Tools(), await choose(Tools()), kits())
    commit, stash, merge = (tools.get(name) for name in ("git_commit", "git_stash", "git_merge"))
    call = {"message": "second", "path": "commit"}
    await commit.call(call, context_of(tmp_path))
    assert await known(commit, tmp_path, **call) is not None
    other = msgspec.structs.replace(context_of(tmp_path), key="1" * 32)
    assert isinstance(commit, Reconcilable) and await commit.reconcile(call, other) is None
    assert await known(stash, tmp_path, action="pop", path="stash") is None
    await stash.call({"path": "stash"}, other)
    await stash.call({"path": "stash", "action": "pop"}, context_of(tmp_path))
    assert await known(stash, tmp_path, action="pop", path="stash") is not None
    (tmp_path / "stash" / "a.txt").write_text("three\n")
    git(tmp_path / "stash", "stash", "--quiet")
    third = msgspec.structs.replace(context_of(tmp_path), key="2" * 32)
    aside = git(tmp_path / "stash", "rev-parse", "refs/stash")
    git(tmp_path / "stash", "update-ref", "-m", f"effect-{third.key} {aside}", "HEAD", "HEAD")
    assert isinstance(stash, Reconcilable)
    assert await stash.reconcile({"action": "pop", "path": "stash"}, third) is None  # begun, and nothing done
    (tmp_path / "stash" / "a.txt").write_text("half\n")
    with pytest.raises(ToolFailed, match="in part"):
        await stash.reconcile({"action": "pop", "path": "stash"}, third)
    (tmp_path / "merge" / ".git" / "MERGE_HEAD").write_text(git(tmp_path / "merge", "rev-parse", "other"))
    with pytest.raises(ToolFailed, match="was begun and not ended"):
        await known(merge, tmp_path, branch="other", path="merge")


if __name__ == "__main__":
    asyncio.run(life(Path(sys.argv[1])))
