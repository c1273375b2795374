"""An area drawn on the map: how it is read, and that the list holds what a loop over all shapes finds."""

import json
import math
import random
import re

import httpx
import numpy as np
import pyproj
import pytest
import shapely

from geo_service.web.drawn import BAD_DRAWING, BAD_RADIUS, CROSSES, Drawn, read_drawn

GEOD = pyproj.Geod(ellps="GRS80")
SQUARE = "7.40,51.50;7.41,51.50;7.41,51.51;7.40,51.51"


@pytest.mark.parametrize(
    "text",
    [
        "7.4", "7.4,51.5", "91,51.5,50001", "7.4,51.5,nan", "51.5,7.4,500", "7.4,51.5,500,1",
        "7.4,51.5;7.41,51.5", "a,b;c,d;e,f", "7.4,51.5;7.41,51.5;7.41,91", ";;;",
        "7.4,51.5;7.4,51.5;inf,51.5",
        "7.4,51.5,9;7.41,51.5;7.41,51.6", ";".join(["7.400001,51.500001"] * 400), "1e400,51,5",
        "'); DROP TABLE parcels; --", "<script>",
    ],
)  # fmt: skip
def test_what_is_no_area_is_said_so(text: str) -> None:
    assert read_drawn(text) == BAD_DRAWING


@pytest.mark.parametrize("text", ["7.4,51.5,0", "7.4,51.5,0.01", "7.4,51.5,-5", "7.4,51.5,50001"])
def test_a_circle_too_small_or_too_large_is_said_so(text: str) -> None:
    assert read_drawn(text) == BAD_RADIUS


@pytest.mark.parametrize(
    "text", ["7.40,51.50;7.41,51.51;7.41,51.50;7.40,51.51", "7.4,51.5;7.41,51.5;7.4,51.5"]
)
def test_an_area_that_crosses_itself_is_refused(text: str) -> None:
    assert read_drawn(text) == CROSSES


def test_no_area_is_no_condition() -> None:
    assert read_drawn("") is None
    assert read_drawn("  ") is None


def test_an_area_is_as_large_as_on_the_ellipsoid() -> None:
    found = read_drawn(SQUARE)
    assert isinstance(found, Drawn)
    ring = shapely.Polygon([tuple(map(float, corner.split(","))) for corner in SQUARE.split(";")])
    true_m2 = abs(GEOD.geometry_area_perimeter(ring)[0])
    scale = 0.9996**2  # of the transverse Mercator projection near its central meridian, 9° east
    assert math.isclose(shapely.from_wkt(found.wkt).area, true_m2 * scale, rel_tol=5e-4)


def keys(client: httpx.Client, path: str, within: str) -> set[str]:
    text = client.get(path, params={"within": within, "lang": "de"}).text
    return set(re.findall(rf'scope="row">.*?<a[^>]*href="{path}/([^"]+)"', text))


def shapes(client: httpx.Client, path: str) -> dict[str, shapely.Geometry]:
    """Return all rows of a list with their shapes in EPSG:25832, projected by pyproj."""
    to_metres = pyproj.Transformer.from_crs(4326, 25832, always_xy=True).transform
    text = client.get(path, params={"lang": "de"}).text
    rows = re.findall(
        rf'data-shape="([^"]+)".*?scope="row">.*?<a[^>]*href="{path}/([^"]+)"', text, flags=re.DOTALL
    )
    found = {
        key: shapely.geometry.shape(json.loads(shape.replace("&#34;", '"').replace("&quot;", '"')))
        for shape, key in rows
    }
    return {
        key: shapely.transform(shape, lambda at: np.column_stack(to_metres(*at.T)))
        for key, shape in found.items()
    }


@pytest.mark.parametrize("path", ["/flaechen", "/leerstand"])
def test_the_list_holds_what_reaches_into_the_area(client: httpx.Client, path: str) -> None:
    every = shapes(client, path)
    assert every
    to_degrees = pyproj.Transformer.from_crs(25832, 4326, always_xy=True).transform
    draw = random.Random(7)  # noqa: S311 - drawn areas
    bounds = shapely.total_bounds(list(every.values())) + np.array([-3e3, -3e3, 3e3, 3e3])
    sizes = set()
    for _ in range(12):
        x, y = draw.uniform(bounds[0], bounds[2]), draw.uniform(bounds[1], bounds[3])
        radius = draw.choice([50, 400, 2_000, 9_000])
        lon, lat = to_degrees(x, y)
        reached = {
            key for key, shape in every.items() if shapely.distance(shape, shapely.Point(x, y)) <= radius
        }
        assert keys(client, path, f"{lon:.9f},{lat:.9f},{radius}") == reached
        turned = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in (0.3, 2.1, 4.4)]
        corners = [to_degrees(*corner) for corner in turned]
        inside = {key for key, shape in every.items() if shapely.intersects(shape, shapely.Polygon(turned))}
        assert keys(client, path, ";".join(f"{a:.9f},{b:.9f}" for a, b in corners)) == inside
        sizes |= {len(reached), len(inside)}
    assert len(sizes) > 1


def test_a_bad_area_is_told_and_the_list_stays(client: httpx.Client) -> None:
    page = client.get("/flaechen", params={"within": "<b>,1", "lang": "de"})
    assert page.status_code == 200
    assert BAD_DRAWING in page.text
    assert "<b>,1" not in page.text


def test_an_area_without_land_says_what_it_is_like_without_it(client: httpx.Client) -> None:
    page = client.get("/flaechen", params={"within": "6.0,50.0,10", "lang": "de"}).text
    assert "gezeichnetes Gebiet" in page


def test_the_map_counts_what_the_lists_hold(client: httpx.Client) -> None:
    within = "7.46,51.52,3000"
    answer = client.get("/maps/drawn", params={"within": within, "lang": "de"})
    land, shops = answer.json()["items"]
    for item, path in ((land, "/flaechen"), (shops, "/leerstand")):
        assert int(item["lines"][0][1]) == len(keys(client, path, within)) > 0
        assert item["href"].startswith(f"{path}?within=7.46%2C51.52%2C3000")
        assert client.get(item["href"]).status_code == 200


def test_a_day_out_of_bounds_is_refused_for_an_area(client: httpx.Client) -> None:
    assert client.get("/maps/drawn?within=7.46,51.50,20000&as_of=1850-01-01").status_code == 400


@pytest.mark.parametrize("within", ["", "7.4", "<b>,1", "7.40,51.50;7.41,51.51;7.41,51.50;7.40,51.51"])
def test_the_map_refuses_what_is_no_area(client: httpx.Client, within: str) -> None:
    answer = client.get("/maps/drawn", params={"within": within})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "within"


@pytest.mark.parametrize(
    ("within", "german", "english"),
    [
        ("7.40,51.50;7.41,51.51;7.41,51.50;7.40,51.51", CROSSES, "The outline of the area crosses itself"),
        ("7.4,51.5,500000", BAD_RADIUS, "The radius of the circle must be between 1 m and 50 km"),
        ("7.4,51.5,0.01", BAD_RADIUS, "The radius of the circle must be between 1 m and 50 km"),
    ],
)
def test_what_is_wrong_with_an_area_is_said_in_the_language_of_the_page(
    client: httpx.Client, within: str, german: str, english: str
) -> None:
    told = [client.get("/maps/drawn", params={"within": within, "lang": lang}) for lang in ("de", "en")]
    assert told[0].json()["detail"] == german
    assert told[1].json()["detail"].startswith(english)
