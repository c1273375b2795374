"""On which days the services of a feed run, and which days stand for all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.errors import BadParameter, ImportRejected
from geo_service.transit.gtfs_lines import find_row
from geo_service.transit.gtfs_tables import FeedTables
from geo_service.transit.validity import today

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SATURDAY: Final = 5
SUNDAY: Final = 6
CORE_DAYS: Final = (1, 2, 3)
"""Tuesday to Thursday: days that no weekend touches."""
WORKING_DAYS: Final = (0, 1, 2, 3, 4)
MAX_DAYS: Final = 1_200
"""Longest calendar that is kept, days; feeds that hardly end are cut."""
TYPICAL_SHARE: Final = 0.1
"""A Saturday or Sunday is ordinary when its departures differ from their median by at most this share."""

Days = npt.NDArray[np.bool_]
"""Whether something runs on each day of a feed, shape (days,) or (n, days)."""


@dataclass(frozen=True)
class Calendar:
    """Service days of a feed.

    Parameters
    ----------
    first_day
        Day 0.
    services
        ``service_id`` to its place in ``runs``.
    runs
        Shape (services, days): whether the service runs that day.
    """

    first_day: date
    services: dict[str, int]
    runs: Days

    @property
    def last_day(self) -> date:
        """Last day of the calendar."""
        return self.first_day + timedelta(days=self.runs.shape[1] - 1)


@dataclass(frozen=True)
class ReferenceDays:
    """The days that stand for working days, Saturdays and Sundays; None where none has service."""

    weekday: date
    saturday: date | None
    sunday: date | None


def read_calendar(tables: FeedTables) -> Calendar:
    """Read calendar.txt and calendar_dates.txt, either of which may be missing.

    Raises
    ------
    ImportRejected
        When a date or a flag is wrong, or no service runs on any day.
    """
    weekly, single = tables.frame("calendar.txt"), tables.frame("calendar_dates.txt")
    for file, frame, fields in (
        ("calendar.txt", weekly, ("start_date", "end_date")),
        ("calendar_dates.txt", single, ("date",)),
    ):
        for field in fields:
            frame[field] = _dates(tables, file, field, frame[field])
    _check_flags(tables, weekly, single)
    weekly = tables.first_rows("calendar.txt", weekly, ("service_id",))
    single = tables.first_rows("calendar_dates.txt", single, ("service_id", "date"))
    services = {name: place for place, name in enumerate(sorted({*weekly.service_id, *single.service_id}))}
    bounds = [*weekly.start_date, *weekly.end_date, *single.loc[single.exception_type == "1", "date"]]
    if not bounds:
        raise ImportRejected(
            "calendar.txt and calendar_dates.txt name no day of service. Ask the publisher for a feed with a "
            "valid calendar.",
            file="calendar.txt",
        )
    first, last = kept_span(min(bounds), max(bounds), today())
    if (first, last) != (min(bounds), max(bounds)):
        tables.warnings.append(
            f"The calendar goes from {min(bounds)} to {max(bounds)}; only those from {first} to {last} were "
            f"read (at most {MAX_DAYS})."
        )
    return Calendar(first, services, _service_days(weekly, single, services, (first, last)))


def kept_span(first: date, last: date, today: date) -> tuple[date, date]:
    """Cut a calendar that hardly ends to `MAX_DAYS`, around the present day where it covers that."""
    longest = timedelta(days=MAX_DAYS - 1)
    if last - first <= longest:
        return first, last
    start = min(max(first, today - longest / 3), last - longest)
    return start, start + longest


def _service_days(
    weekly: pd.DataFrame, single: pd.DataFrame, services: dict[str, int], span: tuple[date, date]
) -> Days:
    """Return the matrix of services and days: weekly pattern first, exceptions over it."""
    first, last = span
    number = (last - first).days + 1
    runs = np.zeros((len(services), number), dtype=bool)
    weekday_of = (np.arange(number) + first.weekday()) % 7
    columns = ["service_id", "start_date", "end_date", *WEEKDAYS]
    for service, start_date, end_date, *flags in weekly[columns].to_numpy().tolist():
        pattern = np.array([flag == "1" for flag in flags])
        start, stop = max((start_date - first).days, 0), min((end_date - first).days + 1, number)
        runs[services[service], start:stop] |= pattern[weekday_of[start:stop]]
    for service, day, kind in single[["service_id", "date", "exception_type"]].to_numpy().tolist():
        place = (day - first).days
        if 0 <= place < number:
            runs[services[service], place] = kind == "1"
    return runs


def _dates(tables: FeedTables, file: str, field: str, column: "pd.Series[str]") -> "pd.Series[date]":
    """Read a column of dates (YYYYMMDD)."""
    known = {text: _date(text) for text in set(column)}
    if None in known.values():
        raise tables.fault(file, field, lambda text: _date(text) is None, "is no date", "Write YYYYMMDD.")
    return column.map(known).astype(object)


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None


def _check_flags(tables: FeedTables, weekly: pd.DataFrame, single: pd.DataFrame) -> None:
    """Refuse day flags other than 0 and 1 and exception types other than 1 and 2."""
    for name in WEEKDAYS:
        if not weekly[name].isin(["0", "1"]).all():
            raise tables.fault(
                "calendar.txt", name, lambda text: text not in {"0", "1"}, "is no flag", "Write 0 or 1."
            )
    if not single.exception_type.isin(["1", "2"]).all():
        raise tables.fault(
            "calendar_dates.txt",
            "exception_type",
            lambda text: text not in {"1", "2"},
            "is no exception type",
            "Write 1 (runs) or 2 (does not run).",
        )
    backwards = weekly[weekly.end_date < weekly.start_date]
    if len(backwards):
        service = backwards.service_id.iloc[0]
        row, _ = find_row(tables.files.tables["calendar.txt"], "service_id", lambda text: text == service)
        tables.warnings.append(f"calendar.txt, row {row}: service {service!r} ends before it starts.")


def reference_days(
    first_day: date,
    departures: npt.NDArray[np.int64],
    given: date | None,
    preferred: Sequence[Days] = (),
) -> ReferenceDays:
    """Choose the days that stand for the others.

    Without a wish: the earliest Tuesday, Wednesday or Thursday whose number of departures is nearest to the
    median of all such days with service, so that holidays and short timetables do not decide. Then the
    Saturday and the Sunday nearest to it among those with an ordinary number of departures. Days in term time
    come before others.

    Parameters
    ----------
    first_day
        Day 0 of the feed.
    departures
        Departures on each day, shape (days,).
    given
        The reference day wished for, if any.
    preferred
        Days that come before others, the best first, as `term_time.preferred_days`.

    Raises
    ------
    BadParameter
        When the wished day lies outside the feed or has no service.
    ImportRejected
        When no day has service.
    """
    days = len(departures)
    weekday_of = (np.arange(days) + first_day.weekday()) % 7
    served = departures > 0
    if not served.any():
        raise ImportRejected("No trip of the feed runs on any day of its calendar: nothing can be graded.")
    place = _given_place(first_day, departures, given) if given else None
    if place is None:
        core = np.isin(weekday_of, CORE_DAYS)
        groups = (*(core & days for days in preferred), core, np.isin(weekday_of, WORKING_DAYS), served)
        among = next(np.flatnonzero(group & served) for group in groups if (group & served).any())
        middle = np.median(departures[among])
        place = int(among[np.argmin(np.abs(departures[among] - middle))])
    nearest = [
        _ordinary(departures, _of_kind(weekday_of == kind, served, preferred), place)
        for kind in (SATURDAY, SUNDAY)
    ]
    saturday, sunday = (None if day is None else first_day + timedelta(days=day) for day in nearest)
    return ReferenceDays(first_day + timedelta(days=place), saturday, sunday)


def _given_place(first_day: date, departures: npt.NDArray[np.int64], given: date) -> int:
    place = (given - first_day).days
    last = first_day + timedelta(days=len(departures) - 1)
    if not 0 <= place < len(departures):
        raise BadParameter(
            f"The day {given} lies outside the feed, which covers {first_day} to {last}.", parameter="day"
        )
    if not departures[place]:
        raise BadParameter(f"Nothing runs on {given} in this feed. Choose another day.", parameter="day")
    return place


def _of_kind(kind: Days, served: Days, preferred: Sequence[Days]) -> Days:
    """Return the days of a kind with service that come before others; all of them where none does."""
    return next((kind & days for days in preferred if (kind & days & served).any()), kind)


def _ordinary(departures: npt.NDArray[np.int64], kind: Days, place: int) -> int | None:
    """Return the day of a kind nearest to a place among the ordinary ones; the earlier of two."""
    served = np.flatnonzero(kind & (departures > 0))
    if not len(served):
        return None
    middle = np.median(departures[served])
    off = np.abs(departures[served] - middle)
    ordinary = served[off <= max(TYPICAL_SHARE * middle, off.min())]
    return int(ordinary[np.argmin(np.abs(ordinary - place))])


def day_bits(runs: Days) -> list[bytes]:
    """Pack rows of days into bytes, lowest bit first, as PostgreSQL's get_bit counts."""
    return [row.tobytes() for row in np.packbits(runs, axis=-1, bitorder="little")]


def bits_of(days: list[bytes], number: int) -> Days:
    """Unpack bytes made by `day_bits`; shape (rows, number)."""
    packed = np.frombuffer(b"".join(days), dtype=np.uint8).reshape(len(days), -1)
    return np.unpackbits(packed, axis=-1, count=number, bitorder="little").astype(bool)
