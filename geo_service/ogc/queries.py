"""Statements that build features in PostGIS.

Statements are made once for each collection and audience and kept: only values change between requests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Date,
    Delete,
    Double,
    Float,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.types import NullType, TypeEngine

from geo_service.audit import AuditEntry
from geo_service.auth.fields import RECORDS, Kind
from geo_service.geometry import STORAGE_SRID, WEB_MERCATOR_SRID, WGS84_SRID
from geo_service.ogc import paging
from geo_service.ogc.change_queries import data_state
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.cql.operands import Scope
from geo_service.ogc.cql.translate import condition_of
from geo_service.ogc.cql.tree import parse
from geo_service.ogc.crs import CRS84, Crs
from geo_service.ogc.filters import condition, parameter_of
from geo_service.ogc.model import Collection, Column
from geo_service.ogc.paging import start_values
from geo_service.ogc.places import premises
from geo_service.ogc.question import Cql, ItemsRequest, Question

KEPT_STATEMENTS: Final = 256
POINT_BELOW: Final = cast(literal_column("1e15"), Double)
"""Doubles below it are written in digits alone, and a whole one is known exactly."""
Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class View:
    """A collection as a caller sees it.

    Parameters
    ----------
    collection
        Id of the collection.
    visible
        Fields that the caller sees, in order.
    unpublished
        Whether rows that are not public are included.
    crs
        Coordinate system of the shapes.
    wanted
        Fields that are handed out; None: all that the caller sees.
    """

    collection: str
    visible: tuple[str, ...]
    unpublished: bool
    crs: Crs = CRS84
    wanted: tuple[str, ...] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that are handed out, in order."""
        return self.visible if self.wanted is None else self.wanted


def items_parameters(asked: ItemsRequest, today: date) -> dict[str, Any]:
    """Return the values of `items_statement` and `count_statement`.

    Parameters
    ----------
    asked
        The page.
    today
        Day on which publication is judged.
    """
    values = {
        "limit": asked.limit,
        "rows": asked.limit + 1,
        "since": asked.days[0],
        "until": asked.days[1],
        "today": today,
        **start_values(asked.start),
        **asked.choices,
        **{parameter_of(place): given for place, given in enumerate(asked.values)},
    }
    if asked.area is not None:
        values["area"] = shapely.to_wkb(asked.area)
    return values


@lru_cache(maxsize=KEPT_STATEMENTS)
def items_statement(view: View, question: Question) -> Statement:
    """Build one page of a collection.

    Parameters
    ----------
    view
        Collection, fields and rows.
    question
        Which rows, in which order.

    Returns
    -------
    Select
        One row: features as text joined by commas, number of rows found (at most limit + 1), bytes of the
        one that is too many (None: none is), what the marks of the ends of the page are made of in the order
        of reading, and the state of the data (`data_version`). Bound: see `items_parameters`.

    Raises
    ------
    BadParameter
        When the filter cannot be used.
    """
    collection = COLLECTIONS[view.collection]
    order = paging.order(collection, question.sorts, backwards=question.backwards)
    conditions = asked_rows(view, question)
    if question.started:
        conditions.append(paging.beyond(collection, question.sorts, backwards=question.backwards))
    mark = paging.mark(collection, question.sorts).label("mark")
    rows = features(collection, view).add_columns(mark).where(*conditions).order_by(*order)
    if question.backwards:  # numbered, to be shown the other way round: that costs a tenth
        rows = rows.add_columns(func.row_number().over(order_by=order).label("place"))
    page = rows.limit(fixed("rows", Integer)).subquery("page")

    def all_of(column: Column) -> Column:
        ordered = aggregate_order_by(column, page.c.place) if question.backwards else column
        return func.array_agg(ordered, type_=ARRAY(column.type))

    comma = constant(",")
    joined = func.string_agg(
        page.c.feature, aggregate_order_by(comma, page.c.place.desc()) if question.backwards else comma
    )
    limit = fixed("limit", Integer)
    marks, sizes = all_of(page.c.mark), all_of(func.octet_length(page.c.feature, type_=Integer))
    ends = marks[whole(1)], marks[func.least(func.count(), limit)]
    return select(joined, func.count(), sizes[limit + whole(1)], *ends, data_state())


@lru_cache(maxsize=KEPT_STATEMENTS)
def count_statement(view: View, question: Question) -> Statement:
    """Build the number of features of all pages together. Bound: see `items_parameters`.

    Raises
    ------
    BadParameter
        When the filter cannot be used.
    """
    source = COLLECTIONS[view.collection].source
    return select(func.count()).select_from(source).where(*asked_rows(view, question))


def asked_rows(view: View, question: Question) -> list[ColumnElement[bool]]:
    """Return which rows a question asks for, on whichever page.

    Raises
    ------
    BadParameter
        When the filter cannot be used.
    """
    collection = COLLECTIONS[view.collection]
    conditions = row_conditions(collection, view)
    days = func.daterange(fixed("since", Date), fixed("until", Date), constant("[]"))
    if collection.valid is not None:
        conditions.append(collection.valid.op("&&", return_type=Boolean())(days))
    if collection.told_days is not None and question.timed:
        conditions.append(collection.told_days.op("&&", return_type=Boolean())(days))
    if question.boxed:
        area = func.ST_GeomFromWKB(value("area", LargeBinary), STORAGE_SRID)
        conditions.append(func.ST_Intersects(collection.geom, area))
    conditions += [
        condition(collection.columns[each.field], each, place) for place, each in enumerate(question.filters)
    ]
    if question.cql is not None:
        conditions.append(
            condition_of(parse(question.cql.text, question.cql.language), _scope(view, question.cql))
        )
    return conditions


def _scope(view: View, cql: Cql) -> Scope:
    """Return what a filter may speak of: what the caller sees, whatever is handed out."""
    collection = COLLECTIONS[view.collection]
    kinds = kinds_of(view)
    columns = {name: collection.columns[name] for name in kinds}
    return Scope(columns, kinds, collection.geom, cql.crs, ZoneInfo(cql.zone), collection.checks)


def kinds_of(view: View) -> Mapping[str, Kind]:
    """Return the fields that the caller sees, with their kinds."""
    return _kinds(view.collection, view.visible)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _kinds(record: str, visible: tuple[str, ...]) -> Mapping[str, Kind]:
    kinds = {field.name: field.kind for field in RECORDS[record]}
    return MappingProxyType({name: kinds[name] for name in visible})


@lru_cache(maxsize=KEPT_STATEMENTS)
def feature_statement(view: View) -> Statement:
    """Build one feature, of any time. Bound: ``key`` (text), ``today``, the collection's choices."""
    collection = COLLECTIONS[view.collection]
    wanted = collection.key == cast(value("key", Text), collection.key.type)
    found = features(collection, view).where(wanted, *row_conditions(collection, view)).subquery("found")
    return select(found.c.feature)


@lru_cache(maxsize=KEPT_STATEMENTS)
def key_statement(collection_id: str, names: tuple[str, ...]) -> Statement:
    """Build the key of the feature, the youngest one, that some fields name. Bound: the fields, as text."""
    collection = COLLECTIONS[collection_id]
    same = (cast(collection.columns[name], Text) == value(name, Text) for name in names)
    return (
        select(cast(collection.key, Text))
        .select_from(collection.source)
        .where(*same)
        .order_by(collection.row_id.desc())
        .limit(1)
    )


def withdrawal(collection_id: str, table: Table) -> Delete:
    """Delete the record of a feature. Bound: ``key`` (text)."""
    return delete(table).where(table.c.id.in_(_rows_of(collection_id)))


def last_change(collection_id: str, table: Table) -> Statement:
    """Select who changed the record of a feature last, and when. Bound: ``key`` (text)."""
    return (
        select(AuditEntry.actor, AuditEntry.at)
        .where(AuditEntry.table_name == table.name, AuditEntry.row_id.in_(_rows_of(collection_id)))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )


def known_premises() -> Statement:
    """Select key and address of premises that have not ended, by address. Bound: ``today``."""
    street, number, key = (premises.c[name] for name in ("street", "house_number", "premises_key"))
    address = func.concat_ws(" ", street, number).label("address")
    lasts = func.coalesce(func.upper(premises.c.valid) > value("today", Date), True)
    return select(key, address).where(lasts).order_by(address, key)


def _rows_of(collection_id: str) -> Statement:
    """Select the id of the row of a feature. Bound: ``key`` (text)."""
    collection = COLLECTIONS[collection_id]
    wanted = collection.key == cast(value("key", Text), collection.key.type)
    return select(collection.row_id).select_from(collection.source).where(wanted)


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


def row_conditions(collection: Collection, view: View) -> list[ColumnElement[bool]]:
    """Return which rows belong to the collection and may be seen."""
    conditions = [column == value(name, Text) for name, (column, _default) in collection.choices.items()]
    if collection.only is not None:
        conditions.append(collection.only)
    if collection.public_rows is not None and not view.unpublished:
        conditions.append(collection.public_rows(fixed("today", Date)))
    return conditions


def features(collection: Collection, view: View) -> Statement:
    """Select row id and feature text, unfiltered.

    Texts are concatenated: that is faster than building one JSON value, or one of the properties.
    """
    shape = _shape_in(collection, view.crs)
    geometry = func.ST_AsGeoJSON(shape, whole(view.crs.digits), whole(0), type_=Text)
    parts = [constant('{"type":"Feature","id":'), _json(collection.key), constant(',"geometry":')]
    parts += [func.coalesce(geometry, constant("null")), constant(',"properties":')]
    for place, name in enumerate(view.fields):
        parts += [constant(f'{"," if place else "{"}"{name}":'), _json(collection.columns[name])]
    feature = _joined([*parts, constant("}}")])
    return select(collection.row_id.label("row_id"), feature.label("feature")).select_from(collection.source)


def _joined(parts: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    """Concatenate texts by halves.

    One after the other, what is there already is copied for each that comes: that takes half as long again.
    """
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    # an operator of one's own keeps its brackets, those of + are taken for needless
    return _joined(parts[:half]).op("||", return_type=Text())(_joined(parts[half:]))


def _json(field: Column) -> ColumnElement[str]:
    """Return a field as JSON text that shows what it is: a number that may have a fraction has a point.

    Clients that know no schema take the type of a field from the first features: after ``0`` QGIS 3.22 makes
    12.5 unknown. Numbers from `POINT_BELOW` on are written with an exponent; NUMERIC columns have a scale.
    Nothing is escaped in numbers, nor in columns marked as plain, whose constraint allows no such character.
    """
    words = cast(field, Text)
    written: ColumnElement[str] = cast(func.to_json(field), Text)
    if isinstance(field.type, Integer | Boolean):
        written = words
    elif getattr(field, "info", {}).get("plain"):
        written = constant('"') + words + constant('"')
    elif isinstance(field.type, Double):
        is_whole = and_(field == func.floor(field), func.abs(field) < POINT_BELOW)
        written = case((is_whole, words + constant(".0")), else_=written)
    return func.coalesce(written, constant("null"))


def _shape_in(collection: Collection, crs: Crs) -> Column:
    """Return the geometry in a coordinate system, in the order of its axes.

    From a shape that is kept in EPSG:3857 degrees follow twice as fast, equal within 1e-13 of them.
    """
    geom, srid = collection.geom, STORAGE_SRID
    if collection.geom_3857 is not None and crs.srid in {WGS84_SRID, WEB_MERCATOR_SRID}:
        geom, srid = type_coerce(collection.geom_3857, NullType()), WEB_MERCATOR_SRID
    if crs.srid != srid:
        geom = func.ST_Transform(geom, whole(crs.srid), type_=NullType())
    return func.ST_FlipCoordinates(geom, type_=NullType()) if crs.latitude_first else geom


def value(name: str, kind: type[TypeEngine[Any]]) -> BindParameter[Any]:
    """Return a value that is given when the statement runs."""
    return bindparam(name, type_=kind, required=False)


def fixed(name: str, kind: type[TypeEngine[Any]]) -> ColumnElement[Any]:
    """Return a value that is given when the statement runs and is written into its text.

    For few values that are asked for again and again, such as today: PostgreSQL would not know how many rows
    they leave, and would plan the statement anew each time, which takes longer than to read ten features.
    """
    return cast(bindparam(name, type_=kind, required=False, literal_execute=True), kind)


def constant(text: str) -> ColumnElement[str]:
    """Return a text of the program, never of a caller, as part of the statement."""
    return literal_column("'" + text.replace("'", "''") + "'", Text)


def whole(number: int) -> ColumnElement[int]:
    """Return a number of the program, never of a caller, as part of the statement: nothing is bound."""
    return literal_column(str(number), Integer)
