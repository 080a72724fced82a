"""What people have allowed for always, folded from each tenant's stream of grants."""

from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.events import Body, GrantGiven, GrantRevoked
from orchestrator.policy.grants import Grant, fold, pairs, stream


class Grants:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, dict[str, Grant]] = {}  # by tenant

    async def of(self, tenant: str, subject: str) -> frozenset[tuple[str, str]]:
        """The (tool, shape) pairs that need not be asked about in the runs of this person."""
        return pairs(await self.given(tenant), subject)

    async def given(self, tenant: str) -> dict[str, Grant]:
        if tenant not in self._known:
            found = fold(await self._ledger.read(stream(tenant)))
            self._known.setdefault(tenant, found)
        return self._known[tenant]

    async def give(self, tenant: str, grant: GrantGiven, subject: str) -> None:
        await self._record(tenant, grant, subject)

    async def revoke(self, tenant: str, grant_id: str, by: str) -> None:
        await self._record(tenant, GrantRevoked(grant_id, by), by)

    async def _record(self, tenant: str, body: Body, subject: str) -> None:
        before = await self.given(tenant)
        event = await self._ledger.record(stream(tenant), body, tenant=tenant, subject=subject)
        self._known[tenant] = fold([event], before)
