"""Making cut pieces fit exactly: one network of edges, every face of it part of one parcel.

Pieces that were cut apart share edges only up to rounding, and the corner of one lies on the edge of
another. Here all edges are noded on one grid and their faces taken, so that neighbours share the very
same vertices: no gap, no overlap, and areas that add up.
"""

import numpy as np
import numpy.typing as npt
import shapely

GRID_M = 0.01
"""Coordinates lie on a grid of one centimetre."""
CRUMB_M2 = 1.0
"""Pieces below this are rounding; their ground goes to a neighbour."""

Shapes = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]


def tile(pieces: list[shapely.Polygon], least_m2: float) -> tuple[Shapes, Flags]:
    """Return the pieces with shared edges made identical and slivers joined to their neighbours.

    Parameters
    ----------
    pieces
        Polygons that cover their union without gap or overlap, up to rounding; EPSG:25832.
    least_m2
        Pieces below this area are joined to the neighbour with the longest shared edge, square metres.

    Returns
    -------
    tuple of numpy.ndarray
        Polygons in the same order with all coordinates on the grid, and which of them are kept (the
        others hold nothing of use); shape (n,).

    Raises
    ------
    TypeError
        When a piece falls apart on the grid: it was too thin to be cut.
    """
    source = np.array(pieces, dtype=object)
    kept = shapely.area(source) >= CRUMB_M2
    edges = shapely.union_all(shapely.boundary(source), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    owner = _owners(faces, source, kept)
    shapes = source.copy()
    for number in np.flatnonzero(kept):
        own = faces[owner == number]
        shapes[number] = own[0] if len(own) == 1 else shapely.union_all(own)
        if not isinstance(shapes[number], shapely.Polygon):
            raise TypeError(f"piece {number} falls apart on a grid of {GRID_M} m")
    _absorb_slivers(shapes, kept, least_m2)
    return shapely.normalize(shapes), kept


def _owners(faces: Shapes, source: Shapes, kept: Flags) -> npt.NDArray[np.int64]:
    """Return for each face the kept piece that it belongs to; shape (faces,)."""
    owner = np.full(len(faces), -1, dtype=np.int64)
    face, piece = shapely.STRtree(source).query(shapely.point_on_surface(faces), predicate="intersects")
    owner[face[kept[piece]]] = piece[kept[piece]]
    for number in np.flatnonzero(owner < 0):
        owner[number] = owner[_neighbour(faces, int(number), owner >= 0)]
    return owner


def _absorb_slivers(shapes: Shapes, kept: Flags, least_m2: float) -> None:
    """Join shapes below an area to a neighbour, smallest first; both arrays are changed."""
    for number in np.argsort(shapely.area(shapes), kind="stable"):
        if shapes[number].area >= least_m2:
            break
        if not kept[number]:
            continue
        neighbour = _neighbour(shapes, int(number), kept)
        joined = shapely.union(shapes[neighbour], shapes[number])
        if isinstance(joined, shapely.Polygon):
            shapes[neighbour] = joined
            kept[number] = False


def _neighbour(shapes: Shapes, number: int, allowed: Flags) -> int:
    """Return the allowed shape that shares the longest edge with a shape."""
    near = np.flatnonzero(allowed & shapely.intersects(shapes, shapes[number]))
    near = near[near != number]
    shared = shapely.length(shapely.intersection(shapes[near], shapes[number]))
    return int(near[int(np.argmax(shared))])
