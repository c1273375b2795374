"""From what was computed about a place to what the interface answers."""

from collections.abc import Sequence
from math import isinf
from typing import Any, Literal

import shapely
from sqlalchemy import Connection

from geo_service.errors import NotFound
from geo_service.transit import nearby_queries
from geo_service.transit.foot import LONGEST_WALK_M
from geo_service.transit.foot_rules import detour
from geo_service.transit.grades import Asked, asked
from geo_service.transit.improve import Better, Served
from geo_service.transit.methods import known_methods
from geo_service.transit.models import SubjectKind
from geo_service.transit.nearby import PlaceAnswer, Surroundings, answers, records
from geo_service.transit.proximity import walking_minutes
from geo_service.transit.ptal import PTAL_SOURCE, PTAL_WINDOW, Levels
from geo_service.transit.schemas import (
    BetterGrade,
    CountedDay,
    DenserStop,
    Evidence,
    FeedName,
    MethodAnswer,
    MethodName,
    NearerStop,
    NearestStops,
    NearStop,
    NextBest,
    PlaceMethods,
    Ptal,
    PtalRoute,
    WalkingSource,
)


def method_answer(found: PlaceAnswer, around: Surroundings) -> MethodAnswer:
    """Say what a method found about a place."""
    method, access = found.wanted.method, found.access
    following = near_stop(found, around, "next_")
    chosen = "given" if found.wanted.day else "by_rule"
    return MethodAnswer(
        method=MethodName(
            key=method.key, name_de=method.name_de, name_en=method.name_en, source=method.source
        ),
        window=str(found.wanted.window),
        day_kind=found.wanted.day_kind,
        counted=[CountedDay(feed=feed, day=day, chosen=chosen) for feed, day in found.days.items()],
        grade=access["grade"],
        grades=list(method.grades),
        category=access["category"],
        stop=near_stop(found, around, ""),
        next_best=NextBest(**following.model_dump(), grade=access["next_grade"]) if following else None,
        evidence=_evidence(found, around),
        better=_better(found, found.better) if found.better else None,
    )


def nearest_stops(found: PlaceAnswer, around: Surroundings) -> NearestStops:
    """Say which stop of each kind of vehicle is nearest."""
    return NearestStops(
        rail=near_stop(found, around, "rail_"),
        tram=near_stop(found, around, "tram_"),
        bus=near_stop(found, around, "bus_"),
    )


def near_stop(found: PlaceAnswer, around: Surroundings, role: str) -> NearStop | None:
    """Say which stop has a role (none, next_, rail_, tram_, bus_); None when no stop has."""
    stop, distance = found.access[f"{role}stop_pk"], found.access[f"{role}distance_m"]
    if stop is None:
        return None
    row = found.stops[stop]
    of_family, lines = around.family_lines.get(role.removesuffix("_"), (stop, row.lines))
    way = around.walk_m[stop]
    return NearStop(
        stop_id=row.stop_id,
        name=row.name,
        lines=lines if of_family == stop else row.lines,
        distance_m=round(distance, 1),
        walking_m=None if way is None else round(way, 1),
        walking_min=None if way is None else round(walking_minutes(way), 1),
        distance_kind=walk_kind(around),
    )


def walk_kind(around: Surroundings) -> Literal["street_network", "detour_factor"]:
    """Say how ways on foot were measured."""
    return "detour_factor" if around.streets is None else "street_network"


def walking_source(around: Surroundings) -> WalkingSource:
    """Say where ways on foot come from."""
    if around.streets is None:
        return WalkingSource(
            distance_kind=walk_kind(around),
            source=detour().source,
            detour_factor=detour().factor,
            licence="",
            source_date=None,
            longest_m=None,
            is_demo=False,
        )
    return WalkingSource(
        distance_kind=walk_kind(around),
        source=around.streets.source,
        detour_factor=None,
        licence=around.streets.licence,
        source_date=around.streets.source_date,
        longest_m=LONGEST_WALK_M,
        is_demo=around.streets.is_demo,
    )


def _evidence(found: PlaceAnswer, around: Surroundings) -> Evidence | None:
    if found.grade is None:
        return None
    stop = found.stops[found.access["stop_pk"]]
    feed = next(feed for feed in around.feeds if feed.id == stop.feed_id)
    return Evidence(
        day=found.days[feed.name],
        window=str(found.wanted.window),
        mode_group=found.grade.mode_group,
        departures=found.grade.departures,
        headway_min=round(found.grade.headway_min, 2),
        groups=found.evidence,
        feed=FeedName(
            name=feed.name,
            publisher=feed.publisher,
            version=feed.feed_version,
            source=feed.source,
            is_demo=feed.is_demo,
        ),
    )


def _better(found: PlaceAnswer, better: Better) -> BetterGrade:
    nearer, denser = better.nearer, better.denser
    return BetterGrade(
        grade=better.grade,
        nearer=NearerStop(
            **_as_is(found, nearer.served),
            limit_m=round(nearer.limit_m, 1),
            limit_included=nearer.limit_included,
            missing_m=round(nearer.missing_m, 1),
        )
        if nearer
        else None,
        denser=DenserStop(
            **_as_is(found, denser.served),
            needed_headway_min=None if isinf(denser.headway_min) else denser.headway_min,
            needed_headway_included=denser.headway_included,
            more_departures=denser.more_departures,
        )
        if denser
        else None,
    )


def _as_is(found: PlaceAnswer, served: Served) -> dict[str, Any]:
    stop = found.stops[served.stop]
    return {
        "stop_id": stop.stop_id,
        "name": stop.name,
        "mode_group": served.group,
        "distance_m": round(served.distance_m, 1),
        "departures": served.departures,
        "headway_min": round(served.headway_min, 2),
    }


def ptal_answer(levels: Levels, found: PlaceAnswer) -> Ptal:
    """Say how the access index of one place comes about."""
    return Ptal(
        level=levels.levels[0],
        access_index=round(float(levels.index[0]), 3),
        window=str(PTAL_WINDOW),
        source=PTAL_SOURCE,
        routes=[
            PtalRoute(
                mode=route.mode,
                line=route.line,
                stop_id=found.stops[route.stop].stop_id,
                name=found.stops[route.stop].name,
                distance_m=round(route.distance_m, 1),
                per_hour=round(route.per_hour, 2),
                walk_min=round(route.walk_min, 2),
                wait_min=round(route.wait_min, 2),
                edf=round(route.edf, 3),
                share=route.share,
            )
            for route in records(levels.routes)
        ],
    )


def place_methods(connection: Connection, place: shapely.Geometry, wanted: Sequence[Asked]) -> PlaceMethods:
    """Say what methods find about a place, side by side.

    Raises
    ------
    NotFound
        When no timetable is loaded, or none has a day of the kind asked for.
    BadParameter
        When the day asked for is not in a feed's calendar.
    """
    found, levels, around = answers(connection, place, wanted)
    return PlaceMethods(
        methods=[method_answer(each, around) for each in found],
        nearest=nearest_stops(found[0], around),
        walking=walking_source(around),
        ptal=ptal_answer(levels, found[0]),
    )


def subject_methods(connection: Connection, kind: SubjectKind, subject_id: int) -> PlaceMethods | None:
    """Say what all methods find about a subject of the register; None without a place or a timetable."""
    place = connection.execute(nearby_queries.subject_place(kind, subject_id)).scalar_one_or_none()
    if place is None:
        return None
    try:
        return place_methods(
            connection, shapely.from_wkb(place), [asked(method) for method in known_methods()]
        )
    except NotFound:
        return None
