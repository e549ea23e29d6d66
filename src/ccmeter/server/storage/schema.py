"""Brings a database to the tables that this version knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ccmeter.server.errors import ServerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ccmeter.server.storage.database import Database

_LOCK: Final = 0x63636D
"""So that of several servers that start at once on PostgreSQL one migrates, and the others wait."""


def upgrade(database: Database) -> None:
    """Run the migrations that are missing, all or none."""
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if (known := version(connection)) is not None and known not in _known():
            raise ServerError(
                f"The database was written by a newer ccmeter (schema {known}).",
                hint="Update ccmeter, or restore the backup that was made before the update.",
            )
        command.upgrade(_config(connection), "head")


def version(connection: Connection) -> str | None:
    """Give the migration that the database stands at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def latest() -> str:
    """Give the newest migration that this version knows."""
    found = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert found is not None
    return found


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()}


def _config(connection: Connection | None) -> Config:
    made = Config()
    made.set_main_option("script_location", "ccmeter.server.storage:migrations")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made
