"""Forms: what a person types is checked and written as a program's feature is, and nothing typed is lost."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pyproj
import pytest
from sqlalchemy import text

from geo_service.availability.service import today
from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample

NEW = "/ogc/collections/premises/new"
OURS = "FROM premises WHERE premises_key LIKE 'form-%'"
EDIT = "/ogc/collections/premises/items/form-1/edit"
FIELDS: dict[str, Any] = {
    "lang": "de", "premises_key": "form-1", "name": 'Laden "Süd" <b>', "street": "Weg", "house_number": "1a",
    "area_m2": "1.234,5", "permitted_uses": ["retail", "gastronomy"], "net_rent_eur_month": "990,50",
    "geometry": "POINT (7.46 51.51)", "action": "save",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clean(database: Database, sample: Sample) -> Iterator[None]:  # noqa: ARG001 - beside its rows
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text(f"DELETE FROM vacancies WHERE premises_id IN (SELECT id {OURS})"))
        connection.execute(text(f"DELETE {OURS}"))


@pytest.fixture
def manager(signed_in: SignedIn) -> httpx.Client:
    return signed_in("vacancy_manager")


def stored(database: Database, key: str = "form-1") -> list[Any]:
    statement = text(
        "SELECT name, area_m2, permitted_uses, net_rent_eur_month, street, upper(valid) AS until, "
        "ST_X(geom) AS x, ST_Y(geom) AS y FROM premises WHERE premises_key = :key ORDER BY id"
    )
    with database.read() as connection:
        return list(connection.execute(statement, {"key": key}))


def filled(page: str) -> dict[str, Any]:
    """Return what a browser would send of the form on a page."""
    form = page.partition('class="edit-form"')[2].partition("</form>")[0]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        values = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if values.get("type") == "checkbox":
            if " checked" in tag:
                sent.setdefault(values["name"], []).append(values["value"])
        else:
            sent[values["name"]] = values.get("value", "")
    for name, value in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = html.unescape(value)
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = html.unescape(chosen[1]) if chosen else ""
    return sent


def test_a_record_is_created_changed_and_ended(manager: httpx.Client, database: Database) -> None:
    page = manager.get(f"{NEW}?lang=de&street=Neue%20Str.")
    assert page.headers["cache-control"] == "no-store"
    assert "zulässige Nutzungen" in page.text
    assert filled(page.text)["street"] == "Neue Str."
    answer = manager.post(NEW, data=FIELDS)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/leerstand/form-1?saved=premises#gespeichert",
    ), answer.text
    (row,) = stored(database)
    assert (row.name, row.area_m2, row.net_rent_eur_month) == ('Laden "Süd" <b>', 1234.5, 990.5)
    assert sorted(row.permitted_uses) == ["gastronomy", "retail"]
    projected = pyproj.Transformer.from_crs(4326, 25832, always_xy=True).transform(7.46, 51.51)
    assert (row.x, row.y) == pytest.approx(projected, abs=0.01)

    sent = filled(manager.get(EDIT, params={"lang": "de"}).text)
    assert sent["area_m2"] == "1234,5"
    assert sorted(sent["permitted_uses"]) == ["gastronomy", "retail"]
    answer = manager.post(EDIT, data={**sent, "area_m2": "80", "action": "save"})
    assert answer.status_code == 303, answer.text
    (after,) = stored(database)
    assert after.area_m2 == 80
    assert (after.x, after.y) == pytest.approx((row.x, row.y), abs=0.0006), (
        "to the millimetre of the interface"
    )
    assert after.name == row.name

    sent = filled(manager.get(EDIT, params={"lang": "de"}).text)
    answer = manager.post(EDIT, data={**sent, "action": "end"})
    assert answer.status_code == 303, answer.text
    assert stored(database)[0].until == today()


def test_what_begins_later_is_withdrawn_and_stays_in_the_history(
    manager: httpx.Client, database: Database
) -> None:
    assert manager.post(NEW, data=FIELDS).status_code == 303
    since = (today() + timedelta(days=40)).isoformat()
    vacancy = {"lang": "de", "premises_key": "form-1", "since": since, "status": "vacant", "action": "save"}
    assert manager.post("/ogc/collections/vacancies/new", data=vacancy).status_code == 303
    with database.begin(actor="test") as connection:
        key = connection.execute(
            text(f"SELECT id FROM vacancies WHERE premises_id IN (SELECT id {OURS})")
        ).scalar_one()

    def pressed(form: str) -> httpx.Response:
        page = manager.get(form, params={"lang": "de"}).text
        assert "Zurückziehen (beginnt erst später)" in page
        assert "Zu gestern beenden" not in page
        return manager.post(form, data={**filled(page), "action": "end"})

    premises = filled(manager.get(EDIT, params={"lang": "de"}).text)
    moved = manager.post(EDIT, data={**premises, "valid_from": since, "action": "save"})
    assert moved.status_code == 303, moved.text
    refused = pressed(EDIT)
    assert refused.status_code == 409
    assert "Other records belong to it" in refused.text
    answer = pressed(f"/ogc/collections/vacancies/items/{key}/edit")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/leerstand#gespeichert",
    )
    assert pressed(EDIT).status_code == 303
    assert stored(database) == []
    told = manager.get("/leerstand/form-1/verlauf", headers={"accept-language": "de"})
    assert told.status_code == 200
    assert "Gelöscht: Leerstand" in told.text
    assert "Gelöscht: Ladenlokal" in told.text


def test_checking_writes_nothing(manager: httpx.Client, database: Database) -> None:
    answer = manager.post(NEW, data={**FIELDS, "action": "check"})
    assert answer.status_code == 200
    assert "Geschrieben ist noch nichts." in answer.text
    assert filled(answer.text)["geometry"] == FIELDS["geometry"]
    assert stored(database) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"area_m2": "viel"}, "area_m2"),
        ({"area_m2": "-5"}, "area_m2"),
        ({"premises_key": ""}, "premises_key"),
        ({"geometry": "POINT (51.51 7.46)"}, "geometry"),
        ({"geometry": "nirgends"}, "geometry"),
        ({"geometry": '{"type":"Point"'}, "geometry"),
        ({"geometry": "POINT EMPTY"}, "geometry"),
        ({"permitted_uses": "<script>"}, "permitted_uses"),
        ({"valid_from": "31.02.2026"}, "valid_from"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_kept(
    manager: httpx.Client, database: Database, changes: dict[str, str], told: str
) -> None:
    answer = manager.post(NEW, data={**FIELDS, **changes})
    assert answer.status_code in {400, 422}, answer.text
    assert f'id="{told}-error"' in answer.text or 'class="field-error"' in answer.text
    assert "<script>" not in answer.text.partition('class="edit-form"')[2]
    sent = filled(answer.text)
    assert sent["name"] == FIELDS["name"]
    assert stored(database) == []


def test_somebody_else_was_faster(manager: httpx.Client, database: Database) -> None:
    assert manager.post(NEW, data=FIELDS).status_code == 303
    mine = filled(manager.get(EDIT, params={"lang": "de"}).text)
    other = filled(manager.get(EDIT, params={"lang": "de"}).text)
    assert manager.post(EDIT, data={**other, "street": "Andere <i>", "action": "save"}).status_code == 303
    answer = manager.post(EDIT, data={**mine, "name": "Meiner", "action": "save"})
    assert answer.status_code == 412
    assert "Jemand anders war schneller." in answer.text
    assert re.search(
        r"Zuletzt gespeichert von test\.vacancy_manager am \d\d\.\d\d\.\d{4}, \d\d:\d\d\.", answer.text
    )
    assert "Andere &lt;i&gt;" in answer.text
    assert "anders gespeichert" not in answer.text
    assert stored(database)[0].street == "Andere <i>"
    again = filled(answer.text)
    assert (again["name"], again["street"]) == ("Meiner", "Andere <i>")
    assert manager.post(EDIT, data={**again, "action": "save"}).status_code == 303
    (row,) = stored(database)
    assert (row.name, row.street) == ("Meiner", "Andere <i>")


def alert_of(page: str) -> str:
    alert = page.partition('role="alert"')[2].partition('class="edit-form"')[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", alert)))


def test_both_changed_one_field_and_the_place(manager: httpx.Client, database: Database) -> None:
    """What both changed is told three times, and stays as typed; a place that was not typed stays theirs."""
    assert manager.post(NEW, data=FIELDS).status_code == 303
    mine = filled(manager.get(EDIT, params={"lang": "de"}).text)
    theirs = {**mine, "name": "Ihrer", "area_m2": "90", "permitted_uses": ["retail"]}
    theirs |= {"geometry": "POINT (7.47 51.52)", "action": "save"}
    assert manager.post(EDIT, data=theirs).status_code == 303
    moved = stored(database)[0].x
    answer = manager.post(EDIT, data={**mine, "name": "Meiner", "action": "save"})
    assert answer.status_code == 412
    told = alert_of(answer.text)
    assert 'Name: vorher: Laden "Süd" <b>; jetzt gespeichert: Ihrer; Ihre Angabe: Meiner (steht im' in told
    assert "vorher: 1.234,50; jetzt gespeichert: 90; von Ihnen nicht geändert, übernommen" in told
    assert "Lage oder Umriss: anders gespeichert, bleibt so" in told
    again = filled(answer.text)
    assert (again["name"], again["area_m2"], again["permitted_uses"]) == ("Meiner", "90", ["retail"])
    assert manager.post(EDIT, data={**again, "action": "save"}).status_code == 303
    (row,) = stored(database)
    assert (row.name, row.area_m2, row.permitted_uses) == ("Meiner", 90, ["retail"])
    assert row.x == pytest.approx(moved, abs=0.0006)


@pytest.mark.parametrize("opened", ["", "[]", "{", "1"])
def test_a_form_that_does_not_say_how_it_was_opened_loses_nothing_typed(
    manager: httpx.Client, opened: str
) -> None:
    assert manager.post(NEW, data=FIELDS).status_code == 303
    mine = filled(manager.get(EDIT, params={"lang": "de"}).text)
    assert manager.post(EDIT, data={**mine, "street": "Ufer", "action": "save"}).status_code == 303
    answer = manager.post(EDIT, data={**mine, "opened": opened, "name": "Meiner", "action": "save"})
    assert answer.status_code == 412
    again = filled(answer.text)
    assert (again["name"], again["street"]) == ("Meiner", "Weg")
    assert "jetzt gespeichert: Ufer; Ihre Angabe: Weg" in alert_of(answer.text)


def test_a_vacancy_of_the_premises(manager: httpx.Client, database: Database) -> None:
    assert manager.post(NEW, data=FIELDS).status_code == 303
    address = "/ogc/collections/vacancies/new"
    page = manager.get(address, params={"premises_key": "form-1", "lang": "de"}).text
    assert 'id="geometry"' not in page, "a vacancy lies where its premises lie"
    sent = filled(page)
    assert sent["premises_key"] == "form-1"
    sent |= {"since": "2026-11-01", "status": "vacant", "asking_rent_eur_month": "800", "action": "save"}
    answer = manager.post(address, data=sent)
    assert (answer.status_code, answer.headers.get("location")) == (
        303,
        "/leerstand/form-1?saved=vacancies#gespeichert",
    ), answer.text
    shown = manager.get("/leerstand/form-1", headers={"accept": "text/html"}).text
    edit = re.search(r'href="(/ogc/collections/vacancies/items/\d+/edit)"', shown)
    assert edit
    assert manager.post(address, data=sent).status_code == 409
    page = manager.get(edit[1], params={"lang": "de"}).text
    assert "<title>Leerstände ändern: form-1, 01.11.2026" in page
    assert "<br>01.11.2026</p>" in page
    sent = filled(page)
    assert manager.post(edit[1], data={**sent, "action": "end"}).status_code == 303
    with database.read() as connection:
        ours = text(f"SELECT upper(during) FROM vacancies WHERE premises_id IN (SELECT id {OURS})")
        until = connection.execute(ours).scalar_one()
    assert until is not None


def test_for_those_who_may(client: httpx.Client, signed_in: SignedIn, database: Database) -> None:
    accepts = {"accept": "text/html"}
    assert client.get(NEW, headers=accepts).status_code == 401
    assert client.post(NEW, data=FIELDS).status_code == 401
    planner = signed_in("planner")
    assert planner.get(NEW, headers=accepts).status_code == 403
    assert planner.post(NEW, data=FIELDS).status_code == 403
    assert planner.get("/ogc/collections/restrictions/new", headers=accepts).status_code == 200
    assert planner.get("/ogc/collections/parcels/new", headers=accepts).status_code in {400, 422}
    assert stored(database) == []
    paths = client.get("/api/openapi.json").json()["paths"]
    assert paths
    assert not any(path.endswith(("/new", "/edit")) for path in paths)


@pytest.mark.parametrize("collection", ["restrictions", "land_use_areas", "sites", "premises", "vacancies"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_field_has_a_name(signed_in: SignedIn, collection: str, language: str) -> None:
    page = signed_in("admin").get(f"/ogc/collections/{collection}/new", params={"lang": language}).text
    names = re.findall(r'<label class="kern-label" for="(\w+)">(\S+)', page)
    assert len(names) > 5
    assert [name for name, shown in names if name == shown] == []


def test_a_key_of_any_signs_leads_back_to_its_page(manager: httpx.Client) -> None:
    key = "form-ä?#&%/x y"
    answer = manager.post(NEW, data={**FIELDS, "premises_key": key.replace("/", "")})
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"].partition("#")[0]
    shown = manager.get(path, headers={"accept": "text/html"})
    assert shown.status_code == 200
    assert '<p class="saved-note" id="gespeichert" tabindex="-1">Gespeichert: Ladenlokal.</p>' in shown.text
    history = manager.get(f"{path.partition('?')[0]}/verlauf", headers={"accept": "text/html"})
    assert f'href="{path.partition("?")[0]}"' in history.text


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        ("POINT(abc)", "Das ist weder WKT noch GeoJSON."),
        ('{"type":"Polygon"}', "Das ist weder WKT noch GeoJSON."),
        ("POLYGON((7.46 51.51, 7.47 51.51, 7.47 51.52))", "Der Umriss ist nicht geschlossen"),
        ("POINT (51.51 7.46)", "In Grad steht erst die Länge"),
        ("POINT (13.4 52.52)", "Orte außerhalb der Stadt nimmt nur der Import einer Datei."),
    ],
)
def test_all_that_is_wrong_is_told_at_once_in_german(manager: httpx.Client, geometry: str, told: str) -> None:
    wrong = {**FIELDS, "premises_key": "", "area_m2": "abc", "floor": "x", "geometry": geometry}
    answer = manager.post(NEW, data=wrong, headers={"accept-language": "de"})
    assert answer.status_code == 422
    alert, _, form = answer.text.partition('class="edit-form"')
    alert = alert.partition('role="alert"')[2]
    for name in ("premises_key", "area_m2", "floor", "geometry"):
        assert f'href="#{name}"' in alert, name
        assert f'id="{name}"' in form, name
    assert told in html.unescape(alert)
    for foreign in ("Exception", "--allow-outside", "neither", "Content-Crs"):
        assert foreign not in answer.text, foreign
    assert 'lang="en"' not in alert


@pytest.mark.parametrize(
    ("address", "role", "written"),
    [
        (NEW, "vacancy_manager", "POINT (7.4653 51.5136)"),
        ("/ogc/collections/restrictions/new", "planner", "POLYGON ((7.465 51.513, "),
    ],
)
def test_an_unreadable_place_is_told_how_to_write_one_of_its_kind(
    signed_in: SignedIn, address: str, role: str, written: str
) -> None:
    answer = signed_in(role).post(address, data={"geometry": "here", "action": "save"})
    assert answer.status_code == 422
    assert f"so schreiben: {written}" in html.unescape(answer.text)


@pytest.mark.parametrize("collection", ["restrictions", "land_use_areas", "sites", "premises", "vacancies"])
def test_marked_is_what_the_check_asks_for(signed_in: SignedIn, collection: str) -> None:
    address = f"/ogc/collections/{collection}/new"
    empty = signed_in("admin").get(address, params={"lang": "en"}).text
    marked = set(re.findall(r'for="(\w+)">[^<]+ <span class="small-inline">\(required\)', empty))
    typed = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"[^>]* required', empty))
    answer = signed_in("admin").post(address, data={"lang": "en", "action": "save"})
    alert = answer.text.partition('role="alert"')[2].partition('class="edit-form"')[0]
    assert answer.status_code == 422
    assert alert.startswith(' id="faults" tabindex="-1" autofocus>')
    assert marked == typed == set(re.findall(r'href="#(\w+)"', alert))
    assert " autofocus" not in empty


def test_a_new_vacancy_offers_the_known_premises(manager: httpx.Client) -> None:
    assert manager.post(NEW, data=FIELDS).status_code == 303
    page = manager.get("/ogc/collections/vacancies/new", params={"lang": "de"}).text
    offered = page.partition('<datalist id="known-premises">')[2].partition("</datalist>")[0]
    assert '<option value="form-1">Weg 1a</option>' in offered
    assert '<option value="L-0">Kreuzstraße 7</option>' in offered
    assert re.search(r'<input[^>]*id="premises_key"[^>]*list="known-premises"', page)
    assert "<datalist" not in manager.get(NEW).text


def test_an_empty_restriction_tells_what_it_needs(signed_in: SignedIn) -> None:
    address = "/ogc/collections/restrictions/new"
    page = signed_in("planner").get(address, params={"lang": "de"})
    assert "(leer: Restriktionskataster)" in page.text
    answer = signed_in("planner").post(address, data={"lang": "de", "action": "save"})
    alert = answer.text.partition('role="alert"')[2].partition('class="edit-form"')[0]
    assert {"restriction_key", "kind", "geometry"} <= set(re.findall(r'href="#(\w+)"', alert))
    assert "Die Lage fehlt." in alert
