"""Many rows into an empty table: what the server keeps row by row is built once, after them."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import AddConstraint, DropConstraint, DropIndex

from geo_service.imports import queries

BULK_ROWS: Final = 2_000
"""From this many rows on, indexes, unique keys and references of an empty table are built at the end."""
AREAS: Final = frozenset({"districts", "quarters"})
"""Tables that may be locked meanwhile: with the land still missing, few ask for its districts."""


def build_later(connection: Connection, table: Table, rows: int) -> Callable[[], None]:
    """Drop the plain indexes, unique keys and references to areas of an empty table that many rows come into.

    Built once after them instead of row by row, they take half of the time off the first import of a
    cadastre. Nobody can miss them while the table is empty for everyone else, and a failed import brings them
    back; a key that is there twice ends it as before. Keys that other tables refer to stay, and so do
    references while anybody reads the areas: waiting for them could end in a deadlock.

    Parameters
    ----------
    connection
        Connection in a transaction, without which nothing is dropped for good.
    table
        The table that is written.
    rows
        Number of rows to come.

    Returns
    -------
    collections.abc.Callable
        Builds what was dropped; to be called when the rows are there.
    """
    bulk = rows >= BULK_ROWS and connection.execute(queries.may_build_indexes(table)).scalar_one()
    indexes = [index for index in table.indexes if not index.unique] if bulk else []
    references = _free_references(connection, table) if bulk else []
    constraints = [*own_keys(table), *references] if bulk else []
    for constraint in constraints:
        connection.execute(DropConstraint(constraint))
    for index in indexes:
        connection.execute(DropIndex(index, if_exists=True))

    def build() -> None:
        for index in sorted(indexes, key=lambda one: str(one.name)):
            index.create(connection)
        for constraint in constraints:
            connection.execute(AddConstraint(constraint))

    return build


def own_keys(table: Table) -> list[UniqueConstraint]:
    """Return the unique keys of a table that no other refers to."""
    referred = {key.column for other in table.metadata.tables.values() for key in other.foreign_keys}
    keys = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    return [key for key in keys if not referred.issuperset(key.columns)]


def _free_references(connection: Connection, table: Table) -> list[ForeignKeyConstraint]:
    """Return the references to areas, locked with them; none if anybody else is at work there."""
    references = [one for one in table.foreign_key_constraints if one.referred_table.name in AREAS]
    if not references:
        return []
    try:
        with connection.begin_nested():
            connection.execute(queries.lock_at_once([table, *(one.referred_table for one in references)]))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != queries.LOCK_NOT_AVAILABLE:
            raise
        return []
    return references
