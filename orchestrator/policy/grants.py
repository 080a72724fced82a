"""What people said "always" to: the fold of a tenant's stream of grants."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from orchestrator.kernel.events import Event, GrantGiven, GrantRevoked


class Grant(Struct, frozen=True):
    id: str
    tool: str
    shape: str
    by: str
    subject: str  # whose runs it covers
    at: float  # seconds since the Unix epoch
    approval_id: str = ""


def stream(tenant: str) -> str:
    """Where a tenant's grants are recorded."""
    return f"grants:{tenant}"


def fold(events: Iterable[Event], before: Mapping[str, Grant] | None = None) -> dict[str, Grant]:
    """The grants that hold after these events, by id; `before` is where an earlier fold stopped."""
    grants = dict(before or {})
    for event in events:
        body = event.body
        if isinstance(body, GrantGiven):
            grants[body.grant_id] = Grant(
                body.grant_id, body.tool, body.shape, body.by, event.subject, event.at, body.approval_id
            )
        elif isinstance(body, GrantRevoked):
            grants.pop(body.grant_id, None)
    return grants


def pairs(grants: Mapping[str, Grant], subject: str) -> frozenset[tuple[str, str]]:
    """As `Policy.decide` takes them: what covers the runs of this person, and of nobody else."""
    return frozenset((grant.tool, grant.shape) for grant in grants.values() if grant.subject == subject)
