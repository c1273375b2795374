"""Capacity: figures of a 100 x 50 m parcel that can be checked by eye; unknown is never 0."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.capacity import (
    PLAN_AREA_COLUMNS,
    Capacity,
    compute_capacity,
    orientation_values,
    read_orientation_values,
)
from geo_service.errors import InvalidInput
from tests.availability.drawing import PARCEL, array, box


def area(geometry: Any = PARCEL, **fields: Any) -> dict[str, Any]:
    row = {
        "id": 1,
        "zone_code": 1700,
        "zone": "GE",
        "grz": 0.6,
        "gfz": 1.5,
        "max_storeys": None,
        "legal_status": 4000,
        "in_force_on": date(2001, 1, 1),
        "geometry": geometry,
    }
    return row | fields


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(PLAN_AREA_COLUMNS), dtype=object)


def compute(
    *rows: dict[str, Any], standing: tuple[float, float] | None = None, parcel: Any = PARCEL
) -> Capacity:
    buildings = pd.DataFrame([standing], columns=["footprint_m2", "floor_m2"]) if standing else None
    return compute_capacity(array(parcel), frame(*rows), buildings)


def first(capacity: Capacity) -> Any:
    return capacity.parcels.iloc[0]


def test_what_the_plan_states() -> None:
    row = first(compute(area()))
    assert (row["footprint_m2"], row["floor_m2"]) == (3000.0, 7500.0)
    assert (row["footprint_basis"], row["floor_basis"]) == ("stated", "stated")
    assert row["governed_share"] == 1.0
    assert row["in_force"]


def test_what_is_not_stated_is_the_labelled_orientation_value() -> None:
    capacity = compute(area(grz=None, gfz=None))
    row = first(capacity)
    assert (row["footprint_m2"], row["floor_m2"]) == (4000.0, 12_000.0)
    assert (row["footprint_basis"], row["floor_basis"]) == ("orientation_value", "orientation_value")
    assert "§ 17 BauNVO" in capacity.source
    row = first(compute(area(gfz=None)))
    assert (row["footprint_basis"], row["floor_basis"]) == ("stated", "orientation_value")


def test_storeys_limit_the_floor_area_and_speak_where_there_is_no_gfz() -> None:
    assert first(compute(area(max_storeys=2)))["floor_m2"] == 6000.0  # 2 x 3,000 < 7,500
    assert first(compute(area(max_storeys=4)))["floor_m2"] == 7500.0
    row = first(compute(area(gfz=None, max_storeys=3)))
    assert (row["floor_m2"], row["floor_basis"]) == (9000.0, "stated")
    row = first(compute(area(grz=None, gfz=None, max_storeys=3)))
    assert (row["floor_m2"], row["floor_basis"]) == (12_000.0, "orientation_value")


def test_without_plan_or_with_an_unheard_of_zone_nothing_is_known() -> None:
    for capacity in (compute(), compute(area(zone_code=9999, zone="?", grz=None, gfz=None))):
        row = first(capacity)
        assert np.isnan([row["footprint_m2"], row["floor_m2"], row["left_floor_m2"]]).all()
        assert (row["footprint_basis"], row["floor_basis"]) == ("unknown", "unknown")
        assert pd.isna(row["exceeds"])
    assert pd.isna(first(compute())["in_force"])


def test_the_short_form_speaks_where_there_is_no_code() -> None:
    row = first(compute(area(zone_code=None, zone="wochenendhaus", grz=None, gfz=None)))
    assert (row["footprint_m2"], row["floor_m2"]) == (1000.0, 1000.0)
    assert np.isnan(first(compute(area(zone_code=2000, zone="SO-Erholung", grz=None)))["footprint_m2"])


def test_half_a_parcel_in_a_building_area_has_half_the_capacity_and_nothing_left_is_told() -> None:
    row = first(compute(area(box(0, 0, 50, 50)), standing=(500.0, 500.0)))
    assert (row["governed_share"], row["footprint_m2"]) == (0.5, 1500.0)
    assert np.isnan(row["left_floor_m2"])


def test_two_building_areas_side_by_side() -> None:
    capacity = compute(
        area(box(0, 0, 40, 50), id=1), area(box(40, 0, 100, 50), id=2, zone="MU", zone_code=1550, grz=None)
    )
    row = first(capacity)
    assert row["footprint_m2"] == pytest.approx(2000 * 0.6 + 3000 * 0.8)
    assert (row["footprint_basis"], row["floor_basis"]) == ("mixed", "stated")
    assert capacity.parts["governed_m2"].tolist() == pytest.approx([3000.0, 2000.0])


def test_where_plans_overlap_the_later_one_in_force_governs() -> None:
    old, new = area(grz=0.4, id=1), area(grz=0.8, id=2, in_force_on=date(2020, 1, 1))
    planned = area(grz=1.0, id=3, legal_status=2000, in_force_on=date(2029, 1, 1))
    ended = area(grz=0.1, id=4, legal_status=5000, in_force_on=date(2025, 1, 1))
    for order in ([old, new, planned, ended], [ended, planned, new, old]):
        assert first(compute(*order))["footprint_m2"] == 4000.0
    row = first(compute(planned))
    assert row["footprint_m2"] == 5000.0
    assert not row["in_force"]


def test_what_is_left_beside_and_on_top_of_what_stands_there() -> None:
    row = first(compute(area(max_storeys=3), standing=(1000.0, 1500.0)))
    assert row["left_footprint_m2"] == 2000.0  # 3,000 - 1,000
    assert row["left_floor_m2"] == 6000.0  # 7,500 - 1,500
    assert row["left_stacking_m2"] == 1500.0  # 3 x 1,000 - 1,500
    assert not row["exceeds"]
    assert np.isnan(first(compute(area(), standing=(1000.0, 1500.0)))["left_stacking_m2"])


def test_more_than_permitted_leaves_nothing_and_says_so() -> None:
    row = first(compute(area(), standing=(3500.0, 3500.0)))
    assert row["exceeds"]
    assert (row["left_footprint_m2"], row["left_floor_m2"]) == (0.0, 4000.0)


def test_an_empty_parcel_and_an_unknown_one_differ() -> None:
    assert first(compute(area(), standing=(0.0, 0.0)))["left_floor_m2"] == 7500.0
    row = first(compute(area(), standing=(float("nan"), 0.0)))
    assert np.isnan(row["left_footprint_m2"])
    assert row["left_floor_m2"] == 7500.0
    assert pd.isna(row["exceeds"])
    assert first(compute(area(), standing=(3500.0, float("nan"))))["exceeds"]
    assert pd.isna(first(compute(area()))["exceeds"])


def test_a_plan_border_that_does_not_quite_match_is_no_part() -> None:
    capacity = compute(area(box(0, 0, 99.99, 50), id=1), area(box(99.99, 0, 200, 50), id=2, zone_code=1100))
    assert capacity.parts["plan_area_id"].tolist() == [1]
    assert np.isfinite(first(compute(area(box(0, 0, 99.99, 50)), standing=(0.0, 0.0)))["left_floor_m2"])


def test_every_zone_of_the_domain_description_has_its_value() -> None:
    by_code = orientation_values().by_code
    expected = {1000: (0.2, 0.4), 1100: (0.4, 1.2), 1300: (0.6, 1.6), 1450: (0.6, 1.2), 1550: (0.8, 3.0)}
    expected |= {1600: (1.0, 3.0), 1700: (0.8, 2.4), 1800: (0.8, 2.4), 2100: (0.8, 2.4), 1200: (0.4, 1.2)}
    assert {code: by_code[code] for code in expected} == expected
    assert 2000 not in by_code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source = ", "no valid TOML"),
        ("source = 'x'", "missing"),
        ("source='x'\n[[zones]]\ncodes=[1]\nnames=['A']\ngrz=1.2\ngfz=1", "density"),
        ("source='x'\n" + "[[zones]]\ncodes=[1]\nnames=['A']\ngrz=0.2\ngfz=1\n" * 2, "twice"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        read_orientation_values(tmp_path / "x.toml")


@given(
    st.lists(
        st.tuples(st.integers(-20, 80), st.integers(5, 100), st.sampled_from([0.2, 0.5, None])), max_size=5
    ),
    st.permutations(range(5)),
)
@settings(max_examples=60, deadline=None)
def test_overlapping_areas_against_a_walk_over_the_parcel(strips: list[Any], order: list[int]) -> None:
    """Every metre along the parcel is governed by the latest strip on it."""
    rows = [
        area(box(x, -5, x + width, 60), id=number, grz=grz, gfz=1.0, in_force_on=date(2000 + number, 1, 1))
        for number, (x, width, grz) in enumerate(strips)
    ]
    expected = 0.0
    for metre in range(100):
        on_it = [grz for x, width, grz in strips if x <= metre < x + width]
        expected += 50 * (0.8 if on_it[-1] is None else on_it[-1]) if on_it else 0
    row = first(compute(*[rows[place] for place in order if place < len(rows)]))
    if expected:
        assert row["footprint_m2"] == pytest.approx(expected)
    else:
        assert np.isnan(row["footprint_m2"])


def test_many_parcels_keep_their_order() -> None:
    lots = array(box(0, 0, 10, 10), box(200, 0, 210, 10), box(20, 0, 40, 10))
    capacity = compute_capacity(lots, frame(area(shapely.union_all([box(-5, -5, 50, 50)]))), None)
    assert capacity.parcels["footprint_m2"].tolist() == pytest.approx([60, np.nan, 120], nan_ok=True)
