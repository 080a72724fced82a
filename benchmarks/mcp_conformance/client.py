"""The product's MCP client as the conformance suite drives it: one server, its first call, and out.

`python -m benchmarks.mcp_conformance.client URL`, with the scenario in MCP_CONFORMANCE_SCENARIO. Who signs in is a
program here.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.errors import NotFound, ToolError
from orchestrator.kernel.events import ToolsPinned
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import McpServer, Secret, Tools
from orchestrator.storage.note import Note
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.foreign import Change
from orchestrator.tools.mcp.dialling import Ground
from orchestrator.tools.mcp.server import Server
from orchestrator.tools.mcp.servers import House, Servers
from orchestrator.tools.mcp.signin import SignInNeeded
from orchestrator.tools.sandbox.probe import choose

DOCUMENT = "https://conformance-test.local/client-metadata.json"  # what the suite knows this client by
CLIENT = "client"  # the name of the secret of this client
SIGN_INS = 4  # a server may ask for more than was given before


class Vault:
    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def put(self, name: str, value: str, hosts: Sequence[str], tools: Sequence[str], *, by: str) -> None:
        self._kept[name] = value

    async def remove(self, name: str, *, by: str) -> None:
        self._kept.pop(name, None)

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        if name not in self._kept:
            raise NotFound(f"There is no secret {name!r}.")
        return Secret(self._kept[name])

    def redact(self, text: str) -> str:
        return text


class Nowhere:
    def put(self, data: bytes) -> str:
        return ""


async def _tell(change: Change) -> None:
    del change


async def _pin(pinned: ToolsPinned) -> None:
    del pinned


async def main(url: str, root: Path) -> int:
    catalogue = Catalogue(Tools(), await choose(Tools()), kits())
    vault = Vault()
    await vault.put(CLIENT, given().get("client_secret", ""), (), (), by="suite")
    ground = Ground(catalogue.sandbox, root, root / "mcp", SystemClock(), vault)
    house = House(ground, Note(root / "mcp.json"), lambda name: Note(root / f"{name}.json"), catalogue.put, _tell, _pin)
    servers = Servers({}, house, {})
    context = Context("run_1", "k", root, SystemClock(), Nowhere())
    try:
        server = await servers.add("s", settings_of(url), by="suite")
        if not server.connected:
            await sign_in(server)
        for tool in server.tools():
            await call(tool, server, context)
        return 0
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        await servers.close()


async def call(tool: Tool, server: Server, context: Context) -> None:
    for _ in range(SIGN_INS):
        try:
            print(await tool.call(arguments_of(tool), context), file=sys.stderr)
            return
        except SignInNeeded:
            await sign_in(server)
        except ToolError as error:
            print(error, file=sys.stderr)
            return


def settings_of(url: str) -> McpServer:
    """As the scenario says that this client is registered."""
    document = DOCUMENT if os.environ.get("MCP_CONFORMANCE_SCENARIO") == "auth/basic-cimd" else ""
    client_id = given().get("client_id", document)
    secret = f"{{{{secret:{CLIENT}}}}}" if given().get("client_secret") else ""
    return McpServer(url=url, trusted=True, seconds=20.0, client_id=client_id, client_secret=secret)


def given() -> dict[str, str]:
    """What the scenario hands to the client."""
    found: dict[str, str] = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    return found


async def sign_in(server: Server) -> None:
    link = await server.login("suite")
    async with aiohttp.ClientSession() as browser, browser.get(link, allow_redirects=False) as page:
        server.came_back(page.headers["Location"])
    await server.signed_in()


def arguments_of(tool: Tool) -> Arguments:
    """Something for every argument that must be."""
    values = {"string": "x", "number": 1, "integer": 1, "boolean": True, "array": [], "object": {}}
    fields = tool.spec.parameters.get("properties", {})
    return {name: values[fields[name]["type"]] for name in tool.spec.parameters.get("required", fields)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(main(sys.argv[1], Path(folder))))
