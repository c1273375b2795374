"""How usable the land of a parcel is: without slivers, and its largest piece.

4,000 m2 in strips is not a site. Pure: arrays in, arrays out, coordinates in EPSG:25832 (metres), areas in
m2.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from geo_service.availability.edges import edges_of
from geo_service.availability.inputs import SLIVER_WIDTH_M, Geometries
from geo_service.availability.rectangles import inscribed_rectangles
from geo_service.availability.threads import in_threads
from geo_service.availability.waterfall import Areas, Flags, Indices, largest_pieces

SPIKE_ANGLE: Final = 60.0
"""Corners of at least this angle in degrees are kept whole; sharper ones lose their point."""
MITRE: Final = 2.0
"""How far a corner may reach from the core, in half widths: 1 / sin(60 degrees / 2)."""
FINE: Final = 8
"""Segments per quarter circle: an arc is at most 0.5 % of its radius off."""
NUDGE: Final = 1e-6
"""Land is shrunk by this part less: where two borders are exactly a width apart, their shrunken lines would
meet, and GEOS then loses land. What is just as wide as the setting stays."""
SPARE: Final = 0.001
"""Share by which land is widened more than shrunk, so that rounding does not shave straight borders."""
KEPT: Final = 0.01
"""Losses below this share of a square of the width are rounding, unless nothing is left: the land is then
handed on as it came."""
MANY: Final = 600
"""Corners beyond which a border is widened chain by chain; at once takes time by their square."""
CHAIN: Final = 6
"""Sides of such a chain."""
CRUMB: Final = 24
"""Corners up to which a part is widened at once all the same."""
CROWDED: Final = 20_000_000
"""Pairs of sides whose boxes meet (a star of some ten thousand thin rays) beyond which land is not laid over
anything: that takes time by their number, which grows by the square of the corners."""
SAMPLE: Final = 400
"""Sides from which the number of such pairs is estimated."""
INSIDE: Final = 0.01
"""Share by which crowded land is widened less than shrunk: more than what arcs and simplifying are off
(0.6 %), so that all of it lies inside without being laid over the land it came from."""
CIRCLE_M: Final = 0.025
"""How exactly the radius of the largest circle is found, metres: as exactly as the cadastre knows borders."""


@dataclass(frozen=True)
class OfferedLand:
    """Net land without slivers; arrays of shape (n,).

    Parameters
    ----------
    land
        Geometries, EPSG:25832, each within its net geometry; the very same object where nothing was cut off.
    offered_m2
        Their areas.
    sliver_m2
        What was cut off: net minus offered, never negative.
    """

    land: Geometries
    offered_m2: Areas
    sliver_m2: Areas


@dataclass(frozen=True)
class UsablePieces:
    """The largest connected piece of each land; arrays of shape (n,), empty and 0 where there is none.

    Parameters
    ----------
    pieces
        Polygons, EPSG:25832.
    area_m2
        Their areas.
    circle_m
        Diameter of the largest circle inside, a lower bound within five centimetres.
    rectangles
        Largest rectangle found inside, EPSG:25832 (a lower bound, see `rectangles`).
    length_m, width_m
        Its longer and its shorter side.
    """

    pieces: Geometries
    area_m2: Areas
    circle_m: Areas
    rectangles: Geometries
    length_m: Areas
    width_m: Areas


def offered_land(net: Geometries, width_m: float = SLIVER_WIDTH_M, threads: int = 1) -> OfferedLand:
    """Cut off what is narrower than a width.

    Parameters
    ----------
    net
        Valid polygons and multipolygons, EPSG:25832, possibly empty; shape (n,).
    width_m
        Width in metres; 0 keeps everything.
    threads
        Number of threads; the result does not depend on it.

    Notes
    -----
    The core is where the middle of a circle of that diameter can lie; offered is the land that the core,
    widened by half of the width with pointed corners, covers. So everything that such a circle inside the
    land can sweep is offered, to 2 % of the width, and nothing that lies further than the width from the
    middle of one, to an eighth of it where a sharp point is cut off square (at most sqrt(5) / 2 = 1.12
    widths: two halves ahead, one to the side). Corners from 60 degrees on stay whole.
    Parts without a core go whole, also those that
    stand near another's core. The border of land of very many corners is gone along in short chains, by the
    same rule: corners that crowd within a width cost little. Where so many sides crowd (`CROWDED`) that
    laying the widened core over the land takes seconds, growing by the square of the corners, the core is
    widened a hundredth less, with round corners, and not laid over anything: it lies inside. Such land is
    never too large; it is smaller by a hundredth of half of the width along the border at most, and by the
    points of corners.
    """
    net_m2 = np.asarray(shapely.area(net), dtype=np.float64)
    land = net.copy()
    if width_m > 0:
        doubtful = np.flatnonzero((net_m2 > 0) & ~plainly_wide(net, width_m))

        def opened(part: Geometries) -> Geometries:
            return _opened(part, width_m)

        found = in_threads(opened, (net[doubtful],), threads)
        left_m2 = shapely.area(found)
        lost = (left_m2 == 0) | (net_m2[doubtful] - left_m2 > KEPT * width_m**2)
        land[doubtful[lost]] = found[lost]
    offered_m2 = np.minimum(np.asarray(shapely.area(land), dtype=np.float64), net_m2)
    return OfferedLand(land, offered_m2, net_m2 - offered_m2)


def plainly_wide(net: Geometries, width_m: float) -> Flags:
    """Tell for which land a look at its corners shows that nothing is narrower than a width; shape (n,).

    Notes
    -----
    Exact: a convex polygon without corners below 60 degrees whose sides all outlast the moving in of the
    sides by half of the width gives back itself when they are moved out again. False means only that one has
    to compute.
    """
    plain = (shapely.get_num_geometries(net) == 1) & (shapely.area(net) > 0)
    rows = np.flatnonzero(plain)
    shapes = shapely.get_geometry(net[rows], 0)
    rows = rows[shapely.get_num_interior_rings(shapes) == 0]
    edges = edges_of(net[rows])
    step, length = edges.end - edges.start, edges.length_m
    start = np.searchsorted(edges.owner, np.arange(len(rows)))
    following = np.arange(len(step)) + 1
    following[np.append(start[1:], len(step))[: len(start)] - 1] = start
    turn = step[:, 0] * step[following, 1] - step[:, 1] * step[following, 0]
    ahead = np.einsum("ij,ij->i", step, step[following])
    inner = np.pi - np.arctan2(turn, ahead)
    shrink = width_m / 2 / np.tan(np.maximum(inner, np.radians(SPIKE_ANGLE)) / 2)
    needed = shrink.copy()
    needed[following] += shrink
    good = (inner >= np.radians(SPIKE_ANGLE)) & (inner <= np.pi) & (length > needed)
    wide = np.zeros(len(net), dtype=bool)
    wide[rows] = np.bincount(edges.owner[~good], minlength=len(rows)) == 0
    return wide


def _opened(net: Geometries, width_m: float) -> Geometries:
    """Shrink and widen again; keep of the land what is covered, part by part."""
    core = _shrunk(net, width_m / 2)
    result = np.full(len(net), shapely.Polygon(), dtype=object)
    dense = np.array([pairs_of_sides(land) > CROWDED for land in net], dtype=bool)
    result[dense] = _widened(core[dense], width_m / 2 * (1 - INSIDE), join_style="round")
    wide = _widened(core, width_m / 2 * (1 + SPARE))
    whole = shapely.covered_by(net, wide) & (shapely.get_num_geometries(net) == 1) & ~dense
    result[whole] = net[whole]
    cut = np.flatnonzero(~whole & ~dense & ~shapely.is_empty(core))
    parts, owner = shapely.get_parts(shapely.intersection(net[cut], wide[cut]), return_index=True)
    solid = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[solid], owner[solid]
    shapely.prepare(core)  # for land of thousands of parts
    rooted = shapely.intersects(core[cut][owner], parts)
    result[cut] = _joined(parts[rooted], owner[rooted], len(cut))
    return result


def pairs_of_sides(shape: Any) -> float:  # noqa: ANN401 - a geometry
    """Estimate how many pairs of sides of a shape have boxes that meet; of few corners their greatest number.

    Laying one shape over another takes time by it.
    """
    corners = shapely.get_num_coordinates(shape)
    if corners <= MANY:
        return float(corners**2)
    sides = edges_of(np.array([shape], dtype=object)).lines()
    sample = sides[:: max(len(sides) // SAMPLE, 1)]
    met = shapely.STRtree(sides).query(sample).shape[1]
    return float(met / len(sample) * len(sides))


def _shrunk(shapes: Geometries, by_m: float) -> Geometries:
    """Return what lies further than a distance from the border."""
    many = shapely.get_num_coordinates(shapes) > MANY
    shrunk: Geometries = np.empty(len(shapes), dtype=object)
    shrunk[~many] = shapely.buffer(shapes[~many], -by_m * (1 - NUDGE), quad_segs=FINE)
    for row in np.flatnonzero(many):
        strips = shapely.buffer(_chains(shapes[row]), by_m, quad_segs=FINE)
        # the border lies within the strips: what they leave over is inside as a whole, or outside
        left = shapely.difference(shapely.envelope(shapes[row]), shapely.union_all(strips))
        parts = shapely.get_parts(left)
        shapely.prepare(shapes[row])
        inside = parts[shapely.covers(shapes[row], shapely.point_on_surface(parts))]
        whole = _joined(inside, np.zeros(len(inside), dtype=np.int64), 1)[0]
        shrunk[row] = shapely.simplify(whole, by_m * SPARE)
    return shrunk


def _widened(shapes: Geometries, by_m: float, join_style: str = "mitre") -> Geometries:
    """Return what lies within a distance, with pointed or round corners."""
    corners: dict[str, Any] = {"quad_segs": FINE, "join_style": join_style, "mitre_limit": MITRE}
    many = shapely.get_num_coordinates(shapes) > MANY
    widened: Geometries = np.empty(len(shapes), dtype=object)
    widened[~many] = shapely.buffer(shapes[~many], by_m, **corners)
    for row in np.flatnonzero(many):
        parts = shapely.get_parts(shapes[row])
        few = shapely.get_num_coordinates(parts) <= CRUMB  # a chain round a crumb would lose what it reaches
        strips = [shapely.buffer(_chains(part), by_m, cap_style="flat", **corners) for part in parts[~few]]
        widened[row] = shapely.union_all(
            np.concatenate([*strips, shapely.buffer(parts[few], by_m, **corners), parts])
        )
    return widened


def _chains(shape: Any) -> Geometries:  # noqa: ANN401 - a geometry
    """Cut the border of a shape into short chains, each one side into the next: no corner is left out."""
    rings = shapely.get_rings(shapely.get_parts(shapely.remove_repeated_points(shape)))
    chains = []
    for ring in rings:
        points = shapely.get_coordinates(ring)
        points = np.append(points, points[1:2], axis=0)
        chains += [points[first : first + CHAIN + 2] for first in range(0, len(points) - 2, CHAIN)]
    owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    return np.asarray(shapely.linestrings(np.concatenate(chains), indices=owner), dtype=object)


def _joined(parts: Geometries, owner: Indices, size: int) -> Geometries:
    """Put parts of one owner together: a polygon for one, a multipolygon for several, empty for none."""
    result: Geometries = np.full(size, shapely.Polygon(), dtype=object)
    count = np.bincount(owner, minlength=size)
    single = count[owner] == 1
    result[owner[single]] = parts[single]
    several = np.flatnonzero(count > 1)
    if len(several):
        result[several] = shapely.multipolygons(
            parts[~single], indices=np.searchsorted(several, owner[~single])
        )
    return result


def usable_pieces(land: Geometries, threads: int = 1) -> UsablePieces:
    """Find the largest piece of each land, and the largest circle and rectangle inside it.

    Parameters
    ----------
    land
        Offered land, EPSG:25832, possibly empty; shape (n,).
    threads
        Number of threads; the result does not depend on it.
    """
    pieces = _largest_parts(land)
    area_m2 = largest_pieces(pieces)
    circle_m = np.zeros(len(land))
    solid = np.flatnonzero(area_m2 > 0)

    def diameters(some: Geometries) -> Areas:
        return 2 * shapely.length(shapely.maximum_inscribed_circle(some, tolerance=CIRCLE_M))

    circle_m[solid] = in_threads(diameters, (pieces[solid],), threads)
    rectangles = inscribed_rectangles(pieces, threads)
    long_m, short_m = _sides(rectangles)
    return UsablePieces(pieces, area_m2, circle_m, rectangles, long_m, short_m)


def _largest_parts(land: Geometries) -> Geometries:
    """Return the largest part of each land; of equals the westernmost, whatever the order of the parts."""
    parts, owner = shapely.get_parts(land, return_index=True)
    box = shapely.bounds(parts)
    order = np.lexsort((box[:, 1], box[:, 0], -shapely.area(parts), owner))
    first = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
    result: Geometries = np.full(len(land), shapely.Polygon(), dtype=object)
    result[owner[first]] = parts[first]
    return result


def _sides(rectangles: Geometries) -> tuple[Areas, Areas]:
    sides = np.zeros((len(rectangles), 2))
    solid = np.flatnonzero(~shapely.is_empty(rectangles))
    corners = shapely.get_coordinates(rectangles[solid]).reshape(len(solid), 5, 2)
    sides[solid] = np.hypot(*np.moveaxis(corners[:, 1:3] - corners[:, :2], -1, 0))
    return sides.max(axis=1), sides.min(axis=1)
