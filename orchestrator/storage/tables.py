"""The tables of the journal and of its views. Every row bears its tenant and its subject."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, Table, text
from sqlalchemy import Text as AnyText

# The same on SQLite and on PostgreSQL: text is compared by its bytes, whole numbers have 64 bits.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")
Number = BigInteger().with_variant(Integer(), "sqlite")

# Indexes of some rows only are such on PostgreSQL, too: the migration says it, and here it would load that dialect.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

events = Table(
    "events",
    metadata,
    Column("position", Number, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("seq", Number, nullable=False),
    Column("type", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("key", Text, nullable=False),  # that the body is encrypted with; empty: it is plain
    Column("body", LargeBinary, nullable=False),  # JSON
    Column("hash", LargeBinary, nullable=False),  # see journal/rows.py
    Index("uq_events_stream_seq", "stream", "seq", unique=True),
    Index(
        "uq_events_terminal",
        "stream",
        unique=True,
        sqlite_where=text("type = 'run.finished'"),
    ),
)

# What follows are views: folded from the events, dropped and rebuilt at will.

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("parent", Text),
    Column("status", Text, nullable=False),
    Column("paused", Text, nullable=False, server_default=""),  # why it rests, where nothing is asked
    Column("goal", Text, nullable=False),
    Column("answer", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("steps", Number, nullable=False, server_default="0"),
    Column("input_tokens", Number, nullable=False, server_default="0"),
    Column("output_tokens", Number, nullable=False, server_default="0"),
    Column("cached_tokens", Number, nullable=False, server_default="0"),
    Column("cost", Float, nullable=False, server_default="0"),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("problem", LargeBinary),  # JSON
    Index("ix_runs_tenant_run_id", "tenant", "run_id"),
    Index("ix_runs_conversation_id", "conversation_id", "run_id"),
    Index("ix_runs_parent", "parent", sqlite_where=text("parent IS NOT NULL")),
    Index(
        "ix_runs_unfinished",
        "status",
        sqlite_where=text("finished_at IS NULL"),
    ),
    sqlite_with_rowid=False,
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
    Index("ix_conversations_recent", "tenant", "subject", "updated_at"),
    sqlite_with_rowid=False,
)

approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", Text, primary_key=True),
    Column("run_id", Text, nullable=False, index=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("asked", LargeBinary, nullable=False),  # JSON of approval.asked
    Column("answer", Text),  # NULL: it waits
    Index("ix_approvals_waiting", "tenant", sqlite_where=text("answer IS NULL")),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("created_at", Float, nullable=False),
    sqlite_with_rowid=False,
)

tool_statistics = Table(
    "tool_statistics",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("tool", Text, primary_key=True),
    Column("calls", Number, nullable=False),
    Column("failures", Number, nullable=False),
    Column("microseconds", Number, nullable=False),
    sqlite_with_rowid=False,
)

usage = Table(
    "usage",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # YYYY-MM-DD, UTC
    Column("model", Text, primary_key=True),
    Column("replies", Number, nullable=False),
    Column("input_tokens", Number, nullable=False),
    Column("output_tokens", Number, nullable=False),
    Column("cached_tokens", Number, nullable=False),
    Column("nanodollars", Number, nullable=False),  # billionths of a US dollar
    sqlite_with_rowid=False,
)

VIEWS = (runs, conversations, approvals, artifacts, tool_statistics, usage)
