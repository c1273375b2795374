"""Capacity through the database: hand-drawn plans and buildings, an oracle in PostGIS, what is not known."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from psycopg.types.range import Range
from sqlalchemy import Connection, text

from geo_service.availability.assessing import assess_stored
from geo_service.availability.capacities import capacity_record, compute_capacities, stored_rows
from geo_service.availability.service import options_of
from geo_service.availability.stored import refresh
from geo_service.db import Database
from geo_service.settings import Settings
from tests.availability.city import AS_OF, PARCELS, fill_city, multi, parcel_rows, write
from tests.availability.drawing import PARCEL, box


def silent(_what: str, _share: float) -> None:
    """Tell nobody."""


HERE, THERE = "059124001000010001__", "059125001000010001__"
"""Two parcels in two Gemarkungen, the second 1 km further east."""
FAR = box(1000, 0, 1100, 50)


def draw(
    connection: Connection, areas: list[dict[str, Any]], buildings: list[dict[str, Any]], **plan: Any
) -> None:
    """Write both parcels, one plan over the first and its building areas, and buildings."""
    rows = parcel_rows([PARCEL, FAR], [HERE, THERE], id=[1, 2], gemarkung_key=["059124", "059125"])
    write(connection, "parcels", rows)
    about = {"plan_key": "Hu 148", "name": "Drawn", "legal_status": 4000, "source": "drawn"} | plan
    shape = multi([PARCEL])
    if areas:
        write(connection, "development_plans", pd.DataFrame([{"id": 7, **about}]).assign(geom=shape))
        frame = pd.DataFrame([{"plan_id": 7, "zone": "GE", "zone_code": 1700, **area} for area in areas])
        frame = frame.reindex(columns=["plan_id", "zone", "zone_code", "grz", "gfz", "max_storeys", "geom"])
        write(connection, "plan_areas", frame.assign(geom=multi(frame["geom"])))
    if buildings:
        frame = pd.DataFrame([{"storeys": None, "kind": "building"} | one for one in buildings])
        keys = [f"b{number}" for number in range(len(frame))]
        frame = frame.assign(building_key=keys, source="drawn", geom=multi(frame["geom"]))
        write(connection, "buildings", frame.astype({"storeys": "Int64"}))


def record(connection: Connection, key: str = HERE, as_of: date = AS_OF) -> dict[str, Any]:
    return capacity_record(compute_capacities(connection, as_of, [key]))


STATED = {"grz": 0.8, "gfz": 2.4, "geom": PARCEL}
HALL = {"storeys": 3, "geom": box(10, 10, 50, 30)}
"""800 m2, 2,400 m2 floor."""


def test_allowed_existing_and_left(connection: Connection) -> None:
    draw(connection, [STATED], [HALL])
    found = record(connection)
    parts, source = found.pop("parts"), found.pop("orientation_source")
    assert found == {
        "built": True, "plan_share": 1.0, "plan_in_force": True,
        "allowed_footprint_m2": 4000.0, "allowed_footprint_basis": "stated",
        "allowed_floor_m2": 12_000.0, "allowed_floor_basis": "stated",
        "built_footprint_m2": 800.0, "built_floor_m2": 2400.0,
        "left_footprint_m2": 3200.0, "left_floor_m2": 9600.0, "left_stacking_m2": None,
        "exceeds_plan": False,
    }  # fmt: skip
    assert parts == [
        {
            "plan_key": "Hu 148", "zone": "GE", "governed_m2": 5000.0, "grz": 0.8, "gfz": 2.4,
            "max_storeys": None, "footprint_m2": 4000.0, "footprint_basis": "stated", "floor_m2": 12_000.0,
            "floor_basis": "stated", "in_force": True, "source": "drawn",
        }
    ]  # fmt: skip
    assert "§ 17 BauNVO" in source


def test_stacking_on_what_stands(connection: Connection) -> None:
    draw(connection, [STATED | {"max_storeys": 5}], [HALL])
    found = record(connection)
    assert found["left_stacking_m2"] == 800.0 * 2
    assert (found["left_floor_m2"], found["parts"][0]["max_storeys"]) == (9600.0, 5)


def test_an_orientation_value_says_so(connection: Connection) -> None:
    draw(connection, [{"geom": PARCEL}], [])
    found = record(connection)
    assert (found["allowed_footprint_m2"], found["allowed_floor_m2"]) == (4000.0, 12_000.0)
    assert found["allowed_floor_basis"] == found["allowed_footprint_basis"] == "orientation_value"
    draw_both = [{"geom": box(0, 0, 50, 50)}, STATED | {"geom": box(50, 0, 100, 50)}]
    connection.execute(text("DELETE FROM plan_areas"))
    frame = pd.DataFrame(draw_both).assign(plan_id=7, zone="GE", zone_code=1700)
    write(connection, "plan_areas", frame.assign(geom=multi(frame["geom"])))
    found = record(connection)
    assert (found["allowed_floor_m2"], found["allowed_floor_basis"]) == (12_000.0, "mixed")
    assert [part["floor_basis"] for part in found["parts"]] == ["stated", "orientation_value"]


def test_more_stands_there_than_the_plan_would_allow(connection: Connection) -> None:
    draw(connection, [STATED | {"grz": 0.1, "gfz": 0.2}], [HALL])
    found = record(connection)
    assert found["exceeds_plan"] is True
    assert (found["left_footprint_m2"], found["left_floor_m2"]) == (0.0, 0.0)


def test_unknown_is_never_nothing(connection: Connection) -> None:
    draw(connection, [STATED], [HALL | {"storeys": None}])
    found = record(connection)
    assert (found["built"], found["built_footprint_m2"], found["built_floor_m2"]) == (True, 800.0, None)
    assert (found["left_footprint_m2"], found["left_floor_m2"], found["exceeds_plan"]) == (3200.0, None, None)
    other = record(connection, THERE)  # its Gemarkung has no building in the register, nor has it a plan
    for name in ("built", "built_floor_m2", "allowed_floor_m2", "plan_in_force"):
        assert other[name] is None, name
    assert (other["allowed_floor_basis"], other["parts"], other["plan_share"]) == ("unknown", [], 0.0)


def test_one_building_in_the_gemarkung_tells_that_the_others_are_unbuilt(connection: Connection) -> None:
    draw(connection, [STATED], [HALL, {"storeys": 1, "geom": box(1200, 0, 1210, 10)}])
    assert record(connection, THERE)["built"] is None  # beside all parcels of the Gemarkung
    more = parcel_rows([box(1200, 0, 1300, 50)], ["059125001000020001__"], id=[3], gemarkung_key="059125")
    write(connection, "parcels", more)
    found = record(connection, THERE)
    assert (found["built"], found["built_footprint_m2"], found["built_floor_m2"]) == (False, 0.0, 0.0)


def test_as_of_the_day(connection: Connection) -> None:
    draw(connection, [STATED], [HALL | {"valid": Range(date(2000, 1, 1), date(2026, 7, 1))}])
    assert record(connection, as_of=date(2026, 6, 30))["built"] is True
    # the hall was the only building of the Gemarkung: then nobody knows
    assert record(connection, as_of=date(2026, 7, 1))["built"] is None
    connection.execute(text("UPDATE development_plans SET valid = '[2026-07-01,)'"))
    assert record(connection, as_of=date(2026, 6, 30))["allowed_floor_m2"] is None
    assert record(connection, as_of=date(2026, 7, 1))["allowed_floor_m2"] == 12_000.0


def test_a_plan_in_procedure_says_so(connection: Connection) -> None:
    draw(connection, [STATED], [], legal_status=2400)
    assert record(connection)["plan_in_force"] is False


ORACLE = """
SELECT p.id,
       (SELECT coalesce(sum(ST_Area(ST_Intersection(b.geom, p.geom))), 0)
          FROM buildings b WHERE ST_Intersects(b.geom, p.geom)) AS footprint_m2,
       (SELECT coalesce(sum(b.storeys * ST_Area(ST_Intersection(b.geom, p.geom))), 0)
          FROM buildings b WHERE ST_Intersects(b.geom, p.geom)) AS floor_m2,
       (SELECT coalesce(sum(a.grz * ST_Area(ST_Intersection(a.geom, p.geom))), 0)
          FROM plan_areas a WHERE ST_Intersects(a.geom, p.geom)) AS allowed_m2
  FROM parcels p ORDER BY p.id
"""


def fill_built_city(connection: Connection) -> None:
    """The generated city with a building of whole storeys on every other parcel and plan areas on a third."""
    fill_city(connection)
    connection.execute(
        text(
            "INSERT INTO buildings (building_key, storeys, source, geom)"
            " SELECT 'b' || id, 1 + id % 6, 'drawn', ST_Multi(ST_Buffer(geom, -sqrt(ST_Area(geom)) / 6))"
            "   FROM parcels WHERE id % 2 = 0 AND NOT ST_IsEmpty(ST_Buffer(geom, -sqrt(ST_Area(geom)) / 6))"
        )
    )
    connection.execute(
        text(
            "INSERT INTO plan_areas (plan_id, zone, zone_code, grz, gfz, geom)"
            " SELECT (SELECT min(id) FROM development_plans), 'GE', 1700, 0.5, 1.0, geom"
            "   FROM parcels WHERE id % 3 = 0"
        )
    )


def test_a_city_against_postgis(connection: Connection) -> None:
    fill_built_city(connection)
    rows = compute_capacities(connection, AS_OF, threads=2).parcels
    expected = pd.DataFrame(connection.execute(text(ORACLE)).mappings().all())
    assert rows["parcel_id"].tolist() == expected["id"].tolist()
    for column, oracle in (("built_footprint_m2", "footprint_m2"), ("built_floor_m2", "floor_m2")):
        assert rows[column].to_numpy() == pytest.approx(expected[oracle].to_numpy(dtype=float), abs=1e-6)
    planned = (expected["id"] % 3 == 0).to_numpy()
    allowed = rows["allowed_footprint_m2"].to_numpy()
    assert allowed[planned] == pytest.approx(expected["allowed_m2"].to_numpy(dtype=float)[planned], abs=0.6)
    assert np.isnan(allowed[~planned]).all()
    assert rows["built"].sum() > 900


@pytest.fixture
def built_city(fresh_database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    with database.begin(actor="test") as connection:
        fill_built_city(connection)
    yield database
    database.engine.dispose()


STORED = """
SELECT c.*, c.computed_at = a.computed_at AS belongs
  FROM capacities c JOIN availability a USING (parcel_id) ORDER BY parcel_id
"""


def stored(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(text(STORED)).mappings()]


def change(database: Database, statement: str) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text(statement))


def assess(database: Database) -> int:
    """Refresh all stages; return how many parcels were computed."""
    return refresh(database, options_of(AS_OF), silent, then=assess_stored).recomputed


def test_what_is_stored_is_what_was_computed_and_belongs_to_the_availability(built_city: Database) -> None:
    assert assess(built_city) == PARCELS
    rows = stored(built_city)
    assert len(rows) == PARCELS
    assert all(row["belongs"] and row["as_of"] == AS_OF for row in rows)
    with built_city.read() as connection:
        computed = compute_capacities(connection, AS_OF)
    for position in (0, 1, 2, 5, PARCELS - 1):
        expected = capacity_record(computed, position)
        del expected["orientation_source"]
        for name, value in json.loads(json.dumps(expected)).items():
            wanted = pytest.approx(value, abs=1e-6) if isinstance(value, float) else value
            assert rows[position][name] == wanted, name
    assert rows[5]["parts"][0]["zone"] == "GE"


def test_a_refresh_computes_just_what_changed(built_city: Database) -> None:
    assess(built_city)
    before = stored(built_city)
    assert assess(built_city) == 0
    change(built_city, "UPDATE buildings SET storeys = 100 WHERE building_key IN ('b2', 'b4')")
    assert 2 < assess(built_city) < 20  # and what adjoins
    after = stored(built_city)
    assert all(row["belongs"] for row in after)
    figures = [name for name in before[0] if name != "computed_at"]
    changed = [
        row["parcel_id"]
        for row, old in zip(after, before, strict=True)
        if any(row[name] != old[name] for name in figures)
    ]
    assert changed == [2, 4]
    assert after[1]["built_floor_m2"] == pytest.approx(100 * after[1]["built_footprint_m2"])


def test_first_buildings_of_a_gemarkung_tell_of_all_its_parcels(built_city: Database) -> None:
    change(built_city, "CREATE TABLE kept AS SELECT * FROM buildings")
    change(built_city, "DELETE FROM buildings")
    assess(built_city)
    assert {row["built"] for row in stored(built_city)} == {None}
    change(
        built_city,
        "INSERT INTO buildings OVERRIDING SYSTEM VALUE SELECT * FROM kept WHERE building_key = 'b2'",
    )
    assert assess(built_city) == PARCELS
    assert [row["parcel_id"] for row in stored(built_city) if row["built"]] == [2]
    assert sum(row["built"] is False for row in stored(built_city)) == PARCELS - 1


def test_no_parcels(connection: Connection) -> None:
    computed = compute_capacities(connection, AS_OF)
    assert stored_rows(computed, pd.Series(dtype=object)).empty
