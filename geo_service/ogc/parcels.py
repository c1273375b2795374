"""Collections of parcels: the cadastre, availability and transit proximity as last computed."""

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, false, func
from sqlalchemy.types import NullType

from geo_service.auth.publication import published
from geo_service.availability.categories import ALLOWED, QUESTIONS, standard_rules
from geo_service.availability.models import Basis, Horizon
from geo_service.availability.presets import horizon_preset
from geo_service.availability.queries import is_stale
from geo_service.availability.state_queries import STORED_STATE
from geo_service.availability.usability import ANSWERS, INTERNAL_ANSWERS, OFFERS, SHAPE_FIGURES
from geo_service.ogc.columns import ORIGIN, drawn, same, span, whole
from geo_service.ogc.model import Check, Collection, Tiles, one_of
from geo_service.restrictions.models import Severity
from geo_service.schema import (
    Availability,
    Capacity,
    District,
    Parcel,
    TransitAccess,
    TransitStop,
    Usability,
)
from geo_service.transit.freshness import STATE, state_of
from geo_service.transit.freshness import is_stale as is_outdated
from geo_service.transit.methods import known_methods
from geo_service.transit.ptal import PTAL
from geo_service.transit.reach_queries import travel_stale, travel_times
from geo_service.transit.run_queries import anything_stored, timetable_days
from geo_service.transit.windows import DAY, NAMED_WINDOWS

parcels = Parcel.__table__
availability = Availability.__table__
usability = Usability.__table__
capacities = Capacity.__table__
access = TransitAccess.__table__
stops = TransitStop.__table__
districts = District.__table__

DEFAULT_METHOD: Final = "are"
"""Transit method that is shown when none is asked for."""


def _published_parcels(day: ColumnElement[date]) -> ColumnElement[bool]:
    return published(parcels.c.publication_objection, parcels.c.publication_announced_on, day)


def _parcel_transit() -> ColumnElement[bool]:
    return and_(
        access.c.subject_kind == "parcel",
        access.c.subject_id == parcels.c.id,
        access.c.method == DEFAULT_METHOD,
        access.c.time_window == DAY,
    )


def _same_computation(beside: FromClause) -> ColumnElement[bool]:
    """Join a result to the availability it was computed beside: beside another one it would be stale."""
    return and_(
        beside.c.parcel_id == availability.c.parcel_id, beside.c.computed_at == availability.c.computed_at
    )


_TILES = Tiles(
    source=parcels.outerjoin(availability, availability.c.parcel_id == parcels.c.id)
    .outerjoin(usability, _same_computation(usability))
    .outerjoin(access, _parcel_transit())
    .outerjoin(STATE, state_of(access)),
    properties={
        **drawn("parcels", {"parcel_key": parcels.c.parcel_key}),
        **drawn("availability", {"horizon": availability.c.horizon}),
        **drawn("availability", {"offered": usability.c.offered, "category": usability.c.category}),
        **drawn("availability", {"net_m2": whole(availability.c.net_m2)}),
        **drawn(
            "availability", {"gross_m2": whole(func.coalesce(availability.c.gross_m2, parcels.c.area_m2))}
        ),
        **drawn("availability", {"available_from": cast(availability.c.available_from, Text)}),
        **drawn("availability", {"severity": availability.c.severity}),
        **drawn("availability", {"stale": func.nullif(is_stale(parcels.c.id, parcels.c.geom), false())}),
        "grade": ("transit", "grade", access.c.grade),
        "grade_stale": ("transit", "stale", func.nullif(is_outdated(parcels.c.geom, access), false())),
        **drawn("parcels", {"is_demo": parcels.c.is_demo}),
    },
    coarse=frozenset({"horizon", "offered", "category", "severity", "grade", "is_demo"}),
    min_zoom=9,
    grid=func.on_tile_grid(parcels.c.geom_3857, type_=NullType()),
)

PARCELS = Collection(
    id="parcels",
    title="Parcels",
    title_de="Flurstücke",
    description="Parcels of the cadastre, without owners.",
    source=parcels.outerjoin(districts, districts.c.id == parcels.c.district_id),
    row_id=parcels.c.id,
    key=parcels.c.parcel_key,
    geom=parcels.c.geom,
    geom_3857=parcels.c.geom_3857,
    columns={
        **same(parcels, "parcel_key gemarkung_key gemarkung flur numerator denominator municipality_key"),
        **same(parcels, "municipality location_text actual_use official_area_m2 area_m2"),
        **same(parcels, "land_value_eur_per_m2 owner_kind publication_objection publication_announced_on"),
        **same(parcels, ORIGIN),
        **span(parcels.c.valid),
        "district": districts.c.name,
    },
    tiles=_TILES,
    valid=parcels.c.valid,
    area_m2=parcels.c.area_m2,
    public_rows=_published_parcels,
)


def _rules(question: str, prefix: str = "") -> dict[str, Check]:
    """Return the checks of the answers to a question and of the rules that gave them."""
    rules = standard_rules().by_question[question]
    return {
        f"{prefix}{question}": one_of(ALLOWED.get(question) or dict.fromkeys(rule.answer for rule in rules)),
        f"{prefix}{question}_rule": one_of(rule.id for rule in rules),
    }


AVAILABILITY = Collection(
    id="availability",
    title="Availability",
    title_de="Verfügbarkeit",
    description="What of each parcel can be had, and from when, what may be built there, as last computed; "
    "offered: land on offer by its category; it tells of as_of alone, another datetime finds nothing; "
    "items: deducted in the deduction_order told by computation, "
    "overlaps once; stale: changed since.",
    source=availability.join(parcels, parcels.c.id == availability.c.parcel_id)
    .outerjoin(usability, _same_computation(usability))
    .outerjoin(capacities, _same_computation(capacities)),
    row_id=availability.c.parcel_id,
    key=parcels.c.parcel_key,
    geom=parcels.c.geom,
    geom_3857=parcels.c.geom_3857,
    told_days=func.daterange(availability.c.as_of, availability.c.as_of, "[]"),
    columns={
        **same(parcels, "parcel_key is_demo"),
        **same(availability, "as_of preset gross_m2 net_m2 estimated_m2 largest_piece_m2 severity horizon"),
        **same(availability, "available_from items chain computed_at"),
        "stale": is_stale(availability.c.parcel_id, parcels.c.geom),
        **same(usability, " ".join((*SHAPE_FIGURES, *OFFERS, *ANSWERS, *INTERNAL_ANSWERS))),
        **same(capacities, "built plan_share plan_in_force exceeds_plan"),
        **same(
            capacities, "allowed_footprint_m2 allowed_footprint_basis allowed_floor_m2 allowed_floor_basis"
        ),
        **same(capacities, "built_footprint_m2 built_floor_m2"),
        **same(capacities, "left_footprint_m2 left_floor_m2 left_stacking_m2"),
        "capacity_parts": capacities.c.parts,
    },
    computation=STORED_STATE,
    checks={
        "preset": horizon_preset,
        "severity": one_of(Severity),
        "horizon": one_of(Horizon),
        **{name: check for question in QUESTIONS for name, check in _rules(question).items()},
        **_rules("category", "internal_"),
        **_rules("target_group", "internal_"),
        "allowed_footprint_basis": one_of(Basis),
        "allowed_floor_basis": one_of(Basis),
    },
    valid=parcels.c.valid,
    area_m2=parcels.c.area_m2,
    public_rows=_published_parcels,
)

_stop, _next, _rail, _tram, _bus = (
    stops.alias(name) for name in ("stop", "next_stop", "rail_stop", "tram_stop", "bus_stop")
)

TRANSIT = Collection(
    id="transit",
    title="Transit proximity of parcels",
    title_de="ÖV-Güteklassen der Flurstücke",
    description="Class of public transport access of each parcel with the stop that gave it, by method and "
    "window, and travel times to the city's destinations (minutes: median, 90 %); it tells of days of its "
    "timetables alone, another datetime finds nothing; stale: timetable, streets or place changed since.",
    source=access.join(parcels, parcels.c.id == access.c.subject_id)
    .outerjoin(_stop, _stop.c.id == access.c.stop_pk)
    .outerjoin(_next, _next.c.id == access.c.next_stop_pk)
    .outerjoin(_rail, _rail.c.id == access.c.rail_stop_pk)
    .outerjoin(_tram, _tram.c.id == access.c.tram_stop_pk)
    .outerjoin(_bus, _bus.c.id == access.c.bus_stop_pk)
    .outerjoin(STATE, state_of(access)),
    row_id=access.c.subject_id,
    key=parcels.c.parcel_key,
    geom=parcels.c.geom,
    geom_3857=parcels.c.geom_3857,
    columns={
        **same(parcels, "parcel_key is_demo"),
        **same(
            access, "method grade category access_index distance_m next_grade next_distance_m computed_at"
        ),
        **same(access, "rail_distance_m tram_distance_m bus_distance_m"),
        **same(access, "walk_kind walk_m next_walk_m rail_walk_m tram_walk_m bus_walk_m"),
        "stop": _stop.c.name,
        "next_stop": _next.c.name,
        "rail_stop": _rail.c.name,
        "tram_stop": _tram.c.name,
        "bus_stop": _bus.c.name,
        "window": access.c.time_window,
        "travel_times": travel_times(access.c.subject_id, parcels.c.geom),
        "travel_stale": travel_stale(),
        "stale": is_outdated(parcels.c.geom, access),
    },
    valid=parcels.c.valid,
    told_days=timetable_days(),
    area_m2=parcels.c.area_m2,
    public_rows=_published_parcels,
    only=access.c.subject_kind == "parcel",
    choices={"method": (access.c.method, DEFAULT_METHOD), "window": (access.c.time_window, DAY)},
    words={"method": (*known_methods(), PTAL), "window": tuple(NAMED_WINDOWS)},
    stored=anything_stored(),
    remedy="geo transit --method {method} --window {window}",
)
