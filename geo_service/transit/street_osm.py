"""Reading the streets of an OpenStreetMap extract (PBF): ways with their nodes, barriers at nodes.

Source: OSM PBF format; pyosmium. The file is read node by node and way by way, never as a whole.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import KeyFilter
from osmium.osm import Node, Way
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo_service.errors import ImportRejected, InvalidInput
from geo_service.geometry import STORAGE_SRID, WGS84_SRID, parse_crs
from geo_service.transit.foot_rules import FootRules
from geo_service.transit.proximity import Floats
from geo_service.transit.street_ways import Ways

PBF_MAGIC: Final = b"OSMHeader"
LICENCE: Final = "Open Database License (ODbL) 1.0"
ATTRIBUTION: Final = "© OpenStreetMap-Mitwirkende"
TIMESTAMP: Final = "osmosis_replication_timestamp"
SLACK_DEG: Final = 0.02
"""Around the box of the area, so that ways that leave it are whole where they cross its edge."""


@dataclass
class Extract:
    """What an extract holds.

    Parameters
    ----------
    ways
        Streets that come near the area.
    counts
        Streets by what became of them.
    dated
        Day of the extract, where it says so.
    """

    ways: Ways
    counts: dict[str, int] = field(default_factory=dict)
    dated: date | None = None


def is_pbf(path: Path) -> bool:
    """Tell whether a file is an OpenStreetMap extract in PBF form."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return head[4:6] == b"\n\t" and head[6 : 6 + len(PBF_MAGIC)] == PBF_MAGIC


def require_extract_by_name(path: Path) -> None:
    """Refuse a file whose name says that it is an OpenStreetMap extract, and is none.

    Raises
    ------
    InvalidInput
        When it is there and has something in it; the others are refused as any file.
    """
    if path.suffix.lower() == ".pbf" and path.is_file() and path.stat().st_size and not is_pbf(path):
        raise InvalidInput(
            f"{path.name} is no OpenStreetMap extract (.osm.pbf), though its name says so. Was the download "
            "cut off? Fetch it again."
        )


def require_degrees(crs: str | None) -> None:
    """Refuse a coordinate system other than that of OpenStreetMap.

    Raises
    ------
    InvalidInput
        When it is another one, or PROJ does not know it.
    """
    if crs is not None and parse_crs(crs).to_epsg() != WGS84_SRID:
        raise InvalidInput(
            f"An OpenStreetMap extract has its coordinates in WGS 84 (EPSG:{WGS84_SRID}); {crs} cannot be "
            "taken. Leave --crs out.",
            parameter="crs",
        )


def read_extract(path: Path, rules: FootRules, area: BaseGeometry | None) -> Extract:
    """Read the streets of an extract.

    Parameters
    ----------
    path
        A PBF file whose nodes come before its ways, as all usual ones do.
    rules
        Who may walk where.
    area
        Where streets are kept, EPSG:25832; None: everywhere.

    Raises
    ------
    ImportRejected
        When it is damaged, holds no streets, or its streets lack their nodes.
    """
    gathered = _Gathered(rules, _degrees(area))
    try:
        processor = osmium.FileProcessor(osmium.io.File(str(path), "pbf")).with_locations()
        for item in processor.with_filter(KeyFilter("highway", "barrier", "railway")):
            if isinstance(item, Node):
                gathered.add_node(item)
            elif isinstance(item, Way):
                gathered.add_way(item)
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except (RuntimeError, ValueError, UnicodeDecodeError) as error:
        raise ImportRejected(
            f"{path.name} cannot be read as an OpenStreetMap extract: {error}. Is the download complete? "
            "Download it again."
        ) from error
    counts = gathered.counts
    if not counts["streets in the file"]:
        raise ImportRejected(
            f"{path.name} holds no streets (ways with highway=*). Take an extract with all tags, such as the "
            "one of the Regierungsbezirk."
        )
    if counts["without nodes"] == counts["streets in the file"]:
        raise ImportRejected(
            f"The {counts['without nodes']:,} streets of {path.name} lack the places of their nodes. Nodes "
            "must be in the file, before the ways: sort it (osmium sort), or take another extract."
        )
    return Extract(gathered.ways(), counts, _day(header.get(TIMESTAMP, "")))


class _Gathered:
    """Ways and barriers, gathered one by one."""

    def __init__(self, rules: FootRules, box: tuple[float, float, float, float]) -> None:
        self.rules, self.box = rules, box
        self.rows: list[tuple[str, str, str, bool]] = []
        self.way: list[int] = []
        self.node: list[int] = []
        self.degrees: list[tuple[float, float]] = []
        self.closed: list[int] = []
        self.counts = dict.fromkeys(
            ("streets in the file", "without nodes", "far from the area", "cut off"), 0
        )

    def add_node(self, node: Node) -> None:
        if self.rules.closes({tag.k: tag.v for tag in node.tags}):
            self.closed.append(node.id)

    def add_way(self, way: Way) -> None:
        tags = {tag.k: tag.v for tag in way.tags}
        if "highway" not in tags and tags.get("railway") != "platform":
            return
        self.counts["streets in the file"] += 1
        runs = _runs(way)
        if not runs:
            self.counts["without nodes"] += 1
            return
        if not any(self._near(lon, lat) for run in runs for _, lon, lat in run):
            self.counts["far from the area"] += 1
            return
        self.counts["cut off"] += len(runs) > 1 or len(runs[0]) < len(way.nodes)
        row = (str(way.id), tags.get("highway", "platform"), tags.get("name", ""), self.rules.walkable(tags))
        for run in runs:
            for number, lon, lat in run:
                self.way.append(len(self.rows))
                self.node.append(number)
                self.degrees.append((lon, lat))
            self.rows.append(row)

    def ways(self) -> Ways:
        transformer = Transformer.from_crs(WGS84_SRID, STORAGE_SRID, always_xy=True)
        degrees = np.array(self.degrees, dtype=float).reshape(-1, 2)
        x, y = transformer.transform(degrees[:, 0], degrees[:, 1])
        xy: Floats = np.column_stack([x, y])
        about = pd.DataFrame(self.rows, columns=["way_id", "street_class", "name", "walkable"])
        return Ways(
            about,
            np.array(self.way, dtype=np.int64),
            np.array(self.node, dtype=np.int64),
            xy,
            np.array(self.closed, dtype=np.int64),
        )

    def _near(self, lon: float, lat: float) -> bool:
        low_lon, low_lat, high_lon, high_lat = self.box
        return low_lon <= lon <= high_lon and low_lat <= lat <= high_lat


def _runs(way: Way) -> list[list[tuple[int, float, float]]]:
    """Return the stretches of a way whose nodes are in the file, of two and more nodes each."""
    runs: list[list[tuple[int, float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.ref, node.location.lon, node.location.lat))
        else:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _degrees(area: BaseGeometry | None) -> tuple[float, float, float, float]:
    """Return the box of an area in degrees, widened; the whole world for none."""
    if area is None:
        return (-180.0, -90.0, 180.0, 90.0)
    transformer = Transformer.from_crs(STORAGE_SRID, WGS84_SRID, always_xy=True)
    low_x, low_y, high_x, high_y = shapely.bounds(area)
    low_lon, low_lat, high_lon, high_lat = transformer.transform_bounds(low_x, low_y, high_x, high_y)
    return (low_lon - SLACK_DEG, low_lat - SLACK_DEG, high_lon + SLACK_DEG, high_lat + SLACK_DEG)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
