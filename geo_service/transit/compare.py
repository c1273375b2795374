"""Compare grades: methods with each other, and a feed's version with the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, Row

from geo_service.errors import NotFound
from geo_service.transit import compare_queries, queries
from geo_service.transit.access import GradedStops, access_of
from geo_service.transit.footways import Footways
from geo_service.transit.grades import Asked, counted_days, current_feed, graded_day
from geo_service.transit.grading import best_groups, grade_stops
from geo_service.transit.merged import merged_departures
from geo_service.transit.models import SubjectKind
from geo_service.transit.stored import graded_stops
from geo_service.transit.street_network import footways


def by_method(connection: Connection, kind: SubjectKind) -> dict[str, dict[str, int]]:
    """Return how many subjects of a kind have which stored grade ("-": none) by each method.

    Raises
    ------
    NotFound
        When nothing is stored yet.
    """
    counts: dict[str, dict[str, int]] = {}
    for row in connection.execute(compare_queries.stored_counts(kind)):
        counts.setdefault(row.method, {})[row.grade or "-"] = row.subjects
    if not counts:
        raise NotFound("No grades are stored yet. Make them: geo transit --method all")
    return counts


@dataclass(frozen=True)
class Version:
    """A version of a feed that was graded.

    Parameters
    ----------
    file_name, version
        As imported, as the feed says.
    day
        The reference day that was counted.
    """

    file_name: str
    version: str
    day: date


@dataclass(frozen=True)
class Change:
    """A subject whose class another version changes.

    Parameters
    ----------
    kind, key
        Which subject.
    before, after
        Class by the version before and by the current one; None: none.
    rose
        Whether the class is better now.
    """

    kind: str
    key: str
    before: str | None
    after: str | None
    rose: bool


@dataclass(frozen=True)
class FeedComparison:
    """What the current version of a feed changes.

    Parameters
    ----------
    feed, method
        Names.
    before, after
        The versions.
    counts
        Kind of subject to the number that rose, fell, stayed.
    changes
        Every subject that rose or fell, by kind and key.
    """

    feed: str
    method: str
    before: Version
    after: Version
    counts: dict[str, dict[str, int]]
    changes: list[Change]


def by_feed(connection: Connection, name: str, wanted: Asked, today: date) -> FeedComparison:
    """Grade all subjects of today by the version of a feed before and by the current one.

    All other current feeds count on both sides. The departures of older versions are kept, so that each is
    graded by the same method on its own reference day.

    Raises
    ------
    NotFound
        When there is no such feed, no version before, or no day of the kind that the method counts.
    """
    current = current_feed(connection, name)
    previous = connection.execute(compare_queries.previous_version(name)).first()
    if previous is None:
        raise NotFound(f"There is only one version of the feed {name}: nothing to compare with.")
    others = [feed for feed in connection.execute(queries.current_feeds()) if feed.name != name]
    grades, versions = [], []
    for feed in (previous, current):
        day = graded_day(feed, wanted)
        versions.append(Version(feed.file_name, feed.feed_version, day))
        grades.append(_stops(connection, [*others, feed], wanted))
    counts, changes = {}, []
    for kind in SubjectKind:
        changed, counts[kind.value] = _changes(connection, kind, today, grades, wanted)
        changes += changed
    return FeedComparison(name, wanted.method.key, versions[0], versions[1], counts, changes)


Side = tuple[GradedStops, Footways | None]
"""Stops of a side, and the streets where the method goes by the way on foot."""


def _stops(
    connection: Connection,
    feeds: Sequence[Row[tuple[object, ...]]],
    wanted: Asked,
) -> Side:
    feeds = sorted(feeds, key=lambda feed: feed.name)
    departures = merged_departures(connection, feeds, wanted, counted_days(feeds, wanted))
    best = best_groups(grade_stops(departures, wanted.method, wanted.window))
    stops = graded_stops(connection, feeds, wanted, best)
    return stops, footways(connection, stops.xy) if wanted.method.detour > 1 else None


def _changes(
    connection: Connection, kind: SubjectKind, today: date, sides: list[Side], wanted: Asked
) -> tuple[list[Change], dict[str, int]]:
    """Compare the classes of all subjects of a kind by two sets of stops."""
    rows = connection.execute(compare_queries.keyed_subjects(kind, today)).all()
    places = shapely.from_wkb(np.array([row.geom for row in rows], dtype=object))
    names = [*wanted.method.grades, None]
    ranks = [_ranks(places, stops, wanted, paths) for stops, paths in sides]
    gain = ranks[0] - ranks[1]
    changes = [
        Change(
            kind.value, rows[place].key, names[ranks[0][place]], names[ranks[1][place]], bool(gain[place] > 0)
        )
        for place in np.flatnonzero(gain).tolist()
    ]
    counts = {
        name: int(n)
        for name, n in zip(
            ("rose", "fell", "same"), ((gain > 0).sum(), (gain < 0).sum(), (gain == 0).sum()), strict=True
        )
    }
    return sorted(changes, key=lambda change: change.key), counts


def _ranks(
    places: npt.NDArray[np.object_], stops: GradedStops, wanted: Asked, paths: Footways | None
) -> npt.NDArray[np.int64]:
    """Return the rank of the class of each place; the number of classes: none."""
    rank = {grade: place for place, grade in enumerate(wanted.method.grades)}
    grade = access_of(places, stops, wanted.method, paths).grade
    return np.array([rank.get(each, len(rank)) for each in grade], dtype=np.int64)
