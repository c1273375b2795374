"""What is wrong with a form, all at once and in both languages: its place, its fields, what it lacks."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.errors import GEOSException

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import Conflict, InvalidInput
from geo_service.geometry import STORAGE_SRID
from geo_service.imports.catalogue import kind_named
from geo_service.imports.kind import nothing_to_prepare
from geo_service.imports.report import EDITED, ImportOptions
from geo_service.imports.run import check_file
from geo_service.ogc.crs import CRS84, STORAGE
from geo_service.ogc.editing import Change, Document, stored_geometry, write
from geo_service.ogc.refusals import reject_told, told
from geo_service.wording import Sentence

PLACE: Final = "geometry"
DEGREES: Final = (180.0, 90.0)
STAND_IN_M: Final = 5.0
"""Half the width of the area that stands for one that is wrong, while the fields are checked."""
NEEDED: Final = Sentence(
    "Das wird gebraucht: Es benennt den Datensatz.", "This is needed: it names the record."
)
UNREADABLE: Final = (
    "Das ist weder WKT noch GeoJSON. Bitte auf der Karte zeichnen oder so schreiben: {}.",
    "This is neither WKT nor GeoJSON. Please draw it on the map, or write it so: {}.",
)
POINT: Final = "POINT (7.4653 51.5136)"
AREA: Final = "POLYGON ((7.465 51.513, 7.466 51.513, 7.466 51.514, 7.465 51.513))"
"""How a place is written, of premises and of what covers land."""
OPEN_RING: Final = Sentence(
    "Der Umriss ist nicht geschlossen: Die letzte Ecke muss die erste sein, mit mindestens zwei dazwischen.",
    "The outline is not closed: its last corner must be the first one, with two others between at least.",
)
EMPTY: Final = Sentence("Hier steht kein Ort, nur das Wort für leer.", "This place is empty.")
MISSING: Final = Sentence(
    "Die Lage fehlt. Bitte auf der Karte zeichnen oder als WKT oder GeoJSON einfügen.",
    "The place is missing. Please draw it on the map, or paste it as WKT or GeoJSON.",
)
FOREIGN: Final = Sentence(
    "Das liegt nicht in Deutschland. In Grad steht erst die Länge, dann die Breite, in Metern (EPSG:25832) "
    "erst der Ostwert.",
    "This does not lie in Germany. In degrees the longitude comes first, in metres (EPSG:25832) the easting.",
)


def needed_fields(change: Change, *, new: bool) -> frozenset[str]:
    """Return the fields, the place among them, without which a record is not taken.

    Parameters
    ----------
    change
        What is written.
    new
        Whether there is no such record yet: the place of another one stays where none is typed.
    """
    kind = kind_named(change.rule.kind)
    names = {*change.rule.identity, *(column.name for column in kind.columns if column.required)}
    placed = new and change.rule.placed and kind.place is not None and kind.place.required
    return frozenset(names | {PLACE} if placed else names)


def typed_place(text: str, change: Change) -> Document | None:
    """Return a typed place in EPSG:25832; None: none was typed.

    WKT or GeoJSON; degrees (WGS 84, longitude first) or metres (EPSG:25832): the size of the numbers tells.

    Raises
    ------
    InvalidInput
        When it is neither.
    """
    if not text.strip():
        return None
    written = POINT if change.rule.kind == "premises" else AREA
    shape = _read(text.strip(), written)
    if shapely.is_empty(shape):
        raise _wrong(EMPTY)
    west, south, east, north = shapely.bounds(shape).tolist()
    small = max(abs(west), abs(east)) <= DEGREES[0] and max(abs(south), abs(north)) <= DEGREES[1]
    try:
        return stored_geometry(json.loads(shapely.to_geojson(shape)), CRS84 if small else STORAGE, change)
    except InvalidInput as error:
        raise _wrong(FOREIGN) from error


def _read(text: str, example: str) -> Any:  # noqa: ANN401 - a shapely geometry
    """Read WKT or GeoJSON; GEOS calls an open ring one that does not "form a closed linestring"."""
    unreadable = Sentence(*(words.format(example) for words in UNREADABLE))
    try:
        return shapely.from_geojson(text) if text.startswith("{") else shapely.from_wkt(text)
    except (GEOSException, ValueError) as error:
        raise _wrong(OPEN_RING if "closed" in str(error) else unreadable) from error


def _wrong(sentence: Sentence) -> InvalidInput:
    return InvalidInput(sentence, errors=[told(PLACE, sentence)])


def all_faults(
    database: Database, change: Change, properties: Document, text: str, *, new: bool
) -> list[Document]:
    """Return everything that is wrong with a form, field by field.

    Parameters
    ----------
    database
        Where the record would go.
    change
        What is written.
    properties
        Fields by name.
    text
        Place as it was typed.
    new
        Whether there is no such record yet.
    """
    found = _wrong_fields(database, change, properties)
    names = {each["parameter"] for each in found}
    found += [
        told(name, NEEDED) for name in change.rule.identity if not properties.get(name) and name not in names
    ]
    return found + (_wrong_place(database, change, text, new=new) if change.rule.placed else [])


def _wrong_fields(database: Database, change: Change, properties: Document) -> list[Document]:
    """Check the fields with a place that is right, whatever was typed."""
    place = None
    if change.rule.placed:
        inside = load_city(database.settings.city).boundary.representative_point()
        place = json.loads(shapely.to_geojson(shapely.box(*inside.buffer(STAND_IN_M).bounds)))
    try:
        write(database, change, properties, place, None, dry_run=True)
    except Conflict:
        return []
    except InvalidInput as error:
        return [each for each in error.extra.get("errors", []) if each["parameter"] != PLACE]
    return []


def _wrong_place(database: Database, change: Change, text: str, *, new: bool) -> list[Document]:
    try:
        place = typed_place(text, change)
    except InvalidInput as error:
        return list(error.extra["errors"])
    kind = kind_named(change.rule.kind)
    if place is None:
        needed = new and kind.place is not None and kind.place.required
        return [told(PLACE, MISSING)] if needed else []
    named = tuple(column for column in kind.columns if column.name == kind.key)
    alone = replace(kind, columns=named, prepare=nothing_to_prepare)
    feature = {"type": "Feature", "geometry": place, "properties": {kind.key: "x"}}
    with tempfile.TemporaryDirectory(prefix="geo-edit-") as folder:
        path = Path(folder) / EDITED
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        options = ImportOptions(crs=f"EPSG:{STORAGE_SRID}")
        draft = check_file(alone, path, options, load_city(database.settings.city))
    return [reject_told(each) for each in draft.rejects if each.field == PLACE]
