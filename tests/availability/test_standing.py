"""What stands on a 100 x 50 m parcel: figures that can be checked by eye; unknown is never 0."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_service.availability.standing import BUILDING_COLUMNS, measure_standing
from tests.availability.drawing import PARCEL, array, box

HOUSE = box(10, 10, 30, 20)
"""200 m2."""


def building(geometry: Any = HOUSE, **fields: Any) -> dict[str, Any]:
    return {"id": 1, "kind": "building", "storeys": 3, "geometry": geometry} | fields


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    numbered = [row | {"id": number} for number, row in enumerate(rows, start=1)]
    return pd.DataFrame(numbered, columns=list(BUILDING_COLUMNS), dtype=object)


def measure(*rows: dict[str, Any], surveyed: bool = True, parcels: Any = (PARCEL,)) -> pd.DataFrame:
    return measure_standing(array(*parcels), frame(*rows), np.full(len(parcels), surveyed))


def figures(*rows: dict[str, Any], **options: Any) -> tuple[Any, float, float]:
    row = measure(*rows, **options).iloc[0]
    return row["built"], row["footprint_m2"], row["floor_m2"]


def test_storeys_times_footprint() -> None:
    assert figures(building()) == (True, 200.0, 600.0)
    assert figures(building(), building(box(50, 10, 60, 20), storeys=2)) == (True, 300.0, 800.0)


def test_nothing_stands_there() -> None:
    assert figures() == (False, 0.0, 0.0)


def test_where_no_building_is_known_nothing_is_known() -> None:
    built, footprint, floor = figures(surveyed=False)
    assert built is pd.NA
    assert np.isnan([footprint, floor]).all()
    assert figures(building(), surveyed=False) == (True, 200.0, 600.0)


def test_unknown_storeys_leave_the_floor_area_unknown() -> None:
    for storeys in (None, np.nan, pd.NA):
        built, footprint, floor = figures(building(storeys=storeys), building(box(50, 10, 60, 20)))
        assert (built, footprint) == (True, 300.0)
        assert np.isnan(floor)


def test_only_the_part_on_the_parcel_counts() -> None:
    assert figures(building(box(90, 0, 130, 10))) == (True, 100.0, 300.0)
    both = measure(building(box(90, 0, 130, 10)), parcels=(PARCEL, box(100, 0, 200, 50)))
    assert both["footprint_m2"].tolist() == [100.0, 300.0]


def test_ground_under_two_outlines_counts_once_with_the_most_storeys() -> None:
    tower = building(box(10, 10, 20, 20), kind="part", storeys=5)  # half of the house
    assert figures(building(), tower) == figures(tower, building()) == (True, 200.0, 800.0)
    unknown = building(box(10, 10, 20, 20), kind="part", storeys=None)
    assert figures(building(), unknown) == (True, 200.0, 600.0)
    assert figures(building(), building()) == (True, 200.0, 600.0)


def test_structures_and_what_lies_below_ground_do_not_count() -> None:
    assert figures(building(kind="structure"), building(storeys=0)) == (False, 0.0, 0.0)


def test_a_sliver_over_the_border_is_no_building_but_a_kiosk_is() -> None:
    assert figures(building(box(-20, 10, 0.04, 30))) == (False, 0.0, 0.0)  # 0.8 m2 of 400.8
    assert figures(building(box(-20, 10, 0.2, 30))) == (False, 0.0, 0.0)  # 4 m2, under 0.1 % of the parcel
    assert figures(building(box(10, 10, 12, 12), storeys=1)) == (True, 4.0, 4.0)
    assert figures(building(box(-20, 10, 1, 30))) == (True, 20.0, 60.0)


def test_holes_and_multi_parts() -> None:
    yard = shapely.Polygon(box(10, 10, 40, 40).exterior, [box(20, 20, 30, 30).exterior])
    assert figures(building(yard, storeys=2)) == (True, 800.0, 1600.0)
    pair = shapely.MultiPolygon([HOUSE, box(50, 10, 60, 20)])
    assert figures(building(pair)) == (True, 300.0, 900.0)


def test_many_parcels_by_hand_and_in_threads() -> None:
    parcels = [box(x, 0, x + 10, 10) for x in range(0, 400, 10)]
    houses = [building(box(x + 2, 2, x + 7, 8), storeys=x // 100 + 1) for x in range(0, 400, 20)]
    once = measure(*houses, parcels=parcels)
    threaded = measure_standing(array(*parcels), frame(*houses), np.ones(40, dtype=bool), threads=3)
    pd.testing.assert_frame_equal(once, threaded)
    expected = [30.0 * (x // 100 + 1) if x % 20 == 0 else 0.0 for x in range(0, 400, 10)]
    assert once["floor_m2"].to_numpy() == pytest.approx(expected)
    assert once["built"].tolist() == [x % 20 == 0 for x in range(0, 400, 10)]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 4), st.integers(1, 6), st.integers(1, 6), st.integers(1, 9)
        ),
        max_size=6,
    )
)
def test_ten_metre_squares_counted_one_by_one(drawn: list[tuple[int, int, int, int, int]]) -> None:
    """Buildings of whole 10 m squares: a loop over the squares must find the same."""
    rows = [building(box(10 * x, 10 * y, 10 * (x + w), 10 * (y + h)), storeys=s) for x, y, w, h, s in drawn]
    squares = [
        max((s for x, y, w, h, s in drawn if x <= i < x + w and y <= j < y + h), default=0)
        for i in range(10)
        for j in range(5)
    ]
    built, footprint, floor = figures(*rows)
    assert built == any(squares)
    assert footprint == pytest.approx(100.0 * sum(map(bool, squares)))
    assert floor == pytest.approx(100.0 * sum(squares))
