"""What there is to know about one kind of import: columns, key, checks, what it looks up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, Connection, Table

from geo_service.imports import values
from geo_service.imports.columns import Column, Headings
from geo_service.imports.draft import Draft
from geo_service.imports.located import COORDINATES, GEOMETRY
from geo_service.imports.places import PlaceRule

LONGEST_NAME: Final = 200
"""Characters of names and short texts; they are indexed."""
LONGEST_LINE: Final = 1000
LONGEST_TEXT: Final = 20_000

COMMON: Final = (
    Column("source", values.text(LONGEST_LINE), ("quelle", "herkunft", "datenquelle")),
    Column("source_date", values.day, ("stand", "datenstand", "stichtag", "aktualitaet")),
    Column("is_demo", values.yes_or_no, ("demo",), empty=False),
)
"""Columns that every kind of record has."""

Derive = Callable[[Table], ColumnElement[Any]]
"""Makes an expression over the staging table for a column that is computed when a record is written."""


def nothing_to_prepare(draft: Draft) -> None:
    """Check nothing more."""


def nothing_to_refer(connection: Connection, draft: Draft) -> None:
    """Look nothing up."""


def nothing_after(connection: Connection) -> None:
    """Do nothing after the records are written."""


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of file.

    Parameters
    ----------
    name
        Word of the command line, and of ``import_runs.kind``.
    table
        Where the records go.
    key
        Column of the file that names a row to people.
    columns
        What a file may say; besides those that all kinds have.
    match
        Columns of the table that identify a record; of a range its first day counts.
    source
        Origin shown to readers when the file and the person say nothing else.
    label
        Expression that names a stored record in the list of those that are gone.
    scope
        Condition on stored records that the file should hold, given the staging table.
    place
        What is needed of the geometry; None: the kind has none.
    also_known
        Headings that suppliers write and that are not needed.
    prepare
        Checks and derives columns from the file alone.
    refer
        Looks up other records and checks against the register.
    derived
        Columns computed in SQL when a record is new or changed.
    after
        Work on other records, once these are written.
    """

    name: str
    table: Table
    key: str
    columns: tuple[Column, ...]
    match: tuple[str, ...]
    source: str
    label: ColumnElement[str]
    scope: Callable[[Table], ColumnElement[bool]]
    place: PlaceRule | None = None
    also_known: frozenset[str] = frozenset()
    prepare: Callable[[Draft], None] = nothing_to_prepare
    refer: Callable[[Connection, Draft], None] = nothing_to_refer
    derived: Mapping[str, Derive] = field(default_factory=lambda: MappingProxyType({}))
    after: Callable[[Connection], None] = nothing_after

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Everything that a file of this kind may say."""
        own = {column.name for column in self.columns}
        places = () if self.place is None else (GEOMETRY, *(COORDINATES if self.place.point else ()))
        return (*self.columns, *(column for column in (*COMMON, *places) if column.name not in own))

    def headings(self) -> Headings:
        """Return how the columns are found by their headings."""
        return Headings(self.all_columns, self.also_known)

    def stored(self, name: str) -> "TableColumn[Any]":
        """Return a column of the table."""
        column: TableColumn[Any] = self.table.columns[name]
        return column
