"""Bring a database to the newest schema, and tell what is missing."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from geo_service.db import Database

ROOT = Path(__file__).resolve().parent.parent


def alembic_config() -> Config:
    """Return Alembic's configuration, independent of the working directory."""
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    return config


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade the schema; safe when several processes do it at once (advisory lock)."""
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def pending(database: Database) -> list[str]:
    """Return the revisions that the database lacks, oldest first.

    Raises
    ------
    DatabaseUnavailable
        When the database does not answer.
    """
    with database.read() as connection:
        return pending_revisions(connection)


def pending_revisions(connection: Connection) -> list[str]:
    """Return the revisions that the database of this connection lacks, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return []
    missing = [revision.revision for revision in script.iterate_revisions("head", current or "base")]
    return missing[::-1]
