"""Land of a city from stored results that still hold: what a computation of everything finds, to the bit."""

import gc
import weakref
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from geo_service.availability import city_land as lands
from geo_service.availability import held, service, stored, usable
from geo_service.availability.assemblies import Wish
from geo_service.availability.assembling import Search, find_places
from geo_service.availability.assessing import assess_stored
from geo_service.availability.changes import parse_changes
from geo_service.availability.city_land import CityLand, city_land
from geo_service.availability.kernel import compute_availability, silent
from geo_service.availability.what_if import what_if
from geo_service.db import Database
from tests.availability.city import AS_OF, NETWORK, PARCELS, TODAY, fill_buildings, fill_surroundings
from tests.availability.kept import MOVED, RESTRICTION, SOLD, ask, run


@pytest.fixture
def city(kept_city: Database) -> Database:
    """The city with surroundings, both stages stored."""
    with kept_city.begin("test") as connection:
        fill_surroundings(connection)
        fill_buildings(connection)
    stored.refresh(kept_city, service.options_of(AS_OF), silent, then=assess_stored)
    return kept_city


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parcels each computation of `city_land` was given."""
    sizes: list[int] = []

    def counting(inputs: Any, options: Any) -> Any:
        sizes.append(len(inputs.parcels))
        return compute_availability(inputs, options)

    monkeypatch.setattr(lands, "compute_availability", counting)
    return sizes


def read(database: Database, as_of: date = AS_OF, preset: str = "default") -> CityLand:
    with database.read() as connection:
        return city_land(connection, as_of, preset).with_facts(connection)


def computed_whole(database: Database, monkeypatch: pytest.MonkeyPatch) -> CityLand:
    with monkeypatch.context() as patch:
        nothing = pd.DataFrame({"parcel_id": np.zeros(0, dtype=np.int64)})
        patch.setattr(lands, "held_figures", lambda *_: nothing)
        return read(database)


def change(database: Database) -> None:
    """Change what lies on parcels, what stands on them and what they are, here and there."""
    run(database, RESTRICTION, metres=20.0, parcel=500)
    run(database, SOLD, parcel=900)
    run(database, MOVED, east=2.0, parcel=1200)
    run(database, "UPDATE development_plans SET legal_status = 4000 WHERE id = 1")
    run(database, "DELETE FROM buildings WHERE building_key = 'B700'")
    run(database, "UPDATE parcels SET valid = daterange('2000-01-01', '2026-01-01') WHERE id = 1500")


def test_after_changes_only_what_they_touch_is_computed_and_all_is_as_computed_whole(
    city: Database, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(city)
    found = read(city)
    assert 5 < computed[0] < PARCELS / 4
    whole = computed_whole(city, monkeypatch)
    assert computed[1] == PARCELS - 1
    columns = list(whole.parcels.columns)
    assert set(columns) == set(found.parcels.columns)
    pd.testing.assert_frame_equal(found.parcels[columns], whole.parcels, check_exact=True, check_dtype=False)
    assert found.parcels["available_from"].dtype.kind == whole.parcels["available_from"].dtype.kind == "M"
    rows = np.arange(PARCELS - 1)
    assert (shapely.to_wkb(found.net_of(rows)) == shapely.to_wkb(whole.net_of(rows))).all()
    changes = parse_changes(["kind:water", "kind:sold", "kind:contamination"], (), service.KINDS)
    with city.read() as connection:
        one, other = (what_if(connection, land, changes) for land in (found, whole))
    assert (one.before, one.after) == (other.before, other.after)
    pd.testing.assert_frame_equal(one.parcels, other.parcels, check_exact=True, check_dtype=False)
    places = [find_places(land, Search(Wish(1_000)), public=False) for land in (found, whole)]
    assert [place.net_cm2 for place in places[0].places] == [place.net_cm2 for place in places[1].places]
    assert places[0].places
    assert places[0].candidates == places[1].candidates


def test_nothing_is_computed_where_nothing_changed(city: Database, computed: list[int]) -> None:
    land = read(city)
    assert computed == []
    assert len(land.parcels) == PARCELS
    assert shapely.is_missing(land.known_net).all()
    some = np.flatnonzero(land.parcels["net_m2"] > 0)[:50]
    assert np.allclose(shapely.area(land.net_of(some)), land.parcels["net_m2"].iloc[some], rtol=1e-12)
    assert shapely.is_missing(land.known_net).sum() == PARCELS - 50


def test_some_parcels_are_read_where_all_of_them_hold_and_computed_where_one_does_not(
    city: Database, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = read(city).parcels["parcel_key"].tolist()
    beside = [keys[row] for row in range(495, 510)]

    def some() -> CityLand:
        with city.read() as connection:
            return city_land(connection, AS_OF, parcel_keys=beside).with_facts(connection)

    held_ones = some()
    assert computed == []
    with monkeypatch.context() as patch:
        patch.setattr(lands, "held_figures", lambda *_, **__: pd.DataFrame({"parcel_id": np.zeros(0)}))
        anew = some()
    assert computed == [len(beside)]
    columns = list(anew.parcels.columns)
    assert set(columns) == set(held_ones.parcels.columns)
    pd.testing.assert_frame_equal(
        held_ones.parcels[columns], anew.parcels, check_exact=True, check_dtype=False
    )
    run(city, RESTRICTION, metres=20.0, parcel=500)
    changed = some()
    assert computed == [len(beside)] * 2
    place = beside.index(keys[500 - 1])
    assert changed.parcels["net_m2"].iloc[place] < anew.parcels["net_m2"].iloc[place]


def test_land_that_nobody_keeps_is_freed_at_once(city: Database) -> None:
    gc.disable()
    try:
        land = read(city)
        with city.read() as connection:
            assert land.with_facts(connection) is land
        known = weakref.ref(land)
        del land
        assert known() is None
    finally:
        gc.enable()


def test_figures_are_read_as_they_are_stored_also_where_nothing_is_known(city: Database) -> None:
    unknown = "largest_piece_m2 = NULL, available_from = NULL"
    run(city, f"UPDATE availability SET {unknown} WHERE parcel_id % 7 = 3")
    run(city, "UPDATE availability SET net_m2 = 0.1::float8 + 0.2::float8 WHERE parcel_id = 8")
    run(city, "UPDATE availability SET available_from = '1997-02-28' WHERE parcel_id = 9")
    run(city, "UPDATE capacities SET built = NULL WHERE parcel_id % 5 = 2")
    names = [name for name in held.HELD if name not in {"parcel_id", "available_from"}]
    with city.read() as connection:
        found = held.stored_figures(connection, AS_OF).set_index("parcel_id").sort_index()
        rows = connection.execute(
            text(
                f"SELECT parcel_id, available_from, {', '.join(names)} FROM availability "
                "JOIN usability USING (parcel_id) JOIN capacities USING (parcel_id) ORDER BY parcel_id"
            )
        ).all()
    assert found.index.tolist() == [row.parcel_id for row in rows]
    assert len(rows) == PARCELS
    assert found["net_m2"][8] == 0.30000000000000004  # 0.1 + 0.2, to the last bit
    for name in names:
        read = [None if pd.isna(value) else value for value in found[name]]
        assert read == [getattr(row, name) for row in rows]
    days = found["available_from"]
    assert [None if pd.isna(day) else day.date() for day in days] == [row.available_from for row in rows]
    assert days[9] == pd.Timestamp(1997, 2, 28)
    assert days.isna().any()
    assert found["built"].isna().any()


def test_results_of_yesterday_or_of_another_program_are_not_read(
    city: Database, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(service, "today", lambda: date(2026, 3, 2))
        read(city)
    monkeypatch.setattr(stored, "program_digest", lambda: "another")
    read(city)
    assert computed == [PARCELS, PARCELS]
    assert date(2026, 3, 2) > TODAY


def test_a_parcel_whose_second_stage_is_of_another_computation_is_computed(
    city: Database, computed: list[int]
) -> None:
    run(city, "UPDATE usability SET computed_at = '2020-01-01' WHERE parcel_id IN (3, 4)")
    run(city, "DELETE FROM usability WHERE parcel_id = 5")
    land = read(city)
    assert computed == [3]
    assert land.parcels["parcel_id"].tolist() == list(range(1, PARCELS + 1))
    assert ask(city, "SELECT count(*) FROM availability_marks") == 0


def test_an_empty_register_has_no_land(kept_city: Database) -> None:
    run(kept_city, "TRUNCATE parcels, occupancies CASCADE")
    assert read(kept_city).parcels.empty


def test_areas_on_offer_need_no_streets_and_are_those_of_the_second_stage(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(city, NETWORK)
    monkeypatch.setattr(usable, "_kept", None)  # what is kept holds streets, too: it is not looked at
    found = computed_whole(city, monkeypatch).parcels
    monkeypatch.undo()
    stored.refresh(city, service.options_of(AS_OF), silent, then=assess_stored)
    with city.read() as connection:
        rows = connection.execute(text("SELECT offered_m2, piece_m2 FROM usability ORDER BY parcel_id")).all()
        frontage = connection.execute(text("SELECT sum(frontage_m) FROM usability")).scalar_one()
    assert found[["offered_m2", "piece_m2"]].to_numpy().tolist() == [list(row) for row in rows]
    assert frontage > 1_000
