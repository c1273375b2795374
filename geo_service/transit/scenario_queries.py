"""Statements about transit scenarios, the stops that they serve, and the places that they reach."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    TextClause,
    delete,
    func,
    insert,
    select,
    text,
    true,
    update,
)

from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.transit.models import TransitDeparture, TransitFeed, TransitStop
from geo_service.transit.scenario_models import (
    ScenarioStatus,
    TransitScenario,
    TransitScenarioLine,
    TransitScenarioStop,
)


def _visible(public: bool) -> ColumnElement[bool]:
    return TransitScenario.status == ScenarioStatus.PUBLIC.value if public else true()


def scenarios(*, public: bool) -> Select[Any]:
    """Select the scenarios, by key: columns of `TransitScenario`, and numbers of stops and lines."""
    stop = select(func.count()).where(TransitScenarioStop.scenario_id == TransitScenario.id)
    line = select(func.count()).where(TransitScenarioLine.scenario_id == TransitScenario.id)
    return (
        select(
            *TransitScenario.__table__.columns,
            stop.scalar_subquery().label("stops"),
            line.scalar_subquery().label("lines"),
        )
        .where(_visible(public))
        .order_by(TransitScenario.key)
    )


def scenario(key: str, *, public: bool) -> Select[Any]:
    """Select a scenario by its key."""
    return select(*TransitScenario.__table__.columns).where(TransitScenario.key == key, _visible(public))


def locked_scenario(key: str) -> Select[Any]:
    """Select a scenario by its key and keep others from changing it until the transaction ends."""
    return select(TransitScenario.id).where(TransitScenario.key == key).with_for_update()


def scenario_stops(scenario_id: int) -> Select[Any]:
    """Select the new stops in the order written: key, name, lon, lat (WGS 84)."""
    degrees = func.ST_Transform(TransitScenarioStop.geom, WGS84_SRID)
    return (
        select(
            TransitScenarioStop.key,
            TransitScenarioStop.name,
            func.ST_X(degrees).label("lon"),
            func.ST_Y(degrees).label("lat"),
        )
        .where(TransitScenarioStop.scenario_id == scenario_id)
        .order_by(TransitScenarioStop.id)
    )


def scenario_lines(scenario_id: int) -> Executable:
    """Select the lines of a scenario in their order."""
    return (
        select(
            TransitScenarioLine.name,
            TransitScenarioLine.mode,
            TransitScenarioLine.stops,
            TransitScenarioLine.both_ways,
            TransitScenarioLine.kind,
            TransitScenarioLine.services,
        )
        .where(TransitScenarioLine.scenario_id == scenario_id)
        .order_by(TransitScenarioLine.position)
    )


def end_scenario(scenario_id: int) -> Executable:
    """End a scenario: its rows stay."""
    ended = update(TransitScenario).where(TransitScenario.id == scenario_id)
    return ended.values(status=ScenarioStatus.ENDED.value, changed_at=func.clock_timestamp())


def drop_stops(scenario_id: int, keys: Collection[str]) -> Executable:
    """Delete stops of a scenario; the audit keeps them."""
    of_scenario = TransitScenarioStop.scenario_id == scenario_id
    return delete(TransitScenarioStop).where(of_scenario, TransitScenarioStop.key.in_(keys))


def drop_lines(scenario_id: int, first: int) -> Executable:
    """Delete the lines of a scenario from a position on; the audit keeps them."""
    of_scenario = TransitScenarioLine.scenario_id == scenario_id
    return delete(TransitScenarioLine).where(of_scenario, TransitScenarioLine.position >= first)


def new_scenario(values: dict[str, Any]) -> Executable:
    """Insert a scenario; one row: its id."""
    return insert(TransitScenario).values(**values).returning(TransitScenario.id)


def new_stop(scenario_id: int, key: str, name: str, lonlat: tuple[float, float]) -> Executable:
    """Insert a new stop of a scenario, placed in degrees (WGS 84)."""
    new = insert(TransitScenarioStop)
    return new.values(scenario_id=scenario_id, key=key, name=name, geom=_stored(lonlat))


def change_stop(scenario_id: int, key: str, name: str, lonlat: tuple[float, float]) -> Executable:
    """Write a stop of a scenario anew; as `new_stop`."""
    stop = (TransitScenarioStop.scenario_id == scenario_id, TransitScenarioStop.key == key)
    return update(TransitScenarioStop).where(*stop).values(name=name, geom=_stored(lonlat))


def _stored(lonlat: tuple[float, float]) -> ColumnElement[Any]:
    """Return a place in degrees (WGS 84) as the database keeps it."""
    degrees = func.ST_SetSRID(func.ST_MakePoint(*lonlat), WGS84_SRID)
    place: ColumnElement[Any] = func.ST_Transform(degrees, STORAGE_SRID)
    return place


def new_line(scenario_id: int, position: int, values: dict[str, Any]) -> Executable:
    """Insert a line of a scenario."""
    return insert(TransitScenarioLine).values(scenario_id=scenario_id, position=position, **values)


def change_line(scenario_id: int, position: int, values: dict[str, Any]) -> Executable:
    """Write the line of a position anew."""
    line = (TransitScenarioLine.scenario_id == scenario_id, TransitScenarioLine.position == position)
    return update(TransitScenarioLine).where(*line).values(**values)


def stops_named(stop_ids: Collection[str]) -> Select[Any]:
    """Select the stops of current feeds by id: id, feed_id, stop_id, name, lines, x, y (EPSG:25832)."""
    return _stops().where(TransitStop.stop_id == func.any(list(stop_ids)))


def stops_called(texts: Collection[str]) -> Select[Any]:
    """Select the stops of current feeds by id or name (small and capital letters alike); as `stops_named`."""
    called = func.lower(TransitStop.name).in_([text.lower() for text in texts])
    return _stops().where(TransitStop.stop_id.in_(texts) | called)


def lines_at(stop_ids: Collection[str]) -> Executable:
    """Select the lines that depart from stops of current feeds, on any day: stop_id, line, mode."""
    current = (TransitFeed.id == TransitStop.feed_id) & TransitFeed.is_current
    return (
        select(TransitStop.stop_id, TransitDeparture.line, TransitDeparture.mode)
        .join(TransitFeed, current)
        .join(TransitDeparture, TransitDeparture.stop_pk == TransitStop.id)
        .where(TransitStop.stop_id == func.any(list(stop_ids)))
        .distinct()
    )


def stops_in(west: float, south: float, east: float, north: float) -> Select[Any]:
    """Select the stops of current feeds in a box of EPSG:25832; columns as `stops_named`."""
    box = func.ST_MakeEnvelope(west, south, east, north, STORAGE_SRID)
    return _stops().where(TransitStop.geom.op("&&")(box))


def _stops() -> Select[Any]:
    return (
        select(
            TransitStop.id,
            TransitStop.feed_id,
            TransitStop.stop_id,
            TransitStop.name,
            TransitStop.lines,
            func.ST_X(TransitStop.geom).label("x"),
            func.ST_Y(TransitStop.geom).label("y"),
        )
        .join(TransitFeed, (TransitFeed.id == TransitStop.feed_id) & TransitFeed.is_current)
        .order_by(TransitFeed.name, TransitStop.stop_id)
    )


PARCELS_NEAR: Final[TextClause] = text("""
    WITH near AS (
        SELECT DISTINCT p.id
          FROM unnest(CAST(:x AS float8[]), CAST(:y AS float8[])) AS place(x, y)
          JOIN parcels p
            ON ST_DWithin(p.geom, ST_SetSRID(ST_MakePoint(place.x, place.y), 25832), :radius_m)
    )
    SELECT p.id, p.parcel_key AS key, p.location_text AS name, p.gemarkung, p.flur, p.numerator,
           p.denominator, p.area_m2 AS gross_m2, a.net_m2, p.is_demo,
           EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale, ST_AsBinary(p.geom) AS geom
      FROM near
      JOIN parcels p USING (id)
      LEFT JOIN availability a ON a.parcel_id = p.id
     WHERE p.valid @> CAST(:today AS date)
       AND (NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= :today)))
     ORDER BY p.id
""")
"""Parcels within ``radius_m`` of places ``x``, ``y`` (EPSG:25832) that hold on ``today``; only published ones
where ``public``. Columns: id, key, name, gemarkung, flur, numerator, denominator, gross_m2, net_m2 (NULL: not
computed), is_demo, stale (changed since net_m2 was computed), geom (WKB)."""

SITES_NEAR: Final[TextClause] = text("""
    WITH near AS (
        SELECT DISTINCT s.id
          FROM unnest(CAST(:x AS float8[]), CAST(:y AS float8[])) AS place(x, y)
          JOIN sites s
            ON ST_DWithin(s.geom, ST_SetSRID(ST_MakePoint(place.x, place.y), 25832), :radius_m)
    )
    SELECT s.id, s.slug AS key, s.name, ST_Area(s.geom) AS gross_m2, CAST(NULL AS float8) AS net_m2,
           s.is_demo, false AS stale, ST_AsBinary(s.geom) AS geom
      FROM near
      JOIN sites s USING (id)
     WHERE s.valid @> CAST(:today AS date)
     ORDER BY s.id
""")
"""Sites within ``radius_m`` of places ``x``, ``y`` (EPSG:25832) that hold on ``today``. Columns: id, key,
name, gross_m2, net_m2 (NULL), is_demo, stale (false), geom (WKB)."""


def new_stops(key: str) -> Select[Any]:
    """Select the new stops of a scenario in the order written: key, name, x, y (EPSG:25832)."""
    return (
        select(
            TransitScenarioStop.key,
            TransitScenarioStop.name,
            func.ST_X(TransitScenarioStop.geom).label("x"),
            func.ST_Y(TransitScenarioStop.geom).label("y"),
        )
        .join(TransitScenario, TransitScenario.id == TransitScenarioStop.scenario_id)
        .where(TransitScenario.key == key)
        .order_by(TransitScenarioStop.id)
    )


def rewrite_scenario(scenario_id: int, values: dict[str, Any]) -> Executable:
    """Write the columns of a scenario anew."""
    written = update(TransitScenario).where(TransitScenario.id == scenario_id)
    return written.values(**values, changed_at=func.clock_timestamp())
