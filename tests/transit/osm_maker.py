"""OpenStreetMap extracts (PBF) made by hand, in Dortmund."""

from collections.abc import Iterable
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way
from pyproj import Transformer

ORIGIN = (393_000.0, 5_708_000.0)
"""South-west corner of the streets, EPSG:25832."""
TO_DEGREES = Transformer.from_crs(25832, 4326, always_xy=True)


class OsmMaker:
    """An extract under construction; places in metres from the origin."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.ways: list[Way] = []

    def node(self, number: int, x: float, y: float, **tags: str) -> "OsmMaker":
        lon, lat = TO_DEGREES.transform(ORIGIN[0] + x, ORIGIN[1] + y)
        self.nodes[number] = Node(id=number, location=(lon, lat), tags=tags, version=1)
        return self

    def way(self, number: int, nodes: Iterable[int], **tags: str) -> "OsmMaker":
        self.ways.append(
            Way(id=number, nodes=list(nodes), tags=tags or {"highway": "residential"}, version=1)
        )
        return self

    def write(
        self, folder: Path, name: str = "dortmund.osm.pbf", timestamp: str = "2026-11-20T20:21:31Z"
    ) -> Path:
        header = osmium.io.Header()
        if timestamp:
            header.set("osmosis_replication_timestamp", timestamp)
        path = folder / name
        with osmium.SimpleWriter(str(path), overwrite=True, header=header) as writer:
            for number in sorted(self.nodes):
                writer.add_node(self.nodes[number])
            for way in self.ways:
                writer.add_way(way)
        return path
