"""From what was computed about a place to what the interface answers."""

from collections.abc import Sequence
from math import isinf
from typing import Any, Final, Literal

import shapely
from sqlalchemy import Connection, Row

from geo_service.transit.access import FAMILIES
from geo_service.transit.foot import LONGEST_WALK_M
from geo_service.transit.foot_rules import detour
from geo_service.transit.grades import Asked
from geo_service.transit.improve import Better, Served
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
    PlaceTransit,
    Ptal,
    PtalRoute,
    WalkingSource,
)
from geo_service.transit.validity import calendar_of

Kind = Literal["street_network", "detour_factor"]
"""How a way on foot was measured."""
GRADED: Final = ("", "next_")
"""Roles of the stops that a class rests on."""


def method_answer(found: PlaceAnswer, around: Surroundings) -> MethodAnswer:
    """Say what a method found about a place."""
    method, access = found.wanted.method, found.access
    following = near_stop(found, around, "next_")
    return MethodAnswer(
        method=MethodName(
            key=method.key, name_de=method.name_de, name_en=method.name_en, source=method.source
        ),
        window=str(found.wanted.window),
        day_kind=found.wanted.day_kind,
        counted=[_counted(found, feed) for feed in around.feeds if feed.name in found.days],
        grade=access["grade"],
        grades=list(method.grades),
        category=access["category"],
        stop=near_stop(found, around, ""),
        next_best=NextBest(**following.model_dump(), grade=access["next_grade"]) if following else None,
        evidence=_evidence(found, around),
        better=_better(found, found.better) if found.better else None,
    )


def _counted(found: PlaceAnswer, feed: Row[Any]) -> CountedDay:
    """Say which day was counted in a timetable, and which days it has."""
    chosen: Literal["given", "by_rule"] = "given" if found.wanted.day else "by_rule"
    return CountedDay(feed=feed.name, day=found.days[feed.name], chosen=chosen, **calendar_of(feed))


def nearest_stops(found: PlaceAnswer, around: Surroundings) -> NearestStops:
    """Say which stop of each kind of vehicle is nearest, and which has the shortest way on foot."""
    nearest = {family: near_stop(found, around, f"{family}_") for family in FAMILIES}
    return NearestStops(
        **nearest, **{f"{family}_on_foot": nearest_on_foot(found, around, family) for family in FAMILIES}
    )


def nearest_on_foot(found: PlaceAnswer, around: Surroundings, family: str) -> NearStop | None:
    """Say which stop has the shortest way, where it is another one than the nearest by straight line."""
    modes = {str(mode) for mode in FAMILIES[family]}
    ways = {
        stop: way
        for stop, served in zip(around.stops.id.tolist(), around.stops["modes"].tolist(), strict=True)
        if modes & set(served) and (way := around.walk_m[stop]) is not None
    }
    stop = min(ways, key=lambda each: (ways[each], each), default=None)
    if stop is None or stop == found.access[f"{family}_stop_pk"]:
        return None
    row = found.stops[stop]
    straight = float(shapely.distance(around.place, shapely.Point(row.x, row.y)))
    return _near(row, row.lines, (straight, ways[stop]), walk_kind(around))


def near_stop(found: PlaceAnswer, around: Surroundings, role: str) -> NearStop | None:
    """Say which stop has a role (none, next_, rail_, tram_, bus_); None when no stop has."""
    stop, distance = found.access[f"{role}stop_pk"], found.access[f"{role}distance_m"]
    if stop is None:
        return None
    row = found.stops[stop]
    of_family, lines = around.family_lines.get(role.removesuffix("_"), (stop, row.lines))
    way, kind = around.walk_m[stop], walk_kind(around)
    if way is None and role in GRADED and found.wanted.method.detour > 1:  # it was estimated, and counted so
        way, kind = _counted_way(around, stop)
    return _near(row, lines if of_family == stop else row.lines, (distance, way), kind)


def _counted_way(around: Surroundings, stop: int) -> tuple[float | None, Kind]:
    """Return the way to a stop that methods by way count (None: none), and how it was measured."""
    number = around.stops.id.tolist().index(stop)
    way = float(around.counted_m[number])
    return None if isinf(way) else way, "detour_factor" if around.estimated[number] else "street_network"


def _near(
    row: Any,  # noqa: ANN401 - a row of the stops
    lines: list[str],
    metres: tuple[float, float | None],
    kind: Kind,
) -> NearStop:
    distance, way = metres
    return NearStop(
        stop_id=row.stop_id,
        name=row.name,
        lines=lines,
        distance_m=round(distance, 1),
        walking_m=None if way is None else round(way, 1),
        walking_min=None if way is None else round(walking_minutes(way), 1),
        distance_kind=kind,
    )


def walk_kind(around: Surroundings) -> Kind:
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
    feeds = {feed.id: feed for feed in around.feeds}
    numbers = around.stations.feeds.get(stop.id, [stop.feed_id])
    feed, *others = [feeds[number] for number in numbers if found.days[feeds[number].name] is not None]
    return Evidence(
        day=found.days[feed.name],
        calendar=_counted(found, feed),
        with_feeds=[_counted(found, other) for other in others],
        window=str(found.wanted.window),
        mode_group=found.grade.mode_group,
        departures=found.grade.departures,
        headway_min=round(found.grade.headway_min, 2),
        groups=found.evidence,
        profile=found.profile,
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


def ptal_answer(levels: Levels, found: PlaceAnswer, around: Surroundings) -> Ptal:
    """Say how the access index of one place comes about."""
    return Ptal(
        level=levels.levels[0],
        access_index=round(float(levels.index[0]), 3),
        window=str(PTAL_WINDOW),
        source=PTAL_SOURCE,
        distance_kind=walk_kind(around),
        routes=[
            PtalRoute(
                mode=route.mode,
                line=route.line,
                stop_id=found.stops[route.stop].stop_id,
                name=found.stops[route.stop].name,
                walking_m=round(route.walk_m, 1),
                distance_kind=_counted_way(around, route.stop)[1],
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
        When the day asked for is in no feed's calendar.
    """
    found, levels, around = answers(connection, place, wanted)
    return PlaceMethods(
        methods=[method_answer(each, around) for each in found],
        nearest=nearest_stops(found[0], around),
        walking=walking_source(around),
        ptal=ptal_answer(levels, found[0], around),
    )


def place_transit(connection: Connection, place: shapely.Geometry, wanted: Asked) -> PlaceTransit:
    """Say what one method finds about a place, its PTAL, and the stops around it.

    Raises
    ------
    NotFound, BadParameter
        As `place_methods`.
    """
    (found,), levels, around = answers(connection, place, [wanted])
    return PlaceTransit(
        **dict(method_answer(found, around)),
        nearest=nearest_stops(found, around),
        walking=walking_source(around),
        ptal=ptal_answer(levels, found, around),
    )
