"""Areas, on shapes whose answers can be checked by eye."""

import math
from datetime import timedelta

import numpy as np
import pytest
import shapely

from geo_service.availability.inputs import Options
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from geo_service.availability.waterfall import largest_pieces
from geo_service.errors import InvalidInput
from tests.availability.drawing import DAY, EAST, NORTH, PARCEL, array, box, compute, inputs, restriction

NARROW = shapely.MultiPolygon([box(10, 0, 20, 50), box(80, 0, 90, 50)])
"""Two strips across the parcel, 500 m2 each."""


def only(result: AvailabilityResult) -> tuple[float, float]:
    """Return net and largest piece of the one parcel."""
    row = result.parcels.iloc[0]
    return row["net_m2"], row["largest_piece_m2"]


def deductions(result: AvailabilityResult) -> list[float]:
    return [round(float(value), 6) for value in result.items["deduction_m2"]]


def test_nothing_lies_on_the_parcel() -> None:
    result = compute()
    row = result.parcels.iloc[0]
    assert (row["gross_m2"], row["net_m2"], row["deducted_m2"], row["estimated_m2"]) == (5000, 5000, 0, 0)
    assert row["largest_piece_m2"] == 5000
    assert result.items.empty
    assert result.chain.empty


def test_half_of_the_parcel() -> None:
    result = compute(restriction(box(50, -10, 120, 60)))
    assert only(result) == (2500, 2500)
    assert deductions(result) == [2500]
    assert result.items["share"].tolist() == [0.5]
    assert shapely.equals(result.net[0], box(0, 0, 50, 50))


def test_an_overlap_counts_once_and_goes_to_the_first_in_order() -> None:
    flood = restriction(box(0, 0, 60, 50), kind="flood_zone")
    water = restriction(box(40, 0, 80, 50), kind="water")
    result = compute(flood, water)
    assert only(result) == (1000, 1000)
    assert result.items["kind"].tolist() == ["water", "flood_zone"]
    assert result.items["order"].tolist() == [1, 2]
    assert deductions(result) == [2000, 2000]


def test_the_order_of_deduction_can_be_chosen() -> None:
    flood = restriction(box(0, 0, 60, 50), kind="flood_zone")
    water = restriction(box(40, 0, 80, 50), kind="water")
    result = compute(flood, water, order=("flood_zone",))
    assert result.items["kind"].tolist() == ["flood_zone", "water"]
    assert deductions(result) == [3000, 1000]
    assert only(result) == (1000, 1000)


def test_kinds_outside_the_order_follow_alphabetically_and_then_by_id() -> None:
    rows = [restriction(box(0, 0, 10, 50), id=number, kind=kind) for number, kind in
            ((4, "zoo"), (3, "other"), (9, "water"), (2, "zoo"))]  # fmt: skip
    result = compute(*rows)
    assert result.items["restriction_id"].tolist() == [9, 3, 2, 4]
    assert deductions(result) == [500, 0, 0, 0]


def test_a_parcel_covered_whole_stays_in_the_answer_with_nothing_left() -> None:
    result = compute(restriction(box(-1, -1, 101, 51)), parcels=(PARCEL, box(200, 0, 210, 10)))
    assert result.parcels["net_m2"].tolist() == [0, 100]
    assert result.parcels["parcel_id"].tolist() == [1, 2]
    assert deductions(result) == [5000]
    assert result.net[0].is_empty
    assert result.parcels["largest_piece_m2"].tolist() == [0, 100]
    assert result.parcels["severity"].tolist() == ["severe", "unrestricted"]


def test_a_parcel_covered_whole_by_two_halves() -> None:
    result = compute(restriction(box(-5, -5, 50, 55)), restriction(box(50, -5, 105, 55), kind="flood_zone"))
    assert only(result) == (0, 0)
    assert deductions(result) == [2500, 2500]


def test_the_exact_outline_of_the_parcel_covers_it() -> None:
    assert only(compute(restriction(PARCEL))) == (0, 0)


@pytest.mark.parametrize(
    "neighbour",
    [
        box(100, 0, 150, 50),
        box(-50, 50, 150, 60),
        box(100, 50, 120, 70),
        shapely.MultiPolygon([box(100, 0, 110, 50), box(-10, 0, 0, 50)]),
    ],
    ids=["edge", "longer edge", "corner", "two edges"],
)
def test_touching_is_no_deduction(neighbour: shapely.Geometry) -> None:
    result = compute(restriction(neighbour))
    assert only(result) == (5000, 5000)
    assert result.items.empty
    assert shapely.equals_exact(result.net[0], PARCEL)


def test_identical_restrictions_deduct_once_and_are_both_named() -> None:
    crooked = shapely.Polygon([(EAST + x, NORTH + y) for x, y in ((-3.3, 7.7), (71.3, -9.1), (33.1, 61.7))])
    one = compute(restriction(crooked))
    three = compute(*(restriction(crooked) for _ in range(3)))
    assert three.parcels.equals(one.parcels)
    assert deductions(three) == [*deductions(one), 0, 0]


def test_a_hole_in_the_restriction_stays_usable() -> None:
    ring = box(-10, -10, 110, 60).difference(box(40, 20, 60, 30))
    result = compute(restriction(ring))
    assert only(result) == (200, 200)
    assert shapely.equals(result.net[0], box(40, 20, 60, 30))


def test_a_hole_in_the_parcel_is_not_gross() -> None:
    holed = PARCEL.difference(box(40, 20, 60, 30))
    result = compute(restriction(box(0, 0, 50, 50)), parcels=(holed,))
    assert result.parcels["gross_m2"].tolist() == [4800]
    assert deductions(result) == [2400]


def test_nested_restrictions() -> None:
    outer, inner = restriction(box(10, 10, 60, 40), kind="water"), restriction(box(20, 20, 30, 30))
    assert deductions(compute(outer, inner | {"kind": "flood_zone"})) == [1500, 0]
    assert deductions(compute(outer, inner | {"kind": "flood_zone"}, order=("flood_zone",))) == [100, 1400]


def test_parts_of_a_restriction_are_one_item_and_cut_the_parcel_into_three() -> None:
    result = compute(restriction(NARROW))
    assert deductions(result) == [1000]
    assert only(result) == (4000, 3000)


def test_a_parcel_of_several_parts() -> None:
    parts = shapely.MultiPolygon([box(0, 0, 30, 50), box(50, 0, 100, 50)])
    result = compute(restriction(box(0, 0, 60, 50)), parcels=(parts,))
    assert result.parcels["gross_m2"].tolist() == [4000]
    assert only(result) == (2000, 2000)


def test_strips_are_not_one_site() -> None:
    combs = [restriction(box(x, -1, x + 5, 51)) for x in range(5, 100, 10)]
    net, largest = only(compute(*combs))
    assert (net, largest) == (2500, 250)


def test_a_sliver_is_deducted_to_the_square_centimetre() -> None:
    result = compute(restriction(box(0, 0, 100, 0.0001)))
    assert deductions(result) == [pytest.approx(0.01, abs=1e-5)]
    net, _ = only(result)
    assert net == pytest.approx(4999.99, abs=1e-5)


def test_less_than_a_square_millimetre_is_rounding_not_land() -> None:
    result = compute(restriction(box(0, 0, 100, 0.000000005)))
    assert result.items.empty
    assert only(result)[0] == 5000
    dust = compute(restriction(box(0, 0, 100, 49.999999995)))
    assert only(dust) == (0, 0)
    assert dust.net[0].is_empty
    assert deductions(dust) == [5000]


def test_ten_thousand_vertices() -> None:
    angles = np.linspace(0, 2 * math.pi, 10_000, endpoint=False)
    circle = shapely.Polygon(
        np.stack([EAST + 50 + 20 * np.cos(angles), NORTH + 25 + 20 * np.sin(angles)], axis=1)
    )
    result = compute(restriction(circle))
    assert only(result)[0] == pytest.approx(5000 - math.pi * 400, abs=0.001)
    assert deductions(result) == [pytest.approx(circle.area, abs=1e-6)]


def test_items_add_up_to_the_square_centimetre() -> None:
    turned = [shapely.affinity.rotate(box(10, 5, 70, 30), angle) for angle in range(0, 180, 7)]
    result = compute(*(restriction(shape) for shape in turned))
    row = result.parcels.iloc[0]
    assert result.items["deduction_m2"].sum() == pytest.approx(row["gross_m2"] - row["net_m2"], abs=1e-9)
    apart = PARCEL.difference(shapely.union_all(turned)).area
    assert row["net_m2"] == pytest.approx(apart, rel=1e-12)


def test_only_restrictions_of_the_day_count() -> None:
    ended = restriction(box(0, 0, 50, 50), valid_to=DAY)
    begun = restriction(box(50, 0, 60, 50), valid_from=DAY, valid_to=DAY + timedelta(days=1))
    coming = restriction(box(60, 0, 100, 50), valid_from=DAY + timedelta(days=1))
    assert deductions(compute(ended, begun, coming)) == [500]


def test_an_estimate_stands_apart_and_is_not_deducted() -> None:
    roads = restriction(
        box(0, 0, 100, 50), kind="estimated_share", effect="reduces", share=0.095, severity="light"
    )
    result = compute(restriction(box(0, 0, 50, 50)), roads)
    row = result.parcels.iloc[0]
    assert row["net_m2"] == 2500
    assert row["estimated_m2"] == pytest.approx(237.5)
    assert result.items["effect"].tolist() == ["excludes", "reduces"]
    assert deductions(result) == [2500, 0]
    assert result.items["estimated_m2"].tolist() == [0, pytest.approx(237.5)]
    assert result.items["share"].tolist() == [0.5, pytest.approx(0.0475)]
    assert row["severity"] == "light"


def test_estimates_never_take_more_than_there_is() -> None:
    rows = [restriction(PARCEL, kind=kind, effect="reduces", share=0.6) for kind in ("other", "zoo")]
    result = compute(*rows, restriction(box(0, 0, 50, 50)))
    assert result.items["estimated_m2"].tolist() == [0, pytest.approx(1500), pytest.approx(1000)]
    assert result.parcels["estimated_m2"].tolist() == [pytest.approx(2500)]


def test_an_estimate_on_land_that_is_gone_is_no_item() -> None:
    half = box(0, 0, 50, 50)
    result = compute(restriction(half), restriction(half, effect="reduces", share=0.5))
    assert result.items["effect"].tolist() == ["excludes"]


def test_no_parcels_and_no_restrictions() -> None:
    nothing = compute(parcels=())
    assert len(nothing.parcels) == len(nothing.items) == len(nothing.chain) == 0
    assert compute(restriction(PARCEL), parcels=()).parcels.empty


def test_largest_pieces() -> None:
    pieces = largest_pieces(array(PARCEL, shapely.Polygon(), NARROW, shapely.MultiPolygon([PARCEL])))
    assert pieces.tolist() == [5000, 0, 500, 5000]


BOW_TIE = shapely.Polygon([(EAST, NORTH), (EAST + 10, NORTH + 10), (EAST + 10, NORTH), (EAST, NORTH + 10)])


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (BOW_TIE, "Self-intersection"),
        (None, "no polygon"),
        (shapely.Polygon(), "no polygon"),
        (shapely.LineString([(0, 0), (1, 1)]), "no polygon"),
        (shapely.Polygon([(0, 0), (math.inf, 1), (1, 1)]), "Invalid Coordinate"),
    ],
)
def test_unusable_geometry_is_refused_by_name(geometry: shapely.Geometry, reason: str) -> None:
    with pytest.raises(InvalidInput, match=rf"1 of 2 restriction geometries .* restriction 77 \({reason}"):
        compute(restriction(PARCEL), restriction(geometry, id=77))
    with pytest.raises(InvalidInput, match=rf"1 of 2 parcel geometries .* parcel 2 \({reason}"):
        compute(parcels=(PARCEL, geometry))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"effect": "forbids"}, "Restriction 77 has the effect 'forbids'; known: excludes, delays, reduces"),
        ({"severity": "bad"}, "Restriction 77 has the severity 'bad'"),
        ({"effect": "reduces"}, "Restriction 77 reduces: it needs a share between 0 and 1"),
        ({"effect": "reduces", "share": 1.1}, "Restriction 77 reduces"),
        ({"effect": "reduces", "share": -0.1}, "Restriction 77 reduces"),
        ({"kind": "owner_unwilling"}, r"Restriction 77: .* \(owner_unwilling\) can only delay"),
        ({"kind": "owner_unwilling", "effect": "reduces", "share": 0.5}, "Restriction 77: .* can only delay"),
    ],
)
def test_incomplete_records_are_refused_by_name(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        compute(restriction(PARCEL, id=77, **fields))


def test_a_parcel_given_twice_is_refused() -> None:
    drawn = inputs(parcels=(PARCEL, PARCEL))
    drawn.parcel_ids[1] = 1
    with pytest.raises(InvalidInput, match="Parcel 1 is given more than once"):
        compute_availability(drawn, Options(DAY))


def test_ids_and_geometries_of_unequal_number_are_refused() -> None:
    drawn = inputs()
    with pytest.raises(InvalidInput, match="1 parcel ids, but 2 geometries"):
        compute_availability(type(drawn)(drawn.parcel_ids, array(PARCEL, PARCEL)), Options(DAY))
