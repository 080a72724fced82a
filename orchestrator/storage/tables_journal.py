"""What the journal keeps beside its events: keys, the heads of the chains, anchors, sinks, snapshots."""

from sqlalchemy import Column, Float, Index, LargeBinary, Table, text

from orchestrator.storage.tables import Number, Text, metadata

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("wrapped", LargeBinary),  # by the master key; NULL: destroyed
    Column("created_at", Float, nullable=False),
    Column("destroyed_at", Float),
    Index(
        "uq_subject_keys_current",
        "tenant",
        "subject",
        unique=True,
        sqlite_where=text("destroyed_at IS NULL"),
    ),
    sqlite_with_rowid=False,
)

# The last event of each stream as of the last anchor, and where a stream went that was archived.
heads = Table(
    "heads",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("seq", Number, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("position", Number, nullable=False),
    Column("archive", Text, nullable=False, server_default=""),  # the file, when it is there and no longer here
    sqlite_with_rowid=False,
)

# Signed sums over all heads. The last one proves what is there; those before it are history.
anchors = Table(
    "anchors",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("position", Number, nullable=False),  # everything up to here is covered
    Column("streams", Number, nullable=False),
    Column("events", Number, nullable=False),
    Column("sum", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

# How far those are who are told of every event, and which process tells them (journal/audit.py).
sinks = Table(
    "sinks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", Number, nullable=False),  # of the last event that is kept there
    Column("holder", Text, nullable=False),  # empty: nobody
    Column("beats", Number, nullable=False),  # goes on while the holder does
    sqlite_with_rowid=False,
)

# The state of long runs on their way, so that opening one need not fold all of it. Dropped at will.
snapshots = Table(
    "snapshots",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("seq", Number, nullable=False),
    Column("version", Number, nullable=False),  # of the codec
    Column("key", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
