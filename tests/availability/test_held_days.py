"""Land of a city on other days than that of the stored results: what a computation of everything finds."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo_service.availability import city_land as lands
from geo_service.availability import service, stored
from geo_service.availability.assessing import assess_stored
from geo_service.availability.city_land import CityLand, city_land
from geo_service.availability.kernel import compute_availability, silent
from geo_service.availability.usability import answer_questions
from geo_service.availability.usable import built_by_register
from geo_service.db import Database
from tests.availability.city import AS_OF, PARCELS, fill_buildings, fill_surroundings
from tests.availability.kept import run

TURNS = date(2028, 2, 29)
"""Day on which all the records below begin or end."""
DAY = timedelta(days=1)

RECORDS = (
    "UPDATE restrictions SET valid = daterange('2020-01-01', :turns) WHERE id % 31 = 0",
    "UPDATE restrictions SET valid = daterange(:turns, NULL) WHERE id % 31 = 1",
    "UPDATE development_plans SET valid = daterange('2000-01-01', :turns) WHERE plan_key = 'Hu 1'",
    "UPDATE development_plans SET in_force_on = :turns WHERE plan_key IN ('Hu 4', 'Hu 7')",
    "UPDATE land_use_areas SET valid = daterange(:turns, NULL) WHERE area_key = 'Hu 2'",
    "UPDATE parcels SET valid = daterange('2000-01-01', :turns) WHERE id IN (300, 1501)",
    "UPDATE parcels SET valid = daterange(:turns, NULL) WHERE id IN (700, 1250)",
    "UPDATE buildings SET valid = daterange('1990-01-01', :turns) WHERE building_key IN ('B90', 'B1122')",
    "UPDATE buildings SET valid = daterange(:turns, NULL) WHERE building_key IN ('B40', 'B1400')",
    """
    INSERT INTO occupancies (parcel_id, kind, during, source)
    SELECT id, 'company_reserve', daterange('2020-01-01', :turns), 'drawn' FROM parcels p
     WHERE id BETWEEN 1000 AND 1020 AND NOT EXISTS (SELECT FROM occupancies o WHERE o.parcel_id = p.id)
    """,
    "UPDATE occupancies SET during = daterange('2020-01-01', :turns) WHERE parcel_id % 60 = 3",
    "UPDATE occupancies SET during = daterange(:turns, 'infinity') WHERE parcel_id % 60 = 4",
)
SURVEYED_ONCE = (
    """
    UPDATE parcels SET gemarkung_key = '059125', parcel_key = '059125' || substr(parcel_key, 7),
           actual_use = ''
     WHERE id BETWEEN 1 AND 45
    """,
    """
    DELETE FROM buildings b USING parcels p WHERE ST_Intersects(b.geom, p.geom) AND p.id BETWEEN 1 AND 45
    """,
    """
    INSERT INTO buildings (building_key, source, valid, geom)
    SELECT 'only', 'drawn', daterange('2028-02-29', NULL), ST_Multi(ST_Expand(ST_Centroid(geom), 3))
      FROM parcels WHERE id = 20
    """,
)


@pytest.fixture
def city(kept_city: Database) -> Database:
    """The city with surroundings, records that turn on one day, both stages stored."""
    with kept_city.begin("test") as connection:
        fill_surroundings(connection)
        fill_buildings(connection)
    for statement in RECORDS:
        run(kept_city, statement, turns=TURNS)
    return kept_city


def keep(database: Database, as_of: date = AS_OF) -> None:
    stored.refresh(database, service.options_of(as_of), silent, then=assess_stored)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parcels each computation of `city_land` was given."""
    sizes: list[int] = []

    def counting(inputs: Any, options: Any) -> Any:
        sizes.append(len(inputs.parcels))
        return compute_availability(inputs, options)

    monkeypatch.setattr(lands, "compute_availability", counting)
    return sizes


def read(database: Database, as_of: date, preset: str = "default") -> CityLand:
    with database.read() as connection:
        return city_land(connection, as_of, preset).with_facts(connection)


def assert_as_computed_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch, as_of: date, preset: str = "default"
) -> pd.DataFrame:
    """Compare the land of a day with a computation of everything, to the last bit; return it."""
    found = read(database, as_of, preset)
    with monkeypatch.context() as patch:
        nothing = pd.DataFrame({"parcel_id": np.zeros(0, dtype=np.int64)})
        patch.setattr(lands, "held_figures", lambda *_: nothing)
        whole = read(database, as_of, preset)
    columns = list(whole.parcels.columns)
    assert set(columns) == set(found.parcels.columns)
    pd.testing.assert_frame_equal(found.parcels[columns], whole.parcels, check_exact=True, check_dtype=False)
    assert found.parcels["available_from"].dtype.kind == "M"
    rows = np.arange(len(whole.parcels))
    assert (shapely.to_wkb(found.net_of(rows)) == shapely.to_wkb(whole.net_of(rows))).all()
    return whole.parcels


@pytest.mark.parametrize(
    ("as_of", "preset"),
    [
        (TURNS - DAY, "default"),
        (TURNS, "default"),
        (TURNS, "dortmund_2010"),
        (TURNS + DAY, "short_0_mid_0"),
        (AS_OF, "short_1_mid_3"),
        (AS_OF + DAY, "default"),
        (AS_OF - DAY, "default"),
        (date(2032, 2, 29), "default"),
        (date(2023, 12, 31), "default"),
        (date(1999, 12, 31), "default"),
    ],
)
def test_another_day_is_as_computed_whole(
    city: Database, monkeypatch: pytest.MonkeyPatch, computed: list[int], as_of: date, preset: str
) -> None:
    keep(city)
    assert_as_computed_whole(city, monkeypatch, as_of, preset)
    *parts, whole = computed
    assert sum(parts) < whole or as_of.year < 2000, parts


def test_both_days_may_be_any(city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = assert_as_computed_whole(city, monkeypatch, AS_OF)
    keep(city, TURNS)
    now = assert_as_computed_whole(city, monkeypatch, AS_OF)
    pd.testing.assert_frame_equal(before, now, check_exact=True)
    for as_of in (TURNS - DAY, TURNS + DAY):
        assert_as_computed_whole(city, monkeypatch, as_of)


def test_the_first_building_of_a_gemarkung_tells_of_all_its_parcels(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for statement in SURVEYED_ONCE:
        run(city, statement)
    keep(city)
    before, after = (assert_as_computed_whole(city, monkeypatch, day) for day in (TURNS - DAY, TURNS))
    inside = [before["parcel_id"] <= 45, after["parcel_id"] <= 45]
    assert (before[inside[0]]["category"] == "unknown").all()
    assert (after[inside[1]]["category"] != "unknown").sum() > 30


def test_what_changed_since_is_computed_on_another_day_too(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(city)
    run(city, "UPDATE restrictions SET valid = daterange('2020-01-01', '2027-05-05') WHERE id IN (5, 18, 60)")
    run(city, "UPDATE parcels SET actual_use = 'Wohnbaufläche / Unbebaut;1' WHERE id BETWEEN 900 AND 910")
    for as_of in (date(2027, 5, 4), date(2027, 5, 5), TURNS):
        assert_as_computed_whole(city, monkeypatch, as_of)


def test_where_nothing_turns_nothing_is_computed(city: Database, computed: list[int]) -> None:
    run(city, "UPDATE occupancies SET during = daterange('2020-01-01', NULL)")
    run(city, "UPDATE restrictions SET valid = daterange('2020-01-01', NULL)")
    run(city, "UPDATE development_plans SET in_force_on = NULL")
    keep(city)
    land = read(city, AS_OF + DAY)
    assert computed == []
    free = land.parcels["horizon"] == "now"
    assert 0 < free.sum() < PARCELS
    assert (land.parcels.loc[free, "available_from"].dt.date == AS_OF + DAY).all()


def test_what_takes_area_changes_no_category_and_what_stands_is_asked_where_buildings_turn(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, int] = {"what it is": 0, "what stands": 0}

    def answering(result: Any, inputs: Any, around: Any) -> Any:
        asked["what it is"] += len(inputs.parcels)
        return answer_questions(result, inputs, around)

    def standing(connection: Any, place: Any, rows: Any) -> Any:
        asked["what stands"] += len(rows)
        return built_by_register(connection, place, rows)

    monkeypatch.setattr(lands, "answer_questions", answering)
    monkeypatch.setattr(lands, "built_by_register", standing)
    taking = "kind = 'water', effect = 'excludes', reduction_share = NULL"
    run(city, f"UPDATE restrictions SET {taking} WHERE id % 31 < 2")
    run(city, "UPDATE restrictions SET valid = daterange('2020-01-01', NULL) WHERE id % 31 > 1")
    for statement in ("buildings", "land_use_areas", "parcels", "development_plans"):
        run(city, f"UPDATE {statement} SET valid = daterange('1990-01-01', NULL)")
    run(city, "UPDATE occupancies SET during = daterange('1990-01-01', NULL)")
    keep(city)
    assert_as_computed_whole(city, monkeypatch, TURNS)
    assert asked == {"what it is": 0, "what stands": 0}
    run(
        city,
        "UPDATE buildings SET valid = daterange('1990-01-01', :turns) WHERE building_key = 'B90'",
        turns=TURNS,
    )
    keep(city)
    assert_as_computed_whole(city, monkeypatch, TURNS)
    assert 0 < asked["what stands"] < asked["what it is"] < 100
