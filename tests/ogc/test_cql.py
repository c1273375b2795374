"""Filters in CQL2 against the same conditions computed in Python over all features."""

import json
import operator
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import cql2
import httpx
import numpy as np
import pytest
import shapely
from psycopg.types.range import Range
from pyproj import Transformer
from sqlalchemy import delete

from geo_service.db import Database
from geo_service.errors import BadParameter
from geo_service.ogc.cql.tree import parse
from geo_service.schema import Restriction
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS
from tests.sample_rows import Rows, box

pytestmark = pytest.mark.usefixtures("many")
Feature = dict[str, Any]
Rule = Callable[[dict[str, Any], Any], bool | None]

TITLES = [
    "Altlast Nord",
    "altlast süd",
    "Überschwemmung",
    'It\'s "quoted" <b>',
    "100 % belegt",
    "Straße_7",
    "",
]
KINDS = ["water", "contamination", "estimated_share", "line_clearance"]
MANY = 300
TO_DEGREES = Transformer.from_crs(25832, 4326, always_xy=True)


@pytest.fixture(scope="module")
def many(database: Database, sample: Sample) -> Iterator[None]:  # noqa: ARG001 - beside its rows
    """Restrictions of every kind of value: texts with umlauts, unknown numbers, open and closed spans."""
    rng = random.Random(5)  # noqa: S311 - the same rows each time
    table = Restriction.metadata.tables["restrictions"]
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        for number in range(MANY):
            kind = rng.choice(KINDS)
            start = rng.choice([None, date(2020, 1, 1) + timedelta(days=rng.randrange(2000))])
            end = rng.choice([None, date(2026, 1, 1) + timedelta(days=rng.randrange(2000))])
            reduces = kind == "estimated_share"
            rows.row(
                f"many {number}", Restriction, restriction_key=f"cql-{number:03d}", kind=kind,
                effect="reduces" if reduces else "excludes", severity=rng.choice(["light", "severe"]),
                title=rng.choice(TITLES),
                reduction_share=rng.choice([0.1, 0.25, 0.5, 1]) if reduces else None,
                office=rng.choice(["Umweltamt", "Ämter", ""]), valid=Range(start, end),
                geom=box(394_000 + rng.randrange(3000), 5_707_000 + rng.randrange(3000), 40, 30),
            )  # fmt: skip
    yield
    with database.begin(actor="test") as connection:
        connection.execute(delete(table).where(table.c.restriction_key.like("cql-%")))


def found(
    client: httpx.Client, condition: str, collection: str = "restrictions", more: str = ""
) -> list[Feature]:
    """Return the features of a filter, of any time."""
    address = f"/ogc/collections/{collection}/items?limit=10000&datetime=../..{more}"
    if condition:
        address += f"&filter={quote(condition)}"
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    features: list[Feature] = answer.json()["features"]
    return features


def text_after(text: str | None, other: str) -> bool:
    return text is not None and text > other


SHARE = "reduction_share"
RULES: list[tuple[str, Rule]] = [
    ("kind = 'water'", lambda p, _: p["kind"] == "water"),
    ("kind <> 'water'", lambda p, _: p["kind"] != "water"),
    ("kind = 'water' OR severity = 'light' AND office = ''",
     lambda p, _: p["kind"] == "water" or (p["severity"] == "light" and p["office"] == "")),
    ("(kind = 'water' OR severity = 'light') AND office = ''",
     lambda p, _: (p["kind"] == "water" or p["severity"] == "light") and p["office"] == ""),
    ("NOT (kind = 'water' AND severity = 'light')",
     lambda p, _: not (p["kind"] == "water" and p["severity"] == "light")),
    ("reduction_share > 0.2", lambda p, _: p[SHARE] is not None and p[SHARE] > 0.2),
    ("NOT reduction_share > 0.2", lambda p, _: p[SHARE] is not None and p[SHARE] <= 0.2),
    ("reduction_share = 1", lambda p, _: p[SHARE] == 1),
    ("0.25 >= reduction_share", lambda p, _: p[SHARE] is not None and p[SHARE] <= 0.25),
    ("reduction_share BETWEEN 0.1 AND 0.25", lambda p, _: p[SHARE] in (0.1, 0.25)),
    ("reduction_share NOT BETWEEN 0.1 AND 0.25", lambda p, _: p[SHARE] in (0.5, 1)),
    ("reduction_share IN (0.1, 1, 7)", lambda p, _: p[SHARE] in (0.1, 1)),
    ("reduction_share IS NULL", lambda p, _: p[SHARE] is None),
    ("reduction_share IS NOT NULL", lambda p, _: p[SHARE] is not None),
    ("reduction_share * 4 + 1 = 2", lambda p, _: p[SHARE] == 0.25),
    ("1 / reduction_share >= 4 AND 2 ^ 2 = 4", lambda p, _: p[SHARE] in (0.1, 0.25)),
    ("reduction_share / 0 > 1", lambda _p, _: False),
    ("7 div 2 = 3 AND 7 % 2 = 1 AND kind = 'water'", lambda p, _: p["kind"] == "water"),
    ("kind IN ('water', 'contamination')", lambda p, _: p["kind"] in ("water", "contamination")),
    ("kind NOT IN ('water')", lambda p, _: p["kind"] != "water"),
    ("title = 'It''s \"quoted\" <b>'", lambda p, _: p["title"] == "It's \"quoted\" <b>"),
    ("title LIKE 'Altlast%'", lambda p, _: p["title"].startswith("Altlast")),
    ("is_demo < TRUE", lambda p, _: not p["is_demo"]),
    ("title NOT LIKE 'Altlast%'", lambda p, _: not p["title"].startswith("Altlast")),
    ("title LIKE '%\\%%'", lambda p, _: "%" in p["title"]),
    ("title LIKE '_tra_e\\_7'", lambda p, _: p["title"] == "Straße_7"),
    ("CASEI(title) LIKE casei('ALTLAST%')", lambda p, _: p["title"].lower().startswith("altlast")),
    ("ACCENTI(title) = ACCENTI('Uberschwemmung')", lambda p, _: p["title"] == "Überschwemmung"),
    ("CASEI(ACCENTI(title)) LIKE 'altlast sud'", lambda p, _: p["title"] == "altlast süd"),
    ("CASEI(office) IN (casei('ÄMTER'))", lambda p, _: p["office"] == "Ämter"),
    ("is_demo", lambda p, _: p["is_demo"]),
    ("NOT is_demo", lambda p, _: not p["is_demo"]),
    ("is_demo = FALSE", lambda p, _: not p["is_demo"]),
    ("office = title", lambda p, _: p["office"] == p["title"]),
    ("TRUE", lambda _p, _: True),
    ("valid_from > DATE('2023-01-01')", lambda p, _: text_after(p["valid_from"], "2023-01-01")),
    ("valid_from >= '2023-01-01'", lambda p, _: text_after(p["valid_from"], "2022-12-31")),
    ("valid_from > TIMESTAMP('2023-01-01T23:30:00Z')",
     lambda p, _: text_after(p["valid_from"], "2023-01-02")),
    ("T_AFTER(valid_from, DATE('2023-01-01'))", lambda p, _: text_after(p["valid_from"], "2023-01-01")),
    ("T_BEFORE(valid_to, DATE('2028-01-01'))", lambda p, _: (p["valid_to"] or "9") < "2028-01-01"),
    ("T_DURING(valid_from, INTERVAL('2023-01-01', '2024-01-01'))",
     lambda p, _: "2023-01-01" < (p["valid_from"] or "0") < "2024-01-01"),
    ("T_INTERSECTS(valid_from, INTERVAL('2023-01-01', '..'))",
     lambda p, _: text_after(p["valid_from"], "2022-12-31")),
    ("T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('2019-01-01', '2021-01-01'))",
     lambda p, _: (p["valid_from"] or "0") <= "2021-01-01" and (p["valid_to"] or "9") >= "2019-01-01"),
    ("T_DISJOINT(INTERVAL(valid_from, valid_to), INTERVAL('2019-01-01', '2021-01-01'))",
     lambda p, _: not ((p["valid_from"] or "0") <= "2021-01-01" and (p["valid_to"] or "9") >= "2019-01-01")),
    ("T_CONTAINS(INTERVAL(valid_from, valid_to), INTERVAL('2025-01-01', '2025-06-01'))",
     lambda p, _: (p["valid_from"] or "0") < "2025-01-01" and (p["valid_to"] or "9") > "2025-06-01"),
    ("T_EQUALS(valid_from, valid_from)", lambda p, _: p["valid_from"] is not None),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "rule"), RULES, ids=[condition for condition, _ in RULES])
def test_conditions_mean_what_they_say(client: httpx.Client, condition: str, rule: Rule) -> None:
    everything = found(client, "")
    wanted = [each["id"] for each in everything if rule(each["properties"], None)]
    assert len(everything) == MANY + 1
    assert [each["id"] for each in found(client, condition)] == wanted
    in_json = found(client, as_json(condition), more="&filter-lang=cql2-json")
    assert [each["id"] for each in in_json] == wanted


def as_json(condition: str) -> str:
    """Write a filter in the other language, by the parser that the service uses for the text only."""
    return json.dumps(cql2.parse_text(condition).to_json())


SQUARE = shapely.box(395_000, 5_708_000, 396_000, 5_709_000)
SPATIAL: list[tuple[str, Any]] = [
    ("S_INTERSECTS", shapely.intersects),
    ("S_DISJOINT", shapely.disjoint),
    ("S_WITHIN", shapely.within),
    ("S_OVERLAPS", shapely.overlaps),
    ("S_TOUCHES", shapely.touches),
    ("S_CROSSES", shapely.crosses),
    ("S_CONTAINS", shapely.contains),
    ("S_EQUALS", shapely.equals),
]


def metres(feature: Feature) -> Any:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


@pytest.mark.parametrize(("name", "rule"), SPATIAL)
@pytest.mark.parametrize("turned", [False, True])
def test_places(client: httpx.Client, name: str, rule: Callable[[Any, Any], bool], *, turned: bool) -> None:
    wkt = shapely.to_wkt(SQUARE)
    condition = f"{name}({wkt}, geometry)" if turned else f"{name}(geometry, {wkt})"
    everything = found(client, "", more="&crs=EPSG:25832")
    wanted = [
        each["id"]
        for each in everything
        if (rule(SQUARE, metres(each)) if turned else rule(metres(each), SQUARE))
    ]
    if name in {"S_INTERSECTS", "S_DISJOINT", "S_OVERLAPS"}:
        assert 0 < len(wanted) < MANY
    assert [each["id"] for each in found(client, condition, more="&filter-crs=EPSG:25832")] == wanted


def test_a_feature_equals_and_touches_itself_and_its_neighbour(client: httpx.Client) -> None:
    first = metres(found(client, "restriction_key = 'cql-000'", more="&crs=EPSG:25832")[0])
    west, south, east, north = first.bounds
    neighbour = shapely.to_wkt(shapely.box(east, south, east + 10, north))
    at = "&filter-crs=EPSG:25832"
    key = " AND restriction_key = 'cql-000'"
    assert len(found(client, f"S_EQUALS(geometry, {shapely.to_wkt(first)}){key}", more=at)) == 1
    assert len(found(client, f"S_TOUCHES(geometry, {neighbour}){key}", more=at)) == 1
    line = f"LINESTRING({west - 5} {south + 5}, {east + 5} {south + 5})"
    assert len(found(client, f"S_CROSSES({line}, geometry){key}", more=at)) == 1


def test_distance_in_metres(client: httpx.Client) -> None:
    place = shapely.Point(395_500, 5_708_500)
    near = found(client, "S_DWITHIN(geometry, POINT(395500 5708500), 400)", more="&filter-crs=EPSG:25832")
    everything = found(client, "", more="&crs=EPSG:25832")
    wanted = [each["id"] for each in everything if metres(each).distance(place) <= 400]
    assert [each["id"] for each in near] == wanted
    assert 5 < len(wanted) < 100


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4258", "EPSG:3857", "CRS84"])
def test_places_in_every_coordinate_system(client: httpx.Client, crs: str) -> None:
    srid = 4326 if crs == "CRS84" else int(crs.removeprefix("EPSG:"))
    to_crs = Transformer.from_crs(25832, srid, always_xy=crs in {"CRS84", "EPSG:3857"})
    inner, outer = SQUARE.buffer(-1.5), SQUARE.buffer(1.5)

    def asked(area: Any) -> set[int]:
        dense = shapely.segmentize(area, 50)
        moved = shapely.transform(
            dense, lambda corners: np.column_stack(to_crs.transform(corners[:, 0], corners[:, 1]))
        )
        wkt = shapely.to_wkt(shapely.simplify(moved, 0), rounding_precision=9)
        query = f"S_INTERSECTS(geometry, {wkt})"
        return {each["id"] for each in found(client, query, more=f"&filter-crs={crs}")}

    everything = found(client, "", more="&crs=EPSG:25832")
    least, most = (
        {each["id"] for each in everything if metres(each).intersects(area.simplify(0.5))}
        for area in (inner, outer)
    )
    assert asked(inner.simplify(0.5)) <= most
    assert asked(outer.simplify(0.5)) >= least
    assert len(most) < MANY
    corners = shapely.bounds(SQUARE)
    low, high = to_crs.transform(*corners[:2]), to_crs.transform(*corners[2:])
    box_filter = f"S_INTERSECTS(geometry, BBOX({low[0]},{low[1]},{high[0]},{high[1]}))"
    by_filter = [each["id"] for each in found(client, box_filter, more=f"&filter-crs={crs}")]
    by_box = found(client, "", more=f"&bbox={low[0]},{low[1]},{high[0]},{high[1]}&bbox-crs={crs}")
    assert by_filter == [each["id"] for each in by_box]
    assert len(by_filter) > 10


def test_answers_come_in_every_coordinate_system_with_its_axes(client: httpx.Client) -> None:
    address = f"/ogc/collections/parcels/items/{PUBLIC_KEYS[0]}?crs="
    stored = shapely.get_coordinates(metres(client.get(f"{address}EPSG:25832").json()))
    for srid in (4326, 4258, 3857):
        answer = client.get(f"{address}http://www.opengis.net/def/crs/EPSG/0/{srid}")
        assert answer.headers["content-crs"] == f"<http://www.opengis.net/def/crs/EPSG/0/{srid}>"
        got = shapely.get_coordinates(metres(answer.json()))
        expected = Transformer.from_crs(25832, srid).transform(stored[:, 0], stored[:, 1])
        tolerance = 0.01 if srid == 3857 else 1e-7
        for axis in (0, 1):
            assert abs(got[:, axis] - expected[axis]).max() <= tolerance


def test_the_other_side_of_the_world_holds_nothing(client: httpx.Client) -> None:
    assert found(client, "S_INTERSECTS(geometry, POINT(-120 -40))") == []
    assert len(found(client, "S_DISJOINT(geometry, POINT(-120 -40))")) == MANY + 1
    assert (
        len(found(client, "S_WITHIN(geometry, POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90)))"))
        == MANY + 1
    )


def test_lists(client: httpx.Client) -> None:
    everything = found(client, "", "stops")
    for condition, rule in (
        ("A_CONTAINS(modes, ('tram'))", lambda modes: {"tram"} <= modes),
        ("A_CONTAINEDBY(modes, ('tram', 'bus'))", lambda modes: modes <= {"tram", "bus"}),
        ("A_OVERLAPS(modes, ('tram', 'rail'))", lambda modes: bool(modes & {"tram", "rail"})),
        ("A_EQUALS(modes, ('tram'))", lambda modes: modes == {"tram"}),
    ):
        wanted = [each["id"] for each in everything if rule(set(each["properties"]["modes"] or []))]
        assert [each["id"] for each in found(client, condition, "stops")] == wanted


WRONG = [
    ("kind =", "line 1, column 7"),
    ("secret = 1", "no property 'secret'"),
    ("kind = 1", "cannot be compared"),
    ("kind = NULL", "IS NULL"),
    ("kind = 'wasser'", "kind cannot be 'wasser'. Known: water, "),
    ("'big' = severity", "severity cannot be 'big'"),
    ("effect NOT IN ('excludes', 'includes')", "effect cannot be 'includes'"),
    ("kind", "alone is no condition"),
    ("geometry = 'x'", "spatial operator"),
    ("reduction_share = 'x'", "cannot be compared"),
    ("is_demo = 'yes'", "cannot be compared"),
    ("version() = 'x'", "no function 'version'"),
    ("pg_sleep(10) = 1", "no function 'pg_sleep'"),
    ("kind LIKE 5", "LIKE compares"),
    ("kind LIKE title", "LIKE compares"),
    ("kind LIKE 'x\\'", "single backslash"),
    ("CASEI(reduction_share) = 'x'", "takes a text"),
    ("valid_from > DATE('2026-02-30')", "no day"),
    ("valid_from > '31.12.2026'", "no moment"),
    ("T_AFTER(valid_from, 'soon')", "no moment"),
    ("T_AFTER(kind, DATE('2026-01-01'))", "temporal operator"),
    ("T_AFTER(valid_from, INTERVAL('2026-02-01', '2026-01-01'))", "earlier end first"),
    ("S_INTERSECTS(geometry, POLYGON((7 51, 8 52, 8 51, 7 52, 7 51)))", "not valid"),
    ("S_INTERSECTS(geometry, POINT(394000 5707000))", "longitude first"),
    ("S_INTERSECTS(geometry, BBOX(394000,5707000,394001,5707001))", "longitude first"),
    ("S_INTERSECTS(title, POINT(7 51))", "not the geometry"),
    ("S_INTERSECTS(geometry, 'POINT(7 51)')", "takes the geometry and a literal"),
    ("S_DWITHIN(geometry, POINT(7 51), -1)", "between 0 and"),
    ("A_CONTAINS(kind, ('x'))", "not a list of texts"),
    ("reduction_share ^ 99999 + 10 ^ 999 > 1", "cannot be computed"),
    ("reduction_share = 1e400", "too large"),
    (" AND ".join(["(kind='x')"] * 51), "parentheses"),
    ("(" * 3000 + "kind='x'" + ")" * 900, "parentheses"),
    ("kind = '" + "x" * 4000 + "'", "longer than"),
    ("1" + "+1" * 1900 + " = 1", "levels deep"),
    ("'x'; DROP TABLE parcels; --", "no CQL2"),
]


@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
def test_an_outline_with_many_corners_is_asked(client: httpx.Client, language: str) -> None:
    circle = shapely.Point(7.46, 51.5).buffer(0.3, quad_segs=150)
    written = {"op": "s_intersects", "args": [{"property": "geometry"}, shapely.geometry.mapping(circle)]}
    text = f"S_INTERSECTS(geometry, {circle.wkt})" if language == "cql2-text" else json.dumps(written)
    assert len(text) > 15_000
    more = f"filter={quote(text)}&filter-lang={language}&resultType=hits"
    answer = client.get(f"/ogc/collections/restrictions/items?{more}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["numberMatched"] > 0


@pytest.mark.parametrize(("condition", "reason"), WRONG, ids=range(len(WRONG)))
def test_what_cannot_be_used_is_named(client: httpx.Client, condition: str, reason: str) -> None:
    answer = client.get(f"/ogc/collections/restrictions/items?filter={quote(condition)}")
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["parameter"] == "filter"
    assert reason in problem["detail"]
    assert problem["detail_de"] not in {"", problem["detail"]}


@pytest.mark.parametrize(
    "tree",
    [
        "{", "[]", "7", '"kind"', "null", '{"op": 7, "args": []}', '{"op": "and", "args": []}',
        '{"op": "=", "args": [{"property": 7}, 1]}', '{"op": "=", "args": [{"property": "kind"}]}',
        '{"op": "=", "args": [{"property": "kind"}, NaN]}', '{"op": "in", "args": [{"property": "kind"}, 7]}',
        '{"op": "not", "args": [true, true]}',
        '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": "x"}]}',
        '{"op": "s_within", "args": [{"property": "geometry"}, {"bbox": "x"}]}',
        '{"op": "t_after", "args": [{"interval": ["..", 7]}, {"date": "2026-01-01"}]}',
        '{"op": "=", "args": [{"property": "kind"}, "a\\u0000b"]}', "[" * 500 + "]" * 500,
        '{"op": "a_contains", "args": [{"property": "kind"}, [1]]}', '{"op": "between", "args": [1, 2]}',
    ],
)  # fmt: skip
def test_json_that_is_no_filter(client: httpx.Client, tree: str) -> None:
    address = "/ogc/collections/restrictions/items?filter-lang=cql2-json&filter="
    answer = client.get(address + quote(tree))
    assert answer.status_code == 400, answer.text
    assert answer.json()["parameter"] == "filter"


def test_nobody_filters_by_what_he_does_not_see(client: httpx.Client, signed_in: SignedIn) -> None:
    for collection, condition in (
        ("parcels", "owner_kind = 'municipal'"), ("restrictions", "note LIKE '%a%'"),
        ("premises", "net_rent_eur_month > 0"), ("availability", "items IS NULL"),
    ):  # fmt: skip
        field = condition.split()[0]
        for query in (f"filter={quote(condition)}", f"sortby={field}", f"properties={field}"):
            answer = client.get(f"/ogc/collections/{collection}/items?{query}")
            assert answer.status_code == 400
            assert field in answer.json()["detail"].split("Known")[0]
            assert field not in answer.json()["detail"].split("Known")[1].split()
    assert found(signed_in("planner"), "owner_kind = 'municipal'", "parcels")


def test_counts_are_those_of_the_pages(client: httpx.Client, signed_in: SignedIn) -> None:
    condition = quote("kind = 'water'")
    everybody = len(found(client, "kind = 'water'"))
    for person, all_restrictions in ((client, MANY + 1), (signed_in("planner"), MANY + 2)):
        hits = person.get("/ogc/collections/restrictions/items?resultType=hits&datetime=../..").json()
        assert (hits["numberMatched"], hits["numberReturned"], hits["features"]) == (all_restrictions, 0, [])
        page = person.get(
            f"/ogc/collections/restrictions/items?limit=5&count=true&datetime=../..&filter={condition}"
        ).json()
        assert (page["numberMatched"], page["numberReturned"]) == (everybody, 5)
    assert "numberMatched" not in client.get("/ogc/collections/restrictions/items").json()


def follow(client: httpx.Client, address: str, rel: str) -> list[list[Feature]]:
    """Follow the links of one kind to their end."""
    pages = []
    while address:
        page = client.get(address).json()
        pages.append(page["features"])
        address = next((link["href"] for link in page["links"] if link["rel"] == rel), "")
        last = page
    assert last["links"]
    return pages


SORTS: list[tuple[str, list[tuple[str, bool]]]] = [
    ("", []),
    ("-reduction_share", [("reduction_share", True)]),
    ("title,-valid_from", [("title", False), ("valid_from", True)]),
    ("valid_to,reduction_share,restriction_key",
     [("valid_to", False), ("reduction_share", False), ("restriction_key", False)]),
    ("+is_demo,-restriction_key", [("is_demo", False), ("restriction_key", True)]),
]  # fmt: skip


def in_order(features: list[Feature], sorts: list[tuple[str, bool]]) -> list[int]:
    """Sort in Python, stable from the least important field on; unknown values last."""
    ordered = sorted(features, key=operator.itemgetter("id"))
    for name, descending in reversed(sorts):
        known = [each for each in ordered if each["properties"][name] is not None]
        unknown = [each for each in ordered if each["properties"][name] is None]
        known.sort(key=lambda each: each["properties"][name], reverse=False)
        if descending:
            groups: dict[Any, list[Feature]] = {}
            for each in known:
                groups.setdefault(each["properties"][name], []).append(each)
            known = [each for value in reversed(list(groups)) for each in groups[value]]
        ordered = known + unknown
    return [each["id"] for each in ordered]


@pytest.mark.parametrize(("sortby", "sorts"), SORTS)
def test_pages_forwards_and_back(client: httpx.Client, sortby: str, sorts: list[tuple[str, bool]]) -> None:
    everything = found(client, "")
    wanted = in_order(everything, sorts)
    base = "/ogc/collections/restrictions/items?limit=37&datetime=../.."
    address = f"{base}&sortby={quote(sortby)}" if sortby else base
    pages = follow(client, address, "next")
    assert [each["id"] for page in pages for each in page] == wanted
    assert [len(page) for page in pages] == [37] * 8 + [5]
    last = client.get(address).json()
    while following := next((link["href"] for link in last["links"] if link["rel"] == "next"), ""):
        last = client.get(following).json()
        self_link = following
    back = follow(client, self_link, "prev")
    assert [[each["id"] for each in page] for page in reversed(back)] == [
        [each["id"] for each in page] for page in pages
    ]


def test_chosen_properties_only(client: httpx.Client) -> None:
    answer = client.get(
        "/ogc/collections/restrictions/items?limit=2&properties=title,kind&filter=severity='light'"
    )
    assert [list(each["properties"]) for each in answer.json()["features"]] == [["kind", "title"]] * 2


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        ("", "cql2-text", "The filter is empty."),
        (" \n ", "cql2-json", "The filter is empty."),
        (r'{"op": "=", "args": [{"property": "kind"}, "\ud800"]}', "cql2-json", "half a character"),
        (r'{"op": "=", "args": [{"property": "\udfff"}, 1]}', "cql2-json", "half a character"),
        ("S_INTERSECTS(geometry, POINT EMPTY)", "cql2-text", "The filter is no CQL2"),
        ("kind =\n", "cql2-text", "line 2, column 1, at its end"),
    ],
)
def test_filters_that_say_nothing_are_refused(text: str, language: str, told: str) -> None:
    with pytest.raises(BadParameter, match=told):
        parse(text, language)


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2003", "\u3000"])
def test_a_space_of_any_width_is_a_space_but_in_a_text(client: httpx.Client, space: str) -> None:
    ask = "/ogc/collections/restrictions/items"
    plain = client.get(ask, params={"filter": "kind = 'water'"}).json()["features"]
    text = client.get(ask, params={"filter": f"kind{space}={space}'water'"})
    assert text.status_code == 200, text.text
    tree = f'{{{space}"op": "=",{space}"args": [{{"property": "kind"}}, "water"]}}'
    json = client.get(ask, params={"filter": tree, "filter-lang": "cql2-json"})
    assert json.status_code == 200, json.text
    assert text.json()["features"] == json.json()["features"] == plain != []
    kept = parse(f'{{"op": "=", "args": [{{"property": "title"}}, "a{space}\\"{space}b"]}}', "cql2-json")
    assert kept["args"][1] == f'a{space}"{space}b'


def test_a_filter_may_have_several_lines(client: httpx.Client) -> None:
    ask = "/ogc/collections/restrictions/items"
    one = client.get(ask, params={"filter": "kind = 'water' AND effect = 'excludes'"})
    several = client.get(ask, params={"filter": "kind = 'water'\r\n\tAND effect = 'excludes'\n"})
    assert several.status_code == 200, several.text
    assert several.json()["features"] == one.json()["features"] != []
