"""The history of a record: complete, in words, for the agency only, no field that a role may not see."""

import re
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.schema import metadata
from geo_service.web.column_names import COLUMNS, TABLES
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

GERMAN = {"accept": "text/html", "accept-language": "de"}
PREMISES = "/leerstand/L-0/verlauf"
FIRST = "(SELECT min(id) FROM {})"

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
    assert "Created: Milestone" in told


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


@pytest.mark.usefixtures("sample")
def test_no_such_record(signed_in: SignedIn) -> None:
    assert signed_in(Role.PLANNER).get("/leerstand/NIE/verlauf", headers=GERMAN).status_code == 404


def test_every_column_has_a_name_or_a_reason() -> None:
    """A new column is either told by name or stands here."""
    untold = {
        "id", "recorded_at", "geom_3857", "parcel_id", "premises_id", "site_id", "district_id",
        "quarter_id", "gemarkung_key", "municipality_key", "facts", "plan_id",
    }  # fmt: skip
    for table in TABLES:
        assert {column.name for column in metadata.tables[table].columns} <= set(COLUMNS) | untold, table
