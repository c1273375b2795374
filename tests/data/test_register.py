from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely

from data.demo.city import DemoCity
from data.demo.provenance import DEMO_SOURCE, REFERENCE_DATE
from geo_service.availability.capacity import PLAN_AREA_COLUMNS, compute_capacity
from geo_service.availability.categories import OFFERED, categorise
from geo_service.availability.facts import main_uses
from geo_service.availability.inputs import (
    OCCUPANCY_COLUMNS,
    PLAN_COLUMNS,
    RESTRICTION_COLUMNS,
    Inputs,
    Options,
)
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from geo_service.availability.standing import BUILDING_COLUMNS, measure_standing
from geo_service.city import CityProfile
from geo_service.parcels.models import OccupancyKind
from geo_service.restrictions.models import Effect, RestrictionKind

EXCLUDING = {
    "water", "flood_zone", "conservation_area", "rail_clearance", "line_clearance", "road_widening",
    "protected_monument", "existing_building", "not_buildable",
}  # fmt: skip
DELAYING = {
    "contamination", "missing_development", "plan_not_in_force", "ordnance_clearance", "owner_unwilling",
    "other",
}  # fmt: skip
SHARES = {"estimated_share"}


def with_span(frame: pd.DataFrame, column: str, names: dict[str, str]) -> pd.DataFrame:
    spans = frame[column]
    plain = pd.DataFrame(frame).rename(columns=names)
    return plain.assign(
        id=range(len(frame)),
        valid_from=[span.lower for span in spans],
        valid_to=[span.upper for span in spans],
    )


@pytest.fixture(scope="module")
def availability(demo: DemoCity) -> AvailabilityResult:
    number = {key: position for position, key in enumerate(demo.parcels["parcel_key"])}
    occupancies = with_span(demo.occupancies, "during", {})
    occupancies["parcel_id"] = [number[key] for key in demo.occupancies["parcel_key"]]
    restrictions = with_span(demo.restrictions, "valid", {"reduction_share": "share", "geom": "geometry"})
    plans = with_span(demo.development_plans, "valid", {"name": "title", "geom": "geometry"})
    inputs = Inputs(
        np.arange(len(number)),
        demo.parcels.geometry.to_numpy(),
        restrictions[list(RESTRICTION_COLUMNS)],
        occupancies[list(OCCUPANCY_COLUMNS)],
        plans[list(PLAN_COLUMNS)],
    )
    return compute_availability(inputs, Options(REFERENCE_DATE))


def test_every_kind_of_restriction_is_there_with_its_effect(demo: DemoCity) -> None:
    effects = demo.restrictions.groupby("kind")["effect"].agg(set)
    assert set(effects.index) == {kind.value for kind in RestrictionKind}
    assert all(Effect.EXCLUDES in effects[kind] for kind in EXCLUDING)
    assert all(effects[kind] == {Effect.DELAYS} for kind in DELAYING)
    assert all(effects[kind] == {Effect.REDUCES} for kind in SHARES)


def test_restrictions_are_complete(demo: DemoCity) -> None:
    frame = demo.restrictions
    assert frame["restriction_key"].is_unique
    assert (frame["office"] != "").all()
    assert frame["title"].str.endswith("(Demo)").all()
    reducing = frame["effect"] == "reduces"
    assert frame["reduction_share"].notna().eq(reducing).all()
    assert frame["reduction_share"].dropna().between(0, 1).all()
    assert sorted(frame["reduction_share"].dropna().unique()) == [0.08, 0.095, 0.226]
    assert frame.geometry.is_valid.all()
    assert not frame.geometry.is_empty.any()
    assert set(frame.geometry.geom_type) == {"MultiPolygon"}


@pytest.mark.parametrize("kind", ["contamination", "missing_development", "owner_unwilling"])
def test_some_delays_end_some_do_not_and_some_are_over(demo: DemoCity, kind: str) -> None:
    ends = [span.upper for span in demo.restrictions[demo.restrictions["kind"] == kind]["valid"]]
    assert any(end is None for end in ends)
    assert any(end is not None and end > REFERENCE_DATE for end in ends)
    assert any(end is not None and end <= REFERENCE_DATE for end in ends)


def test_the_remediation_of_the_former_envio_site_is_over(demo: DemoCity) -> None:
    ground = demo.sites.set_index("slug").geometry["kanalstrasse"]
    contaminated = demo.restrictions[demo.restrictions["kind"] == "contamination"]
    there = contaminated[contaminated.geometry.intersection(ground).area > 0.5 * ground.area]
    assert len(there) == 1
    assert there["valid"].iloc[0].upper < REFERENCE_DATE


@pytest.fixture(scope="module")
def category(demo: DemoCity) -> np.ndarray:
    """What each parcel is, by its actual use and whether a building stands on it."""
    tree = shapely.STRtree(demo.parcels.geometry.to_numpy())
    _, parcel = tree.query(demo.buildings.geometry.representative_point().to_numpy(), predicate="within")
    built = np.isin(np.arange(len(demo.parcels)), parcel)
    facts = pd.DataFrame({"actual_use": main_uses(demo.parcels["actual_use"].to_numpy()), "built": built})
    return categorise(facts)["category"].to_numpy(dtype=object)


def test_every_horizon_occurs_with_land(availability: AvailabilityResult, category: np.ndarray) -> None:
    offered = availability.parcels[np.isin(category, OFFERED)]
    hectares = offered.groupby("horizon")["net_m2"].sum() / 1e4
    assert set(hectares.index) == {"now", "short", "mid", "long", "undetermined"}
    assert (hectares > 1).all()
    # what can be had at once is scarce: the city's own figure is 33 ha of 2,545 ha commercial land
    assert 20 < hectares["now"] < 120


@pytest.mark.parametrize("status", ["available", "planned"])
def test_parcels_can_be_had_when_their_plot_says(
    demo: DemoCity, availability: AvailabilityResult, status: str
) -> None:
    plots = demo.plots[(demo.plots["status"] == status) & demo.plots["available_from"].notna()]
    tree = shapely.STRtree(demo.parcels.geometry.to_numpy())
    plot, parcel = tree.query(plots.geometry.to_numpy(), predicate="covers")
    assert len(set(plot)) == len(plots) >= 8
    found = availability.parcels["available_from"].to_numpy()[parcel].astype("datetime64[D]")
    stated = plots["available_from"].to_numpy().astype("datetime64[D]")[plot]
    assert (found == np.maximum(stated, np.datetime64(REFERENCE_DATE))).all()


def test_every_severity_occurs(availability: AvailabilityResult) -> None:
    assert set(availability.parcels["severity"]) == {"unrestricted", "light", "severe"}


def test_ground_in_use_is_not_offered(demo: DemoCity, category: np.ndarray) -> None:
    in_use = demo.parcels["actual_use"].str.contains("Straßenverkehr|Wohnbaufläche / Offen|Bahnverkehr|See;")
    found = category[in_use.to_numpy()]
    assert len(found) > 4000
    assert set(found) == {"in_use"}


def test_plans_stand_at_different_points(demo: DemoCity) -> None:
    plans = demo.development_plans
    below = plans[plans["legal_status"] < 4000]
    assert plans["plan_key"].is_unique
    assert {1000, 2000, 4000} <= set(plans["legal_status"])
    assert below["in_force_on"].notna().any()
    assert below["in_force_on"].isna().any()
    assert all(day > REFERENCE_DATE for day in below["in_force_on"].dropna())
    in_force = plans[plans["legal_status"] >= 4000]
    assert all(day <= REFERENCE_DATE for day in in_force["in_force_on"])
    assert plans.geometry.is_valid.all()


def test_plan_areas_carry_code_and_density_of_the_baunvo(demo: DemoCity) -> None:
    rows = demo.plan_areas[["zone", "zone_code", "grz", "gfz"]].dropna().drop_duplicates()
    stated = {zone: (code, grz, gfz) for zone, code, grz, gfz in rows.itertuples(index=False)}
    assert len(stated) == len(rows)
    assert stated["WA"] == (1200, 0.4, 1.2)
    assert stated["MU"] == (1550, 0.8, 3.0)
    assert stated["MK"] == (1600, 1.0, 3.0)
    assert stated["GE"] == (1700, 0.8, 2.4)
    assert set(demo.plan_areas["plan_key"]) <= set(demo.development_plans["plan_key"])


def test_some_plans_are_silent_so_that_orientation_values_stand_in(demo: DemoCity) -> None:
    areas = demo.plan_areas
    by_plan = areas.groupby("plan_key")[["grz", "gfz", "max_storeys"]].agg(["count", "size"])
    for name in ("grz", "gfz", "max_storeys"):  # a plan states a measure everywhere, or nowhere
        stated, size = by_plan[name]["count"], by_plan[name]["size"]
        assert ((stated == 0) | (stated == size)).all()
    silent = areas["grz"].isna()
    assert 0.1 < silent.mean() < 0.5
    assert 0.2 < areas["gfz"].isna().mean() < 0.7
    assert areas.loc[silent, ["gfz", "max_storeys"]].isna().all(axis=None)
    plans = demo.development_plans[["plan_key", "legal_status", "in_force_on"]]
    rows = pd.DataFrame(areas).merge(plans, on="plan_key").reset_index(names="id")
    rows = rows.rename(columns={"geom": "geometry"})[list(PLAN_AREA_COLUMNS)]
    buildings = (
        pd.DataFrame(demo.buildings)
        .rename(columns={"geom": "geometry"})
        .assign(id=range(len(demo.buildings)))
    )
    parcels = demo.parcels.geometry.to_numpy()
    standing = measure_standing(parcels, buildings[list(BUILDING_COLUMNS)], np.ones(len(parcels), dtype=bool))
    capacity = compute_capacity(parcels, rows, standing).parcels
    basis = capacity["floor_basis"]
    built = capacity["existing_floor_m2"] > 0
    assert {"stated", "orientation_value"} <= set(basis)
    assert ((basis == "orientation_value") & built & (capacity["left_floor_m2"] > 0)).sum() > 100
    assert ((basis == "orientation_value") & (capacity["footprint_basis"] == "stated")).sum() > 50


def test_plan_areas_lie_in_their_plan(demo: DemoCity) -> None:
    outline = demo.development_plans.set_index("plan_key").geometry
    plan = outline[demo.plan_areas["plan_key"]].to_numpy()
    outside = shapely.area(shapely.difference(demo.plan_areas.geometry.to_numpy(), plan))
    assert (outside < 0.01 * demo.plan_areas.geometry.area.to_numpy()).all()


def test_occupancies_of_all_kinds_past_current_and_to_come(demo: DemoCity) -> None:
    spans = demo.occupancies.groupby("kind")["during"].agg(list)
    assert set(spans.index) == {kind.value for kind in OccupancyKind}
    for kind in ("reserved", "leased", "company_reserve"):
        assert any(span.upper and span.upper <= REFERENCE_DATE for span in spans[kind]), kind
        assert any(REFERENCE_DATE in span for span in spans[kind]), kind
        assert any(span.lower > REFERENCE_DATE for span in spans[kind]), kind
    assert any(span.upper is None for span in spans["sold"])
    assert {span.upper.year - span.lower.year for span in spans["ground_lease"]} == {99}


def test_reservations_of_a_parcel_do_not_overlap(demo: DemoCity) -> None:
    reserved = demo.occupancies[demo.occupancies["kind"] == "reserved"]
    chains = 0
    for _, own in reserved.groupby("parcel_key"):
        spans = sorted(own["during"], key=lambda span: span.lower)
        chains += len(spans) > 1
        assert all(first.upper <= second.lower for first, second in pairwise(spans))
    assert chains > 5


def test_occupancies_name_parcels_that_exist(demo: DemoCity) -> None:
    assert set(demo.occupancies["parcel_key"]) <= set(demo.parcels["parcel_key"])
    assert demo.occupancies["holder"].str.startswith("Demo-").all()


def test_districts_cover_the_city_without_overlap(demo: DemoCity, city: CityProfile) -> None:
    assert tuple(demo.districts["name"]) == city.districts
    shapes = demo.districts.geometry
    assert shapes.area.sum() == pytest.approx(city.boundary.area, rel=1e-6)
    assert shapely.union_all(shapes.to_numpy()).area == pytest.approx(shapes.area.sum(), rel=1e-9)
    assert (demo.districts["geometry_accuracy_m"] >= 1000).all()
    assert demo.districts["source"].str.contains("schematisch").all()


def test_quarters_of_the_sources(demo: DemoCity, city: CityProfile) -> None:
    assert sorted(demo.quarters["name"]) == sorted(city.quarters)
    keys = demo.quarters.set_index("key")["district_key"]
    assert keys["hoerde-zentrum"] == "hoerde"
    assert keys["nordstadt"] == "innenstadt-nord"
    assert keys["city"] == keys["kreuzviertel"] == "innenstadt-west"
    assert not set(demo.quarters["key"]) & set(demo.districts["key"])


STATED = {"sites", "phases", "milestones"}


def test_every_invented_record_is_labelled(demo: DemoCity) -> None:
    for name, frame in demo.frames.items():
        if name == "plan_areas":
            continue  # has no provenance of its own: its plan does
        assert frame["is_demo"].all() == (name not in STATED), name
        assert (frame["source"] != "").all(), name
        if name not in STATED | {"districts", "quarters"}:
            assert set(frame["source"]) == {DEMO_SOURCE}, name


def test_land_values_are_money(demo: DemoCity) -> None:
    values = demo.parcels["land_value_eur_per_m2"].dropna()
    assert len(values) > 7000
    assert all(isinstance(value, Decimal) and value > 0 for value in values)
