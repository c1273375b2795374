"""Ways on foot beside the straight lines: computed, stored by a refresh, kept apart from the grade."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import insert, text

from geo_service.db import Database
from geo_service.imports.report import ImportOptions
from geo_service.parcels.models import Parcel
from geo_service.settings import Settings
from geo_service.transit.access import GradedStops, access_of
from geo_service.transit.foot import walk_columns
from geo_service.transit.footways import Footways
from geo_service.transit.methods import load_method
from geo_service.transit.modes import Mode
from geo_service.transit.refresh import refresh
from geo_service.transit.service import import_gtfs
from geo_service.transit.street_import import import_streets
from geo_service.transit.streets import Doors, Entrances, Streets, entrances
from tests.transit.feeds import street
from tests.transit.street_maker import streets_of

METHOD = load_method("are")
TRAM, RAIL, FAR_RAIL = (100.0, 0.0), (0.0, 150.0), (0.0, -400.0)
STOPS = GradedStops(
    ids=np.array([71, 72, 73]),
    xy=np.array([TRAM, RAIL, FAR_RAIL]),
    modes=[frozenset({Mode.TRAM}), frozenset({Mode.RAIL}), frozenset({Mode.RAIL})],
    category_rank=np.array([2, 1, 4]),
)
HOME = np.array([shapely.Point(0, 0)], dtype=object)


def measured(streets: Streets | None) -> dict[Any, Any]:
    access = access_of(HOME, STOPS, METHOD)
    points = np.asarray(shapely.points(STOPS.xy), dtype=object)
    footways = None if streets is None else Footways(streets, entrances(points, streets))
    row: dict[Any, Any] = walk_columns(HOME, access, STOPS, footways).astype(object).iloc[0].to_dict()
    row["rail_foot_stop_pk"] = None if pd.isna(row["rail_foot_stop_pk"]) else row["rail_foot_stop_pk"]
    assert access.rail_stop_pk[0] == 72
    assert access.stop_pk[0] == 72
    return row


def test_without_streets_ways_are_estimated() -> None:
    row = measured(None)
    assert row["walk_kind"] == "detour_factor"
    assert (row["walk_m"], row["tram_walk_m"]) == (pytest.approx(183), pytest.approx(122))
    assert np.isnan(row["bus_walk_m"])
    assert (row["rail_foot_stop_pk"], row["rail_foot_m"]) == (72, pytest.approx(183))


def test_stop_beyond_a_detour_is_told_and_the_nearer_one_on_foot_beside_it() -> None:
    # the near rail stop is reached by 400 + 150 + 400 m, the far one straight by 400 m
    streets = streets_of([(0, 0), TRAM], [(0, 0), FAR_RAIL], [(0, 0), (-400, 0), (-400, 150), RAIL])
    row = measured(streets)
    assert row["walk_kind"] == "street_network"
    assert (row["walk_m"], row["rail_walk_m"]) == (pytest.approx(950), pytest.approx(950))
    assert (row["rail_foot_stop_pk"], row["rail_foot_m"]) == (73, pytest.approx(400))
    assert (row["tram_foot_stop_pk"], row["tram_walk_m"]) == (71, pytest.approx(100))


def test_stop_without_a_way_has_none() -> None:
    row = measured(streets_of([(0, 0), TRAM], [(300, 150), RAIL]))
    assert np.isnan(row["walk_m"])
    assert row["rail_foot_stop_pk"] is None
    assert np.isnan(row["rail_foot_m"])


def test_way_to_the_nearest_on_foot_is_told_however_long() -> None:
    row = measured(streets_of([(0, 0), TRAM], [(0, 0), (-1200, 0), (-1200, 150), RAIL]))
    assert np.isnan(row["walk_m"])  # longer than 2,000 m
    assert (row["rail_foot_stop_pk"], row["rail_walk_m"]) == (72, pytest.approx(2550))


# --- stored -------------------------------------------------------------------------------------------


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()


def stored(database: Database) -> Any:
    statement = text("SELECT * FROM transit_access WHERE subject_kind = 'parcel'")
    with database.read() as connection:
        return connection.execute(statement).one()


def test_refresh_uses_streets_when_they_are_loaded(database: Database, tmp_path: Path) -> None:
    feed = street("A", "B").line("470").every(10, "470", ["A", "B"]).every(10, "470", ["B", "A"])
    import_gtfs(database, feed.write(tmp_path), "test")
    with database.begin("test") as connection:
        x, y = connection.execute(
            text("SELECT ST_X(geom), ST_Y(geom) FROM transit_stops WHERE stop_id = 'A'")
        ).one()
        parcel = shapely.MultiPolygon([shapely.box(x - 120, y - 20, x - 100, y)])
        connection.execute(
            insert(Parcel).values(
                parcel_key="05123900100001______",
                gemarkung_key="051239",
                gemarkung="Dortmund",
                flur=1,
                numerator=1,
                municipality_key="05913000",
                municipality="Dortmund",
                official_area_m2=400,
                source="Test",
                geom=from_shape(parcel, srid=25832),
            )
        )
    refresh(database)
    before = stored(database)
    assert (before.grade, before.stop_pk) == ("C", before.bus_stop_pk)
    assert before.distance_m == pytest.approx(100)
    assert (before.walk_kind, before.walk_m) == ("detour_factor", pytest.approx(122))
    course = shapely.LineString([(x - 100, y), (x - 100, y + 150), (x, y + 150), (x, y)])
    gpd.GeoDataFrame({"highway": ["footway"]}, geometry=[course], crs=25832).to_file(tmp_path / "way.gpkg")
    import_streets(database, tmp_path / "way.gpkg", ImportOptions())
    refresh(database)
    after = stored(database)
    assert (after.grade, after.category, after.distance_m) == (
        before.grade,
        before.category,
        before.distance_m,
    )
    assert (after.walk_kind, after.walk_m) == ("street_network", pytest.approx(400))
    assert (after.bus_foot_stop_pk, after.bus_foot_m) == (after.stop_pk, pytest.approx(400))
    assert after.rail_foot_stop_pk is None


def test_doors_are_looked_for_once_for_the_same_places_on_the_same_streets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counted(places: Any, streets: Streets) -> Entrances:
        asked.append(len(places))
        return entrances(places, streets)

    monkeypatch.setattr("geo_service.transit.streets.entrances", counted)
    doors, short, long = Doors(), streets_of([(0, 5), (9, 5)]), streets_of([(0, 5), (99, 5)])
    there = np.array([shapely.Point(50, 0)], dtype=object)
    both = np.concatenate([HOME, there])
    for _ in range(2):
        for places, streets in ((HOME, short), (there, short), (HOME, long), (both, short)):
            for found, right in zip(
                doors.of(places, streets).columns(), entrances(places, streets).columns(), strict=True
            ):
                assert np.array_equal(found, right)
    assert asked == [1, 1, 1, 2]
