"""Parcels that lie upon each other: told in the report of an import, never refused.

Two parcels share no land. Neighbours that touch, or overlap by a sliver, are usual in real cadastres; what is
told is an overlap that makes totals wrong.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection

from geo_service.imports.draft import Draft
from geo_service.imports.queries import is_empty
from geo_service.imports.source import Geometries
from geo_service.parcels import queries
from geo_service.wording import Sentence

REAL_SHARE: Final = 0.1
"""An overlap counts from this share of the smaller parcel on: far beyond the accuracy of any outline."""
Pairs = npt.NDArray[np.int64]


def tell_overlaps(connection: Connection, draft: Draft) -> None:
    """Tell of rows that lie upon another row, or upon a parcel of the register that is not in the file.

    The register is read at once, the comparison is left for the time while the rows are written.
    """
    if draft.geometry is None:
        return
    rows = np.flatnonzero(~draft.wrong & ~shapely.is_missing(draft.geometry))
    if not len(rows):
        return
    keys, areas = draft.cells["parcel_key"].to_numpy(dtype=object)[rows], draft.geometry[rows]
    other_keys, others = _elsewhere(connection, keys, areas)
    names, everything = np.concatenate([keys, other_keys]), np.concatenate([areas, others])
    draft.aside(lambda: _compare(draft, rows, names, everything))


def _compare(draft: Draft, rows: Pairs, names: npt.NDArray[np.object_], areas: Geometries) -> None:
    """Tell of the rows, which are the first of the areas, that lie upon another area."""
    first, second = _overlapping(areas, len(rows))
    if not len(first):
        return
    upon = np.zeros(len(draft), dtype=bool)
    upon[rows[first]] = True
    example = f"{names[first[0]]}, {names[second[0]]}"
    draft.tell(
        "overlap",
        Sentence(
            "Flurstücke überdecken ein anderes zu mehr als einem Zehntel; die Fläche zählt doppelt (zum "
            f"Beispiel {example}).",
            f"Parcels lie upon another one by more than a tenth; that area counts twice (such as {example}).",
        ),
        upon,
    )


def _elsewhere(
    connection: Connection, keys: npt.NDArray[np.object_], areas: Geometries
) -> tuple[npt.NDArray[np.object_], Geometries]:
    """Return keys and areas of the parcels of the register around the file that are not in it."""
    if connection.execute(is_empty(queries.PARCELS)).scalar_one():
        return np.array([], dtype=object), np.array([], dtype=object)
    found = connection.execute(queries.around(list(keys), shapely.total_bounds(areas))).all()
    names = np.array([row[0] for row in found], dtype=object)
    return names, shapely.from_wkb(np.array([bytes(row[1]) for row in found], dtype=object))


def _overlapping(areas: Geometries, many: int) -> tuple[Pairs, Pairs]:
    """Find areas that lie upon each other, the first of each pair among the first ``many``.

    Only what holds a point inside of another is compared: that is cheap, and neighbours never do.
    """
    tree = shapely.STRtree(areas)
    points, hit = tree.query(shapely.point_on_surface(areas), predicate="within")
    pairs = np.unique(np.sort(np.stack([points, hit])[:, points != hit], axis=0), axis=1)
    first, second = pairs[:, pairs[0] < many]
    shared = shapely.area(shapely.intersection(areas[first], areas[second]))
    smaller = np.minimum(shapely.area(areas[first]), shapely.area(areas[second]))
    real = shared > REAL_SHARE * smaller
    return first[real], second[real]
