"""What people have allowed for always, folded from each tenant's stream of grants."""

from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.events import Body, Event, GrantGiven, GrantRevoked

Granted = frozenset[tuple[str, str]]


class Grants:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, dict[str, tuple[str, str]]] = {}  # tenant -> grant -> (tool, shape)

    async def of(self, tenant: str) -> Granted:
        return frozenset((await self._load(tenant)).values())

    async def given(self, tenant: str) -> dict[str, tuple[str, str]]:
        """Each grant's identifier, with its tool and shape."""
        return dict(await self._load(tenant))

    async def give(self, tenant: str, grant: GrantGiven, by: str) -> None:
        await self._record(tenant, grant, by)

    async def revoke(self, tenant: str, grant_id: str, by: str) -> None:
        await self._record(tenant, GrantRevoked(grant_id, by), by)

    async def _load(self, tenant: str) -> dict[str, tuple[str, str]]:
        if tenant not in self._known:
            known: dict[str, tuple[str, str]] = {}
            for event in await self._ledger.read(f"grants:{tenant}"):
                _apply(known, event)
            self._known.setdefault(tenant, known)
        return self._known[tenant]

    async def _record(self, tenant: str, body: Body, by: str) -> None:
        known = await self._load(tenant)
        _apply(known, await self._ledger.record(f"grants:{tenant}", body, tenant=tenant, subject=by))


def _apply(known: dict[str, tuple[str, str]], event: Event) -> None:
    if isinstance(event.body, GrantGiven):
        known[event.body.grant_id] = (event.body.tool, event.body.shape)
    elif isinstance(event.body, GrantRevoked):
        known.pop(event.body.grant_id, None)
