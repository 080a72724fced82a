"""What people have allowed for always, folded from each tenant's stream of grants."""

from collections.abc import Callable

from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.events import Body, GrantGiven, GrantRevoked
from orchestrator.policy.grants import Grant, fold, pairs, stream


class Grants:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, dict[str, Grant]] = {}  # by tenant

    async def of(self, tenant: str, subject: str) -> frozenset[tuple[str, str]]:
        """The (tool, shape) pairs that need not be asked about in the runs of this person."""
        return pairs(await self.given(tenant), subject)

    async def reader(self, tenant: str, subject: str) -> Callable[[], frozenset[tuple[str, str]]]:
        """The same as a question that may be asked at any moment: what is revoked counts no more."""
        await self.given(tenant)
        return lambda: pairs(self._known[tenant], subject)

    async def given(self, tenant: str) -> dict[str, Grant]:
        if tenant not in self._known:
            found = fold(await self._ledger.read(stream(tenant)))
            self._known.setdefault(tenant, found)
        return self._known[tenant]

    async def give(self, tenant: str, grant: GrantGiven, subject: str) -> None:
        await self._record(tenant, grant, subject)

    async def revoke(self, tenant: str, grant_id: str, by: str) -> None:
        if grant_id not in await self.given(tenant):
            raise NotFound(f"There is no grant {grant_id}.")
        await self._record(tenant, GrantRevoked(grant_id, by), by)

    async def refresh(self) -> None:
        """Another server wrote to the grants: what is known of them is read again."""
        for tenant in list(self._known):
            self._known[tenant] = fold(await self._ledger.read(stream(tenant)))

    async def _record(self, tenant: str, body: Body, subject: str) -> None:
        await self.given(tenant)
        event = await self._ledger.record(stream(tenant), body, tenant=tenant, subject=subject)
        self._known[tenant] = fold([event], self._known[tenant])
