"""Run by Alembic: migrates the database of the connection that `lab.migrations.command` hands over."""

from alembic import context

from lab.migrations.tables import ALL

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=list(ALL), compare_type=True)
with context.begin_transaction():
    context.run_migrations()
