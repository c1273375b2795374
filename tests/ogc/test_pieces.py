"""Tiles of a city are put together from pieces: the same as parcel by parcel, right after an edit at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import pyogrio
import pytest
import shapely
from sqlalchemy import Connection, text

from geo_service.availability.service import today
from geo_service.changes import ALL_CELLS
from geo_service.db import Database
from geo_service.ogc import pieces
from geo_service.ogc.parcels import PARCELS
from geo_service.ogc.piece_queries import LOOKS, renewal, stale_cells
from geo_service.reader import Reader
from tests.http_fixtures import SignedIn
from tests.ogc.test_tiles import address
from tests.sample_city import Sample

PLACE = (7.6245, 51.4951)
"""In the east of the city, where nothing else lies."""
ACROSS = 30
COUNT = ACROSS * ACROSS
"""Parcels of a field of 1.5 km, several cells wide, and of one class in ten."""
FIELD = """
INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, numerator, municipality_key, municipality,
                     location_text, geom, source, is_demo, publication_objection)
SELECT '051239998' || lpad(n::text, 5, '0') || '______', '051239', 'Test', 1, '05913000', 'Dortmund', '',
       ST_Multi(ST_MakeEnvelope(403500 + 50 * (n % :across), 5704700 + 50 * (n / :across),
                                403540 + 50 * (n % :across) + CASE WHEN n = 7 THEN 900 ELSE 0 END,
                                5704740 + 50 * (n / :across), 25832)), 'Test', true, n % 30 = 1
  FROM generate_series(0, :across * :across - 1) AS n
"""
LOOK = """
INSERT INTO availability (parcel_id, as_of, preset, gross_m2, net_m2, estimated_m2, severity, horizon, items,
                          chain)
SELECT id, current_date, 'default', area_m2, area_m2, 0, 'light', (ARRAY['now', 'short', 'mid'])[1 + id % 3],
       '[]', '[]' FROM parcels WHERE parcel_key LIKE '051239998%'
"""
KEY = "05123999800100______"
HORIZON = text(
    "UPDATE availability SET horizon = :to FROM parcels p WHERE p.id = parcel_id AND p.parcel_key = :key"
)


@contextmanager
def laid_out(database: Database) -> Iterator[None]:
    """Have the field in the register for the time of the block."""
    with database.begin("test") as connection:
        connection.execute(text(FIELD), {"across": ACROSS})
        connection.execute(text(LOOK))
    yield
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM parcels WHERE parcel_key LIKE '051239998%'"))


@pytest.fixture(scope="module", autouse=True)
def _field(sample: Sample, database: Database) -> Iterator[None]:
    assert sample.ids
    with laid_out(database):
        yield


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Statements that draw tiles from now on."""
    statements: list[str] = []
    run = Reader.row

    async def told(self: Reader, statement: Any, parameters: Any = None, **how: Any) -> Any:
        if "ST_AsMVT" in str(statement):
            statements.append(str(statement))
        return await run(self, statement, parameters, **how)

    monkeypatch.setattr(Reader, "row", told)
    return statements


def shapes(client: httpx.Client, folder: Path, zoom: int = 12) -> Counter[tuple[str, ...]]:
    """Return what is on the tile of the field: how often each shape with its properties."""
    answer = client.get(address("parcels", zoom, *PLACE))
    assert answer.status_code == 200, answer.text
    assert "x-features-left-out" not in answer.headers
    path = folder / "tile.mvt"
    path.write_bytes(answer.content)
    frame: gpd.GeoDataFrame = pyogrio.read_dataframe(path, use_arrow=False)
    names = sorted(set(frame.columns) - {"geometry", "mvt_id"})
    assert not frame[names].duplicated().any()  # one feature for each look
    return Counter(
        (*(f"{name}={row[name]}" for name in names), shapely.to_wkt(part.normalize()))
        for row in frame.to_dict("records")
        for part in shapely.get_parts(row["geometry"])
    )


def horizons(found: Counter[tuple[str, ...]]) -> Counter[str]:
    """Return how many shapes there are of each horizon."""
    return Counter(
        next(word for word in each if word.startswith("horizon="))[8:] for each in found.elements()
    )


def stale(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(stale_cells(of_tile=False)).one()[0] or ())


@pytest.mark.parametrize("zoom", [12, 13])
def test_pieces_make_the_tile_that_parcels_make(
    client: httpx.Client, database: Database, asked: list[str], tmp_path: Path, zoom: int
) -> None:
    with database.begin("test") as connection:  # whatever was drawn before is not used
        connection.execute(text("DELETE FROM tile_cells"))
        connection.execute(HORIZON, {"to": "now", "key": KEY})
    one_by_one = shapes(client, tmp_path, zoom)
    assert "tile_pieces" not in asked[-1]
    pieces.renew(database)
    with database.begin("test") as connection:  # a number moves, nothing else
        connection.execute(text("UPDATE premises SET name = name"))
    together = shapes(client, tmp_path, zoom)
    assert "tile_pieces" in asked[-1]
    assert together == one_by_one
    if zoom == 12:  # the whole field: of 900 parcels 30 are not public
        assert sum(together.values()) == COUNT - COUNT // 30
    with database.read() as connection:
        alone, shared = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE ST_NumGeometries(geom_grid) = 1), "
                "count(*) FILTER (WHERE ST_NumGeometries(geom_grid) > 10) FROM tile_pieces"
            )
        ).one()
    assert alone > 0
    assert shared > 0


def test_an_edit_is_on_the_tile_at_once_and_only_its_cell_is_looked_up(
    client: httpx.Client, database: Database, asked: list[str], tmp_path: Path
) -> None:
    pieces.renew(database)
    before = horizons(shapes(client, tmp_path))
    with database.begin("test") as connection:
        connection.execute(HORIZON, {"to": "undetermined", "key": KEY})
    assert len(stale(database)) == 1
    after = shapes(client, tmp_path)
    assert "tile_pieces" in asked[-1]
    assert "availability" in asked[-1]
    assert horizons(after)["undetermined"] == 1
    assert sum(horizons(after).values()) == sum(before.values())
    pieces.renew(database)
    assert not stale(database)
    with database.begin("test") as connection:
        connection.execute(text("UPDATE premises SET name = name"))
    assert shapes(client, tmp_path) == after
    assert "availability" not in asked[-1]
    with database.begin("test") as connection:
        connection.execute(HORIZON, {"to": "now", "key": KEY})


def test_a_parcel_that_is_no_longer_public_leaves_at_once(
    client: httpx.Client, signed_in: SignedIn, database: Database, tmp_path: Path
) -> None:
    object_to = text("UPDATE parcels SET publication_objection = :objects WHERE parcel_key = :key")
    pieces.renew(database)
    public = sum(shapes(client, tmp_path).values())
    with database.begin("test") as connection:
        connection.execute(object_to, {"objects": True, "key": KEY})
    try:
        assert ALL_CELLS in stale(database)
        assert sum(shapes(client, tmp_path).values()) == public - 1
        pieces.renew(database)
        with database.begin("test") as connection:
            connection.execute(text("UPDATE premises SET name = name"))
        assert sum(shapes(client, tmp_path).values()) == public - 1
        assert sum(shapes(signed_in("planner"), tmp_path).values()) == COUNT
    finally:
        with database.begin("test") as connection:
            connection.execute(object_to, {"objects": False, "key": KEY})


def test_pieces_of_yesterday_and_of_too_many_changes_are_not_used(
    client: httpx.Client,
    database: Database,
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pieces.renew(database)
    yesterday = today() - timedelta(days=1)
    with database.begin("test") as connection:
        connection.execute(text("UPDATE tile_cells SET day = :day"), {"day": yesterday})
        connection.execute(text("UPDATE premises SET name = name"))
    shapes(client, tmp_path)
    assert "tile_pieces" not in asked[-1]
    pieces.renew(database)
    monkeypatch.setattr(pieces, "MOST_STALE", 0)
    with database.begin("test") as connection:
        connection.execute(HORIZON, {"to": "now", "key": KEY})
    shapes(client, tmp_path)
    assert "tile_pieces" not in asked[-1]


def test_an_edit_while_pieces_are_drawn_stays_to_be_drawn(database: Database) -> None:
    pieces.renew(database)
    with database.begin("test", one_snapshot=True) as drawing:
        assert drawing.execute(stale_cells(of_tile=False)).one()[0] is None
        with database.begin("test") as editing:
            editing.execute(HORIZON, {"to": "now", "key": KEY})
        for statement in renewal(some=False):
            drawing.execute(statement, {"today": today()})
    assert len(stale(database)) == 1


def test_a_server_draws_what_changed_and_then_rests(database: Database) -> None:
    with database.begin("test") as connection:
        connection.execute(HORIZON, {"to": "now", "key": KEY})
    assert asyncio.run(pieces.look(database))
    assert not stale(database)
    assert not asyncio.run(pieces.look(database))


@pytest.mark.parametrize("table", ["availability", "usability", "transit_access"])
def test_every_kind_of_change_of_a_look_is_counted(
    connection: Connection, database: Database, table: str
) -> None:
    column = "subject_id" if table == "transit_access" else "parcel_id"
    pieces.renew(database)
    cells = text("SELECT cell, sum(changes) AS total FROM tile_changes GROUP BY cell")

    def moved(change: str) -> set[int]:
        before = {row.cell: row.total for row in connection.execute(cells)}
        connection.execute(text(change))
        after = {row.cell: row.total for row in connection.execute(cells)}
        return {cell for cell, changes in after.items() if changes != before.get(cell)}

    one = f"(SELECT min({column}) FROM {table})"
    cell = connection.execute(
        text(f"SELECT tile_cell(on_tile_grid(geom_3857)) FROM parcels WHERE id = {one}")
    ).scalar_one()
    connection.execute(text(f"CREATE TEMP TABLE held ON COMMIT DROP AS TABLE {table}"))
    assert moved(f"UPDATE {table} SET computed_at = computed_at WHERE {column} = {one}") == {cell}
    assert moved(f"UPDATE {table} SET computed_at = computed_at WHERE false") == set()
    assert cell in moved(f"DELETE FROM {table}")
    assert cell in moved(f"INSERT INTO {table} TABLE held")
    assert moved(f"TRUNCATE {table} CASCADE") == {ALL_CELLS}
    assert ALL_CELLS in moved("UPDATE parcels SET flur = flur WHERE false")


def test_a_change_of_thousands_is_one_of_all_cells(connection: Connection) -> None:
    connection.execute(text("DELETE FROM tile_changes"))
    connection.execute(
        text(
            "INSERT INTO transit_access (subject_kind, subject_id, method, time_window) "
            "SELECT 'parcel', n, 'are', 'night' FROM generate_series(1, 2001) AS n"
        )
    )
    assert connection.execute(text("SELECT cell FROM tile_changes")).scalars().all() == [ALL_CELLS]


def test_pieces_have_the_properties_of_far_tiles() -> None:
    assert PARCELS.tiles
    assert PARCELS.tiles.coarse
    assert set(LOOKS) == set(PARCELS.tiles.coarse)
