"""Importing buildings (ALKIS vereinfachtes Schema, GebaeudeBauwerk).

**Source**: AdV, "ALKIS vereinfachtes Schema" 2.0 (names of the attributes); AdV GeoInfoDok (relative position
to the surface of the ground). Year of construction is no attribute of that schema; lists of cities have it.
"""

from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Table

from geo_service.buildings.models import Building, BuildingKind
from geo_service.imports import queries, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, ImportKind
from geo_service.imports.places import PlaceRule
from geo_service.imports.source import as_text
from geo_service.imports.spans import VALID, SpanRule, read_span
from geo_service.wording import Sentence

BUILDINGS: Final[Table] = Building.metadata.tables["buildings"]

PART_WORDS: Final = ("bauteil", "part")
BUILDING_WORDS: Final = ("gebaeude", "building")
"""How gebnutzbez begins for parts of buildings and for buildings; all else are structures (masts, tanks,
walls, canopies)."""
BELOW_GROUND: Final = frozenset({"1200", "unterdererdoberflaeche", "unterirdisch", "belowground"})
"""Relative position (rellage) of what lies below the ground. Source: AdV GeoInfoDok."""
MOST_STOREYS: Final = 200
EARLIEST: Final = 800
LATEST: Final = 2200

COLUMNS: Final = (
    Column(
        "building_key",
        values.text(LONGEST_NAME),
        ("oid", "gebaeudekennung", "Gebäudeschlüssel", "Kennung", "Schlüssel", "objekt_id", "key"),
        required=True,
    ),
    Column("kind", values.text(LONGEST_NAME), ("gebnutzbez", "Art", "Objektart")),
    Column("function", values.text(LONGEST_LINE), ("funktion", "Gebäudefunktion", "Nutzung"), empty=""),
    Column(
        "storeys",
        values.number(0, MOST_STOREYS),
        ("anzahlgs", "Geschosse", "Anzahl der oberirdischen Geschosse", "Vollgeschosse"),
    ),
    Column("position", values.text(LONGEST_NAME), ("rellage", "Lage zur Erdoberfläche")),
    Column("built_year", values.number(EARLIEST, LATEST), ("Baujahr", "baujahr_von", "year")),
    Column("source_date", values.day, ("aktualit", "aktualitaet", "stand", "datenstand")),
    *VALID,
)
ALSO_KNOWN: Final = frozenset(
    {"identifier", "gfkzshh", "gmdschl", "gemeinde", "lagebeztxt", "name", "bauart", "dachform", "hoehe"}
)
NOT_WHOLE: Final = Sentence(
    "Das ist keine ganze Zahl. Bitte ganze Geschosse oder Jahre angeben, z. B. 3.",
    "This is no whole number. Please give whole storeys or years, such as 3.",
)


def check_buildings(draft: Draft) -> None:
    """Tell buildings, parts and structures apart; what lies below ground has no storey above it."""
    for column in ("storeys", "built_year"):
        if column in draft.cells:
            draft.cells[column] = _whole(draft, column)
    _name_kinds(draft)
    _note_position(draft)
    read_span(draft, SpanRule("valid"))
    draft.reject_twice(("building_key",), "building_key")
    _tell_unknown_storeys(draft)


def _whole(draft: Draft, column: str) -> "pd.Series[Any]":
    """Return a column as integers, missing where it is empty; refuse fractions."""
    said = draft.cells[column].to_numpy(dtype=float)
    said = np.where(draft.wrong, np.nan, said)  # what was refused may be endless
    fraction = ~np.isnan(said) & (said != np.round(said))
    draft.reject(fraction, column, "not-whole", NOT_WHOLE)
    return pd.Series(pd.array(np.where(fraction, np.nan, said), dtype="Int64"))


def _name_kinds(draft: Draft) -> None:
    """Read what gebnutzbez says; without the column all are buildings, and nothing stored changes."""
    if "kind" not in draft.cells:
        draft.only_when_new.add("kind")
        draft.cells["kind"] = as_text([BuildingKind.BUILDING.value] * len(draft))
        return
    words = draft.cells["kind"].map(values.fold, na_action="ignore").fillna(BUILDING_WORDS[0])
    is_part, is_building = words.str.startswith(PART_WORDS), words.str.startswith(BUILDING_WORDS)
    kinds = np.where(
        is_part,
        BuildingKind.PART.value,
        np.where(is_building, BuildingKind.BUILDING.value, BuildingKind.STRUCTURE.value),
    )
    draft.cells["kind"] = as_text(kinds)


def _note_position(draft: Draft) -> None:
    """Give what lies below ground no storeys above it, unless the file counts some."""
    if "position" not in draft.cells:
        return
    below = draft.cells.pop("position").map(values.fold, na_action="ignore").isin(BELOW_GROUND)
    if "storeys" not in draft.cells:
        draft.only_when_new.add("storeys")
    said = draft.cells.get("storeys", pd.Series(pd.array([pd.NA] * len(draft), dtype="Int64")))
    draft.cells["storeys"] = said.mask(below & said.isna(), 0)


def _tell_unknown_storeys(draft: Draft) -> None:
    """Say of how many buildings the storeys are not known: their floor area stays unknown."""
    if "storeys" not in draft.cells:
        unknown = np.ones(len(draft), dtype=bool)
    else:
        unknown = draft.cells["storeys"].isna().to_numpy()
    draft.tell(
        "no-storeys",
        Sentence(
            "Die Zahl der Geschosse fehlt; die Geschossfläche bleibt unbekannt.",
            "The number of storeys is missing; the floor area stays unknown.",
        ),
        unknown & (draft.cells["kind"] != BuildingKind.STRUCTURE.value).to_numpy() & ~draft.wrong,
    )


BUILDING_IMPORT: Final = ImportKind(
    name="buildings",
    table=BUILDINGS,
    key="building_key",
    columns=COLUMNS,
    match=("building_key",),
    source="Liegenschaftskataster (ALKIS, vereinfachtes Schema)",
    label=BUILDINGS.c.building_key,
    scope=lambda staging: queries.same_source(BUILDINGS, staging) & queries.still_valid(BUILDINGS.c.valid),
    place=PlaceRule(),
    also_known=ALSO_KNOWN,
    prepare=check_buildings,
)
