"""The tools assembled: the sandbox, the kits, and what others add while it runs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from orchestrator.identity.accounts import Accounts
from orchestrator.identity.base import TENANT
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.events import ToolsChanged
from orchestrator.kernel.secrets import Secrets
from orchestrator.kernel.settings import Settings
from orchestrator.tools.base import Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.plugins.folder import Change, Plugins, open_plugins
from orchestrator.tools.plugins.plugin import Ground
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.sandbox.probe import choose


@asynccontextmanager
async def open_tools(
    settings: Settings,
    clock: Clock,
    ledger: Ledger,
    accounts: Accounts,
    secrets: Secrets,
    more: Sequence[Tool],
    *,
    watching: bool,
) -> AsyncIterator[tuple[Catalogue, Plugins]]:
    """What agents can do; `more` are ready tools beside the kits. The folder of tools is watched if asked."""
    sandbox = await choose(settings.tools)
    catalogue = Catalogue(settings.tools, sandbox, kits(), more, secrets, settings.data)
    plugins = await _plugins(settings, sandbox, clock, catalogue, ledger, accounts)
    async with open_plugins(plugins, watching=watching):
        yield catalogue, plugins


async def _plugins(
    settings: Settings, sandbox: Sandbox, clock: Clock, catalogue: Catalogue, ledger: Ledger, accounts: Accounts
) -> Plugins:
    """The tools of others: every change is in the journal, once."""
    stream, known = f"tools:{TENANT}", dict[str, ToolsChanged]()
    for event in await ledger.read(stream):
        if isinstance(event.body, ToolsChanged):
            known[event.body.source] = event.body

    async def tell(change: Change) -> None:
        before = known.get(change.source)
        told = ToolsChanged(change.source, change.what, change.tools, change.digest, change.problem)
        if before and (before.digest, before.tools, before.problem) == (told.digest, told.tools, told.problem):
            return
        known[change.source] = told
        owner = await accounts.owner()
        await ledger.record(stream, told, tenant=TENANT, subject=owner.id)

    ground = Ground(sandbox, settings.workspace, clock, settings.tools.plugin_network)
    folder = settings.tools_folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Plugins(folder, settings.data / "plugins", ground, catalogue.put, tell, kits().outside)
