"""Importing sites (Zukunftsstandorte)."""

from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import ColumnElement, Table

from geo_service.imports import queries, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, LONGEST_TEXT, ImportKind
from geo_service.imports.places import PlaceRule
from geo_service.imports.spans import VALID, SpanRule, read_span
from geo_service.sites.models import Site, SitePhase
from geo_service.wording import Sentence

SITES: Final[Table] = Site.metadata.tables["sites"]
DISTRICTS: Final[Table] = Site.metadata.tables["districts"]

PHASES: Final = values.vocabulary(
    SitePhase,
    {
        "idea": ("Idee", "Vision"),
        "planning": ("Planung", "in Planung", "Bauleitplanung"),
        "preparation": ("Vorbereitung", "Aufbereitung", "Sanierung", "Baureifmachung"),
        "construction": ("Bau", "im Bau", "Umsetzung", "Realisierung"),
        "marketing": ("Vermarktung", "in Vermarktung"),
        "complete": ("abgeschlossen", "fertig", "fertiggestellt"),
        "unknown": ("unbekannt",),
    },
)

COLUMNS: Final = (
    Column("slug", values.text(LONGEST_NAME), ("Kennung", "Kurzname", "key", "id")),
    Column("name", values.text(LONGEST_NAME), ("Standort", "Bezeichnung", "Zukunftsstandort"), required=True),
    Column(
        "summary_de",
        values.text(LONGEST_TEXT),
        ("Beschreibung", "Kurzbeschreibung", "Zusammenfassung"),
        empty="",
    ),
    Column(
        "summary_en", values.text(LONGEST_TEXT), ("description", "summary", "Beschreibung englisch"), empty=""
    ),
    Column("target_groups", values.words(LONGEST_NAME), ("Zielgruppen", "Zielgruppe")),
    Column("uses", values.words(LONGEST_NAME), ("Nutzungen", "Nutzung")),
    Column("phase", values.choice(PHASES), ("Stand der Entwicklung", "Entwicklungsstand"), empty="unknown"),
    Column(
        "stated_area_ha",
        values.number(above=0, high=100_000),
        ("Fläche ha", "Fläche in ha", "Hektar", "area_ha"),
    ),
    Column("location_note", values.text(LONGEST_LINE), ("Lage", "Lagebeschreibung"), empty=""),
    Column("geometry_accuracy_m", values.number(0), ("Genauigkeit m", "Genauigkeit", "Lagegenauigkeit")),
    *VALID,
)


def check_sites(draft: Draft) -> None:
    """Make the short name where it is missing; an outline must say how exact it is."""
    made = draft.cells["name"].map(values.slug, na_action="ignore")
    if "slug" in draft.cells:
        given = draft.cells["slug"]
        tidy = given.map(values.slug, na_action="ignore")
        draft.reject(((given != tidy) & given.notna()).to_numpy(dtype=bool), "slug", "slug-form", SLUG_FORM)
        made = given.astype("object").fillna(made)
    draft.cells["slug"] = made
    draft.reject(((made == "") & ~draft.wrong).to_numpy(dtype=bool), "name", "slug-form", NO_SLUG)
    draft.reject_twice(("slug",), "slug" if draft.has("slug") else "name")
    for column in ("summary_de", "summary_en"):
        if column not in draft.cells:
            draft.only_when_new.add(column)
            draft.cells[column] = pd.Series("", index=range(len(draft)), dtype="str")
    for column in ("target_groups", "uses"):
        if column in draft.cells:
            draft.cells[column] = draft.cells[column].map(lambda words: words or [])
    read_span(draft, SpanRule("valid"))
    _require_accuracy(draft)


def _require_accuracy(draft: Draft) -> None:
    if draft.geometry is None:
        return
    known = np.zeros(len(draft), dtype=bool)
    if "geometry_accuracy_m" in draft.cells:
        known = draft.cells["geometry_accuracy_m"].notna().to_numpy()
    drawn = ~shapely.is_missing(draft.geometry)
    draft.reject(drawn & ~known & ~draft.wrong, "geometry_accuracy_m", "accuracy-missing", ACCURACY)


SLUG_FORM: Final = Sentence(
    "Der Kurzname darf nur aus Kleinbuchstaben, Ziffern und Bindestrichen bestehen, z. B. phoenix-west.",
    "The short name may hold only lower case letters, digits and hyphens, as in phoenix-west.",
)
NO_SLUG: Final = Sentence(
    "Aus diesem Namen lässt sich kein Kurzname bilden: er hat weder Buchstaben noch Ziffern. Bitte ändern "
    "oder einen Kurznamen in einer Spalte Kennung angeben, z. B. phoenix-west.",
    "No short name can be made of this name, for it has neither letters nor digits. Please change it, or "
    "give a short name in a column slug, such as phoenix-west.",
)
ACCURACY: Final = Sentence(
    "Zu einem Umriss gehört seine Genauigkeit in Metern (Spalte genauigkeit_m), z. B. 5.",
    "An outline needs its accuracy in metres (column geometry_accuracy_m), such as 5.",
)


def _district_of(staging: Table) -> ColumnElement[Any]:
    return queries.in_district(DISTRICTS, staging)


SITE_IMPORT: Final = ImportKind(
    name="sites",
    table=SITES,
    key="name",
    columns=COLUMNS,
    match=("slug",),
    source="Standortliste",
    label=SITES.c.slug,
    scope=lambda staging: queries.same_source(SITES, staging) & queries.still_valid(SITES.c.valid),
    place=PlaceRule(required=False),
    prepare=check_sites,
    derived=MappingProxyType({"district_id": _district_of}),
)
