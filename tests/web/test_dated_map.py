"""The availability map as of any day: figures, colours and words are those of the interface for that day."""

import math
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.web.dated import FLOODED, FREE, GERMAN, NEW, POLLUTED, RETIRED, SOLD, on, sample, words_of

__all__ = ["sample"]
WHOLE = "7.0,51.2,7.9,51.8"
DAYS = (-200, 0, 250, 301, 550, 700)
HALF_M = 20_037_508.342789244
"""Half of the width of Web Mercator."""


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def figures(client: httpx.Client, day: date, language: str = "de") -> dict[str, Any]:
    answer = client.get(f"/maps/land/{day}", params={"lang": language})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def centres(database: Database) -> dict[str, tuple[float, float]]:
    """Return the middle of each parcel in Web Mercator, by key."""
    middle = "SELECT parcel_key, ST_X(at) AS x, ST_Y(at) AS y FROM parcels, ST_Centroid(geom_3857) AS at"
    with database.engine.connect() as connection:
        return {row.parcel_key: (row.x, row.y) for row in connection.execute(text(middle))}


def colours(
    client: httpx.Client, found: dict[str, Any], at: dict[str, tuple[float, float]], zoom: int, folder: Path
) -> dict[str, str]:
    """Return what each parcel is shown as on the tile of its middle: its horizon, or its category."""
    shown = {}
    for key, (x, y) in at.items():
        width = 2 * HALF_M / 2**zoom
        column, row = math.floor((x + HALF_M) / width), math.floor((HALF_M - y) / width)
        answer = client.get(found["tiles"].format(z=zoom, x=column, y=row))
        assert answer.status_code == 200, answer.text
        if not answer.content:
            continue
        file = folder / f"{zoom}" / f"{column}" / f"{row}.pbf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.content)
        frame = pyogrio.read_dataframe(file, use_arrow=False)
        for each in frame[shapely.contains_xy(frame.geometry.make_valid(), x, y)].to_dict("records"):
            if each.get("net_m2", 1):
                shown[key] = each["horizon"] if each["offered"] else each["category"]
                assert each.get("parcel_key", key) == key
    return shown


@pytest.mark.parametrize("days", DAYS)
def test_figures_are_those_of_the_interface(planner: httpx.Client, client: httpx.Client, days: int) -> None:
    for caller in (planner, client):
        answer = caller.get("/api/availability/summary", params={"as_of": str(on(days))}).json()
        shown = figures(caller, on(days), "en")["totals"]
        for each in answer["by_horizon"]:
            assert shown[each["key"]]["parcels"] == f"{each['parcels']:,}"
            assert shown[each["key"]]["offered"] == f"{each['offered_m2'] / 10_000:.1f}"
        assert int(shown["in_use"]["parcels"]) + int(shown["unknown"]["parcels"]) == answer["apart"]


def test_figures_are_those_drawn_by_hand(planner: httpx.Client) -> None:
    shown = figures(planner, on(550))
    assert shown["label"] == f"{on(550):%d.%m.%Y}"
    assert shown["parcels"] == 5
    assert shown["totals"]["now"] == {"parcels": "3", "offered": "55,0", "gross": "60,0"}
    assert shown["totals"]["short"] == {"parcels": "1", "offered": "20,0", "gross": "20,0"}
    assert shown["totals"]["in_use"] == {"parcels": "1", "offered": "20,0", "gross": "20,0"}
    assert figures(planner, on(-200))["totals"]["mid"]["parcels"] == "1"


@pytest.mark.parametrize("zoom", [11, 13, 14, 16])
@pytest.mark.parametrize("days", DAYS)
def test_colours_are_those_of_the_interface(
    planner: httpx.Client, client: httpx.Client, database: Database, tmp_path: Path, days: int, zoom: int
) -> None:
    at = centres(database)
    for caller, name in ((planner, "agency"), (client, "public")):
        wanted = {}
        for key in at:
            answer = caller.get(f"/api/parcels/{key}/availability", params={"as_of": str(on(days))})
            if answer.status_code == 200:
                told = answer.json()
                wanted[key] = told["horizon"] if told["offered"] else told["category"]["answer"]
        found = figures(caller, on(days))
        assert colours(caller, found, at, zoom, tmp_path / name) == wanted


def test_colours_follow_the_day(planner: httpx.Client, database: Database, tmp_path: Path) -> None:
    at = centres(database)
    early = colours(planner, figures(planner, on(-200)), at, 14, tmp_path / "early")
    late = colours(planner, figures(planner, on(700)), at, 14, tmp_path / "late")
    assert early == {FREE: "now", POLLUTED: "mid", SOLD: "now", FLOODED: "now", RETIRED: "now"}
    assert late == {FREE: "now", POLLUTED: "now", SOLD: "in_use", FLOODED: "now", NEW: "now"}


@pytest.mark.parametrize("zoom", [11, 14])
@pytest.mark.parametrize("less", [1, 30])
def test_a_tile_that_would_be_too_large_keeps_the_largest_and_counts_the_rest(
    planner: httpx.Client,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    zoom: int,
    less: int,
) -> None:
    """All are of the same size here: then the first ones of the register stay."""
    found, at = figures(planner, on(250)), centres(database)
    width = 2 * HALF_M / 2**zoom
    places = {key: (int((x + HALF_M) / width), int((HALF_M - y) / width)) for key, (x, y) in at.items()}
    (column, row), number = Counter(places[key] for key in (FREE, POLLUTED, SOLD, FLOODED)).most_common(1)[0]
    on_tile = {key: at[key] for key in sorted(at) if places[key] == (column, row)}
    whole = planner.get(found["tiles"].format(z=zoom, x=column, y=row))
    shown = colours(planner, found, on_tile, zoom, tmp_path / "whole")
    assert "x-features-left-out" not in whole.headers
    assert len(shown) == number > 1
    most = len(whole.content) - less
    monkeypatch.setattr("geo_service.web.pages.dated_map.MAX_BYTES", most)
    cut = planner.get(found["tiles"].format(z=zoom, x=column, y=row))
    assert 0 < len(cut.content) <= most
    kept = list(colours(planner, found, on_tile, zoom, tmp_path / "cut"))
    assert 0 < len(kept) < len(shown)
    assert kept == list(shown)[: len(kept)]
    assert int(cut.headers["x-features-left-out"]) >= len(shown) - len(kept)


def test_unpublished_parcels_are_not_on_the_tiles_of_the_public(
    client: httpx.Client, planner: httpx.Client, database: Database, tmp_path: Path
) -> None:
    at = {FREE: centres(database)[FREE]}
    objection = "UPDATE parcels SET publication_objection = :objects WHERE parcel_key = :key"
    with database.begin(actor="test") as connection:
        connection.execute(text(objection), {"objects": True, "key": FREE})
    try:
        assert colours(client, figures(client, on(10)), at, 14, tmp_path / "public") == {}
        assert FREE in colours(planner, figures(planner, on(10)), at, 14, tmp_path / "agency")
        of_agency = figures(planner, on(10))["tiles"]
        assert colours(client, {"tiles": of_agency}, at, 14, tmp_path / "tried") == {}
        assert client.get("/maps/record", params={"kind": "parcel", "key": FREE}).status_code == 404
    finally:
        with database.begin(actor="test") as connection:
            connection.execute(text(objection), {"objects": False, "key": FREE})


def test_a_place_is_told_as_of_the_day(planner: httpx.Client) -> None:
    asked = {"kind": "parcel", "key": POLLUTED, "as_of": str(on(250))}
    (item,) = planner.get("/maps/record", params=asked).json()["items"]
    lines = dict(item["lines"])
    assert lines["Ab wann"] == f"{on(600):%d.%m.%Y}"
    assert lines["Berechnet für"] == f"{on(250):%d.%m.%Y}"
    assert item["href"] == f"/flaechen/{POLLUTED}?as_of={on(250)}"
    gone = planner.get("/maps/record", params={**asked, "key": RETIRED, "as_of": str(on(-200))}).json()
    assert gone["items"][0]["key"] == RETIRED
    assert planner.get("/maps/record", params={**asked, "key": RETIRED}).status_code == 404
    place = {"lon": gone["longitude"], "lat": gone["latitude"], "layers": "horizon", "as_of": str(on(-200))}
    assert planner.get("/maps/identify", params=place).json()["items"] == gone["items"]


def test_the_public_is_not_told_that_land_will_be_sold(client: httpx.Client) -> None:
    asked = {"kind": "parcel", "key": SOLD, "as_of": str(on(301))}
    (item,) = client.get("/maps/record", params=asked).json()["items"]
    assert item["badge"] == ["badge--horizon-undetermined", "Zeitpunkt unbekannt"]
    assert "verkauft" not in str(item).lower()


def test_the_table_is_that_of_the_day(planner: httpx.Client) -> None:
    page = planner.get("/maps/records", params={"bbox": WHOLE, "as_of": str(on(250))}, headers=GERMAN)
    words = words_of(page)
    assert "4 Flächen mit bekanntem Zeitpunkt, 75,0 ha im Angebot; 0 ohne" in words
    assert f"ab {on(600):%d.%m.%Y}" in words
    assert f'href="/flaechen/{POLLUTED}?as_of={on(250)}"' in page.text
    nowhere = planner.get("/maps/records", params={"bbox": "0,0,1,1", "as_of": str(on(250))}, headers=GERMAN)
    assert "In diesem Ausschnitt ist nichts zu haben." in nowhere.text


@pytest.mark.parametrize("days", DAYS)
def test_a_drawn_area_is_asked_as_of_the_day(planner: httpx.Client, days: int) -> None:
    asked = {"within": "7.45,51.5,49000", "as_of": str(on(days)), "lang": "en"}
    land, shops = planner.get("/maps/drawn", params=asked).json()["items"]
    assert f"as_of={on(days)}" in land["href"]
    assert "as_of" not in shops["href"]
    (_, number), (_, area), (now, _), *_ = land["lines"]
    page = " ".join(planner.get(land["href"]).text.split())
    assert int(number) > 0
    assert f"<strong>{number} parcels</strong>, {' '.join(area.split())} on offer" in page
    assert now.startswith("of it at once on ")


def test_the_slider_offers_the_stored_day_and_those_after_it(client: httpx.Client) -> None:
    page = client.get("/maps/overview", headers=GERMAN).text
    assert f'data-stored="{on(0)}"' in page
    assert f"[&#34;{on(0)}&#34;, &#34;{on(0):%d.%m.%Y}&#34;]" in page
    assert f"[&#34;{on(0).year + 2}-07-01&#34;, &#34;01.07.{on(0).year + 2}&#34;]" in page


@pytest.mark.parametrize("day", ["heute", "2028-02-30", "1899-12-31", "01.04.2028"])
def test_what_is_no_day_is_refused(client: httpx.Client, day: str) -> None:
    for answer in (
        client.get(f"/maps/land/{day}"),
        client.get("/maps/records", params={"bbox": WHOLE, "as_of": day}),
        client.get("/maps/record", params={"kind": "parcel", "key": FREE, "as_of": day}),
    ):
        assert answer.status_code in {400, 422}


@pytest.mark.parametrize("place", ["25/0/0", "2/4/0", "2/0/4"])
def test_a_tile_that_there_is_not(client: httpx.Client, place: str) -> None:
    assert client.get(f"/maps/land/2028-01-01/0123456789ab/{place}").status_code == 404
