"""The statement of the search: a few candidates of each kind, the best of all together.

Each kind contributes a handful of rows, so that any text is answered quickly.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Float,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.types import NullType

from geo_service.auth.publication import published, published_vacancy
from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.schema import District, Parcel, Premises, Quarter, Site, TransitFeed, TransitStop, Vacancy
from geo_service.search.notation import Notation

parcels = Parcel.__table__
shops = Premises.__table__
places = Site.__table__
feeds = TransitFeed.__table__
halts = TransitStop.__table__
districts = District.__table__
quarters = Quarter.__table__
vacancies = Vacancy.__table__

Statement = Select[*tuple[Any, ...]]
Column = ColumnElement[Any]
Words = tuple[str, ...]
"""A text in its spellings: as typed, with umlauts, without abbreviations."""

LIKE_ENOUGH: Final = 0.45
"""Least word similarity (pg_trgm) of a name with typing errors."""
PERHAPS: Final = 0.35
"""Least word similarity of a name of which `service` looks whether a letter or two are wrong."""
WITHOUT_NUMBER: Final = 0.8
"""What a street or a part of the city counts where an address there was typed: less than the address."""
GEMARKUNG_LIKE_ENOUGH: Final = 0.4
MOST_STREET_ROWS: Final = 3_000
"""Parcels looked at for a street: the word Straße alone must not read the whole cadastre."""
PAGED: Final = frozenset({"site", "parcel", "premises"})
"""Kinds that have a page."""
STREET_WORD: Final = re.compile(r"(\w)[ -]?stra(?:ß|ss)e\b", re.IGNORECASE)
HOUSE_NUMBER: Final = r"\s+[[:alpha:]]?\d+\s*[[:alpha:]]?(\s*[-–/,;+&(].*)?$"
"""What follows the name of a street: 12, 21 a, D10, 3-5, 7/9."""
KINDS: Final = ("site", "district", "quarter", "street", "stop", "premises", "parcel")
"""Kinds of result; of equally good ones the earlier kind comes first."""
NAMED: Final = KINDS[:-1]
"""Kinds whose label is a name, not a notation."""


def without_street(text: str) -> str:
    """Return the name of a street without the word Straße, where something is left."""
    return STREET_WORD.sub(r"\1", text)


def set_threshold() -> Statement:
    """Set the similarity from which the trigram index finds a text, for this transaction."""
    return select(func.set_config("pg_trgm.word_similarity_threshold", str(LIKE_ENOUGH), True))


def best(candidates: Iterable[Statement], words: Words, limit: int) -> Statement:
    """Select the best of all candidates with their places in degrees (WGS 84).

    Of those that hold what was typed equally well those come first whose whole name is most like it: a street
    before a shop in it, whose name says something else.

    Parameters
    ----------
    candidates
        Statements made by ``_candidates``.
    words
        What was typed, in its spellings.
    limit
        Most rows.
    """
    found = union_all(*(candidate.subquery().select() for candidate in candidates)).subquery("found")
    wgs84 = func.ST_Transform(found.c.geom, WGS84_SRID, type_=NullType())
    inside = func.ST_Transform(func.ST_PointOnSurface(found.c.geom), WGS84_SRID, type_=NullType())
    whole = func.greatest(*(func.similarity(found.c.label, word) for word in words), type_=Float)
    alike = case((found.c.kind.in_(NAMED), whole), else_=0.0)
    rank = case({kind: place for place, kind in enumerate(KINDS)}, value=found.c.kind)
    return (
        select(
            found.c.kind,
            found.c.key,
            found.c.label,
            found.c.detail,
            found.c.is_demo,
            found.c.has_page,
            found.c.score,
            func.ST_X(inside).label("lon"),
            func.ST_Y(inside).label("lat"),
            *(corner(wgs84).label(name) for name, corner in _CORNERS.items()),
        )
        .order_by(found.c.score.desc(), alike.desc(), rank, found.c.label, found.c.key)
        .limit(limit)
    )


_CORNERS = {"west": func.ST_XMin, "south": func.ST_YMin, "east": func.ST_XMax, "north": func.ST_YMax}


def _candidates(
    kind: str,
    texts: tuple[Column, Column, Column],
    score: Column,
    record: tuple[Column, Column],
) -> Statement:
    """Select candidates of a kind: key, label, detail; invented or not, and geometry in EPSG:25832."""
    is_demo, geom = record
    key, label, detail = texts
    return select(
        literal(kind, Text).label("kind"),
        cast(key, Text).label("key"),
        cast(label, Text).label("label"),
        cast(detail, Text).label("detail"),
        cast(score, Float).label("score"),
        is_demo.label("is_demo"),
        geom.label("geom"),
        literal(kind in PAGED).label("has_page"),
    )


def _alike(words: Words, name: Column) -> ColumnElement[float]:
    """Return how like one of the spellings is to a name, 0 to 1.

    Of a street the names are compared: the word Straße alone makes no two of them alike.
    """
    bare = func.replace(func.replace(func.lower(name), "straße", ""), "strasse", "")
    spellings = []
    for word in words:
        typed = without_street(word)
        other = name if typed == word else bare
        spellings.append(func.greatest(func.word_similarity(typed, other), func.similarity(typed, other)))
    return func.greatest(*spellings, type_=Float)


def _best_of(statement: Statement, score: ColumnElement[float], limit: int) -> Statement:
    return statement.where(score >= PERHAPS).order_by(score.desc()).limit(limit)


def sites(words: Words, limit: int, on: date) -> Statement:
    """Select sites by name, with their districts."""
    score = _alike(words, places.c.name)
    texts = (places.c.slug, places.c.name, districts.c.name)
    found = _candidates("site", texts, score, (places.c.is_demo, places.c.geom))
    inside = found.select_from(places.outerjoin(districts, districts.c.id == places.c.district_id))
    return _best_of(inside, score, limit).where(_holds(places.c.valid, on))


def areas(words: Words, limit: int, *, numbered: bool) -> tuple[Statement, ...]:
    """Select districts and quarters by name; numbered: that of an address was typed."""
    found = []
    for kind, area in (("district", districts), ("quarter", quarters)):
        score, texts = _alike(words, area.c.name), (area.c.key, area.c.name, literal(""))
        score = score * WITHOUT_NUMBER if numbered else score
        found.append(_best_of(_candidates(kind, texts, score, (area.c.is_demo, area.c.geom)), score, limit))
    return tuple(found)


def stops(words: Words, limit: int) -> Statement:
    """Select stops of the current timetables by name."""
    score = _alike(words, halts.c.name)
    texts = (halts.c.stop_id, halts.c.name, func.array_to_string(halts.c.lines, ", "))
    found = _candidates("stop", texts, score, (feeds.c.is_demo, halts.c.geom))
    return (
        _best_of(found, score, limit)
        .join_from(halts, feeds, feeds.c.id == halts.c.feed_id)
        .where(feeds.c.is_current)
    )


def premises(words: Words, limit: int, on: date, *, public: bool) -> Statement:
    """Select premises by key, name or address; for the public only vacant ones: no others have a page."""
    address = func.concat(shops.c.street, " ", shops.c.house_number)
    score = func.greatest(
        _alike(words, shops.c.name),
        _alike(words, address),
        _same_key(words, shops.c.premises_key),
        _same_key(words, shops.c.postcode),
    )
    texts = (shops.c.premises_key, shops.c.name, address)
    found = _candidates("premises", texts, score, (shops.c.is_demo, shops.c.geom))
    chosen = _best_of(found, score, limit).where(_holds(shops.c.valid, on))
    if not public:
        return chosen
    vacant = select(vacancies.c.id).where(
        vacancies.c.premises_id == shops.c.id,
        _holds(vacancies.c.during, on),
        published_vacancy(vacancies.c.status),
    )
    return chosen.where(vacant.correlate(shops).exists())


def _same_key(words: Words, key: Column) -> ColumnElement[float]:
    return case((func.lower(key) == words[0].lower(), 1.0), else_=0.0)


def along_streets(
    names: Words, addresses: Words, limit: int, on: date, *, public: bool
) -> tuple[Statement, ...]:
    """Select streets by the location texts of parcels, without house numbers; and parcels of an address.

    Streets of one name in several Gemarkungen are several.

    Parameters
    ----------
    names
        The street in its spellings, without a house number.
    addresses
        The same with it; empty where none was typed.
    limit, on, public
        As elsewhere.
    """
    near = _near_parcels(names, addresses, on, public=public)
    street, gemarkung = near.c.street, near.c.gemarkung
    score = func.max(near.c.score) * (WITHOUT_NUMBER if addresses else 1.0)
    outline = func.ST_SetSRID(func.geometry(func.ST_Extent(near.c.geom)), STORAGE_SRID)
    texts = (func.concat(street, ", ", gemarkung), street, gemarkung)
    found = _candidates("street", texts, score, (func.bool_and(near.c.is_demo), outline)).select_from(near)
    named = found.group_by(street, gemarkung).order_by(score.desc(), street, gemarkung).limit(limit)
    if not addresses:
        return (named,)
    there = _parcels(near.c.at_address).join_from(near, parcels, parcels.c.id == near.c.id)
    ordered = there.order_by(near.c.at_address.desc(), parcels.c.location_text, parcels.c.id)
    return named, ordered.limit(limit)


def parcels_by_notation(
    notation: Notation, gemarkung: Words, limit: int, on: date, *, public: bool
) -> Statement:
    """Select parcels by key or notation; the name of the Gemarkung may be misspelt, or empty for all."""
    numbers = [
        parcels.c[name] == number
        for name in ("flur", "numerator", "denominator")
        if (number := getattr(notation, name)) is not None
    ]
    conditions = [*numbers, *_shown(on, public=public)]
    order = (parcels.c.flur, parcels.c.numerator, parcels.c.denominator.nulls_first(), parcels.c.id)
    if notation.key is None and notation.gemarkung_code is None:
        names = _gemarkungen(gemarkung)
        found = _parcels(1 + names.c.score).join_from(names, parcels, parcels.c.gemarkung == names.c.name)
        return found.where(*conditions).order_by(names.c.score.desc(), names.c.name, *order).limit(limit)
    if notation.key is not None:
        conditions.append(parcels.c.parcel_key.startswith(notation.key, autoescape=True))
    if notation.gemarkung_code is not None:
        conditions.append(func.substr(parcels.c.gemarkung_key, 3) == notation.gemarkung_code)
    return _parcels(literal(2.0)).where(*conditions).order_by(*order).limit(limit)


def any_parcel(on: date, *, public: bool) -> Statement:
    """Select the numbers of one parcel that can be found."""
    numbers = (parcels.c.gemarkung, parcels.c.flur, parcels.c.numerator, parcels.c.denominator)
    shown = (parcels.c.gemarkung != "", *_shown(on, public=public))
    return select(*numbers).where(*shown).order_by(parcels.c.id).limit(1)


def _parcels(score: Column) -> Statement:
    """Select parcels as candidates, labelled in the notation of the cadastre."""
    below = case((parcels.c.denominator > 0, func.concat("/", parcels.c.denominator)), else_="")
    flur = case((parcels.c.flur.is_not(None), func.concat("Flur ", parcels.c.flur, ", ")), else_="")
    notation = func.concat(parcels.c.gemarkung, ", ", flur, "Flurstück ", parcels.c.numerator, below)
    texts = (parcels.c.parcel_key, notation, parcels.c.location_text)
    return _candidates("parcel", texts, score, (parcels.c.is_demo, parcels.c.geom))


def _near_parcels(names: Words, addresses: Words, on: date, *, public: bool) -> Any:  # noqa: ANN401 - a CTE
    """Select parcels whose location text is like a street, by the trigram index."""
    alike = or_(
        *(parcels.c.location_text.op("%>", is_comparison=True)(without_street(name)) for name in names)
    )
    street = func.regexp_replace(parcels.c.location_text, HOUSE_NUMBER, "").label("street")
    columns = (parcels.c.id, parcels.c.location_text, parcels.c.gemarkung, parcels.c.is_demo, parcels.c.geom)
    found = select(*columns, street).where(alike, *_shown(on, public=public)).limit(MOST_STREET_ROWS)
    rows = found.subquery("rows")
    at_address = _alike(addresses, rows.c.location_text) if addresses else literal(0.0)
    return select(rows, _alike(names, rows.c.street).label("score"), at_address.label("at_address")).cte(
        "near"
    )


def _gemarkungen(words: Words) -> Any:  # noqa: ANN401 - a subquery
    """Select the names of Gemarkungen that are like one of the spellings; without any, all of them.

    The names are read off the index one by one: there are a few dozen of them among many parcels.
    """
    first = select(func.min(parcels.c.gemarkung).label("name")).cte("gemarkungen", recursive=True)
    beyond = select(func.min(parcels.c.gemarkung)).where(parcels.c.gemarkung > first.c.name)
    names = first.union_all(select(beyond.scalar_subquery()).where(first.c.name.is_not(None)))
    alike = [func.similarity(names.c.name, word) for word in words]
    score = func.greatest(*alike, type_=Float) if alike else literal(1.0, Float)
    return (
        select(names.c.name, score.label("score"))
        .where(score >= GEMARKUNG_LIKE_ENOUGH)
        .order_by(score.desc(), names.c.name)
        .limit(3 if alike else None)
        .subquery("names")
    )


def _holds(valid: ColumnElement[Any], on: date) -> ColumnElement[bool]:
    return valid.op("@>", return_type=Boolean())(bindparam(None, on, type_=Date))


def _shown(on: date, *, public: bool) -> list[ColumnElement[bool]]:
    """Return which parcels hold on a day and may be shown."""
    conditions = [_holds(parcels.c.valid, on)]
    if public:
        day = bindparam(None, on, type_=Date)
        conditions.append(published(parcels.c.publication_objection, parcels.c.publication_announced_on, day))
    return conditions
