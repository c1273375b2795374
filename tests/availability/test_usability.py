"""The second stage: offered land, its largest piece, what the parcel is. Hand-drawn, and properties."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.facts import Surroundings
from geo_service.availability.inputs import OCCUPANCY_COLUMNS, RESTRICTION_COLUMNS, Inputs, Options
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from geo_service.availability.usability import (
    ANSWERS,
    INTERNAL_ANSWERS,
    SHAPE_FIGURES,
    assess,
)
from geo_service.errors import InvalidInput
from tests.availability.drawing import DAY, EAST, NORTH, PARCEL, array, box, occupancy, restriction
from tests.availability.test_facts import SOUTH, STREET, UNBUILT, frame, words


def land(
    *restrictions: dict[str, Any], parcels: Any = (PARCEL, SOUTH), width_m: float = 3.0, **rows: Any
) -> tuple[AvailabilityResult, Inputs]:
    held = frame(OCCUPANCY_COLUMNS, *rows.get("occupancies", ()))
    numbers = np.arange(1, len(parcels) + 1)
    inputs = Inputs(numbers, array(*parcels), frame(RESTRICTION_COLUMNS, *restrictions), held)
    return compute_availability(inputs, Options(DAY, sliver_width_m=width_m)), inputs


def around(inputs: Inputs, uses: Any = (UNBUILT, STREET), **fields: Any) -> Surroundings:
    return Surroundings(inputs.parcel_ids, inputs.parcels, words(*uses), inputs.restrictions, **fields)


def first(*restrictions: dict[str, Any], **options: Any) -> dict[str, Any]:
    result, inputs = land(*restrictions, **options)
    row = assess(result, inputs, around(inputs)).iloc[0]
    return {"net_m2": result.parcels["net_m2"].iloc[0], **{str(name): row[name] for name in row.index}}


def test_an_untouched_parcel_is_its_own_largest_piece() -> None:
    answer = first()
    assert [answer[name] for name in SHAPE_FIGURES] == pytest.approx(
        [5000, 0, 5000, 50, 100, 50, 100], abs=0.03
    )


def test_a_strip_is_net_land_but_not_offered() -> None:
    """A road of 10 m leaves 2 m beside it: 100 m2 that no lorry can use."""
    answer = first(restriction(box(2, 0, 12, 50), kind="road_widening"))
    assert answer["net_m2"] == pytest.approx(4500)
    assert (answer["sliver_m2"], answer["offered_m2"]) == pytest.approx((100, 4400), abs=1e-6)
    assert (answer["rectangle_length_m"], answer["rectangle_width_m"]) == pytest.approx((88, 50), abs=0.01)
    assert answer["frontage_m"] == pytest.approx(88, abs=1e-6)


def test_the_sliver_width_is_a_setting() -> None:
    road = restriction(box(2, 0, 12, 50), kind="road_widening")
    assert first(road, width_m=1.9)["sliver_m2"] == 0
    assert first(road, width_m=0)["offered_m2"] == first(road)["net_m2"]
    assert first(road, width_m=49.9)["offered_m2"] == pytest.approx(4400, abs=1e-6)
    assert first(road, width_m=50.1)["offered_m2"] == 0


def test_four_thousand_square_metres_in_strips_are_no_site() -> None:
    ditches = shapely.union_all([box(x, 0, x + 1, 50) for x in range(4, 100, 5)])
    answer = first(restriction(ditches))
    assert answer["net_m2"] == pytest.approx(4000)
    assert answer["piece_m2"] == pytest.approx(200)
    assert answer["circle_m"] == pytest.approx(4, abs=0.06)


def test_nothing_is_offered_where_nothing_is_left() -> None:
    answer = first(restriction(PARCEL))
    assert [answer[name] for name in SHAPE_FIGURES] == [0] * 7


def test_frontage_is_not_known_without_streets_and_zero_beside_none() -> None:
    result, inputs = land(parcels=(PARCEL,))
    unknown = assess(result, inputs, around(inputs, [UNBUILT], streets_known=False))
    assert np.isnan(unknown["frontage_m"].iloc[0])
    elsewhere = assess(result, inputs, around(inputs, [UNBUILT]))
    assert elsewhere["frontage_m"].iloc[0] == 0


def test_of_a_street_itself_no_frontage_is_told() -> None:
    result, inputs = land()
    assert np.isnan(assess(result, inputs, around(inputs))["frontage_m"].iloc[1])


def test_what_is_public_does_not_depend_on_occupancies() -> None:
    def answers(*occupancies: dict[str, Any]) -> "pd.Series[Any]":
        result, inputs = land(occupancies=occupancies)
        return assess(result, inputs, around(inputs)).iloc[0]

    free = answers()
    assert (free["category"], free["category_rule"]) == (free["internal_category"], "nothing_stands_there")
    for kind, category, offered in (
        ("company_reserve", "company_reserve", True),
        ("sold", "in_use", False),
    ):
        held = answers(occupancy(None, kind=kind))
        public = [*ANSWERS, "offered"]
        assert held[public].tolist() == free[public].tolist()
        assert held["internal_category"] == category
        assert held["internal_offered"] is np.bool_(offered)
        assert held["internal_target_group_rule"] == "nobody_is_sought"
    leased = answers(occupancy(None, kind="leased"))
    assert leased["internal_category"] == free["category"]  # a lease ends: it delays, and does not decide
    assert set(INTERNAL_ANSWERS) <= set(free.index)


def test_figures_that_still_hold_are_taken_over_and_others_computed() -> None:
    water = restriction(box(0, 0, 20, 50))
    result, inputs = land(water)
    once = assess(result, inputs, around(inputs))
    marked = once.assign(circle_m=once["circle_m"] + 1000)
    assert assess(result, inputs, around(inputs), once).equals(once)
    assert assess(result, inputs, around(inputs), marked)["circle_m"].tolist() == marked["circle_m"].tolist()
    changed, other = land(restriction(box(0, 0, 30, 50)))
    anew = assess(changed, other, around(other), marked)
    assert anew["circle_m"].iloc[0] == pytest.approx(50, abs=0.06)
    assert anew["circle_m"].iloc[1] == marked["circle_m"].iloc[1]
    wider, same = land(water, width_m=4)
    assert (assess(wider, same, around(same), marked)["circle_m"] < 100).all()
    no_street = around(inputs, [UNBUILT, UNBUILT])
    assert (assess(result, inputs, no_street, marked)["circle_m"] < 100).all()
    assert assess(result, inputs, around(inputs), marked.iloc[:0]).equals(once)


def adversarial() -> dict[str, Any]:
    angle = np.linspace(0, 2 * np.pi, 10_000, endpoint=False)
    reach = 20 + 4 * np.cos(37 * angle)
    star = np.stack([EAST + 50 + reach * np.cos(angle), NORTH + 25 + reach * np.sin(angle)], axis=1)
    rays = np.where(np.arange(10_000) % 2, 5.0, 20.0)
    rayed = np.stack([EAST + 50 + rays * np.cos(angle), NORTH + 25 + rays * np.sin(angle)], axis=1)
    hole = PARCEL.difference(box(10, 10, 90, 40))
    return {
        "touching": [restriction(box(100, 0, 150, 50)), restriction(box(100, 50, 120, 70), id=2)],
        "nested": [restriction(box(10, 10, 40, 40)), restriction(box(20, 20, 30, 30), id=2)],
        "multi-part": [restriction(shapely.union_all([box(x, 5, x + 3, 45) for x in range(0, 99, 9)]))],
        "a ring with a hole": [restriction(hole)],
        "holes all over": [restriction(shapely.union_all([box(x, 20, x + 4, 30) for x in range(5, 95, 10)]))],
        "slivers": [restriction(box(0, y, 100, y + 0.9), id=y + 1) for y in range(50)],
        "identical": [restriction(box(0, 0, 50, 50), id=number) for number in range(1, 30)],
        "ten thousand vertices": [restriction(shapely.Polygon(star))],
        "five thousand rays": [restriction(shapely.Polygon(rayed), kind="line_clearance")],
        "covered whole, twice": [restriction(PARCEL), restriction(PARCEL.buffer(5), id=2)],
        "a hair": [restriction(shapely.LineString([(EAST, NORTH), (EAST + 100, NORTH + 50)]).buffer(1e-4))],
        "a bow tie of two triangles": [
            restriction(
                shapely.MultiPolygon(
                    [
                        shapely.Polygon([(EAST, NORTH), (EAST + 50, NORTH + 25), (EAST, NORTH + 50)]),
                        shapely.Polygon(
                            [(EAST + 100, NORTH), (EAST + 50, NORTH + 25), (EAST + 100, NORTH + 50)]
                        ),
                    ]
                )
            )
        ],
    }


@pytest.mark.parametrize("name", adversarial())
def test_hard_cases_are_computed_and_add_up(name: str) -> None:
    rows = adversarial()[name]
    result, inputs = land(*rows)
    answer = assess(result, inputs, around(inputs)).iloc[0]
    parcel = result.parcels.iloc[0]
    taken = shapely.area(shapely.intersection(PARCEL, shapely.union_all([row["geometry"] for row in rows])))
    assert parcel["net_m2"] == pytest.approx(5000 - taken, abs=1e-4)
    items = result.items.loc[result.items["parcel_id"] == 1, "deduction_m2"].sum()
    assert items == pytest.approx(5000 - parcel["net_m2"], abs=1e-4)
    assert answer["offered_m2"] + answer["sliver_m2"] == pytest.approx(parcel["net_m2"], abs=1e-4)
    assert 0 <= answer["piece_m2"] <= answer["offered_m2"] + 1e-6
    assert answer["rectangle_length_m"] * answer["rectangle_width_m"] <= answer["piece_m2"] + 1e-6
    assert answer["rectangle_width_m"] <= answer["circle_m"] + 0.06


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)]),
        shapely.Polygon(),
        shapely.Point(EAST, NORTH),
        None,
    ],
)
def test_invalid_land_is_refused(geometry: Any) -> None:
    with pytest.raises(InvalidInput, match="restriction geometries cannot be used"):
        land(restriction(geometry))


PIECES = st.tuples(st.integers(0, 90), st.integers(0, 45), st.integers(1, 40), st.integers(1, 30))


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=6))
def test_figures_are_within_each_other_whatever_lies_there(drawn: list[tuple[int, int, int, int]]) -> None:
    rows = [
        restriction(box(x, y, x + width, y + height), id=number)
        for number, (x, y, width, height) in enumerate(drawn, start=1)
    ]
    result, inputs = land(*rows)
    answer = assess(result, inputs, around(inputs)).iloc[0]
    net = result.parcels["net_m2"].iloc[0]
    assert answer["offered_m2"] + answer["sliver_m2"] == pytest.approx(net, abs=1e-4)
    assert answer["piece_m2"] <= answer["offered_m2"] + 1e-6
    assert np.pi * (answer["circle_m"] / 2) ** 2 <= answer["piece_m2"] + 1e-6
    assert answer["rectangle_length_m"] >= answer["rectangle_width_m"] >= 0
    assert 0 <= answer["frontage_m"] <= 100 + 1e-6
    again = assess(*land(*rows[::-1]), around(land(*rows[::-1])[1])).iloc[0]
    assert [again[name] for name in SHAPE_FIGURES] == pytest.approx(
        [answer[name] for name in SHAPE_FIGURES], abs=0.05
    )
