"""What a reader sees as available land is one figure: drawn by hand, and the same wherever it is told."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest
from psycopg.types.range import Range
from sqlalchemy import Connection, insert
from starlette.testclient import TestClient
from typer.testing import CliRunner

from geo_service.app import create_app
from geo_service.auth import passwords
from geo_service.auth.models import Role, User
from geo_service.availability.commands import availability_app
from geo_service.availability.service import today
from geo_service.db import Database
from geo_service.settings import Settings, get_settings
from tests.availability.city import multi, objects, parcel_rows, write
from tests.availability.drawing import box

GERMAN = {"accept": "text/html", "accept-language": "de"}
UNBUILT, OPEN, STREET = "Wohnbaufläche / Unbebaut;200000", "Wohnbaufläche / Offen;200000", "Straßenverkehr;1"
WEST = (0, 1000, 2000, 3000, 4000)
"""Each parcel is 400 x 500 m: 20 ha."""
EXPECTED = {
    "now": (1, 195_000.0, 194_000.0),
    "mid": (1, 200_000.0, 200_000.0),
    "in_use": (1, 200_000.0, 200_000.0),
    "unknown": (1, 200_000.0, 200_000.0),
}
"""By hand: parcels, net, offered (without slivers), m2. A road of 10 m takes 0.5 ha of the first and leaves a
strip of 2 m beside it: 0.1 ha of slivers. Of the third a strip of 2 m is left: nothing to offer."""


def draw(connection: Connection) -> None:
    """Draw the parcels and what lies on them."""
    shapes = [box(x, 0, x + 400, 500) for x in WEST]
    keys = [f"0591240010000{number}0001__" for number in range(1, 6)]
    uses = [UNBUILT, UNBUILT, UNBUILT, OPEN, UNBUILT]
    ids = [1, 2, 3, 4, 5]
    write(connection, "parcels", parcel_rows(shapes, keys, id=ids, actual_use=uses))
    lying = pd.DataFrame(
        {
            "kind": ["road_widening", "contamination", "water"],
            "effect": ["excludes", "delays", "excludes"],
            "valid": objects([Range(), Range(date(2020, 1, 1), today() + timedelta(days=3 * 365)), Range()]),
            "geom": multi([box(2, 0, 12, 500), box(1000, 0, 1400, 500), box(2000, 0, 2398, 500)]),
        }
    ).assign(restriction_key=["a", "b", "c"], title="Drawn", severity="light", source="drawn")
    write(connection, "restrictions", lying)
    sold = pd.DataFrame({"parcel_id": [5], "kind": "sold", "source": "drawn", "during": objects([Range()])})
    write(connection, "occupancies", sold)


@pytest.fixture
def told(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[dict[str, object], httpx.Client]]:
    """What the command told, and a planner who reads the pages."""
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    settings = Settings(database_url=fresh_database_url, home=tmp_path, refresh=False)
    database = Database(settings)
    with database.begin(actor="test") as connection:
        draw(connection)
        person = {"name": "ada", "password_hash": passwords.hashed("secret words", "ada")}
        connection.execute(insert(User), [{**person, "roles": [Role.PLANNER.value]}])
    run = CliRunner().invoke(availability_app, ["--json"])
    assert run.exit_code == 0, run.output
    with TestClient(create_app(settings)) as client:
        answer = client.post("/sign-in", data={"name": "ada", "password": "secret words"})
        assert answer.status_code == 200, answer.text
        yield json.loads(run.stdout), client
    database.engine.dispose()
    get_settings.cache_clear()


def of_rows(rows: list[dict[str, object]], by: str) -> dict[str, tuple[object, ...]]:
    """Return parcels, net and offered by a word, of the groups that have any."""
    return {
        str(row[by]): (row["parcels"], row["net_m2"], row["offered_m2"]) for row in rows if row["parcels"]
    }


def words_of(page: httpx.Response) -> str:
    """Return the words of a page, with plain spaces."""
    assert page.status_code == 200, page.text
    text = re.sub(r"<[^>]+>", " ", page.text)
    return " ".join(text.replace("\u202f", " ").split())


ON_OFFER = {word: EXPECTED[word] for word in ("now", "mid")}
APART = {word: EXPECTED[word] for word in ("in_use", "unknown")}


def test_json_tells_one_figure(told: tuple[dict[str, object], httpx.Client]) -> None:
    command, client = told
    assert of_rows(command["horizons"], "horizon") == ON_OFFER  # type: ignore[arg-type]  # of JSON
    assert of_rows(command["apart"], "category") == APART  # type: ignore[arg-type]  # of JSON
    assert (command["offered_parcels"], command["offered_net_m2"]) == (2, 395_000)
    assert (command["offered_m2"], command["without_land"]) == (394_000, 1)

    summary = client.get("/api/availability/summary").json()
    assert of_rows(summary["by_horizon"], "key") == ON_OFFER
    by_category = of_rows(summary["by_category"], "key")
    assert {word: by_category[word] for word in APART} == APART
    assert (summary["net_m2"], summary["offered_m2"]) == (395_000, 394_000)
    assert (summary["without_land"], summary["apart"]) == (1, 2)

    features = client.get("/ogc/collections/availability/items").json()["features"]
    rows = pd.DataFrame([feature["properties"] for feature in features])
    rows = rows[rows["internal_offered"] & (rows["offered_m2"] > 0)]
    found = {
        str(word): (len(those), those["net_m2"].sum(), those["offered_m2"].sum())
        for word, those in rows.groupby("horizon")
    }
    assert found == ON_OFFER

    balance = client.get("/api/availability/balance", params={"from": "2026-01-01"}).json()
    closing = {
        cell["cell"]["horizon"]: tuple(cell[name]["closing"] for name in ("parcels", "net_m2", "offered_m2"))
        for cell in balance["cells"]
    }
    assert closing == ON_OFFER
    table = client.get("/api/availability/balance.csv", params={"from": "2026-01-01"}).text
    assert f"{today()},mid,closing,1,200000.0000,200000.0000,0.0000" in table
    imagined = client.get("/api/availability/what-if", params={"without": "kind:contamination"}).json()
    assert of_rows(imagined["before"]["by_horizon"], "horizon") == ON_OFFER
    after = of_rows(imagined["after"]["by_horizon"], "horizon")
    assert after == {"now": (2, 395_000, 394_000)}
    road = client.get("/api/availability/what-if", params={"without": "restriction:1"}).json()
    assert (road["gain_m2"], road["offered_gain_m2"]) == (5_000, 6_000)  # the strip is wide again

    form = {"kinds": ["parcel"], "area_min_m2": 1, "limit": 10}
    ranked = client.post("/api/inquiries/rank", json=form).json()
    assert {round(item["area_m2"]) for item in ranked["fitting"]} == {194_000, 200_000}
    assert ranked["considered"] == 2


def test_pages_tell_one_figure(told: tuple[dict[str, object], httpx.Client]) -> None:
    _, client = told
    start = words_of(client.get("/", headers=GERMAN))
    assert "sofort 19,4 ha 1 Fläche" in start
    assert "mittelfristig 20,0 ha 1 Fläche" in start
    assert "in Nutzung 20,0 ha 1 Fläche" in start
    assert "nicht bekannt 20,0 ha 1 Fläche" in start
    for horizon, area in (("now", "19,4 ha"), ("mid", "20,0 ha")):
        listed = words_of(client.get(f"/flaechen?horizon={horizon}", headers=GERMAN))
        assert f"1 Fläche , {area} im Angebot" in listed
    everything = words_of(client.get("/flaechen?horizon=now&horizon=mid", headers=GERMAN))
    assert "2 Flächen , 39,4 ha im Angebot, davon 19,4 ha sofort (netto mit Splittern 39,5 ha)" in everything
    assert "194.000 m² netto 195.000" in everything
    overview = words_of(client.get("/maps/overview", headers=GERMAN))
    assert "sofort 19,4 20,0 1" in overview
    assert "mittelfristig 20,0 20,0 1" in overview
    assert "mit bekanntem Zeitpunkt, 39,4 ha im Angebot" in overview
    balance = words_of(client.get("/berichte/flaechenbilanz?from=2026-01-01", headers=GERMAN))
    assert "aus 39,4 ha im Angebot wurden 39,4 ha" in balance
    imagined = words_of(client.get("/was-waere-wenn?without=kind:contamination", headers=GERMAN))
    assert "sofort verfügbar: +200.000 m²." in imagined
    portable = words_of(client.get("/maps/overview.html", headers=GERMAN))
    assert "194.000 m² ohne Splitter (netto 195.000 m²) von 200.000 m²" in portable
