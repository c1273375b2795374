"""Searches by what people type."""

import re
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth.caller import Caller
from geo_service.auth.publication import sees_unpublished
from geo_service.search import queries
from geo_service.search.notation import read_notation
from geo_service.search.schemas import Hit

SHORTEST: Final = 2
PAGES: Final = {"parcel": "/flaechen/", "site": "/standorte/", "premises": "/leerstand/"}
"""Pages by kind; what has none is shown on the map."""
ZOOMS: Final = {"premises": 18, "stop": 17, "street": 16, "quarter": 15, "district": 13}
MAP: Final = "/maps/overview"
FLURSTUECK: Final = ", Flurstück "
"""What stands before the number of a parcel."""
DIGRAPHS: Final = (
    ("ae", "ä"),
    ("oe", "ö"),
    ("ue", "ü"),
    ("Ae", "Ä"),
    ("Oe", "Ö"),
    ("Ue", "Ü"),
    ("ss", "ß"),
)
"""What people type on other keyboards, and what they mean."""


async def search(session: AsyncSession, text: str, caller: Caller, on: date, limit: int) -> list[Hit]:
    """Return what is like a text, best first.

    Parameters
    ----------
    session
        Read session.
    text
        As typed; anything is allowed.
    caller
        Who asks: unpublished parcels are for the agency only.
    on
        Day on which records must hold.
    limit
        Most results.
    """
    plain = plain_text(text)
    if len(plain) < SHORTEST:
        return []
    words, public = spellings(plain), not sees_unpublished(caller)
    notation = read_notation(plain)
    candidates = [
        queries.sites(words, limit, on),
        *queries.areas(words, limit),
        queries.stops(words, limit),
        queries.premises(words, limit, on, public=public),
        (queries.parcels_by_address if re.search(r"\d", plain) else queries.streets)(
            words, limit, on, public=public
        ),
    ]
    if notation:
        gemarkung = spellings(notation.gemarkung or "")
        candidates.append(queries.parcels_by_notation(notation, gemarkung, limit, on, public=public))
    await session.execute(queries.set_threshold())
    rows = await session.execute(queries.best(candidates, words, limit))
    return list({(hit.kind, hit.key): hit for hit in map(_hit, rows)}.values())


async def missing_parcel(session: AsyncSession, text: str, caller: Caller, on: date) -> bool:
    """Tell whether a text names one parcel, by key or with its Flur, that the caller cannot find."""
    notation = read_notation(plain_text(text))
    if notation is None or (notation.key is None and None in (notation.flur, notation.numerator)):
        return False
    public, gemarkung = not sees_unpublished(caller), spellings(notation.gemarkung or "")
    wanted = queries.parcels_by_notation(notation, gemarkung, 1, on, public=public)
    return (await session.execute(wanted)).first() is None


async def example_parcel(session: AsyncSession, caller: Caller, on: date) -> str:
    """Return a parcel that the caller can find, as people write it; empty where there is none."""
    wanted = queries.any_parcel(on, public=not sees_unpublished(caller))
    row = (await session.execute(wanted)).first()
    if row is None:
        return ""
    number = f"{row.numerator}/{row.denominator}" if row.denominator else str(row.numerator)
    return " ".join(str(part) for part in (row.gemarkung, row.flur, number) if part is not None)


def plain_text(text: str) -> str:
    """Return a text without control characters and needless blanks."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())


def spellings(text: str) -> tuple[str, ...]:
    """Return a text as typed, without abbreviations, with umlauts for ae, oe, ue, ss and the other way round.

    Where it has an f or ph, so too with the other of the two: Phönix and Fönix are PHOENIX.
    """
    spelt = re.sub(r"str\b\.?", "straße", re.sub(r"Str\b\.?", "Straße", text))
    umlauts = digraphs = spelt
    for digraph, letter in DIGRAPHS:
        umlauts = umlauts.replace(digraph, letter)
        digraphs = digraphs if letter == "ß" else digraphs.replace(letter, digraph)
    heard = (
        re.sub(r"\bf", "ph", digraphs, flags=re.IGNORECASE)
        if "ph" not in digraphs.lower()
        else re.sub("ph", "f", digraphs, flags=re.IGNORECASE)
    )
    return tuple(dict.fromkeys((spelt, umlauts, digraphs, heard)))


def _hit(row: Row[Any]) -> Hit:
    known = row.lon is not None
    box = (
        (round(row.west, 6), round(row.south, 6), round(row.east, 6), round(row.north, 6)) if known else None
    )
    lon, lat = (round(row.lon, 6), round(row.lat, 6)) if known else (None, None)
    return Hit(
        kind=row.kind,
        key=row.key,
        label=row.label,
        label_en=_in_english(row.kind, row.label),
        detail=row.detail or "",
        link=_link(row, lon, lat),
        lon=lon,
        lat=lat,
        bbox=box,
        is_demo=row.is_demo,
    )


def _in_english(kind: str, label: str) -> str:
    """Return a label in English, as pages write the notation of a parcel."""
    return label.replace(FLURSTUECK, ", parcel ") if kind == "parcel" else label


def _link(row: Row[Any], lon: float | None, lat: float | None) -> str:
    """Return the page of a result, else the map where it lies."""
    if row.has_page:
        return f"{PAGES[row.kind]}{quote(row.key, safe='')}"
    return f"{MAP}#map={ZOOMS[row.kind]}/{lat}/{lon}"
