"""Planted secrets: no answer to the public, and none to a role without need, holds one of them."""

import json
import re
import struct
from collections.abc import Iterable, Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from geo_service.ogc.collections import COLLECTIONS
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import SECRET, SECRET_RENTS

WEST, EAST = 7.46, 7.50
SOUTH, NORTH = 51.49, 51.52
TYPED = ("Speicherstraße", "Verborgene Gasse 4", "GEHEIM", "Kreuzstraße 7", "0512490030", "Kaiser")
QUERIES: dict[str, tuple[str, ...]] = {
    "/api/search": tuple(f"?q={text}" for text in TYPED),
    "/suche": tuple(f"?q={text}" for text in TYPED),
    "/suche/vorschlaege": tuple(f"?q={text}" for text in TYPED),
    "/ogc/collections/{collection_id}/items": (
        "",
        "?datetime=../..&limit=10000",
        f"?bbox={WEST},{SOUTH},{EAST},{NORTH}",
    ),
    "/api/availability/summary": ("", "?as_of=2027-01-01"),
    "/api/availability/what-if": ("?without=kind:owner_unwilling", "?without=kind:leased&scope=city"),
    "/api/availability/assemblies": (
        "?at_least_m2=100&horizon=now,short,mid,long,undetermined",
        "?at_least_m2=100&owner=same_kind",
    ),
    "/api/availability/balance": ("?by=district", "?by=owner_kind,horizon"),
    "/maps/identify": (
        "?lon=7.4735&lat=51.5045&layers=parcels,districts&tolerance_m=100",
        "?lon=7.4686&lat=51.5008&layers=vacancies&tolerance_m=500",
    ),
    "/maps/records": (f"?bbox={WEST},{SOUTH},{EAST},{NORTH}", ""),
    "/maps/record": (*(f"?kind=parcel&key={key}" for key in PUBLIC_KEYS), "?kind=premises&key=L-2"),
}
"""Queries that make a route speak."""
TILES = ("10/340/533", "12/1362/2133", "13/2724/4266", "14/5448/8532", "15/10896/17064")
"""Tiles that hold the sample city."""


def values(sample: Sample) -> dict[str, list[str]]:
    """Return sample values of path parameters."""
    keys = [*PUBLIC_KEYS, OBJECTED_KEY, ANNOUNCED_KEY]
    return {
        "parcel_key": keys,
        "premises_key": ["L-0", "L-1", "L-2"],
        "slug": ["energiecampus", "cleanport"],
        "name": ["anstoss-2023-10"],
        "layer": ["parcels", "vacancies", "stops", "sites", "districts"],
        "collection_id": list(COLLECTIONS),
        "feature_id": [
            *keys,
            "energiecampus",
            "innenstadt-west",
            *(str(number) for number in range(1, 4)),
            "L-0",
        ],
        "id": [str(number) for number in sample.ids.values()],
    }


def addresses(app: FastAPI, sample: Sample) -> Iterator[str]:
    """Return an address for each GET route and each sample value."""
    known = values(sample)
    for context in iter_route_contexts(app.routes):
        if "GET" not in (context.methods or ()) or not context.path:
            continue
        if context.path.endswith("{z}/{y}/{x}"):
            for collection in COLLECTIONS:
                yield from (f"/ogc/collections/{collection}/tiles/WebMercatorQuad/{tile}" for tile in TILES)
            continue
        paths = [context.path]
        for parameter in re.findall(r"\{([^}:]+)(?::[^}]+)?\}", context.path):
            choice = known.get(parameter, ["1", "anstoss-2023-10"])
            paths = [
                re.sub(rf"\{{{parameter}(:[^}}]+)?\}}", value, path) for path in paths for value in choice
            ]
        for path in paths:
            yield from (
                f"{path}{query.replace('{layer}', 'parcels')}" for query in QUERIES.get(context.path, ("",))
            )


def leaks(answer: httpx.Response, forbidden: Iterable[str]) -> list[str]:
    """Return what stands in an answer, as text or as a number of a tile, and must not."""
    text = answer.content.decode("utf-8", errors="replace")
    if "json" in answer.headers.get("content-type", ""):
        text += json.dumps(answer.json(), ensure_ascii=False)
    found = [word for word in forbidden if word in text]
    return found + [f"binary {rent}" for rent in SECRET_RENTS if struct.pack("<d", rent) in answer.content]


def written(rent: float) -> tuple[str, ...]:
    """Return an amount as a program, a German and an English page write it."""
    english = f"{rent:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    return str(rent), english, german, f"{rent:.2f}".replace(".", ",")


RENTS = [text for rent in SECRET_RENTS for text in written(rent)]


def test_public_answers_hold_no_secret(client: httpx.Client, app: FastAPI, sample: Sample) -> None:
    forbidden = [SECRET, OBJECTED_KEY, ANNOUNCED_KEY, *RENTS]
    asked = 0
    spoke = 0
    for address in addresses(app, sample):
        for headers in ({}, {"Accept": "text/html"}):
            answer = client.get(address, headers=headers)
            asked += 1
            spoke += answer.is_success
            named = [
                word for word in forbidden if word in httpx.URL(address).raw_path.decode() or word in address
            ]
            assert leaks(answer, [word for word in forbidden if word not in named]) == [], address
            if named:
                assert not (answer.is_success and "/ogc/" in address), address
    assert asked > 300
    assert spoke > 150


@pytest.mark.parametrize(
    ("role", "needless"),
    [
        ("planner", ("Gründer", "Firma", "Vermieter")),
        ("vacancy_manager", ("Pächter", "Firma")),
        ("investor_support", ("Gründer",)),
    ],
)
def test_roles_see_only_what_they_need(
    signed_in: SignedIn, app: FastAPI, sample: Sample, role: str, needless: tuple[str, ...]
) -> None:
    person = signed_in(role)
    forbidden = [f"{SECRET} {text}" for text in (*needless, "Eigner")]
    for address in addresses(app, sample):
        assert leaks(person.get(address), forbidden) == [], address


def test_public_post_routes_hold_no_secret(client: httpx.Client) -> None:
    wanted = {
        "subject": "premises",
        "use": "retail",
        "area_min_m2": 50,
        "area_max_m2": 200,
        "rent_max_eur_month": 20_000,
    }
    for body in (
        wanted,
        {**wanted, "subject": "land", "use": "GE", "area_min_m2": 1_000, "area_max_m2": 9_000},
    ):
        answer = client.post("/api/inquiries/rank", json=body)
        assert leaks(answer, [SECRET, OBJECTED_KEY, ANNOUNCED_KEY, *RENTS]) == []


def test_the_secrets_are_there(signed_in: SignedIn) -> None:
    """The tests above can fail: those who may see the secrets do see them."""
    manager, planner = signed_in("vacancy_manager"), signed_in("planner")
    premises = manager.get("/ogc/collections/premises/items")
    assert leaks(premises, [f"{SECRET} Vermieter", "7741.13"]) == [f"{SECRET} Vermieter", "7741.13"]
    parcels = planner.get("/ogc/collections/parcels/items")
    assert leaks(parcels, [OBJECTED_KEY, ANNOUNCED_KEY]) == [OBJECTED_KEY, ANNOUNCED_KEY]
    restrictions = planner.get("/ogc/collections/restrictions/items")
    assert leaks(restrictions, [f"{SECRET} Gutachten", f"{SECRET} will nicht"]) != []
    tile = planner.get("/ogc/collections/parcels/tiles/WebMercatorQuad/14/5448/8532")
    assert leaks(tile, [OBJECTED_KEY]) == [OBJECTED_KEY]
