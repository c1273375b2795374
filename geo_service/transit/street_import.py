"""``geo import streets``: read, cut at nodes, keep what lies around the city, compare, replace."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Row

from geo_service.city import CityProfile, load_city
from geo_service.db import Database, copy_frame
from geo_service.errors import ImportRejected
from geo_service.geometry import require_german_coordinates
from geo_service.imports.corrections import require_writable, write_rejects
from geo_service.imports.draft import Draft
from geo_service.imports.reading import content_hash
from geo_service.imports.report import ImportOptions, Language, Notice, Reject
from geo_service.transit import street_queries
from geo_service.transit.foot_rules import foot_rules
from geo_service.transit.models import StreetEdge
from geo_service.transit.street_lines import is_from_openstreetmap, read_lines
from geo_service.transit.street_osm import (
    ATTRIBUTION,
    LICENCE,
    is_pbf,
    read_extract,
    require_degrees,
    require_extract_by_name,
)
from geo_service.transit.street_ways import Ways, near_misses, street_edges
from geo_service.transit.turns import wait_for_turn
from geo_service.wording import Sentence

KIND: Final = "streets"
READER: Final = 1
"""Version of the reader: raised when the same file would be stored otherwise, so that it is read anew."""
WALK_MARGIN_M: Final = 1_000.0
"""Kept beyond the margin of stops: a way to a stop outside the city may lead around it."""
COMPARED: Final = ["way_id", "street_class", "name", "walkable", "start_barrier", "end_barrier"]


@dataclass(frozen=True)
class StreetReport:
    """What an import of streets did, or would do.

    Parameters
    ----------
    file_name, source, licence, source_date
        What was imported; licence empty: not said.
    rows
        Streets in the file.
    new, changed, unchanged, gone
        Streets (ways of the supplier) by what they are to the network before.
    rejected
        Rows that cannot be taken: then nothing is written.
    counts
        Edges kept, walkable ones, nodes, barriers, and streets left out with the reason.
    rejects, warnings
        Reasons in the order of the rows; notices.
    dry_run, written
        Nothing was to be written; something was.
    """

    file_name: str
    source: str
    licence: str
    source_date: date | None = None
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    rejected: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    warnings: tuple[Notice, ...] = ()
    dry_run: bool = False
    written: bool = False

    @property
    def changes(self) -> dict[str, int]:
        """The counts that are kept with the run."""
        return {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "gone": self.gone,
            "rejected": self.rejected,
        }

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "kind": KIND,
            "file": self.file_name,
            "source": self.source,
            "licence": self.licence,
            "source_date": self.source_date.isoformat() if self.source_date else None,
            "rows": self.rows,
            **self.changes,
            "counts": self.counts,
            "rejects": [reject.as_json(language) for reject in self.rejects],
            "warnings": [notice.as_json(language) for notice in self.warnings],
            "dry_run": self.dry_run,
            "written": self.written,
        }


@dataclass(frozen=True)
class _Read:
    """A file as read."""

    ways: Ways
    report: StreetReport
    draft: Draft | None = None


def import_streets(
    database: Database,
    path: Path,
    options: ImportOptions,
    licence: str | None = None,
    *,
    is_demo: bool = False,
) -> StreetReport:
    """Import a street network, all or nothing; it replaces the one before.

    Parameters
    ----------
    database
        The database; its settings name the city.
    path
        OpenStreetMap extract (PBF), or a layer of lines in any format of imports.
    options
        How.
    licence
        Under which the data may be used; None: ODbL where it is from OpenStreetMap, else not said.
    is_demo
        The streets are invented.

    Raises
    ------
    InvalidInput, ImportRejected
        When the file cannot be read or has nothing for the city.
    """
    require_writable(options.rejects)
    city = load_city(database.settings.city)
    area = None if options.allow_outside else city.boundary.buffer(city.margin_m + WALK_MARGIN_M)
    options.progress("Reading the file", 0.0)
    require_extract_by_name(path)
    read = _read_osm(path, options, area) if is_pbf(path) else _read_layer(path, options, city)
    if licence is not None:
        read = replace(read, report=replace(read.report, licence=licence))
    if read.report.rejects:
        if options.rejects is not None and read.draft is not None:
            write_rejects(options.rejects, read.draft.source, read.report.rejects, options.language)
        return read.report
    options.progress("Joining streets", 0.5)
    edges, counts = _kept(street_edges(read.ways), area, path, city)
    report = replace(read.report, counts={**counts, **read.report.counts}, warnings=_warnings(read, edges))
    digest = _digest(path, area, report)
    options.progress("Comparing and writing", 0.7)
    report = _store(database, edges, replace(report, dry_run=options.dry_run), (digest, is_demo, options))
    options.progress("Done", 1.0)
    return report


def _read_osm(path: Path, options: ImportOptions, area: BaseGeometry | None) -> _Read:
    require_degrees(options.crs)
    extract = read_extract(path, foot_rules(), area)
    counts = dict(extract.counts)
    report = StreetReport(
        file_name=path.name,
        source=options.source or ATTRIBUTION,
        licence=LICENCE,
        source_date=extract.dated,
        rows=counts.pop("streets in the file"),
        counts=counts,
    )
    return _Read(extract.ways, report)


def _read_layer(path: Path, options: ImportOptions, city: CityProfile) -> _Read:
    draft, ways = read_lines(path, options, city, foot_rules())
    from_osm = is_from_openstreetmap(draft)
    report = StreetReport(
        file_name=path.name,
        source=options.source or (ATTRIBUTION if from_osm else path.name),
        licence=LICENCE if from_osm else "",
        rows=len(draft),
        rejected=int(draft.wrong.sum()),
        rejects=tuple(sorted(draft.rejects, key=lambda reject: reject.row)),
        warnings=tuple(draft.notices),
        dry_run=options.dry_run,
    )
    return _Read(ways, report, draft)


def _kept(
    edges: gpd.GeoDataFrame, area: BaseGeometry | None, path: Path, city: CityProfile
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Return the edges that lie around the city, and counts."""
    read = len(edges)
    if area is None:
        require_german_coordinates(edges)
    else:
        shapely.prepare(area)
        edges = edges[shapely.intersects(area, edges.geometry.to_numpy())].reset_index(drop=True)
    if not edges.walkable.any():
        raise ImportRejected(
            f"{path.name} has no walkable street around {city.name} ({read:,} edges in the file, "
            f"{len(edges):,} of them there). Is it the right extract, and the right --crs? "
            "--allow-outside takes streets anywhere in Germany."
        )
    nodes = np.unique(np.concatenate([edges.start_node, edges.end_node]))
    barriers = pd.concat([edges.start_node[edges.start_barrier], edges.end_node[edges.end_barrier]])
    counts = {
        "edges": len(edges),
        "walkable edges": int(edges.walkable.sum()),
        "walkable metres": round(float(edges.geometry.length[edges.walkable].sum())),
        "nodes": len(nodes),
        "closed by barriers": int(barriers.nunique()),
        "edges outside the area": read - len(edges),
    }
    return edges, counts


def _warnings(read: _Read, edges: gpd.GeoDataFrame) -> tuple[Notice, ...]:
    """Add what is likely wrong with the streets: ends that do not quite meet."""
    missed = near_misses(edges)
    if not len(missed):
        return read.report.warnings
    x, y = shapely.get_coordinates(missed[:1])[0]
    text = Sentence(
        f"{len(missed)} Straßenenden liegen höchstens 1 m neben einer anderen Straße, ohne einen gemeinsamen "
        f"Punkt: sie sind nicht verbunden (die erste bei {x:.1f}, {y:.1f}).",
        f"{len(missed)} ends of streets lie within 1 m of another street without a vertex in common: they "
        f"are not connected (the first at {x:.1f}, {y:.1f}).",
    )
    return (*read.report.warnings, Notice("near-miss", text, len(missed)))


def _digest(path: Path, area: BaseGeometry | None, report: StreetReport) -> str:
    """Return the hash that tells whether the same would be stored again."""
    extent = "all" if area is None else shapely.to_wkb(area, hex=True)
    rules = repr(foot_rules())
    parts = (content_hash(path), extent, rules, report.source, report.licence, str(READER))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _store(
    database: Database, edges: gpd.GeoDataFrame, report: StreetReport, how: tuple[str, bool, ImportOptions]
) -> StreetReport:
    """Compare with the network before, and replace it unless it says the same."""
    digest, is_demo, options = how
    with database.begin(options.actor) as connection:
        if not report.dry_run:
            wait_for_turn(connection, options.progress, 0.8)
        current = connection.execute(street_queries.current_network()).first()
        new, changed, unchanged, gone = _difference(connection, edges, current)
        report = replace(report, new=new, changed=changed, unchanged=unchanged, gone=gone)
        if report.dry_run or (current is not None and _says_the_same(report, current, is_demo=is_demo)):
            return report
        _write(connection, edges, report, (digest, is_demo, options.actor))
    return replace(report, written=True)


def _says_the_same(report: StreetReport, current: Row[Any], *, is_demo: bool) -> bool:
    """Tell whether nothing of a network would be other than it is."""
    if report.new or report.changed or report.gone:
        return False
    stored = (current.source, current.licence, current.source_date, current.is_demo)
    return stored == (report.source, report.licence, report.source_date, is_demo)


def _difference(
    connection: Connection, edges: gpd.GeoDataFrame, current: Row[Any] | None
) -> tuple[int, int, int, int]:
    """Count the ways that are new, changed, unchanged or gone; one is its edges with all that they say."""
    ours = _by_way(edges.assign(geom=shapely.to_wkb(edges.geometry.to_numpy(), byte_order=1)))
    theirs: dict[str, Counter[tuple[Any, ...]]] = {}
    if current is not None:
        rows = connection.execute(street_queries.stored_edges(current.id)).all()
        stored = pd.DataFrame(rows, columns=[*COMPARED, "geom"])
        theirs = _by_way(stored.assign(geom=[bytes(one) for one in stored.geom]))
    known = ours.keys() & theirs.keys()
    same = sum(ours[way] == theirs[way] for way in known)
    return len(ours) - len(known), len(known) - same, same, len(theirs) - len(known)


def _by_way(frame: pd.DataFrame) -> dict[str, Counter[tuple[Any, ...]]]:
    found: dict[str, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    for row in zip(*(frame[column].tolist() for column in (*COMPARED, "geom")), strict=True):
        found[row[0]][row[1:]] += 1
    return found


def _write(
    connection: Connection, edges: gpd.GeoDataFrame, report: StreetReport, how: tuple[str, bool, str]
) -> None:
    digest, is_demo, actor = how
    connection.execute(street_queries.end_networks())
    connection.execute(street_queries.delete_edges())
    network = {
        "content_hash": digest,
        "file_name": report.file_name,
        "licence": report.licence,
        "source": report.source,
        "source_date": report.source_date,
        "is_demo": is_demo,
        "report": {
            "counts": report.counts,
            "changes": report.changes,
            "warnings": [notice.as_json() for notice in report.warnings],
            "rules": foot_rules().source,
        },
    }
    network_id = connection.execute(street_queries.add_network(network)).scalar_one()
    frame = pd.DataFrame(edges.drop(columns="geometry")).assign(
        geom=pd.Series(list(edges.geometry), dtype=object), network_id=network_id
    )
    copy_frame(connection, StreetEdge.metadata.tables[StreetEdge.__tablename__], frame)
    run = {
        "kind": KIND,
        "file_name": report.file_name,
        "content_hash": digest,
        "actor": actor,
        "counts": report.changes,
    }
    connection.execute(street_queries.record_run(run))
