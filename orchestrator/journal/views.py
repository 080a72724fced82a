"""What people ask of the journal: runs, conversations, approvals, artifacts, statistics."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Select, Table, and_, func, or_, select

from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.events import ApprovalAsked, Artifact, Problem, RunStatus
from orchestrator.kernel.messages import Usage
from orchestrator.storage import tables as t
from orchestrator.storage.engine import AsyncEngine

_problem = msgspec.json.Decoder(Problem)
_asked = msgspec.json.Decoder(ApprovalAsked)


class RunView(Struct, frozen=True):
    run_id: str
    tenant: str
    subject: str
    conversation_id: str
    status: RunStatus
    goal: str
    answer: str
    model: str
    channel: str
    steps: int
    usage: Usage
    cost: float
    started_at: float
    finished_at: float | None
    problem: Problem | None
    parent: str | None = None
    paused: str = ""  # why it rests, where nothing is asked


class ApprovalView(Struct, frozen=True):
    approval_id: str
    run_id: str
    tenant: str
    subject: str
    asked_at: float
    asked: ApprovalAsked
    answer: str | None


class ConversationView(Struct, frozen=True):
    id: str
    tenant: str
    subject: str
    title: str
    created_at: float
    updated_at: float


class MessageView(Struct, frozen=True):
    id: str
    run_id: str
    role: str
    content: str
    model: str
    status: RunStatus
    at: float


class DayOfUse(Struct, frozen=True):
    """What one model did for one person on one day (UTC)."""

    day: str
    subject: str
    model: str
    replies: int
    usage: Usage
    cost: float  # US dollars


class ToolStatistics(Struct, frozen=True):
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0


def _run(row: Any) -> RunView:
    return RunView(
        run_id=row.run_id,
        tenant=row.tenant,
        subject=row.subject,
        conversation_id=row.conversation_id,
        status=row.status,
        goal=row.goal,
        answer=row.answer,
        model=row.model,
        channel=row.channel,
        steps=row.steps,
        usage=Usage(row.input_tokens, row.output_tokens, row.cached_tokens),
        cost=row.cost,
        started_at=row.started_at,
        finished_at=row.finished_at,
        problem=_problem.decode(row.problem) if row.problem else None,
        parent=row.parent,
        paused=row.paused,
    )


def _conversation(row: Any) -> ConversationView:
    return ConversationView(row.id, row.tenant, row.subject, row.title, row.created_at, row.updated_at)


def _of(query: Select[Any], table: Table, tenant: str, subject: str | None) -> Select[Any]:
    """The rows of one person of a tenant; without a subject, of all of them."""
    query = query.where(table.c.tenant == tenant)
    return query if subject is None else query.where(table.c.subject == subject)


class Views:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _all(self, query: Select[Any]) -> list[Any]:
        async with self._engine.connect() as connection:
            return list(await connection.execute(query))

    async def _one(self, query: Select[Any], what: str) -> Any:
        rows = await self._all(query)
        if not rows:
            raise NotFound(f"There is no {what}.")
        return rows[0]

    async def run(self, tenant: str, run_id: str, subject: str | None = None) -> RunView:
        query = _of(select(t.runs), t.runs, tenant, subject).where(t.runs.c.run_id == run_id)
        return _run(await self._one(query, f"run {run_id}"))

    async def whose(self, run_id: str) -> RunView | None:
        """A run of whatever tenant: for the server itself."""
        rows = await self._all(select(t.runs).where(t.runs.c.run_id == run_id))
        return _run(rows[0]) if rows else None

    async def runs(
        self,
        tenant: str,
        subject: str | None = None,
        *,
        status: RunStatus | None = None,
        conversation_id: str | None = None,
        parent: str | None = None,
        children: bool = True,
        before: str | None = None,
        limit: int = 50,
    ) -> list[RunView]:
        """Newest first; `before` is the last run_id of the page before. Without `children`, no sub-runs."""
        query = _of(select(t.runs), t.runs, tenant, subject)
        if status is not None:
            query = query.where(t.runs.c.status == status)
        if conversation_id is not None:
            query = query.where(t.runs.c.conversation_id == conversation_id)
        if parent is not None:
            query = query.where(t.runs.c.parent == parent)
        elif not children:
            query = query.where(t.runs.c.parent.is_(None))
        if before is not None:
            query = query.where(t.runs.c.run_id < before)
        return [_run(row) for row in await self._all(query.order_by(t.runs.c.run_id.desc()).limit(limit))]

    async def family(self, tenant: str, run_id: str) -> list[RunView]:
        """The sub-runs of a run, and theirs, each behind its parent."""
        r = t.runs
        below = select(r.c.run_id).where(r.c.tenant == tenant, r.c.parent == run_id).cte("below", recursive=True)
        below = below.union_all(select(r.c.run_id).where(r.c.parent == below.c.run_id))
        query = select(r).where(r.c.run_id.in_(select(below.c.run_id))).order_by(r.c.started_at, r.c.run_id)
        found: dict[str | None, list[RunView]] = {}
        for row in await self._all(query):
            found.setdefault(row.parent, []).append(_run(row))

        def under(parent: str) -> list[RunView]:
            return [view for child in found.get(parent, ()) for view in (child, *under(child.run_id))]

        return under(run_id)

    async def unfinished(self) -> list[RunView]:
        """Runs of every tenant that are under way or wait, oldest first."""
        query = select(t.runs).where(t.runs.c.finished_at.is_(None)).order_by(t.runs.c.run_id)
        return [_run(row) for row in await self._all(query)]

    async def conversations(
        self, tenant: str, subject: str, *, before: str | None = None, limit: int = 50
    ) -> list[ConversationView]:
        """Most recently used first; `before` is the last id of the page before."""
        c = t.conversations.c
        query = select(t.conversations).where(c.tenant == tenant, c.subject == subject, c.deleted_at.is_(None))
        if before is not None:
            last = await self.conversation(tenant, subject, before)
            older = and_(c.updated_at == last.updated_at, c.id < last.id)
            query = query.where(or_(c.updated_at < last.updated_at, older))
        query = query.order_by(c.updated_at.desc(), c.id.desc()).limit(limit)
        return [_conversation(row) for row in await self._all(query)]

    async def conversation(self, tenant: str, subject: str, conversation_id: str) -> ConversationView:
        c = t.conversations.c
        query = select(t.conversations).where(
            c.id == conversation_id, c.tenant == tenant, c.subject == subject, c.deleted_at.is_(None)
        )
        return _conversation(await self._one(query, f"conversation {conversation_id}"))

    async def conversation_of_another(self, tenant: str, subject: str, conversation_id: str) -> bool:
        """Whether somebody else has a conversation of this name."""
        c = t.conversations.c
        rows = await self._all(select(c.tenant, c.subject).where(c.id == conversation_id))
        return any((row.tenant, row.subject) != (tenant, subject) for row in rows)

    async def messages(self, tenant: str, conversation_id: str) -> list[MessageView]:
        """Oldest first: each run is what a person said, and what was answered."""
        query = (
            select(t.runs)
            .where(t.runs.c.tenant == tenant, t.runs.c.conversation_id == conversation_id, t.runs.c.parent.is_(None))
            .order_by(t.runs.c.run_id)
        )
        said: list[MessageView] = []
        for run in (_run(row) for row in await self._all(query)):
            said.append(MessageView(f"{run.run_id}:goal", run.run_id, "user", run.goal, "", run.status, run.started_at))
            if run.finished_at is not None:
                said.append(
                    MessageView(
                        f"{run.run_id}:answer",
                        run.run_id,
                        "assistant",
                        run.answer,
                        run.model,
                        run.status,
                        run.finished_at,
                    )
                )
        return said

    async def approvals(
        self, tenant: str, subject: str | None = None, *, run_id: str | None = None, waiting: bool = True
    ) -> list[ApprovalView]:
        c = t.approvals.c
        query = _of(select(t.approvals), t.approvals, tenant, subject)
        if run_id is not None:
            query = query.where(c.run_id == run_id)
        if waiting:
            query = query.where(c.answer.is_(None))
        return [_approval(row) for row in await self._all(query.order_by(c.approval_id))]

    async def unanswered(self, before: float) -> list[ApprovalView]:
        """Of every tenant: what was asked before this time and waits still."""
        c = t.approvals.c
        query = select(t.approvals).where(c.answer.is_(None), c.asked_at < before).order_by(c.approval_id)
        return [_approval(row) for row in await self._all(query)]

    async def approval(self, tenant: str, approval_id: str, subject: str | None = None) -> ApprovalView:
        query = _of(select(t.approvals), t.approvals, tenant, subject).where(t.approvals.c.approval_id == approval_id)
        return _approval(await self._one(query, f"approval {approval_id}"))

    async def artifact(self, tenant: str, identifier: str, subject: str | None = None) -> Artifact:
        query = _of(select(t.artifacts), t.artifacts, tenant, subject).where(t.artifacts.c.id == identifier).limit(1)
        row = await self._one(query, f"artifact {identifier}")
        return Artifact(row.id, row.name, row.media_type, row.size)

    async def tool_statistics(self, tenant: str) -> dict[str, ToolStatistics]:
        c = t.tool_statistics.c
        sums = (func.sum(c.calls), func.sum(c.failures), func.sum(c.microseconds))
        query = select(c.tool, *sums).where(c.tenant == tenant).group_by(c.tool)
        return {row[0]: ToolStatistics(int(row[1]), int(row[2]), int(row[3]) / 1e6) for row in await self._all(query)}

    async def usage(
        self, tenant: str, subject: str | None = None, *, since: str = "", limit: int = 1000
    ) -> list[DayOfUse]:
        """Newest day first; `since` is a day as YYYY-MM-DD."""
        c = t.usage.c
        query = _of(select(t.usage), t.usage, tenant, subject).where(c.day >= since)
        rows = await self._all(query.order_by(c.day.desc(), c.subject, c.model).limit(limit))
        return [
            DayOfUse(
                row.day,
                row.subject,
                row.model,
                row.replies,
                Usage(row.input_tokens, row.output_tokens, row.cached_tokens),
                row.nanodollars / 1e9,
            )
            for row in rows
        ]

    async def counts(self, tenant: str) -> dict[str, int]:
        """How many runs there are, by status."""
        query = select(t.runs.c.status, func.count()).where(t.runs.c.tenant == tenant).group_by(t.runs.c.status)
        return {row[0]: row[1] for row in await self._all(query)}

    async def events(self) -> int:
        """How many events the journal holds."""
        return int((await self._all(select(func.coalesce(func.max(t.events.c.position), 0))))[0][0])


def _approval(row: Any) -> ApprovalView:
    return ApprovalView(
        row.approval_id, row.run_id, row.tenant, row.subject, row.asked_at, _asked.decode(row.asked), row.answer
    )
