"""Cutting a demo area into streets, blocks and lots, the way towns have grown.

First what was drawn by hand (waters, rails, main streets, parks), then the future sites, then the rest:
cut again and again by side streets until blocks are left, each block by a line along its middle and by
lines across into lots that face a street. Pieces that touch share their edges; `data.demo.tiling` makes
that exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data.demo.areas import Area, Fabric
from data.demo.cutting import Frame, Vector, band, cut, cut_out, frame_of, slice_along, turned
from data.demo.seeds import pick, rng

JITTER_DEG = 2.5
"""Side streets are not quite at right angles."""
SLENDER = 1.35
"""Where a piece is less than so many times longer than wide, the grid's own direction decides."""
TWO_ROWS = 1.45
"""A block deeper than so many lots has two rows of them, back to back."""
COURTYARD = 3.2
"""A block deeper than so many lots keeps a yard between its rows."""
SLIVER_M2 = 60.0
"""Pieces below this are left over between streets: verge, part of the street."""


@dataclass(frozen=True)
class Piece:
    """A piece of ground before it becomes a parcel.

    Parameters
    ----------
    shape
        EPSG:25832.
    kind
        ``lot``, ``street``, ``rail``, ``water`` or ``park``.
    area
        Key of the demo area.
    name
        Street or feature; empty for lots.
    actual_use
        Words of the ALKIS catalogue; empty where the use decides.
    block
        Number of the block in its area, -1 for none.
    use
        What a lot's block is used for; empty for others.
    site
        Slug of the future site, None outside.
    """

    shape: shapely.Polygon
    kind: str
    area: str
    name: str = ""
    actual_use: str = ""
    block: int = -1
    use: str = ""
    site: str | None = None


@dataclass(frozen=True)
class Block:
    """A block with its lots.

    Parameters
    ----------
    number
        Number in its area.
    shape
        EPSG:25832.
    fabric
        How it was cut.
    use
        What most of it is used for.
    site
        Slug of the future site, None outside.
    """

    number: int
    shape: shapely.Polygon
    fabric: Fabric
    use: str
    site: str | None


class Cutter:
    """Cuts one area.

    Parameters
    ----------
    area
        The area.
    sites
        Ground of the future sites by slug, EPSG:25832.
    site_fabric
        How sites are cut.
    street_names
        Invented names for side streets, without repetition.
    """

    def __init__(
        self,
        area: Area,
        sites: Mapping[str, BaseGeometry],
        site_fabric: Fabric,
        street_names: list[str],
    ) -> None:
        self.area = area
        self.sites = sites
        self.site_fabric = site_fabric
        self.names = iter(street_names)
        self.draw = rng("fabric", area.key)
        self.pieces: list[Piece] = []
        self.blocks: list[Block] = []

    def run(self) -> tuple[list[Piece], list[Block]]:
        """Cut the area; the pieces cover it without gap or overlap."""
        rest = self._cut_features([self.area.outline])
        for slug, ground in self.sites.items():
            outside: list[shapely.Polygon] = []
            for part in rest:
                inside, left = cut_out(part, ground)
                outside += left
                for superblock in inside:
                    self._cut_streets(superblock, self.site_fabric, slug)
            rest = outside
        for superblock in rest:
            self._cut_streets(superblock, self.area.fabric, None)
        return self.pieces, self.blocks

    def _cut_features(self, rest: list[shapely.Polygon]) -> list[shapely.Polygon]:
        """Take out what was drawn by hand; an earlier feature keeps its ground."""
        for feature in self.area.features:
            outside: list[shapely.Polygon] = []
            for part in rest:
                inside, left = cut_out(part, feature.shape)
                self.pieces += [
                    Piece(shape, feature.kind, self.area.key, feature.name, feature.actual_use)
                    for shape in inside
                ]
                outside += left
            rest = outside
        return rest

    def _cut_streets(self, shape: shapely.Polygon, fabric: Fabric, site: str | None, depth: int = 0) -> None:
        """Cut by side streets until only blocks are left."""
        frame = frame_of(shape)
        if shape.area < SLIVER_M2:
            self.pieces.append(Piece(shape, "street", self.area.key, "Verkehrsgrün"))
        elif frame.length > 1.25 * fabric.block_length_m or frame.width > 1.35 * fabric.block_width_m:
            self._split(shape, frame, fabric, site, depth)
        else:
            self._cut_block(shape, fabric, site)

    def _split(
        self, shape: shapely.Polygon, frame: Frame, fabric: Fabric, site: str | None, depth: int
    ) -> None:
        """Cut a piece in two by a side street across its longer side (in units of blocks)."""
        crosswise = frame.length / fabric.block_length_m >= frame.width / fabric.block_width_m
        direction = frame.across if crosswise else frame.along
        if frame.length < SLENDER * frame.width:
            direction = self._grid_direction(direction)
        share = 0.5 + self.draw.uniform(-0.08, 0.08)
        centre = frame.origin + frame.along * frame.length * (share if crosswise else 0.5)
        centre = centre + frame.across * frame.width * (0.5 if crosswise else share)
        direction = turned(direction, float(self.draw.uniform(-JITTER_DEG, JITTER_DEG)))
        width = fabric.streets_m[min(depth, len(fabric.streets_m) - 1)]
        street, sides = cut_out(shape, band(centre, direction, width))
        name = next(self.names)
        self.pieces += [Piece(part, "street", self.area.key, name, site=site) for part in street]
        for side in sides:
            self._cut_streets(side, fabric, site, depth + 1)

    def _grid_direction(self, direction: Vector) -> Vector:
        """Return the direction of the area's street grid that is nearest to a direction."""
        axis = turned(np.array([1.0, 0.0]), self.area.angle_deg)
        other = turned(axis, 90)
        return axis if abs(axis @ direction) >= abs(other @ direction) else other

    def _cut_block(self, shape: shapely.Polygon, fabric: Fabric, site: str | None) -> None:
        """Cut a block into lots."""
        use = pick(self.draw, fabric.uses)
        block = Block(len(self.blocks), shape, fabric, use, site)
        self.blocks.append(block)
        if use in {"green", "public", "church"}:
            self._add_lots(block, self._big_lots(block))
            return
        frame = frame_of(shape)
        lots: list[shapely.Polygon] = []
        for row in self._rows(shape, frame, fabric):
            lots += self._slice_row(row, fabric)
        self._add_lots(block, lots)

    def _rows(self, shape: shapely.Polygon, frame: Frame, fabric: Fabric) -> list[shapely.Polygon]:
        """Split a block lengthwise into rows of lots, with a yard between them where it is deep."""
        depths = frame.width / fabric.lot_depth_m
        if depths < TWO_ROWS:
            return [shape]
        middle = frame.at(frame.length / 2) + frame.across * self.draw.uniform(-2, 2)
        if depths < COURTYARD:
            return cut(shape, middle, frame.along)
        yard, rows = cut_out(shape, band(middle, frame.along, frame.width - 2 * fabric.lot_depth_m))
        return rows + yard

    def _slice_row(self, row: shapely.Polygon, fabric: Fabric) -> list[shapely.Polygon]:
        """Slice a row across into lots of varying width."""
        frame = frame_of(row)
        least, most = fabric.lot_width_m
        count = int(np.ceil(frame.length / least)) + 1
        stations = np.cumsum(self.draw.uniform(least, most, count))
        inside = [float(station) for station in stations if station < frame.length - least / 2]
        return slice_along(row, frame, inside, fabric.min_lot_m2)

    def _big_lots(self, block: Block) -> list[shapely.Polygon]:
        """Leave a green or public block whole, or in two where it is large."""
        frame = frame_of(block.shape)
        if frame.length < 0.8 * block.fabric.block_length_m:
            return [block.shape]
        return slice_along(block.shape, frame, [frame.length * 0.55], 2 * block.fabric.min_lot_m2)

    def _add_lots(self, block: Block, lots: list[shapely.Polygon]) -> None:
        """Keep the lots of a block; a few of them stand without a building."""
        template = Piece(
            block.shape, "lot", self.area.key, block=block.number, use=block.use, site=block.site
        )
        vacant = block.fabric.vacant_lots if block.use not in {"green", "public", "church"} else {}
        shares = {**vacant, block.use: 1 - sum(vacant.values())}
        self.pieces += [replace(template, shape=lot, use=pick(self.draw, shares)) for lot in lots]
