"""Alembic runs the migrations over the connection that `bridge.store.schema` hands it."""

from alembic import context

from bridge.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
