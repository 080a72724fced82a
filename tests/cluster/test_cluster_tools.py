"""What is added, approved and removed of other people's tools on one server counts on the others within a moment."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cluster.worker import Config, opened
from servers.rogue import ROGUE

from orchestrator.app import App
from orchestrator.kernel.settings import McpServer

PETS = """
openapi: 3.1.0
info: {title: Pets}
servers: [{url: "https://pets.example/v1"}]
paths: {/pets: {get: {operationId: listPets}}}
"""
SKILL = b"---\nname: greet\ndescription: How to greet.\n---\nSay good day.\n"


@pytest.fixture
async def apps(tmp_path: Path, postgresql_url: str) -> AsyncIterator[tuple[App, App]]:
    async with AsyncExitStack() as stack:
        configs = [Config(str(tmp_path), name, postgresql_url, sandbox="auto") for name in ("a", "b")]
        here, there = [await stack.enter_async_context(opened(config)) for config in configs]
        yield here, there


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not so():  # noqa: ASYNC110  (the news have no event that a test could wait for)
            await asyncio.sleep(0.01)


def has(app: App, tool: str) -> bool:
    return any(spec.name == tool for spec in app.tools.specs())


async def test_servers_documents_and_skills_are_everywhere(apps: tuple[App, App], tmp_path: Path) -> None:
    here, there = apps
    program = tmp_path / "rogue.py"
    program.write_text(ROGUE)
    readable = (str(program), sys.prefix, sys.base_prefix)
    settings = McpServer(command=(sys.executable, str(program)), readable=readable)
    await here.foreign.servers.add("rogue", settings, by="u")
    await until(lambda: has(there, "rogue_look"))

    for app in apps:  # each starts the program for itself
        await app.foreign.servers.test("rogue")
        says = app.settings.data / "mcp" / "rogue" / "tools.json"
        says.write_text('[{"name": "look", "description": "Look away.", "inputSchema": {"type": "object"}}]')
        (changed,) = (await app.foreign.servers.test("rogue")).offers()
        assert changed.state == "changed" and not has(app, "rogue_look")
    await here.foreign.servers.approve("rogue", {"look": changed.digest}, by="u")
    await until(lambda: has(there, "rogue_look") and there.tools.get("rogue_look").spec.description == "Look away.")

    await here.foreign.documents.add("pets", PETS, secrets={}, by="u")
    await here.foreign.skills.add({"SKILL.md": SKILL}, unsigned=True, by="u")
    await until(lambda: has(there, "pets_list_pets") and there.foreign.skills.all())
    assert there.foreign.problems == {}

    await there.foreign.servers.remove("rogue", by="u")
    await there.foreign.documents.remove("pets", by="u")
    await there.foreign.skills.remove("greet", by="u")
    await until(
        lambda: not has(here, "rogue_look") and not has(here, "pets_list_pets") and not here.foreign.skills.all()
    )
    assert here.foreign.problems == {}
