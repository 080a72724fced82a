"""How Alembic reaches the database; run by storage/database.py. All of it happens, or nothing."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, event

from orchestrator.storage import tables_identity  # noqa: F401  (adds its tables to the metadata)
from orchestrator.storage.tables import metadata

engine = create_engine(context.config.attributes["url"])


@event.listens_for(engine, "connect")
def _left_alone(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # else Python's driver ends the transaction before each change of the schema


@event.listens_for(engine, "begin")
def _begun(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


try:
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
        context.run_migrations()
finally:
    engine.dispose()
