"""Rings of the classes as they are served: valid, apart from each other, and where they were drawn."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import build_timetable, write_timetable
from geo_service.city import load_city
from geo_service.geometry import to_wgs84
from geo_service.transit.class_areas import class_areas
from geo_service.transit.departures import departures_on
from geo_service.transit.grading import best_groups, grade_stops
from geo_service.transit.gtfs import Feed, read_gtfs
from geo_service.transit.methods import known_methods, load_method
from geo_service.transit.windows import NAMED_WINDOWS
from maps.transit import classes_geojson


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    """The timetable of the demo: the stations of Dortmund and around it."""
    path = tmp_path_factory.mktemp("rings") / "demo.zip"
    return read_gtfs(Path(write_timetable(build_timetable(load_city("dortmund"), REFERENCE_DATE), path)))


def served(areas: list[tuple[str, Any]]) -> list[Any]:
    """Return the areas as a reader of the GeoJSON finds them, checked."""
    features = json.loads(classes_geojson(areas))["features"]
    assert [feature["properties"]["grade"] for feature in features] == [grade for grade, _ in areas]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert [shapely.is_valid_reason(shape) for shape in shapes] == ["Valid Geometry"] * len(shapes)
    assert all(shape.geom_type == "MultiPolygon" for shape in shapes)
    for one, other in combinations(shapes, 2):
        assert not shapely.relate_pattern(one, other, "T********"), "no point inside both"
    return shapes


@pytest.mark.parametrize("window", NAMED_WINDOWS)
@pytest.mark.parametrize("key", known_methods())
def test_rings_of_the_city_are_valid_and_apart(feed: Feed, key: str, window: str) -> None:
    method, (kind, times) = load_method(key), NAMED_WINDOWS[window]
    number = {stop: place for place, stop in enumerate(feed.stops.stop_id)}
    departures = feed.departures.assign(stop=feed.departures.stop_id.map(number))
    counted = departures_on(departures, feed.first_day, getattr(feed.days, kind), times)
    best = best_groups(grade_stops(counted, method, times))
    ranks = np.full(len(number), len(method.categories))
    ranks[best.stop.to_numpy(dtype=np.int64)] = best["rank"].to_numpy()
    xy = shapely.get_coordinates(feed.stops.geometry.to_numpy())
    assert served(class_areas(xy, ranks, method))


@pytest.mark.parametrize("key", known_methods())
def test_rings_of_any_stops_are_where_they_were_drawn(key: str) -> None:
    method = load_method(key)
    random = np.random.default_rng(1)
    xy = random.uniform((385_000, 5_697_000), (403_000, 5_715_000), (900, 2))
    areas = class_areas(xy, random.integers(0, len(method.categories) + 1, len(xy)), method)
    for shape, (_, area) in zip(served(areas), areas, strict=True):
        whole = shapely.make_valid(to_wgs84(area))
        moved = shapely.symmetric_difference(shape, whole).area
        assert moved < 1.2e-5 * shape.length, "no edge moves by more than the simplification and the grid"
