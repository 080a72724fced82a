"""The tables of money: what may be spent, what is reserved, and what was spent on what. Billionths of a dollar."""

from sqlalchemy import Column, Float, Index, LargeBinary, Table

from orchestrator.storage.tables import Number, Text, metadata

budgets = Table(
    "budgets",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # tenant, user, agent, run
    Column("name", Text, primary_key=True),  # of the user, agent or run; "*": of each that has none of its own
    Column("period", Text, primary_key=True),  # day, month, total
    Column("size", Number, nullable=False),
    Column("extra", Number, nullable=False, server_default="0"),  # added in this window
    Column("spent", Number, nullable=False, server_default="0"),  # in this window
    Column("reserved", Number, nullable=False, server_default="0"),  # by calls under way
    Column("window", Text, nullable=False),  # YYYY-MM-DD or YYYY-MM, UTC; empty: there is but one
    Column("alerted", Number, nullable=False, server_default="0"),  # per cent that was told of in this window
    Column("drawn", Number, nullable=False, server_default="0"),  # 1: it is as "*" says
    sqlite_with_rowid=False,
)

reservations = Table(
    "reservations",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # of the call
    Column("holder", Text, nullable=False),  # the process that makes it
    Column("subject", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("size", Number, nullable=False),
    Column("accounts", LargeBinary, nullable=False),  # JSON: of which budgets
    Column("spending", LargeBinary, nullable=False),  # JSON: what is bought
    sqlite_with_rowid=False,
)

charges = Table(
    "charges",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # of the call: one that is made twice adds to it
    Column("kind", Text, nullable=False),  # spent, topped_up
    Column("at", Float, nullable=False),
    Column("day", Text, nullable=False),  # YYYY-MM-DD, UTC
    Column("subject", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("input_tokens", Number, nullable=False),
    Column("output_tokens", Number, nullable=False),
    Column("cached_tokens", Number, nullable=False),
    Column("size", Number, nullable=False),
    Column("by_cache", Number, nullable=False),  # spared
    Column("by_optimiser", Number, nullable=False),
    Column("by_router", Number, nullable=False),
    Index("ix_charges_tenant_at", "tenant", "at"),
    Index("ix_charges_tenant_day", "tenant", "day"),
    sqlite_with_rowid=False,
)
