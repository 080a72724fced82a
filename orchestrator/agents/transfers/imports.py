"""Which runs come from another journal, folded from each tenant's stream of imports."""

from orchestrator.agents.transfers import file
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.trials import RunImported


class Imports:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, dict[str, RunImported]] = {}  # by tenant

    async def of(self, tenant: str) -> dict[str, RunImported]:
        """By run."""
        if tenant not in self._known:
            bodies = [event.body for event in await self._ledger.read(_stream(tenant))]
            found = {body.run_id: body for body in bodies if isinstance(body, RunImported)}
            self._known.setdefault(tenant, found)
        return self._known[tenant]

    async def add(self, run: file.Run, context: str, *, tenant: str, by: str, at: float) -> None:
        known = await self.of(tenant)
        body = RunImported(
            run_id=run.run_id,
            digest=run.digest,
            by=by,
            tenant=run.tenant,
            subject=run.subject,
            exported_at=at,
            version=run.product,
            context=context,
            redacted=run.redacted,
        )
        await self._ledger.record(_stream(tenant), body, tenant=tenant, subject=by)
        known[run.run_id] = body


def _stream(tenant: str) -> str:
    return f"imports:{tenant}"
