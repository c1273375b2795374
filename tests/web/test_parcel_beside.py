"""The page of a parcel is computed beside the event loop."""

import threading

import httpx
import pytest

from geo_service.availability.capacities import compute_capacities
from geo_service.web.pages import parcel
from tests.sample_land import PUBLIC_KEYS


def test_the_page_computes_beside_the_event_loop(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    def noted(*asked: object) -> object:
        names.append(threading.current_thread().name)
        return compute_capacities(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(parcel, "compute_capacities", noted)
    assert client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers={"accept": "text/html"}).status_code == 200
    assert [name.startswith("AnyIO worker") for name in names] == [True]


def test_choosing_another_window_of_transit_keeps_the_day(client: httpx.Client) -> None:
    page = client.get(f"/flaechen/{PUBLIC_KEYS[0]}?as_of=2028-04-01", headers={"accept": "text/html"}).text
    transit = page.partition('id="transit-heading"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="as_of" value="2028-04-01">' in transit
