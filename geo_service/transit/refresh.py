"""Store the transit answers of parcels, plots, sites and premises; what still holds is kept."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Row

from geo_service.city import load_city
from geo_service.db import Database, copy_frame
from geo_service.errors import BadParameter, GeoServiceError, NotFound
from geo_service.imports.report import Progress, silent
from geo_service.transit import freshness, queries, run_queries
from geo_service.transit.freshness import Basis
from geo_service.transit.grades import Asked, asked
from geo_service.transit.levels import level_columns, offered_services, peak_hour
from geo_service.transit.methods import known_methods
from geo_service.transit.models import SubjectKind, TransitAccess
from geo_service.transit.ptal import PTAL
from geo_service.transit.reach_service import refresh_reach
from geo_service.transit.stored import access_columns, graded_stops, station_rows, store_stop_grades
from geo_service.transit.street_network import footways
from geo_service.transit.streets import Doors
from geo_service.transit.turns import wait_for_turn
from geo_service.transit.windows import DAY, NAMED_WINDOWS, Window

logger = logging.getLogger(__name__)

Answers = Callable[[Any], pd.DataFrame]
"""Computes the columns of stored answers about places (geometries, EPSG:25832)."""


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh computed.

    Parameters
    ----------
    method, window
        Key of the method, and name of the time of day.
    feeds
        Name of each feed to the day that was counted; None: it has no such day, and counts nothing.
    stops
        Number of stops, and of those with a category (by PTAL: with a route that counts).
    subjects
        Kind of subject to grade (None: no grade) to number of stored answers.
    recomputed
        Answers that were computed; the others still hold.
    """

    method: str
    window: str
    feeds: dict[str, date | None]
    stops: int
    graded_stops: int
    subjects: dict[str, dict[str, int]]
    recomputed: int


@dataclass(frozen=True)
class _Task:
    """What is asked for, and what it rests on."""

    method: str
    window: str
    wanted: Asked
    feeds: list[Row[Any]]
    basis: Basis
    today: date
    computed_at: datetime
    doors: Doors


def require_window(method: str, window: str) -> None:
    """Refuse a window that is not stored.

    Raises
    ------
    BadParameter
        When it has no name, or the method has one of its own only.
    """
    if window not in NAMED_WINDOWS:
        raise BadParameter(
            f"{window[:40]!r} is not stored. Windows that are: {', '.join(NAMED_WINDOWS)}; any other is "
            "computed on request.",
            parameter="window",
        )
    if method == PTAL and window != DAY:
        raise BadParameter(
            f"PTAL has one window, its own (08:15-09:15): leave it out, or write {DAY}.", parameter="window"
        )


def refresh(  # noqa: PLR0913 - what, for whom, and what another refresh leaves for it
    database: Database,
    method: str = "are",
    window: str = DAY,
    progress: Progress = silent,
    actor: str = "transit",
    *,
    everything: bool = False,
    doors: Doors | None = None,
) -> RefreshReport:
    """Bring the stored answers of a method and time of day to the present state.

    Only what no longer holds or is missing is computed, unless timetables, streets or program differ from
    the last time. Readers see the old answers until the new ones are complete. Stops outside the city count
    as far as the feed has them.

    Parameters
    ----------
    database
        The database.
    method
        Key of the method, such as ``are``, or ``ptal``.
    window
        Name of the time of day and kind of day (`windows.NAMED_WINDOWS`); ``day``: the method's own.
    progress
        Told of each step.
    actor
        Who does it.
    everything
        Compute all of them.
    doors
        Where places meet the streets, found by the refresh of another time of day: the same for this one.

    Raises
    ------
    BadParameter
        For an unknown method or window.
    NotFound
        When no timetable is loaded, or it has no such kind of day.
    """
    require_window(method, window)
    wanted = peak_hour() if method == PTAL else asked(method, None if window == DAY else window)
    today = _today(database)
    with database.begin(actor) as connection:
        wait_for_turn(connection, progress)
        feeds = list(connection.execute(queries.current_feeds()))
        if not feeds:
            raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
        basis = freshness.basis_of(connection, feeds)
        task = _Task(method, window, wanted, feeds, basis, today, datetime.now(UTC), doors or Doors())
        return _brought_up(connection, task, progress, everything=everything)


def _brought_up(
    connection: Connection, task: _Task, progress: Progress, *, everything: bool
) -> RefreshReport:
    run = connection.execute(run_queries.run(task.method, task.window)).one_or_none()
    whole = everything or not task.basis.is_of(run)
    outdated = {
        kind: connection.execute(
            run_queries.subjects(kind, task.today, None if whole else (task.method, task.window))
        ).all()
        for kind in SubjectKind
    }
    connection.execute(
        run_queries.delete_all(task.method, task.window)
        if whole
        else run_queries.delete_outdated(task.method, task.window, task.today)
    )
    recomputed = sum(map(len, outdated.values()))
    if whole or recomputed:
        facts, answers = _computed(connection, task, progress)
        for place, (kind, rows) in enumerate(outdated.items()):
            progress(f"Grading: {kind}", 0.2 + 0.2 * place)
            _write(connection, task, (kind, rows), answers)
        connection.execute(run_queries.put_run(facts))
        run = connection.execute(run_queries.run(task.method, task.window)).one()
    progress("Done", 1.0)
    if run is None:
        raise LookupError(task.method)
    subjects: dict[str, dict[str, int]] = {kind.value: {} for kind in SubjectKind}
    for row in connection.execute(run_queries.stored_counts(task.method, task.window)):
        subjects[row.subject_kind][row.grade or "-"] = row.subjects
    days = {name: day and date.fromisoformat(day) for name, day in run.days.items()}
    return RefreshReport(task.method, task.window, days, run.stops, run.graded_stops, subjects, recomputed)


def _computed(connection: Connection, task: _Task, progress: Progress) -> tuple[dict[str, Any], Answers]:
    """Grade the stops; return the columns of the run, and what computes the answers about places."""
    progress("Grading stops", 0.05)
    if task.method == PTAL:
        days, offered = offered_services(connection, task.feeds)
        rows = station_rows(connection, task.feeds)
        xy = np.array([(row.x, row.y) for row in rows], dtype=float).reshape(-1, 2)
        numbered = offered.assign(stop=offered.stop.map({row.id: place for place, row in enumerate(rows)}))
        stops, graded = len(rows), offered.stop.nunique()
        progress("Reading streets", 0.15)
        paths = footways(connection, xy, task.doors)
        answers: Answers = lambda places: level_columns(places, xy, numbered, paths)  # noqa: E731 - short
    else:
        days, grades = store_stop_grades(connection, task.feeds, task.wanted, (task.window, task.computed_at))
        found = graded_stops(connection, task.feeds, task.wanted, grades)
        stops, graded = len(found.ids), int((found.category_rank < len(task.wanted.method.categories)).sum())
        progress("Reading streets", 0.15)
        walked = footways(connection, found.xy, task.doors)
        answers = lambda places: access_columns(places, found, task.wanted.method, walked)  # noqa: E731
    span = task.wanted.window
    facts = {
        "method": task.method,
        "time_window": task.window,
        "day_kind": task.wanted.day_kind,
        "window_from_s": span.start_s,
        "window_to_s": span.end_s,
        "days": {name: day and day.isoformat() for name, day in days.items()},
        "stops": stops,
        "graded_stops": int(graded),
        "computed_at": task.computed_at,
        **asdict(task.basis),
    }
    return facts, answers


def _write(connection: Connection, task: _Task, what: tuple[SubjectKind, Any], answers: Answers) -> None:
    """Compute and store the answers about subjects of a kind."""
    kind, rows = what
    if not rows:
        return
    places = shapely.from_wkb(np.array([row.geom for row in rows], dtype=object))
    frame = answers(places).assign(
        subject_kind=kind.value,
        subject_id=[row.id for row in rows],
        method=task.method,
        time_window=task.window,
        place=pd.Series([row.place for row in rows], dtype=object),
        computed_at=pd.Series([task.computed_at] * len(rows), dtype=object),
    )
    copy_frame(connection, TransitAccess.metadata.tables[TransitAccess.__tablename__], frame)


ALL: Final = "all"
"""Stands for every method, or every window."""


def combinations(method: str, window: str) -> list[tuple[str, str]]:
    """Return the methods and windows that ``all`` stands for."""
    methods = [*known_methods(), PTAL] if method == ALL else [method]
    windows = list(NAMED_WINDOWS) if window == ALL else [window]
    pairs = [(each, span) for each in methods for span in windows]
    return [(each, span) for each, span in pairs if each != PTAL or span == DAY] or pairs


def refresh_outdated(
    database: Database, progress: Progress = silent, actor: str = "transit"
) -> tuple[list[RefreshReport], dict[str, str]]:
    """Bring all stored answers and travel times to the present state; what was never computed is left alone.

    One that fails does not keep the others from being refreshed.

    Returns
    -------
    list of RefreshReport
        What was computed.
    dict
        What failed, such as ``are, saturday``, to the reason.
    """
    with database.read() as connection:
        stored = connection.execute(run_queries.runs()).all()
        spans = connection.execute(run_queries.outdated_reach(_today(database))).all()
    reports: list[RefreshReport] = []
    failed: dict[str, str] = {}
    doors = Doors()
    for run in stored:
        with _noted(failed, f"{run.method}, {run.time_window}"):
            reports.append(refresh(database, run.method, run.time_window, progress, actor, doors=doors))
    for span in spans:
        window = str(Window(span.window_from_s, span.window_to_s))
        with _noted(failed, f"travel times {window}"):
            refresh_reach(database, window, progress, actor)
    return reports, failed


@contextmanager
def _noted(failed: dict[str, str], what: str) -> Iterator[None]:
    """Note an error and go on; one that has no words of its own is logged besides."""
    try:
        yield
    except GeoServiceError as error:
        failed[what] = error.detail
    except Exception as error:  # whatever one window fell over: logged whole, told, and the others go on
        logger.exception("%s not refreshed", what)
        failed[what] = f"{type(error).__name__}: {error}"


def _today(database: Database) -> date:
    return datetime.now(ZoneInfo(load_city(database.settings.city).timezone)).date()
