"""Abstract tests of OGC API - Features, part 1 (OGC 17-069r4, annex A) and part 2 (18-058r1), by their ids.

The id stands in the first line of each test. The tests ask over HTTP and follow links, as a stranger would.
"""

from datetime import datetime
from typing import Any

import httpx
import pytest

from geo_service.ogc.collections import COLLECTIONS

SPEC = "http://www.opengis.net/spec/ogcapi-features"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
ITEMS = "/ogc/collections/parcels/items"
every_collection = pytest.mark.parametrize("name", COLLECTIONS)


def read(client: httpx.Client, path: str, media: str = "application/json", **query: str) -> Any:
    answer = client.get(path, params=query) if query else client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == media
    return answer.json()


def features(client: httpx.Client, path: str = ITEMS, **query: str) -> Any:
    return read(client, path, "application/geo+json", **query)


def links(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the links by what they lead to, the first of each kind."""
    for link in document["links"]:
        assert link["href"].startswith("http")
        assert link["rel"]
        assert link["type"]
    return {link["rel"]: link for link in reversed(document["links"])}


def test_root(client: httpx.Client) -> None:
    """/conf/core/root-op, /conf/core/root-success."""
    found = links(read(client, "/ogc/"))
    assert {"service-desc", "service-doc", "conformance", "data"} <= set(found)


def test_api_definition(client: httpx.Client) -> None:
    """/conf/core/api-definition-op, /conf/core/api-definition-success."""
    told = links(read(client, "/ogc/"))
    definition = client.get(told["service-desc"]["href"])
    assert definition.status_code == 200
    assert definition.json()["openapi"].startswith("3.")
    assert client.get(told["service-doc"]["href"]).headers["content-type"].startswith("text/html")


def test_conformance(client: httpx.Client) -> None:
    """/conf/core/conformance-op, /conf/core/conformance-success."""
    told = read(client, links(read(client, "/ogc/"))["conformance"]["href"])["conformsTo"]
    assert {f"{SPEC}-1/1.0/conf/{name}" for name in ("core", "geojson", "html", "oas30")} <= set(told)
    assert f"{SPEC}-2/1.0/conf/crs" in told


def test_http(client: httpx.Client) -> None:
    """/conf/core/http: methods and states as HTTP 1.1 has them."""
    assert client.head("/ogc/").status_code == 200
    assert client.post("/ogc/conformance").status_code == 405
    assert client.get("/ogc/nothing").status_code == 404


def test_collections(client: httpx.Client) -> None:
    """/conf/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-extent."""
    document = read(client, links(read(client, "/ogc/"))["data"]["href"])
    assert "self" in links(document)
    assert {each["id"] for each in document["collections"]} == set(COLLECTIONS)
    for each in document["collections"]:
        assert each["title"]
        assert links(each)["items"]["type"] == "application/geo+json"
        for west, south, east, north in each.get("extent", {}).get("spatial", {}).get("bbox", []):
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90


@every_collection
def test_collection(client: httpx.Client, name: str) -> None:
    """/conf/core/sfc-md-op, /conf/core/sfc-md-success: the same as in the list."""
    listed = {each["id"]: each for each in read(client, "/ogc/collections")["collections"]}
    alone = read(client, f"/ogc/collections/{name}")
    for part in ("id", "title", "description", "crs", "storageCrs", "itemType"):
        assert alone.get(part) == listed[name].get(part)


@every_collection
def test_features(client: httpx.Client, name: str) -> None:
    """/conf/core/fc-op, fc-response, fc-links, fc-rel-type, fc-timeStamp, fc-numberReturned."""
    here = links(read(client, f"/ogc/collections/{name}"))["items"]["href"]
    page = features(client, here)
    assert page["type"] == "FeatureCollection"
    assert page["numberReturned"] == len(page["features"])
    assert datetime.fromisoformat(page["timeStamp"]).tzinfo is not None
    assert "self" in links(page)
    for each in page["features"]:
        assert each["type"] == "Feature"
        assert {"id", "geometry", "properties"} <= set(each)


def test_limit(client: httpx.Client) -> None:
    """/conf/core/fc-limit-definition, /conf/core/fc-limit-response."""
    assert features(client, limit="1")["numberReturned"] == 1
    assert features(client, limit="100000")["numberReturned"] > 1  # too many: as many as there may be
    for wrong in ("0", "-1", "x", "1.5"):
        assert client.get(ITEMS, params={"limit": wrong}).status_code == 400


def test_bbox(client: httpx.Client) -> None:
    """/conf/core/fc-bbox-definition, /conf/core/fc-bbox-response."""
    whole = features(client, bbox="-180,-90,180,90")["features"]
    x, y = whole[0]["geometry"]["coordinates"][0][0][0]
    box = [f"{number:.6f}" for number in (x - 1e-5, y - 1e-5, x + 1e-5, y + 1e-5)]
    beside = features(client, bbox=",".join(box))["features"]
    assert whole[0]["id"] in {each["id"] for each in beside}
    assert (
        features(client, bbox=",".join([*box[:2], "0", *box[2:], "100"]))["features"] == beside
    )  # heights do not count
    assert features(client, bbox="100,-40,110,-30")["features"] == []
    for wrong in ("1,2,3", "1,2,3,4,5", "a,b,c,d", "7,52,8,51", "7,51,8,91"):
        assert client.get(ITEMS, params={"bbox": wrong}).status_code == 400


def test_datetime(client: httpx.Client) -> None:
    """/conf/core/fc-time-definition, /conf/core/fc-time-response."""
    everything = {each["id"] for each in features(client, datetime="../..")["features"]}
    for asked in (
        "2026-03-01",
        "2026-03-01T12:00:00Z",
        "2026-03-01/..",
        "../2026-03-01",
        "2026-01-01/2026-03-01",
    ):
        assert {each["id"] for each in features(client, datetime=asked)["features"]} <= everything
    for wrong in ("2026-13-01", "yesterday", "2026-03-02/2026-03-01", "a/b"):
        assert client.get(ITEMS, params={"datetime": wrong}).status_code == 400


def test_parameters(client: httpx.Client) -> None:
    """/conf/core/query-param-unknown, /conf/core/query-param-invalid."""
    for query in ({"no_such_parameter": "1"}, {"f": "no such format"}):
        answer = client.get(ITEMS, params=query)
        assert answer.status_code == 400
        assert answer.json()["parameter"] == next(iter(query))


def test_matched(client: httpx.Client) -> None:
    """/conf/core/fc-numberMatched: that of all pages together."""
    counted = features(client, limit="1", count="true")
    page, seen = counted, []
    while True:
        seen += [each["id"] for each in page["features"]]
        following = links(page).get("next")
        if following is None:
            break
        page = features(client, following["href"])
    assert len(seen) == len(set(seen)) == counted["numberMatched"]


@every_collection
def test_feature(client: httpx.Client, name: str) -> None:
    """/conf/core/f-op, /conf/core/f-success, /conf/core/f-links."""
    for each in features(client, f"/ogc/collections/{name}/items")["features"][:2]:
        alone = features(client, f"/ogc/collections/{name}/items/{each['id']}")
        assert {"self", "collection"} <= set(links(alone))
        assert {**each, "links": None} == {**alone, "links": None}


@pytest.mark.parametrize(
    "path", ["/ogc/", "/ogc/conformance", "/ogc/collections", "/ogc/collections/parcels", ITEMS]
)
def test_html(client: httpx.Client, path: str) -> None:
    """/conf/html/definition, /conf/html/content."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<main" in answer.text


@every_collection
def test_crs_of_collections(client: httpx.Client, name: str) -> None:
    """Part 2: /req/crs/crs-uri, fc-md-crs-list, fc-md-storageCrs, fc-md-storageCrs-valid-value."""
    told = read(client, f"/ogc/collections/{name}")
    assert told["crs"][0] == CRS84
    assert all(uri.startswith("http://www.opengis.net/def/crs/") for uri in told["crs"])
    assert told["storageCrs"] == UTM
    assert told["storageCrs"] in told["crs"]


def test_crs_of_answers(client: httpx.Client) -> None:
    """Part 2: /req/crs/fc-crs-definition, fc-crs-valid-value, fc-crs-default-value, ogc-crs-header."""
    one = f"{ITEMS}/{features(client, limit='1')['features'][0]['id']}"
    for path in (ITEMS, one):
        assert client.get(path).headers["content-crs"] == f"<{CRS84}>"
        for uri in read(client, "/ogc/collections/parcels")["crs"]:
            answer = client.get(path, params={"crs": uri})
            assert (answer.status_code, answer.headers["content-crs"]) == (200, f"<{uri}>")
        assert client.get(path, params={"crs": "http://www.opengis.net/def/crs/EPSG/0/1"}).status_code == 400


def test_crs_of_boxes(client: httpx.Client) -> None:
    """Part 2: /req/crs/fc-bbox-crs-definition, fc-bbox-crs-valid-value, -valid-defaultValue, -action."""
    for uri in read(client, "/ogc/collections/parcels")["crs"]:
        first = features(client, crs=uri, limit="1")["features"][0]
        x, y = first["geometry"]["coordinates"][0][0][0]
        near = 1e-5 if abs(x) <= 180 else 0.1  # a corner in degrees or metres, as it was rounded
        box = f"{x - near},{y - near},{x + near},{y + near}"
        found = features(client, **{"bbox": box, "bbox-crs": uri})["features"]
        assert first["id"] in {each["id"] for each in found}, uri
    wrong = {"bbox": "7,51,8,52", "bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/1"}
    assert client.get(ITEMS, params=wrong).status_code == 400
