"""The history of a record: complete, in words, for the agency only, no field that a role may not see."""

import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.city import load_city
from geo_service.db import Database
from geo_service.schema import metadata
from geo_service.transit import scenario_register
from geo_service.transit.scenario_schemas import ScenarioForm
from geo_service.web.column_names import COLUMNS, TABLES
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

GERMAN = {"accept": "text/html", "accept-language": "de"}
PREMISES = "/leerstand/L-0/verlauf"
FIRST = "(SELECT min(id) FROM {})"

EVERY_5_MIN = {"day_kind": "weekday", "window": "06:00-20:00", "headway_min": 5}
SCENARIO: dict[str, Any] = {
    "key": "probe", "name_de": "Probe", "name_en": "Trial", "status": "public", "source": "Test",
    "stops": [
        {"key": "a", "name": "Am Bach", "lon": 7.46, "lat": 51.51},
        {"key": "b", "name": "Am See", "lon": 7.47, "lat": 51.52},
    ],
    "lines": [
        {"name": "X", "mode": "tram", "stops": ["a", "b"], "services": [{**EVERY_5_MIN, "headway_min": 10}]}
    ],
}  # fmt: skip

CHANGES = [
    """UPDATE premises SET net_rent_eur_month = 1234.5, landlord = 'Geheim GmbH', street = '<i>Weg</i>',
       features = ARRAY['storage'] WHERE premises_key = 'L-0'""",
    """UPDATE vacancies SET status = 'temporary_use'
       WHERE premises_id = (SELECT id FROM premises WHERE premises_key = 'L-0')""",
    f"""UPDATE parcels SET official_area_m2 = 4711, geom = ST_Multi(ST_Translate(geom, 0.25, 0))
        WHERE parcel_key = '{PUBLIC_KEYS[0]}'""",
    "UPDATE sites SET phase = 'construction' WHERE slug = 'energiecampus'",
]


@pytest.fixture
def changed(sample: Sample, database: Database) -> None:
    """Somebody changes premises, their vacancy, a parcel with its occupancy, and a site."""
    assert sample
    with database.begin(actor="erika <b>") as connection:
        for statement in CHANGES:
            connection.execute(text(statement))


def words(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text[:300]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize(
    "path", [PREMISES, f"/flaechen/{PUBLIC_KEYS[0]}/verlauf", "/standorte/energiecampus/verlauf"]
)
def test_nobody_else_reads_it(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=GERMAN)
    assert answer.status_code == 401
    assert "erika" not in answer.text
    assert "/verlauf" not in client.get(path.removesuffix("/verlauf"), headers=GERMAN).text


@pytest.mark.usefixtures("changed")
def test_who_when_before_and_after(signed_in: SignedIn) -> None:
    manager = signed_in(Role.VACANCY_MANAGER)
    answer = manager.get(PREMISES, headers=GERMAN)
    told = words(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert "Geändert: Ladenlokal" in told
    assert "Geändert: Leerstand" in told
    assert "Angelegt: Ladenlokal" in told
    assert "· erika &lt;b&gt;" in told
    assert "&lt;i&gt;Weg&lt;/i&gt;" in told
    assert re.search(r"Nettokaltmiete \(€ im Monat\) \S+ 1\.234,50", told)
    assert "Geheim GmbH" in told
    assert "Zustand leer Zwischennutzung" in told
    assert "1 weitere" not in told
    assert PREMISES in manager.get("/leerstand/L-0", headers=GERMAN).text


def test_what_was_created_is_told_as_it_was_then(signed_in: SignedIn, database: Database) -> None:
    """Later changes are undone, also where the record was deleted; what a role may not see is left out."""
    made = text(
        """
        INSERT INTO premises (premises_key, name, street, house_number, area_m2, permitted_uses, landlord,
                              source, is_demo, geom)
        VALUES ('made', 'Erster <b>', 'Weg', '1', 50, '{retail}', 'Geheim GmbH', 'Angelegt', false,
                ST_SetSRID(ST_MakePoint(391000, 5705000), 25832))
        """
    )
    with database.begin(actor="erika") as connection:
        connection.execute(made)
    for name in ("Zweiter", "Dritter"):
        with database.begin(actor="otto") as connection:
            connection.execute(text(f"UPDATE premises SET name = '{name}' WHERE premises_key = 'made'"))
    told = []
    for _ in range(2):
        for role in (Role.VACANCY_MANAGER, Role.PLANNER):
            page = signed_in(role).get("/leerstand/made/verlauf", headers=GERMAN)
            told.append(words(page).partition("Angaben beim Anlegen")[2])
        with database.begin(actor="otto") as connection:
            connection.execute(text("DELETE FROM premises WHERE premises_key = 'made'"))
    assert all("Name Erster &lt;b&gt;" in each for each in told)
    assert all("Straße Weg" in each for each in told)
    assert ["Geheim GmbH" in each for each in told] == [True, False, True, False]
    assert not any("Zweiter" in each or "Dritter" in each for each in told)


@pytest.mark.usefixtures("changed")
def test_what_the_role_may_not_see_is_counted_only(signed_in: SignedIn) -> None:
    told = words(signed_in(Role.PLANNER).get(PREMISES, headers=GERMAN))
    assert "Geheim" not in told
    assert "1.234,50" not in told
    assert "Nettokaltmiete" not in told
    assert "2 weitere Angaben geändert." in told
    assert "Ausstattung" in told


@pytest.mark.usefixtures("changed")
def test_parcel_and_site_in_english(signed_in: SignedIn) -> None:
    planner = signed_in(Role.PLANNER)
    told = words(planner.get(f"/flaechen/{PUBLIC_KEYS[0]}/verlauf?lang=en"))
    assert re.search(r"Official area \(m²\) \S+ 4,711", told)
    assert "Place or outline – changed" in told
    told = words(planner.get("/standorte/energiecampus/verlauf?lang=en"))
    assert "Changed: Site" in told
    assert "Created: Milestone “" in told
    assert "Created: Phase “Planning”" in told
    assert "Angelegt: Phase „Planung“" in words(planner.get("/standorte/energiecampus/verlauf?lang=de"))


@pytest.mark.usefixtures("sample")
def test_weights_of_a_round_are_told(signed_in: SignedIn, database: Database) -> None:
    with database.begin(actor="erika") as connection:
        for weights in ('{"rent_room": 2, "area_fit": 5}', '{"rent_room": 7}'):
            connection.execute(
                text("UPDATE contest_rounds SET weights = CAST(:w AS jsonb) WHERE slug = 'anstoss-2023-10'"),
                {"w": weights},
            )
    manager = signed_in(Role.VACANCY_MANAGER)
    told = words(manager.get("/anstoss/anstoss-2023-10/verlauf", headers=GERMAN))
    assert "Gewichte der Bewertung die üblichen Fläche 5; Spielraum bei der Miete 2" in told
    assert "Gewichte der Bewertung Fläche 5; Spielraum bei der Miete 2 Spielraum bei der Miete 7" in told
    told = words(manager.get("/anstoss/anstoss-2023-10/verlauf?lang=en"))
    assert "Weights of the score the usual ones Area 5; Room below the rent ceiling 2" in told


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize(
    ("table", "key", "path"),
    [
        ("restrictions", "restriction_key", "/restriktionen"),
        ("land_use_areas", "area_key", "/flaechennutzungsplan"),
        ("development_plans", "plan_key", "/bebauungsplaene"),
    ],
)
def test_records_without_a_page_of_their_own(
    signed_in: SignedIn, database: Database, table: str, key: str, path: str
) -> None:
    column = "title" if table == "restrictions" else "name"
    with database.begin(actor="erika <b>") as connection:
        row = connection.execute(
            text(f"UPDATE {table} SET {column} = 'Neu <b>' WHERE id = {FIRST.format(table)} RETURNING *")
        ).one()
    history = f"{path}/{quote(getattr(row, key), safe='')}/verlauf"
    item = f"/ogc/collections/{table}/items/{row.id}?f=html"
    planner = signed_in(Role.PLANNER)
    shown = words(answer := planner.get(history, headers=GERMAN))
    assert f"Geändert: {TABLES[table]}" in shown
    assert "· erika &lt;b&gt;" in shown
    assert "Neu &lt;b&gt;" in shown
    assert f'href="{item}"' in answer.text
    assert history in planner.get(item, headers=GERMAN).text
    planner.cookies.clear()
    assert planner.get(history, headers=GERMAN).status_code == 401


OF_ROLES = [
    ("/anfragen/A-1", Role.INVESTOR_SUPPORT),
    ("/anstoss/anstoss-2023-10", Role.VACANCY_MANAGER),
    ("/oev/szenarien/probe", Role.PLANNER),
]


@pytest.fixture(scope="module")
def decided(sample: Sample, database: Database) -> None:
    """Somebody changes an inquiry, takes a decision back, and writes a scenario twice."""
    assert sample
    with database.begin(actor="erika <b>") as connection:
        for statement in (
            "UPDATE inquiries SET status = 'unmet', horizon_max = 'mid' WHERE reference = 'A-1'",
            """UPDATE match_decisions SET revoked_at = '2026-03-01 11:30+01', revoked_by = 'erika',
               revoke_reason = 'replaced by a new decision' WHERE revoked_at IS NULL""",
        ):
            connection.execute(text(statement))
    moved = SCENARIO | {
        "stops": [SCENARIO["stops"][0], {**SCENARIO["stops"][1], "name": "Am <i>See</i>"}],
        "lines": [{**SCENARIO["lines"][0], "services": [EVERY_5_MIN]}],
    }
    form, changed = (ScenarioForm.model_validate(each) for each in (SCENARIO, moved))
    city = load_city("dortmund")
    with database.begin(actor="erika <b>") as connection:
        scenario_register.create_scenario(connection, form, city)
    with database.begin(actor="otto") as connection:
        scenario_register.replace_scenario(connection, "probe", changed, city, "*")


@pytest.mark.usefixtures("decided")
def test_inquiries_rounds_and_scenarios(signed_in: SignedIn) -> None:
    told = {}
    for path, role in OF_ROLES:
        person = signed_in(role)
        told[role] = words(person.get(f"{path}/verlauf", headers=GERMAN))
        assert f'href="{path}/verlauf"' in person.get(path, headers=GERMAN).text
        assert f'href="{path}"' in person.get(f"{path}/verlauf", headers=GERMAN).text
    inquiry, contest, scenario = told.values()
    assert "Geändert: Anfrage" in inquiry
    assert "Zustand offen nicht bedient" in inquiry
    assert "spätester Zeithorizont – mittelfristig" in inquiry
    assert "aufgehoben am – 01.03.2026, 11:30" in contest
    assert "Begründung für das Aufheben – durch eine neue Entscheidung ersetzt" in contest
    assert re.search(r"Angelegt: Entscheidung „GEHEIM Konzept 1 → \S.*?Art ausgeschlossen", contest)
    assert re.search(r"Angelegt: Vermittlung „GEHEIM Konzept 0 → .*?Zuschuss \(€\) 15\.000", contest)
    latest = scenario[: scenario.index("erika")]
    assert "Geändert: Haltestelle des Szenarios „Am &lt;i&gt;See&lt;/i&gt;“" in latest
    assert "werktags 06:00-20:00 alle 10 min" in latest
    assert "werktags 06:00-20:00 alle 5 min" in latest
    assert latest.count("· otto") == 3  # the scenario, the stop that changed, the line: nothing else
    assert "Gelöscht" not in scenario


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize(("path", "own"), OF_ROLES)
@pytest.mark.parametrize("role", [Role.INVESTOR_SUPPORT, Role.VACANCY_MANAGER, Role.PLANNER, None])
def test_only_who_sees_the_record_reads_its_history(
    client: httpx.Client, signed_in: SignedIn, path: str, own: Role, role: Role | None
) -> None:
    person = signed_in(role) if role else client
    status = 200 if role is own else 403 if role else 401
    answer = person.get(f"{path}/verlauf", headers=GERMAN)
    assert answer.status_code == status
    assert ("erika" in answer.text) == (status == 200)


@pytest.mark.usefixtures("sample")
def test_no_such_record(signed_in: SignedIn) -> None:
    assert signed_in(Role.PLANNER).get("/leerstand/NIE/verlauf", headers=GERMAN).status_code == 404


def test_every_column_has_a_name_or_a_reason() -> None:
    """A new column is either told by name or stands here."""
    untold = {
        "id", "recorded_at", "geom_3857", "parcel_id", "premises_id", "site_id", "district_id",
        "quarter_id", "gemarkung_key", "municipality_key", "facts", "plan_id",
        "round_id", "winner_id", "scenario_id", "actor", "decided_at", "confirmed_at", "changed_at",
    }  # fmt: skip
    for table in TABLES:
        assert {column.name for column in metadata.tables[table].columns} <= set(COLUMNS) | untold, table
