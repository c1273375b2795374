"""Searches by what people type."""

import re
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth.caller import Caller
from geo_service.auth.publication import sees_unpublished
from geo_service.search import queries
from geo_service.search.notation import Notation, read_notation
from geo_service.search.schemas import Hit

SHORTEST: Final = 2
SHORTEST_ALONE: Final = 4
"""Letters of a word that is looked for alone where nothing is like the whole text."""
MOST_ALONE: Final = 3
"""So many such words."""
NEXT_TO_BEST: Final = 0.6
"""What is less like the text than this part of the best result is left out."""
SURE: Final = 0.6
"""From this score on letters are not compared."""
LETTERS_ALIKE: Final = 0.8
"""Least share of letters in the same order (`difflib`) of a name with a wrong letter or two."""
LETTERS_COUNT: Final = 0.9
SWAPPED_UP_TO: Final = 5
"""Letters at the beginning of a text of which two neighbours may be swapped, where nothing is found else."""
AS_MEANT: Final = 0.8
"""Least score of a name that was found by swapping letters back."""
NUMBERED: Final = frozenset({"premises", "parcel"})
"""Kinds whose label is not what people type."""
HOUSE_NUMBER: Final = re.compile(r"\s+\w?\d.*$")
STREET_SHORT: Final = re.compile(r"(s)tr(?:a(?:s|ss|ß)?e?|ße)?\b\.?", re.IGNORECASE)
"""Str., Strase, Strass, Straß and what else stands for Straße at the end of a word."""
MAIN_STATION: Final = re.compile(r"\bhauptba\w*f\b", re.IGNORECASE)
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
    public, notation = not sees_unpublished(caller), read_notation(plain)
    asked = Asked(spellings(plain), limit, on, public)
    candidates = _named(asked)
    if notation:
        candidates.append(_meant(notation, asked))
    await session.execute(queries.set_threshold())
    scored = await _best(session, candidates, asked)
    alone = [word for word in plain.split() if len(word) >= SHORTEST_ALONE and word.isalpha()]
    if alone and plain not in alone and all(score < SURE for score, _ in scored):
        words = tuple(each for word in alone[:MOST_ALONE] for each in spellings(word))
        again = replace(asked, words=words)
        scored += await _best(session, _named(again), again)
    if not scored and len(plain) >= SHORTEST_ALONE and plain[:SHORTEST_ALONE].isalpha():
        meant = replace(asked, words=swapped(plain))
        scored = [pair for pair in await _best(session, _named(meant), meant) if pair[0] >= AS_MEANT]
    hits = {(hit.kind, hit.key): hit for _, hit in scored}
    return list(hits.values())[:limit]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: spellings, most results, day, and whether only what is published is shown."""

    words: tuple[str, ...]
    limit: int
    on: date
    public: bool


def _meant(notation: Notation, asked: Asked) -> queries.Statement:
    """Return the parcels that a notation means."""
    gemarkung = spellings(notation.gemarkung) if notation.gemarkung else ()
    return queries.parcels_by_notation(notation, gemarkung, asked.limit, asked.on, public=asked.public)


def _named(asked: Asked) -> list[queries.Statement]:
    """Return candidates of all kinds by their names."""
    words, limit, on, public = asked.words, asked.limit, asked.on, asked.public
    names = tuple(dict.fromkeys(HOUSE_NUMBER.sub("", word) for word in words))
    addresses = () if names == words else words
    return [
        queries.sites(words, limit, on),
        *queries.areas(names, limit, numbered=bool(addresses)),
        queries.stops(words, limit),
        queries.premises(words, limit, on, public=public),
        *queries.along_streets(names, addresses, limit, on, public=public),
    ]


async def _best(
    session: AsyncSession, candidates: list[queries.Statement], asked: Asked
) -> list[tuple[float, Hit]]:
    """Return the best candidates: those like enough, and not much less so than the best of them."""
    rows = (await session.execute(queries.best(candidates, asked.words, 3 * asked.limit))).all()
    scored = sorted(((_score(row, asked.words), row) for row in rows), key=lambda pair: -pair[0])
    least = max(queries.LIKE_ENOUGH, NEXT_TO_BEST * min(1.0, scored[0][0])) if scored else 0.0
    return [(score, _hit(row)) for score, row in scored if score >= least]


def _score(row: Row[Any], words: tuple[str, ...]) -> float:
    """Return how good a candidate is; short names with a wrong letter have few trigrams in common."""
    score: float = row.score
    if score >= SURE or row.kind in NUMBERED:
        return score
    alike = max(_letters_alike(word.lower(), row.label.lower()) for word in words)
    return max(score, LETTERS_COUNT * alike) if alike >= LETTERS_ALIKE else score


def _letters_alike(word: str, name: str) -> float:
    typed = queries.without_street(word)
    other = name if typed == word else queries.without_street(name)
    return SequenceMatcher(None, typed, other).ratio()


async def missing_parcel(session: AsyncSession, text: str, caller: Caller, on: date) -> bool:
    """Tell whether a text names one parcel, by key or with its Flur, that the caller cannot find."""
    notation = read_notation(plain_text(text))
    if notation is None or (notation.key is None and None in (notation.flur, notation.numerator)):
        return False
    asked = Asked((), 1, on, not sees_unpublished(caller))
    if notation.hyphen:
        anywhere = _meant(Notation(gemarkung=notation.gemarkung), asked)
        if (await session.execute(anywhere)).first() is None:
            return False  # house numbers of a street
    return (await session.execute(_meant(notation, asked))).first() is None


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
    spelt = MAIN_STATION.sub("Hbf", STREET_SHORT.sub(r"\1traße", text))
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


def swapped(text: str) -> tuple[str, ...]:
    """Return a text with two neighbours of its first letters swapped back, in its spellings.

    Letters in the wrong order at the beginning of a word leave few of its trigrams.
    """
    end = min(SWAPPED_UP_TO, len(text.split(maxsplit=1)[0]))
    turned = (text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(end - 1))
    return tuple(dict.fromkeys(each for word in turned for each in spellings(word)))


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
    name = f"{row.label}, {row.detail}" if row.kind == "street" and row.detail else row.label
    return f"{MAP}#map={ZOOMS[row.kind]}/{lat}/{lon}&found={quote(name, safe='')}"
