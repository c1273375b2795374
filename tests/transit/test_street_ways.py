"""Cutting ways into edges, by hand-drawn streets, and reading them from OpenStreetMap extracts."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_service.errors import ImportRejected, InvalidInput
from geo_service.transit.foot_rules import foot_rules
from geo_service.transit.street_osm import Extract, is_pbf, read_extract, require_degrees
from geo_service.transit.street_ways import near_misses, street_edges, ways_of_lines
from tests.transit.osm_maker import ORIGIN, OsmMaker


def edges_of(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    about = pd.DataFrame(
        {"way_id": [str(n) for n in range(len(lines))], "street_class": "", "name": "", "walkable": True}
    )
    return street_edges(
        ways_of_lines(about, np.array([shapely.LineString(one) for one in lines], dtype=object))
    )


def lengths(edges: gpd.GeoDataFrame) -> list[tuple[str, float]]:
    return list(zip(edges.way_id, edges.geometry.length.round(3), strict=True))


def components(edges: gpd.GeoDataFrame) -> int:
    """Count the parts of a network that do not hang together."""
    groups: list[set[int]] = []
    for start, end in zip(edges.start_node, edges.end_node, strict=True):
        hit = [group for group in groups if group & {start, end}]
        groups = [group for group in groups if group not in hit] + [{start, end}.union(*hit)]
    return len(groups)


# --- lines --------------------------------------------------------------------------------------------


def test_lines_are_cut_where_they_share_a_vertex() -> None:
    edges = edges_of([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 30)])
    assert lengths(edges) == [("0", 50), ("0", 50), ("1", 30)]
    assert components(edges) == 1


def test_lines_that_cross_without_a_vertex_do_not_connect() -> None:
    edges = edges_of([(0, 0), (100, 0)], [(50, -30), (50, 30)])
    assert lengths(edges) == [("0", 100), ("1", 60)]
    assert components(edges) == 2


def test_vertices_within_a_centimetre_are_one_node() -> None:
    assert components(edges_of([(0, 0), (100, 0)], [(100.001, 0.001), (200, 0)])) == 1
    assert components(edges_of([(0, 0), (100, 0)], [(100.4, 0), (200, 0)])) == 2


def test_line_that_passes_a_place_twice_is_cut_there() -> None:
    edges = edges_of([(0, 0), (100, 0), (100, 100), (50, 100), (50, 0), (50, -40)], [(50, 0), (50, 10)])
    assert components(edges) == 1
    eight = edges_of([(0, 0), (10, 0), (10, 10), (0, 0), (-10, 0), (-10, -10), (0, 0)])
    assert len(eight) == 2
    assert components(eight) == 1


def test_repeated_vertices_leave_no_edge_without_length() -> None:
    edges = edges_of([(0, 0), (0, 0), (50, 0), (50, 0)], [(50, 0), (50, 0), (90, 0)])
    assert lengths(edges) == [("0", 50), ("1", 40)]
    assert components(edges) == 1
    assert edges.geometry.is_valid.all()


def test_ends_that_nearly_meet_a_street_are_told() -> None:
    edges = edges_of([(0, 0), (100, 0)], [(50, 0.7), (50, 30)], [(70, 1.2), (70, 30)])
    assert [point.wkt for point in near_misses(edges)] == ["POINT (50 0.7)"]
    assert len(near_misses(edges_of([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 30)]))) == 0
    assert len(near_misses(edges.assign(walkable=False))) == 0


# --- OpenStreetMap ------------------------------------------------------------------------------------


def crossing() -> OsmMaker:
    """Two streets that cross on a bridge, and a third that meets the first."""
    maker = OsmMaker()
    for number, x, y in [(1, 0, 0), (2, 100, 0), (3, 200, 0), (4, 50, -60), (5, 50, 60), (6, 100, 80)]:
        maker.node(number, x, y)
    maker.way(10, [1, 2, 3], highway="residential", name="Hauptstraße (Test)")
    maker.way(11, [4, 5], highway="footway", bridge="yes", layer="1")
    return maker.way(12, [2, 6], highway="motorway_link")


def read(maker: OsmMaker, folder: Path) -> Extract:
    return read_extract(maker.write(folder), foot_rules(), None)


def test_extract_is_read_with_its_nodes(tmp_path: Path) -> None:
    extract = read(crossing(), tmp_path)
    edges = street_edges(extract.ways)
    assert [
        (row.way_id, row.street_class, row.name, row.walkable) for row in edges.itertuples(index=False)
    ] == [
        ("10", "residential", "Hauptstraße (Test)", True),
        ("10", "residential", "Hauptstraße (Test)", True),
        ("11", "footway", "", True),
        ("12", "motorway_link", "", False),
    ]
    assert edges[["start_node", "end_node"]].to_numpy().tolist() == [[1, 2], [2, 3], [4, 5], [2, 6]]
    assert edges.geometry.length.tolist() == pytest.approx([100, 100, 120, 80], abs=0.02)
    start = shapely.get_coordinates(edges.geometry.iloc[0])[0]
    assert start == pytest.approx(ORIGIN, abs=0.02)
    assert str(extract.dated) == "2026-11-20"
    assert components(edges) == 2


def test_barrier_closes_its_node(tmp_path: Path) -> None:
    maker = OsmMaker().node(1, 0, 0).node(2, 50, 0, barrier="wall").node(3, 90, 0).way(1, [1, 2, 3])
    edges = street_edges(read(maker, tmp_path).ways)
    assert edges[["start_barrier", "end_barrier"]].to_numpy().tolist() == [[False, True], [True, False]]
    bollard = OsmMaker().node(1, 0, 0).node(2, 50, 0, barrier="bollard").node(3, 90, 0).way(1, [1, 2, 3])
    assert len(street_edges(read(bollard, tmp_path).ways)) == 1


def test_two_nodes_at_one_place_are_walked_through(tmp_path: Path) -> None:
    maker = OsmMaker().node(1, 0, 0).node(2, 50, 0).node(3, 50, 0).node(4, 90, 0)
    maker.way(1, [1, 2]).way(2, [2, 3]).way(3, [3, 4])
    edges = street_edges(read(maker, tmp_path).ways)
    assert len(edges) == 2
    assert components(edges) == 1
    apart = (
        OsmMaker().node(1, 0, 0).node(2, 50, 0).node(3, 50, 0).node(4, 90, 0).way(1, [1, 2]).way(3, [3, 4])
    )
    assert components(street_edges(read(apart, tmp_path).ways)) == 2


def test_way_cut_off_by_the_extract_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    maker = OsmMaker().node(1, 0, 0).node(2, 50, 0).node(4, 100, 0).node(5, 150, 0)
    maker.way(1, [1, 2, 3, 4, 5]).way(2, [7, 8])
    extract = read(maker, tmp_path)
    assert extract.counts == {
        "streets in the file": 2,
        "without nodes": 1,
        "far from the area": 0,
        "cut off": 1,
    }
    assert street_edges(extract.ways).geometry.length.tolist() == pytest.approx([50, 50], abs=0.02)


def test_ways_far_from_the_area_are_not_kept(tmp_path: Path) -> None:
    maker = crossing().node(20, 90_000, 0).node(21, 90_100, 0).way(30, [20, 21])
    area = shapely.box(ORIGIN[0], ORIGIN[1], ORIGIN[0] + 300, ORIGIN[1] + 300)
    extract = read_extract(maker.write(tmp_path), foot_rules(), area)
    assert extract.counts["far from the area"] == 1
    assert "30" not in set(extract.ways.about.way_id)


def test_extract_without_streets_or_nodes_is_refused(tmp_path: Path) -> None:
    river = OsmMaker().node(1, 0, 0).node(2, 9, 0).way(1, [1, 2], waterway="river", railway="rail")
    with pytest.raises(ImportRejected, match="holds no streets"):
        read(river, tmp_path)
    with pytest.raises(ImportRejected, match="lack the places of their nodes"):
        read(OsmMaker().way(1, [1, 2]), tmp_path)


def test_undated_extract_has_no_day(tmp_path: Path) -> None:
    path = crossing().write(tmp_path, timestamp="")
    assert read_extract(path, foot_rules(), None).dated is None


def test_damaged_extract_is_refused_in_words(tmp_path: Path) -> None:
    whole = crossing().write(tmp_path).read_bytes()
    assert is_pbf(tmp_path / "dortmund.osm.pbf")
    assert not is_pbf(tmp_path / "missing.osm.pbf")
    damaged = tmp_path / "damaged.osm.pbf"
    rng = np.random.default_rng(5)
    refused = 0
    for cut in (len(whole) // 2, len(whole) - 3, 70):
        damaged.write_bytes(whole[:cut])
        with pytest.raises(ImportRejected, match=r"Is the download complete|holds no streets"):
            read_extract(damaged, foot_rules(), None)
    for _ in range(150):
        changed = bytearray(whole)
        for place in rng.integers(20, len(whole), 3):
            changed[place] = rng.integers(256)
        damaged.write_bytes(bytes(changed))
        try:
            read_extract(damaged, foot_rules(), None)
        except ImportRejected:
            refused += 1
    assert refused > 100


def test_other_systems_than_degrees_are_refused() -> None:
    require_degrees(None)
    require_degrees("EPSG:4326")
    with pytest.raises(InvalidInput, match="Leave --crs out"):
        require_degrees("EPSG:25832")
