"""Files of the web saved in the workspace: whole or not at all, marked as a stranger's, over nothing that is there."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from contracts.tool import ToolContract, context_of
from world import until

from orchestrator.kernel.addresses import file_name
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.policy.marks import marked
from orchestrator.tools.base import Context, Reconcilable, Tool
from orchestrator.tools.catalogue import Catalogue
from orchestrator.tools.downloading import Download

DATA = bytes(range(256)) * 1000
LEAST = 1000  # bytes that are too many, where a test wants few


@pytest.fixture
async def site() -> AsyncIterator[str]:
    over = asyncio.Event()

    async def data(request: web.Request) -> web.Response:
        return web.Response(body=DATA, content_type="text/csv")

    async def moved(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    async def short(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b"x" * 500)
        assert request.transport is not None
        request.transport.close()
        return response

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 2 * LEAST)
        await over.wait()
        return response

    application = web.Application()
    for path, answer in (("/sales.csv", data), ("/moved", moved), ("/short", short), ("/endless", endless)):
        application.router.add_get(path, answer)
    server = TestServer(application)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    over.set()
    await server.close()


@pytest.fixture
def context(workspace: Path) -> Context:
    return context_of(workspace, allow_loopback=True)


async def download(context: Context, url: str, path: str | None = None, **more: Any) -> dict[str, Any]:
    settled: dict[str, Any] = {"overwrite": False, "largest": 2**20, **more}
    saved: dict[str, Any] = msgspec.to_builtins(await Download(context, url, path, **settled).save())
    return saved


class TestDownloadFile(ToolContract):
    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return context_of(workspace, allow_loopback=True)

    @pytest.fixture
    def tool(self, catalogue: Catalogue) -> Tool:
        return catalogue.get("download_file")

    @pytest.fixture
    def call(self, site: str) -> Arguments:
        return {"url": f"{site}/sales.csv"}


async def test_it_lies_where_it_was_wanted_and_says_whose_it_is(site: str, context: Context) -> None:
    folder = context.workspace
    (folder / "there").mkdir()
    for path, name in (
        (None, "sales.csv"),
        ("a/b.csv", "a/b.csv"),
        ("new/", "new/sales.csv"),
        ("there", "there/sales.csv"),
    ):
        saved = await download(context, f"{site}/moved?to=/sales.csv" if path else f"{site}/sales.csv", path)
        expected = name.replace("sales.csv", "moved") if path else name  # its own name is that of what was asked for
        assert (saved["path"], saved["size"], saved["media_type"]) == (expected, len(DATA), "text/csv")
        assert saved["url"] == f"{site}/sales.csv" and (folder / expected).read_bytes() == DATA
        assert marked(folder, expected) and (folder / expected).stat().st_mode & 0o777 == 0o644


async def test_a_name_without_an_ending_is_a_folder_where_the_address_has_one(site: str, context: Context) -> None:
    assert (await download(context, f"{site}/sales.csv", "tables"))["path"] == "tables/sales.csv"
    assert (await download(context, f"{site}/moved?to=/sales.csv", "table"))["path"] == "table"
    (context.workspace / "mine").write_text("mine")
    assert (await download(context, f"{site}/sales.csv", "mine", overwrite=True))["path"] == "mine"


async def test_what_is_there_stays_unless_it_is_said_and_then_lies_in_the_trash(site: str, context: Context) -> None:
    mine = context.workspace / "sales.csv"
    mine.write_text("mine")
    with pytest.raises(ToolRetry, match="there already"):
        await download(context, f"{site}/sales.csv")
    assert mine.read_text() == "mine"
    saved = await download(context, f"{site}/sales.csv", overwrite=True)
    assert mine.read_bytes() == DATA and (context.workspace / saved["trash"]).read_text() == "mine"
    (context.workspace / "folder").mkdir()
    (context.workspace / "folder" / "sales.csv").mkdir()
    with pytest.raises(ToolRetry, match="is a folder"):
        await download(context, f"{site}/sales.csv", "folder", overwrite=True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/short", "cannot be reached|not completed"),
        ("/endless", "larger than"),
        ("/sales.csv", "larger than"),
        ("/gone", "answers 404"),
        ("/moved?to=http://10.0.0.1/x", "private"),
        ("/moved?to=file:///etc/passwd", "Only http"),
    ],
)
async def test_what_does_not_come_whole_leaves_nothing(site: str, context: Context, path: str, said: str) -> None:
    with pytest.raises((ToolFailed, ToolRetry), match=said):
        await download(context, f"{site}{path}", "new.bin", largest=5000 if path == "/short" else LEAST)
    assert list(context.workspace.iterdir()) == []


async def test_who_stops_waiting_leaves_nothing(site: str, context: Context) -> None:
    task = asyncio.create_task(download(context, f"{site}/endless", "new.bin"))
    await until(lambda: any(each.stat().st_size for each in context.workspace.iterdir()))  # the part is being written
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(context.workspace.iterdir()) == []


@pytest.mark.parametrize("path", ["../out", "/etc/x", "link/x"])
async def test_nothing_is_saved_elsewhere(site: str, context: Context, tmp_path: Path, path: str) -> None:
    (context.workspace / "link").symlink_to(tmp_path)
    with pytest.raises(ToolRetry, match="outside"):
        await download(context, f"{site}/sales.csv", path)
    assert os.listdir(tmp_path) == ["workspace"]  # noqa: PTH208 — its names


async def test_this_machine_is_not_reached(site: str, workspace: Path) -> None:
    with pytest.raises(ToolFailed, match="may not reach"):
        await download(context_of(workspace), f"{site}/sales.csv")


async def test_after_a_crash_what_is_there_and_marked_was_saved(
    site: str, context: Context, catalogue: Catalogue
) -> None:
    tool, call = catalogue.get("download_file"), {"url": f"{site}/sales.csv", "path": None, "overwrite": False}
    assert isinstance(tool, Reconcilable)
    assert await tool.reconcile(call, context) is None
    (context.workspace / "sales.csv").write_text("mine")
    with pytest.raises(ToolFailed, match="does not say"):
        await tool.reconcile(call, context)
    await download(context, f"{site}/sales.csv", overwrite=True)
    found = await tool.reconcile(call, context)
    assert found is not None and found.data["size"] == len(DATA)
    assert await tool.reconcile({**call, "overwrite": True}, context) is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/a/report%202.pdf?x=1", "report 2.pdf"),
        ("https://example.com", "example.com.html"),
        ("example.com/a.zip", "a.zip"),
        ("https://user@example.com:8080/", "example.com.html"),
        ("https://example.com/a%2f..%2f..%2fb", "a_.._.._b"),
        ("https://example.com/%2e%2e", "example.com.html"),
        ("https://[bad", "download"),
        ("https://example.com/" + "x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_a_name_is_the_last_part_of_the_address(url: str, name: str) -> None:
    assert file_name(url) == name
