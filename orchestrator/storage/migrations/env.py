"""How Alembic reaches the database; run by storage/database.py."""

from alembic import context
from sqlalchemy import create_engine

from orchestrator.storage import tables_identity  # noqa: F401  (adds its tables to the metadata)
from orchestrator.storage.tables import metadata

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
