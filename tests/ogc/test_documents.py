"""The documents that describe the interface: complete, linked, true."""

import json
import re
from typing import Any

import httpx
import pytest
import shapely
from schemathesis.specs.openapi.definitions import OPENAPI_30_VALIDATOR
from sqlalchemy import text

from geo_service.db import Database
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.parameters import COMMON, MAX_LIMIT, PAGED
from tests.http_fixtures import SignedIn


def linked(document: dict[str, Any], rel: str) -> str:
    return next(str(link["href"]) for link in document["links"] if link["rel"] == rel)


def test_landing_page_leads_everywhere(client: httpx.Client) -> None:
    for path in ("/ogc", "/ogc/"):
        document = client.get(path).json()
        assert {link["rel"] for link in document["links"]} == {
            "self", "alternate", "service-desc", "service-doc", "conformance", "data",
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
        }  # fmt: skip
        for link in document["links"]:
            answer = client.get(link["href"])
            assert answer.status_code == 200
            assert link["type"].split(";")[0] == answer.headers["content-type"].split(";")[0]


@pytest.mark.parametrize(
    "path", ["/", "/conformance", "/collections", "/collections/sites", "/collections/sites/items?limit=1",
             "/collections/sites/items", "/collections/sites/items/cleanport"],
)  # fmt: skip
def test_every_document_leads_to_its_page(client: httpx.Client, path: str) -> None:
    document = client.get(f"/ogc{path}").json()
    (page,) = [each for each in document["links"] if each["rel"] == "alternate"]
    assert page["type"] == "text/html"
    assert set(path.partition("?")[2].split("&")) - {""} <= set(page["href"].partition("?")[2].split("&"))
    answer = client.get(page["href"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_conformance_names_what_is_met(client: httpx.Client) -> None:
    told = [uri.split("/spec/")[1] for uri in client.get("/ogc/conformance").json()["conformsTo"]]
    assert told[:5] == [
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/html",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-2/1.0/conf/crs",
    ]
    assert {each.split("/")[0] for each in told} == {
        "ogcapi-features-1", "ogcapi-features-2", "ogcapi-features-3", "ogcapi-features-5",
        "ogcapi-features-8", "cql2", "ogcapi-tiles-1", "tms",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["schema", "sortables"])
def test_schemas_are_declared_linked_and_answered(client: httpx.Client, name: str) -> None:
    part = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf"
    declared = f"{part}/schemas" if name == "schema" else f"{part}/{name}"
    assert declared in client.get("/ogc/conformance").json()["conformsTo"]
    for collection in client.get("/ogc/collections").json()["collections"]:
        (address,) = (
            each["href"]
            for each in collection["links"]
            if each["rel"] == f"http://www.opengis.net/def/rel/ogc/1.0/{name}"
        )
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
        assert answer.json()["$id"] == address


JSON_KINDS = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list}


@pytest.mark.parametrize("role", ["", "planner", "vacancy_manager"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_schemas_describe_what_is_handed_out(
    client: httpx.Client, signed_in: SignedIn, collection: str, role: str
) -> None:
    person = signed_in(role) if role else client
    here = f"/ogc/collections/{collection}"
    features = person.get(f"{here}/items?datetime=../..").json()["features"]
    documents = {name: person.get(f"{here}/{name}").json() for name in ("schema", "queryables", "sortables")}
    for name, document in documents.items():
        assert document["$id"].endswith(f"{here}/{name}")
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    fields = documents["schema"]["properties"]
    assert fields == documents["queryables"]["properties"]
    assert fields.pop("geometry")["x-ogc-role"] == "primary-geometry"
    for feature in features:
        assert list(feature["properties"]) == list(fields)
        for name, value in feature["properties"].items():
            kind = fields[name]["type"]
            if value is not None and isinstance(kind, str):
                assert isinstance(value, JSON_KINDS[kind]), name
    for name in documents["sortables"]["properties"]:
        assert person.get(f"{here}/items?sortby=-{name}").status_code == 200
    for name, field in fields.items():
        assert person.get(f"{here}/items", params={"filter": f'"{name}" IS NULL'}).status_code == 200
        if field["type"] == "string" and "format" not in field and name != "method":
            answer = person.get(f"{here}/items", params={name: "x"})
            assert answer.json().get("features") == [] or "Known" in answer.json()["detail"]


def test_kinds_of_geometry(client: httpx.Client) -> None:
    told = {
        name: client.get(f"/ogc/collections/{name}/schema").json()["properties"]["geometry"]["format"]
        for name in COLLECTIONS
    }
    assert told["parcels"] == told["restrictions"] == told["districts"] == "geometry-multipolygon"
    assert told["premises"] == told["stops"] == "geometry-point"


def test_collections_are_listed_with_their_extent(client: httpx.Client) -> None:
    listed = client.get("/ogc/collections").json()["collections"]
    assert [each["id"] for each in listed] == list(COLLECTIONS)
    for document in listed:
        assert client.get(linked(document, "self")).json() == document
        west, south, east, north = document["extent"]["spatial"]["bbox"][0]
        around = shapely.box(west, south, east, north)
        page = client.get(linked(document, "items")).json()
        for feature in page["features"]:
            if feature["geometry"]:
                assert around.covers(shapely.from_geojson(json.dumps(feature["geometry"])))


def test_descriptions_are_answered_304_until_they_change(client: httpx.Client) -> None:
    for path in ("/ogc/", "/ogc/conformance", "/ogc/collections", "/ogc/collections/parcels/queryables"):
        first = client.get(path)
        known = {"If-None-Match": first.headers["etag"]}
        assert client.get(path, headers=known).status_code == 304
        assert client.get(path, headers={"If-None-Match": 'W/"other"'}).json() == first.json()


def test_collections_link_to_the_licence_of_the_city(client: httpx.Client) -> None:
    for document in client.get("/ogc/collections").json()["collections"]:
        licence = next(each for each in document["links"] if each["rel"] == "license")
        assert licence["href"] == "https://www.govdata.de/dl-de/zero-2-0"
        assert licence["title"] == "dl-de/zero-2-0"


def test_extent_follows_the_data_at_once(client: httpx.Client, database: Database) -> None:
    def east() -> float:
        return float(client.get("/ogc/collections/districts").json()["extent"]["spatial"]["bbox"][0][2])

    before = east()
    moved = "UPDATE districts SET geom = ST_Translate(geom, :by, 0) WHERE key = 'hoerde'"
    with database.begin("test") as connection:
        connection.execute(text(moved), {"by": 1_000})
    assert east() > before + 0.01
    with database.begin("test") as connection:
        connection.execute(text(moved), {"by": -1_000})
    assert east() == pytest.approx(before)


DOCUMENTS = (
    "/",
    "/conformance",
    "/collections",
    "/collections/parcels",
    "/collections/sites/items/cleanport",
)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_unknown_parameters_are_refused_everywhere(client: httpx.Client, path: str) -> None:
    assert client.get(f"/ogc{path}?f=json").status_code == 200
    answer = client.get(f"/ogc{path}?verbose=1")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "verbose"


def test_the_definition_is_openapi_3_0_and_that_of_the_standard(client: httpx.Client) -> None:
    here = linked(client.get("/ogc/").json(), "service-desc")
    answer = client.get(here, headers={"accept": "application/vnd.oai.openapi+json;version=3.0"})
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    told = answer.json()
    OPENAPI_30_VALIDATOR.validate(told)
    assert told["openapi"].startswith("3.0.")
    assert told["servers"] == [{"url": "http://testserver/ogc"}]
    assert {"/", "/conformance", "/collections/{collectionId}/items/{featureId}"} <= told["paths"].keys()
    assert told["components"]["parameters"]["limit"]["schema"]["maximum"] == MAX_LIMIT
    for path, item in told["paths"].items():
        for operation in item.values():
            given = [each["name"] for each in operation["parameters"] if each.get("in") == "path"]
            assert given == re.findall(r"\{(\w+)\}", path)
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/problem"}
    assert '"null"' not in answer.text
    browser = client.get("/ogc/api", headers={"accept": "text/html"}, follow_redirects=False)
    assert (browser.status_code, browser.headers["location"]) == (307, "http://testserver/api/docs")


def test_interface_definition_lists_the_parameters(client: httpx.Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    listed = {
        parameter["name"]
        for parameter in paths["/ogc/collections/{collection_id}/items"]["get"]["parameters"]
    }
    assert listed == {"collection_id", "method", *COMMON, *PAGED}
