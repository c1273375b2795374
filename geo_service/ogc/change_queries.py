"""Statements that read the state of the data: it changes with all that collections and tiles are made of."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, cast, func, select

from geo_service.changes import DataChange

_TOTAL: Final = select(func.coalesce(func.sum(DataChange.changes), 0)).scalar_subquery()


def data_state() -> ColumnElement[str]:
    """Return the text that changes with the data: the sum of all changes."""
    return cast(_TOTAL, Text)


_STATE: Final[Select[*tuple[Any, ...]]] = select(data_state())


def data_version() -> Select[*tuple[Any, ...]]:
    """Select the state of the data."""
    return _STATE
