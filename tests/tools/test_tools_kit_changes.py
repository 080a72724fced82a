"""Editing, moving, deleting, packing: nothing is lost, nothing leaves the workspace, nothing half done stays."""

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract, context_of

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.files import archives
from orchestrator.tools.files.looking import watch
from orchestrator.tools.kits import changes
from orchestrator.tools.workspace import Workspace

TEXT = "one\ntwo\nthree\ntwo\n"


class Change(ToolContract):
    made: ClassVar[Tool]

    @pytest.fixture
    def tool(self) -> Tool:
        return self.made

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        folder = tmp_path / "workspace"
        folder.mkdir()
        (folder / "a.txt").write_text(TEXT)
        (folder / "in").mkdir()
        (folder / "in" / "b.txt").write_text("b")
        with zipfile.ZipFile(folder / "a.zip", "w") as packed:
            packed.writestr("x/y.txt", "y")
        return folder


class TestEditFile(Change):
    made, arguments = changes.edit_file, {"path": "a.txt", "find": "three", "replace": "3"}


class TestMoveFile(Change):
    made, arguments = changes.move_file, {"source": "a.txt", "destination": "in"}


class TestCopyFile(Change):
    made, arguments = changes.copy_file, {"source": "in", "destination": "out"}


class TestDeleteFile(Change):
    made, arguments = changes.delete_file, {"path": "a.txt"}


class TestRestoreFile(Change):
    made, arguments = changes.restore_file, {"path": "gone.txt"}

    @pytest.fixture
    async def call(self, workspace: Path, context: Context) -> Arguments:
        (workspace / "gone.txt").write_text("gone")
        await changes.delete_file.call({"path": "gone.txt"}, context)
        return dict(self.arguments)


class TestMakeDirectory(Change):
    made, arguments = changes.make_directory, {"path": "new/one"}


class TestArchiveFiles(Change):
    made, arguments = changes.archive_files, {"source": "a.txt", "paths": ["in"], "destination": "all.tar.gz"}


class TestUnpackArchive(Change):
    made, arguments = changes.unpack_archive, {"path": "a.zip", "destination": "b"}


class TestFileInfo(Change):
    made, arguments = changes.file_info, {"path": "a.txt"}


class TestWatchFile(Change):
    made, arguments = changes.watch_file, {"path": "a.txt", "seconds": 0.01}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def done(tool: Tool, context: Context, **arguments: Any) -> Any:
    return (await tool.call(arguments, context)).data


async def test_an_edit_says_its_difference_and_a_second_place_is_explained(workspace: Path, context: Context) -> None:
    (workspace / "a.txt").write_text(TEXT)
    edited = await done(changes.edit_file, context, path="a.txt", find="three", replace="3")
    assert "-three" in edited["diff"] and "+3" in edited["diff"]
    with pytest.raises(ToolRetry, match="2 times, at lines 2, 4"):
        await done(changes.edit_file, context, path="a.txt", find="two", replace="2")
    with pytest.raises(ToolRetry, match="Line 2 is near"):
        await done(changes.edit_file, context, path="a.txt", find="twoo", replace="2")
    await done(changes.edit_file, context, path="a.txt", find="two", replace="2", every=True)
    assert (workspace / "a.txt").read_text() == "one\n2\n3\n2\n"


async def test_a_patch_is_applied_where_its_lines_are_or_not_at_all(workspace: Path, context: Context) -> None:
    (workspace / "a.txt").write_text("zero\n" + TEXT + "end")
    patch = "--- a/a.txt\n+++ b/a.txt\n@@ -2,2 +2,3 @@\n two\n+two and a half\n three\n"
    await done(changes.edit_file, context, path="a.txt", patch=patch)
    assert (workspace / "a.txt").read_text() == "zero\none\ntwo\ntwo and a half\nthree\ntwo\nend"
    before = (workspace / "a.txt").read_text()
    with pytest.raises(ToolRetry, match="Hunk 2"):
        half = "@@ -1,1 +1,1 @@\n-zero\n+0\n@@ -5,1 +5,1 @@\n-no\n+go\n"
        await done(changes.edit_file, context, path="a.txt", patch=half)
    assert (workspace / "a.txt").read_text() == before


async def test_after_a_crash_an_edit_is_known_from_the_file(workspace: Path, context: Context) -> None:
    arguments = {"path": "a.txt", "find": "three", "replace": "3", "patch": None, "every": False}
    (workspace / "a.txt").write_text(TEXT)
    assert await changes.edit_file.reconcile(arguments, context) is None  # type: ignore[attr-defined]
    await changes.edit_file.call({"path": "a.txt", "find": "three", "replace": "3"}, context)
    assert await changes.edit_file.reconcile(arguments, context) is not None  # type: ignore[attr-defined]
    with pytest.raises(ToolFailed):
        await changes.edit_file.reconcile({**arguments, "find": "4", "replace": "5"}, context)  # type: ignore[attr-defined]


async def test_nothing_is_overwritten_or_put_into_itself(workspace: Path, context: Context) -> None:
    (workspace / "a.txt").write_text("a")
    (workspace / "b.txt").write_text("b")
    (workspace / "in").mkdir()
    for tool in (changes.move_file, changes.copy_file):
        with pytest.raises(ToolRetry, match="there already"):
            await done(tool, context, source="a.txt", destination="b.txt")
        with pytest.raises(ToolRetry, match="into itself"):
            await done(tool, context, source="in", destination="in/deeper")
        with pytest.raises(ToolRetry, match="outside the workspace"):
            await done(tool, context, source="a.txt", destination="../a.txt")


async def test_a_deleted_link_leaves_what_it_points_at(workspace: Path, context: Context, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    (workspace / "link").symlink_to(outside)
    await done(changes.delete_file, context, path="link")
    assert outside.read_text() == "mine" and not (workspace / "link").is_symlink()


async def test_what_is_deleted_comes_back(workspace: Path, context: Context) -> None:
    (workspace / "in").mkdir()
    (workspace / "in" / "a.txt").write_text("a")
    assert changes.delete_file.spec.risks == ("destroys",)
    gone = await done(changes.delete_file, context, path="in")
    assert not (workspace / "in").exists() and (workspace / gone["trash"] / "a.txt").exists()
    with pytest.raises(ToolRetry, match="There: in"):
        await done(changes.restore_file, context, path="other")
    await done(changes.restore_file, context, path="in")
    assert (workspace / "in" / "a.txt").read_text() == "a"


async def test_what_is_packed_is_what_is_unpacked(workspace: Path, context: Context) -> None:
    (workspace / "in").mkdir()
    (workspace / "in" / "run.sh").write_text("#!/bin/sh\n")
    (workspace / "in" / "run.sh").chmod(0o755)
    (workspace / "in" / "link").symlink_to("/etc/passwd")
    for suffix in ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz"):
        packed = await done(changes.archive_files, context, source="in", destination=f"all.{suffix}")
        assert packed["files"] == 1 and "1 links" in packed["note"]
        out = await done(changes.unpack_archive, context, path=f"all.{suffix}", destination=f"out-{suffix}")
        assert out["entries"] == ["in"]
        assert (workspace / f"out-{suffix}" / "in" / "run.sh").read_text() == "#!/bin/sh\n"
    assert os.access(workspace / "out-tar" / "in" / "run.sh", os.X_OK)


def tar_with(*members: tuple[str, str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, kind, target in members:
            about = tarfile.TarInfo(name)
            about.type = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}.get(
                kind, tarfile.REGTYPE
            )
            about.linkname = target
            about.size = len(target) if kind == "file" else 0
            tar.addfile(about, io.BytesIO(target.encode()) if kind == "file" else None)
    return data.getvalue()


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "..\\out.txt", "C:/out.txt"])
async def test_an_archive_that_leads_out_is_refused_whole(name: str, workspace: Path, context: Context) -> None:
    (workspace / "bad.tar").write_bytes(tar_with(("good.txt", "file", "good"), (name, "file", "bad")))
    with pytest.raises(ToolFailed, match="outside its folder"):
        await done(changes.unpack_archive, context, path="bad.tar", destination=".")
    assert names_in(workspace) == ["bad.tar"]


async def test_links_and_devices_are_left_out_and_nothing_goes_through_them(
    workspace: Path, context: Context, tmp_path: Path
) -> None:
    members = (
        ("d", "link", str(tmp_path)),
        ("d/out.txt", "file", "x"),
        ("h", "hard", "/etc/passwd"),
        ("n", "device", ""),
    )
    (workspace / "bad.tar").write_bytes(tar_with(*members))
    out = await done(changes.unpack_archive, context, path="bad.tar", destination="b")
    assert "3 links" in out["note"] and not (tmp_path / "out.txt").exists()
    assert (workspace / "b" / "d" / "out.txt").read_text() == "x"


async def test_a_bomb_is_stopped(workspace: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE", 10_000)
    monkeypatch.setattr(archives, "FILES", 50)
    with zipfile.ZipFile(workspace / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", b"\0" * 3_000_000)
    with zipfile.ZipFile(workspace / "many.zip", "w") as packed:
        for index in range(60):
            packed.writestr(str(index), "")
    with pytest.raises(ToolFailed, match="far more than its size promises"):
        await done(changes.unpack_archive, context, path="bomb.zip", destination=".")
    with pytest.raises(ToolFailed, match="more than 50 entries"):
        await done(changes.unpack_archive, context, path="many.zip", destination=".")
    assert names_in(workspace) == ["bomb.zip", "many.zip"]


async def test_what_is_there_is_kept_and_damage_is_said(workspace: Path, context: Context) -> None:
    with zipfile.ZipFile(workspace / "a.zip", "w") as packed:
        packed.writestr("a.txt", "new")
    (workspace / "a.txt").write_text("old")
    with pytest.raises(ToolRetry, match="there already"):
        await done(changes.unpack_archive, context, path="a.zip", destination=".")
    assert (workspace / "a.txt").read_text() == "old"
    (workspace / "b.zip").write_bytes((workspace / "a.zip").read_bytes()[:40])
    with pytest.raises(ToolFailed, match="cannot be unpacked"):
        await done(changes.unpack_archive, context, path="b.zip", destination=".")


async def test_waiting_ends_when_the_file_changes_or_the_time_is_over(workspace: Path) -> None:
    class Writing(ManualClock):
        async def sleep(self, seconds: float) -> None:
            self.advance(seconds)
            if self.monotonic() > 1.0:
                (workspace / "flag").write_text("now")

    seen = await watch(Workspace(workspace), "flag", 5.0, Writing())
    assert seen.what == "created" and 1.0 <= seen.seconds < 2.0
    context = context_of(workspace, Writing())
    assert (await done(changes.watch_file, context, path="other", seconds=3))["what"] == "nothing"


async def test_a_file_is_described(workspace: Path, context: Context) -> None:
    (workspace / "é.txt").write_text("été")
    (workspace / "i.dat").write_bytes(b"\x89PNG\0\0")
    found = await done(changes.file_info, context, path="é.txt")
    assert found["encoding"] == "utf-8"
    assert found["sha256"] == hashlib.sha256("été".encode()).hexdigest()
    assert (await done(changes.file_info, context, path="i.dat"))["media_type"] == "image/png"
    assert (await done(changes.file_info, context, path="."))["kind"] == "directory"
