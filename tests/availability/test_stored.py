"""Stored results are kept fresh: what marks them, and the refresh of just what changed."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from psycopg.types.range import Range
from sqlalchemy import event, text

from geo_service.availability import service, stored
from geo_service.availability.assessing import assess_stored
from geo_service.availability.kernel import silent
from geo_service.availability.totals import grouped, report_of
from geo_service.availability.usable import compute_usable
from geo_service.db import Database
from tests.availability.city import AS_OF, PARCELS, TODAY, objects, write
from tests.availability.kept import (
    ALONE,
    RESTRICTION,
    SOLD,
    ask,
    assert_as_if_all_were_computed,
    frame,
    run,
    stale,
)

EDITS: dict[str, str] = {
    "new restriction": RESTRICTION,
    "restriction moved": "UPDATE restrictions SET geom = ST_Translate(geom, :metres, 1) WHERE id = :some",
    "restriction ended": "UPDATE restrictions SET valid = daterange('2010-01-01', :day) WHERE id = :some",
    "effect changed": "UPDATE restrictions SET effect = 'delays', reduction_share = NULL WHERE id = :some",
    "title changed": "UPDATE restrictions SET title = 'Renamed' WHERE id = :some",
    "restriction deleted": "DELETE FROM restrictions WHERE id = :some",
    "sold": SOLD,
    "end of a lease": "UPDATE occupancies SET during = daterange('2020-01-01', :day) WHERE id = :some",
    "occupancy of another parcel": "UPDATE occupancies SET parcel_id = :parcel WHERE id = :some",
    "freed": "DELETE FROM occupancies WHERE parcel_id = :parcel OR id = :some",
    "plan in force": "UPDATE development_plans SET legal_status = 4000 WHERE id = :plan",
    "plan expected": "UPDATE development_plans SET in_force_on = :day, legal_status = 2000 WHERE id = :plan",
    "plan drawn anew": "UPDATE development_plans SET geom = ST_Multi(ST_Buffer(geom, :metres)) "
    "WHERE id = :plan",
    "plan deleted": "DELETE FROM development_plans WHERE id = :plan",
    "parcel moved": "UPDATE parcels SET geom = ST_Translate(geom, :metres, 0) WHERE id = :parcel",
    "parcel ended": "UPDATE parcels SET valid = daterange('2000-01-01', '2026-01-01') WHERE id = :parcel",
    "parcel split": "INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, numerator, municipality_key, "
    "municipality, source, geom) SELECT '059125001' || lpad((id + 20000)::text, 5, '0') || '0001__', "
    "gemarkung_key, gemarkung, 1, municipality_key, municipality, source, "
    "ST_Translate(geom, 3, 0) FROM parcels WHERE id > :parcel ORDER BY id LIMIT 2",
    "built upon": "INSERT INTO buildings (building_key, source, geom) SELECT 'house', 'drawn', "
    "ST_Multi(ST_Buffer(ST_PointOnSurface(geom), 2)) FROM parcels WHERE id = :parcel "
    "ON CONFLICT (building_key) DO UPDATE SET storeys = coalesce(buildings.storeys, 0) + 1",
    "parcel deleted": "DELETE FROM parcels WHERE id = :parcel AND NOT EXISTS "
    "(SELECT FROM occupancies WHERE parcel_id = :parcel)",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_edits_in_any_order_then_a_refresh_equal_computing_everything(kept_city: Database, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with kept_city.read() as connection:
        some = list(connection.execute(text("SELECT id FROM restrictions")).scalars())
    done: list[str] = []
    for _ in range(5):
        before = frame(kept_city)
        for name in rng.choice(list(EDITS), 3):
            if name == "parcel split" and name in done:
                continue  # its keys are taken
            done.append(name)
            values = {
                "parcel": int(rng.integers(1, PARCELS)),
                "some": int(rng.choice(some)) if rng.random() < 0.5 else int(rng.integers(1, 200)),
                "plan": int(rng.integers(1, 12)),
                "metres": float(rng.uniform(3, 60)),
                "day": date(2026, 6, 2) + (date(2030, 1, 1) - date(2029, 1, 1)) * int(rng.integers(0, 9)),
            }
            run(kept_city, EDITS[name], **{key: values[key] for key in values if f":{key}" in EDITS[name]})
        report = stored.refresh(kept_city, service.options_of(AS_OF), silent, then=assess_stored)
        assert report.recomputed < PARCELS / 2, done
        after = frame(kept_city)
        assert report.parcels == len(after)
        assert stale(kept_city) == set()
        untouched = after.merge(before, on=["parcel_id", "run_id"])
        assert len(after) - len(untouched) == report.recomputed
    anew = assert_as_if_all_were_computed(kept_city)
    assert not anew[ALONE].equals(before[ALONE])


def test_the_stored_severity_of_an_unwilling_owner_is_that_of_a_lease(kept_city: Database) -> None:
    before = frame(kept_city)
    free = before[(before["severity"] == "unrestricted") & (before["horizon"] == "now")]
    unwilling, leased = free["parcel_id"].iloc[[0, -1]].tolist()
    run(
        kept_city,
        "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, valid, geom) "
        "SELECT 'will', 'owner_unwilling', 'delays', 'severe', 'No', 'drawn', daterange('2020-01-01', "
        "'2029-01-01'), ST_Multi(ST_Buffer(geom, -0.1)) FROM parcels WHERE id = :parcel",
        parcel=unwilling,
    )
    run(
        kept_city,
        "INSERT INTO occupancies (parcel_id, kind, during, source) "
        "VALUES (:parcel, 'leased', daterange('2020-01-01', '2029-01-01'), 'drawn')",
        parcel=leased,
    )
    stored.refresh(kept_city, service.options_of(AS_OF), silent)
    after = frame(kept_city).set_index("parcel_id").loc[[unwilling, leased]]
    assert after["available_from"].tolist() == [date(2029, 1, 1)] * 2
    assert after["severity"].tolist() == ["unrestricted"] * 2


def test_every_kind_of_edit_marks_what_it_changes_and_little_else(kept_city: Database) -> None:
    figures = ["gross_m2", "net_m2", "estimated_m2", "severity", "horizon"]
    for place, name in enumerate(EDITS):
        before = frame(kept_city).set_index("parcel_id")
        parcel, some = 700 + 31 * place, 20 + place
        values = {"parcel": parcel, "some": some, "plan": 2, "metres": 8.0, "day": date(2029, 1, 1)}
        run(kept_city, EDITS[name], **{key: values[key] for key in values if f":{key}" in EDITS[name]})
        marked = stale(kept_city)
        with kept_city.read() as connection:
            result = service.compute(connection, AS_OF)
        anew = stored.stored_rows(result, before["computed_at"].iloc[0]).set_index("parcel_id")
        both = before.index.intersection(anew.index)
        differs = (before.loc[both, figures] != anew.loc[both, figures]).any(axis=1)
        gone, new = before.index.difference(anew.index), anew.index.difference(before.index)
        assert set(both[differs]) | set(new) <= marked, name
        assert 0 < len(marked | set(gone)) < 400, name
        assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == len(
            marked & set(anew.index)
        ), name
    assert_as_if_all_were_computed(kept_city)


def test_what_no_result_depends_on_marks_nothing(kept_city: Database) -> None:
    run(kept_city, "UPDATE restrictions SET note = 'secret', legal_basis = '§1'")
    run(
        kept_city,
        "UPDATE parcels SET owner_kind = 'private', location_text = 'x', publication_objection = true",
    )
    run(kept_city, "UPDATE occupancies SET holder = 'Geheim', note = 'x'")
    run(kept_city, "UPDATE restrictions SET title = title, geom = geom")
    assert ask(kept_city, "SELECT count(*) FROM availability_marks") == 0
    runs = ask(kept_city, "SELECT count(*) FROM availability_runs")
    assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 0
    assert ask(kept_city, "SELECT count(*) FROM availability_runs") == runs


def test_many_rows_at_once_leave_one_mark(kept_city: Database) -> None:
    number = 20_001
    bulk = pd.DataFrame({"restriction_key": [f"bulk {row}" for row in range(number)]}).assign(
        kind="water", effect="excludes", severity="light", title="Bulk", source="drawn",
        valid=objects([Range(date(2000, 1, 1), date(2001, 1, 1))] * number),
    )  # fmt: skip
    box = ask(kept_city, "SELECT ST_AsBinary(ST_Multi(ST_Envelope(geom))) FROM parcels WHERE id = 700")
    with kept_city.begin("test") as connection:
        write(connection, "restrictions", bulk.assign(geom=shapely.from_wkb(box)))
    assert ask(kept_city, "SELECT count(*) FROM availability_marks") == 1
    assert 700 in stale(kept_city)
    run(kept_city, "TRUNCATE restrictions")
    assert stale(kept_city) == set(range(1, PARCELS + 1))
    assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == PARCELS
    assert_as_if_all_were_computed(kept_city)


def test_results_of_another_basis_do_not_stand_side_by_side(
    kept_city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recomputed(*, everything: bool = False) -> int:
        options = service.options_of(as_of, preset)
        return stored.refresh(kept_city, options, silent, everything=everything).recomputed

    as_of, preset = date(2026, 6, 2), "default"
    assert (recomputed(), recomputed()) == (PARCELS, 0)
    preset = "dortmund_2010"
    assert (recomputed(), recomputed()) == (PARCELS, 0)
    monkeypatch.setattr(service, "today", lambda: date(2026, 3, 2))
    assert (recomputed(), recomputed()) == (PARCELS, 0)
    monkeypatch.setattr(stored, "program_digest", lambda: "another")
    assert (recomputed(), recomputed()) == (PARCELS, 0)
    run(kept_city, "UPDATE availability_runs SET rules = jsonb_set(rules, '{sliver_m2}', '2')")
    assert (recomputed(), recomputed()) == (PARCELS, 0)
    assert recomputed(everything=True) == PARCELS


def test_a_run_says_what_it_was(kept_city: Database) -> None:
    run(kept_city, RESTRICTION, parcel=700, metres=1.0)
    stored.refresh(kept_city, service.options_of(AS_OF), silent, actor="someone")
    with kept_city.read() as connection:
        first, second = connection.execute(text("SELECT * FROM availability_runs ORDER BY id")).all()
        used = connection.execute(text("SELECT DISTINCT run_id FROM availability ORDER BY 1")).scalars().all()
    assert used == [first.id, second.id]
    assert (first.parcels, first.recomputed) == (PARCELS, PARCELS)
    assert (second.parcels, second.recomputed, second.actor) == (PARCELS, 1, "someone")
    assert (second.as_of, second.known_on, second.preset) == (AS_OF, TODAY, "default")
    assert second.rules["sliver_m2"] == 1.0
    assert second.started_at <= second.finished_at
    assert second.snapshot.count(":") == 2


def test_the_planner_learns_that_marks_are_gone(kept_city: Database) -> None:
    many = text("INSERT INTO availability_marks (cause, parcel_id) SELECT 'test', id FROM parcels")
    with kept_city.begin(actor="test") as connection:
        connection.execute(many)
        connection.execute(text("ANALYZE availability_marks"))
    stored.refresh(kept_city, service.options_of(AS_OF), silent)
    counted = text("SELECT reltuples FROM pg_class WHERE oid = 'availability_marks'::regclass")
    with kept_city.read() as connection:
        assert connection.execute(counted).scalar_one() <= 0


def test_a_local_refresh_reads_and_writes_only_what_changed(kept_city: Database) -> None:
    """Work is counted in rows of all statements: the number of parcels of the city does not matter."""
    worked: list[int] = []

    def count(_connection: Any, cursor: Any, *_: Any) -> None:
        worked.append(max(cursor.rowcount, 0))

    stored.refresh(kept_city, service.options_of(AS_OF), silent, everything=True, then=assess_stored)
    run(kept_city, SOLD, parcel=700)
    event.listen(kept_city.engine, "after_cursor_execute", count)
    report = stored.refresh(kept_city, service.options_of(AS_OF), silent, then=assess_stored)
    event.remove(kept_city.engine, "after_cursor_execute", count)
    assert (report.recomputed, report.parcels) == (1, PARCELS)
    assert sum(worked) < 100 < PARCELS / 10


def test_results_deleted_by_hand_come_back(kept_city: Database) -> None:
    options = service.options_of(AS_OF)
    whole = stored.refresh(kept_city, options, silent, everything=True, then=assess_stored)
    run(kept_city, "DELETE FROM availability WHERE parcel_id BETWEEN 100 AND 104")
    run(kept_city, "DELETE FROM usability WHERE parcel_id BETWEEN 103 AND 110")
    run(kept_city, "DELETE FROM capacities WHERE parcel_id = 300")
    report = stored.refresh(kept_city, options, silent, then=assess_stored)
    assert report == replace(whole, recomputed=5)
    held = "SELECT count(*) FROM {} JOIN availability USING (parcel_id, computed_at)"
    assert [ask(kept_city, held.format(table)) for table in ("usability", "capacities")] == [PARCELS] * 2
    assert_as_if_all_were_computed(kept_city)


def test_nothing_is_left_of_parcels_that_are_gone(kept_city: Database) -> None:
    options = service.options_of(AS_OF)
    stored.refresh(kept_city, options, silent, everything=True, then=assess_stored)
    run(kept_city, "DELETE FROM occupancies WHERE parcel_id IN (700, 701)")
    run(kept_city, "DELETE FROM parcels WHERE id = 700")
    run(kept_city, "UPDATE parcels SET valid = daterange('2000-01-01', '2026-01-01') WHERE id = 701")
    assert stored.refresh(kept_city, options, silent, then=assess_stored).parcels == PARCELS - 2
    for table in ("availability", "usability", "capacities"):
        assert ask(kept_city, f"SELECT count(*) FROM {table}") == PARCELS - 2, table


def test_the_report_of_a_refresh_is_that_of_all_parcels_to_the_bit(kept_city: Database) -> None:
    options = service.options_of(AS_OF)
    stored.refresh(kept_city, options, silent, everything=True, then=assess_stored)
    for parcel in range(600, 640, 7):
        run(kept_city, RESTRICTION, parcel=parcel, metres=3.1)
    report = stored.refresh(kept_city, options, silent, then=assess_stored)
    with kept_city.read() as connection:
        result, usable = compute_usable(connection, options)
    figures = result.parcels.assign(
        category=usable["internal_category"].to_numpy(), offered_m2=usable["offered_m2"].to_numpy()
    )
    assert report == report_of(grouped(figures), options, recomputed=report.recomputed)
