"""The page of a parcel and what the public may not learn from its stored answer."""

import json
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

PAGE = f"/flaechen/{PUBLIC_KEYS[0]}"
SET = text(
    "UPDATE availability SET items = CAST(:items AS jsonb), chain = CAST(:chain AS jsonb) "
    "WHERE parcel_id = :id"
)
READ = text("SELECT items, chain FROM availability WHERE parcel_id = :id")
WILL = {"order": 1, "restriction_id": None, "kind": "owner_unwilling", "effect": "excludes",
        "title": "Will nicht verkaufen", "office": "Wirtschaftsförderung", "source": "Gesprächsnotiz",
        "deduction_m2": 1000, "estimated_m2": 0, "share": 0.2}  # fmt: skip
LINK = {"order": 1, "what": "restriction", "id": 1, "title": "", "office": "", "source": "",
        "free_from": None, "usual_from": None, "usual_to": None, "unblocks_to": None,
        "unblocks_horizon": "undetermined"}  # fmt: skip
CHAIN = [
    {**LINK, "kind": "contamination", "title": "Altlast Kokerei"},
    {**LINK, "kind": "owner_unwilling", "title": "Will nicht verkaufen", "id": 2, "order": 2},
]


@pytest.fixture
def stored(database: Database, sample: Sample) -> Iterator[None]:
    key = sample.ids[PUBLIC_KEYS[0]]
    with database.begin("test") as connection:
        before = connection.execute(READ, {"id": key}).one()
        connection.execute(SET, {"id": key, "items": json.dumps([WILL]), "chain": json.dumps(CHAIN)})
    yield
    with database.begin("test") as connection:
        connection.execute(
            SET, {"id": key, "items": json.dumps(before.items), "chain": json.dumps(before.chain)}
        )


@pytest.mark.usefixtures("stored")
def test_a_stored_step_of_an_unwilling_owner_is_not_told(client: httpx.Client, signed_in: SignedIn) -> None:
    public, planner = client.get(PAGE).text, signed_in(Role.PLANNER).get(PAGE).text
    for words in ("Will nicht verkaufen", "nicht verkaufsbereit", "Gesprächsnotiz"):
        assert words in planner
        assert words not in public
    chain = public[public.index('id="chain"') :]
    assert 0 < chain.index("belegt oder nicht angeboten") < chain.index("Altlast Kokerei")


def test_land_in_use_is_not_promised_when_what_holds_it_is_gone(
    database: Database, sample: Sample, client: httpx.Client
) -> None:
    key = sample.ids[PUBLIC_KEYS[0]]
    link = {**LINK, "kind": "contamination", "title": "Altlast", "unblocks_to": "2028-03-02"}
    offer = text("UPDATE usability SET offered = :offered WHERE parcel_id = :id")
    with database.begin("test") as connection:
        before = connection.execute(READ, {"id": key}).one()
        was = connection.execute(text("SELECT offered FROM usability WHERE parcel_id = :id"), {"id": key})
        offered = was.scalar_one()
    try:
        for now in (True, False):
            with database.begin("test") as connection:
                connection.execute(SET, {"id": key, "items": "[]", "chain": json.dumps([link])})
                connection.execute(offer, {"id": key, "offered": now})
            page = client.get(PAGE, headers={"accept-language": "de"}).text
            assert ("wäre die Fläche ab 02.03.2028 zu haben." in page) is now
            assert (
                "hielte die Fläche ab 02.03.2028 nichts mehr auf. Ob sie ins Angebot käme" in page
            ) is not now
    finally:
        with database.begin("test") as connection:
            stored_again = {"items": json.dumps(before.items), "chain": json.dumps(before.chain)}
            connection.execute(SET, {"id": key, **stored_again})
            connection.execute(offer, {"id": key, "offered": offered})


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("path", ["/", "/flaechen", "/maps/overview"])
def test_the_public_is_told_that_sold_land_still_counts(
    client: httpx.Client, signed_in: SignedIn, path: str
) -> None:
    told = "Ob ein Flurstück verkauft oder vergeben ist, sieht nur die Wirtschaftsförderung"
    assert told in client.get(f"{path}?lang=de").text
    assert told not in signed_in(Role.PLANNER).get(f"{path}?lang=de").text


LEASED = {**LINK, "what": "occupancy", "kind": "leased", "free_from": "2031-07-01"}


@pytest.mark.usefixtures("stored")
def test_the_top_names_by_whom_the_land_is_held_and_until_when(
    client: httpx.Client, signed_in: SignedIn, database: Database, sample: Sample
) -> None:
    with database.begin("test") as connection:
        key = sample.ids[PUBLIC_KEYS[0]]
        connection.execute(SET, {"id": key, "items": "[]", "chain": json.dumps([LEASED])})
    for person, reason in ((signed_in(Role.PLANNER), "verpachtet"), (client, "belegt oder nicht angeboten")):
        page = person.get(f"{PAGE}?lang=de").text
        assert f'">{reason} bis 30.06.2031</span>' in page[: page.index("Netto</dt>")]


@pytest.mark.usefixtures("sample")
def test_an_inquiry_names_its_districts_and_quarters(signed_in: SignedIn, database: Database) -> None:
    with database.begin("test") as connection:
        places = connection.execute(
            text("SELECT key, name FROM districts UNION SELECT key, name FROM quarters ORDER BY name")
        ).all()
        wanted = {"keys": [place.key for place in places]}
        connection.execute(text("UPDATE inquiries SET districts = :keys WHERE reference = 'A-1'"), wanted)
    page = signed_in(Role.INVESTOR_SUPPORT).get("/anfragen/A-1?lang=de").text
    assert f"<dd>{', '.join(place.name for place in places)}</dd>" in page


@pytest.mark.usefixtures("sample")
def test_the_form_folds_on_a_phone_once_there_is_an_answer(signed_in: SignedIn) -> None:
    person = signed_in(Role.INVESTOR_SUPPORT)
    assert "data-sheet" not in person.get("/anfragen?lang=de").text
    assert "data-sheet" in person.get("/anfragen?lang=de&area_min=100").text
