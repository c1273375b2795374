"""The register of inquiries: who may, what is stored, lost updates, paging."""

from typing import Any

import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.inquiries.intake import matches
from tests.inquiries.conftest import Served, key
from tests.matching.api import headers_of, scalar

ADVISER = headers_of("investor_support")
FORM: dict[str, Any] = {
    "received_on": "2026-06-15",
    "requester": "Beispiel GmbH (erfunden)",
    "contact": "nur zum Test",
    "subject": "land",
    "use": "GE",
    "area_min_m2": 4000,
    "area_max_m2": 5000,
    "needed_by": "2027-06-30",
    "transit_grade_min": "C",
    "districts": ["hoerde"],
    "price_max_eur_per_m2": 150.5,
    "wishes": ["district"],
}


def create(served: Served, **changes: Any) -> Any:
    return served.client.post("/api/inquiries", json={**FORM, **changes}, headers=ADVISER)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/inquiries"),
        ("POST", "/api/inquiries"),
        ("GET", "/api/inquiries/A-2026-00001"),
        ("PATCH", "/api/inquiries/A-2026-00001"),
        ("GET", "/api/inquiries/A-2026-00001/ranking"),
    ],
)
def test_only_investor_support_and_admins_come_in(served: Served, method: str, path: str) -> None:
    assert served.client.request(method, path).status_code == 401
    for role in Role:
        status = served.client.request(method, path, headers=headers_of(role.value)).status_code
        assert (status == 403) == (role not in {Role.INVESTOR_SUPPORT, Role.ADMIN}), role


def test_an_inquiry_is_taken_in_and_read_back(served: Served) -> None:
    created = create(served)
    assert created.status_code == 201
    body = created.json()
    assert body["reference"] == "A-2026-00001"
    assert created.headers["location"] == "/api/inquiries/A-2026-00001"
    assert {name: body[name] for name in FORM} == FORM
    assert (body["status"], body["outcome"], body["is_demo"]) == ("open", "", False)
    read = served.client.get(created.headers["location"], headers=ADVISER)
    assert read.json() == body
    assert read.headers["etag"] == created.headers["etag"]
    assert read.headers["cache-control"] == "no-store"
    assert create(served).json()["reference"] == "A-2026-00002"
    with served.database.read() as connection:
        actors = scalar(connection, "SELECT array_agg(actor) FROM audit WHERE table_name = 'inquiries'")
    assert actors == ["demo.investor_support"] * 2


def test_an_unknown_inquiry(served: Served) -> None:
    for path in ("/api/inquiries/nothing", "/api/inquiries/nothing/ranking"):
        assert served.client.get(path, headers=ADVISER).status_code == 404
    gone = served.client.patch("/api/inquiries/nothing", json={}, headers={**ADVISER, "If-Match": "*"})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"requester": "  "}, "/requester"),
        ({"subject": "castle"}, "/subject"),
        ({"use": "castle"}, "/use"),
        ({"area_min_m2": -1}, "/area_min_m2"),
        ({"area_min_m2": 6000}, ""),
        ({"status": "unmet"}, ""),
        ({"districts": ["hoerde", "atlantis"]}, "/districts/1"),
        ({"horizon_max": "short"}, ""),
        ({"reference": "mine"}, "/reference"),
        ({"received_on": "0026-06-15"}, "/received_on"),
    ],
)
def test_unsound_inquiries_are_refused_by_field(served: Served, change: dict[str, Any], pointer: str) -> None:
    answer = create(served, **change)
    assert answer.status_code == 422
    assert [error.get("pointer") for error in answer.json()["errors"]] == [pointer]


def patch(served: Served, tag: str | None, **changes: Any) -> Any:
    headers = ADVISER if tag is None else {**ADVISER, "If-Match": tag}
    return served.client.patch("/api/inquiries/A-2026-00001", json=changes, headers=headers)


def test_a_change_needs_the_state_it_builds_on(served: Served) -> None:
    tag = create(served).headers["etag"]
    assert patch(served, None, note="x").status_code == 428
    assert patch(served, '"something else"', note="x").status_code == 412
    changed = patch(served, tag, note="ruft zurück", needed_by=None)
    assert changed.status_code == 200
    assert (changed.json()["note"], changed.json()["needed_by"]) == ("ruft zurück", None)
    assert changed.json()["requester"] == FORM["requester"]
    stale = patch(served, tag, note="zweiter")
    assert stale.status_code == 412
    assert patch(served, f'"other", {changed.headers["etag"]}', note="zweiter").status_code == 200
    assert patch(served, "*", note=None).json()["note"] is None
    with served.database.read() as connection:
        changes = scalar(
            connection, "SELECT count(*) FROM audit WHERE table_name = 'inquiries' AND action = 'update'"
        )
    assert changes == 3


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"area_max_m2": 100}, ""),
        ({"requester": None}, "/requester"),
        ({"status": "served"}, ""),
        ({"horizon_max": "now"}, ""),
        ({"use": None}, "/use"),
        ({"reference": "mine"}, "/reference"),
        ({"districts": ["atlantis"]}, "/districts/0"),
    ],
)
def test_a_change_must_leave_a_sound_inquiry(served: Served, change: dict[str, Any], pointer: str) -> None:
    tag = create(served).headers["etag"]
    answer = patch(served, tag, **change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert patch(served, tag, status="unmet", outcome="keine Fläche").status_code == 200


def test_paging_filters_and_order(served: Served) -> None:
    for day in ("2026-06-01", "2026-06-20", "2026-06-20", "2026-06-10"):
        create(served, received_on=day)
    create(served, subject="premises", use="retail", received_on="2026-06-05")

    def page(path: str) -> dict[str, Any]:
        body: dict[str, Any] = served.client.get(path, headers=ADVISER).json()
        return body

    seen: list[str] = []
    path: str | None = "/api/inquiries?limit=2"
    while path:
        body = page(path)
        assert len(body["inquiries"]) <= 2
        seen += [item["reference"] for item in body["inquiries"]]
        path = body["next"]
    assert seen == [f"A-2026-0000{number}" for number in (3, 2, 4, 5, 1)]
    assert [item["use"] for item in page("/api/inquiries?subject=premises")["inquiries"]] == ["retail"]
    assert page("/api/inquiries?status=served")["inquiries"] == []
    assert page("/api/inquiries?limit=4&subject=land")["next"] is None


@pytest.mark.parametrize("query", ["after=2026-02-31_1", "after=x", "limit=0", "status=odd", "sort=name"])
def test_bad_questions_are_refused(served: Served, query: str) -> None:
    assert served.client.get(f"/api/inquiries?{query}", headers=ADVISER).status_code == 422


def test_ranking_for_a_stored_inquiry(served: Served) -> None:
    create(served, wishes=[])
    body = served.client.get("/api/inquiries/A-2026-00001/ranking?limit=5", headers=ADVISER).json()
    assert [item["key"] for item in body["fitting"]] == [key(1)]
    create(served, subject="premises", use="retail", area_min_m2=0, area_max_m2=100, needed_by=None,
           horizon_max="now", transit_grade_min=None, districts=[], price_max_eur_per_m2=None)  # fmt: skip
    body = served.client.get("/api/inquiries/A-2026-00002/ranking", headers=ADVISER).json()
    assert {item["key"] for item in body["fitting"]} == {"P-1", "P-3"}


def test_an_inquiry_that_cannot_be_ranked_for_says_what_to_mend(served: Served) -> None:
    create(served)
    with served.database.begin("test") as connection:
        connection.execute(text("UPDATE inquiries SET use = 'Gewerbe aller Art'"))
    answer = served.client.get("/api/inquiries/A-2026-00001/ranking", headers=ADVISER)
    assert answer.status_code == 422
    assert "uses" in answer.json()["detail"]
    assert served.client.get("/api/inquiries/A-2026-00001", headers=ADVISER).status_code == 200


def test_weak_tags_never_match() -> None:
    assert matches('"a"', '"b" , "a"')
    assert not matches('"a"', 'W/"a"')
