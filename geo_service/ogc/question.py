"""A page as a caller may ask for it: what decides the statement, and the values that it is run with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from geo_service.auth.fields import Kind
from geo_service.ogc.crs import Crs
from geo_service.ogc.filters import Filter
from geo_service.ogc.paging import Sort, Start

SMALL_M2: Final = 4e6
"""In a box of four square kilometres there are some thousands of parcels at most: an index finds them."""
Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Cql:
    """A filter as written: text, language, coordinate system of its literals, name of the time zone."""

    text: str
    language: str
    crs: Crs
    zone: str


@dataclass(frozen=True, slots=True)
class Question:
    """What decides the statement of a page; its values are bound when it runs.

    Parameters
    ----------
    boxed
        Whether an area is given.
    filters
        Fields that rows are chosen by.
    cql
        Filter in CQL2; None: none.
    sorts
        Fields that rows are sorted by.
    started
        Whether the page starts at a mark.
    backwards
        Whether it ends before the mark.
    timed
        Whether a day is given, or an interval with an end.
    """

    boxed: bool = False
    filters: tuple[Filter, ...] = ()
    cql: Cql | None = None
    sorts: tuple[Sort, ...] = ()
    started: bool = False
    backwards: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class ItemsRequest:
    """A page of a collection, as asked for.

    Parameters
    ----------
    question
        What decides its statement.
    limit
        Most features on a page.
    start
        Where the page starts.
    area
        What the bbox covers, EPSG:25832; None with ``question.boxed``: nothing.
    days
        First and last day in question; None: open.
    choices
        Values of the collection's choices.
    crs
        Coordinate system of the answer.
    values
        Values of the filters.
    properties
        Fields of the answer; None: all that the caller sees.
    hits
        Whether only their number is wanted.
    counted
        Whether their number is wanted besides.
    """

    question: Question
    limit: int
    start: Start
    area: BaseGeometry | None
    days: Days
    choices: dict[str, str]
    crs: Crs
    values: tuple[Any, ...]
    properties: tuple[str, ...] | None
    hits: bool
    counted: bool

    @property
    def unlike_others(self) -> bool:
        """Whether a plan made for any values may be bad: a large box, or a filter without a small one."""
        if self.area is not None and self.area.area <= SMALL_M2:
            return False
        return self.area is not None or self.question.cql is not None


@dataclass(frozen=True, slots=True)
class Known:
    """What a caller may ask of a collection.

    Parameters
    ----------
    choices
        The collection's choices with their defaults.
    kinds
        Kinds of the fields that the caller sees.
    filters
        Filters by name of their parameter.
    today
        Day that counts when no datetime is given.
    zone
        Time zone in which moments become days.
    words
        Words that a choice may have, by its name; of others any value is taken.
    """

    choices: Mapping[str, str]
    kinds: Mapping[str, Kind]
    filters: Mapping[str, Filter]
    today: date
    zone: ZoneInfo
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
