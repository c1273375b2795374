"""Creating, replacing, changing and ending features: checks, states, roles, audit, two writers at once."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy import delete, text

from geo_service.availability.service import today
from geo_service.beside import Turns
from geo_service.db import Database
from geo_service.imports.catalogue import kind_named
from geo_service.imports.queries import LAST_HASH
from geo_service.imports.report import EDITED, ImportOptions
from geo_service.imports.writing import wait_for_turn
from geo_service.schema import Restriction
from geo_service.web.queries.frame import FRESHNESS
from geo_service.web.queries.start import CHANGES
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

ITEMS = "/ogc/collections/restrictions/items"
SQUARE: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[7.46, 51.51], [7.461, 51.51], [7.461, 51.511], [7.46, 51.511], [7.46, 51.51]]],
}
FEATURE: dict[str, Any] = {
    "type": "Feature",
    "geometry": SQUARE,
    "properties": {
        "restriction_key": "edit-1", "kind": "water", "effect": "excludes", "severity": "severe",
        "title": "Größe 'x'; <b>", "office": "Umweltamt", "valid_from": "2026-01-01",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def clean(database: Database, sample: Sample) -> Iterator[None]:  # noqa: ARG001 - beside its rows
    yield
    table = Restriction.metadata.tables["restrictions"]
    with database.begin(actor="test") as connection:
        connection.execute(delete(table).where(table.c.restriction_key.like("edit-%")))


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in("planner")


def created(planner: httpx.Client, **changes: Any) -> tuple[str, str, dict[str, Any]]:
    """Create the feature; return its address, state and what the service says of it."""
    body = {**FEATURE, "properties": {**FEATURE["properties"], **changes}}
    answer = planner.post(ITEMS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"], answer.json()


def state_of(answer: httpx.Response) -> str:
    """Return the part of an entity tag that is the same however the feature is written."""
    return str(answer.headers["etag"])[:33]


def without_links(feature: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in feature.items() if name != "links"}


def test_a_new_feature_is_there_as_it_was_sent(planner: httpx.Client, client: httpx.Client) -> None:
    address, etag, answered = created(planner)
    read = planner.get(address)
    assert read.headers["etag"] == etag
    feature = read.json()
    for name, value in FEATURE["properties"].items():
        assert feature["properties"][name] == value
    assert feature["properties"]["valid_to"] is None
    assert feature["properties"]["is_demo"] is False
    corners = feature["geometry"]["coordinates"][0][0]
    assert {tuple(round(x, 6) for x in corner) for corner in corners} == {
        tuple(corner) for corner in SQUARE["coordinates"][0]
    }
    assert answered["id"] == feature["id"]
    assert client.get(address).status_code == 200
    again = planner.post(ITEMS, json=FEATURE)
    assert again.status_code == 409
    assert "already" in again.json()["detail"]


def test_one_field_is_changed_and_another_emptied(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    answer = planner.patch(
        address, json={"properties": {"title": "Neu", "office": None}}, headers={"If-Match": etag}
    )
    assert answer.status_code == 200, answer.text
    properties = planner.get(address).json()["properties"]
    assert (properties["title"], properties["office"]) == ("Neu", "")
    assert properties["valid_from"] == "2026-01-01"
    assert answer.headers["etag"] == planner.get(address).headers["etag"] != etag


def test_what_is_not_sent_is_emptied_by_a_replacement(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    smaller = {
        "type": "Feature",
        "geometry": SQUARE,
        "properties": {
            name: FEATURE["properties"][name]
            for name in ("restriction_key", "kind", "effect", "severity", "title")
        },
    }
    answer = planner.put(address, json=smaller, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    properties = answer.json()["properties"]
    assert (properties["office"], properties["valid_from"]) == ("", None)


def test_a_feature_read_in_full_can_be_sent_back(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    read = planner.get(f"{address}?crs=EPSG:25832")
    headers = {"If-Match": etag, "Content-Crs": read.headers["content-crs"]}
    answer = planner.put(address, json=read.json(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert state_of(answer) == etag[:33]
    assert without_links(answer.json()) == without_links(read.json())


def test_an_answer_can_be_sent_back_as_it_came(planner: httpx.Client) -> None:
    address, etag, answered = created(planner)  # degrees were sent
    assert without_links(answered) == without_links(planner.get(address).json())
    back = planner.put(address, json=answered, headers={"If-Match": etag})
    assert (back.status_code, state_of(back)) == (200, etag[:33]), back.text
    metres = planner.get(f"{address}?crs=EPSG:25832").json()
    assert metres["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::25832"
    again = planner.put(address, json=metres, headers={"If-Match": etag})  # it says its system itself
    assert (again.status_code, state_of(again)) == (200, etag[:33]), again.text
    assert again.headers["content-crs"].endswith("/25832>")
    assert without_links(again.json()) == without_links(metres)


@pytest.mark.parametrize(("crs", "status"), [("EPSG:25832", 422), ({"properties": {"name": "EPSG:1"}}, 400)])
def test_a_system_that_cannot_be_read_is_refused(
    planner: httpx.Client, crs: dict[str, Any] | str, status: int
) -> None:
    refused = planner.post(ITEMS, json={**FEATURE, "crs": crs})
    assert (refused.status_code, refused.json()["parameter"]) == (status, "crs"), refused.text


def test_an_invented_record_stays_marked(planner: httpx.Client) -> None:
    address, _, feature = created(planner, is_demo=True)
    unmark = planner.patch(address, json={"properties": {"is_demo": False}}, headers={"If-Match": "*"})
    assert unmark.status_code == 422, unmark.text
    assert [error["parameter"] for error in unmark.json()["errors"]] == ["is_demo"]
    del feature["properties"]["is_demo"]
    replaced = planner.put(address, json=feature, headers={"If-Match": "*"})
    assert replaced.status_code == 200, replaced.text
    assert planner.get(address).json()["properties"]["is_demo"] is True


def test_a_place_that_is_not_touched_stays_to_the_last_bit(
    planner: httpx.Client, signed_in: SignedIn, database: Database
) -> None:
    address, _, _ = created(planner)
    shape = text("SELECT ST_AsEWKB(geom) FROM restrictions WHERE restriction_key = 'edit-1'")

    def stored() -> bytes:
        with database.read() as connection:
            return bytes(connection.execute(shape).scalar_one())

    before, as_it_is = stored(), {"If-Match": "*"}
    thirds = shapely.get_coordinates(shapely.from_wkb(before)) * 1000 % 1
    assert ((thirds > 0.01) & (thirds < 0.99)).any()  # it is no whole number of millimetres
    assert planner.patch(address, json={"properties": {"title": "A"}}, headers=as_it_is).status_code == 200
    assert stored() == before
    for name in ("OGC/1.3/CRS84", "EPSG/0/25832", "EPSG/0/4326", "EPSG/0/4258", "EPSG/0/3857"):
        crs = f"http://www.opengis.net/def/crs/{name}"
        feature = without_links(planner.get(address, params={"crs": crs}).json())
        feature["properties"]["title"] = name
        sent = planner.put(address, json=feature, headers={**as_it_is, "Content-Crs": f"<{crs}>"})
        assert sent.status_code == 200, sent.text
        assert sent.json()["properties"]["title"] == name
        assert stored() == before
        whole = planner.patch(address, json=without_links(sent.json()), headers={
            **as_it_is, "Content-Crs": sent.headers["content-crs"]})  # fmt: skip
        assert whole.status_code == 200, whole.text
        assert stored() == before
    form = signed_in("planner").post(
        f"{ITEMS}/{address.rpartition('/')[2]}/edit",
        data={**{name: str(value) for name, value in FEATURE["properties"].items()}, "title": "Formular",
              "state": f'W/{state_of(planner.get(address))}"', "geometry": ""},
    )  # fmt: skip
    assert form.status_code == 303, form.text
    assert stored() == before
    assert planner.delete(address, headers=as_it_is).status_code == 204
    assert stored() == before
    moved = {"type": "Polygon", "coordinates": [[[x + 0.001, y] for x, y in SQUARE["coordinates"][0]]]}
    assert planner.patch(address, json={"geometry": moved}, headers=as_it_is).status_code == 200
    assert stored() != before


def test_a_deleted_feature_ends(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    assert planner.delete(address, headers={"If-Match": etag}).status_code == 204
    properties = planner.get(address).json()["properties"]
    assert properties["valid_to"] == (today() - timedelta(days=1)).isoformat()
    again = planner.delete(address, headers={"If-Match": "*"})
    assert again.status_code == 409
    begun, state, _ = created(planner, restriction_key="edit-2", valid_from=today().isoformat())
    assert planner.delete(begun, headers={"If-Match": state}).status_code == 204
    assert planner.get(begun).json()["properties"]["valid_to"] == today().isoformat()


def test_a_feature_that_begins_later_is_withdrawn(planner: httpx.Client, database: Database) -> None:
    later = today() + timedelta(days=40)
    address, etag, _ = created(planner, valid_from=later.isoformat())
    key = PUBLIC_KEYS[0]
    with database.begin(actor="test") as connection:
        connection.execute(
            text(
                "UPDATE restrictions SET geom = (SELECT geom FROM parcels WHERE parcel_key = :key)"
                " WHERE restriction_key = 'edit-1'"
            ),
            {"key": key},
        )

    def titles() -> list[str]:
        asked = {"as_of": (later + timedelta(days=1)).isoformat()}
        answer = planner.get(f"/api/parcels/{key}/availability", params=asked)
        return [item["title"] for item in answer.json()["items"]]

    assert FEATURE["properties"]["title"] in titles()
    assert planner.delete(address, headers={"If-Match": etag}).status_code == 412, "it was moved meanwhile"
    state = planner.get(address).headers["etag"]
    assert planner.delete(address, headers={"If-Match": state}).status_code == 204
    assert planner.get(address).status_code == 404
    assert planner.delete(address, headers={"If-Match": "*"}).status_code == 404
    assert FEATURE["properties"]["title"] not in titles()
    with database.begin(actor="test") as connection:
        entry = connection.execute(
            text(
                "SELECT actor, request_id, before FROM audit WHERE table_name = 'restrictions'"
                " AND action = 'delete' ORDER BY id DESC LIMIT 1"
            )
        ).one()
    assert entry.actor == "test.planner"
    assert entry.request_id
    assert (entry.before["restriction_key"], entry.before["valid"]) == ("edit-1", f"[{later},)")
    again, _, _ = created(planner)
    assert planner.get(again).json()["properties"]["valid_from"] == "2026-01-01"


def test_nobody_writes_over_another(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    assert planner.patch(address, json={"properties": {"title": "x"}}).status_code == 428
    first = planner.patch(address, json={"properties": {"title": "erster"}}, headers={"If-Match": etag})
    assert first.status_code == 200
    for method in (planner.patch, planner.put):
        late = method(address, json={"properties": {"title": "zweiter"}}, headers={"If-Match": etag})
        assert late.status_code == 412, late.text
    assert planner.get(address).json()["properties"]["title"] == "erster"


def test_of_two_at_once_one_wins(planner: httpx.Client, signed_in: SignedIn) -> None:
    address, etag, _ = created(planner)
    people = [planner, signed_in("planner"), signed_in("admin")]
    with ThreadPoolExecutor(3) as pool:
        answers = list(
            pool.map(
                lambda one: one[1].patch(
                    address, json={"properties": {"title": f"von {one[0]}"}}, headers={"If-Match": etag}
                ),
                enumerate(people),
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    winner = next(place for place, answer in enumerate(answers) if answer.status_code == 200)
    assert planner.get(address).json()["properties"]["title"] == f"von {winner}"


def test_every_change_is_audited(planner: httpx.Client, database: Database) -> None:
    address, etag, _ = created(planner)
    change = {"If-Match": etag, "X-Request-ID": "of-the-change"}
    answer = planner.patch(address, json={"properties": {"title": "geprüft"}}, headers=change)
    assert answer.headers["x-request-id"] == "of-the-change"
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT actor, request_id FROM audit WHERE table_name = 'restrictions'"
                " ORDER BY id DESC LIMIT 2"
            )
        ).all()
    assert [row.actor for row in rows] == ["test.planner"] * 2
    assert rows[0].request_id == "of-the-change"
    assert len(rows[1].request_id) == 16


def test_every_change_moves_the_day_that_the_data_are_of(planner: httpx.Client, database: Database) -> None:
    def freshness() -> Any:
        with database.read() as connection:
            return {row.kind: row.applied_at for row in connection.execute(FRESHNESS)}.get("restrictions")

    seen = [freshness()]
    address, etag, _ = created(planner)
    seen.append(freshness())
    planner.patch(address, json={"properties": {"title": "geprüft"}}, headers={"If-Match": etag})
    seen.append(freshness())
    refused = planner.patch(address, json={"properties": {"kind": "dragon"}}, headers={"If-Match": "*"})
    assert refused.status_code == 422
    seen.append(freshness())
    assert seen[2] == seen[3]
    assert seen[0] is None or seen[0] < seen[1]
    assert seen[1] < seen[2]
    with database.read() as connection:
        listed = connection.execute(CHANGES).all()
        last = connection.execute(LAST_HASH, {"kind": "restrictions"}).all()
    assert not any(row.file_name == EDITED for row in listed)  # of imports
    assert last == []  # what was imported last is no edit


def test_an_edit_waits_for_an_import_only_as_long_as_any_statement(
    planner: httpx.Client, database: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, etag, _ = created(planner)
    held = app.state.database.settings.model_copy(update={"statement_timeout_s": 0.3})
    monkeypatch.setattr(app.state.database, "settings", held)
    with database.begin("an import") as connection:
        wait_for_turn(connection, kind_named("restrictions"), ImportOptions())
        began = time.monotonic()
        answer = planner.patch(address, json={"properties": {"title": "x"}}, headers={"If-Match": etag})
        assert time.monotonic() - began < 5
    assert answer.status_code == 503, answer.text
    again = planner.patch(address, json={"properties": {"title": "x"}}, headers={"If-Match": etag})
    assert again.status_code == 200


def test_edits_take_turns_with_other_work_of_the_agency(
    planner: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, etag, _ = created(planner)
    asked: list[bool] = []
    compute = Turns.compute

    async def noted(self: Turns, make: Any, *, public: bool) -> Any:
        asked.append(public)
        return await compute(self, make, public=public)

    monkeypatch.setattr(Turns, "compute", noted)
    planner.patch(address, json={"properties": {"title": "y"}}, headers={"If-Match": etag})
    assert asked == [False, False]  # written, and read again


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "dragon"}, "kind"),
        ({"kind": None}, "kind"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
        ({"valid_from": "2026-03-01", "valid_to": "2026-01-01"}, "valid_to"),
        ({"reduction_share": 2}, "reduction_share"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_values_are_named_and_nothing_is_written(
    planner: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    body = {**FEATURE, "properties": {**FEATURE["properties"], **changes}}
    answer = planner.post(ITEMS, json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["parameter"] for error in answer.json()["errors"]]
    address, etag, _ = created(planner)
    answer = planner.patch(address, json={"properties": changes}, headers={"If-Match": etag})
    assert answer.status_code == 422, answer.text
    assert planner.get(address).headers["etag"] == etag


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [7.46, 51.51]},
        {"type": "Polygon", "coordinates": [[[51.51, 7.46], [51.51, 7.47], [51.52, 7.47], [51.51, 7.46]]]},
        {
            "type": "Polygon",
            "coordinates": [[[7.4, 51.5], [7.5, 51.6], [7.5, 51.5], [7.4, 51.6], [7.4, 51.5]]],
        },
        {"type": "Polygon", "coordinates": "x"},
        {"type": "Polygon", "coordinates": [[[13.4, 52.5], [13.5, 52.5], [13.5, 52.6], [13.4, 52.5]]]},
        None,
    ],
)
def test_wrong_places_are_refused(planner: httpx.Client, geometry: Any) -> None:
    answer = planner.post(ITEMS, json={**FEATURE, "geometry": geometry})
    assert answer.status_code == 422, answer.text
    assert "geometry" in json.dumps(answer.json())


def test_the_key_of_a_record_stays(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    answer = planner.patch(
        address, json={"properties": {"restriction_key": "edit-9"}}, headers={"If-Match": etag}
    )
    assert answer.status_code == 409
    assert planner.get(address).headers["etag"] == etag


def test_only_the_roles_may(client: httpx.Client, signed_in: SignedIn, planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    assert client.post(ITEMS, json=FEATURE).status_code == 401
    for role in ("investor_support", "vacancy_manager"):
        assert signed_in(role).post(ITEMS, json=FEATURE).status_code == 403
        assert signed_in(role).delete(address, headers={"If-Match": etag}).status_code == 403
    assert planner.post("/ogc/collections/parcels/items", json=FEATURE).status_code == 422
    assert planner.patch(f"{ITEMS}/999999", json={}, headers={"If-Match": "*"}).status_code == 404
    assert planner.post(ITEMS, content=b"{", headers={"Content-Type": "application/json"}).status_code == 422
    assert planner.post(ITEMS, json=[1]).status_code == 422


READS = "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("role", "collection", "on_items", "on_item"),
    [
        ("planner", "restrictions", f"{READS}, POST", f"{READS}, PUT, PATCH, DELETE"),
        ("vacancy_manager", "vacancies", f"{READS}, POST", f"{READS}, PUT, PATCH, DELETE"),
        ("vacancy_manager", "restrictions", READS, READS),
        ("planner", "parcels", READS, READS),
        ("", "restrictions", READS, READS),
    ],
)
def test_which_methods_there_are_depends_on_the_role(
    client: httpx.Client, signed_in: SignedIn, role: str, collection: str, on_items: str, on_item: str
) -> None:
    caller = signed_in(role) if role else client
    items = f"/ogc/collections/{collection}/items"
    for address, allowed, wrong in ((items, on_items, "PUT"), (f"{items}/x", on_item, "POST")):
        told = caller.options(address)
        assert (told.status_code, told.headers["allow"], told.content) == (204, allowed, b"")
        refused = caller.request(wrong, address, json={})
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
        assert refused.headers["content-type"] == "application/problem+json"
        assert wrong not in allowed
    assert caller.options("/ogc/collections/nothing/items").status_code == 404


def test_a_head_tells_what_a_get_tells(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    for path in (address, ITEMS):
        head, get = planner.head(path), planner.get(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-crs", "cache-control", "content-length", "vary", "etag"):
            assert head.headers[name] == get.headers[name]
    assert planner.head(address, headers={"If-None-Match": etag}).status_code == 304


def test_vacancies_are_changed_by_those_who_let(signed_in: SignedIn, planner: httpx.Client) -> None:
    manager = signed_in("vacancy_manager")
    found = manager.get("/ogc/collections/vacancies/items").json()["features"][0]
    address = f"/ogc/collections/vacancies/items/{found['id']}"
    read = manager.get(address)
    note = read.json()["properties"]["note"]
    assert planner.patch(address, json={}, headers={"If-Match": "*"}).status_code == 403
    changed = manager.patch(
        address, json={"properties": {"note": "neue Notiz"}}, headers={"If-Match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["properties"]["note"] == "neue Notiz"
    refused = manager.patch(address, json={"properties": {"street": "x"}}, headers={"If-Match": "*"})
    assert refused.status_code == 422
    back = manager.patch(address, json={"properties": {"note": note}}, headers={"If-Match": "*"})
    assert back.headers["etag"] == read.headers["etag"]
