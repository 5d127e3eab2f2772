"""The database's schema as migrations (Alembic), for both kinds of database.

`HEAD` is the newest one. After a change of a table: `python -m lab.migrations "what changed"` writes the next one; look
at it, and set HEAD.
"""

HEAD = "0001"
