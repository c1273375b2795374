"""Slivers, largest pieces and street frontage: drawn so that the figures can be checked by eye."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability import shape
from geo_service.availability.edges import edges_of
from geo_service.availability.shape import CROWDED, offered_land, pairs_of_sides, plainly_wide, usable_pieces
from tests.availability.drawing import EAST, NORTH, PARCEL, array, box

WIDTH = 3.0


def offered(net: Any, width_m: float = WIDTH) -> Any:
    return offered_land(array(net), width_m).land[0]


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


# --- slivers ------------------------------------------------------------------------------------------------


def test_a_parcel_as_wide_as_it_should_be_is_handed_on_as_it_came() -> None:
    assert offered(PARCEL) is PARCEL
    assert offered(box(0, 0, 100, 3.2)).area == pytest.approx(320)


def test_a_strip_is_no_land() -> None:
    result = offered_land(array(box(0, 0, 100, 2.9), PARCEL), WIDTH)
    assert result.land[0].is_empty
    assert result.offered_m2.tolist() == [0.0, 5000.0]
    assert result.sliver_m2.tolist() == [pytest.approx(290), 0.0]


def test_a_crumb_of_a_few_square_centimetres_is_no_land_either() -> None:
    assert offered(box(0, 0, 0.25, 0.25)).is_empty


def test_a_strip_beside_a_site_goes_and_the_site_keeps_its_corners() -> None:
    net = shapely.union_all([box(0, 0, 40, 40), box(40, 10, 100, 12)])
    left = offered(net)
    assert left.symmetric_difference(box(0, 0, 40, 40)).area < 0.02 * 60 * 2  # a stub, shorter than the width
    assert box(0, 0, 40, 40).difference(left).area < 1e-6
    assert left.bounds[2] < EAST + 40 + WIDTH


def test_a_site_with_a_notch_keeps_every_square_metre() -> None:
    net = PARCEL.difference(box(30, 20, 60, 50))
    assert offered(net).area == pytest.approx(net.area, abs=1e-9)


def test_a_strip_behind_a_thin_cut_goes_though_it_lies_near() -> None:
    net = shapely.union_all([box(0, 0, 40, 40), box(40.1, 0, 42, 40)])
    assert offered(net).area == pytest.approx(1600, abs=1e-6)


def test_a_crumb_off_a_blunt_corner_goes_though_the_corner_would_reach_it() -> None:
    blunt = box(0, 0, 40, 40).difference(shapely.Polygon(line((37.2, 40), (40, 37.2), (40, 40)).coords))
    crumb = shapely.Polygon(line((38, 40), (40, 38), (40, 40)).coords)
    left = offered_land(array(shapely.union_all([blunt, crumb])), 10.0).land[0]
    assert left.geom_type == "Polygon"
    assert left.symmetric_difference(blunt).area < 1e-6


def test_two_sites_joined_by_a_path_are_two_pieces() -> None:
    net = shapely.union_all([box(0, 0, 40, 40), box(40, 10, 80, 11), box(80, 0, 100, 40)])
    left = offered(net)
    assert left.geom_type == "MultiPolygon"
    assert left.area == pytest.approx(1600 + 800, abs=1)


def test_width_zero_keeps_everything_and_nothing_stays_nothing() -> None:
    strip = box(0, 0, 100, 0.1)
    assert offered(strip, 0) is strip
    assert offered(shapely.Polygon()).is_empty


def test_a_needle_loses_its_point_only() -> None:
    net = shapely.Polygon([(EAST, NORTH), (EAST + 100, NORTH), (EAST + 100, NORTH + 20)])
    left = offered(net)
    assert left.bounds[0] > EAST + 5
    assert left.bounds[0] < EAST + 15  # there it is 3 m wide
    assert box(16, 0, 100, 20).intersection(net).difference(left).area < 1e-6


def star(corners: int, short_m: float = 5.0, long_m: float = 20.0) -> shapely.Polygon:
    """Draw a star in the middle of the parcel: its rays lie centimetres apart, all within a width."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = np.where(np.arange(corners) % 2, short_m, long_m)
    points = np.stack([50 + reach * np.cos(angle), 25 + reach * np.sin(angle)], axis=1)
    return shapely.Polygon(points + np.array([EAST, NORTH]))


def test_a_star_of_ten_thousand_corners_is_widened_in_short_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    widened: list[int] = []
    buffer = shapely.buffer

    def counted(shapes: Any, *values: Any, **options: Any) -> Any:
        widened.extend(np.atleast_1d(shapely.get_num_coordinates(shapes)))
        return buffer(shapes, *values, **options)

    monkeypatch.setattr(shapely, "buffer", counted)
    found = offered_land(array(PARCEL.difference(star(10_000))), WIDTH)
    assert len(widened) > 1_000
    assert max(widened) <= shape.MANY
    # between the rays nothing is 3 m wide: the disc around them goes, to 2 % of the width along its border
    assert found.offered_m2[0] == pytest.approx(5000 - np.pi * 20**2, abs=0.02 * WIDTH * 2 * np.pi * 20)
    assert found.land[0].bounds == PARCEL.bounds


def test_land_of_many_corners_is_land_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    two = shapely.union_all([box(0, 0, 40, 40).difference(box(5, 5, 35, 35)), box(40, 10, 80, 11)])
    two = two.union(box(80, 0, 100, 40)).union(box(12, 12, 28, 28)).union(box(200, 0, 300, 1))
    expected = offered(two)
    monkeypatch.setattr(shape, "MANY", 3)
    assert shapely.equals(shapely.set_precision(offered(two), 0.01), shapely.set_precision(expected, 0.01))
    assert offered(box(0, 0, 100, 2.9)).is_empty
    assert offered(PARCEL.difference(star(10))) == offered(PARCEL.difference(star(10)))


@st.composite
def nets(draw: st.DrawFn) -> Any:
    """Draw a block less some turned rectangles, often along its borders, as exclusions leave it."""
    land: Any = box(0, 0, 60, 40)
    for _ in range(draw(st.integers(0, 5))):
        x, y = draw(st.floats(-10, 60)), draw(st.floats(-10, 40))
        cut = box(x, y, x + draw(st.floats(1, 40)), y + draw(st.floats(1, 30)))
        land = land.difference(shapely.affinity.rotate(cut, draw(st.just(0.0) | st.floats(0, 90))))
    return land


@given(nets(), st.sampled_from([1.0, 3.0, 8.0]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_offered_lies_between_what_circles_sweep_and_what_they_reach(
    net: Any, width_m: float, in_chains: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shape, "MANY", 3 if in_chains else shape.MANY)
        left = offered(net, width_m)
    core = net.buffer(-width_m / 2, quad_segs=64)
    assert shapely.is_valid(left)
    assert left.area <= net.area
    assert left.difference(net).area < 1e-6
    swept = core.buffer(width_m / 2 - 0.01 * width_m, quad_segs=64)
    assert swept.difference(left).area < 0.02 * width_m**2
    if left is not net:
        nearly = net.buffer(-0.49 * width_m, quad_segs=64)
        reached = nearly.buffer(width_m * 1.125, quad_segs=64)  # a point cut off square: sqrt(5) / 2
        assert left.difference(reached).area < 1e-6


POINT_OF_A_CORE = (
    "POLYGON ((390025.1020035716 5705023.016779687, 390025.25839094725 5705024.004475485, "
    "390000 5705028.003777186, 390000 5705040, 390017.41224444297 5705040, "
    "390017.86012608255 5705037.307122834, 390034.0509827551 5705040, 390049.8664029221 5705040, "
    "390049.8664029221 5705034.724455293, 390052.7534984411 5705034.724455293, 390052.7534984411 5705040, "
    "390055.8007347793 5705040, 390055.8007347793 5705032.241856918, 390057.8007347793 5705032.241856918, "
    "390057.8007347793 5705040, 390060 5705040, 390060 5705026.721203651, "
    "390038.29111236235 5705026.721203651, 390038.29111236235 5705003.386937311, 390060 5705003.386937311, "
    "390060 5705000, 390000 5705000, 390000 5705026.991319705, 390025.1020035716 5705023.016779687))"
)


def test_before_a_sharp_point_of_the_core_an_eighth_of_the_width_more_is_offered_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = shapely.from_wkt(POINT_OF_A_CORE)
    monkeypatch.setattr(shape, "MANY", 3)
    left, middles = offered(net, 8.0), net.buffer(-3.92, quad_segs=64)
    assert left.difference(middles.buffer(8.08, quad_segs=64)).area == pytest.approx(1.2, abs=0.1)
    assert left.difference(middles.buffer(8.8, quad_segs=64)).area < 1e-6


CRUMB_OF_A_CORE = (
    "POLYGON ((390060 5705040, 390060 5705000, 390000 5705000, 390000 5705040, 390016.4278441438 5705040, "
    "390002.0859768265 5705029.580023463, 390003.26154733123 5705027.961989474, "
    "390019.83044737816 5705040, 390060 5705040))"
)


def test_what_a_crumb_of_the_core_sweeps_is_offered_in_chains_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second part of the core, 8 cm wide: ends of chains around it must not cut off what it reaches."""
    net = shapely.from_wkt(CRUMB_OF_A_CORE)
    monkeypatch.setattr(shape, "MANY", 3)
    swept = net.buffer(-4, quad_segs=64).buffer(3.92, quad_segs=64)
    assert swept.difference(offered(net, 8.0)).area < 0.01


@given(nets(), st.sampled_from([1.0, 3.0, 8.0, 20.0]))
@settings(max_examples=150, deadline=None)
def test_the_look_at_the_corners_is_never_wrong(net: Any, width_m: float) -> None:
    hull = net.convex_hull
    if hull.geom_type == "Polygon" and plainly_wide(array(hull), width_m)[0]:
        again = hull.buffer(-width_m / 2).buffer(width_m / 2 * 1.001, join_style="mitre", mitre_limit=2.0)
        assert again.covers(hull)


def test_the_look_at_the_corners_sees_squares_and_narrow_lots() -> None:
    lots = array(PARCEL, box(0, 0, 100, 2.9), box(0, 0, 9, 9).difference(box(3, 3, 6, 6)), shapely.Polygon())
    assert plainly_wide(lots, WIDTH).tolist() == [True, False, False, False]


# --- pieces -------------------------------------------------------------------------------------------------


def test_the_largest_piece_of_two_its_circle_and_its_rectangle() -> None:
    land = shapely.MultiPolygon([box(0, 0, 30, 20), box(40, 0, 90, 40)])
    found = usable_pieces(array(land, shapely.Polygon()))
    assert found.area_m2.tolist() == [2000.0, 0.0]
    assert found.circle_m.tolist() == [pytest.approx(40, abs=0.06), 0.0]
    assert found.length_m.tolist() == [pytest.approx(50, abs=0.001), 0.0]
    assert found.width_m.tolist() == [pytest.approx(40, abs=0.001), 0.0]
    assert found.rectangles[1].is_empty
    assert found.pieces[1].is_empty


def test_the_order_of_equal_parts_is_no_matter() -> None:
    parts = [box(40, 0, 60, 20), box(0, 0, 20, 20)]
    for order in (parts, parts[::-1]):
        assert usable_pieces(array(shapely.MultiPolygon(order))).pieces[0].equals(box(0, 0, 20, 20))


def test_no_land_at_all() -> None:
    nothing = np.empty(0, dtype=object)
    assert offered_land(nothing).land.tolist() == []
    assert usable_pieces(nothing).area_m2.tolist() == []


def test_threads_change_nothing() -> None:
    land = array(*[box(x, 0, x + 8 + x % 7, 12) for x in range(2500)])
    one, two = usable_pieces(land, 1), usable_pieces(land, 2)
    assert np.array_equal(one.circle_m, two.circle_m)
    assert np.array_equal(shapely.to_wkb(one.rectangles), shapely.to_wkb(two.rectangles))


HOUSE_JUST_A_WIDTH_FROM_THE_BORDER = [
    (
        "POLYGON ((387193.34 5712204.33, 387209.78 5712199.68, 387195.56 5712149.52, 387190.95 5712150.83, "
        "387179.13 5712154.18, 387193.34 5712204.33), (387202.8020813958 5712186.065208159, "
        "387206.0750171887 5712197.6102474965, 387195.40889642894 5712200.627124719, "
        "387192.1374881201 5712189.081654861, 387202.8020813958 5712186.065208159))"
    ),
    (
        "POLYGON ((387208.54 5712530.54, 387216.24 5712533.38, 387231.93 5712490.91, 387207.97 5712481.35, "
        "387192.05 5712524.45, 387208.54 5712530.54), (387228.10270540236 5712492.612899903, "
        "387223.94279120525 5712503.873037312, 387205.5582087533 5712496.537619606, "
        "387209.7174978127 5712485.277232767, 387213.00180370867 5712486.587665336, "
        "387228.10270540236 5712492.612899903))"
    ),
]


@pytest.mark.parametrize("text", HOUSE_JUST_A_WIDTH_FROM_THE_BORDER)
def test_land_is_not_lost_where_a_house_stands_just_a_width_from_the_border(text: str) -> None:
    land = array(shapely.from_wkt(text))
    center = shapely.get_point(shapely.maximum_inscribed_circle(land, tolerance=0.01), 0)[0]
    narrower, just, wider = (offered_land(land, width_m).land[0] for width_m in (2.99, 3.0, 3.01))
    assert shapely.contains(just, center)
    assert shapely.area(narrower) >= shapely.area(just) >= shapely.area(wider) > 400


# --- land of very many corners ------------------------------------------------------------------------------


def rays(corners: int, low: float = 5.0, high: float = 20.0) -> shapely.Polygon:
    """Draw a star whose corners take turns between two circles."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = np.where(np.arange(corners) % 2, low, high)
    return shapely.Polygon(np.stack([EAST + reach * np.cos(angle), NORTH + reach * np.sin(angle)], axis=1))


def test_the_estimate_of_pairs_of_sides_is_near_their_number() -> None:
    for star in (rays(4_000), rays(3_000, 50, 200), box(0, 0, 50, 50).buffer(20, quad_segs=600)):
        sides = edges_of(array(star)).lines()
        exact = len(shapely.STRtree(sides).query(sides)[0])
        assert pairs_of_sides(star) == pytest.approx(exact, rel=0.2)


def test_the_work_of_a_star_does_not_grow_by_the_square_of_its_corners(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted: pairs of sides of what is laid over one another. Of a star of 49,999 there are 600 million."""
    laid: list[float] = []

    def counted(one: Any, *others: Any) -> Any:
        laid.extend(pairs_of_sides(land) for land in one)
        return intersection(one, *others)

    intersection = shapely.intersection
    monkeypatch.setattr(shapely, "intersection", counted)
    work = []
    for corners in (6_000, 12_000, 24_000, 49_999):
        offered_land(array(rays(corners)))
        work.append(sum(laid))
        laid.clear()
    assert work[0] > 1e6
    assert max(work) <= CROWDED


def test_crowded_land_is_offered_within_the_tolerance_and_never_too_large() -> None:
    star = rays(12_000)
    assert pairs_of_sides(star) > CROWDED
    found = offered_land(array(star)).land[0]
    assert shapely.area(shapely.difference(found, star)) < 1e-6
    # between the rays is nothing to build on: what a circle of 3 m sweeps is the round middle of radius 5 m
    # and the roots of the rays, up to where the gap of two rays (0.26 mm a metre outwards) stops it: nowhere
    low = np.pi * (5.0 - 0.03) ** 2
    assert low <= shapely.area(found) <= np.pi * 5.05**2
    pieces = usable_pieces(array(found))
    assert 9.9 <= pieces.circle_m[0] <= 10.0


def test_much_of_many_corners_is_not_crowded() -> None:
    wavy = box(0, 0, 300, 300).buffer(40, quad_segs=12_000)
    assert shapely.get_num_coordinates(wavy) > 40_000
    assert pairs_of_sides(wavy) < CROWDED / 10
    assert offered_land(array(wavy)).sliver_m2[0] == pytest.approx(0, abs=0.1)
