"""``geo availability --without``, ``assemblies`` and ``balance`` as a person and a script use them."""

import csv
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from geo_service.availability.commands import availability_app
from geo_service.db import Database
from geo_service.settings import Settings, get_settings
from tests.availability.city import fill_city


@pytest.fixture
def database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    database = Database(Settings(database_url=fresh_database_url))
    with database.begin(actor="test") as connection:
        fill_city(connection)
        connection.execute(text("UPDATE parcels SET actual_use = 'Wohnbaufläche / Unbebaut;500'"))
    yield database
    database.engine.dispose()
    get_settings.cache_clear()


def run(*arguments: str, columns: int = 250) -> Result:
    return CliRunner().invoke(availability_app, [*arguments], env={"COLUMNS": str(columns)})


def test_all_of_them_print_and_write_nothing(database: Database) -> None:
    day = ("--as-of", "01.06.2026")
    table = run(*day, "--without", "kind:contamination")
    assert (table.exit_code, "Nothing was written." in table.stdout) == (0, True)
    answer = json.loads(run(*day, "--without", "kind:contamination", "--json").stdout)
    row = next(line for line in table.stdout.splitlines() if " now " in line)
    assert f"{answer['after']['by_horizon'][0]['parcels']:,}" in row
    assert answer["changed"] > 0
    assert sum(each["net_m2"] for each in answer["difference"]) == pytest.approx(answer["gain_m2"], abs=1e-6)

    together = run("assemblies", *day, "--at-least", "3000", "--horizon", "now", "--limit", "2")
    assert (together.exit_code, "came into question" in together.stdout) == (0, True)
    options = ("--at-least", "3000", "--horizon", "now", "--limit", "2", "--json")
    places = json.loads(run("assemblies", *day, *options).stdout)["assemblies"]
    assert len(places) == 2
    for place in places:
        assert place["net_m2"] == pytest.approx(
            sum(parcel["net_m2"] for parcel in place["parcels"]), abs=1e-3
        )
        assert place["net_m2"] >= 3_000
        assert {parcel["horizon"] for parcel in place["parcels"]} == {"now"}
        assert all(parcel["parcel_key"] in together.stdout for parcel in place["parcels"])

    days = ("--from", "2026-06-01", "--to", "2028-06-01")
    shown = run("balance", *days)
    assert (shown.exit_code, "closing" in shown.stdout) == (0, True)
    balance = json.loads(run("balance", *days, "--json").stdout)
    rows = list(csv.DictReader(run("balance", *days, "--by", "horizon", "--csv").stdout.splitlines()))
    closing = sum(float(row["net_m2"]) for row in rows if row["stage"] == "closing")
    assert closing == pytest.approx(balance["total"]["net_m2"]["closing"], abs=1e-3)
    assert f"{closing:,.0f}" in shown.stdout
    narrow = run("balance", *days, "--by", "horizon", "--by", "severity", columns=60).stdout
    assert "closi" in narrow
    assert "…" not in narrow.partition("Opening plus")[0]  # folded, never cut off
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM availability")).scalar_one() == 0

    for arguments, told in (
        (("--without", "restriction:999999"), "No restriction 999999 holds here"),
        (("--without", "kind:colour"), "There is no kind 'colour'"),
        (("--scope", "site:nowhere", "--without", "kind:sold"), "There is no site 'nowhere'"),
        (("--scope", "site:nowhere"), "Say what is imagined"),
        (("--without", "kind:sold", "--as-of", "tomorrow"), "'tomorrow' is no day"),
        (("--without", "kind:sold", "--short-years", "9"), "short_years=9 is too long"),
        (("assemblies", "--at-least", "-5"), "at_least_m2: Input should be greater than 0"),
        (("assemblies", "--at-least", "5", "--horizon", "soon"), "horizon: Input should be 'now'"),
        (("balance", "--by", "colour"), "'colour' is none of district"),
        (("balance", "--from", "2027-01-01", "--to", "2026-01-01"), "is not before"),
    ):
        refused = run(*arguments)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert told in " ".join(refused.stderr.split()), arguments
