"""The table of the vault. Truth, not a view; a value is there only as it was sealed under the master key."""

from sqlalchemy import Column, Float, LargeBinary, Table

from orchestrator.storage.tables import Text, metadata

secrets = Table(
    "secrets",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("hosts", Text, nullable=False),  # separated by spaces; sealed with the value, so that nobody widens them
    Column("tools", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    sqlite_with_rowid=False,
)
