"""Pages, tiles and exact numbers are kept until something changes, by a number that triggers count."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pyproj import Transformer
from sqlalchemy import Connection, select, text

from geo_service.auth.caller import Caller
from geo_service.auth.models import Role
from geo_service.changes import COUNTED_TABLES
from geo_service.db import Database
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.cql.operands import Scope
from geo_service.ogc.cql.translate import condition_of
from geo_service.ogc.crs import CRS84
from geo_service.ogc.queries import Statement, feature_statement
from geo_service.ogc.service import view_of
from geo_service.ogc.tile_queries import tile_statement, tile_view
from geo_service.reader import Reader, _numbered
from tests.http_fixtures import SignedIn
from tests.ogc.test_tiles import address
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

EVERYONE = Caller("test", frozenset(Role), "token")
ITEMS = "/ogc/collections/parcels/items"
TITLE = text("UPDATE parcels SET location_text = :words WHERE parcel_key = :key")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Statements that are run from now on, but for that which reads the number of changes."""
    statements: list[str] = []
    run = Reader.row

    async def counted(self: Reader, statement: Any, parameters: Any = None, **how: Any) -> Any:
        if statement is not data_version():
            statements.append(str(statement))
        return await run(self, statement, parameters, **how)

    monkeypatch.setattr(Reader, "row", counted)
    return statements


@pytest.fixture
def edit(database: Database, sample: Sample) -> Iterator[Any]:
    """Change the first parcel; at the end it is as before."""

    assert sample.ids

    def change(words: str) -> None:
        with database.begin("test") as connection:
            connection.execute(TITLE, {"words": words, "key": PUBLIC_KEYS[0]})

    with database.read() as connection:
        before = connection.execute(
            text("SELECT location_text FROM parcels WHERE parcel_key = :key"), {"key": PUBLIC_KEYS[0]}
        ).scalar_one()
    yield change
    change(before)


def relations(node: Any) -> Iterator[str]:
    """Return the tables of a plan."""
    if isinstance(node, list):
        for each in node:
            yield from relations(each)
    elif isinstance(node, dict):
        if "Relation Name" in node:
            yield node["Relation Name"]
        for each in node.values():
            yield from relations(each)


def read_by(connection: Connection, statement: Statement) -> set[str]:
    """Return the tables that a statement reads, whatever its values."""
    words, values = _numbered(statement, {})
    nothing = ", ".join(["NULL"] * len(values))
    run = connection.exec_driver_sql
    run("SET LOCAL plan_cache_mode = force_generic_plan")
    run("PREPARE looked_at AS " + words.decode().replace("%", "%%"))
    plan = run(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at{f'({nothing})' if nothing else ''}").scalar_one()
    run("DEALLOCATE looked_at")
    return set(relations(plan))


@pytest.mark.parametrize("name", COLLECTIONS)
def test_whatever_a_collection_reads_is_counted(connection: Connection, name: str) -> None:
    collection = COLLECTIONS[name]
    found = read_by(connection, feature_statement(view_of(collection, EVERYONE)))
    if collection.tiles:
        drawn = tile_view(collection, collection.tiles, EVERYONE, 14)
        found |= read_by(connection, tile_statement(drawn, coarse=False))
    assert found
    assert found <= set(COUNTED_TABLES)


def test_counted_tables_carry_the_trigger_for_every_kind_of_change(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT tgrelid::regclass::text AS name, pg_get_triggerdef(oid) AS rule FROM pg_trigger "
            "WHERE tgname = 'count_change'"
        )
    ).all()
    assert {row.name for row in rows} == set(COUNTED_TABLES)
    for row in rows:
        assert all(word in row.rule for word in ("INSERT", "DELETE", "UPDATE", "TRUNCATE", "EACH STATEMENT"))


def test_every_commit_moves_the_number_and_nothing_else_does(database: Database, edit: Any) -> None:
    def number() -> str:
        with database.read() as connection:
            return str(connection.execute(data_version()).scalar_one())

    seen = [number(), number()]
    edit("Ringstraße 1")
    seen.append(number())
    with database.begin("test") as connection:
        connection.execute(text("UPDATE users SET roles = roles"))
    seen.append(number())
    with database.engine.connect() as connection:
        connection.execute(TITLE, {"words": "never", "key": PUBLIC_KEYS[0]})
        connection.rollback()
    seen.append(number())
    assert seen[0] == seen[1] != seen[2] == seen[3] == seen[4]


@pytest.mark.parametrize(
    "path", [f"{ITEMS}?limit=2", f"{ITEMS}?limit=1&filter=area_m2>1", address("parcels", 14)]
)
def test_what_is_unchanged_is_not_read_again(
    client: httpx.Client, asked: list[str], edit: Any, path: str
) -> None:
    first = client.get(path)
    known = {"If-None-Match": first.headers["etag"]}
    asked.clear()
    again = client.get(path, headers=known)
    assert (again.status_code, again.content, asked) == (304, b"", [])
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]
    edit("Ringstraße 2")
    after = client.get(path, headers=known)
    assert after.status_code == 200
    assert after.headers["etag"] != first.headers["etag"]


def test_pages_of_others_and_other_pages_have_other_etags(client: httpx.Client, signed_in: SignedIn) -> None:
    planner = signed_in(Role.PLANNER)
    asked = [(client, f"{ITEMS}?limit=2"), (client, f"{ITEMS}?limit=1"), (planner, f"{ITEMS}?limit=2")]
    found = [person.get(path).headers["etag"] for person, path in asked]
    assert len(set(found)) == 3
    other = planner.get(f"{ITEMS}?limit=2", headers={"If-None-Match": found[0]})
    assert other.status_code == 200


def test_an_exact_number_is_counted_once_until_something_changes(
    client: httpx.Client, asked: list[str], edit: Any
) -> None:
    query = "location_text=Zählweg 7"

    def matched(**more: str) -> tuple[int, int]:
        before = len(asked)
        found = client.get(f"{ITEMS}?{query}", params={"location_text": "Zählweg 7", "limit": "1", **more})
        return found.json()["numberMatched"], len(asked) - before

    assert matched(count="true") == (0, 2)  # counted, and read
    assert matched(count="true") == (0, 1)
    assert matched(resultType="hits") == (0, 0)
    edit("Zählweg 7")
    assert matched(resultType="hits") == (1, 1)
    assert matched(count="true") == (1, 1)


@pytest.mark.parametrize(
    ("path", "made"),
    [
        (f"{ITEMS}?resultType=hits&location_text=Zählweg 8", "SELECT count(*)"),
        (address("parcels", 14), "ST_AsMVT("),
    ],
)
def test_what_many_ask_for_at_once_is_made_once(
    client: httpx.Client, asked: list[str], edit: Any, path: str, made: str
) -> None:
    edit("Ringstraße 3")
    with ThreadPoolExecutor(6) as people:
        found = list(people.map(lambda _: client.get(path), range(6)))
    assert {answer.status_code for answer in found} == {200}
    assert len({answer.headers.get("etag") for answer in found}) == 1
    assert sum(made in each for each in asked) == 1


def test_the_shape_for_tiles_follows_the_shape(database: Database, sample: Sample) -> None:
    shapes = text(
        "SELECT ST_AsEWKB(geom_3857) = ST_AsEWKB(ST_Transform(geom, 3857)) AS same, "
        "ST_X(ST_PointN(ST_ExteriorRing(ST_GeometryN(geom, 1)), 1)) AS e, "
        "ST_Y(ST_PointN(ST_ExteriorRing(ST_GeometryN(geom, 1)), 1)) AS n, "
        "ST_X(ST_PointN(ST_ExteriorRing(ST_GeometryN(geom_3857, 1)), 1)) AS x, "
        "ST_Y(ST_PointN(ST_ExteriorRing(ST_GeometryN(geom_3857, 1)), 1)) AS y, "
        "ST_XMin(geom_3857) AS west, ST_YMax(geom_3857) AS north, "
        "ST_XMin(on_tile_grid(geom_3857)) AS left, "
        "ST_YMin(on_tile_grid(geom_3857)) AS top FROM parcels WHERE id = :id"
    )
    move = text("UPDATE parcels SET geom = ST_Translate(geom, :by, 0) WHERE id = :id")
    wanted = {"id": sample.ids[PUBLIC_KEYS[0]]}
    moved = []
    for by in (25, -25):
        with database.begin("test") as connection:
            connection.execute(move, {**wanted, "by": by})
            row = connection.execute(shapes, wanted).one()
        x, y = Transformer.from_crs(25832, 3857, always_xy=True).transform(row.e, row.n)
        assert row.same
        assert (row.x, row.y) == pytest.approx((x, y), abs=0.001)
        step, half = 2 * math.pi * 6_378_137 / 2**24, math.pi * 6_378_137
        assert (row.left, row.top) == pytest.approx(
            ((row.west + half) / step, (half - row.north) / step), abs=0.6
        )
        moved.append(row.x)
    assert 38 < moved[0] - moved[1] < 42  # 25 m on the ground, at 51.5 degrees north


@pytest.mark.parametrize(
    ("pattern", "indexed"),
    [("%Speicher%", True), ("Sp%", True), ("%e 1%", False), ("_a%", False), ("%", False)],
)
def test_a_pattern_that_the_index_does_not_know_is_not_looked_up_in_it(
    connection: Connection, pattern: str, indexed: bool
) -> None:
    parcels = COLLECTIONS["parcels"]
    columns: dict[str, Any] = {"location_text": parcels.columns["location_text"]}
    scope = Scope(columns, {"location_text": "text"}, parcels.geom, CRS84, ZoneInfo("Europe/Berlin"), {})
    found = condition_of({"op": "like", "args": [{"property": "location_text"}, pattern]}, scope)
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    words = select(parcels.row_id).where(found).compile(connection, compile_kwargs={"literal_binds": True})
    plan = (
        connection.exec_driver_sql(f"EXPLAIN {words}".replace("%%", "%").replace("%", "%%")).scalars().all()
    )
    assert any("ix_parcels_location_trgm" in line for line in plan) == indexed
