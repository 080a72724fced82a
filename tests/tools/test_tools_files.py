"""The files kit, on files of every sort."""

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Reconcilable
from orchestrator.tools.catalogue import Catalogue
from orchestrator.tools.files import listing, reading, search


@pytest.fixture
def use(catalogue: Catalogue, context: Context) -> Any:
    async def used(tool: str, **arguments: Any) -> Any:
        result = await catalogue.get(tool).call(arguments, context)
        return msgspec.json.decode(msgspec.json.encode(result.data))

    return used


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


async def test_reading_whole_and_in_part(use: Any, workspace: Path) -> None:
    (workspace / "f").write_text("".join(f"line {number}\n" for number in range(1, 11)))
    whole = await use("read_file", path="f")
    assert (whole["lines"], whole["size"], whole["truncated"]) == (10, 71, False)
    assert (await use("read_file", path="f", start_line=3, max_lines=2))["content"] == "line 3\nline 4\n"
    beyond = await use("read_file", path="f", start_line=99)
    assert beyond["content"] == "" and "10 lines" in beyond["note"]


@pytest.mark.parametrize(
    ("data", "content", "lines", "note"),
    [
        (b"", "", 0, ""),
        (b"one", "one", 1, ""),
        (b"one\n", "one\n", 1, ""),
        (b"one\ntwo", "one\ntwo", 2, ""),
        (b"\r\n\r\n", "\r\n\r\n", 2, ""),
        (b"\xef\xbb\xbfbom", "bom", 1, ""),
        ("été".encode("utf-16"), "été", 1, "UTF-16"),
        (b"caf\xe9 \x80\n", "café €\n", 1, "Windows-1252"),
        ("é".encode() + b"\xe9\n", "é\ufffd\n", 1, "not valid UTF-8: 1"),
        (b"\x81\xe9\n", "\ufffd\ufffd\n", 1, "not valid UTF-8: 2"),
        (b"\x89PNG\r\n\x1a\n\0\0", "", 0, "binary, 10 bytes, image/png"),
        (b"a\0b", "", 0, "binary, 3 bytes"),
    ],
)
async def test_files_of_every_sort(use: Any, workspace: Path, data: bytes, content: str, lines: int, note: str) -> None:
    (workspace / "f").write_bytes(data)
    read = await use("read_file", path="f")
    assert (read["content"], read["lines"], read["size"]) == (content, lines, len(data))
    assert note in read["note"]


@pytest.mark.parametrize(
    ("name", "head", "note"),
    [
        ("a.xlsx", b"PK\x03\x04\0", "query_data read it"),
        ("a.zip", b"PK\x03\x04\0", "unpack_archive unpacks it"),
        ("a.png", b"\x89PNG\0", "describe_image looks at it"),
    ],
)
async def test_what_reads_a_binary_file_is_said(use: Any, workspace: Path, name: str, head: bytes, note: str) -> None:
    (workspace / name).write_bytes(head)
    assert note in (await use("read_file", path=name))["note"]


async def test_a_text_of_windows_stays_one(use: Any, workspace: Path) -> None:
    (workspace / "f").write_bytes("thé\ncafé".encode("cp1252"))
    assert [match["text"] for match in (await use("search_files", text="café"))["matches"]] == ["café"]
    assert "-thé" in (await use("edit_file", path="f", find="thé", replace="l'été à 3 €"))["diff"]
    await use("write_file", path="f", content="à bientôt\n", append=True)
    assert (workspace / "f").read_bytes() == "l'été à 3 €\ncafé\nà bientôt\n".encode("cp1252")
    assert (await use("file_info", path="f"))["encoding"] == "windows-1252"
    for name, arguments in (
        ("edit_file", {"path": "f", "find": "café", "replace": "茶"}),
        ("write_file", {"path": "f", "content": "茶", "append": True}),
    ):
        with pytest.raises(ToolRetry, match="Windows-1252, which has no"):
            await use(name, **arguments)
    await use("write_file", path="f", content="茶")
    assert (workspace / "f").read_text() == "茶"


async def test_a_huge_file_is_read_within_bounds(use: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CONTENT_LIMIT", 1000)
    (workspace / "f").write_text("0123456789\n" * 100_000)
    read = await use("read_file", path="f")
    assert len(read["content"]) == 1000 and read["lines"] == 100_000 and read["truncated"]
    assert "start_line" in read["note"]
    assert (await use("read_file", path="f", start_line=99_999))["content"] == "0123456789\n" * 2


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64 * 1024])
async def test_lines_are_chosen_alike_however_they_are_read(
    use: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(reading, "_PIECE", piece)
    for text in ("", "\n", "\n\n\n", "a", "a\nbb\n\nccc\n", "a\nbb\n\nccc"):
        (workspace / "f").write_text(text)
        lines = text.splitlines(keepends=True)
        for start in (1, 2, 3, 4, 9):
            for most in (None, 1, 2, 9):
                found = await use("read_file", path="f", start_line=start, max_lines=most)
                assert found["content"] == "".join(lines[start - 1 :][:most]), (text, start, most)
                assert found["lines"] == len(lines) and not found["truncated"]


async def test_a_file_of_line_breaks_is_counted_in_pieces(
    use: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line by line this would hold the whole server up."""
    (workspace / "f").write_bytes(b"\n" * 2**23)
    chosen: list[int] = []
    lines = reading._lines

    def counted(piece: bytes, begin: int, end: int | None) -> bytes:
        chosen.append(1)
        return lines(piece, begin, end)

    monkeypatch.setattr(reading, "_lines", counted)
    found = await use("read_file", path="f", start_line=5, max_lines=2)
    assert (found["lines"], found["content"]) == (2**23, "\n\n")
    assert len(chosen) == 2**23 // reading._PIECE


async def test_one_endless_line(use: Any, workspace: Path) -> None:
    (workspace / "f").write_bytes(b"x" * 300_000)
    read = await use("read_file", path="f")
    assert read["lines"] == 1 and "characters left out" in read["content"] and read["truncated"]


@pytest.mark.parametrize("tool", ["read_file", "write_file"])
async def test_what_is_not_a_file(use: Any, workspace: Path, tool: str) -> None:
    more = {"content": "x"} if tool == "write_file" else {}
    (workspace / "folder").mkdir()
    os.mkfifo(workspace / "pipe")
    for path in ("folder", "."):
        with pytest.raises(ToolRetry, match="folder"):
            await use(tool, path=path, **more)
    with pytest.raises(ToolRetry, match="pipe"):
        await use(tool, path="pipe", **more)


async def test_writing_replacing_and_adding(use: Any, workspace: Path) -> None:
    first = await use("write_file", path="a/b/f.txt", content="été\n")
    assert first == {"path": "a/b/f.txt", "size": 6, "lines": 1, "created": True}
    file = workspace / "a" / "b" / "f.txt"
    file.chmod(0o640)
    second = await use("write_file", path="a/b/f.txt", content="two")
    assert (second["created"], file.read_text()) == (False, "two")
    third = await use("write_file", path="a/b/f.txt", content="three", append=True)
    assert file.read_text() == "two\nthree" and third["lines"] == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(file.parent) == ["f.txt"]


async def test_writing_through_links(use: Any, workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("safe")
    (workspace / "real.txt").write_text("old")
    (workspace / "inside").symlink_to("real.txt")
    (workspace / "leads-out").symlink_to(outside)
    (workspace / "folder-out").symlink_to(tmp_path)
    await use("write_file", path="inside", content="new")
    assert (workspace / "real.txt").read_text() == "new" and (workspace / "inside").is_symlink()
    for path in ("leads-out", "folder-out/outside.txt", "folder-out/made.txt", "folder-out/made/deep.txt"):
        with pytest.raises(ToolRetry, match="outside the workspace"):
            await use("write_file", path=path, content="bad")
    assert outside.read_text() == "safe"
    assert names(tmp_path) == ["outside.txt", "workspace"]


async def test_writing_one_of_two_hard_links_leaves_the_other(use: Any, workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("safe")
    (workspace / "hard").hardlink_to(outside)
    await use("write_file", path="hard", content="new")
    assert outside.read_text() == "safe" and (workspace / "hard").read_text() == "new"


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("append", [False, True])
async def test_a_write_that_fails_half_way_leaves_the_old_file(use: Any, workspace: Path, append: bool) -> None:
    (workspace / "f").write_text("old")
    with small_files(4096), pytest.raises(ToolFailed, match="larger than a file may be"):
        await use("write_file", path="f", content="x" * 10_000, append=append)
    assert (workspace / "f").read_text() == "old"
    assert names(workspace) == ["f"]


async def test_a_full_disk_is_said(use: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (workspace / "f").write_text("old")
    monkeypatch.setattr("orchestrator.tools.files.writing.os.fsync", full)
    with pytest.raises(ToolFailed, match="disk is full"):
        await use("write_file", path="f", content="new")
    assert (workspace / "f").read_text() == "old"
    assert names(workspace) == ["f"]


@pytest.mark.parametrize(
    ("before", "arguments", "happened"),
    [
        (None, {"content": "x"}, "no"),
        ("old", {"content": "x"}, "no"),
        ("x", {"content": "x"}, "yes"),
        ("xx", {"content": "x"}, "no"),
        (None, {"content": "x", "append": True}, "no"),
        ("old", {"content": "x", "append": True}, "no"),
        ("old\nx", {"content": "x", "append": True}, "unknown"),
        ("", {"content": ""}, "yes"),
    ],
)
async def test_after_a_crash_a_write_is_recognised(
    catalogue: Catalogue, context: Context, before: str | None, arguments: Arguments, happened: str
) -> None:
    tool = catalogue.get("write_file")
    assert isinstance(tool, Reconcilable)
    if before is not None:
        (context.workspace / "f").write_text(before)
    arguments = {"path": "f", **arguments}
    if happened == "unknown":
        with pytest.raises(ToolFailed, match="cannot be known"):
            await tool.reconcile(arguments, context)
    else:
        found = await tool.reconcile(arguments, context)
        assert (found is not None) == (happened == "yes")
        if found:
            assert found.data["size"] == len(before or "")


async def test_listing(use: Any, workspace: Path) -> None:
    (workspace / "b").mkdir()
    (workspace / "b" / "c.txt").write_text("12345")
    (workspace / "a.txt").write_text("")
    (workspace / "link").symlink_to("/etc")
    os.mkfifo(workspace / "pipe")
    flat = await use("list_directory")
    assert [(entry["name"], entry["kind"]) for entry in flat["entries"]] == [
        ("a.txt", "file"),
        ("b", "directory"),
        ("link", "link"),
        ("pipe", "pipe"),
    ]
    deep = await use("list_directory", recursive=True)
    assert deep["count"] == 5 and deep["entries"][-1]["name"] == "b/c.txt" and deep["entries"][-1]["size"] == 5
    assert (await use("list_directory", path="b"))["path"] == "b"
    with pytest.raises(ToolRetry, match="outside"):
        await use("list_directory", path="link")
    with pytest.raises(ToolRetry, match="not a folder"):
        await use("list_directory", path="a.txt")


async def test_listing_is_bounded_and_survives_strange_names(
    use: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "ENTRIES", 3)
    for name in (b"\xff", b"new\nline", b"*", b"d", b"e"):
        (workspace / os.fsdecode(name)).write_text("")
    found = await use("list_directory")
    assert found["count"] == 3 and found["truncated"] and "first 3" in found["note"]


async def test_the_folders_of_tools_are_named_not_entered(use: Any, workspace: Path) -> None:
    for folder in (".git", "node_modules", ".venv", "src"):
        (workspace / folder).mkdir()
        (workspace / folder / "x.py").write_text("needle")
    assert [entry["name"] for entry in (await use("list_directory", recursive=True))["entries"]][-1] == "src/x.py"
    assert [file["path"] for file in (await use("search_files", text="needle"))["files"]] == ["src/x.py"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("src/**/*.py", ["src/b.py", "src/deep/c.py"]),
        ("**/*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/**", ["src/b.py", "src/deep/c.py"]),
        ("[ab].py", ["a.py", "src/b.py"]),
        ("?.txt", ["n.txt"]),
        ("*.PY", []),
    ],
)
async def test_patterns(use: Any, workspace: Path, pattern: str, found: list[str]) -> None:
    (workspace / "src" / "deep").mkdir(parents=True)
    for name in ("a.py", "src/b.py", "src/deep/c.py", "n.txt"):
        (workspace / name).write_text("x")
    assert sorted(file["path"] for file in (await use("search_files", pattern=pattern))["files"]) == found


async def test_searching_text(use: Any, workspace: Path) -> None:
    (workspace / "a.txt").write_text("first\nThe Needle here\nneedle (again) [.*]\n")
    (workspace / "b.bin").write_bytes(b"needle\0needle")
    (workspace / "c.txt").write_text("é" * 1000 + "needle" + "é" * 1000)
    found = await use("search_files", text="needle")
    assert [(match["path"], match["line"]) for match in found["matches"]] == [("a.txt", 2), ("a.txt", 3), ("c.txt", 1)]
    assert len(found["matches"][2]["text"]) < 310 and "needle" in found["matches"][2]["text"]
    assert found["count"] == 3 and [file["path"] for file in found["files"]] == ["a.txt", "c.txt"]
    assert (await use("search_files", text="Needle"))["count"] == 1
    assert (await use("search_files", text="(again) [.*]"))["count"] == 1
    assert (await use("search_files", text="needle", pattern="c*"))["count"] == 1
    assert (await use("search_files", text="nothing"))["files"] == []


async def test_searches_are_bounded(
    catalogue: Catalogue, workspace: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (workspace / f"{number}.txt").write_text("x\n" * 20)
    monkeypatch.setattr(search, "MATCHES", 50)
    tool = catalogue.get("search_files")
    found = (await tool.call({"text": "x"}, context)).data
    assert found["count"] == 50 and found["truncated"]
    monkeypatch.setattr(search, "VISITED", 10)
    found = (await tool.call({}, context)).data
    assert found["count"] == 10 and "narrow" in found["note"]

    class Hurried(ManualClock):
        seen = 0.0

        def monotonic(self) -> float:
            self.seen += 10
            return self.seen

    monkeypatch.setattr(search, "VISITED", 10_000)
    hurried = msgspec.structs.replace(context, clock=Hurried())
    assert (await tool.call({}, hurried)).data["count"] < 3


async def test_a_pattern_made_to_take_long_does_not(use: Any, workspace: Path) -> None:
    (workspace / ("a" * 200)).write_text("")
    assert (await use("search_files", pattern="*a" * 40 + "b"))["count"] == 0
    with pytest.raises(ToolRetry, match="three times"):
        await use("search_files", pattern="**/" * 10)
    for pattern in ("[", "[!", "[]", "[z-a]", "\\", "(", "[^"):
        await use("search_files", pattern=pattern)


async def test_pipes_and_links_are_not_searched(use: Any, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("needle")
    os.mkfifo(workspace / "pipe")
    (workspace / "link").symlink_to(tmp_path / "secret")
    assert (await use("search_files", text="needle"))["files"] == []


@contextmanager
def few_handles(more: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (held + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def bottomless(workspace: Path) -> None:
    """Made by a command that wants the server out of handles."""
    with chdir(workspace):
        for _ in range(200):
            Path("d").mkdir()
            os.chdir("d")


@pytest.mark.parametrize("tool", ["list_directory", "search_files"])
@pytest.mark.usefixtures("bottomless")
async def test_a_tree_without_bottom_takes_few_handles(use: Any, tool: str) -> None:
    with few_handles(listing.DEPTH + 20):
        found = await use(tool, **({"recursive": True} if tool == "list_directory" else {"pattern": "*"}))
    assert found["truncated"] and "deep" in found["note"]
    assert tool == "search_files" or found["count"] == listing.DEPTH + 1


async def test_keys_are_not_found_by_searching(use: Any, workspace: Path) -> None:
    """The policy asks before a file of keys is read: a search must not be the way around."""
    (workspace / ".ssh").mkdir()
    for name in (".env", "server.pem", ".ssh/config", "plain.txt"):
        (workspace / name).write_text("KEY=hunter2")
    for arguments in ({}, {"pattern": ".env"}, {"pattern": "**/*"}, {"path": "."}):
        found = await use("search_files", text="hunter2", **arguments)
        assert {match["path"] for match in found["matches"]} <= {"plain.txt"}
        assert "not searched" in found["note"]
    assert (await use("search_files", text="hunter2", path=".ssh"))["count"] == 1  # which the policy asks about
    assert (await use("search_files", pattern=".env"))["files"] == [{"path": ".env", "size": 11}]
