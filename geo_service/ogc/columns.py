"""Small words in which the collections are written down."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, Date, FromClause, cast, func

from geo_service.ogc.model import Column


def same(table: FromClause, names: str) -> dict[str, Column]:
    """Return the columns whose field has the same name."""
    return {name: table.c[name] for name in names.split()}


def span(valid: Column, start: str = "valid_from", end: str = "valid_to") -> dict[str, Column]:
    """Return the first and the last day of a daterange, and the first day after it, as imports read them."""
    free_from = func.upper(valid, type_=Date)
    return {start: func.lower(valid), end: free_from - 1, "free_from": free_from}


def drawn(record: str, columns: Mapping[str, Column]) -> dict[str, tuple[str, str, Column]]:
    """Return tile properties whose names are those of the fields."""
    return {name: (record, name, column) for name, column in columns.items()}


def whole(column: Column) -> Column:
    """Return square metres as an integer: a tile holds it in three bytes, and any area fits."""
    return cast(func.round(column), BigInteger)


def listed(values: Column) -> Column:
    """Return a list as one text: tiles know no lists."""
    return func.array_to_string(values, ",")


ORIGIN: Final = "source source_date is_demo"
"""Fields that say where a record comes from and whether it is invented."""
