"""Alembic environment: one transaction, lock and statement timeouts, advisory lock against two migrators."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from geo_service.schema import metadata

ADVISORY_LOCK = 0x67656F5F  # "geo_": any number, the same for every migrator of this service


def include_object(_item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Leave tables of PostGIS alone."""
    return not (kind == "table" and reflected and name == "spatial_ref_sys")


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        compare_server_default=False,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SET LOCAL statement_timeout = '15min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()


def main() -> None:
    """Connect (attribute ``connection`` or option ``sqlalchemy.url``) and migrate."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    url = context.config.get_main_option("sqlalchemy.url")
    if not url:
        message = "Run migrations by 'geo db migrate', or set sqlalchemy.url."
        raise SystemExit(message)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as opened:
        run(opened)


main()
