"""A form that is saved as it was opened changes nothing, whatever the record holds."""

import httpx
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geo_service.db import Database
from geo_service.imports.outlines import in_one_order
from geo_service.ogc.editing import RULES
from tests.http_fixtures import SignedIn
from tests.ogc.test_forms import filled
from tests.sample_city import Sample

FREE = "UPDATE vacancies SET previous_use = 'Imbiss; \"Süd\"', note = E'erste\nzweite Zeile'"
LISTS = "UPDATE sites SET target_groups = ARRAY['Handel', '<b>'], summary_de = E'Eins\n\nZwei'"
EXACT = "UPDATE restrictions SET geom = ST_Translate(geom, 0.123456789, 0.1)"
OUTLINES = ("restrictions", "land_use_areas", "sites")


@pytest.fixture(autouse=True)
def unusual(database: Database, sample: Sample) -> None:  # noqa: ARG001 - its rows
    """Records as imports may leave them: words beside the vocabulary, line ends, outlines of any decimals."""
    with database.begin(actor="test") as connection:
        for statement in (FREE, LISTS, EXACT):
            connection.execute(text(statement))
        for table in OUTLINES:
            rows = connection.execute(text(f"SELECT id, ST_AsBinary(geom) AS geom FROM {table}")).all()
            for row in rows:
                outline = in_one_order(np.array([shapely.from_wkb(row.geom)], dtype=object))[0]
                wkt = shapely.to_wkt(outline, rounding_precision=-1) if outline is not None else None
                connection.execute(
                    text(f"UPDATE {table} SET geom = ST_GeomFromText(:wkt, 25832) WHERE id = :id"),
                    {"wkt": wkt, "id": row.id},
                )


def told(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT max(id) FROM audit")).scalar_one())


def as_sent(page: str) -> dict[str, object]:
    """Return what a browser sends: lines end with CR LF (HTML, form submission)."""
    sent: dict[str, object] = {}
    for name, value in filled(page).items():
        sent[name] = value.replace("\n", "\r\n") if isinstance(value, str) else value
    return {**sent, "action": "save"}


def forms_of(client: httpx.Client, collection: str) -> list[str]:
    address = f"/ogc/collections/{collection}/items"
    days = {"vacancies": {"datetime": "../.."}}.get(collection, {})
    found = client.get(address, params={"limit": 1000, "f": "json", **days}).json()["features"]
    return [f"{address}/{each['id']}/edit" for each in found]


@pytest.mark.parametrize("collection", RULES)
def test_saving_what_was_opened_changes_nothing(
    signed_in: SignedIn, database: Database, collection: str
) -> None:
    admin = signed_in("admin")
    addresses = forms_of(admin, collection)
    assert addresses, "no record to try"
    for address in addresses:
        before = told(database)
        page = admin.get(address, params={"lang": "de"})
        assert page.status_code == 200, address
        answer = admin.post(address, data=as_sent(page.text))
        assert answer.status_code == 303, (address, answer.text[:200])
        with database.read() as connection:
            changed = connection.execute(
                text("SELECT table_name, before, after FROM audit WHERE id > :before"), {"before": before}
            ).all()
        assert changed == [], address
