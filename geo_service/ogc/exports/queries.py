"""The statements of an export: of a collection with its filters, never of what the caller does not see."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import LargeBinary, Text, case, cast, func, select, text
from sqlalchemy.types import NullType

from geo_service.auth.fields import Kind
from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.ogc import paging
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.model import Column
from geo_service.ogc.queries import Statement, View, asked_rows, constant, features, kinds_of
from geo_service.ogc.question import Question
from geo_service.sheets import LIST_MARK

GEOMETRY: Final = "geometry"
FORMULA: Final = r"^[=+\-@\t\r]"
"""How texts begin that a spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
TIME_ENOUGH: Final = text("SET LOCAL statement_timeout = '300s'")
"""An export may take longer than a page."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is exported.

    Parameters
    ----------
    view
        Collection, fields and coordinate system.
    question
        Which rows, in which order.
    values
        Bound to the statements.
    """

    view: View
    question: Question
    values: dict[str, Any]

    @property
    def kinds(self) -> dict[str, Kind]:
        """Fields that are handed out, with their kinds."""
        kinds = kinds_of(self.view)
        return {name: kinds[name] for name in self.view.fields}


def row_statement(rows: Rows) -> Statement:
    """Build the rows: fields in order, then the geometry as WKB, x before y."""
    return _selected(rows, [func.ST_AsBinary(_shape(rows.view), type_=LargeBinary).label(GEOMETRY)])


def csv_statement(rows: Rows) -> Statement:
    """Build the rows as COPY writes them: lists joined, structures as JSON, the geometry as WKT.

    An apostrophe stands before texts that a spreadsheet would take for a formula.
    """
    digits = rows.view.crs.digits
    return _selected(rows, [func.ST_AsText(_shape(rows.view), digits, type_=Text).label(GEOMETRY)], flat=True)


def sheet_statement(rows: Rows) -> Statement:
    """Build the rows of a table for people: the place as longitude and latitude of a point on it."""
    point = func.ST_Transform(
        func.ST_PointOnSurface(COLLECTIONS[rows.view.collection].geom), WGS84_SRID, type_=NullType()
    )
    return _selected(rows, [func.ST_X(point).label("lon"), func.ST_Y(point).label("lat")])


def feature_statement(rows: Rows) -> Statement:
    """Build the rows as GeoJSON features (text)."""
    collection = COLLECTIONS[rows.view.collection]
    found = features(collection, rows.view).where(*asked_rows(rows.view, rows.question))
    ordered = found.order_by(*paging.order(collection, rows.question.sorts, backwards=False))
    return select(ordered.subquery("found").c.feature)


def _selected(rows: Rows, more: list[Column], *, flat: bool = False) -> Statement:
    collection = COLLECTIONS[rows.view.collection]
    columns: list[Column] = []
    for name, kind in rows.kinds.items():
        column = collection.columns[name]
        if flat and kind in {"text", "texts"}:
            column = _no_formula(func.array_to_string(column, LIST_MARK) if kind == "texts" else column)
        elif flat and kind in {"object", "boolean"}:  # COPY itself writes t and f
            column = cast(column, Text)
        columns.append(column.label(name))
    return (
        select(*columns, *more)
        .select_from(collection.source)
        .where(*asked_rows(rows.view, rows.question))
        .order_by(*paging.order(collection, rows.question.sorts, backwards=False))
    )


def _no_formula(words: Column) -> Column:
    """Return a text as `geo_service.imports.values.no_formula` does, in the database."""
    return case((words.regexp_match(FORMULA), constant("'") + words), else_=words)


def _shape(view: View) -> Column:
    geom = COLLECTIONS[view.collection].geom
    return geom if view.crs.srid == STORAGE_SRID else func.ST_Transform(geom, view.crs.srid, type_=NullType())
