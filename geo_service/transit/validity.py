"""Whether the calendar of a timetable covers the present day."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row

from geo_service.city import load_city
from geo_service.settings import get_settings


class Validity(StrEnum):
    """Where the present day lies to a calendar."""

    CURRENT = "current"
    EXPIRED = "expired"
    FUTURE = "future"


TELLING: Final = {
    Validity.EXPIRED: "The calendar of the timetable ended on {last_day}: it is graded as it was then. "
    "Import the one that is valid now.",
    Validity.FUTURE: "The calendar of the timetable starts on {first_day}: it is graded as it will be then.",
}
"""What an import tells."""


def today() -> date:
    """Return the present day where the city is."""
    return load_city(get_settings().city).today()


def validity(first_day: date, last_day: date, day: date) -> Validity:
    """Tell where a day lies to a calendar, both of whose ends belong to it."""
    if day > last_day:
        return Validity.EXPIRED
    return Validity.FUTURE if day < first_day else Validity.CURRENT


def calendar_of(feed: Row[Any]) -> dict[str, Any]:
    """Return first_day, last_day and validity today of a stored feed."""
    first_day, last_day = feed.service.lower, feed.service.upper - timedelta(days=1)
    state = validity(first_day, last_day, today())
    return {"first_day": first_day, "last_day": last_day, "validity": state.value}


def warnings(first_day: date, last_day: date) -> tuple[str, ...]:
    """Return what an import tells of a calendar that does not cover today; nothing of one that does."""
    told = TELLING.get(validity(first_day, last_day, today()))
    return (told.format(first_day=first_day, last_day=last_day),) if told else ()
