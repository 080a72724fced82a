"""How each event changes the views, as statements run in the event's own transaction.

A view holds nothing that the events do not: `rebuild` empties the tables and folds them again.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec

from orchestrator.kernel import events as e

Statement: TypeAlias = tuple[str, dict[str, Any]]
encode = msgspec.json.encode

TITLE_LENGTH = 80


def title_of(goal: str) -> str:
    line = " ".join(goal.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def _started(event: e.Event, body: e.RunStarted) -> Iterator[Statement]:
    who = {"tenant": event.tenant, "subject": event.subject, "at": event.at}
    goal = body.goal.said
    yield (
        "INSERT INTO runs (run_id, tenant, subject, conversation_id, parent, status, paused, goal, model, channel,"
        " started_at)"
        " VALUES (:run, :tenant, :subject, :conversation, :parent, :status, :paused, :goal, :model, :channel, :at)",
        {
            **who,
            "run": event.stream,
            "conversation": body.conversation_id,
            "parent": body.parent,
            "status": "waiting" if body.after else "running",
            "paused": "queue" if body.after else "",
            "goal": goal,
            "model": body.model,
            "channel": body.channel,
        },
    )
    yield (
        "INSERT INTO conversations (id, tenant, subject, title, created_at, updated_at)"
        " VALUES (:id, :tenant, :subject, :title, :at, :at) ON CONFLICT (id) DO UPDATE SET updated_at = :at,"
        " title = CASE WHEN conversations.title = '' THEN :title ELSE conversations.title END",
        {**who, "id": body.conversation_id, "title": title_of(goal)},
    )


def _finished(event: e.Event, body: e.RunFinished) -> Iterator[Statement]:
    yield (
        "UPDATE runs SET status = :status, answer = :answer, model = :model, steps = :steps, input_tokens = :input,"
        " output_tokens = :output, cached_tokens = :cached, cost = :cost, finished_at = :at, problem = :problem,"
        " paused = '' WHERE run_id = :run",
        {
            "run": event.stream,
            "status": body.status,
            "answer": body.answer,
            "model": body.model,
            "steps": body.steps,
            "input": body.usage.input_tokens,
            "output": body.usage.output_tokens,
            "cached": body.usage.cached_tokens,
            "cost": body.cost,
            "at": event.at,
            "problem": encode(body.problem) if body.problem else None,
        },
    )
    yield (
        "UPDATE conversations SET updated_at = :at WHERE id = (SELECT conversation_id FROM runs WHERE run_id = :run)",
        {"run": event.stream, "at": event.at},
    )
    # What it waited for is not asked any more.
    yield "UPDATE approvals SET answer = 'refuse' WHERE run_id = :run AND answer IS NULL", {"run": event.stream}


def _asked(event: e.Event, body: e.ApprovalAsked) -> Iterator[Statement]:
    yield (
        "INSERT INTO approvals (approval_id, run_id, tenant, subject, asked_at, asked)"
        " VALUES (:id, :run, :tenant, :subject, :at, :asked)",
        {
            "id": body.approval_id,
            "run": event.stream,
            "tenant": event.tenant,
            "subject": event.subject,
            "at": event.at,
            "asked": encode(body),
        },
    )
    yield "UPDATE runs SET status = 'waiting' WHERE run_id = :run", {"run": event.stream}


def _answered(event: e.Event, body: e.ApprovalAnswered) -> Iterator[Statement]:
    yield (
        "UPDATE approvals SET answer = :answer WHERE approval_id = :id",
        {"id": body.approval_id, "answer": body.answer},
    )
    yield _stirred(event)


def _edited(event: e.Event, body: e.CallEdited) -> Iterator[Statement]:
    yield "UPDATE approvals SET answer = 'edited' WHERE approval_id = :id", {"id": body.approval_id}
    yield _stirred(event)


def _paused(event: e.Event, body: e.RunPaused) -> Iterator[Statement]:
    yield (
        "UPDATE runs SET paused = :reason, status = 'waiting' WHERE run_id = :run AND finished_at IS NULL",
        {"run": event.stream, "reason": body.reason},
    )


def _continued(event: e.Event, _: e.RunContinued) -> Iterator[Statement]:
    yield "UPDATE runs SET paused = '' WHERE run_id = :run", {"run": event.stream}
    yield _stirred(event)


def _stirred(event: e.Event) -> Statement:
    """One thing fewer to wait for: does anything keep the run from going on?"""
    return (
        "UPDATE runs SET status = CASE WHEN paused <> '' OR EXISTS"
        " (SELECT 1 FROM approvals WHERE run_id = :run AND answer IS NULL) THEN 'waiting' ELSE 'running' END"
        " WHERE run_id = :run AND finished_at IS NULL",
        {"run": event.stream},
    )


_CALLS = """INSERT INTO tool_statistics (tenant, subject, tool, calls, failures, microseconds)
  VALUES (:tenant, :subject, :tool, :calls, :failures, :microseconds)
  ON CONFLICT (tenant, subject, tool) DO UPDATE SET calls = tool_statistics.calls + :calls,
  failures = tool_statistics.failures + :failures, microseconds = tool_statistics.microseconds + :microseconds"""


def _returned(event: e.Event, body: e.ToolReturned) -> Iterator[Statement]:
    if body.source == "made":  # what was taken from another run is no call
        yield (
            _CALLS,
            {
                "tenant": event.tenant,
                "subject": event.subject,
                "tool": body.tool,
                "calls": 1,
                "failures": int(body.outcome not in ("ok", "refused")),
                "microseconds": round(body.seconds * 1e6),
            },
        )
    if body.artifact is not None:
        yield (
            "INSERT INTO artifacts (id, run_id, tenant, subject, name, media_type, size, created_at) VALUES"
            " (:id, :run, :tenant, :subject, :name, :media_type, :size, :at) ON CONFLICT (id, run_id) DO NOTHING",
            {
                **msgspec.structs.asdict(body.artifact),
                "run": event.stream,
                "tenant": event.tenant,
                "subject": event.subject,
                "at": event.at,
            },
        )


_REPLIES = """INSERT INTO usage
  (tenant, subject, day, model, replies, input_tokens, output_tokens, cached_tokens, nanodollars)
  VALUES (:tenant, :subject, :day, :model, :replies, :input, :output, :cached, :nanodollars)
  ON CONFLICT (tenant, subject, day, model) DO UPDATE SET replies = usage.replies + :replies,
  input_tokens = usage.input_tokens + :input, output_tokens = usage.output_tokens + :output,
  cached_tokens = usage.cached_tokens + :cached, nanodollars = usage.nanodollars + :nanodollars"""


# What a run under way took so far; its end says what it took in all.
_SO_FAR = """UPDATE runs SET steps = steps + :replies, input_tokens = input_tokens + :input,
  output_tokens = output_tokens + :output, cached_tokens = cached_tokens + :cached,
  cost = round(cost * 1e9 + :nanodollars) / 1e9 WHERE run_id = :run AND finished_at IS NULL"""


def _replied(event: e.Event, body: e.ModelReplied) -> Iterator[Statement]:
    reply = _reply(event, body)
    yield _SO_FAR, {"run": event.stream, **{name: reply[name] for name in _COUNTED}}
    if body.source == "made":
        yield _REPLIES, reply


def _closed(event: e.Event, body: e.RequestClosed) -> Iterator[Statement]:
    if body.outcome == "answered":
        yield _REPLIES, _reply(event, body)


def _reply(event: e.Event, body: e.ModelReplied | e.RequestClosed) -> dict[str, Any]:
    return {
        "tenant": event.tenant,
        "subject": event.subject,
        "day": _day(int(event.at // 86400)),
        "model": body.model,
        "replies": 1,
        "input": body.usage.input_tokens,
        "output": body.usage.output_tokens,
        "cached": body.usage.cached_tokens,
        "nanodollars": round(body.cost * 1e9),
    }


@lru_cache(maxsize=64)
def _day(days: int) -> str:
    """Days since the epoch as YYYY-MM-DD, UTC."""
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def _opened(event: e.Event, body: e.ConversationOpened) -> Iterator[Statement]:
    yield (
        "INSERT INTO conversations (id, tenant, subject, title, created_at, updated_at)"
        " VALUES (:id, :tenant, :subject, :title, :at, :at)",
        {"id": event.stream, "tenant": event.tenant, "subject": event.subject, "title": body.title, "at": event.at},
    )


def _renamed(event: e.Event, body: e.ConversationRenamed) -> Iterator[Statement]:
    yield "UPDATE conversations SET title = :title WHERE id = :id", {"id": event.stream, "title": body.title}


def _deleted(event: e.Event, _: e.ConversationDeleted) -> Iterator[Statement]:
    yield "UPDATE conversations SET deleted_at = :at WHERE id = :id", {"id": event.stream, "at": event.at}


_PROJECTIONS: dict[type, Callable[[e.Event, Any], Iterator[Statement]]] = {
    e.RunStarted: _started,
    e.RunFinished: _finished,
    e.ApprovalAsked: _asked,
    e.RunPaused: _paused,
    e.RunContinued: _continued,
    e.ApprovalAnswered: _answered,
    e.CallEdited: _edited,
    e.ModelReplied: _replied,
    e.RequestClosed: _closed,
    e.ToolReturned: _returned,
    e.ConversationOpened: _opened,
    e.ConversationRenamed: _renamed,
    e.ConversationDeleted: _deleted,
}


def statements(event: e.Event) -> Iterable[Statement]:
    projection = _PROJECTIONS.get(type(event.body))
    return projection(event, event.body) if projection else ()


_COUNTED = ("replies", "input", "output", "cached", "nanodollars")

# Of these, only the sums matter: what is counted, and the whole numbers to add.
_SUMS = {
    _CALLS: (itemgetter("tenant", "subject", "tool"), ("calls", "failures", "microseconds")),
    _REPLIES: (itemgetter("tenant", "subject", "day", "model"), _COUNTED),
    _SO_FAR: (itemgetter("run"), _COUNTED),
}


def merged(changes: Iterable[Statement]) -> Iterator[Statement]:
    """The same changes in the same order, with those that only count made one for each thing they count."""
    sums: dict[tuple[str, Any], dict[str, Any]] = {}
    for sql, values in changes:
        if sql not in _SUMS:
            yield sql, values
            continue
        what, numbers = _SUMS[sql]
        total = sums.get((sql, what(values)))
        if total is None:
            sums[sql, what(values)] = values.copy()
        else:
            for name in numbers:
                total[name] += values[name]
    for (sql, _), values in sums.items():
        yield sql, values
