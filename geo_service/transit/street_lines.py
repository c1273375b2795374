"""Reading streets from a layer of lines: GeoPackage, GeoJSON, shape and the other formats of imports."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from geo_service.city import CityProfile
from geo_service.imports import reasons, values
from geo_service.imports.columns import Column, Headings, unknown_headings
from geo_service.imports.draft import Draft
from geo_service.imports.kind import COMMON, LONGEST_LINE, LONGEST_NAME
from geo_service.imports.located import GEOMETRY
from geo_service.imports.places import TYPES, project_rows
from geo_service.imports.reading import Choice, read_file
from geo_service.imports.report import ImportOptions
from geo_service.transit.foot_rules import FootRules
from geo_service.transit.street_ways import GRID_M, Ways, ways_of_lines
from geo_service.wording import Sentence

LINE: Final = Sentence("eine Linie", "a line")
NO_LINE: Final = Sentence(
    "Die Linie fehlt, ist leer oder ohne Länge. Bitte zeichnen oder die Zeile entfernen.",
    "The line is missing, empty or without length. Please draw it or remove the row.",
)
LINESTRING, MULTILINESTRING = 1, 5
OSM_HEADINGS: Final = frozenset({"osm_id", "fclass"})
"""Headings of shapefiles and GeoPackages made from OpenStreetMap by Geofabrik."""

COLUMNS: Final = (
    Column(
        "way_id",
        values.text(LONGEST_NAME),
        ("Schlüssel", "Kennung", "Straßenschlüssel", "osm_id", "osmid", "objid"),
    ),
    Column(
        "street_class",
        values.text(LONGEST_LINE),
        (
            "Klasse",
            "Straßenklasse",
            "Art",
            "fclass",
            "highway",
            "class",
            "type",
            "Widmung",
            "wdm",
            "Kategorie",
        ),
    ),
    Column("name", values.text(LONGEST_LINE), ("Straße", "Straßenname", "Name der Straße", "nam", "street")),
    Column(
        "walkable",
        values.yes_or_no,
        ("begehbar", "zu Fuß", "Fußverkehr", "Fußgänger"),
    ),
)
HEADINGS: Final = Headings((*COLUMNS, *COMMON, GEOMETRY))


def read_lines(path: Path, options: ImportOptions, city: CityProfile, rules: FootRules) -> tuple[Draft, Ways]:
    """Read a layer of lines.

    Parameters
    ----------
    path
        The file.
    options
        Coordinate system, headings, layer, encoding.
    city
        The city.
    rules
        Who may walk where.

    Returns
    -------
    Draft
        The rows, with what is wrong with some of them.
    Ways
        Streets of the others.

    Raises
    ------
    InvalidInput, ImportRejected
        When the file cannot be read, lacks a coordinate system, or is no layer of lines.
    """
    source = read_file(path, Choice(HEADINGS.score, options.layer, options.encoding))
    labels, unknown = HEADINGS.match(source.headings, options.columns)
    draft = Draft(source, labels, city, options, "way_id")
    draft.notices.extend(source.notices)
    if unknown:
        draft.tell("unknown-columns", unknown_headings(unknown))
    draft.reject(source.extra_cells, "way_id", "extra-cells", reasons.EXTRA_CELLS)
    draft.read((*COLUMNS, *COMMON))
    project_rows(draft, NO_LINE)
    _check_lines(draft)
    return draft, _ways(draft, _about(draft, rules))


def is_from_openstreetmap(draft: Draft) -> bool:
    """Tell whether a layer is made from OpenStreetMap, and its licence therefore ODbL."""
    return set(draft.source.headings) >= OSM_HEADINGS


def _check_lines(draft: Draft) -> None:
    """Refuse what is no line, and lines without length."""
    lines = draft.geometry
    types = np.atleast_1d(shapely.get_type_id(lines))
    wrong = (types >= 0) & (types != LINESTRING) & (types != MULTILINESTRING)
    draft.reject(
        wrong,
        "geometry",
        "wrong-geometry",
        lambda row: reasons.wrong_geometry_type(TYPES.get(int(types[row]), "curve"), LINE),
    )
    short = (types >= 0) & ~wrong & (shapely.length(lines) < GRID_M)
    draft.reject(short, "geometry", "no-geometry", NO_LINE)


def _about(draft: Draft, rules: FootRules) -> pd.DataFrame:
    """Return key, class, name and whether it is walked for each row; a stated yes or no wins."""
    empty = pd.Series([""] * len(draft), dtype=object)
    filled = {
        name: draft.cells[name].astype(object).where(draft.cells[name].notna(), "")
        if name in draft.cells
        else empty
        for name in ("way_id", "street_class", "name")
    }
    numbers = pd.Series([str(draft.number(row)) for row in range(len(draft))], dtype=object)
    classes = filled["street_class"].astype(str)
    known = {one: rules.class_walked(one) for one in classes.unique()}
    by_class = [known[one] for one in classes]
    unknown = np.array([one is None for one in by_class]) & (classes != "").to_numpy()
    words = ", ".join(sorted({one for one, off in zip(classes, unknown, strict=True) if off})[:10])
    draft.tell(
        "class-unknown",
        Sentence(
            f"Straßenklassen ohne Regel gelten als begehbar: {words}",
            f"Street classes without a rule are taken as walked: {words}",
        ),
        unknown,
    )
    stated = draft.cells.get("walkable", pd.Series([None] * len(draft), dtype=object))
    walkable: list[Any] = [
        bool(said) if said is not None and said == said else by is not False  # noqa: PLR0124 - NaN
        for said, by in zip(stated, by_class, strict=True)
    ]
    way_id = filled["way_id"].where(filled["way_id"] != "", numbers)
    names = filled["name"]
    return pd.DataFrame({"way_id": way_id, "street_class": classes, "name": names, "walkable": walkable})


def _ways(draft: Draft, about: pd.DataFrame) -> Ways:
    """Return the rows without fault as ways; a line of several parts becomes several."""
    good = np.flatnonzero(~draft.wrong)
    lines = np.zeros(0, dtype=object) if draft.geometry is None else draft.geometry[good]
    parts, row = shapely.get_parts(lines, return_index=True)
    long = shapely.length(parts) >= GRID_M
    return ways_of_lines(about.iloc[good[row[long]]].reset_index(drop=True), parts[long])
