"""Categories follow what a what-if switches off: the sums are those of a city computed without it."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_service.availability import service, what_if
from geo_service.availability.changes import parse_changes
from geo_service.availability.city_land import CityLand, city_land
from geo_service.availability.city_service import answer_what_if, read_question
from geo_service.availability.kernel import compute_availability
from geo_service.availability.usability import answer_questions
from geo_service.availability.usable import compute_usable
from geo_service.availability.what_if import WhatIf, sums_of
from geo_service.db import Database
from tests.availability.city import AS_OF, KEYS, fill_buildings, fill_surroundings

LARGEST = """
SELECT r.id FROM restrictions r WHERE r.kind = 'existing_building' AND r.valid @> CAST(:day AS date)
 ORDER BY (SELECT count(*) FROM parcels p WHERE p.id % 6 = 3 AND ST_Intersects(p.geom, r.geom)) DESC, r.id
 LIMIT 1
"""
"""The building to be kept that stands on most parcels without a building of the register, unbuilt by the
cadastre: they are in use because of it alone. Parameter: ``day``."""
GONE = {
    "kind:existing_building": "DELETE FROM restrictions WHERE kind = 'existing_building'",
    "restriction": "DELETE FROM restrictions WHERE id = :id",
    "ending": "UPDATE restrictions SET valid = daterange(lower(valid), '2026-06-01') WHERE id = :id",
    "both kinds": "DELETE FROM restrictions WHERE kind = 'existing_building'",
    "kind:contamination": "DELETE FROM restrictions WHERE kind = 'contamination'",
}


@pytest.fixture
def city(kept_city: Database) -> Database:
    """A city where streets, buildings and plans are known."""
    with kept_city.begin("test") as connection:
        fill_surroundings(connection)
        fill_buildings(connection)
    return kept_city


def ask(connection: Connection, without: list[str], ending: list[str], scope: str = "city") -> WhatIf:
    return answer_what_if(connection, read_question(without, ending, scope, AS_OF, "default")).found


def on_offer(land: CityLand) -> set[str]:
    return set(land.parcels["parcel_key"][land.on_offer(public=False)])


@pytest.mark.parametrize("gone", GONE)
def test_the_sums_are_those_of_a_city_computed_without_it(city: Database, gone: str) -> None:
    with city.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SELECT set_config('app.actor', 'test', true)"))
        number = connection.execute(text(LARGEST), {"day": AS_OF}).scalar_one()
        without = {
            "restriction": [f"restriction:{number}"],
            "both kinds": ["kind:existing_building", "kind:sold"],
            "ending": [],
        }
        ending = [f"restriction:{number}@{AS_OF}"] if gone == "ending" else []
        found = ask(connection, without.get(gone, [gone]), ending)
        before = city_land(connection, AS_OF)
        connection.execute(text(GONE[gone]), {"id": number} if ":id" in GONE[gone] else {})
        if gone == "both kinds":
            connection.execute(text("DELETE FROM occupancies WHERE kind = 'sold'"))
        after = city_land(connection, AS_OF)
        transaction.rollback()
    assert found.before == sums_of(before.parcels, before.on_offer(public=False))
    assert found.after == sums_of(after.parcels, after.on_offer(public=False))
    told = found.parcels.set_index("parcel_key")
    came = on_offer(after) - on_offer(before)
    assert came == set(told.index[told["on_offer_after"] & ~told["on_offer_before"]])
    assert on_offer(before) - on_offer(after) == set(
        told.index[told["on_offer_before"] & ~told["on_offer_after"]]
    )
    assert bool(came) == (gone != "kind:contamination")


def test_one_parcel_and_the_city_agree_about_what_it_then_is(city: Database) -> None:
    changes = parse_changes(["kind:existing_building"], (), service.KINDS)
    with city.read() as connection:
        told = ask(connection, ["kind:existing_building"], []).parcels
        told = told[told["on_offer_after"] & ~told["on_offer_before"]]
        for key in told["parcel_key"].head(3):
            alone = ask(connection, ["kind:existing_building"], [], f"parcel:{key}").parcels
            assert alone["on_offer_after"].tolist() == [True]
            _, usable = compute_usable(connection, service.options_of(AS_OF), [key], changes)
            assert usable["internal_offered"].tolist() == [True]
            _, usable = compute_usable(connection, service.options_of(AS_OF), [key])
            assert usable["internal_offered"].tolist() == [False]
    assert len(told) >= 3
    assert set(told["parcel_key"]) <= set(KEYS)


BECOMING = """
SELECT DISTINCT p.parcel_key FROM parcels p JOIN parcels q ON ST_DWithin(p.geom, q.geom, 0.05)
 WHERE EXISTS (SELECT FROM restrictions r WHERE r.kind = 'existing_building' AND r.valid @> CAST(:day AS date)
                  AND ST_Intersects(r.geom, q.geom))
   AND NOT EXISTS (SELECT FROM buildings b WHERE ST_Intersects(b.geom, q.geom))
   AND NOT EXISTS (SELECT FROM buildings b WHERE ST_Intersects(b.geom, p.geom))
"""
"""Parcels without a building of the register that a building to be kept stands on, and such neighbours."""


def test_the_kernel_runs_once_and_only_what_may_become_other_land_is_asked(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []
    asked: list[str] = []

    def counting(inputs: Any, options: Any) -> Any:
        computed.append(len(inputs.parcels))
        return compute_availability(inputs, options)

    def asking(result: Any, inputs: Any, around: Any) -> Any:
        asked.extend(KEYS[number - 1] for number in inputs.parcel_ids.tolist())
        return answer_questions(result, inputs, around)

    with city.read() as connection:
        land = city_land(connection, AS_OF)
        monkeypatch.setattr(what_if, "compute_availability", counting)
        monkeypatch.setattr(what_if, "answer_questions", asking)
        what_if.what_if(connection, land, parse_changes(["kind:existing_building"], (), service.KINDS))
        assert set(asked) == set(connection.execute(text(BECOMING), {"day": AS_OF}).scalars())
    assert len(computed) == 1
    assert 20 < len(asked) < computed[0]
