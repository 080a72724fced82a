"""What is said of where a tool works: it has to be true, for whoever decides what it may do."""

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.kernel.settings import McpServer, Tools
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.function import tool
from orchestrator.tools.mcp.calling import ServerTool
from orchestrator.tools.mcp.definitions import Definition, spec_of
from orchestrator.tools.place import place_of
from orchestrator.tools.sandbox.probe import choose
from orchestrator.tools.wrappers import wrapped

CONFINED = {
    "chart_data", "describe_data", "execute_command", "git_blame", "git_branches", "git_clone", "git_commit",
    "git_diff", "git_log", "git_merge", "git_pull", "git_push", "git_show", "git_stash", "git_status", "git_switch",
    "github_clone", "query_data", "run_javascript", "run_python", "save_chart", "total_data",
}  # fmt: skip
PLACES = {
    "sandbox": CONFINED,
    "machine": {"control_service", "list_services", "read_journal", "service_status"},
    "elsewhere": {"run_container", "run_in_container", "run_on_host"},
}


async def test_every_tool_of_the_product_says_where_it_works() -> None:
    shelf = Catalogue(Tools(), await choose(Tools()), kits()).now()
    found: dict[str, set[str]] = {}
    for spec in shelf.specs():
        found.setdefault(shelf.place(spec.name), set()).add(spec.name)
    assert found.pop("server")
    assert found == PLACES


def test_a_tool_that_says_nothing_works_in_the_server() -> None:
    @tool()
    def look() -> str:
        """Look."""
        return ""

    assert place_of(look) == place_of(object()) == "server"


@pytest.mark.parametrize(
    ("settings", "place"),
    [(McpServer(command=("notes",)), "sandbox"), (McpServer(url="https://notes.example/mcp"), "elsewhere")],
)
def test_a_tool_of_a_server_works_where_its_server_does(settings: McpServer, place: str) -> None:
    server: Any = SimpleNamespace(settings=settings)
    spec = spec_of("notes", "notes_read", Definition("read"), settings)
    assert place_of(wrapped(ServerTool(spec, "read", server), 1000)) == place
