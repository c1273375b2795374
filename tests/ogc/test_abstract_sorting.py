"""The abstract tests of OGC API - Features part 8 (sorting), as its draft (OGC 24-030) has them."""

from typing import Any

import httpx
import pytest

from geo_service.ogc.collections import COLLECTIONS

SPEC = "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf"
REL = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
ROOT = "/ogc/collections"


@pytest.fixture(autouse=True)
def _sample(sample: object) -> None:
    assert sample


@pytest.mark.parametrize("name", ["sortables", "sorting", "features-sorting"])
def test_the_class_is_declared(client: httpx.Client, name: str) -> None:
    """/conf/sortables/get-conformance and those of the other two."""
    assert f"{SPEC}/{name}" in client.get("/ogc/conformance").json()["conformsTo"]


@pytest.mark.parametrize("collection", [each for each in COLLECTIONS if each != "transit"])
def test_sortables_are_linked_and_described(client: httpx.Client, collection: str) -> None:
    """/conf/sortables/get-sortables-uris, get-sortables; /conf/features-sorting/get-collection."""
    linked = client.head(f"{ROOT}/{collection}/items", headers={"Accept": "application/json"})
    assert linked.status_code == 200
    address = linked.links[REL]["url"]
    told = client.get(f"{ROOT}/{collection}").json()["links"]
    assert address in [each["href"] for each in told if each["rel"] == REL]
    answer = client.get(address, headers={"Accept": "application/schema+json"})
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == address
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)
    assert schema["properties"]
    assert all("type" in each for each in schema["properties"].values())


def values(client: httpx.Client, sortby: str) -> list[Any]:
    answer = client.get(f"{ROOT}/districts/items", params={"sortby": sortby})
    assert answer.status_code == 200, answer.text
    return [each["properties"]["key"] for each in answer.json()["features"]]


def test_features_are_in_the_order_that_is_asked_for(client: httpx.Client) -> None:
    """/conf/sorting/sortby-param; ascending is the default."""
    upwards = values(client, "key")
    assert len(upwards) > 1
    assert upwards == sorted(upwards)
    assert values(client, "+key") == upwards
    assert values(client, "-key") == upwards[::-1]


@pytest.mark.parametrize(
    "key", ["THIS IS NOT A SORTBY EXPRESSION", "this_is_not_a_sortable", "--name", "-+name"]
)
def test_what_cannot_be_sorted_by_is_refused(client: httpx.Client, key: str) -> None:
    """/conf/sorting/sortby-param, expression-construction."""
    answer = client.get(f"{ROOT}/vacancies/items", params={"sortby": key})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "sortby")


def test_the_definition_has_the_parameter_as_the_draft_writes_it(client: httpx.Client) -> None:
    """/req/sorting/sortby-definition."""
    operation = client.get("/ogc/api").json()["paths"]["/collections/{collectionId}/items"]["get"]
    found = next(each for each in operation["parameters"] if each.get("name") == "sortby")
    assert (found["in"], found.get("required", False)) == ("query", False)
    assert (found["style"], found["explode"]) == ("form", False)
    assert found["schema"] == {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "pattern": r"^[+-]?[^+\-\s].*$"},
    }
