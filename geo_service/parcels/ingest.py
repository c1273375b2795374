"""Importing parcels (ALKIS vereinfachtes Schema), occupancies and districts.

**Source**: AdV, "ALKIS vereinfachtes Schema" 2.0 (names of the attributes); AdV GeoInfoDok (form of the
Flurstückskennzeichen).
"""

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from sqlalchemy import ColumnElement, Connection, Table, select

from geo_service.imports import queries, reasons, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft, Mask
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, LONGEST_TEXT, ImportKind
from geo_service.imports.places import PlaceRule
from geo_service.imports.source import as_text
from geo_service.imports.threads import spread
from geo_service.parcels.models import PARCEL_KEY_PATTERN, District, Parcel
from geo_service.parcels.overlaps import tell_overlaps
from geo_service.wording import Sentence, number

DISTRICTS: Final[Table] = District.metadata.tables["districts"]
PARCELS: Final[Table] = Parcel.metadata.tables["parcels"]

AREA_DIFFERENCE: Final = 0.05
"""Official and measured area may differ by this share before it is worth telling (NRW: at most 3.7 %)."""
ABSURD_FACTOR: Final = 100.0
"""Areas further apart than this are an error: in the samples of two Länder they differ by 47 % at most."""
ASCII_KEY: Final = PARCEL_KEY_PATTERN.strip("^$").replace(r"\d", "[0-9]")
"""The pattern for Python, where a digit is any script's digit."""
NOT_THAT_KEY: Final = Sentence(
    "Das ist kein Flurstückskennzeichen: 20 Zeichen aus Land 2, Gemarkung 4, Flur 3, Zähler 5, Nenner 4, "
    "Folge 2 Ziffern; was fehlt, sind Unterstriche, z. B. 05124900300123______.",
    "This is no parcel key: 20 characters of Land 2, Gemarkung 4, Flur 3, Zähler 5, Nenner 4, Folge 2 "
    "digits; what is missing is written as underscores, as in 05124900300123______.",
)

COLUMNS: Final = (
    Column(
        "parcel_key",
        values.text(40),
        ("flstkennz", "Flurstückskennzeichen", "flurstkennz", "flstkz", "fskz", "parcelkey"),
        required=True,
    ),
    Column("gemarkung", values.text(LONGEST_NAME), ("gemarkungsname", "gmkname")),
    Column("gemarkung_key", values.text(LONGEST_NAME), ("gemaschl", "gemarkungsschluessel", "gmkschl")),
    Column("land_said", values.text(LONGEST_NAME), ("landschl",)),
    Column("flur_said", values.number(0), ("flur", "flurnummer")),
    Column("flur_key_said", values.text(LONGEST_NAME), ("flurschl", "flurschluessel")),
    Column("numerator_said", values.number(0), ("flstnrzae", "zaehler", "flurstueckzaehler", "numerator")),
    Column("denominator_said", values.number(0), ("flstnrnen", "nenner", "flurstuecknenner", "denominator")),
    Column("municipality_key", values.text(LONGEST_NAME), ("gmdschl", "gemeindeschluessel", "ags"), empty=""),
    Column("municipality", values.text(LONGEST_NAME), ("gemeinde", "gemeindename"), empty=""),
    Column("location_text", values.text(LONGEST_LINE), ("lagebeztxt", "Lagebezeichnung", "lage"), empty=""),
    Column("actual_use", values.text(LONGEST_TEXT), ("tntxt", "Tatsächliche Nutzung", "nutzung"), empty=""),
    Column(
        "official_area_m2",
        values.number(above=0, high=1e9),
        ("flaeche", "amtliche Fläche", "amtlflaeche", "afl", "flaeche_m2", "official_area"),
    ),
    Column("source_date", values.day, ("aktualit", "aktualitaet", "stand", "datenstand")),
)
ALSO_KNOWN: Final = frozenset(
    {
        "idflurst",
        "flurstid",
        "identifier",
        "oid",
        "land",
        "regbezirk",
        "regbezschl",
        "kreis",
        "kreisschl",
        "abwrecht",
    }
)


def check_parcels(draft: Draft) -> None:
    """Check the keys, derive from them, and compare the areas."""
    keys = draft.cells["parcel_key"]
    fits = keys.str.fullmatch(ASCII_KEY).fillna(value=False).to_numpy(dtype=bool)
    malformed = ~fits & ~draft.wrong
    draft.reject(malformed, "parcel_key", "parcel-key", NOT_THAT_KEY)
    usable = keys.where(fits)
    draft.cells["parcel_key"] = usable
    draft.cells["flur"] = _part(usable, 6, 9)
    draft.cells["numerator"] = _part(usable, 9, 14)
    draft.cells["denominator"] = _part(usable, 14, 18)
    _require_agreement(draft, usable)
    draft.cells["gemarkung_key"] = usable.str.slice(0, 6)
    draft.reject_twice(("parcel_key",), "parcel_key")
    _name_places(draft)
    _require_parcel_size(draft)
    _compare_areas(draft)


def _part(keys: "pd.Series[str]", start: int, end: int) -> "pd.Series[Any]":
    """Return a part of the keys as integer, missing where it is underscores."""
    part = pc.utf8_slice_codeunits(pa.array(keys, pa.large_string(), from_pandas=True), start, end)
    part = part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part
    digits = pc.if_else(pc.starts_with(part, "_"), None, part)
    return pd.Series(pd.array(pc.cast(digits, pa.int64()).to_pandas(), dtype="Int64"))


def _require_agreement(draft: Draft, keys: "pd.Series[str]") -> None:
    """Refuse rows whose other columns contradict the key."""
    known = keys.notna().to_numpy()
    for column, part in (
        ("flur_said", "flur"),
        ("numerator_said", "numerator"),
        ("denominator_said", "denominator"),
    ):
        if column in draft.cells:
            said = draft.cells.pop(column).to_numpy(dtype=float)
            wrong = ~np.isnan(said) & (said != draft.cells[part].to_numpy(dtype=float, na_value=0.0)) & known
            _contradicts(draft, column, wrong)
    for column, end in (("land_said", 2), ("gemarkung_key", 6), ("flur_key_said", 9)):
        if column in draft.cells:
            said_text = draft.cells.pop(column)
            same = (said_text == keys.str.slice(0, end)) | (
                said_text.str.rstrip("_ ") == keys.str.slice(0, end).str.rstrip("_")
            )
            if column == "gemarkung_key":
                same |= said_text == keys.str.slice(2, 6)
            _contradicts(draft, column, (~same & said_text.notna()).to_numpy(dtype=bool) & known)


def _contradicts(draft: Draft, column: str, rows: Mask) -> None:
    draft.reject(
        rows,
        column,
        "contradicts-key",
        Sentence(
            "Diese Angabe widerspricht dem Flurstückskennzeichen. Bitte eines von beiden berichtigen.",
            "This value contradicts the parcel key. Please correct one of the two.",
        ),
    )


def _name_places(draft: Draft) -> None:
    """Fill in names that the file does not give, as far as the city profile knows them."""
    city, keys = draft.city, draft.cells["parcel_key"]
    official = (
        keys.str.slice(2, 6)
        .map(city.gemarkungen)
        .where(keys.str.startswith(city.land_key).fillna(value=False))
    )
    if "gemarkung" in draft.cells:
        said = draft.cells["gemarkung"]
        others = said.isin(list(city.gemarkungen.values())) & official.notna() & (said != official)
        _contradicts(draft, "gemarkung", others.to_numpy(dtype=bool))
    else:
        said = as_text([None] * len(draft))
        draft.only_when_new.add("gemarkung")
    draft.cells["gemarkung"] = said.fillna(official).fillna(keys.str.slice(0, 6))
    for column, name in (("municipality", city.name), ("municipality_key", city.ags)):
        if column not in draft.cells:
            draft.only_when_new.add(column)
            draft.cells[column] = as_text(np.where(official.notna(), name, ""))


def _require_parcel_size(draft: Draft) -> None:
    """Refuse outlines larger than any parcel, and those that contradict their official area."""
    if draft.geometry is None:
        return
    measured, largest_km2 = shapely.area(draft.geometry), draft.city.largest_parcel_km2
    large = (measured > largest_km2 * 1e6) & ~draft.wrong
    draft.reject(
        large,
        "geometry",
        "too-large",
        lambda row: reasons.implausibly_large(float(measured[row]), largest_km2),
    )
    if "official_area_m2" not in draft.cells:
        return
    official = draft.cells["official_area_m2"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        apart = (measured > ABSURD_FACTOR * official) | (official > ABSURD_FACTOR * measured)
    draft.reject(
        apart & ~draft.wrong,
        "official_area_m2",
        "areas-contradict",
        lambda row: reasons.areas_contradict(float(measured[row]), float(official[row])),
    )


def _compare_areas(draft: Draft) -> None:
    """Tell of parcels without an official area, and of those that measure otherwise."""
    if "official_area_m2" not in draft.cells or draft.geometry is None:
        return
    official = draft.cells["official_area_m2"].to_numpy(dtype=float)
    measured = shapely.area(draft.geometry)
    with np.errstate(invalid="ignore"):
        share = np.abs(measured - official) / official
    draft.tell(
        "no-area",
        Sentence(
            "Die amtliche Fläche fehlt; sie bleibt unbekannt.",
            "The official area is missing; it stays unknown.",
        ),
        np.isnan(official) & ~draft.wrong,
    )
    far = (share > AREA_DIFFERENCE) & ~draft.wrong
    if far.any():
        most = number(float(share[far].max()) * 100, 1, "%")
        draft.tell(
            "area-differs",
            Sentence(
                f"Amtliche und gemessene Fläche unterscheiden sich um mehr als 5 % (höchstens {most.de}).",
                f"Official and measured area differ by more than 5 % (at most {most.en}).",
            ),
            far,
        )


def _same_gemarkungen(staging: Table) -> ColumnElement[bool]:
    covered = select(staging.c.gemarkung_key).distinct()
    return PARCELS.c.gemarkung_key.in_(covered) & queries.still_valid(PARCELS.c.valid)


def refer_parcels(connection: Connection, draft: Draft) -> None:
    """Find the district that holds a point on each parcel, as `queries.in_district` does in the database."""
    tell_overlaps(connection, draft)
    good = np.flatnonzero(~draft.wrong)
    districts = connection.execute(queries.districts_of(DISTRICTS)).all()
    found = np.zeros(len(draft), dtype=np.int64)
    if districts and draft.geometry is not None:
        points = spread(shapely.point_on_surface, draft.geometry[good])
        outlines = shapely.from_wkb([row.wkb for row in districts])
        inside, which = shapely.STRtree(points).query(outlines, predicate="contains")
        for place in range(len(districts) - 1, -1, -1):  # the first one that holds the point stays
            found[good[which[inside == place]]] = districts[place].id
    draft.cells["district_id"] = pd.Series(found, dtype="Int64").replace(0, pd.NA)
    draft.follows.add("district_id")


PARCEL_IMPORT: Final = ImportKind(
    name="parcels",
    table=PARCELS,
    key="parcel_key",
    columns=COLUMNS,
    match=("parcel_key",),
    source="Liegenschaftskataster (ALKIS, vereinfachtes Schema)",
    label=PARCELS.c.parcel_key,
    scope=_same_gemarkungen,
    place=PlaceRule(lies_inside=True),
    also_known=ALSO_KNOWN,
    prepare=check_parcels,
    refer=refer_parcels,
)

DISTRICT_COLUMNS: Final = (
    Column(
        "key", values.text(LONGEST_NAME), ("schluessel", "nummer", "bezirksnummer", "nr", "statbez", "id")
    ),
    Column(
        "name",
        values.text(LONGEST_NAME),
        ("stadtbezirk", "bezirk", "bezeichnung", "bezirksname"),
        required=True,
    ),
    Column("geometry_accuracy_m", values.number(0), ("genauigkeit_m", "genauigkeit", "lagegenauigkeit")),
)


def check_districts(draft: Draft) -> None:
    """Make a key of the name where the file gives none; refuse two districts of one key."""
    made = draft.cells["name"].map(values.slug, na_action="ignore")
    draft.cells["key"] = draft.cells["key"].fillna(made) if "key" in draft.cells else made
    draft.reject_twice(("key",), "key" if draft.has("key") else "name")


def _assign_everywhere(connection: Connection) -> None:
    """Put parcels, premises and sites into the districts as they are now."""
    for name in ("parcels", "premises", "sites"):
        table = District.metadata.tables.get(name)
        if table is not None:
            connection.execute(queries.assign_districts(table, DISTRICTS))


DISTRICT_IMPORT: Final = ImportKind(
    name="districts",
    table=DISTRICTS,
    key="name",
    columns=DISTRICT_COLUMNS,
    match=("key",),
    source="Amtliche Stadtbezirke",
    label=DISTRICTS.c.name,
    scope=lambda staging: DISTRICTS.c.id.is_not(None),  # noqa: ARG005 - the file holds all districts
    place=PlaceRule(),
    prepare=check_districts,
    after=_assign_everywhere,
)
