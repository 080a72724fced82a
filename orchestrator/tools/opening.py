"""The tools assembled: the sandbox, the kits, and what others add while it runs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from msgspec import Struct

from orchestrator.identity.accounts import Accounts
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.settings import Settings
from orchestrator.storage.note import Note
from orchestrator.tools.base import Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.chronicle import Chronicle
from orchestrator.tools.mcp import dialling
from orchestrator.tools.mcp.servers import House, Servers, open_servers
from orchestrator.tools.news import News, followed
from orchestrator.tools.openapi.documents import Documents
from orchestrator.tools.plugins.folder import Plugins, open_plugins
from orchestrator.tools.plugins.plugin import Ground
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.sandbox.probe import choose
from orchestrator.tools.skills.skills import Skills


class Foreign(Struct, frozen=True):
    """What others bring, beside plugins."""

    servers: Servers
    documents: Documents
    skills: Skills
    news: News

    @property
    def problems(self) -> dict[str, str]:
        """By source: why some of it is not in use."""
        return {**self.servers.problems, **self.documents.problems, **self.skills.problems}


@asynccontextmanager
async def open_tools(
    settings: Settings,
    clock: Clock,
    ledger: Ledger,
    accounts: Accounts,
    secrets: dialling.Keys,
    more: Sequence[Tool],
    *,
    watching: bool,
) -> AsyncIterator[tuple[Catalogue, Plugins, Foreign]]:
    """What agents can do; `more` are ready tools beside the kits. The folder of tools is watched if asked."""
    sandbox = await choose(settings.tools)
    catalogue = Catalogue(settings.tools, sandbox, kits(), more, secrets, settings.data)
    chronicle = Chronicle(ledger, accounts)
    await chronicle.read()
    plugins = _plugins(settings, sandbox, clock, catalogue, chronicle)
    catalogue.reload = partial(plugins.reload, again=True)
    servers = _servers(settings, sandbox, clock, secrets, catalogue, chronicle)
    place = settings.shared / "openapi"
    documents = Documents(place, Note, catalogue.put, chronicle.tell, chronicle.pin, chronicle.pins)
    trusted = settings.tools.skill_keys
    skills = Skills(settings.shared / "skills", trusted, catalogue.put, chronicle.tell, chronicle.pin, chronicle.pins)
    news = News(chronicle, servers, documents, skills)
    async with open_plugins(plugins, watching=watching), open_servers(servers, watching=watching), followed(news):
        yield catalogue, plugins, Foreign(servers, documents, skills, news)


def _plugins(settings: Settings, sandbox: Sandbox, clock: Clock, catalogue: Catalogue, chronicle: Chronicle) -> Plugins:
    ground = Ground(sandbox, settings.workspace, clock, settings.tools.plugin_network)
    folder = settings.tools_folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Plugins(folder, settings.data / "plugins", ground, catalogue.put, chronicle.tell, kits().outside)


def _servers(
    settings: Settings,
    sandbox: Sandbox,
    clock: Clock,
    secrets: dialling.Keys,
    catalogue: Catalogue,
    chronicle: Chronicle,
) -> Servers:
    kept = settings.shared / "mcp"

    def listing(name: str) -> Note:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Note(kept / f"{name}.json")

    house = House(
        ground=dialling.Ground(sandbox, settings.workspace, settings.data / "mcp", clock, secrets),
        note=Note(settings.shared / "mcp.json"),
        listing=listing,
        put=catalogue.put,
        tell=chronicle.tell,
        pin=chronicle.pin,
    )
    return Servers(settings.tools.mcp, house, chronicle.pins)
