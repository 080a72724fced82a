"""What the journal says of the tools of others: every change, once, and what a person has seen of them."""

import asyncio
from collections.abc import Mapping

from orchestrator.identity.accounts import Accounts
from orchestrator.identity.base import TENANT
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.events import ToolsChanged, ToolsPinned
from orchestrator.tools.foreign import Change

STREAM = f"tools:{TENANT}"


class Chronicle:
    def __init__(self, ledger: Ledger, accounts: Accounts) -> None:
        # By source: the digests that a person has seen, as far as the journal was read.
        self.pins: dict[str, Mapping[str, str]] = {}
        self._ledger = ledger
        self._accounts = accounts
        self._known: dict[str, ToolsChanged] = {}
        self._seq = 0
        self._reading = asyncio.Lock()

    async def read(self) -> None:
        """What was written since, here or by another server."""
        async with self._reading:
            for event in await self._ledger.read(STREAM, self._seq):
                self._seq = event.seq
                body = event.body
                if isinstance(body, ToolsChanged):
                    self._known[body.source] = body
                elif isinstance(body, ToolsPinned) and body.tools:
                    self.pins[body.source] = body.tools
                elif isinstance(body, ToolsPinned):
                    self.pins.pop(body.source, None)  # it was removed

    async def tell(self, change: Change) -> None:
        before = self._known.get(change.source)
        told = ToolsChanged(change.source, change.what, change.tools, change.digest, change.problem)
        if before and (before.digest, before.tools, before.problem) == (told.digest, told.tools, told.problem):
            return
        self._known[change.source] = told
        await self._record(told)

    async def pin(self, pinned: ToolsPinned) -> None:
        await self._record(pinned)
        await self.read()

    async def _record(self, body: ToolsChanged | ToolsPinned) -> None:
        owner = await self._accounts.owner()
        await self._ledger.record(STREAM, body, tenant=TENANT, subject=owner.id)
