"""Every tool of the product keeps the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from contracts.tool import ToolContract, context_of

from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.catalogue import Catalogue


class Nine(ToolContract):
    """A tool of the nine, found by the name in `name`."""

    name = ""
    least = 8

    @pytest.fixture
    def tool(self, catalogue: Catalogue) -> Tool:
        return catalogue.get(self.name)


class TestEcho(Nine):
    name, least, arguments = "echo", 4, {"text": "héllo"}


class TestCalculate(Nine):
    name, arguments = "calculate", {"expression": "12*37"}


class TestGetDatetime(Nine):
    name, arguments = "get_datetime", {"timezone": "Europe/Paris"}


class TestGetSystemInfo(Nine):
    name = "get_system_info"


class TestExecuteCommand(Nine):
    name, arguments = "execute_command", {"command": "echo hello"}


class InFolder(Nine):
    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        folder = tmp_path / "workspace"
        folder.mkdir()
        (folder / "notes.txt").write_text("one\ntwo\n")
        return folder


class TestReadFile(InFolder):
    name, arguments = "read_file", {"path": "notes.txt"}


class TestWriteFile(InFolder):
    name, arguments = "write_file", {"path": "new/notes.txt", "content": "three"}


class TestListDirectory(InFolder):
    name = "list_directory"


class TestSearchFiles(InFolder):
    name, arguments = "search_files", {"text": "two"}


class TestHttpRequest(Nine):
    name = "http_request"

    @pytest.fixture
    async def site(self) -> AsyncIterator[str]:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(text="hello")

        app = web.Application()
        app.router.add_get("/", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        yield str(runner.addresses[0][1])
        await runner.cleanup()

    @pytest.fixture
    def call(self, site: str) -> Arguments:
        return {"url": f"http://127.0.0.1:{site}/"}

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return context_of(workspace, allow_loopback=True)


def test_the_nine_are_the_same_for_ever(catalogue: Catalogue) -> None:
    nine = {
        "execute_command": ("execute", "once"),
        "read_file": ("read", "none"),
        "write_file": ("write", "once"),
        "list_directory": ("read", "none"),
        "search_files": ("read", "none"),
        "get_system_info": ("read", "none"),
        "get_datetime": ("read", "none"),
        "calculate": ("read", "none"),
        "http_request": ("execute", "once"),
    }
    assert {name: (catalogue.get(name).spec.scope, catalogue.get(name).spec.effects) for name in nine} == nine
