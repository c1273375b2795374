"""Every edit marks whatever result it changes, of the later stages as well: a stale one never looks fresh."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import AliasedReturnsRows

from geo_service.availability import capacity_queries, queries, service, stored, usability_queries
from geo_service.availability.assessing import assess_stored
from geo_service.availability.capacities import compute_capacities, parts_by_parcel
from geo_service.availability.facts import STREETS
from geo_service.availability.kernel import silent
from geo_service.availability.models import Availability, Capacity, Usability
from geo_service.availability.usable import compute_usable
from geo_service.db import Database
from geo_service.settings import Settings
from tests.availability.city import (
    AS_OF,
    NETWORK,
    PARCELS,
    TODAY,
    fill_buildings,
    fill_city,
    fill_surroundings,
)
from tests.availability.kept import run, stale

OTHER = 1_200
"""Parcels from this one on lie in another Gemarkung."""
OTHER_KEYS = (
    "UPDATE parcels SET parcel_key = '059125' || substr(parcel_key, 7), gemarkung_key = '059125' "
    f"WHERE id >= {OTHER}"
)
NO_BUILDINGS_THERE = (
    "DELETE FROM buildings b USING parcels p "
    "WHERE p.gemarkung_key = '059125' AND ST_Intersects(p.geom, b.geom)"
)
BEYOND_THE_PLAN = "UPDATE plan_areas SET geom = ST_Multi(ST_Buffer(geom, 25))"
FIRST_BUILDING = (
    "INSERT INTO buildings (building_key, source, geom, storeys) SELECT 'first', 'drawn', "
    "ST_Multi(ST_Expand(ST_PointOnSurface(geom), 2)), 1 FROM parcels WHERE id = 1700"
)
WHERE = "(SELECT geom FROM parcels WHERE id = :parcel)"
HOUSE = f"ST_Multi(ST_Expand(ST_PointOnSurface({WHERE}), 2))"
KEPT_BUILDING = (
    "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, geom) "
    f"VALUES ('kept', 'existing_building', 'excludes', 'light', 'House', 'drawn', {HOUSE})"
)
EDITS: dict[str, str] = {
    "becomes a street": "UPDATE parcels SET actual_use = 'Straßenverkehr;1' WHERE id = :parcel",
    "no street any more": "UPDATE parcels SET actual_use = 'Wohnbaufläche;1' WHERE id = 996",
    "house to be kept": KEPT_BUILDING,
    "house no longer kept": "UPDATE restrictions SET kind = 'water' WHERE restriction_key = 'kept'",
    "house kept again": "UPDATE restrictions SET kind = 'existing_building' WHERE restriction_key = 'kept'",
    "house forgotten": "DELETE FROM restrictions WHERE restriction_key = 'kept'",
    "built upon": "INSERT INTO buildings (building_key, source, geom, storeys) "
    f"VALUES ('new', 'drawn', {HOUSE}, 3)",
    "raised": "UPDATE buildings SET storeys = 4 WHERE building_key = 'new'",
    "moved": f"UPDATE buildings SET geom = ST_Translate({HOUSE}, 60, 0) WHERE building_key = 'new'",
    "demolished": "UPDATE buildings SET valid = daterange(NULL, '2020-01-01') WHERE building_key = 'new'",
    "plan in force": "UPDATE development_plans SET legal_status = 4000 WHERE id = 2",
    "plan renumbered": "UPDATE development_plans SET plan_key = 'Hu 999' WHERE id = 3",
    "denser": "UPDATE plan_areas SET grz = 0.3, max_storeys = 2 WHERE plan_id = 1",
    "plan for other uses": "UPDATE land_use_areas SET use = 'housing' WHERE area_key = 'Hu 4'",
    "other key": "UPDATE parcels SET parcel_key = '059125001999990001__', gemarkung_key = '059125' "
    "WHERE id = 1001",
}
"""Done one after the other; ``:parcel`` is parcel 801."""


@pytest.fixture
def city(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A city with buildings in one of two Gemarkungen, plans whose areas reach beyond them, streets."""
    monkeypatch.setattr(service, "today", lambda: TODAY)
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    with database.begin(actor="test") as connection:
        fill_city(connection)
        fill_surroundings(connection)
        fill_buildings(connection)
        for statement in (OTHER_KEYS, NO_BUILDINGS_THERE, BEYOND_THE_PLAN):
            connection.execute(text(statement))
    refresh(database)
    yield database
    database.engine.dispose()


def answers(database: Database) -> pd.DataFrame:
    """Compute all stages of all parcels, by parcel id."""
    with database.read() as connection:
        result, usable = compute_usable(connection, service.options_of(AS_OF))
        capacity = compute_capacities(connection, AS_OF)
    parts = parts_by_parcel(capacity)
    frames: list[pd.DataFrame] = [
        result.parcels.drop(columns="parcel_key").set_index("parcel_id"),
        usable.drop(columns="shape_key").set_index("parcel_id"),
        capacity.parcels.drop(columns="parcel_key").set_index("parcel_id"),
    ]
    found = pd.concat(frames, axis=1).astype(object)
    return found.assign(parts=[str(parts.get(parcel, [])) for parcel in found.index])


def differing(before: pd.DataFrame, after: pd.DataFrame) -> set[int]:
    """Return the parcels of which any answer is another one."""
    both = before.index.intersection(after.index)
    old, new = before.loc[both], after.loc[both]
    same = (old == new) | (old.isna() & new.isna())
    return set(both[~same.fillna(value=False).astype(bool).all(axis=1)])


def refresh(database: Database, *, everything: bool = False) -> None:
    """Bring the stored results of all stages up to the register."""
    options = service.options_of(AS_OF)
    stored.refresh(database, options, silent, everything=everything, then=assess_stored)


def edit(database: Database, statement: str, **values: Any) -> set[int]:
    """Make an edit; return the parcels that it marked, and refresh what is stored."""
    run(database, statement, **values)
    marked = stale(database)
    refresh(database)
    assert stale(database) == set()
    return marked


def kept(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return what is stored of all stages, without the run that computed it."""
    found = {}
    with database.read() as connection:
        for model in (Availability, Usability, Capacity):
            columns = [column for column in model.__table__.c if column.name not in {"computed_at", "run_id"}]
            rows = connection.execute(select(*columns).order_by(model.parcel_id))
            found[model.__tablename__] = [tuple(row) for row in rows]
    return found


def test_every_edit_marks_the_parcels_whose_answers_it_changes(city: Database) -> None:
    before, told = answers(city), set()
    for name, statement in EDITS.items():
        values = {"parcel": 801} if ":parcel" in statement else {}
        marked = edit(city, statement, **values)
        after = answers(city)
        changed = differing(before, after)
        assert changed <= marked, (name, sorted(changed - marked)[:9])
        assert 0 < len(marked) < PARCELS / 2, name
        told |= {name} if changed else set()
        before = after
    assert told == set(EDITS)
    step_by_step = kept(city)
    refresh(city, everything=True)
    assert step_by_step == kept(city)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (FIRST_BUILDING, "DELETE FROM buildings WHERE building_key = 'first'"),
        (
            "UPDATE parcels SET actual_use = 'Platz;1' WHERE id = 500",
            "UPDATE parcels SET actual_use = 'Wohnbaufläche;1' WHERE id = 500",
        ),
    ],
    ids=["building of a Gemarkung", "street of the cadastre"],
)
def test_the_first_and_the_last_make_known_and_unknown(city: Database, first: str, last: str) -> None:
    run(city, "UPDATE parcels SET actual_use = 'Wald;1' WHERE actual_use LIKE 'Straße%'")
    refresh(city)
    for statement in (first, last):
        before = answers(city)
        marked = edit(city, statement)
        changed = differing(before, answers(city))
        assert len(changed) > PARCELS - OTHER - 100
        assert changed <= marked
    again = edit(city, first) and edit(city, first.replace("'first'", "'second'").replace("500", "501"))
    assert 0 < len(again) < 60  # the second one makes nothing known


def test_nothing_else_is_marked(city: Database) -> None:
    for statement in (
        "UPDATE buildings SET built_year = 1900, function = 'Halle'",
        "UPDATE plan_areas SET geom = geom",
        "UPDATE land_use_areas SET name = 'x'",
        "UPDATE parcels SET owner_kind = 'private', publication_objection = true",
    ):
        assert edit(city, statement) == set(), statement


def test_a_network_of_streets_marks_everything_and_gives_frontage(city: Database) -> None:
    before = answers(city)
    run(city, NETWORK)
    assert len(stale(city)) == PARCELS
    refresh(city)
    after = answers(city)
    longer = after["frontage_m"].astype(float) - before["frontage_m"].astype(float)
    assert (longer > 1).sum() > PARCELS / 20
    assert longer.min() > -1e-9
    step_by_step = kept(city)
    refresh(city, everything=True)
    assert step_by_step == kept(city)
    edit(city, "UPDATE street_edges SET name = 'x', walkable = false")
    assert edit(city, "UPDATE street_edges SET street_class = 'path' WHERE street_class = ''") != set()
    assert edit(city, "DELETE FROM street_edges WHERE way_id = 'none'") == set()
    assert len(edit(city, "UPDATE street_networks SET is_current = false")) == PARCELS
    pd.testing.assert_frame_equal(answers(city), before)


def test_near_lines_of_streets_a_local_refresh_equals_computing_everything(city: Database) -> None:
    run(city, NETWORK)
    run(city, "UPDATE parcels SET actual_use = 'Wald;1' WHERE actual_use LIKE 'Straße%'")
    refresh(city)
    before = answers(city)
    assert before["frontage_m"].notna().all()  # known by the lines alone
    assert (before["frontage_m"].astype(float) > 0).sum() > 100
    for statement in (
        "UPDATE parcels SET actual_use = 'Weg;1' WHERE id BETWEEN 801 AND 809",
        "UPDATE parcels SET geom = ST_Multi(ST_Buffer(geom, -0.6)) WHERE id BETWEEN 500 AND 505",
        "UPDATE parcels SET valid = daterange('2000-01-01', '2026-01-01') WHERE id IN (901, 945, 990)",
    ):
        marked = edit(city, statement)
        after = answers(city)
        assert differing(before, after) <= marked
        before = after
    step_by_step = kept(city)
    refresh(city, everything=True)
    assert step_by_step == kept(city)


# --- columns ----------------------------------------------------------------------------------------------

READ = (
    queries.parcels,
    queries.restrictions,
    queries.occupancies,
    queries.plans,
    usability_queries.actual_uses,
    usability_queries.plan_areas,
    usability_queries.land_use,
    capacity_queries.plan_areas,
    capacity_queries.buildings,
    capacity_queries.surveyed_gemarkungen,
    usability_queries.any_street,
)
"""Statements that read what any stage computes from, as of a day."""


def columns_of(statement: Any) -> set[tuple[str, str]]:
    """Return table and column of every column that a statement names."""
    found = set()
    for part in visitors.iterate(statement):
        table: Any = getattr(part, "table", None)
        table = getattr(table, "element", table)  # of an alias
        name = getattr(table, "name", None)
        if name and hasattr(part, "key") and not isinstance(table, AliasedReturnsRows):
            found.add((str(name), str(part.key)))
    return found


def test_the_triggers_look_at_every_column_that_any_stage_reads(connection: Connection) -> None:
    triggers = connection.execute(
        text(
            "SELECT tgrelid::regclass::text AS name, encode(tgargs, 'escape') AS arguments "
            "FROM pg_trigger WHERE tgname = 'mark_availability_update'"
        )
    )
    watched = {
        (row.name, column) for row in triggers for column in row.arguments.split("\\000")[1].split(", ")
    }
    read = set().union(*(columns_of(statement(AS_OF)) for statement in READ))
    tables = {table for table, _ in watched}
    assert tables == {
        "parcels", "restrictions", "occupancies", "development_plans", "plan_areas", "buildings",
        "land_use_areas",
    }  # fmt: skip
    assert {table for table, _ in read} == tables
    assert {(table, column) for table, column in read - watched if column != "id"} == set()


def test_the_database_calls_the_same_ground_a_street(connection: Connection) -> None:
    uses = ["Straßenverkehr;20", "STRAßENVERKEHR", "straßenverkehr / Gehweg", "Platz", "PLATZ;1", "Platzrand"]
    others = ["", "Weg;5", "Marktplatz;9", " Platz", "Wohnen;5|Straßenverkehr;2", "Wohnen\nPlatz", "Platte"]
    seen = connection.execute(
        text("SELECT use FROM unnest(CAST(:uses AS text[])) use WHERE is_street(use)"),
        {"uses": uses + others},
    ).scalars()
    assert list(seen) == uses
    assert all(use.lower().startswith(STREETS) for use in uses)
    assert not any(use.lower().startswith(STREETS) for use in others)


def test_the_network_of_streets_is_watched_as_well(connection: Connection) -> None:
    triggers = connection.execute(
        text(
            "SELECT tgrelid::regclass::text AS name, encode(tgargs, 'escape') AS arguments "
            "FROM pg_trigger WHERE tgname = 'mark_everywhere_update'"
        )
    )
    watched = {(row.name, name) for row in triggers for name in row.arguments.split("\\000")[0].split(", ")}
    statements = usability_queries.street_lines(), usability_queries.street_classes()
    read = set().union(*(columns_of(statement) for statement in statements))
    assert {(table, column) for table, column in read if column != "id"} == watched
