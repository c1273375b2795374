"""Statements about stored transit answers: what they were computed from, which no longer hold."""

import re
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    Text,
    TextClause,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from geo_service.transit.freshness import LOW_BITS, REACH_STATE, STATE, answer_of, place_of
from geo_service.transit.models import SubjectKind, TransitAccess, TransitFeed, TransitRun
from geo_service.transit.queries import SUBJECTS
from geo_service.transit.reach_models import TransitReach, TransitReachRun

KEEPER_LOCK = 4_711_030
"""Number of the advisory lock of the server process that looks after the stored answers."""


def lock_keeper() -> Executable:
    """Take the lock of the process that looks after the answers until the transaction ends; one boolean."""
    return select(func.pg_try_advisory_xact_lock(KEEPER_LOCK))


def version() -> Executable:
    """Select a text that changes whenever a transaction that wrote something has ended."""
    return select(cast(func.pg_current_snapshot(), Text))


def run(method: str, window: str) -> Select[Any]:
    """Select what the answers of a method and window were computed from (all columns of `TransitRun`)."""
    return select(*TransitRun.__table__.columns).where(
        TransitRun.method == method, TransitRun.time_window == window
    )


def runs() -> Select[Any]:
    """Select what all stored answers were computed from (all columns of `TransitRun`)."""
    return select(*TransitRun.__table__.columns).order_by(TransitRun.method, TransitRun.time_window)


def anything_outdated(on: date, program: str) -> Executable:
    """Tell whether a stored answer or travel time no longer holds, or one is missing beside stored ones.

    Without a timetable nothing can be computed: then nothing is.

    Parameters
    ----------
    on
        The day.
    program
        Digest of the program that would compute them.
    """
    changed = select(STATE.c.method).where(STATE.c.stale).exists()
    older = select(TransitRun.method).where(TransitRun.program != program).exists()
    missing = [_lacking(kind, on).exists() for kind in SUBJECTS]
    feed = select(TransitFeed.id).where(TransitFeed.is_current).exists()
    return select(and_(feed, or_(changed, older, *missing, outdated_reach(on).exists())))


def _lacking(kind: SubjectKind, on: date) -> Select[Any]:
    """Select the subjects of a kind that lack an answer of some method and window, or are elsewhere now."""
    table = SUBJECTS[kind]
    now = (  # a subquery that is not pulled up: each place is read once, not once per answer
        select(table.id, place_of(table.geom).label("place"))
        .where(table.valid.contains(on), table.geom.is_not(None))
        .offset(0)
        .subquery()
    )
    held = (
        select(func.count())
        .where(
            TransitAccess.subject_kind == kind.value,
            TransitAccess.subject_id == now.c.id,
            TransitAccess.place == now.c.place,
        )
        .scalar_subquery()
    )
    wanted = select(func.count()).select_from(TransitRun).scalar_subquery()
    return select(now.c.id).where(held < wanted)


def outdated_reach(on: date) -> Select[int, int]:
    """Select the windows whose travel times no longer hold: window_from_s, window_to_s.

    Timetables or streets have changed, a subject of the day has none, or is elsewhere now.
    """
    missing = [
        select(table.id)
        .outerjoin(
            TransitReach,
            and_(
                TransitReach.subject_kind == kind.value,
                TransitReach.subject_id == table.id,
                TransitReach.run_id == TransitReachRun.id,
            ),
        )
        .where(
            table.valid.contains(on),
            table.geom.is_not(None),
            TransitReach.place.is_distinct_from(place_of(table.geom)),
        )
        .correlate(TransitReachRun)
        .exists()
        for kind, table in SUBJECTS.items()
    ]
    return (
        select(TransitReachRun.window_from_s, TransitReachRun.window_to_s)
        .join(REACH_STATE, REACH_STATE.c.id == TransitReachRun.id)
        .where(or_(REACH_STATE.c.stale, *missing))
        .order_by(TransitReachRun.window_from_s, TransitReachRun.window_to_s)
    )


def anything_stored() -> Executable:
    """Tell whether there are answers by a method and window. Bound: ``method``, ``window`` (text)."""
    method, window = bindparam("method", type_=Text), bindparam("window", type_=Text)
    made = select(TransitRun.method).where(TransitRun.method == method, TransitRun.time_window == window)
    kept = select(TransitAccess.subject_id).where(
        TransitAccess.method == method, TransitAccess.time_window == window
    )
    return select(or_(made.exists(), kept.exists()))


def timetable_days() -> ColumnElement[Any]:
    """Return the days (daterange) that all timetables cover which the answers were computed from.

    NULL: nobody noted from which. Bound: ``method``, ``window`` (text).
    """
    of_run = and_(
        TransitRun.method == bindparam("method", type_=Text),
        TransitRun.time_window == bindparam("window", type_=Text),
        TransitFeed.id == any_(TransitRun.feeds),
    )
    return (
        select(func.range_intersect_agg(TransitFeed.service, type_=TransitFeed.service.type))
        .where(of_run)
        .scalar_subquery()
    )


def put_run(values: dict[str, Any]) -> Executable:
    """Note what answers were computed from, in place of what was noted before."""
    keys = ["method", "time_window"]
    rest = {name: value for name, value in values.items() if name not in keys}
    return insert(TransitRun).values(**values).on_conflict_do_update(index_elements=keys, set_=rest)


def subjects(kind: SubjectKind, on: date, answered: tuple[str, str] | None = None) -> Executable:
    """Select what is graded: records that hold on a day and have a place.

    Parameters
    ----------
    kind
        Kind of subject.
    on
        The day.
    answered
        Method and window: only those without an answer that holds; None: all.

    Columns: id, geom (WKB, EPSG:25832), place (tells one place from another).
    """
    table = SUBJECTS[kind]
    place = place_of(table.geom)
    statement = select(table.id, func.ST_AsBinary(table.geom).label("geom"), place.label("place")).where(
        table.valid.contains(on), table.geom.is_not(None)
    )
    if answered is not None:
        statement = statement.outerjoin(TransitAccess, answer_of(kind, table.id, *answered)).where(
            TransitAccess.place.is_distinct_from(place)
        )
    return statement.order_by(table.id)


def delete_all(method: str, window: str) -> Executable:
    """Delete the stored answers of a method and window."""
    return delete(TransitAccess).where(*_of(method, window))


def delete_outdated(method: str, window: str, on: date) -> Executable:
    """Delete the stored answers about subjects that are elsewhere now, or do not hold on a day."""
    holds = [
        and_(
            TransitAccess.subject_kind == kind.value,
            select(table.id)
            .where(
                table.id == TransitAccess.subject_id,
                table.valid.contains(on),
                place_of(table.geom) == TransitAccess.place,
            )
            .exists(),
        )
        for kind, table in SUBJECTS.items()
    ]
    return delete(TransitAccess).where(*_of(method, window), not_(or_(*holds)))


def stored_counts(method: str, window: str) -> Executable:
    """Count the stored answers. Columns: subject_kind, grade (NULL: none), subjects."""
    return (
        select(TransitAccess.subject_kind, TransitAccess.grade, func.count().label("subjects"))
        .where(*_of(method, window))
        .group_by(TransitAccess.subject_kind, TransitAccess.grade)
        .order_by(TransitAccess.subject_kind, TransitAccess.grade)
    )


def _of(method: str, window: str) -> tuple[ColumnElement[bool], ...]:
    return TransitAccess.method == method, TransitAccess.time_window == window


def with_places(sql: str) -> TextClause:
    """Return a statement in which ``PLACE_OF(p.geom)`` stands for what `place_of` returns."""
    now = (
        rf"((CAST(geometry_hash(\1) AS bigint) << 32)"
        rf" | (CAST(geometry_hash(ST_SetSRID(\1, 0)) AS bigint) & {LOW_BITS}))"
    )
    return text(re.sub(r"PLACE_OF\((\w+\.geom)\)", now, sql))
