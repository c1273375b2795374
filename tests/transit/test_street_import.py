"""``geo import streets`` as a person and a script use it: all or nothing, twice unchanged, replaced."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import text
from typer.testing import CliRunner, Result

from geo_service.db import Database
from geo_service.imports.commands import import_app
from geo_service.imports.report import ImportOptions
from geo_service.settings import Settings, get_settings
from geo_service.transit import queries
from geo_service.transit.street_import import import_streets
from tests.transit.osm_maker import ORIGIN, OsmMaker
from tests.transit.test_service import waits


@pytest.fixture(autouse=True)
def database_url(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    yield fresh_database_url
    get_settings.cache_clear()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=database_url))
    yield database
    database.engine.dispose()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(import_app, ["streets", *map(str, arguments)], env={"COLUMNS": "200"})


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def number(database: Database, statement: str) -> Any:
    return rows(database, statement)[0][0]


def street(maker: OsmMaker | None = None) -> OsmMaker:
    maker = (maker or OsmMaker()).node(1, 0, 0).node(2, 100, 0, barrier="wall").node(3, 200, 0).node(4, 0, 50)
    maker.way(10, [1, 2, 3], highway="residential", name="Hauptstraße")
    return maker.way(11, [1, 4], highway="motorway")


def lines(folder: Path, file: str = "streets.gpkg", **columns: Any) -> Path:
    x, y = ORIGIN
    shapes = [
        shapely.LineString([(x, y), (x + 100, y)]),
        shapely.MultiLineString([[(x + 100, y), (x + 200, y)], [(x + 200, y), (x + 200, y + 90)]]),
    ]
    facts = {"class": ["Gemeindestraße", "Autobahn"], "name": ["A", "B"]} | columns
    facts = {{"kind": "class"}.get(heading, heading): cells for heading, cells in facts.items()}
    frame = gpd.GeoDataFrame(facts, geometry=facts.pop("shapes", shapes), crs=25832)
    path = folder / file
    frame.to_file(path)
    return path


# --- OpenStreetMap ------------------------------------------------------------------------------------


def test_extract_becomes_the_network_with_its_licence(database: Database, tmp_path: Path) -> None:
    result = run(street().write(tmp_path))
    assert result.exit_code == 0, result.output
    assert "2 new, 0 changed, 0 unchanged, 0 gone, 0 rejected" in result.stdout
    assert "© OpenStreetMap-Mitwirkende, 2026-11-20; Open Database License (ODbL) 1.0" in result.stdout
    assert "Ways on foot are measured anew by: geo transit" in result.stderr
    network = rows(
        database, "SELECT source, licence, source_date::text, is_current, is_demo FROM street_networks"
    )
    assert network == [
        ("© OpenStreetMap-Mitwirkende", "Open Database License (ODbL) 1.0", "2026-11-20", True, False)
    ]
    edges = rows(
        database,
        "SELECT way_id, street_class, name, walkable, start_node, end_node, start_barrier, end_barrier, "
        "round(ST_Length(geom)::numeric), ST_SRID(geom) FROM street_edges ORDER BY id",
    )
    assert edges == [
        ("10", "residential", "Hauptstraße", True, 1, 2, False, True, 100, 25832),
        ("10", "residential", "Hauptstraße", True, 2, 3, True, False, 100, 25832),
        ("11", "motorway", "", False, 1, 4, False, False, 50, 25832),
    ]
    assert number(database, "SELECT count(*) FROM audit WHERE table_name = 'street_networks'") == 1
    assert rows(database, "SELECT kind, counts ->> 'new' FROM import_runs") == [("streets", "2")]


def test_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = street().write(tmp_path)
    run(path)
    before = rows(database, "SELECT min(id), max(id), count(*) FROM street_edges")
    again = run(path)
    assert again.exit_code == 0
    assert "0 new, 0 changed, 2 unchanged, 0 gone, 0 rejected" in again.stdout
    assert "The network says the same already: nothing was written." in again.stderr
    assert rows(database, "SELECT min(id), max(id), count(*) FROM street_edges") == before
    assert number(database, "SELECT count(*) FROM street_networks") == 1
    assert number(database, "SELECT count(*) FROM import_runs") == 1


def test_next_extract_replaces_the_network(database: Database, tmp_path: Path) -> None:
    run(street().write(tmp_path))
    changed = OsmMaker().node(1, 0, 0).node(2, 100, 0).node(3, 200, 0).node(5, 9, 9)
    changed.way(10, [1, 2, 3], highway="residential", name="Hauptstraße").way(12, [1, 5], highway="path")
    result = run(changed.write(tmp_path, timestamp="2026-11-27T20:21:31Z"))
    assert "1 new, 1 changed, 0 unchanged, 1 gone, 0 rejected" in result.stdout
    assert number(database, "SELECT count(*) FROM street_edges") == 2
    assert rows(database, "SELECT is_current, ended_at IS NULL FROM street_networks ORDER BY id") == [
        (False, False),
        (True, True),
    ]


def test_other_source_is_written_though_the_streets_are_the_same(database: Database, tmp_path: Path) -> None:
    path = street().write(tmp_path)
    run(path)
    assert "nothing was written" not in run(path, "--source", "Stadt", "--licence", "dl-de/by-2-0").stderr
    current = rows(database, "SELECT source, licence FROM street_networks WHERE is_current")
    assert current == [("Stadt", "dl-de/by-2-0")]


def test_dry_run_writes_nothing(database: Database, tmp_path: Path) -> None:
    result = run(street().write(tmp_path), "--dry-run", "--json")
    told = json.loads(result.stdout)
    assert (told["new"], told["dry_run"], told["written"], told["rows"]) == (2, True, False, 2)
    assert told["counts"]["walkable edges"] == 2
    assert told["counts"]["walkable metres"] == 200
    assert told["counts"]["closed by barriers"] == 1
    assert number(database, "SELECT count(*) FROM street_networks") == 0


def test_streets_elsewhere_are_left_out_or_the_file_refused(database: Database, tmp_path: Path) -> None:
    far = OsmMaker().node(8, 60_000, 0).node(9, 60_100, 0).way(5, [8, 9])
    result = run(far.write(tmp_path))
    assert result.exit_code == 1
    assert "has no walkable street around Dortmund" in result.stderr
    assert number(database, "SELECT count(*) FROM street_edges") == 0
    motorway = OsmMaker().node(8, 0, 0).node(9, 100, 0).way(5, [8, 9], highway="motorway")
    assert "has no walkable street around Dortmund (1 edges in the file, 1 of them there)" in (
        run(motorway.write(tmp_path)).stderr
    )
    both = street(OsmMaker().node(8, 19_000, 0).node(9, 19_100, 0).way(5, [8, 9])).write(tmp_path)
    told = json.loads(run(both, "--json").stdout)
    assert told["new"] == 2
    abroad = OsmMaker().node(8, 900_000, 0).node(9, 900_100, 0).way(5, [8, 9]).write(tmp_path, "abroad.pbf")
    assert "do not lie in Germany" in run(abroad, "--allow-outside").stderr
    assert told["counts"]["edges outside the area"] + told["counts"]["far from the area"] == 1
    told = json.loads(run(both, "--json", "--allow-outside").stdout)
    assert (told["new"], told["unchanged"]) == (1, 2)


def test_extract_in_metres_is_refused(tmp_path: Path) -> None:
    result = run(street().write(tmp_path), "--crs", "EPSG:25832")
    assert result.exit_code == 1
    assert "Leave --crs out" in result.stderr


def test_two_imports_take_turns(database: Database, tmp_path: Path) -> None:
    path = street().write(tmp_path)
    with database.begin("other") as other:
        other.execute(queries.lock_writing())
        told, waiting = waits(
            lambda progress: import_streets(database, path, ImportOptions(progress=progress))
        )
        assert told.get(timeout=60) == "Waiting for another import"
    waiting.join(60)
    assert rows(database, "SELECT count(*) FROM street_networks WHERE is_current") == [(1,)]


def test_failure_leaves_the_network_before(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(street().write(tmp_path))

    def fails(*_: object) -> int:
        raise RuntimeError("disk full")

    monkeypatch.setattr("geo_service.transit.street_import.copy_frame", fails)
    changed = street(OsmMaker().node(5, 9, 9).way(12, [1, 5], highway="path")).write(tmp_path)
    with pytest.raises(RuntimeError, match="disk full"):
        import_streets(database, changed, ImportOptions())
    assert number(database, "SELECT count(*) FROM street_edges") == 3
    assert number(database, "SELECT count(*) FROM street_networks") == 1


# --- lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["streets.gpkg", "streets.geojson", "streets.shp"])
def test_lines_of_any_format(database: Database, tmp_path: Path, name: str) -> None:
    path = lines(tmp_path, name)
    result = run(
        path, "--source", "Stadtgrundkarte", *(["--crs", "EPSG:25832"] if name.endswith("n") else [])
    )
    assert result.exit_code == 0, result.output
    assert "Stadtgrundkarte; licence not said (say it by --licence)" in result.stdout
    edges = rows(
        database,
        "SELECT way_id, street_class, name, walkable, round(ST_Length(geom)::numeric) FROM street_edges "
        "ORDER BY id",
    )
    assert edges == [
        ("1", "Gemeindestraße", "A", True, 100),
        ("2", "Autobahn", "B", False, 100),
        ("2", "Autobahn", "B", False, 90),
    ]
    nodes = rows(database, "SELECT start_node, end_node FROM street_edges ORDER BY id")
    assert nodes[0][1] == nodes[1][0]


def test_what_the_file_says_of_walking_wins(database: Database, tmp_path: Path) -> None:
    path = lines(tmp_path, begehbar=["nein", "ja"])
    assert run(path).exit_code == 0
    assert rows(database, "SELECT DISTINCT way_id, walkable FROM street_edges ORDER BY 1") == [
        ("1", False),
        ("2", True),
    ]


def test_layers_made_from_openstreetmap_keep_its_licence(database: Database, tmp_path: Path) -> None:
    path = lines(tmp_path, osm_id=["7", "8"], fclass=["footway", "trunk"])
    frame = gpd.read_file(path).drop(columns="class")
    frame.to_file(tmp_path / "roads.gpkg")
    assert run(tmp_path / "roads.gpkg").exit_code == 0
    assert rows(database, "SELECT source, licence FROM street_networks") == [
        ("© OpenStreetMap-Mitwirkende", "Open Database License (ODbL) 1.0")
    ]
    assert rows(database, "SELECT DISTINCT way_id, walkable FROM street_edges ORDER BY 1") == [
        ("7", True),
        ("8", False),
    ]


def test_unknown_classes_and_ends_that_nearly_meet_are_told(tmp_path: Path) -> None:
    x, y = ORIGIN
    shapes = [
        shapely.LineString([(x, y), (x + 100, y)]),
        shapely.LineString([(x + 50, y + 0.4), (x + 50, y + 80)]),
    ]
    path = lines(tmp_path, shapes=shapes, kind=["Prachtallee", "Gemeindestraße"])
    result = run(path, "--column", "class=street_class")
    assert (
        "Street classes without a rule are taken as walked: Prachtallee (1 rows, first: 1)" in result.stderr
    )
    assert "1 ends of streets lie within 1 m of another street without a vertex in common" in result.stderr


def test_faulty_rows_are_listed_and_nothing_is_written(database: Database, tmp_path: Path) -> None:
    x, y = ORIGIN
    shapes = [
        shapely.LineString([(x, y), (x + 100, y)]),
        shapely.box(x, y, x + 10, y + 10),
        None,
        shapely.LineString([(x, y), (x, y)]),
        shapely.LineString([(x, y), (x + 10, y)]),
    ]
    path = lines(
        tmp_path,
        shapes=shapes,
        kind=["Weg"] * 5,
        name=list("abcde"),
        begehbar=["ja"] * 4 + ["vielleicht"],
    )
    rejects = tmp_path / "rejects.csv"
    result = run(path, "--rejects", rejects)
    assert result.exit_code == 1
    assert "Nothing was written: 4 of 5 rows were rejected." in result.stderr
    assert "0 new, 0 changed, 0 unchanged, 0 gone, 4 rejected" in result.stdout
    assert len(rejects.read_text(encoding="utf-8-sig").splitlines()) == 5
    assert number(database, "SELECT count(*) FROM street_networks") == 0
    told = json.loads(run(path, "--json", "--lang", "de").stdout)
    assert [(one["row"], one["code"]) for one in told["rejects"]] == [
        (2, "wrong-geometry"),
        (3, "no-geometry"),
        (4, "no-geometry"),
        (5, "unknown-word"),
    ]


def test_wrong_or_missing_system_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path, "streets.geojson")
    assert run(path, "--crs", "EPSG:4326").exit_code == 1
    lines(tmp_path, "nowhere.shp")
    (tmp_path / "nowhere.prj").unlink()
    assert "does not say which coordinate system" in run(tmp_path / "nowhere.shp").stderr
    swapped = gpd.read_file(lines(tmp_path))
    swapped.geometry = shapely.transform(swapped.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    swapped.to_file(tmp_path / "swapped.gpkg")
    assert "do not lie in Germany" in run(tmp_path / "swapped.gpkg").stderr


def test_what_is_no_street_file_is_refused(tmp_path: Path) -> None:
    for name, content in (
        ("a.pbf", b"\x00\x01rubbish\x00"),
        ("b.osm.pbf", b""),
        ("c.gpkg", b"SQLite format 3\x00x"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        result = run(path)
        assert result.exit_code == 1
        assert "Traceback" not in result.output
    assert "a.pbf is no OpenStreetMap extract (.osm.pbf)" in run(tmp_path / "a.pbf").stderr
    assert run(tmp_path / "missing.osm.pbf").exit_code == 1
    assert run(lines(tmp_path), "--column", "class").exit_code == 1
