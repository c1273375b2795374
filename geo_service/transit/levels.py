"""Store the PTAL of all places in the register, beside the grades of the other methods."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Row

from geo_service.db import copy_frame
from geo_service.errors import NotFound
from geo_service.imports.report import Progress
from geo_service.transit import queries
from geo_service.transit.grades import Asked, asked, day_of, read_departures
from geo_service.transit.models import DayKind, SubjectKind, TransitAccess
from geo_service.transit.proximity import within
from geo_service.transit.ptal import BANDS, PTAL, PTAL_WINDOW, RAIL_REACH_M, access_levels, services


def peak_hour() -> Asked:
    """Return what is counted for PTAL: its hour on the reference weekday."""
    return replace(asked("are"), window=PTAL_WINDOW, day_kind=DayKind.WEEKDAY.value)


def offered_services(
    connection: Connection, feeds: Sequence[Row[Any]]
) -> tuple[dict[str, date], pd.DataFrame]:
    """Return the day that was counted in each feed, and `ptal.services` of all stops (by the id of the row).

    Raises
    ------
    NotFound
        When no feed has a reference weekday.
    """
    days, found = {}, []
    for feed in feeds:
        day = day_of(feed, peak_hour())
        if day is not None:
            days[feed.name] = day
            found.append(services(read_departures(connection, feed, day, PTAL_WINDOW), PTAL_WINDOW))
    if not found:
        raise NotFound("No timetable has a weekday with service.")
    return days, pd.concat(found, ignore_index=True)


def store_levels(
    connection: Connection,
    feeds: Sequence[Row[Any]],
    now: tuple[date, datetime],
    offered: pd.DataFrame,
    progress: Progress,
) -> tuple[int, dict[str, dict[str, int]]]:
    """Replace the stored levels of all subjects.

    Parameters
    ----------
    connection
        Connection in a transaction.
    feeds
        The feeds that count.
    now
        The day whose records are graded, and the moment to note.
    offered
        As `offered_services`.
    progress
        Told of each step.

    Returns
    -------
    int
        Number of stops.
    dict
        Kind of subject to level to number.
    """
    rows = connection.execute(queries.stops([feed.id for feed in feeds])).all()
    number = {row.id: place for place, row in enumerate(rows)}
    xy = np.array([(row.x, row.y) for row in rows], dtype=float).reshape(-1, 2)
    numbered = offered.assign(stop=offered.stop.map(number))
    connection.execute(queries.delete_access(PTAL))
    counted: dict[str, dict[str, int]] = {}
    for place, kind in enumerate(SubjectKind):
        progress(f"Levels: {kind}", 0.2 + 0.2 * place)
        subjects = connection.execute(queries.subjects(kind, now[0])).all()
        places = shapely.from_wkb(np.array([row.geom for row in subjects], dtype=object))
        found = access_levels(len(places), within(places, xy, RAIL_REACH_M), numbered, with_routes=False)
        frame = pd.DataFrame(
            {
                "subject_kind": kind.value,
                "subject_id": [row.id for row in subjects],
                "method": PTAL,
                "grade": pd.Series(found.levels, dtype=object),
                "access_index": found.index,
                "computed_at": pd.Series([now[1]] * len(subjects), dtype=object),
            }
        )
        copy_frame(connection, TransitAccess.metadata.tables[TransitAccess.__tablename__], frame)
        counts = frame.grade.value_counts().to_dict()
        counted[str(kind)] = {band: int(counts[band]) for band in BANDS if band in counts}
    return len(rows), counted
