"""A planner writes a restriction where she works, and comes back to the page that she came from."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.availability.service import today
from geo_service.db import Database
from geo_service.restrictions.models import RestrictionKind
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS
from tests.web.reading import foreign_sentences, read

KEY: Final = PUBLIC_KEYS[0]
PAGE: Final = f"/flaechen/{KEY}"
NEW: Final = "/ogc/collections/restrictions/new"
TITLE: Final = 'Fläche <b>hinter</b> "dem" Hof'
OURS: Final = "FROM restrictions WHERE starts_with(restriction_key, 'flow-')"


@pytest.fixture(autouse=True)
def clean(database: Database, sample: Sample) -> Iterator[None]:
    assert sample
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text(f"DELETE {OURS}"))


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def sent(page: str, **typed: str) -> dict[str, Any]:
    """Return what a browser sends of the form on a page: hidden fields, the geometry, and what is typed."""
    form = page.partition('class="edit-form"')[2].partition("</form>")[0]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    place = re.search(r'<textarea[^>]*name="geometry"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    assert place
    kept = {name: html.unescape(value) for name, value in hidden}
    return {**kept, "geometry": html.unescape(place[1]), "action": "save", **typed}


def typed(key: str, **more: str) -> dict[str, str]:
    fields = {"restriction_key": key, "kind": "contamination", "effect": "delays", "severity": "light"}
    return {**fields, "title": TITLE, **more}


def open_form(planner: httpx.Client, language: str = "de") -> httpx.Response:
    """Follow the link on the page of the parcel."""
    page = planner.get(PAGE, params={"lang": language}).text
    found = re.search(r'href="(/ogc/collections/restrictions/new[^"]*)"', page)
    assert found
    return planner.get(html.unescape(found[1]), params={"parcel": KEY, "lang": language})


def test_the_outline_of_the_parcel_is_in_the_form_and_leaves_no_sliver(
    planner: httpx.Client, database: Database
) -> None:
    form = open_form(planner)
    assert f'href="{PAGE}"' in form.text
    fields = sent(form.text, **typed("flow-1"))
    assert json.loads(fields["geometry"])["type"] in {"Polygon", "MultiPolygon"}
    answer = planner.post(NEW, data=fields)
    assert answer.status_code == 303, answer.text
    with database.read() as connection:
        (differ,) = connection.execute(
            text(
                "SELECT ST_Area(ST_SymDifference(r.geom, p.geom)) FROM restrictions r, parcels p"
                " WHERE r.restriction_key = 'flow-1' AND p.parcel_key = :key AND upper_inf(p.valid)"
            ),
            {"key": KEY},
        ).one()
    assert differ < 0.01, "square metres"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", 'Gespeichert: Altlast, <span lang="de">%s</span>.'),
        ("en", 'Saved: contamination, <span lang="de">%s</span>.'),
    ],
)
def test_saving_leads_back_to_the_parcel_and_says_what_was_saved(
    planner: httpx.Client, language: str, told: str
) -> None:
    answer = planner.post(NEW, data=sent(open_form(planner, language).text, **typed("flow-2")))
    path, _, place = answer.headers["location"].partition("#")
    assert path.startswith(f"{PAGE}?saved=")
    assert place == "gespeichert"
    page = planner.get(path, params={**dict(httpx.URL(path).params), "lang": language})
    assert (told % html.escape(TITLE, quote=False).replace('"', "&#34;")) in page.text
    assert foreign_sentences(read(page.text)) == []


def test_a_record_is_changed_from_the_parcel(planner: httpx.Client, database: Database) -> None:
    link = (
        "jsonb_build_object('what', 'restriction', 'id', r.id, 'kind', r.kind, 'title', r.title,"
        " 'free_from', NULL, 'office', r.office, 'source', r.source)"
    )
    with database.begin(actor="test") as connection:
        connection.execute(
            text(
                f"UPDATE availability a SET chain = jsonb_build_array({link}) FROM parcels p, restrictions r"
                " WHERE a.parcel_id = p.id AND p.parcel_key = :key"
            ),
            {"key": KEY},
        )
    page = planner.get(PAGE, params={"lang": "de"}).text
    found = re.findall(rf'href="(/ogc/collections/restrictions/items/\d+/edit\?parcel={KEY})"', page)
    assert found, "what blocks the parcel can be changed from its page"
    with database.read() as connection:
        ids = set(connection.execute(text("SELECT id FROM restrictions")).scalars())
    assert {int(re.findall(r"items/(\d+)/", each)[0]) for each in found} <= ids
    form = planner.get(found[0])
    assert form.status_code == 200
    assert f'name="parcel" value="{KEY}"' in form.text
    wrong = planner.post(found[0], data=sent(form.text, lang="de", kind="nie"))
    assert wrong.status_code == 422
    assert f'name="parcel" value="{KEY}"' in wrong.text, "the way back outlives a fault"


def test_without_a_parcel_saving_leads_to_the_list_with_the_record_marked(planner: httpx.Client) -> None:
    place = "POLYGON((390000 5708000, 390010 5708000, 390010 5708010, 390000 5708000))"
    later = (today() + timedelta(days=400)).isoformat()
    answer = planner.post(NEW, data={"lang": "de", "action": "save", "geometry": place,
                                     **typed("flow-3", valid_from=later)})  # fmt: skip
    assert answer.status_code == 303, answer.text
    path, _, place = answer.headers["location"].partition("#")
    assert re.fullmatch(r"/restriktionen\?saved=\d+", path)
    page = planner.get(f"{path}&lang=de").text
    (row,) = re.findall(r'<tr class="kern-table__row row--saved".*?</tr>', page, re.DOTALL)
    assert "eben gespeichert" in row
    assert f"Gilt ab {later[8:]}.{later[5:7]}.{later[:4]}." in page
    edit = re.search(r'href="(/ogc/collections/restrictions/items/\d+/edit)"', row)
    assert edit
    form = planner.get(edit[1]).text
    withdrawn = planner.post(edit[1], data=sent(form, **typed("flow-3", valid_from=later), action="end"))
    assert withdrawn.headers["location"] == "/restriktionen#gespeichert"


@pytest.mark.parametrize("role", [None, Role.INVESTOR_SUPPORT, Role.VACANCY_MANAGER])
def test_who_may_not_write_sees_none_of_it(
    client: httpx.Client, signed_in: SignedIn, planner: httpx.Client, role: Role | None
) -> None:
    saved = planner.post(NEW, data=sent(open_form(planner).text, **typed("flow-4"))).headers["location"]
    number = saved.partition("saved=")[2].partition("#")[0]
    person = signed_in(role) if role else client
    for path in (f"{PAGE}?saved={number}", f"/restriktionen?saved={number}"):
        page = person.get(path, params={"saved": number, "lang": "de"}).text
        assert "/ogc/collections/restrictions/new" not in page
        assert not re.search(r"restrictions/items/\d+/edit", page)
        assert "row--saved" not in page
        assert "Gespeichert: Altlast" not in page


@pytest.mark.parametrize("parcel", ["//evil.example", "../..", "0" * 20, "051249003001230004__/x", "<b>"])
def test_a_way_back_that_is_no_parcel_leads_nowhere_else(planner: httpx.Client, parcel: str) -> None:
    form = planner.get(NEW, params={"parcel": parcel, "lang": "de"})
    assert form.status_code == 200
    assert sent(form.text)["geometry"] == ""
    place = "POLYGON((390000 5708000, 390010 5708000, 390010 5708010, 390000 5708000))"
    answer = planner.post(
        NEW, data={"lang": "de", "action": "save", **typed("flow-5"), "geometry": place, "parcel": parcel}
    )
    assert answer.status_code == 303
    assert re.match(r"/(restriktionen|flaechen/0{20})\?saved=\d+#", answer.headers["location"])


@pytest.mark.parametrize("saved", ["x", "9" * 30, "-1", "٣", "0", "1;DROP TABLE restrictions", "<b>"])
def test_a_saved_record_that_there_is_not_is_not_told(planner: httpx.Client, saved: str) -> None:
    for path in (PAGE, "/restriktionen"):
        page = planner.get(path, params={"saved": saved, "lang": "de"})
        assert page.status_code == 200
        assert "Gespeichert.</p>" in page.text
        assert "row--saved" not in page.text


def test_the_form_offers_kinds_of_restriction_and_no_others(planner: httpx.Client) -> None:
    select = open_form(planner).text.partition('name="kind"')[2].partition("</select>")[0]
    offered = re.findall(r'<option value="(\w*)"', select)
    assert offered == ["", *(kind.value for kind in RestrictionKind)]
    assert "belegt oder nicht angeboten" not in select
