"""The demo's streets: drawn along the middle of street parcels, connected, honest about what they are."""

import numpy as np
import pytest
import shapely

from data.demo.streets import LINK_NAME, PATH_NAME, SOURCE, build_streets
from geo_service.transit.street_ways import street_edges, ways_of_lines
from geo_service.transit.streets import entrances, street_graph
from geo_service.transit.walking import walks_within

CROSS = [
    shapely.box(0, -6, 300, 6),  # Hauptstraße, 12 m wide
    shapely.box(144, 6, 156, 200),  # Querstraße, off its middle to the north
    shapely.box(0, 1000, 200, 1010),  # Inselstraße, elsewhere
]
NAMES = ["Hauptstraße", "Querstraße", "Inselstraße"]


def ways(stops: list[tuple[float, float]]) -> dict[tuple[int, int], float]:
    """Return the ways between some places on the demo streets."""
    frame = build_streets(
        NAMES, np.array(CROSS, dtype=object), np.asarray(shapely.points(stops), dtype=object)
    )
    about = frame.rename(columns={"class": "street_class"}).assign(way_id="1", walkable=True)
    edges = street_edges(ways_of_lines(about.drop(columns="geometry"), frame.geometry.to_numpy()))
    ends = edges[["start_node", "end_node"]].to_numpy(dtype=np.int64)
    streets = street_graph(edges.geometry.to_numpy(), ends, np.zeros(ends.shape, dtype=bool))
    points = entrances(np.asarray(shapely.points(stops), dtype=object), streets)
    found = walks_within(streets, points, points, 1e6)
    return {(int(a), int(b)): float(way) for a, b, way in zip(*found, strict=True)}


def test_middle_lines_run_along_the_street_and_meet_at_the_corner() -> None:
    frame = build_streets(NAMES, np.array(CROSS, dtype=object), np.zeros(0, dtype=object))
    main = shapely.union_all(frame.geometry[frame.name == "Hauptstraße"].to_numpy())
    assert shapely.hausdorff_distance(main, shapely.LineString([(6, 0), (294, 0)])) < 4
    assert set(frame.name) == set(NAMES)
    assert set(frame["class"]) == {"residential"}
    assert frame.geometry.length.sum() == pytest.approx(288 + 194 + 190, rel=0.05)


def test_way_leads_round_the_corner_and_by_a_link_to_the_next_stop() -> None:
    found = ways([(20, 0), (150, 190), (100, 1005), (100, 9000)])
    assert found[0, 1] == pytest.approx(130 + 190, rel=0.03)
    assert found[1, 2] == pytest.approx(np.hypot(50, 815), rel=0.03)
    assert found[0, 2] == pytest.approx(np.hypot(80, 1005), rel=0.03)
    assert (0, 3) not in found


def test_stop_between_two_areas_joins_them_and_an_area_without_a_stop_is_joined_to_the_next() -> None:
    found = ways([(150, 500)])
    assert found == {(0, 0): 0}
    between = ways([(150, 500), (150, 196), (150, 1005)])
    assert between[0, 1] == pytest.approx(304, rel=0.03)
    assert between[0, 2] == pytest.approx(np.hypot(45, 505) + 45, rel=0.03)  # by the end of the street
    apart = build_streets(
        NAMES, np.array(CROSS, dtype=object), np.asarray(shapely.points([(150, -900)]), dtype=object)
    )
    links = apart[apart.name == LINK_NAME]
    assert len(links) == 2  # neither area has a stop within 600 m: each gets one link, however long
    assert "(Demo)" in LINK_NAME


def test_stop_beside_gets_a_path_and_one_far_away_none() -> None:
    stops = np.asarray(shapely.points([(320, 0), (300, 900 - 250), (9000, 0)]), dtype=object)
    frame = build_streets(NAMES, np.array(CROSS, dtype=object), stops)
    paths = frame[frame.name == PATH_NAME]
    assert len(paths) == 3  # the second stop lies within 600 m of both areas
    assert set(paths["class"]) == {"path"}
    assert "(Demo)" in PATH_NAME
    assert "erfunden" in SOURCE
