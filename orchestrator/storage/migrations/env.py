"""What Alembic runs, on the connection and in the transaction of storage/database.py. All of it happens, or nothing."""

from alembic import context

from orchestrator.storage import (  # noqa: F401  (they add their tables to the metadata)
    tables_budgets,
    tables_identity,
    tables_journal,
    tables_secrets,
)
from orchestrator.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
