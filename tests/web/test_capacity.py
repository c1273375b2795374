"""The page of a parcel: what may be built, what stands there, what is left, what is estimated."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from geo_service.db import Database
from tests.sample_land import PUBLIC_KEYS
from tests.sample_rows import TODAY

BUILT, UNPLANNED = f"/flaechen/{PUBLIC_KEYS[1]}", f"/flaechen/{PUBLIC_KEYS[2]}"
"""100 x 50 m in a GE area (GRZ 0.8, GFZ 2.4; in procedure) with a hall of 800 m2 and 3 storeys; no plan."""


def words(client: httpx.Client, path: str, language: str) -> str:
    """The text of a page, blanks and tags made one."""
    page = client.get(path, headers={"accept-language": language}).text
    return re.sub(r"[\s\u202f]+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "de",
            [
                "überbauter Boden (GRZ) 4.000 m² im Plan festgesetzt 800 m² 3.200 m² Nachverdichtung",
                "12.000 m² im Plan festgesetzt 2.400 m² 9.600 m² davon Aufstockung: unbekannt",
                "Nicht jeder dieser Pläne ist in Kraft",
                "5.000 m² × GFZ 2,40 = 12.000 m² Geschossfläche",
                "Ende unbekannt Geschätzt: Bei diesem Rechtsstand kommt ein Plan üblicherweise",
                "zwischen Mai 2027 und Mai 2028 in Kraft.",
            ],
        ),
        (
            "en",
            [
                "(site coverage) 4,000 m² stated by the plan 800 m² 3,200 m² densification",
                "12,000 m² stated by the plan 2,400 m² 9,600 m² of it by stacking: unknown",
                "a plan usually comes into force between May 2027 and May 2028.",
            ],
        ),
    ],
)
def test_figures_of_a_built_parcel(client: httpx.Client, language: str, sentences: list[str]) -> None:
    shown = words(client, BUILT, language)
    for sentence in sentences:
        assert sentence in shown
    assert "Bestandsschutz" not in shown
    assert "Gebäude dieser Gemarkung" not in shown


def test_a_parcel_without_a_plan_has_no_invented_figure(client: httpx.Client) -> None:
    shown = words(client, UNPLANNED, "de")
    assert "Kein Baugebiet eines Bebauungsplans im Register" in shown
    assert "Gebäude dieser Gemarkung sind nicht erfasst" in shown
    assert "0 m²" not in shown.split("Wie viel passt darauf?")[1].split("Leerstände in der Nähe")[0]


def test_the_interface_tells_the_same(client: httpx.Client) -> None:
    answer = client.get(f"/api/parcels/{PUBLIC_KEYS[1]}/availability").json()
    capacity = answer["capacity"]
    assert (capacity["allowed_floor_m2"], capacity["built_floor_m2"], capacity["left_floor_m2"]) == (
        12_000.0, 2_400.0, 9_600.0,
    )  # fmt: skip
    assert capacity["plan_in_force"] is False
    assert [part["plan_key"] for part in capacity["parts"]] == ["Hu 148"]
    (plan,) = [link for link in answer["chain"] if link["what"] == "plan"]
    assert plan["free_from"] is None
    assert plan["usual_from"] < plan["usual_to"]
    assert answer["horizon"] == "undetermined"
    assert "Choice of this service" in answer["plan_span_source"]


WRITE = "UPDATE capacities SET allowed_floor_m2 = {} WHERE parcel_id = {}"
HERE = "CAST(now() AT TIME ZONE 'Europe/Berlin' AS date)"
OF_BUILT = f"(SELECT id FROM parcels WHERE parcel_key = '{PUBLIC_KEYS[1]}')"


def test_what_is_stored_for_today_is_shown_unless_it_is_stale(
    client: httpx.Client, database: Database
) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text(WRITE.format(12_345, OF_BUILT)))
        connection.execute(text(f"UPDATE availability SET as_of = {HERE} WHERE parcel_id = {OF_BUILT}"))
    assert "12.345 m²" in words(client, BUILT, "de")
    later = (TODAY + timedelta(days=2)).isoformat()
    assert "12.000 m²" in words(client, f"{BUILT}?as_of={later}", "de")
    with database.begin(actor="test") as connection:
        connection.execute(
            text(f"INSERT INTO availability_marks (cause, parcel_id) VALUES ('plan_areas', {OF_BUILT})")
        )
    assert "12.000 m²" in words(client, BUILT, "de")
