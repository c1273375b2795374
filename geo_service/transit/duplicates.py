"""Find trips that stand in a feed twice, so that each run counts once (pure)."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from geo_service.transit.gtfs_calendar import Days


def find_duplicates(alike: Iterable[Sequence[int]], sets: Sequence[int]) -> dict[int, int]:
    """Say on which days trips with the same mode, stations and times count.

    On each day those of one agency count, each line once: of the agency with the most such lines on that day
    (side by side they are as many runs), of equal ones the agency of the lowest number. What others publish
    then is the same run again. So the number of runs on a day does not depend on the order of the rows.

    Parameters
    ----------
    alike
        Group, trip, number of the set of days, agency and line of each trip that has a double; by group.
    sets
        Sets of days as integers of bits.

    Returns
    -------
    dict
        Trip to the days on which it counts, as integer of bits (0: never), where these are not its own:
        fewer, or also those of a later trip of its agency and line that it stands for.
    """
    found: dict[int, int] = {}
    for _, rows in groupby(alike, itemgetter(0)):
        trips = [(trip, sets[days_no], agency, line) for _, trip, days_no, agency, line in rows]
        counting = _days_of_agencies(trips)
        all_days = {trip: days for trip, days, *_ in trips}
        first: dict[tuple[int, int], int] = {}
        for trip, days, agency, line in trips:
            free = counting[agency]
            left = days & free.get(line, 0)
            free[line] = free.get(line, 0) & ~left
            stands = first.setdefault((agency, line), trip)
            if left == days:
                continue
            found[trip] = left
            if left and stands != trip:  # one trip for all days is less to store than one for each part
                found[stands] = found.get(stands, all_days[stands]) | left
                found[trip] = 0
    return found


def _days_of_agencies(trips: Sequence[tuple[int, int, int, int]]) -> dict[int, dict[int, int]]:
    """Return for each agency and line the days on which the agency's trips count.

    Parameters
    ----------
    trips
        Trip, days (bits), agency and line.
    """
    lines: dict[int, dict[int, int]] = {}
    for _, days, agency, line in trips:
        of_agency = lines.setdefault(agency, {})
        of_agency[line] = of_agency.get(line, 0) | days
    most: list[int] = []  # place n: the days on which an agency so far has more than n lines
    chosen: dict[int, int] = {}
    for agency in sorted(lines):
        mine = _at_least(lines[agency].values())
        most += [0] * (len(mine) - len(most))
        better = 0
        for place, days in enumerate(mine):
            better |= days & ~most[place]
            most[place] |= days
        chosen = {other: days & ~better for other, days in chosen.items()} | {agency: better}
    return {
        agency: {line: days & chosen[agency] for line, days in of_agency.items()}
        for agency, of_agency in lines.items()
    }


def _at_least(sets: Iterable[int]) -> list[int]:
    """Return at place n the days that more than n of some sets of days have."""
    found: list[int] = []
    for days in sets:
        found.append(0)
        for place in range(len(found) - 1, 0, -1):
            found[place] |= found[place - 1] & days
        found[0] |= days
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
