"""Importing premises and their vacancies, from the lists that vacancy managers keep."""

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from psycopg.types.range import Range
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from geo_service.imports import queries, reasons, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, LONGEST_TEXT, ImportKind
from geo_service.imports.places import PlaceRule
from geo_service.imports.references import (
    PARCEL,
    PREMISES,
    refer_to,
    reject_same_start,
    reject_stored_overlaps,
)
from geo_service.imports.spans import VALID, SpanRule, read_span, reject_overlaps, span_columns
from geo_service.vacancies.models import Feature, PremisesUse, Vacancy, VacancyStatus
from geo_service.wording import Sentence

TABLES: Final = Vacancy.metadata.tables
PREMISES_TABLE: Final[Table] = TABLES["premises"]
VACANCIES: Final[Table] = TABLES["vacancies"]
PARCELS: Final[Table] = TABLES["parcels"]
DISTRICTS: Final[Table] = TABLES["districts"]
QUARTERS: Final[Table] = TABLES["quarters"]

MOST_RENT_EUR: Final = 1_000_000.0
MOST_AREA_M2: Final = 1_000_000.0

USES: Final = values.vocabulary(
    PremisesUse,
    {
        "retail": ("Einzelhandel", "Handel", "Laden", "Verkauf"),
        "gastronomy": ("Gastronomie", "Gaststätte", "Restaurant", "Café"),
        "craft": ("Handwerk", "Werkstatt"),
        "office": ("Büro", "Bürofläche", "Praxis"),
        "studio": ("Atelier", "Studio", "Kunst"),
        "service": ("Dienstleistung", "Dienstleistungen"),
    },
)
FEATURES: Final = values.vocabulary(
    Feature,
    {
        "extraction": ("Abluft", "Abzug", "Lüftung"),
        "barrier_free": ("barrierefrei", "ebenerdig", "rollstuhlgerecht", "barrierefreier Zugang"),
        "water": ("Wasser", "Wasseranschluss"),
        "storage": ("Lager", "Lagerraum", "Nebenraum"),
        "shop_window": ("Schaufenster",),
    },
)
STATUSES: Final = values.vocabulary(
    VacancyStatus,
    {
        "vacant": ("leer", "leerstehend", "Leerstand", "frei"),
        "threatened": ("drohend", "bedroht", "drohender Leerstand", "von Leerstand bedroht"),
        "temporary_use": ("Zwischennutzung", "Pop-up", "zwischengenutzt"),
    },
)
FLOORS: Final = MappingProxyType(
    {"eg": 0, "erdgeschoss": 0, "ground": 0, "ug": -1, "kg": -1, "keller": -1, "souterrain": -1}
)


def floor(texts: "pd.Series[str]", style: values.Style) -> values.Parsed:  # noqa: ARG001 - a cast
    """Read a storey: 0, EG, 1. OG, UG."""

    def read(one: str) -> int:
        folded = values.fold(one)
        if folded in FLOORS:
            return FLOORS[folded]
        upper = re.fullmatch(
            r"(-?[0-9]{1,2})(?:\.0+)?\.?\s*(?:OG|Obergeschoss|Etage|Stock|\.)?", one, re.IGNORECASE
        )
        if upper:
            return int(upper[1])
        lower = re.fullmatch(r"([0-9])\.?\s*(?:UG|Untergeschoss)", one, re.IGNORECASE)
        if lower:
            return -int(lower[1])
        raise values.Unreadable("unknown-word", reasons.unknown_word(["0 (EG)", "1 (1. OG)", "-1 (UG)"]))

    return values.each(read, texts)


KEY: Final = Column(
    "premises_key",
    values.text(LONGEST_NAME),
    ("Objektnummer", "Objekt-Nr.", "Objekt", "Objekt-ID", "Einheit", "Kennung", "id", "nr", "Ladenlokal-Nr."),
    required=True,
)
NOTE: Final = Column(
    "note", values.text(LONGEST_TEXT), ("Bemerkung", "Notiz", "Hinweis", "Anmerkung", "Bemerkungen")
)
PREMISES_COLUMNS: Final = (
    KEY,
    Column("name", values.text(LONGEST_LINE), ("Bezeichnung", "Ladenlokal", "Objektname")),
    Column("street", values.text(LONGEST_NAME), ("Straße", "Strasse", "Adresse", "Anschrift"), required=True),
    Column(
        "house_number",
        values.text(LONGEST_NAME),
        ("Hausnummer", "Haus-Nr.", "HNR", "Hausnr", "Nr. Haus"),
        empty="",
    ),
    Column("postcode", values.text(LONGEST_NAME), ("PLZ", "Postleitzahl"), empty=""),
    Column("floor", floor, ("Etage", "Geschoss", "Stockwerk"), empty=0),
    Column(
        "area_m2",
        values.number(high=MOST_AREA_M2, above=0),
        (
            "Fläche",
            "Fläche m²",
            "Fläche in m²",
            "Ladenfläche",
            "Mietfläche",
            "Verkaufsfläche",
            "Nutzfläche",
            "qm",
        ),
        required=True,
    ),
    Column(
        "permitted_uses",
        values.choices(USES),
        ("Nutzung", "zulässige Nutzung", "Nutzungsarten", "Nutzungen", "uses"),
    ),
    Column("features", values.choices(FEATURES), ("Ausstattung", "Merkmale")),
    Column(
        "net_rent_eur_month",
        values.money(MOST_RENT_EUR),
        ("Nettokaltmiete", "Kaltmiete", "Miete", "Nettokaltmiete EUR", "Miete EUR/Monat", "Nettokaltmiete €"),
    ),
    Column("landlord", values.text(LONGEST_LINE), ("Vermieter", "Eigentümer", "Vermieterin")),
    Column(
        "contact", values.text(LONGEST_LINE), ("Kontakt", "Ansprechpartner", "Ansprechpartnerin", "Telefon")
    ),
    NOTE,
    Column("parcel_key", values.text(LONGEST_NAME), ("flstkennz", "Flurstückskennzeichen", "Flurstück")),
    *VALID,
)


def check_premises(draft: Draft) -> None:
    """Part street and number where they stand together, and name what has no name."""
    draft.reject_twice(("premises_key",), "premises_key")
    streets = draft.cells["street"]
    if "house_number" not in draft.cells:
        parted = streets.str.extract(r"^(.*?\D)\s*(\d+\s*[a-zA-Z]?(?:\s*[-/]\s*\d+\s*[a-zA-Z]?)?)$")
        draft.cells["house_number"] = parted[1].fillna("")
        draft.cells["street"] = streets = parted[0].str.strip().fillna(streets)
    address = streets.str.cat(draft.cells["house_number"].astype("str"), sep=" ").str.strip()
    if "name" in draft.cells:
        draft.cells["name"] = draft.cells["name"].fillna(address)
    else:
        draft.only_when_new.add("name")
        draft.cells["name"] = address
    for column in ("permitted_uses", "features"):
        if column in draft.cells:
            draft.cells[column] = draft.cells[column].map(lambda words: words or [])
        elif column == "permitted_uses":
            draft.only_when_new.add(column)
            draft.cells[column] = pd.Series([[] for _ in range(len(draft))], dtype=object)
    read_span(draft, SpanRule("valid"))


def refer_premises(connection: Connection, draft: Draft) -> None:
    """Find the parcels that rows name; premises without coordinates are placed on theirs."""
    places = draft.geometry if draft.geometry is not None else np.full(len(draft), None, dtype=object)
    if "parcel_key" in draft.cells:
        parcel_ids = refer_to(connection, draft, "parcel_key", PARCELS, PARCEL)
        draft.cells["parcel_id"] = parcel_ids
        homeless = shapely.is_missing(places)
        wanted = sorted({int(one) for one in parcel_ids[homeless].dropna()})
        rows = connection.execute(points_on_parcels(), {"parcel_ids": wanted}).all()
        found = {parcel_id: shapely.from_wkb(bytes(wkb)) for parcel_id, wkb in rows}
        placed = homeless & parcel_ids.isin(list(found)).to_numpy()
        places[placed] = [found[one] for one in parcel_ids[placed]]
        draft.tell("placed-on-parcel", ON_PARCEL, placed & ~draft.wrong)
    draft.geometry = places
    draft.reject(shapely.is_missing(places) & ~draft.wrong, "x", "no-place", reasons.NO_PLACE)


ON_PARCEL: Final = Sentence(
    "Ladenlokale ohne Koordinaten liegen auf einem Punkt ihres Flurstücks.",
    "Premises without coordinates were placed on a point of their parcel.",
)


def points_on_parcels() -> Select[int, bytes]:
    """Return id and a point on it (WKB, EPSG:25832) of some parcels (``parcel_ids``)."""
    point = func.ST_AsBinary(func.ST_PointOnSurface(PARCELS.c.geom))
    return select(PARCELS.c.id, point).where(PARCELS.c.id == queries.any_of("parcel_ids"))


def _area_around(areas: Table) -> Callable[[Table], ColumnElement[Any]]:
    """Return the id of the area (parcel, quarter) that a staged point lies in."""

    def found(staging: Table) -> ColumnElement[Any]:
        return (
            select(areas.c.id)
            .where(func.ST_Intersects(areas.c.geom, staging.c.geom))
            .order_by(areas.c.is_demo, areas.c.id)
            .limit(1)
            .correlate(staging)
            .scalar_subquery()
        )

    return found


PREMISES_IMPORT: Final = ImportKind(
    name="premises",
    table=PREMISES_TABLE,
    key="premises_key",
    columns=PREMISES_COLUMNS,
    match=("premises_key",),
    source="Ladenlokalkataster",
    label=PREMISES_TABLE.c.premises_key,
    scope=lambda staging: (
        queries.same_source(PREMISES_TABLE, staging) & queries.still_valid(PREMISES_TABLE.c.valid)
    ),
    place=PlaceRule(point=True, required=False),
    prepare=check_premises,
    refer=refer_premises,
    derived=MappingProxyType(
        {
            "parcel_id": _area_around(PARCELS),
            "district_id": _area_around(DISTRICTS),
            "quarter_id": _area_around(QUARTERS),
        }
    ),
)

VACANCY_COLUMNS: Final = (
    KEY,
    *span_columns(
        (
            "leer seit",
            "Leerstand seit",
            "leerstehend seit",
            "seit",
            "ab",
            "von",
            "Beginn",
            "from",
            "vacant since",
            "since",
        ),
        ("leer bis", "Leerstand bis", "bis", "Ende", "until", "to", "vacant until"),
    ),
    Column("status", values.choice(STATUSES), ("Leerstandsstatus", "Zustand"), empty="vacant"),
    Column(
        "previous_use",
        values.text(LONGEST_LINE),
        ("Vornutzung", "vorherige Nutzung", "Vormieter-Nutzung"),
        empty="",
    ),
    Column("temporary_use_until", values.day, ("Zwischennutzung bis", "Pop-up bis")),
    Column(
        "asking_rent_eur_month",
        values.money(MOST_RENT_EUR),
        ("Angebotsmiete", "öffentliche Miete", "Angebotsmiete EUR"),
    ),
    NOTE,
)


def check_vacancies(draft: Draft) -> None:
    """Make the span of every row; without a first day nobody knows since when."""
    read_span(draft, SpanRule("during"))
    if "during" not in draft.cells:
        draft.cells["during"] = pd.Series([Range(None, None)] * len(draft), dtype=object)


def refer_vacancies(connection: Connection, draft: Draft) -> None:
    """Find the premises; refuse spells that overlap with one of the file or of the register."""
    premises_ids = refer_to(connection, draft, "premises_key", PREMISES_TABLE, PREMISES)
    draft.cells["premises_id"] = premises_ids
    owners = list(premises_ids)
    reject_same_start(draft, owners, "during", "valid_from")
    reject_overlaps(draft, "premises_id", "during", "valid_from")
    wanted = sorted({int(one) for one in premises_ids.dropna()})
    stored = connection.execute(STORED, {"owners": wanted}).all()
    reject_stored_overlaps(draft, owners, "during", [(owner, span) for owner, span in stored])


STORED: Final = queries.spans_of(VACANCIES, ("premises_id", "during"))
"""Premises and span of the vacancies of some premises."""
LABEL: Final = queries.joined(
    queries.key_of(PREMISES_TABLE, "premises_key", VACANCIES.c.premises_id),
    queries.first_day(VACANCIES.c.during),
)

VACANCY_IMPORT: Final = ImportKind(
    name="vacancies",
    table=VACANCIES,
    key="premises_key",
    columns=VACANCY_COLUMNS,
    match=("premises_id", "during"),
    source="Leerstandsliste",
    label=LABEL,
    scope=lambda staging: queries.same_source(VACANCIES, staging) & queries.still_valid(VACANCIES.c.during),
    prepare=check_vacancies,
    refer=refer_vacancies,
)
