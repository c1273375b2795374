"""Where the rows of a file lie: coordinate system, kind of geometry, validity, city area.

Everything leaves here in EPSG:25832, x before y, two-dimensional.
"""

import warnings
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from pyproj.transformer import TransformerGroup
from shapely.geometry.base import BaseGeometry

from geo_service.errors import ImportRejected, InvalidInput
from geo_service.geometry import PARCEL_BOUNDS_25832, STORAGE_SRID, as_multipolygons, parse_crs
from geo_service.imports import reasons
from geo_service.imports.diagnosis import explain_foreign
from geo_service.imports.draft import Draft, Mask
from geo_service.imports.located import locate
from geo_service.imports.outlines import in_one_order, nowhere, only_polygons, why_invalid
from geo_service.imports.source import Geometries
from geo_service.imports.threads import spread
from geo_service.wording import Sentence, number

NO_GEOMETRY: Final = Sentence(
    "Die Datei hat keine Geometrie. Eine Tabelle kann sie als Text in der Spalte „geometry“ enthalten (WKT).",
    "The file has no geometry. A table can hold it as text in a column 'geometry' (WKT).",
)
NO_CRS: Final = Sentence(
    "Die Datei sagt nicht, in welchem Koordinatensystem sie ist. Bitte nennen Sie es, zum Beispiel "
    "EPSG:25832 (auf der Befehlszeile: --crs EPSG:25832).",
    "The file does not say which coordinate system it uses. Say it with --crs, for example --crs EPSG:25832.",
)
REPAIR_SHARE: Final = 0.01
REPAIR_M2: Final = 1.0
"""A repair may change an area by a hundredth or by one square metre, whichever is more."""
SMALLEST_M2: Final = 0.01
"""Less than a hundredth of a square metre is no area."""
ACCURATE_M: Final = 1.0
"""PROJ states one metre for WGS 84, which is what ETRS89 was then; what is known less well is told."""
BOUNDARY_TOLERANCE_M: Final = 50.0
"""Outlines of neighbouring cadastres differ by some metres; added to the accuracy of the city's boundary."""
INSIDE_SHARE: Final = 0.5
"""What belongs to the city lies in it by half at least: the drawn boundary cuts off edges, never the most."""
MISSING, POINT_TYPE, POLYGON, MULTIPOINT, MULTIPOLYGON = -1, 0, 3, 4, 6
"""Type numbers of shapely; below, what people call them."""
TYPES: Final = {
    0: "Point", 1: "LineString", 2: "LinearRing", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
    6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip
AREA: Final = Sentence("eine Fläche (Polygon)", "an area (polygon)")
POINT: Final = Sentence("ein Punkt", "a point")


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """What a kind of record needs to know about its place.

    Parameters
    ----------
    point
        A point is stored; else an area.
    required
        Every row must have a place.
    lies_inside
        At least `INSIDE_SHARE` of an area must lie in the city; else touching it is enough.
    """

    point: bool = False
    required: bool = True
    lies_inside: bool = False


def place(draft: Draft, rule: PlaceRule) -> None:
    """Find, project, check and repair the geometry of every row; result in ``draft.geometry``.

    Raises
    ------
    InvalidInput
        When the file does not say its coordinate system, or it is the wrong one.
    ImportRejected
        When the file has no geometry at all and the kind needs one.
    """
    missing = reasons.NO_PLACE if rule.point else reasons.NO_GEOMETRY
    if not project_rows(draft, missing if rule.required else None):
        return
    if rule.point:
        _make_points(draft)
    else:
        _make_areas(draft)
    _require_city(draft, rule)


def project_rows(draft: Draft, missing: Sentence | None) -> bool:
    """Put the geometry of every row that can be read into ``draft.geometry``, whatever its type.

    Parameters
    ----------
    draft
        Rows being checked.
    missing
        Why a row without a place is refused; None: it is not.

    Returns
    -------
    bool
        Whether the file has any geometry.

    Raises
    ------
    InvalidInput, ImportRejected
        As `place`.
    """
    located = locate(draft)
    if located is None:
        if missing is not None:
            raise ImportRejected(NO_GEOMETRY, code="no-geometry")
        return False
    raw, stated = located
    crs = _choose_crs(draft, stated)
    _tell_accuracy(draft, crs)
    present = ~shapely.is_missing(raw) & ~shapely.is_empty(raw)
    draft.reject(draft.source.broken, "geometry", "broken-geometry", reasons.BROKEN_GEOMETRY)
    if missing is not None:
        draft.reject(~present & ~draft.wrong, "geometry", "no-geometry", missing)
    usable = present.copy()
    for position, reason in nowhere(raw).items():
        draft.reject_one(position, "geometry", "not-finite", reason)
        usable[position] = False
    projected = project(_where(usable, raw), crs)
    _require_germany(draft, raw, projected, crs)
    usable &= ~draft.wrong
    draft.geometry = _where(usable, projected)
    return True


def project(geometries: Geometries, crs: CRS) -> Geometries:
    """Return geometries in EPSG:25832, two-dimensional; what cannot be projected becomes infinite."""
    flat: Geometries = shapely.force_2d(geometries) if shapely.has_z(geometries).any() else geometries
    if crs.to_epsg() == STORAGE_SRID:
        return flat
    projected = gpd.GeoSeries(flat, crs=crs).to_crs(STORAGE_SRID)
    return np.asarray(projected.to_numpy(), dtype=object)


def _where(rows: Mask, geometries: Geometries) -> Geometries:
    """Return the geometries of some rows, None for the others."""
    kept = geometries.copy()
    kept[~rows] = None
    return kept


def _tell_accuracy(draft: Draft, crs: CRS) -> None:
    """Tell when the conversion to EPSG:25832 is only good to metres, by what PROJ states of it."""
    if crs.to_epsg() == STORAGE_SRID:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a missing grid: told here in the reader's language
        ways = TransformerGroup(crs, STORAGE_SRID).transformers
    accuracy_m = ways[0].accuracy if ways else 0.0
    if accuracy_m > ACCURATE_M:
        draft.tell(
            "accuracy",
            Sentence(
                f"{crs.name} wird hier nur auf etwa {accuracy_m:g} m genau umgerechnet: Das Gitter für mehr "
                "fehlt. Genauer ist eine Datei in EPSG:25832.",
                f"{crs.name} is converted here to about {accuracy_m:g} m only: the grid for more is missing. "
                "A file in EPSG:25832 is more accurate.",
            ),
        )


def _choose_crs(draft: Draft, stated: CRS | None) -> CRS:
    asked = draft.options.crs
    if asked is None:
        if stated is None:
            raise InvalidInput(NO_CRS, parameter="crs")
        return stated
    crs = parse_crs(asked)
    if stated is not None and not crs.equals(stated, ignore_axis_order=True):
        name = stated.to_string()[:60]
        draft.tell(
            "crs",
            Sentence(
                f"Die Datei nennt {name}; gelesen wurde sie wie gewünscht als {asked}.",
                f"The file states {name}; as asked it was read as {asked}.",
            ),
        )
    return crs


def _require_germany(draft: Draft, raw: Geometries, projected: Geometries, crs: CRS) -> None:
    """Refuse coordinates that cannot be German land: the file when most are, else the rows."""
    bounds = shapely.bounds(projected)
    low_x, low_y, high_x, high_y = PARCEL_BOUNDS_25832
    foreign = np.asarray(
        (bounds[:, 0] < low_x) | (bounds[:, 1] < low_y) | (bounds[:, 2] > high_x) | (bounds[:, 3] > high_y)
    )
    present = ~np.isnan(bounds[:, 0])
    if foreign.sum() * 2 > present.sum():
        first = int(np.flatnonzero(foreign)[0])
        many, row, why = int(foreign.sum()), draft.number(first), explain_foreign(raw[foreign], crs)
        said = Sentence(
            f"{many} von {len(draft)} Geometrien liegen nicht in Deutschland (zuerst: Zeile {row}). {why.de}",
            f"{many} of {len(draft)} geometries do not lie in Germany (first: row {row}). {why.en}",
        )
        raise InvalidInput(said, parameter="crs")
    draft.reject(
        foreign,
        "geometry",
        "not-in-germany",
        lambda row: reasons.not_in_germany(float(bounds[row, 0]), float(bounds[row, 1])),
    )


def _make_areas(draft: Draft) -> None:
    """Leave valid multipolygons; repair what can be repaired without changing its size."""
    geometries = draft.geometry
    if geometries is None:
        return
    types = shapely.get_type_id(geometries)
    wrong = (types != POLYGON) & (types != MULTIPOLYGON) & (types != MISSING)
    draft.reject(
        wrong,
        "geometry",
        "wrong-geometry",
        lambda row: reasons.wrong_geometry_type(TYPES.get(int(types[row]), "curve"), AREA),
    )
    corners = shapely.get_num_coordinates(geometries)
    many = (corners > reasons.MOST_CORNERS) & ~wrong
    draft.reject(
        many, "geometry", "too-many-corners", lambda row: reasons.too_many_corners(int(corners[row]))
    )
    geometries[many], types[many] = None, MISSING
    invalid = ~spread(shapely.is_valid, geometries) & (types != MISSING) & ~wrong
    if invalid.any():
        _repair(draft, geometries, invalid)
    small = (shapely.area(geometries) < SMALLEST_M2) & ~draft.wrong & (types != MISSING)
    draft.reject(small, "geometry", "too-small", reasons.TOO_SMALL)
    if (types == POLYGON).any():
        geometries = as_multipolygons(geometries)
    draft.geometry = in_one_order(geometries)


def _repair(draft: Draft, geometries: Geometries, invalid: Mask) -> None:
    """Mend invalid areas in place; refuse those that a repair would change."""
    before = np.abs(shapely.area(geometries[invalid]))
    why = shapely.is_valid_reason(geometries[invalid])
    mended = only_polygons(shapely.make_valid(geometries[invalid], method="structure", keep_collapsed=False))
    after = shapely.area(mended)
    bad = np.abs(after - before) > np.maximum(REPAIR_M2, REPAIR_SHARE * before)
    positions = np.flatnonzero(invalid)
    for place_, position in enumerate(positions):
        if bad[place_]:
            reason = reasons.not_repairable(
                why_invalid(str(why[place_])), float(before[place_]), float(after[place_])
            )
            draft.reject_one(int(position), "geometry", "invalid-geometry", reason)
    geometries[positions] = mended
    repaired = np.zeros(len(draft), dtype=bool)
    repaired[positions[~bad]] = True
    draft.tell(
        "repaired",
        Sentence(
            "Ungültige Flächen wurden repariert; ihre Größe hat sich nicht wesentlich geändert.",
            "Invalid areas were repaired; their size has not changed in substance.",
        ),
        repaired,
    )


def _make_points(draft: Draft) -> None:
    """Leave points; an area stands for a point on it."""
    geometries = draft.geometry
    if geometries is None:
        return
    types = shapely.get_type_id(geometries)
    single = (types == MULTIPOINT) & (shapely.get_num_geometries(geometries) == 1)
    geometries[single] = shapely.get_geometry(geometries[single], 0)
    areas = (types == POLYGON) | (types == MULTIPOLYGON)
    geometries[areas] = shapely.point_on_surface(geometries[areas])
    wrong = ~single & ~areas & (types != POINT_TYPE) & (types != MISSING)
    draft.reject(
        wrong,
        "geometry",
        "wrong-geometry",
        lambda row: reasons.wrong_geometry_type(TYPES.get(int(types[row]), "curve"), POINT),
    )


def _require_city(draft: Draft, rule: PlaceRule) -> None:
    """Refuse rows outside the city, or tell of them where they are allowed."""
    if draft.geometry is None:
        return
    area = draft.city.boundary.buffer(BOUNDARY_TOLERANCE_M + (draft.city.boundary_accuracy_m or 0.0))
    shapely.prepare(area)
    doubtful = np.flatnonzero(~shapely.covers(area, draft.geometry))
    doubtful = doubtful[~shapely.is_missing(draft.geometry[doubtful]) & ~draft.wrong[doubtful]]
    crossing = doubtful[shapely.intersects(area, draft.geometry[doubtful])]
    outside = np.zeros(len(draft), dtype=bool)
    outside[np.setdiff1d(doubtful, crossing)] = True
    mostly = _mostly_outside(draft.geometry, crossing, area) if rule.lies_inside else None
    if not draft.options.allow_outside:
        if mostly is not None:
            draft.reject(mostly, "geometry", "outside-city", reasons.mostly_outside(draft.city.name))
        _reject_outside(draft, outside)
        return
    if mostly is not None:
        draft.tell("mostly-outside-city", reasons.mostly_outside(draft.city.name), mostly)
    _tell_outside(draft, outside)


def _mostly_outside(geometries: Geometries, crossing: npt.NDArray[np.intp], area: BaseGeometry) -> Mask:
    """Tell which areas lie outside by more than half, of those that cross the edge."""
    inside = shapely.area(shapely.intersection(geometries[crossing], area))
    result = np.zeros(len(geometries), dtype=bool)
    result[crossing] = inside < INSIDE_SHARE * shapely.area(geometries[crossing])
    return result


def _away_m(draft: Draft, rows: Mask) -> npt.NDArray[np.float64]:
    """Return how far some rows lie from the city, metres; 0 for the others."""
    away = np.zeros(len(draft))
    if draft.geometry is not None and rows.any():
        away[rows] = shapely.distance(draft.geometry[rows], draft.city.boundary)
    return away


def _reject_outside(draft: Draft, rows: Mask) -> None:
    away = _away_m(draft, rows)
    draft.reject(
        rows,
        "geometry",
        "outside-city",
        lambda row: reasons.outside_city(draft.city.name, float(away[row])),
    )


def _tell_outside(draft: Draft, rows: Mask) -> None:
    if not rows.any():
        return
    away = _away_m(draft, rows)[rows] / 1000
    nearest, farthest = number(float(away.min()), 1), number(float(away.max()), 1, "km")
    draft.tell(
        "outside-city",
        Sentence(
            f"Zeilen liegen außerhalb von {draft.city.name} ({nearest.de} bis {farthest.de}).",
            f"Rows lie outside {draft.city.name} ({nearest.en} to {farthest.en}).",
        ),
        rows,
    )
