"""What lies around the parcels of a partition of files: neighbours, buildings, plans and streets.

What a parcel is depends on what adjoins it, on whether anyone brought in the buildings of its Gemarkung, and
on whether any street is known. So all partitions are looked at before the first one is computed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely

from geo_service.availability.capacity import PLAN_AREA_COLUMNS
from geo_service.availability.facts import ADJOINING_M, STREETS, Surroundings
from geo_service.availability.frontage import STREET_LINE_REACH_M, gives_frontage
from geo_service.availability.identity import Identity, require_identity
from geo_service.availability.inputs import (
    Geometries,
    Inputs,
    geometries,
    in_force,
    require_lines,
    require_polygons,
)
from geo_service.availability.partitions import BEYOND, FLUR_DIGITS, GEMARKUNG_DIGITS, Partition, around
from geo_service.availability.standing import BUILDING_COLUMNS, measure_standing
from geo_service.availability.state_files import ParcelRows, Range, StateFolder, decoded, frame_of, read_table
from geo_service.availability.state_tables import TABLES

Box = tuple[float, float, float, float]
"""West, south, east, north; metres, EPSG:25832."""
BUILDINGS: Final = "buildings"


@dataclass(frozen=True)
class RowGroup:
    """A part of a file of buildings, and the box around what is in it."""

    file: str
    number: int
    box: Box


@dataclass(frozen=True)
class LookJob:
    """A partition to look at.

    Parameters
    ----------
    part
        The partition.
    expected
        Versions of the client.
    state
        Where it is read.
    as_of
        The asked day.
    buildings
        The parts of the table of buildings.
    """

    part: Partition
    expected: Identity
    state: StateFolder
    as_of: date
    buildings: tuple[RowGroup, ...]

    @property
    def name(self) -> str:
        """Name of the partition."""
        return self.part.name

    @property
    def size(self) -> int:
        """Number of its parcels."""
        return self.part.size


@dataclass(frozen=True)
class Look:
    """What a partition looks like.

    Parameters
    ----------
    fluren
        Box around the parcels of each of its Fluren.
    street
        Whether any of its parcels is a street.
    built
        Whether any building stands on its parcels.
    """

    fluren: Mapping[str, Box]
    street: bool
    built: bool


@dataclass(frozen=True)
class Beside:
    """What a partition must know of the others.

    Parameters
    ----------
    ranges
        Keys of the Fluren in which parcels may adjoin its own.
    buildings
        The parts of the table of buildings that may hold one on its parcels or beside them.
    surveyed
        Gemarkungen whose buildings are known.
    streets_known
        Whether any parcel of the state is a street.
    """

    ranges: tuple[Range, ...]
    buildings: tuple[RowGroup, ...]
    surveyed: frozenset[str]
    streets_known: bool


def row_groups(state: StateFolder) -> tuple[RowGroup, ...]:
    """Look at the table of buildings, part by part.

    Raises
    ------
    InvalidInput
        When a building does not lie in Germany, or its geometry cannot be read.
    """
    state.dataset(BUILDINGS)
    found = []
    for file, _, _ in dict(state.files)[BUILDINGS]:
        opened = pq.ParquetFile(state.folder / file)
        for number in range(opened.num_row_groups):
            rows = opened.read_row_group(number, columns=["id", "geometry"])
            shapes = decoded(BUILDINGS, rows["id"].to_pylist(), rows["geometry"])
            if len(shapes):
                found.append(RowGroup(file, number, _box(shapes)))
    return tuple(found)


def look_at(job: LookJob) -> Look:
    """Look at a partition.

    Raises
    ------
    NotReady
        When a worker has other versions than the client or does not see the folder.
    InvalidInput
        When a record cannot be computed.
    """
    require_identity(job.expected, f"The worker of partition {job.name}")
    rows = job.state.parcels_in(job.as_of, [(job.part.first, job.part.beyond)])
    require_polygons("parcel", rows.keys, rows.shapes)
    flur = np.array([key[:FLUR_DIGITS] for key in rows.keys], dtype=object)
    boxes = {str(name): _box(rows.shapes[flur == name]) for name in np.unique(flur)}
    uses = pd.unique(pd.Series(rows.actual_use).dropna())
    street = any(str(use).lower().startswith(STREETS) for use in uses)
    buildings = buildings_near(job.state, job.buildings, rows.shapes, job.as_of)
    return Look(boxes, street, len(buildings) > 0)


def sides(
    plan: Sequence[Partition], looks: Mapping[str, Look], groups: tuple[RowGroup, ...]
) -> dict[str, Beside]:
    """Tell of each partition, by name, what it must know of the others.

    Parameters
    ----------
    plan
        All partitions.
    looks
        What each of them looks like.
    groups
        The parts of the table of buildings.
    """
    owner = {flur: part.name for part in plan for flur in looks[part.name].fluren}
    names = np.array([*owner, None], dtype=object)[:-1]
    boxes = _drawn(looks[name].fluren[flur] for flur, name in owner.items())
    tree = shapely.STRtree(boxes)
    surveyed = frozenset(part.name[:GEMARKUNG_DIGITS] for part in plan if looks[part.name].built)
    streets_known = any(look.street for look in looks.values())
    found = {}
    for part in plan:
        own = _drawn(_wider(box) for box in looks[part.name].fluren.values())
        near = np.unique(tree.query(own, predicate="intersects")[1])
        ranges = tuple((flur, flur + BEYOND) for flur in names[near] if owner[flur] != part.name)
        whole = _box(boxes[near])
        buildings = tuple(group for group in groups if _meet(group.box, whole))
        found[part.name] = Beside(ranges, buildings, surveyed, streets_known)
    return found


def surroundings_of(
    state: StateFolder, as_of: date, own: ParcelRows, land: Inputs, beside: Beside
) -> tuple[Surroundings, pd.DataFrame]:
    """Return what is known on and around the parcels of a partition, and what stands on them.

    Parameters
    ----------
    state, as_of
        Where it is read, and for which day.
    own
        The parcels.
    land
        `StateFolder.land`.
    beside
        What the partition must know of the others.

    Returns
    -------
    tuple
        The surroundings, and of the parcels themselves a frame as by `standing.measure_standing`.
    """
    near = state.parcels_in(as_of, beside.ranges)
    close = np.unique(
        shapely.STRtree(own.shapes).query(near.shapes, predicate="dwithin", distance=ADJOINING_M)[0]
    )
    keys, shapes, uses = (
        np.concatenate([here, there[close]])
        for here, there in (
            (own.keys, near.keys),
            (own.shapes, near.shapes),
            (own.actual_use, near.actual_use),
        )
    )
    restrictions = around(land, keys, shapes).restrictions
    buildings = buildings_near(state, beside.buildings, shapes, as_of)
    surveyed = np.array([key[:GEMARKUNG_DIGITS] in beside.surveyed for key in keys], dtype=bool)
    standing = measure_standing(shapes, buildings, surveyed)
    lines = _street_lines(state)
    reached = shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=STREET_LINE_REACH_M)[0]
    around_them = Surroundings(
        keys,
        shapes,
        uses,
        restrictions[in_force(restrictions, as_of)],
        standing["built"],
        plan_areas=state.plan_areas(as_of)[list(PLAN_AREA_COLUMNS)],
        land_use=state.land_use(as_of),
        streets_known=beside.streets_known or len(lines) > 0,
        street_lines=lines[np.unique(reached)],
    )
    return around_them, standing.iloc[: len(own.keys)]


@lru_cache(maxsize=1)
def _street_lines(state: StateFolder) -> Geometries:
    """Read the middle lines of streets that give frontage, by id; kept for the next partition."""
    rows = read_table(state, "streets").sort_values("id", kind="stable")
    lines = geometries(rows)
    require_lines("street", rows["id"].to_numpy(), lines)
    return lines[gives_frontage(rows["street_class"].tolist())]


def buildings_near(
    state: StateFolder, groups: Iterable[RowGroup], parcels: Geometries, as_of: date
) -> pd.DataFrame:
    """Read the buildings of a day that share at least a point with some parcels, columns `BUILDING_COLUMNS`.

    Raises
    ------
    InvalidInput
        When one is no valid polygon.
    """
    state.dataset(BUILDINGS)
    here, tree = _box(parcels), shapely.STRtree(parcels)
    parts = [pd.DataFrame({name: pd.Series(dtype=object) for name in BUILDING_COLUMNS})]
    for group in groups:
        if not _meet(group.box, here):
            continue
        opened = pq.ParquetFile(state.folder / group.file)
        frame = frame_of(BUILDINGS, opened.read_row_group(group.number, columns=list(TABLES[BUILDINGS])))
        frame = frame[in_force(frame, as_of)]
        require_polygons("building", frame["id"].to_numpy(), geometries(frame))
        meeting = np.unique(tree.query(geometries(frame), predicate="intersects")[0])
        parts.append(frame.iloc[meeting][list(BUILDING_COLUMNS)])
    return pd.concat(parts, ignore_index=True)


def _box(shapes: Geometries) -> Box:
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north


def _drawn(boxes: Iterable[Box]) -> Geometries:
    return np.array([*(shapely.box(*box) for box in boxes), None], dtype=object)[:-1]


def _wider(box: Box) -> Box:
    west, south, east, north = box
    return west - ADJOINING_M, south - ADJOINING_M, east + ADJOINING_M, north + ADJOINING_M


def _meet(one: Box, other: Box) -> bool:
    """Tell whether two boxes share a point; an empty one (NaN) shares none."""
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]
