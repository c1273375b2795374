"""The page of a parcel is computed beside the event loop."""

import threading

import httpx
import pytest

from geo_service.web.pages import land
from tests.sample_land import PUBLIC_KEYS


def test_the_page_computes_beside_the_event_loop(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    compute = land._capacity

    def noted(*asked: object) -> object:
        names.append(threading.current_thread().name)
        return compute(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(land, "_capacity", noted)
    assert client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers={"accept": "text/html"}).status_code == 200
    assert [name.startswith("AnyIO worker") for name in names] == [True]
