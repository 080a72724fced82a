"""No path leads out of the workspace, whatever is done to it."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.kernel.errors import OutsideWorkspace, ToolFailed, ToolRetry
from orchestrator.tools import openat
from orchestrator.tools.workspace import Workspace

OPENERS: dict[str, Callable[[int, str, int, int], int]] = {
    "openat2": openat._openat2,
    "walk": openat.walk_beneath,
}


@pytest.fixture(params=OPENERS)
def opener(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way of opening beneath a folder, so that old kernels are as safe as new ones."""
    chosen = OPENERS[request.param]
    monkeypatch.setattr(
        "orchestrator.tools.workspace.open_beneath",
        lambda root, path, flags, mode=0: chosen(root, path, flags, mode),
    )
    return str(request.param)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


def content(workspace: Path, path: str) -> bytes:
    with Workspace(workspace).opened(path) as handle:
        return os.read(handle, 1000)


def test_plain_paths(opener: str, workspace: Path) -> None:
    (workspace / "a").mkdir()
    (workspace / "a" / "b.txt").write_text("b")
    for path in ("a/b.txt", "./a//b.txt", "a/../a/b.txt", str(workspace / "a" / "b.txt"), "a/./b.txt"):
        assert content(workspace, path) == b"b"
    assert Workspace(workspace).relative(f"{workspace}/a/../a/b.txt") == "a/b.txt"
    assert Workspace(workspace).relative(str(workspace)) == "."


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../outside/secret",
        "a/../../outside/secret",
        "/etc/passwd",
        "/",
        "{outside}/secret",
        "./../outside/secret",
    ],
)
def test_paths_that_lead_out(opener: str, workspace: Path, outside: Path, path: str) -> None:
    with pytest.raises(ToolRetry, match="outside the workspace") as caught:
        content(workspace, path.format(outside=outside))
    assert isinstance(caught.value.__cause__, OutsideWorkspace)


@pytest.mark.parametrize("target", ["{outside}/secret", "../outside/secret", "../outside", "/etc", "a/../../outside"])
def test_links_that_lead_out(opener: str, workspace: Path, outside: Path, target: str) -> None:
    (workspace / "a").mkdir()
    (workspace / "link").symlink_to(target.format(outside=outside))
    for path in ("link", "link/secret", "link/passwd"):
        with pytest.raises(ToolRetry, match=r"outside the workspace|goes through something"):
            content(workspace, path)


def test_links_that_stay_inside_work(opener: str, workspace: Path) -> None:
    (workspace / "deep" / "er").mkdir(parents=True)
    (workspace / "deep" / "file").write_text("found")
    (workspace / "near").symlink_to("deep/file")
    (workspace / "folder").symlink_to("deep")
    (workspace / "deep" / "er" / "up").symlink_to("../file")
    (workspace / "absolute").symlink_to(workspace / "deep" / "file")
    for path in ("near", "folder/file", "deep/er/up", "folder/er/up", "absolute"):
        assert content(workspace, path) == b"found"


def test_a_loop_of_links_ends(opener: str, workspace: Path) -> None:
    (workspace / "x").symlink_to("y")
    (workspace / "y").symlink_to("x")
    with pytest.raises(ToolRetry, match="chain of links"):
        content(workspace, "x")


def test_magic_links_of_proc_are_not_a_way_out(opener: str, workspace: Path, outside: Path) -> None:
    handle = os.open(outside, os.O_RDONLY)
    try:
        (workspace / "link").symlink_to(f"/proc/self/fd/{handle}")
        with pytest.raises(ToolRetry):
            content(workspace, "link/secret")
    finally:
        os.close(handle)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a\0b", "NUL"),
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 300, "too long"),
        ("a/" * 3000, "too long"),
        ("no", "exist"),
    ],
)
def test_paths_that_cannot_be(opener: str, workspace: Path, path: str, said: str) -> None:
    with pytest.raises(ToolRetry, match=said):
        content(workspace, path)


def test_a_lone_surrogate_is_refused(workspace: Path) -> None:
    with pytest.raises(ToolRetry):
        content(workspace, "\ud800")


def test_a_file_is_not_a_folder(opener: str, workspace: Path) -> None:
    (workspace / "file").write_text("")
    with pytest.raises(ToolRetry, match="not a folder"):
        content(workspace, "file/below")


def test_pipes_never_block(opener: str, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    with Workspace(workspace).opened("pipe") as handle:
        assert handle > 0
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(workspace / "socket"))
        with pytest.raises(ToolRetry, match="pipe, a socket"):
            content(workspace, "socket")


def test_a_folder_swapped_for_a_link_is_never_followed(opener: str, workspace: Path, outside: Path) -> None:
    """A race: another process keeps replacing a folder by a link that leads out."""
    (workspace / "real").mkdir()
    (workspace / "real" / "secret").write_text("inside")
    (workspace / "bad").symlink_to(outside)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for name in ("real", "bad"):
                os.rename(workspace / name, workspace / "turn")  # noqa: PTH104
                os.rename(workspace / "turn", workspace / name)  # noqa: PTH104
            (workspace / "now").unlink(missing_ok=True)
            (workspace / "now").symlink_to("real")
            (workspace / "now").unlink()
            (workspace / "now").symlink_to(outside)

    racer = threading.Thread(target=swap)
    racer.start()
    seen = set()
    try:
        for _ in range(3000):
            for path in ("now/secret", "turn/secret", "real/secret"):
                try:
                    seen.add(content(workspace, path))
                except (ToolRetry, ToolFailed) as problem:
                    seen.add(type(problem).__name__.encode())
    finally:
        stop.set()
        racer.join()
    assert b"secret" not in seen and b"inside" in seen


def test_the_workspace_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "workspace"
    with Workspace(folder).root():
        assert folder.stat().st_mode & 0o777 == 0o700


def test_no_handle_is_left_open(opener: str, workspace: Path, outside: Path) -> None:
    (workspace / "link").symlink_to(outside)
    (workspace / "file").write_text("x")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(50):
        content(workspace, "file")
        for path in ("link/secret", "no", "../x", "file/x"):
            with pytest.raises(ToolRetry):
                content(workspace, path)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_an_old_kernel_falls_back_to_the_walk(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(openat, "_openat2", absent)
    (workspace / "file").write_text("walked")
    assert content(workspace, "file") == b"walked"
