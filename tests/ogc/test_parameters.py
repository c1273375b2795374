"""What may be written behind the question mark."""

import math
from datetime import date
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from starlette.datastructures import QueryParams

from geo_service.auth.fields import Kind
from geo_service.errors import BadParameter
from geo_service.ogc.areas import (
    area_of_box,
    area_of_degrees,
    area_of_metres,
    degrees_of_box,
    metres_per_pixel,
    tile_box,
    tile_search_box,
)
from geo_service.ogc.crs import STORAGE, crs_of
from geo_service.ogc.paging import Start
from geo_service.ogc.parameters import MAX_LIMIT, items_request
from geo_service.ogc.question import ItemsRequest, Known, Question

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 3, 1)
TO_METRES = Transformer.from_crs(4326, 25832, always_xy=True)


KINDS: dict[str, Kind] = {
    "key": "text", "size": "number", "floors": "integer", "open": "boolean", "since": "date",
    "made": "moment", "uses": "texts",
}  # fmt: skip


def known(**choices: str) -> Known:
    return Known(choices, KINDS, {}, TODAY, BERLIN)


def asked(query: str, **choices: str) -> ItemsRequest:
    return items_request(QueryParams(query), known(**choices))


def test_defaults() -> None:
    request = asked("")
    assert (request.limit, request.start, request.area) == (100, Start(), None)
    assert request.question == Question()
    assert request.days == (TODAY, TODAY)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("Limit=10", "Limit"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=٣", "limit"),
        ("limit=9999999999999999999999", "limit"),
        ("after=-1", "after"),
        ("f=xml", "f"),
        ("bbox=", "bbox"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=1,2,3,4,5", "bbox"),
        ("bbox=7,51,8,nan", "bbox"),
        ("bbox=7,51,8,inf", "bbox"),
        ("bbox=7,51,8,1e999", "bbox"),
        ("bbox=7,52,8,51", "bbox"),
        ("bbox=7,51,200,52", "bbox"),
        ("bbox=390000,5700000,400000,5710000", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        (f"bbox=400000,5700000,390000,5710000&bbox-crs={STORAGE.uri}", "bbox"),
        ("bbox=7,51,8,52&bbox-crs=EPSG:31467", "bbox-crs"),
        ("bbox-crs=nonsense", "bbox-crs"),
        ("crs=EPSG:31467", "crs"),
        ("after=1&before=2", "before"),
        ("before=x", "before"),
        ("sortby=nothing", "sortby"),
        ("sortby=uses", "sortby"),
        ("sortby=key,-key", "sortby"),
        ("sortby=", "sortby"),
        ("sortby=key&after=7", "after"),
        ("sortby=key&after=WzFd", "after"),
        ("sortby=key&after=WyJhIiwgLTFd", "after"),
        ("sortby=size&after=WyJhIiwgMV0=", "after"),
        ("sortby=size&after=W05hTiwgMV0=", "after"),
        ("properties=key,secret", "properties"),
        ("properties=", "properties"),
        ("resultType=all", "resultType"),
        ("count=yes", "count"),
        ("filter-lang=ecql", "filter-lang"),
        ("filter-crs=EPSG:1", "filter-crs"),
        ("bbox=51,7,52,8&bbox-crs=EPSG:3857&bbox=1", "bbox"),
        ("bbox=7,51,8,52,&bbox-crs=EPSG:4326", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=", "datetime"),
        ("datetime=2026-02-30", "datetime"),
        ("datetime=2026-13-01", "datetime"),
        ("datetime=2026-03-02/2026-03-01", "datetime"),
        ("datetime=2026-03-01/2026-03-02/2026-03-03", "datetime"),
        ("datetime=2026-03-01T25:00:00Z", "datetime"),
        ("datetime=0001-01-01T00:00:00%2B14:00", "datetime"),
        ("datetime=2026-03-01%00", "datetime"),
        ("datetime=２０２６-03-01", "datetime"),
        ("bbox=７,51,8,52", "bbox"),
        ("bbox=1_0,51,11,52", "bbox"),
        ("bbox=nan,51,8,52", "bbox"),
    ],
)
def test_wrong_parameters_are_named(query: str, parameter: str) -> None:
    with pytest.raises(BadParameter) as refused:
        asked(query)
    assert refused.value.extra["parameter"] == parameter
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("flur\u200b= 3", "U+200B, zero width space, place 5, after 'flur'"),
        ("\ufeffflur = 3", "U+FEFF, zero width no-break space, place 1, at its start"),
        ("fl\xadur = 3", "U+00AD, soft hyphen, place 3, after 'fl'"),
        ("flur = 3\x07", "U+0007, a control character, place 9, after 'flur = 3'"),
    ],
)
def test_what_nobody_sees_is_told_in_words(text: str, told: str) -> None:
    with pytest.raises(BadParameter) as refused:
        asked(f"filter={quote(text)}")
    assert refused.value.extra["parameter"] == "filter"
    assert told in refused.value.detail


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", False),
        (f"bbox=390000,5700000,390500,5700500&bbox-crs={STORAGE.uri}", False),
        (f"bbox=390000,5700000,390500,5700500&bbox-crs={STORAGE.uri}&filter=size>5", False),
        (f"bbox=380000,5690000,420000,5730000&bbox-crs={STORAGE.uri}", True),
        ("filter=size>5", True),
    ],
)
def test_what_leaves_unlike_numbers_of_rows_is_planned_by_its_values(query: str, *, expected: bool) -> None:
    assert asked(query).unlike_others is expected


def test_greater_limits_mean_the_greatest() -> None:
    assert asked("limit=10000").limit == asked("limit=999999").limit == MAX_LIMIT


def test_choices_of_a_collection() -> None:
    assert asked("", method="are").choices == {"method": "are"}
    assert asked("method=goat", method="are").choices == {"method": "goat"}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-03-05", (date(2026, 3, 5), date(2026, 3, 5))),
        ("2026-03-05T23:30:00Z", (date(2026, 3, 6), date(2026, 3, 6))),
        ("2026-03-05T23:30:00.5%2B01:00", (date(2026, 3, 5), date(2026, 3, 5))),
        ("2026-03-05T23:30:00", (date(2026, 3, 5), date(2026, 3, 5))),
        ("2026-03-01/2026-03-05", (date(2026, 3, 1), date(2026, 3, 5))),
        ("../2026-03-05", (None, date(2026, 3, 5))),
        ("2026-03-05/", (date(2026, 3, 5), None)),
        ("../..", (None, None)),
    ],
)
def test_instants_and_intervals(text: str, days: tuple[date | None, date | None]) -> None:
    assert asked(f"datetime={text}").days == days


@given(
    st.text(max_size=40), st.sampled_from(["limit", "after", "bbox", "bbox-crs", "datetime", "f", "method"])
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    read, refused = None, None
    try:
        read = items_request(QueryParams([(name, text)]), known(method="are"))
    except BadParameter as error:
        refused = error
    assert (read is None) is (refused is not None)
    assert refused is None or refused.extra["parameter"] == name
    assert read is None or 1 <= read.limit <= MAX_LIMIT


# --- boxes -----------------------------------------------------------------------------------------------


def test_box_in_metres_is_taken_as_it_is() -> None:
    area = asked(f"bbox=394000,5707000,394100,5707050&bbox-crs={STORAGE.uri}").area
    assert area is not None
    assert area.equals(shapely.box(394_000, 5_707_000, 394_100, 5_707_050))


def test_heights_do_not_count() -> None:
    flat, high = asked("bbox=7.4,51.4,7.5,51.5").area, asked("bbox=7.4,51.4,-100,7.5,51.5,900").area
    assert flat is not None
    assert flat.equals(high)


@given(
    st.floats(7.3, 7.6),
    st.floats(51.4, 51.6),
    st.floats(0.001, 0.3),
    st.floats(0.001, 0.2),
    st.floats(0, 1),
    st.floats(0, 1),
)
@settings(max_examples=100, deadline=None)
def test_box_in_degrees_has_the_same_points_in_metres(
    west: float, south: float, width: float, height: float, across: float, along: float
) -> None:
    area = area_of_degrees(west, south, west + width, south + height)
    assert area is not None
    inside = shapely.Point(TO_METRES.transform(west + width * across, south + height * along))
    outside = shapely.Point(TO_METRES.transform(west + width * across, south - 1e-5))
    assert area.distance(inside) < 0.02
    assert not area.intersects(outside)


def test_whole_world_and_boxes_elsewhere() -> None:
    world = area_of_degrees(-180, -90, 180, 90)
    assert world is not None
    assert world.contains(shapely.Point(394_000, 5_707_000))
    assert area_of_degrees(100, -40, 110, -30) is None


@pytest.mark.parametrize("reach", [2e7, 2.003e7, 2.01e7, 3e7, 4e7, 1e300])
def test_a_window_of_a_map_may_be_wider_than_the_world(reach: float) -> None:
    world = area_of_box((-reach, -reach, reach, reach), crs_of({"bbox-crs": "EPSG:3857"}, "bbox-crs"))
    assert world is not None
    assert world.contains(shapely.Point(394_000, 5_707_000))


def test_box_across_the_antimeridian() -> None:
    around = area_of_degrees(7, 51, 6, 52)
    assert around is not None
    assert around.contains(shapely.Point(TO_METRES.transform(7.5, 51.5)))
    assert not around.contains(shapely.Point(TO_METRES.transform(6.5, 51.5)))


@pytest.mark.parametrize(
    ("box", "kind"),
    [
        ((7.4, 51.4, 7.4, 51.4), "Point"),
        ((7.4, 51.4, 7.5, 51.4), "LineString"),
        ((7.4, 51.4, 7.4, 51.5), "LineString"),
    ],
)
def test_boxes_without_width_or_height_still_touch(box: tuple[float, float, float, float], kind: str) -> None:
    area = area_of_degrees(*box)
    assert area is not None
    assert area.geom_type == kind
    assert area.distance(shapely.Point(TO_METRES.transform(box[0], box[1]))) < 1e-6


def test_boxes_in_metres_without_width_or_height() -> None:
    assert area_of_metres(1, 2, 1, 2).geom_type == "Point"
    assert area_of_metres(1, 2, 1, 3).geom_type == "LineString"


def test_degrees_around_a_box_in_metres() -> None:
    west, south, east, north = degrees_of_box((394_000, 5_707_000, 395_000, 5_708_000))
    back = area_of_degrees(west, south, east, north)
    assert back is not None
    assert back.covers(shapely.box(394_000, 5_707_000, 395_000, 5_708_000).buffer(-0.02))


# --- tiles -----------------------------------------------------------------------------------------------


def test_tiles_of_the_scheme() -> None:
    half = 20_037_508.342789244
    assert tile_box(0, 0, 0) == pytest.approx((-half, -half, half, half))
    assert tile_box(1, 0, 1) == pytest.approx((0, 0, half, half))
    west, south, east, north = tile_box(14, 5448, 8532)
    lon, lat = Transformer.from_crs(3857, 4326, always_xy=True).transform(
        (west + east) / 2, (south + north) / 2
    )
    assert lon == pytest.approx(7.4816, abs=1e-3)
    assert lat == pytest.approx(51.5000, abs=1e-2)


def test_search_box_holds_the_tile_and_its_buffer() -> None:
    tile = tile_box(14, 5448, 8532)
    search = tile_search_box(tile)
    assert search is not None
    margin = (tile[2] - tile[0]) / 64
    grown = shapely.segmentize(shapely.box(*tile).buffer(margin * 0.99, join_style="mitre"), 50)
    x, y = Transformer.from_crs(3857, 25832, always_xy=True).transform(*shapely.get_coordinates(grown).T)
    assert shapely.box(*search).buffer(0.05).covers(shapely.MultiPoint(list(zip(x, y, strict=True))))


def test_tiles_elsewhere_hold_nothing() -> None:
    assert tile_search_box(tile_box(4, 15, 0)) is None
    assert tile_search_box(tile_box(0, 0, 0)) is not None


def test_ground_size_of_a_pixel() -> None:
    assert metres_per_pixel(0, tile_box(0, 0, 0)) == pytest.approx(156_543.03, abs=0.01)
    assert metres_per_pixel(14, tile_box(14, 5448, 8532)) == pytest.approx(
        9.554629 * math.cos(math.radians(51.502)), rel=1e-4
    )
