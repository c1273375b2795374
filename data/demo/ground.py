"""The ground of the demo city: pieces that fit without gap, their blocks, streets and house numbers."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.demo.areas import Area, read_areas
from data.demo.cutting import frame_of
from data.demo.fabric import Block, Cutter, Piece
from data.demo.facts import read_records
from data.demo.seeds import rng
from data.demo.tiling import tile
from geo_service.city import CityProfile
from geo_service.geometry import STORAGE_SRID

LEAST_PIECE_M2 = 100.0
"""Smaller pieces are joined to a neighbour, square metres."""
LABEL = "(Demo)"
"""Stands behind every invented name."""


@dataclass(frozen=True)
class Ground:
    """The demo areas, cut.

    Parameters
    ----------
    areas
        By key.
    pieces
        One row per future parcel: ``area``, ``kind``, ``name``, ``actual_use``, ``use``, ``site``,
        ``block`` (empty for streets and features), ``street``, ``house_number``, geometry in EPSG:25832.
    blocks
        One row per block: ``block``, ``area``, ``use``, ``zone``, ``site``, ``plot_number`` (in its site, 0
        elsewhere), geometry the union of its lots.
    """

    areas: dict[str, Area]
    pieces: gpd.GeoDataFrame
    blocks: gpd.GeoDataFrame


def lay_out(city: CityProfile) -> Ground:
    """Cut all demo areas of a city."""
    areas, site_fabric = read_areas(city)
    sites = site_grounds(city)
    words = read_records(city, "areas.toml")["side_streets"]
    names = [f"{word}{ending} {LABEL}" for word in words["words"] for ending in words["endings"]]
    pieces, blocks = [], []
    for area in areas:
        inside = {slug: ground for slug, ground in sites.items() if ground.intersects(area.outline)}
        shuffled = [str(name) for name in rng("streets", area.key).permutation(names)]
        cut, area_blocks = Cutter(area, inside, site_fabric, shuffled).run()
        frame = _fitted(cut)
        pieces.append(_addressed(frame))
        blocks.append(_block_frame(area, area_blocks, frame))
    return Ground(
        {area.key: area for area in areas},
        gpd.GeoDataFrame(pd.concat(pieces, ignore_index=True), crs=STORAGE_SRID),
        _numbered_plots(gpd.GeoDataFrame(pd.concat(blocks, ignore_index=True), crs=STORAGE_SRID)),
    )


def site_grounds(city: CityProfile) -> dict[str, shapely.MultiPolygon]:
    """Return the ground (EPSG:25832) of the future sites that the demo fills with plots, by slug."""
    return {
        site["slug"]: shapely.MultiPolygon([shapely.Polygon(outline) for outline in site["outlines"]])
        for site in read_records(city, "sites.toml")["site"]
        if "demo" in site
    }


def block_key(area: str, number: int) -> str:
    """Return the name of a block in the whole city; empty for none."""
    return f"{area}-{number:03d}" if number >= 0 else ""


def _fitted(cut: list[Piece]) -> gpd.GeoDataFrame:
    """Make the pieces of an area fit and put them into a frame."""
    shapes, kept = tile([piece.shape for piece in cut], LEAST_PIECE_M2)
    rows = [
        {
            "area": piece.area,
            "kind": piece.kind,
            "name": piece.name,
            "actual_use": piece.actual_use,
            "use": piece.use,
            "site": piece.site or "",
            "block": block_key(piece.area, piece.block),
        }
        for piece, keep in zip(cut, kept, strict=True)
        if keep
    ]
    return gpd.GeoDataFrame(rows, geometry=shapes[kept], crs=STORAGE_SRID)


def _addressed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each lot the nearest street and a house number that rises along it, odd on one side."""
    frame = frame.assign(street=frame["name"].where(frame["kind"] == "street", ""), house_number="")
    streets = np.flatnonzero(frame["kind"] == "street")
    lots = np.flatnonzero(frame["kind"] == "lot")
    shapes, names = frame.geometry.to_numpy(), frame["street"].to_numpy()
    centres = shapely.centroid(shapes[lots])
    nearest = names[streets[shapely.STRtree(shapes[streets]).query_nearest(centres, all_matches=False)[1]]]
    along, across = np.zeros(len(lots)), np.zeros(len(lots))
    for street in np.unique(nearest):
        axis = frame_of(shapely.union_all(shapes[names == street]))
        own = nearest == street
        offset = shapely.get_coordinates(centres[own]) - axis.at(0.0)
        along[own], across[own] = offset @ axis.along, offset @ axis.across
    odd = (across > 0).astype(int)
    order = pd.DataFrame({"street": nearest, "odd": odd, "along": along})
    rank = order.groupby(["street", "odd"])["along"].rank(method="first").astype(int)
    frame.loc[lots, "street"] = nearest
    frame.loc[lots, "house_number"] = [f"D{2 * place - side}" for place, side in zip(rank, odd, strict=True)]
    return frame


def _block_frame(area: Area, blocks: list[Block], pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the blocks of an area, each as the union of its fitted lots."""
    ground = pieces[pieces["block"] != ""].dissolve("block").geometry
    rows = []
    for block in blocks:
        key = block_key(area.key, block.number)
        if key in ground.index:
            rows.append(
                {
                    "block": key,
                    "area": area.key,
                    "use": block.use,
                    "zone": block.fabric.zone,
                    "site": block.site or "",
                    "geometry": ground[key],
                }
            )
    return gpd.GeoDataFrame(rows, crs=STORAGE_SRID)


def _numbered_plots(blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Count the blocks of each site, which are its plots, from 1."""
    number = blocks.groupby("site").cumcount() + 1
    return blocks.assign(plot_number=number.where(blocks["site"] != "", 0))
