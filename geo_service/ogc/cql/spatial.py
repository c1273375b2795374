"""Spatial operators, and geometries in the coordinate system of the filter.

Source: OGC 21-065r2, sections 7.5 (basic spatial functions) and 8.3 (spatial functions).
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

import shapely
from geoalchemy2 import Geometry
from shapely.errors import GEOSException, ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Boolean, ColumnElement, LargeBinary, func, literal

from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.ogc.areas import STEP_DEGREES, WORKABLE_DEGREES, area_of_box
from geo_service.ogc.cql.operands import GEOMETRY_NAMES, Expression, Scope, property_name
from geo_service.ogc.cql.tree import Node, refuse, told
from geo_service.ogc.crs import Crs, projected, x_first
from geo_service.wording import number

FUNCTIONS: Final[Mapping[str, Callable[..., ColumnElement[bool]]]] = {
    "s_intersects": func.ST_Intersects,
    "s_disjoint": func.ST_Disjoint,
    "s_equals": func.ST_Equals,
    "s_touches": func.ST_Touches,
    "s_within": func.ST_Within,
    "s_contains": func.ST_Contains,
    "s_overlaps": func.ST_Overlaps,
    "s_crosses": func.ST_Crosses,
}
"""Operator to function of PostGIS."""
WITHIN_DISTANCE: Final = "s_dwithin"
"""An extension of this service: ``S_DWITHIN(geometry, POINT(7.46 51.51), 500)``, metres."""
FARTHEST_M: Final = 100_000
MOST_CORNERS: Final = 4_000
STEP_M: Final = 500.0
STEPS: Final = 2_000
"""Edges of degrees are bent into at most so many pieces."""
UNITS: Final = frozenset({"m", "meter", "meters", "metre", "metres"})


def is_spatial(operator: str) -> bool:
    """Tell whether an operator compares geometries."""
    return operator in FUNCTIONS or operator == WITHIN_DISTANCE


def spatial(operator: str, arguments: list[Node], scope: Scope) -> ColumnElement[bool]:
    """Return the condition of a spatial operator.

    Raises
    ------
    BadParameter
        When an argument is no geometry, or a literal is not usable.
    """
    if operator == WITHIN_DISTANCE:
        return _within_distance(arguments, scope)
    if len(arguments) != 2:  # noqa: PLR2004 - a pair
        raise refuse(
            f"{operator.upper()} takes two geometries.", f"{operator.upper()} braucht zwei Geometrien."
        )
    first, second = (_geometry(each, scope) for each in arguments)
    return FUNCTIONS[operator](first, second, type_=Boolean())


def _within_distance(arguments: list[Node], scope: Scope) -> ColumnElement[bool]:
    form = f"{WITHIN_DISTANCE.upper()}(geometry, POINT(7.46 51.51), 500)"
    if len(arguments) not in {3, 4} or (len(arguments) == 4 and str(arguments[3]) not in UNITS):  # noqa: PLR2004
        raise refuse(
            f"Write {form}; the distance is in metres.",
            f"Schreiben Sie {form}; der Abstand steht in Metern.",
        )
    distance = arguments[2]
    if isinstance(distance, bool) or not isinstance(distance, int | float) or not 0 <= distance <= FARTHEST_M:
        raise refuse(
            f"The distance of {form} is between 0 and {FARTHEST_M:,} metres.",
            f"Der Abstand in {form} liegt zwischen 0 und {number(FARTHEST_M).de} Metern.",
        )
    first, second = (_geometry(each, scope) for each in arguments[:2])
    return func.ST_DWithin(first, second, float(distance), type_=Boolean())


def _geometry(node: Node, scope: Scope) -> Expression:
    """Return the geometry of a feature, or a literal in EPSG:25832."""
    name = property_name(node)
    if name is not None:
        if name not in GEOMETRY_NAMES:
            raise refuse(
                f"{name[:60]!r} is not the geometry: its name is 'geometry'.",
                f"„{name[:60]}“ ist nicht die Geometrie: Sie heißt „geometry“.",
                property=name[:60],
            )
        return scope.geom
    wkb = shapely.to_wkb(literal_area(node, scope.crs))
    return func.ST_GeomFromWKB(
        literal(wkb, LargeBinary()), STORAGE_SRID, type_=Geometry(srid=STORAGE_SRID, spatial_index=False)
    )


def literal_area(node: Node, crs: Crs) -> BaseGeometry:
    """Return a literal geometry or BBOX in EPSG:25832; empty when it lies where nothing can be.

    Raises
    ------
    BadParameter
        When it is none, not valid, or its coordinates are not those of the coordinate system.
    """
    if isinstance(node, dict) and set(node) == {"bbox"}:
        try:
            return area_of_box(node["bbox"], crs) or shapely.Polygon()
        except (ValueError, TypeError) as error:
            raise refuse(
                f"BBOX {error}.",
                "BBOX besteht aus vier Zahlen: kleinstes x, kleinstes y, größtes x, größtes y. "
                "Ohne filter-crs sind es Grad, die Länge zuerst.",
            ) from error
    geometry = _read(node)
    corners = shapely.get_coordinates(geometry)
    if not len(corners) or len(corners) > MOST_CORNERS:
        raise refuse(
            f"A geometry in a filter has between 1 and {MOST_CORNERS:,} corners.",
            f"Eine Geometrie der Bedingung hat zwischen 1 und {number(MOST_CORNERS).de} Ecken.",
        )
    if crs.degrees:
        longitudes, latitudes = corners.T[::-1] if crs.latitude_first else corners.T
        if not (abs(longitudes) <= 180).all() or not (abs(latitudes) <= 90).all():  # noqa: PLR2004 - the globe
            order, folge = ("latitude", "Breite") if crs.latitude_first else ("longitude", "Länge")
            raise refuse(
                f"Coordinates of the filter are degrees, {order} first, unless filter-crs says otherwise.",
                f"Koordinaten der Bedingung sind Grad, die {folge} zuerst; filter-crs kann es anders sagen.",
            )
    if not math.isfinite(float(abs(corners).max())):
        raise refuse(
            "The filter holds a coordinate that is too large.", "Eine Koordinate der Bedingung ist zu groß."
        )
    if not shapely.is_valid(geometry):
        raise refuse(
            f"A geometry of the filter is not valid: {shapely.is_valid_reason(geometry)}.",
            "Eine Geometrie der Bedingung ist nicht gültig, etwa weil ihr Rand sich selbst schneidet.",
        )
    return _workable(geometry, crs)


def _read(node: Node) -> BaseGeometry:
    examples = ("POINT(7.46 51.51)", "POLYGON((...))", "BBOX(7.4,51.4,7.6,51.6)")
    or_, oder = (f"{', '.join(examples[:-1])} {word} {examples[-1]}" for word in ("or", "oder"))
    mend = (
        f"A spatial operator takes the geometry and a literal such as {or_}, not {told(node)}.",
        f"Räumliche Bedingungen vergleichen die Geometrie mit etwas wie {oder}, nicht mit {told(node)}.",
    )
    if not isinstance(node, dict) or "type" not in node:
        raise refuse(*mend)
    try:
        return shapely.force_2d(shape(node))
    except (ValueError, TypeError, LookupError, AttributeError, ShapelyError, GEOSException) as error:
        raise refuse(*mend) from error


def _workable(geometry: BaseGeometry, crs: Crs) -> BaseGeometry:
    """Return a geometry in EPSG:25832, cut to where that system is well behaved, its edges bent."""
    geometry = x_first(geometry, crs)
    if crs.srid == STORAGE_SRID:
        return geometry
    if not crs.degrees:
        step_m = max(STEP_M, geometry.length / STEPS)
        geometry = projected(shapely.segmentize(geometry, step_m), crs.srid, WGS84_SRID)
    inside = shapely.intersection(geometry, shapely.box(*WORKABLE_DEGREES))
    bent = shapely.segmentize(inside, max(STEP_DEGREES, inside.length / STEPS))
    return projected(bent, WGS84_SRID, STORAGE_SRID)
