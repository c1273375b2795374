"""Statements that build features in PostGIS.

Statements are made once for each collection and audience and kept: only values change between requests.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Date,
    Float,
    FromClause,
    Integer,
    Join,
    LargeBinary,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.types import NullType, TypeEngine

from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.filters import Filter, condition
from geo_service.ogc.model import Collection, Column

COORDINATE_DIGITS: Final = {WGS84_SRID: 7, STORAGE_SRID: 3}
"""Digits after the point: about one centimetre, one millimetre."""
KEPT_STATEMENTS: Final = 256
Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class View:
    """A collection as a caller sees it.

    Parameters
    ----------
    collection
        Id of the collection.
    fields
        Visible fields, in order.
    unpublished
        Whether rows that are not public are included.
    srid
        Coordinate system of the shapes.
    """

    collection: str
    fields: tuple[str, ...]
    unpublished: bool
    srid: int = WGS84_SRID


def items_parameters(
    page: tuple[int, int], days: tuple[date | None, date | None], choices: dict[str, str], today: date
) -> dict[str, Any]:
    """Return the values of ``items_statement`` without a box.

    Parameters
    ----------
    page
        Number of features, and the row id after which they start.
    days
        First and last day in question; None: open.
    choices
        Values of the collection's choices.
    today
        Day on which publication is judged.
    """
    limit, after = page
    return {
        "limit": limit,
        "rows": limit + 1,
        "after": after,
        "since": days[0],
        "until": days[1],
        "today": today,
        **choices,
    }


@lru_cache(maxsize=KEPT_STATEMENTS)
def items_statement(view: View, *, boxed: bool, filters: tuple[Filter, ...] = ()) -> Statement:
    """Build one page of a collection.

    Parameters
    ----------
    view
        Collection, fields and rows.
    boxed
        Whether an area is given (bound as ``area``: WKB in EPSG:25832).
    filters
        By which fields rows are chosen; values are bound by `filters.parameter_of` their place.

    Returns
    -------
    Select
        One row: features as text joined by commas, number of rows found (at most limit + 1), row id of the
        last feature. Bound: see ``items_parameters``.
    """
    collection = COLLECTIONS[view.collection]
    conditions = [*row_conditions(collection, view), collection.row_id > value("after", Integer)]
    if collection.valid is not None:
        days = func.daterange(
            value("since", Date),
            value("until", Date),
            constant("[]"),
        )
        conditions.append(collection.valid.op("&&", return_type=Boolean())(days))
    if boxed:
        area = func.ST_GeomFromWKB(value("area", LargeBinary), STORAGE_SRID)
        conditions.append(func.ST_Intersects(collection.geom, area))
    conditions += [
        condition(collection.columns[each.field], each, place) for place, each in enumerate(filters)
    ]
    page = (
        _features(collection, view)
        .add_columns(func.row_number().over(order_by=collection.row_id).label("place"))
        .where(*conditions)
        .order_by(collection.row_id)
        .limit(value("rows", Integer))
        .subquery("page")
    )
    on_page = page.c.place <= value("limit", Integer)
    return select(
        func.string_agg(page.c.feature, constant(",")).filter(on_page),
        func.count(),
        func.max(page.c.row_id).filter(on_page),
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def feature_statement(view: View) -> Statement:
    """Build one feature, of any time. Bound: ``key`` (text), ``today``, the collection's choices."""
    collection = COLLECTIONS[view.collection]
    wanted = collection.key == cast(value("key", Text), collection.key.type)
    features = _features(collection, view).where(wanted, *row_conditions(collection, view)).subquery("found")
    return select(features.c.feature)


@lru_cache(maxsize=KEPT_STATEMENTS)
def extent_statement(view: View) -> Statement:
    """Build the box around a collection, EPSG:25832: west, south, east, north. Bound: ``today``, choices."""
    collection = COLLECTIONS[view.collection]
    extent = (
        select(func.ST_Extent(collection.geom).label("box"))
        .select_from(collection.source)
        .where(*row_conditions(collection, view))
        .subquery("extent")
    )
    corners = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    return select(*(corner(extent.c.box, type_=Float) for corner in corners))


def data_version() -> Statement:
    """Select a text that changes whenever a transaction that wrote something has ended.

    Two equal snapshots see the same rows, so what was made under one is right under the other.
    """
    return select(cast(func.pg_current_snapshot(), Text))


def row_conditions(collection: Collection, view: View) -> list[ColumnElement[bool]]:
    """Return which rows belong to the collection and may be seen."""
    conditions = [column == value(name, Text) for name, (column, _default) in collection.choices.items()]
    if collection.only is not None:
        conditions.append(collection.only)
    if collection.public_rows is not None and not view.unpublished:
        conditions.append(collection.public_rows(value("today", Date)))
    return conditions


def _features(collection: Collection, view: View) -> Statement:
    """Select row id and feature text, unfiltered.

    Texts are concatenated: that is faster than building one JSON value.
    """
    properties = (
        select(*(collection.columns[name].label(name) for name in view.fields))
        .correlate(*_tables(collection.source))
        .lateral("properties")
    )
    shape = collection.geom
    if view.srid != STORAGE_SRID:
        shape = func.ST_Transform(shape, view.srid, type_=NullType())
    geometry = func.ST_AsGeoJSON(shape, COORDINATE_DIGITS[view.srid], 0, type_=Text)
    feature = (
        constant('{"type":"Feature","id":')
        + _json(collection.key)
        + constant(',"geometry":')
        + func.coalesce(geometry, constant("null"))
        + constant(',"properties":')
        + cast(func.row_to_json(properties.table_valued()), Text)
        + constant("}")
    )
    return select(collection.row_id.label("row_id"), feature.label("feature")).select_from(
        collection.source.join(properties, true())
    )


def _tables(source: FromClause) -> list[FromClause]:
    """Return the tables of a join."""
    return [*_tables(source.left), *_tables(source.right)] if isinstance(source, Join) else [source]


def value(name: str, kind: type[TypeEngine[Any]]) -> BindParameter[Any]:
    """Return a value that is given when the statement runs."""
    return bindparam(name, type_=kind, required=False)


def _json(value: Column) -> ColumnElement[str]:
    return cast(func.to_json(value), Text)


def constant(text: str) -> ColumnElement[str]:
    """Return a text of the program, never of a caller, as part of the statement."""
    return literal_column("'" + text.replace("'", "''") + "'", Text)
