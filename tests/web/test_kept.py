"""What pages compute is kept until anything is written, and for each who may see it."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.transit.answers import place_transit
from geo_service.web import kept
from geo_service.web.pages import nearness
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS

OWN_CHANGES = text("SELECT CAST(sum(changes) AS text) FROM data_changes")
"""State of one database: that of the server also changes with what other tests write to theirs."""
PAGE = f"/flaechen/{PUBLIC_KEYS[0]}"


@pytest.mark.usefixtures("sample")
def test_a_page_is_computed_once_until_something_is_written(
    client: httpx.Client, signed_in: SignedIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def noted(*given: Any) -> Any:
        asked.append(given)
        return place_transit(*given)

    monkeypatch.setattr(nearness, "place_transit", noted)
    monkeypatch.setattr(kept, "DATA_VERSION", OWN_CHANGES)
    held: kept.Kept = {}
    monkeypatch.setattr(kept, "_held", lambda _: held)
    planner = signed_in(Role.PLANNER)
    first = client.get(PAGE).text
    assert len(asked) == 1
    assert client.get(PAGE).text == first
    assert len(asked) == 1
    assert client.get(f"{PAGE}?window=evening").status_code == 200
    assert len(asked) == 2, "another window is another question"
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET name = name"))
    assert client.get(PAGE).text == first
    assert len(asked) == 3, "something was written"
    assert planner.get(PAGE).status_code == 200
    assert len(asked) >= 4, "drafts of scenarios are for planners: their answer is another one"
