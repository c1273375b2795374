"""Importing areas of the land-use plan (Flächennutzungsplan)."""

from typing import Final

from sqlalchemy import Table

from geo_service.imports import queries, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, ImportKind
from geo_service.imports.places import PlaceRule
from geo_service.imports.spans import VALID, SpanRule, read_span
from geo_service.restrictions.models import LandUse, LandUseArea

LAND_USE_AREAS: Final[Table] = LandUseArea.metadata.tables["land_use_areas"]
USES: Final = values.vocabulary(
    LandUse,
    {
        "housing": ("Wohnbaufläche", "Wohnbauflächen", "W", "WohnBauflaeche", "1000"),
        "mixed": ("gemischte Baufläche", "gemischte Bauflächen", "M", "GemischteBauflaeche", "2000"),
        "commercial": ("gewerbliche Baufläche", "gewerbliche Bauflächen", "G", "GewerblicheBauflaeche",
                       "3000"),
        "special": ("Sonderbaufläche", "Sonderbauflächen", "S", "SonderBauflaeche", "4000"),
        "other": ("Grünfläche", "Landwirtschaft", "Wald", "Verkehrsfläche", "Wasserfläche", "Gemeinbedarf",
                  "Sonstiges", "Sonstige", "9999"),
    },
)  # fmt: skip
"""Words and codes by use. Source: § 1 (1) BauNVO; XPlanung, XP_AllgArtDerBaulNutzung."""

COLUMNS: Final = (
    Column(
        "area_key",
        values.text(LONGEST_NAME),
        ("Schlüssel", "Kennung", "Nummer", "nr", "id", "key", "gml_id"),
        required=True,
    ),
    Column(
        "use",
        values.choice(USES),
        ("Darstellung", "Nutzung", "Art", "allgArtDerBaulNutzung", "Art der Baufläche"),
        required=True,
    ),
    Column("name", values.text(LONGEST_LINE), ("Bezeichnung", "Name", "Titel"), empty=""),
    Column("source_date", values.day, ("Stand", "Datenstand", "aktualit")),
    *VALID,
)


def check_land_use(draft: Draft) -> None:
    """Read the span, and refuse an area that is given twice."""
    read_span(draft, SpanRule("valid"))
    draft.reject_twice(("area_key",), "area_key")


LAND_USE_IMPORT: Final = ImportKind(
    name="land_use",
    table=LAND_USE_AREAS,
    key="area_key",
    columns=COLUMNS,
    match=("area_key",),
    source="Flächennutzungsplan",
    label=LAND_USE_AREAS.c.area_key,
    scope=lambda staging: (
        queries.same_source(LAND_USE_AREAS, staging) & queries.still_valid(LAND_USE_AREAS.c.valid)
    ),
    place=PlaceRule(),
    prepare=check_land_use,
)
