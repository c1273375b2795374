"""Abstract tests of OGC API - Features, part 3 (OGC 19-079r2) and CQL2 (21-065r2, annex A), by their ids.

The id stands in the first line of each test. Examples of CQL2 (clauses 6 to 8) are spoken with fields of this
service; they are answered, or refused with a problem that says why.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

COLLECTIONS = ("parcels", "availability", "restrictions", "vacancies")
LITERALS = {"string": "'foo'", "boolean": "true", "number": "3.14", "integer": "1"}
FORMATS = {"date": "DATE('2022-04-14')", "date-time": "TIMESTAMP('2022-04-14T14:48:46Z')"}
every_collection = pytest.mark.parametrize("name", COLLECTIONS)


def ask(client: httpx.Client, name: str, words: str, **more: str) -> httpx.Response:
    query = {"filter": words, "limit": "10000", "datetime": "../..", **more}
    return client.get(f"/ogc/collections/{name}/items", params=query)


def ids(client: httpx.Client, name: str, words: str, **more: str) -> set[str]:
    answer = ask(client, name, words, **more)
    assert answer.status_code == 200, (words, answer.text)
    return {each["id"] for each in answer.json()["features"]}


def queryables(client: httpx.Client, name: str) -> Iterator[tuple[str, str]]:
    """Return the fields that have a literal of their kind, with that."""
    described = client.get(f"/ogc/collections/{name}/queryables").json()["properties"]
    for field, schema in described.items():
        kind = next((each for each in _kinds(schema) if each != "null"), None)
        literal = FORMATS.get(schema.get("format", "")) or LITERALS.get(kind or "")
        if literal and "enum" not in schema:
            yield field, literal


def _kinds(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


@every_collection
def test_queryables(client: httpx.Client, name: str) -> None:
    """/conf/queryables/get-queryables, /conf/basic-cql2/basic-test."""
    answer = client.get(f"/ogc/collections/{name}/queryables")
    assert answer.headers["content-type"].split(";")[0] == "application/schema+json"
    document = answer.json()
    assert document["type"] == "object"
    assert document["$id"].endswith(f"/collections/{name}/queryables")
    assert list(queryables(client, name))


@every_collection
def test_comparison(client: httpx.Client, name: str) -> None:
    """/conf/basic-cql2/comparison: all six signs, for fields of every kind."""
    for field, literal in queryables(client, name):
        found = {
            sign: ask(client, name, f"{field} {sign} {literal}") for sign in ("=", "<>", "<", "<=", ">", ">=")
        }
        refused = [answer.json() for answer in found.values() if answer.status_code != 200]
        if refused:  # words of a vocabulary that does not know this one
            assert len(refused) == len(found)
            assert {each["parameter"] for each in refused} <= {field, "filter"}
            continue
        sets = {sign: {each["id"] for each in answer.json()["features"]} for sign, answer in found.items()}
        assert not sets["="] & sets["<>"]
        assert not sets["<"] & sets[">="]
        assert not sets[">"] & sets["<="]
        assert sets["<="] == sets["<"] | sets["="]


@every_collection
def test_is_null(client: httpx.Client, name: str) -> None:
    """/conf/basic-cql2/is-null."""
    everything = ids(client, name, "true")
    for field, _literal in queryables(client, name):
        unknown, known = ids(client, name, f"{field} IS NULL"), ids(client, name, f"{field} is not null")
        assert not unknown & known
        assert unknown | known == everything


@every_collection
def test_boolean(client: httpx.Client, name: str) -> None:
    """/conf/basic-cql2/boolean."""
    assert ids(client, name, "true")
    assert ids(client, name, "FALSE") == set()


def test_logical(client: httpx.Client) -> None:
    """/conf/basic-cql2/logical."""
    some, other = "area_m2 > 2000", "is_demo = true"
    first, second = ids(client, "parcels", some), ids(client, "parcels", other)
    everything = ids(client, "parcels", "true")
    assert ids(client, "parcels", f"{some} AND {other}") == first & second
    assert ids(client, "parcels", f"{some} OR {other}") == first | second
    assert ids(client, "parcels", f"NOT ({some})") == everything - first
    assert ids(client, "parcels", f"NOT ({some} AND {other})") == everything - (first & second)


@pytest.mark.parametrize("language", ["cql2-text", None])
def test_filter_parameter(client: httpx.Client, language: str | None) -> None:
    """/conf/filter/filter-param, /conf/filter/filter-lang-default, /conf/filter/expression-construction."""
    more = {"filter-lang": language} if language else {}
    assert ids(client, "parcels", "area_m2 > 0", **more)
    for wrong in ("THIS IS NOT A FILTER", "this_is_not_a_queryable = 1"):
        answer = ask(client, "parcels", wrong, **more)
        assert answer.status_code == 400
        assert answer.json()["parameter"] == "filter"


def test_filter_crs(client: httpx.Client) -> None:
    """/conf/filter/filter-crs-wgs84, /conf/filter/filter-crs-param."""
    degrees = ids(client, "parcels", "S_INTERSECTS(geometry, BBOX(7,51,8,52))")
    metres = "S_INTERSECTS(geometry, BBOX(350000,5650000,430000,5770000))"
    assert degrees == ids(client, "parcels", metres, **{"filter-crs": "EPSG:25832"}) != set()
    assert ask(client, "parcels", metres).status_code == 400  # no degrees
    assert ask(client, "parcels", metres, **{"filter-crs": "EPSG:1"}).status_code == 400


def test_mixing(client: httpx.Client) -> None:
    """/conf/features-filter/filter-param-multiple: a filter narrows what other parameters ask for."""
    both = ids(client, "parcels", "area_m2 > 2000", bbox="7,51,8,52")
    assert both == ids(client, "parcels", "area_m2 > 2000") & ids(client, "parcels", "true", bbox="7,51,8,52")
    assert ids(client, "parcels", "area_m2 > 2000", bbox="100,-40,110,-30") == set()


EXAMPLES = {
    "title LIKE 'Altlast%'": 200,
    "CASEI(title) IN (casei('Straße'), casei('ALTLAST'))": 200,
    "CASEI(title) LIKE casei('alt%')": 200,
    "ACCENTI(title) = accenti('süd')": 200,
    "reduction_share BETWEEN 0.1 AND 0.2": 200,
    "reduction_share NOT BETWEEN 0.1 AND 0.2": 200,
    "kind IN ('water', 'contamination')": 200,
    "kind NOT IN ('water')": 200,
    "office IS NOT NULL": 200,
    "(severity = 'severe' OR kind = 'water') AND NOT is_demo = true": 200,
    "reduction_share > 0.1 + 0.2 * 2": 200,
    "reduction_share ^ 2 <= 0.5": 200,
    "title = office": 200,
    "S_INTERSECTS(geometry, POINT(7.02 49.92))": 200,
    "S_WITHIN(geometry, POLYGON((7 51, 8 51, 8 52, 7 52, 7 51)))": 200,
    "S_CROSSES(geometry, LINESTRING(7 51, 8 52))": 200,
    "S_TOUCHES(geometry, BBOX(7, 51, 8, 52))": 200,
    "S_DISJOINT(geometry, MULTIPOINT((7 51), (8 52)))": 200,
    "T_AFTER(valid_from, DATE('2010-02-10'))": 200,
    "T_BEFORE(valid_from, DATE('2012-08-10'))": 200,
    "T_DISJOINT(INTERVAL('..', '2005-01-10'), INTERVAL(valid_from, valid_to))": 200,
    "T_DURING(INTERVAL(valid_from, valid_to), INTERVAL('2017-06-10', '2017-06-11'))": 200,
    "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('2017-06-10', '2017-06-11'))": 200,
    "avg(reduction_share) > 0.1": 400,
    "foo(title)": 400,
    "eo:cloud_cover = 0.1": 400,
    "S_INTERSECTS(geometry, POINT(90 180))": 400,
    "title LIKE": 400,
    "T_AFTER(valid_from, DATE('2010-02-30'))": 400,
}


@pytest.mark.parametrize("words", EXAMPLES)
def test_examples_of_the_standard(client: httpx.Client, words: str) -> None:
    """/conf/cql2-text/validate: answered, or refused with a problem that says why."""
    answer = ask(client, "restrictions", words)
    assert answer.status_code == EXAMPLES[words], answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["parameter"] == "filter"
        assert len(answer.json()["detail"]) > 20


JSON_EXAMPLES: list[dict[str, Any]] = [
    {"op": "=", "args": [{"property": "kind"}, "water"]},
    {"op": "like", "args": [{"op": "casei", "args": [{"property": "title"}]},
                            {"op": "casei", "args": ["alt%"]}]},
    {"op": "between", "args": [{"property": "reduction_share"}, 0.1, 0.2]},
    {"op": "isNull", "args": [{"property": "office"}]},
    {"op": "not", "args": [{"op": "in", "args": [{"property": "kind"}, ["water"]]}]},
    {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [7, 51, 8, 52]}]},
    {"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [7.4, 51.5]}]},
    {"op": "t_after", "args": [{"property": "valid_from"}, {"date": "2010-02-10"}]},
    {"op": "t_during", "args": [{"interval": [{"property": "valid_from"}, {"property": "valid_to"}]},
                                {"interval": ["2017-06-10", ".."]}]},
]  # fmt: skip


@pytest.mark.parametrize("tree", JSON_EXAMPLES, ids=lambda tree: tree["op"])
def test_examples_in_json(client: httpx.Client, tree: dict[str, Any]) -> None:
    """/conf/cql2-json/validate."""
    answer = ask(client, "restrictions", json.dumps(tree), **{"filter-lang": "cql2-json"})
    assert answer.status_code == 200, answer.text
