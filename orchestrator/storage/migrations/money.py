"""Revision 0001: the tables of money (storage/tables_budgets.py)."""

import sqlalchemy as sa
from alembic import op

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create() -> None:
    op.create_table(
        "budgets",
        sa.Column("tenant", Text, nullable=False),
        sa.Column("scope", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("period", Text, nullable=False),
        sa.Column("size", Number, nullable=False),
        sa.Column("extra", Number, server_default="0", nullable=False),
        sa.Column("spent", Number, server_default="0", nullable=False),
        sa.Column("reserved", Number, server_default="0", nullable=False),
        sa.Column("window", Text, nullable=False),
        sa.Column("alerted", Number, server_default="0", nullable=False),
        sa.Column("drawn", Number, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "scope", "name", "period", name=op.f("pk_budgets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charges",
        sa.Column("tenant", Text, nullable=False),
        sa.Column("key", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("day", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("agent", Text, nullable=False),
        sa.Column("run_id", Text, nullable=False),
        sa.Column("door", Text, nullable=False),
        sa.Column("model", Text, nullable=False),
        sa.Column("input_tokens", Number, nullable=False),
        sa.Column("output_tokens", Number, nullable=False),
        sa.Column("cached_tokens", Number, nullable=False),
        sa.Column("size", Number, nullable=False),
        sa.Column("by_cache", Number, nullable=False),
        sa.Column("by_optimiser", Number, nullable=False),
        sa.Column("by_router", Number, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_charges")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.create_index("ix_charges_tenant_at", ["tenant", "at"], unique=False)
        batch_op.create_index("ix_charges_tenant_day", ["tenant", "day"], unique=False)

    op.create_table(
        "reservations",
        sa.Column("tenant", Text, nullable=False),
        sa.Column("key", Text, nullable=False),
        sa.Column("holder", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("size", Number, nullable=False),
        sa.Column("accounts", sa.LargeBinary(), nullable=False),
        sa.Column("spending", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_reservations")),
        sqlite_with_rowid=False,
    )


def drop() -> None:
    op.drop_table("reservations")
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.drop_index("ix_charges_tenant_day")
        batch_op.drop_index("ix_charges_tenant_at")

    op.drop_table("charges")
    op.drop_table("budgets")
