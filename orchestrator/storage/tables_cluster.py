"""The tables of an installation of many processes: on PostgreSQL only, and of no use to the embedded database."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
)

from orchestrator.storage.tables import Text
from orchestrator.storage.tables import metadata as _main

cluster = MetaData(naming_convention=_main.naming_convention)

nodes = Table(
    "nodes",
    cluster,
    Column("node", Text, primary_key=True),  # one life of one process: a node that comes back has another name
    Column("beat", BigInteger, nullable=False, server_default="0"),  # goes on as long as it lives
    Column("url", Text, nullable=False),
    Column("place", Text, nullable=False),  # machine and process, for neighbours who can look whether it is there
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),  # serving, draining
    Column("room", Integer, nullable=False),
    Column("running", Integer, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

claims = Table(
    "claims",
    cluster,
    Column("run_id", Text, primary_key=True),
    Column("node", Text, ForeignKey("nodes.node", ondelete="SET NULL")),  # NULL: it waits for one
    Column("epoch", BigInteger, nullable=False),  # the event by which it was claimed
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_claims_node", "node"),
)

# The lanes of those who have no NATS.

lane_bodies = Table(  # what is too long for a notice
    "lane_bodies",
    cluster,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    prefixes=["UNLOGGED"],
)
