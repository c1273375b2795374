"""Find trips that stand in a feed twice, so that each run counts once (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from geo_service.transit.gtfs_calendar import Days


@dataclass(slots=True)
class _Run:
    """A run that counts."""

    trip: int
    days: int
    agency: int
    line: int


@dataclass(frozen=True)
class Duplicates:
    """Trips that are not counted, and the days of those that stand for them.

    Parameters
    ----------
    trips
        Trips that repeat another one.
    days
        Trip that stands for others to the days on which any of them runs, as integer of bits.
    """

    trips: list[int] = field(default_factory=list)
    days: dict[int, int] = field(default_factory=dict)


def find_duplicates(alike: Iterable[Sequence[int]], sets: Sequence[int]) -> Duplicates:
    """Choose which of the trips with the same mode, stations and times are the same run.

    They are when they run on a common day and belong to different agencies, or to one line. Two lines of one
    agency that run side by side stay two.

    Parameters
    ----------
    alike
        Group, trip, number of the set of days, agency and line of each trip that has a double; by group.
    sets
        Sets of days as integers of bits.
    """
    found = Duplicates()
    kept: list[_Run] = []
    current = None
    for group, trip, days_no, agency, line in alike:
        if group != current:
            current, kept = group, []
        days = sets[days_no]
        same = next(
            (run for run in kept if run.days & days and (run.agency != agency or run.line == line)), None
        )
        if same is None:
            kept.append(_Run(trip, days, agency, line))
            continue
        found.trips.append(trip)
        same.days |= days
        found.days[same.trip] = same.days
    return found


def days_as_integers(day_sets: Days) -> list[int]:
    """Return each row of days as an integer whose bit n is day n."""
    packed = np.packbits(day_sets, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def with_integers(day_sets: Days, more: Sequence[int]) -> Days:
    """Append days given as integers of bits as rows."""
    if not more:
        return day_sets
    width = day_sets.shape[1]
    packed = np.frombuffer(
        b"".join(days.to_bytes((width + 7) // 8, "little") for days in more), dtype=np.uint8
    )
    rows = np.unpackbits(packed.reshape(len(more), -1), axis=1, count=width, bitorder="little")
    return np.concatenate([day_sets, rows.astype(bool)])
