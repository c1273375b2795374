"""Collections and features: complete pages, exact coordinates, boxes, days, keys, what is not public."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from psycopg.types.range import Range
from pyproj import Transformer
from sqlalchemy import delete, update

from geo_service.auth import ANYBODY
from geo_service.auth.fields import visible_fields
from geo_service.db import Database
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.crs import CRS84, STORAGE
from geo_service.schema import TransitFeed, TransitRun
from tests.http_fixtures import SignedIn
from tests.imports.files import bring
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, ENDED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import TODAY, Rows

TO_METRES = Transformer.from_crs(4326, 25832, always_xy=True)
FIRST = "bbox=394000,5707000,394100,5707050&bbox-crs=EPSG:25832"


def items(client: httpx.Client, collection: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/ogc/collections/{collection}/items?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    found: dict[str, Any] = answer.json()
    assert found["numberReturned"] == len(found["features"])
    return found


def keys(found: dict[str, Any]) -> list[Any]:
    return [feature["id"] for feature in found["features"]]


def linked(document: dict[str, Any], rel: str) -> str | None:
    return next((link["href"] for link in document["links"] if link["rel"] == rel), None)


PUBLIC_COUNTS = {
    "parcels": 4, "availability": 4, "transit": 4, "restrictions": 1, "development_plans": 1, "buildings": 1,
    "land_use_areas": 1,
    "sites": 2, "plots": 1, "premises": 3, "vacancies": 1, "stops": 1, "districts": 2, "quarters": 1,
}  # fmt: skip
STAFF_COUNTS = {
    **PUBLIC_COUNTS,
    "parcels": 6,
    "availability": 6,
    "transit": 6,
    "restrictions": 2,
    "vacancies": 2,
}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_public_sees_what_is_public(client: httpx.Client, collection: str) -> None:
    found = items(client, collection)
    assert len(found["features"]) == PUBLIC_COUNTS[collection]
    for feature in found["features"]:
        assert tuple(feature["properties"]) == visible_fields(collection, ANYBODY)
        assert feature["properties"]["is_demo"] is True


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_agency_sees_the_rest(signed_in: SignedIn, collection: str) -> None:
    assert len(items(signed_in("planner"), collection)["features"]) == STAFF_COUNTS[collection]


def test_fields_follow_the_role(signed_in: SignedIn) -> None:
    manager = items(signed_in("vacancy_manager"), "premises")["features"][0]["properties"]
    planner = items(signed_in("planner"), "premises")["features"][0]["properties"]
    assert manager["net_rent_eur_month"] == 7741.13
    assert "net_rent_eur_month" not in planner
    assert items(signed_in("planner"), "parcels")["features"][0]["properties"]["owner_kind"] == "municipal"


def test_a_feature_in_full(client: httpx.Client) -> None:
    feature = items(client, "parcels", "limit=1")["features"][0]
    assert feature["type"] == "Feature"
    assert feature["id"] == PUBLIC_KEYS[0]
    assert feature["properties"] == {
        "parcel_key": PUBLIC_KEYS[0], "gemarkung_key": "051249", "gemarkung": "Bodelschwingh", "flur": 3,
        "numerator": 123, "denominator": 4, "municipality_key": "05913000", "municipality": "Dortmund",
        "district": "Innenstadt-West", "location_text": "Speicherstraße 12",
        "actual_use": "Industrie- und Gewerbefläche / Gewerbe, unbebaut",
        "official_area_m2": 5010, "area_m2": 5000,
        "land_value_eur_per_m2": None, "valid_from": None, "valid_to": None, "free_from": None,
        "source": "Testdaten", "source_date": None, "is_demo": True,
    }  # fmt: skip


def test_coordinates_are_those_of_the_database_to_a_centimetre(client: httpx.Client) -> None:
    shape = shapely.from_geojson(json.dumps(items(client, "parcels", "limit=1")["features"][0]["geometry"]))
    corners = shapely.get_coordinates(shape)
    x, y = TO_METRES.transform(corners[:, 0], corners[:, 1])
    assert sorted({(round(a, 1), round(b, 1)) for a, b in zip(x, y, strict=True)}) == [
        (394_000.0, 5_707_000.0), (394_000.0, 5_707_050.0), (394_100.0, 5_707_000.0), (394_100.0, 5_707_050.0)
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["items", f"items/{PUBLIC_KEYS[0]}"])
def test_coordinates_of_the_register(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/ogc/collections/parcels/{path}?crs={STORAGE.uri}")
    assert answer.headers["content-crs"] == f"<{STORAGE.uri}>"
    found = answer.json()
    feature = found["features"][0] if path == "items" else found
    corners = {tuple(corner) for corner in feature["geometry"]["coordinates"][0][0]}
    assert corners == {(394_000, 5_707_000), (394_000, 5_707_050), (394_100, 5_707_000), (394_100, 5_707_050)}


def test_unknown_place_is_null(client: httpx.Client) -> None:
    by_slug = {feature["id"]: feature for feature in items(client, "sites")["features"]}
    assert by_slug["cleanport"]["geometry"] is None
    assert by_slug["energiecampus"]["geometry"]["type"] == "MultiPolygon"


# --- pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_next_links_lead_through_everything_once(client: httpx.Client, limit: int) -> None:
    seen: list[Any] = []
    pages = 0
    address: str | None = f"http://testserver/ogc/collections/parcels/items?limit={limit}&datetime=../.."
    while address:
        page = client.get(address).json()
        assert len(page["features"]) <= limit
        seen += keys(page)
        pages += 1
        address = linked(page, "next")
    assert sorted(seen) == sorted([*PUBLIC_KEYS, ENDED_KEY])
    assert pages == -(-5 // limit)


def test_next_link_keeps_the_question(client: httpx.Client) -> None:
    page = items(client, "parcels", "limit=1&bbox=7.4,51.4,7.6,51.6&datetime=2026-01-01/..")
    following = linked(page, "next")
    assert following is not None
    assert "bbox=7.4%2C51.4%2C7.6%2C51.6" in following
    assert "datetime=2026-01-01%2F.." in following


def test_page_says_what_it_is(client: httpx.Client) -> None:
    answer = client.get("/ogc/collections/parcels/items?limit=2")
    assert answer.headers["content-crs"] == f"<{CRS84.uri}>"
    assert answer.headers["cache-control"] == "public, no-cache"
    assert "Authorization" in answer.headers["vary"]
    assert "Cookie" in answer.headers["vary"]
    found = answer.json()
    assert found["timeStamp"].endswith("Z")
    assert linked(found, "self") == "http://testserver/ogc/collections/parcels/items?limit=2"
    assert linked(found, "collection") == "http://testserver/ogc/collections/parcels"


def test_answers_of_the_agency_stay_out_of_shared_caches(signed_in: SignedIn) -> None:
    answer = signed_in("planner").get("/ogc/collections/parcels/items")
    assert answer.headers["cache-control"] == "private, no-cache"


# --- boxes and days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (FIRST, [PUBLIC_KEYS[0]]),
        ("bbox=394100,5707050,394150,5707100&bbox-crs=EPSG:25832", [PUBLIC_KEYS[0]]),
        ("bbox=394100.1,5707050.1,394150,5707100&bbox-crs=EPSG:25832", []),
        (f"bbox=394050,5707010,394250,5707020&bbox-crs={STORAGE.uri}", list(PUBLIC_KEYS[:2])),
        ("bbox=394050,5707025,394050,5707025&bbox-crs=EPSG:25832", [PUBLIC_KEYS[0]]),
        ("bbox=-180,-90,180,90", list(PUBLIC_KEYS)),
        ("bbox=100,-40,110,-30", []),
        ("bbox=7,51,6,52", list(PUBLIC_KEYS)),
    ],
)
def test_box_touches(client: httpx.Client, query: str, expected: list[str]) -> None:
    assert keys(items(client, "parcels", query)) == expected


def test_a_box_in_which_nothing_can_lie_asks_whether_its_axes_are_swapped(client: httpx.Client) -> None:
    assert "axes swapped" in items(client, "parcels", "bbox=51.4,7.4,51.6,7.6")["message"]
    assert "message" not in items(client, "parcels", "bbox=7.4,51.4,7.6,51.6")
    assert "message" not in items(client, "parcels", "bbox=51.4,7.4,51.6,7.6&bbox-crs=EPSG:4326")


def test_box_in_degrees_is_exact(client: httpx.Client) -> None:
    """A box of degrees is bent in EPSG:25832: its straight image would touch the next parcel."""
    west, south = Transformer.from_crs(25832, 4326, always_xy=True).transform(394_050, 5_707_025)
    assert keys(items(client, "parcels", f"bbox={west},{south},{west + 1e-7},{south + 1e-7}")) == [
        PUBLIC_KEYS[0]
    ]


def test_box_leaves_out_what_has_no_place(client: httpx.Client) -> None:
    assert keys(items(client, "sites", "bbox=-180,-90,180,90")) == ["energiecampus"]


@pytest.mark.parametrize(
    ("days", "ended"),
    [
        ("", False),
        (str(TODAY), False),
        (str(TODAY - timedelta(days=6)), True),
        (str(TODAY - timedelta(days=5)), False),
        (f"{TODAY - timedelta(days=10)}/{TODAY}", True),
        (f"{TODAY - timedelta(days=4)}/..", False),
        ("../..", True),
    ],
)
def test_ended_records_are_of_their_time(client: httpx.Client, days: str, ended: bool) -> None:
    found = items(client, "parcels", f"datetime={days}" if days else "")
    assert (ENDED_KEY in keys(found)) is ended


def test_vacancies_of_today_of_then_and_of_all_times(client: httpx.Client, sample: Sample) -> None:
    vacant, past = sample.ids["vacant"], sample.ids["past"]
    assert keys(items(client, "vacancies")) == [vacant]
    assert keys(items(client, "vacancies", "datetime=2020-06-01")) == [past]
    assert keys(items(client, "vacancies", "datetime=2021-01-01")) == []
    assert keys(items(client, "vacancies", "datetime=../..")) == [vacant, past]


def test_vacancy_lies_where_its_premises_lie(client: httpx.Client) -> None:
    vacancy = items(client, "vacancies")["features"][0]
    premises = client.get("/ogc/collections/premises/items/L-0").json()
    assert vacancy["geometry"] == premises["geometry"]
    assert vacancy["properties"]["since"] == str(TODAY - timedelta(days=200))
    assert vacancy["properties"]["asking_rent_eur_month"] == 900


def test_only_current_timetables_have_stops(client: httpx.Client) -> None:
    assert [stop["properties"]["name"] for stop in items(client, "stops")["features"]] == ["Hafen vrr"]


def test_transit_by_another_method(client: httpx.Client) -> None:
    assert items(client, "transit")["features"][0]["properties"]["stop"] == "Hafen vrr"
    key = items(client, "transit")["features"][0]["id"]
    for path in ("items", f"items/{key}", "export"):
        missing = client.get(f"/ogc/collections/transit/{path}?method=goat")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        assert "geo transit --method goat --window day" in missing.json()["detail"]
        for query, known in (("method=zzz", "are, goat"), ("window=zzz", "day, peak_morning")):
            unknown = client.get(f"/ogc/collections/transit/{path}?{query}")
            assert unknown.status_code == 400, path
            assert f"Known: {known}" in unknown.json()["detail"]
    assert client.get("/ogc/collections/parcels/items?method=are").status_code == 400


# --- one feature -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_feature_is_found_by_its_id(client: httpx.Client, collection: str) -> None:
    for feature in items(client, collection)["features"]:
        answer = client.get(f"/ogc/collections/{collection}/items/{feature['id']}")
        assert answer.status_code == 200
        found = answer.json()
        assert linked(found, "self") == str(answer.url)
        assert linked(found, "collection") == f"http://testserver/ogc/collections/{collection}"
        del found["links"]
        assert found == feature


@pytest.mark.parametrize(
    ("collection", "key"),
    [
        ("parcels", OBJECTED_KEY),
        ("parcels", ANNOUNCED_KEY),
        ("availability", OBJECTED_KEY),
        ("transit", ANNOUNCED_KEY),
        ("parcels", "nothing"),
        ("parcels", "%00"),
        ("parcels", "x" * 500),
        ("restrictions", "nothing"),
        ("restrictions", "-1"),
        ("restrictions", "99999999999999999999"),
        ("restrictions", "1.0"),
        ("restrictions", "²"),
        ("sites", "ENERGIECAMPUS"),
    ],
)
def test_what_is_not_there_or_not_public_is_not_found(
    client: httpx.Client, collection: str, key: str
) -> None:
    answer = client.get(f"/ogc/collections/{collection}/items/{key}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_hidden_rows_are_not_found_by_id(client: httpx.Client, signed_in: SignedIn, sample: Sample) -> None:
    for collection, label in (("restrictions", "unwilling"), ("vacancies", "threatened")):
        path = f"/ogc/collections/{collection}/items/{sample.ids[label]}"
        assert client.get(path).status_code == 404
        assert signed_in("planner").get(path).status_code == 200


def props(client: httpx.Client, collection: str, query: str) -> list[dict[str, Any]]:
    return [feature["properties"] for feature in items(client, collection, query)["features"]]


def test_names_that_others_build_on(client: httpx.Client) -> None:
    availability = props(client, "availability", "limit=1")[0]
    assert {"parcel_key", "as_of", "gross_m2", "net_m2", "severity", "horizon", "available_from"} <= set(
        availability
    )
    restriction = props(client, "restrictions", "limit=1")[0]
    assert {"kind", "effect", "severity", "valid_from", "valid_to"} <= set(restriction)


@pytest.mark.parametrize(
    ("collection", "span"),
    [
        ("restrictions", {"valid_from": "2020-01-01", "valid_to": "2028-12-31", "free_from": "2029-01-01"}),
        ("vacancies", {"since": "2020-01-01", "until": "2020-12-31", "free_from": "2021-01-01"}),
    ],
)
def test_what_is_handed_out_comes_back_unchanged(
    signed_in: SignedIn, database: Database, tmp_path: Path, collection: str, span: dict[str, str]
) -> None:
    found = items(signed_in("admin"), collection, f"datetime=2020-06-01&crs={STORAGE.uri}")
    assert span.items() <= found["features"][0]["properties"].items()
    path = tmp_path / "handed_out.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found["features"]}))
    report = bring(database, collection, path, crs="EPSG:25832", dry_run=True)
    assert (report.rows, report.rejected, report.new) == (len(found["features"]), 0, 0)
    assert set(report.changed_fields) <= {"geom"}  # the sample's corners are not in the order of imports


def test_usability_is_shown_beside_its_own_computation_only(
    client: httpx.Client, signed_in: SignedIn
) -> None:
    shown = {row["parcel_key"]: row for row in props(client, "availability", "")}
    assert (shown[PUBLIC_KEYS[0]]["category"], shown[PUBLIC_KEYS[0]]["piece_m2"]) == ("gap", 3_900)
    assert shown[PUBLIC_KEYS[1]]["ground"] == "brownfield"
    assert shown[PUBLIC_KEYS[0]]["offered"] is True
    assert not {"internal_category", "internal_offered"} & {*shown[PUBLIC_KEYS[0]]}
    seen = {row["parcel_key"]: row for row in props(signed_in("planner"), "availability", "")}
    assert seen[OBJECTED_KEY]["category"] is None  # of another computation
    assert seen[OBJECTED_KEY]["offered"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=gap", [0]),
        ("category=gap,brownfield", [0, 1]),
        ("ground=brownfield&min_offered_m2=1000", [1]),
        ("ground=brownfield&min_offered_m2=3951", []),
        ("max_frontage_m=0", [1]),
        ("min_circle_m=40&min_rectangle_width_m=39.9", [0]),
        ("category=null", []),
        ("category=null,gap", [0]),
        ("offered=true&category=vacant", [2, 3]),
        ("offered=false", []),
        ("horizon=short&min_available_from=2028-03-01&max_available_from=2028-03-01", [0, 1, 2, 3]),
        ("min_available_from=2028-03-02", []),
        ("available_from=2028-03-01,2029-01-01&is_demo=true", [0, 1, 2, 3]),
        ("is_demo=false", []),
        ("min_left_floor_m2=9000&built=true&allowed_floor_basis=stated", [1]),
        ("min_left_floor_m2=9601", []),
        ("allowed_floor_basis=null", [0, 2, 3]),
    ],
)
def test_every_field_can_be_filtered_by(client: httpx.Client, query: str, found: list[int]) -> None:
    rows = props(client, "availability", query)
    assert sorted(row["parcel_key"] for row in rows) == sorted(PUBLIC_KEYS[place] for place in found)


def test_filtered_pages_link_on(client: httpx.Client) -> None:
    page = items(client, "availability", "horizon=short&limit=3")
    following = client.get(linked(page, "next") or "").json()
    assert len(keys(page)) == 3
    assert len(keys(following)) == 1
    assert "horizon=short" in (linked(page, "next") or "")


def test_the_agency_filters_by_what_it_sees(client: httpx.Client, signed_in: SignedIn) -> None:
    planner = props(signed_in("planner"), "availability", "internal_category=company_reserve")
    assert [row["parcel_key"] for row in planner] == [PUBLIC_KEYS[0]]
    refused = client.get("/ogc/collections/availability/items?internal_category=company_reserve")
    assert refused.status_code == 400
    assert "no parameter 'internal_category'" in refused.json()["detail"]


@pytest.mark.parametrize(("query", "known"), [("kind=dragon", "water"), ("effect=eats", "excludes, delays")])
def test_words_of_restrictions_that_there_are_not(client: httpx.Client, query: str, known: str) -> None:
    answer = client.get(f"/ogc/collections/restrictions/items?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, query.partition("=")[0])
    assert known in answer.json()["detail"]


def test_restrictions_can_be_filtered(client: httpx.Client) -> None:
    assert len(props(client, "restrictions", "kind=contamination&effect=delays")) == 1
    assert props(client, "restrictions", "effect=excludes") == []
    assert props(client, "districts", "name=x") == []
    for umlaut in ("ö", "o\u0308"):
        found = props(client, "districts", f"name=H{umlaut}rde,x")
        assert [each["name"] for each in found] == ["Hörde"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("min_offered_m2=many", "min_offered_m2 'many' is no number"),
        ("min_offered_m2=nan", "Write it with digits"),
        ("available_from=2028-02-30", "is no date"),
        ("available_from=20280301", "Write it as 2026-03-01"),
        ("is_demo=maybe", "Write true or false"),
        ("category=", "category needs a value"),
        (f"category={'x' * 1001}", "at most 1000 characters"),
        ("min_category=a", "no parameter 'min_category'"),
        ("category=foo", "'foo' is no category. Known: gap, brownfield, company_reserve"),
        ("category=gap,foo", "'gap,foo' is no category. Known: gap, "),
        ("category=%27%20OR%201=1", "is no category. Known: gap"),
        ("category_rule=foo", "'foo' is no category_rule. Known: "),
        ("ground=wet", "'wet' is no ground. Known: brownfield, settled, green_field, unknown."),
        ("potential_use=castle", "'castle' is no potential_use. Known: "),
        ("target_group=foo", "'foo' is no target_group. Known: "),
        ("horizon=soon", "'soon' is no horizon. Known: now, short, mid, long, undetermined."),
        ("severity=hard", "'hard' is no severity. Known: unrestricted, light, severe."),
        ("allowed_floor_basis=foo", "Known: stated, orientation_value, mixed, unknown."),
        ("preset=soon", "no horizon preset 'soon'. Known presets: default, dortmund_2010"),
    ],
)
def test_a_wrong_filter_is_named(client: httpx.Client, query: str, message: str) -> None:
    answer = client.get(f"/ogc/collections/availability/items?{query}")
    assert answer.status_code == 400
    assert message in answer.json()["detail"]
    assert answer.json()["parameter"] == query.partition("=")[0]


def test_availability_tells_what_may_be_built_and_null_where_nobody_computed_it(client: httpx.Client) -> None:
    found = {feature["id"]: feature["properties"] for feature in items(client, "availability")["features"]}
    told = found[PUBLIC_KEYS[1]]
    assert (told["allowed_floor_m2"], told["allowed_floor_basis"], told["built"]) == (12_000, "stated", True)
    assert (told["built_floor_m2"], told["left_floor_m2"], told["left_stacking_m2"]) == (2_400, 9_600, None)
    assert [(part["zone"], part["plan_key"]) for part in told["capacity_parts"]] == [("GE", "Hu 148")]
    other = found[PUBLIC_KEYS[0]]
    assert (other["built"], other["allowed_floor_m2"], other["capacity_parts"]) == (None, None, None)


def test_stored_availability_is_of_its_day_alone(client: httpx.Client) -> None:
    ask = "/ogc/collections/availability/items"
    everything = client.get(ask, params={"count": "true"}).json()
    (day,) = {feature["properties"]["as_of"] for feature in everything["features"]}
    assert everything["numberMatched"] > 0
    for asked, found in (
        (day, everything["numberMatched"]),
        (f"{day}T00:00:00Z/{day}", everything["numberMatched"]),
        ("2190-01-01", 0),
        ("../1999-12-31", 0),
    ):
        page = client.get(ask, params={"count": "true", "datetime": asked}).json()
        assert (page["numberMatched"], page["numberReturned"] > 0) == (found, found > 0), asked
        lines = client.get(f"{ask[:-6]}/export", params={"f": "geojsonseq", "datetime": asked}).text
        assert lines.count("\x1e") == found


@pytest.fixture
def run_of_the_timetable(database: Database, sample: Sample) -> Iterator[None]:
    """What the classes were computed from: the timetable of the sample (2026), and one of its second half."""
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        half = rows.row(
            "", TransitFeed, name="half", content_hash="hash-half", publisher="VRR", is_current=False,
            service=Range(date(2026, 7, 1), date(2027, 12, 31)), weekday=date(2026, 9, 1), report={},
        )  # fmt: skip
        feeds = [sample.ids["feed-vrr"]]
        connection.execute(update(TransitRun).values(feeds=[*feeds, half]))
    yield
    with database.begin(actor="test") as connection:
        connection.execute(update(TransitRun).values(feeds=feeds))
        connection.execute(delete(TransitFeed).where(TransitFeed.id == half))


@pytest.mark.usefixtures("run_of_the_timetable")
@pytest.mark.parametrize(
    ("days", "classes", "stops"),
    [
        ("2026-03-01", 0, 1),  # one of two timetables covers it
        ("2026-07-01", 4, 1),
        ("2026-12-31", 0, 0),
        ("2026-06-01/2026-07-01", 4, 1),
        ("2190-01-01", 0, 0),
        ("1990-01-01/..", 4, 1),
        ("../..", 4, 1),
    ],
)
def test_classes_and_stops_are_of_the_days_of_their_timetables(
    client: httpx.Client, days: str, classes: int, stops: int
) -> None:
    for collection, found in (("transit", classes), ("stops", stops)):
        assert items(client, collection, f"datetime={days}&count=true")["numberMatched"] == found
        answer = client.get(f"/ogc/collections/{collection}/export?f=geojsonseq&datetime={days}")
        assert answer.text.count("\x1e") == found


@pytest.mark.parametrize("collection", ["districts", "quarters"])
def test_what_has_no_days_is_of_all_days(client: httpx.Client, collection: str) -> None:
    assert len(items(client, collection, "datetime=1990-01-01")["features"]) == PUBLIC_COUNTS[collection]
    assert "datetime leaves out none" in client.get(f"/ogc/collections/{collection}").json()["description"]
