"""What a collection of the OGC API is made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Executable, FromClause, TextClause

Column = ColumnElement[Any]
Check = Callable[[str], object]
"""Raises ValueError or BadParameter, saying what is known, for a word that there is not."""
RowRule = Callable[[ColumnElement[date]], ColumnElement[bool]]
"""Makes the condition for rows that the public may see on a day."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """How a collection is drawn on vector tiles.

    Parameters
    ----------
    source
        Rows with what the properties need.
    properties
        Properties of a tile's features: name to (record and field of the table of fields, expression).
    coarse
        Properties that remain below ``FULL_ZOOM``; None: all.
    min_zoom
        Below it tiles are empty.
    grid
        Geometry on the grid of tiles (`GRID_ZOOM`), not cut off at their edges: below ``FULL_ZOOM``
        features with the same properties are drawn as one; None: each is put on the grid for each tile,
        and stays alone.
    """

    source: FromClause
    properties: Mapping[str, tuple[str, str, Column]]
    coarse: frozenset[str] | None = None
    min_zoom: int = 0
    grid: Column | None = None


@dataclass(frozen=True, eq=False)
class Collection:
    """One collection.

    Parameters
    ----------
    id
        Name in addresses and in the table of fields.
    title, title_de
        What people call it.
    description
        One sentence.
    source
        Table or join.
    row_id
        Integer that orders the rows: pages go on after it.
    key
        Id of a feature in addresses.
    geom
        Geometry, EPSG:25832.
    geom_3857
        The same, kept in EPSG:3857; None: it is transformed when it is needed.
    columns
        Expression of every field of the table of fields.
    tiles
        How it is drawn; None: on the tiles of another collection.
    valid
        Days on which a row holds (daterange); None: always.
    told_days
        Days that a row tells of (daterange), where it is stored for some alone: another one that is asked for
        has none. None: it tells of all days on which it holds.
    area_m2
        Size of a feature: on a crowded tile the larger ones stay; None: points.
    public_rows
        Rows that the public may see; None: all.
    only
        Rows that belong to the collection; None: all of the source.
    choices
        Query parameters that pick rows: name to (column, default).
    words
        Words that a choice may have, by its name; of others any value is taken.
    stored
        Tells whether anything is stored by the choices, which are bound; None: rows need not be computed.
    remedy
        Command that computes them, with the choices in braces.
    computation
        Selects the one row that tells how stored results were computed; None: nothing is computed.
    checks
        Of fields that hold words of a vocabulary: what refuses a word that there is not.
    """

    id: str
    title: str
    title_de: str
    description: str
    source: FromClause
    row_id: Column
    key: Column
    geom: Column
    columns: Mapping[str, Column]
    geom_3857: Column | None = None
    tiles: Tiles | None = None
    valid: Column | None = None
    told_days: Column | None = None
    area_m2: Column | None = None
    public_rows: RowRule | None = None
    only: ColumnElement[bool] | None = None
    choices: Mapping[str, tuple[Column, str]] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    stored: Executable | None = None
    remedy: str = ""
    computation: TextClause | None = None
    checks: Mapping[str, Check] = field(default_factory=lambda: MappingProxyType({}))


def one_of(words: Iterable[str]) -> Check:
    """Return the check that a word is one of a vocabulary."""
    known = tuple(words)

    def check(word: str) -> None:
        if word not in known:
            raise ValueError(f"Known: {', '.join(known)}.")

    return check
