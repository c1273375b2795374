"""The formats of an export: what writes them, and how each says where the data come from.

Source: RFC 7946, RFC 8142 (GeoJSON text sequences), OGC 12-128r18 (GeoPackage), FlatGeobuf 3, GeoParquet 1.1.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import psycopg
import pyarrow.parquet as pq
import pyogrio
from psycopg.sql import SQL
from pyproj import CRS
from sqlalchemy import Connection
from sqlalchemy.sql.compiler import SQLCompiler

from geo_service.db import DIALECT
from geo_service.errors import BadParameter
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.crs import geojson_crs
from geo_service.ogc.documents import EXPORTS
from geo_service.ogc.exports.queries import GEOMETRY, Rows, csv_statement, feature_statement
from geo_service.ogc.exports.rows import batches, parts
from geo_service.ogc.exports.sheet import write_sheet


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself.

    Parameters
    ----------
    title
        Of the collection.
    description
        What the collection holds.
    publisher
        Whose service it comes from.
    licence, licence_url
        On which terms; empty: not stated.
    day
        Day of the export.
    """

    title: str
    description: str
    publisher: str
    licence: str
    licence_url: str
    day: date

    def texts(self) -> dict[str, str]:
        """Return the words by name, empty ones left out."""
        note = (
            "Demo-Datensätze sind erfunden (is_demo). Geschätzte Werte tragen 'estimated' im Namen. / "
            "Demo records are invented (is_demo). Estimated values have 'estimated' in their name."
        )
        said = {
            "title": self.title,
            "description": self.description,
            "publisher": self.publisher,
            "licence": self.licence or "nicht angegeben / not stated",
            "licence_url": self.licence_url,
            "exported_on": self.day.isoformat(),
            "note": note,
        }
        return {name: text for name, text in said.items() if text}

    def links(self, source: str) -> str:
        """Return the header ``Link``, for formats that hold nothing but records. Source: RFC 8288.

        Parameters
        ----------
        source
            Address of the collection that the records are from.
        """
        known = {"collection": source, "license": self.licence_url}
        return ", ".join(f'<{address}>; rel="{rel}"' for rel, address in known.items() if address)


Write = Callable[[Connection, Rows, About, Path], None]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: ending of the file, media type, and what writes it."""

    ending: str
    media: str
    write: Write


def _geojson(connection: Connection, rows: Rows, about: About, path: Path) -> None:
    """Write a feature collection; foreign members say what it is."""
    head = {
        "type": "FeatureCollection",
        **about.texts(),
        "crs_uri": rows.view.crs.uri,
        **geojson_crs(rows.view.crs),
    }
    with path.open("wb") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1].encode() + b',"features":[')
        mark = b"\n"
        for part in parts(connection, feature_statement(rows), rows.values):
            file.write(mark + b",\n".join(row[0].encode() for row in part))
            mark = b",\n"
        file.write(b"\n]}\n")


def _geojson_seq(connection: Connection, rows: Rows, about: About, path: Path) -> None:  # noqa: ARG001 - no head
    """Write one feature to a line, each after a record separator."""
    with path.open("wb") as file:
        for part in parts(connection, feature_statement(rows), rows.values):
            file.write(b"".join(b"\x1e" + row[0].encode() + b"\n" for row in part))


def _csv(connection: Connection, rows: Rows, about: About, path: Path) -> None:  # noqa: ARG001 - rows only
    """Write what PostgreSQL writes: UTF-8 that Excel knows as such, commas, points, the geometry as WKT."""
    compiled = csv_statement(rows).compile(dialect=DIALECT)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("a statement with rows is needed")
    state = compiled.construct_expanded_state(rows.values)
    raw: Any = connection.connection.driver_connection
    literal = psycopg.ClientCursor(raw).mogrify(state.statement, state.parameters)
    query = SQL("COPY ({}) TO STDOUT (FORMAT CSV, HEADER)").format(SQL(literal))
    with path.open("wb") as file, raw.cursor() as cursor, cursor.copy(query) as copy:
        file.write(BOM_UTF8)
        for piece in copy:
            file.write(piece)


def _parquet(connection: Connection, rows: Rows, about: About, path: Path) -> None:
    reader = batches(connection, rows, lists=True, faults=[])
    geo = {
        "version": "1.1.0",
        "primary_column": GEOMETRY,
        "columns": {
            GEOMETRY: {"encoding": "WKB", "geometry_types": [], "crs": _projjson(rows.view.crs.srid)},
        },
    }
    said = {**about.texts(), "geo": json.dumps(geo)}
    schema = reader.schema.with_metadata(said)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch.replace_schema_metadata(said))


def _projjson(srid: int) -> dict[str, Any]:
    found: dict[str, Any] = CRS.from_epsg(srid).to_json_dict()
    return found


def _by_gdal(driver: str) -> Write:
    def write(connection: Connection, rows: Rows, about: About, path: Path) -> None:
        collection = COLLECTIONS[rows.view.collection]
        indexed = (
            "NO" if getattr(collection.geom, "nullable", True) else "YES"
        )  # of places all of which exist
        said = {
            "GPKG": {"layer_metadata": about.texts(), "layer_options": {"DESCRIPTION": _sentence(about)}},
            "FlatGeobuf": {
                "layer_options": {
                    "TITLE": about.title,
                    "DESCRIPTION": _sentence(about),
                    "SPATIAL_INDEX": indexed,
                }
            },
        }[driver]
        faults: list[Exception] = []
        try:
            pyogrio.write_arrow(
                batches(connection, rows, lists=False, faults=faults),
                path,
                layer=collection.id,
                driver=driver,
                geometry_name=GEOMETRY,
                geometry_type=_shape_name(getattr(collection.geom.type, "geometry_type", None)),
                crs=f"EPSG:{rows.view.crs.srid}",
                **said,
            )
        except Exception as error:
            raise (faults or [error])[0] from error  # GDAL forgets why its source ended

    return write


def _sentence(about: About) -> str:
    return " ".join(f"{name}: {text}" for name, text in about.texts().items())


def _shape_name(kind: str | None) -> str:
    """Return the type of a geometry as GDAL calls it."""
    known = {"MULTIPOLYGON": "MultiPolygon", "POINT": "Point", "MULTILINESTRING": "MultiLineString"}
    return known.get((kind or "").upper(), "Unknown")


WRITERS: Final[Mapping[str, tuple[str, Write]]] = {
    "geojson": ("geojson", _geojson),
    "geojsonseq": ("geojsons", _geojson_seq),
    "csv": ("csv", _csv),
    "xlsx": ("xlsx", write_sheet),
    "gpkg": ("gpkg", _by_gdal("GPKG")),
    "fgb": ("fgb", _by_gdal("FlatGeobuf")),
    "parquet": ("parquet", _parquet),
}
FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {name: Format(WRITERS[name][0], media, WRITERS[name][1]) for name, media in EXPORTS.items()}
)
"""Every format by the value of the parameter ``f``."""


def format_of(name: str) -> Format:
    """Return a format by name.

    Raises
    ------
    BadParameter
        When there is none; the known ones are named.
    """
    found = FORMATS.get(name)
    if found is None:
        raise BadParameter(
            f"Formats of an export are {', '.join(FORMATS)}, not {name[:40]!r}.",
            parameter="f",
            detail_de=f"Formate sind {', '.join(FORMATS)}, nicht „{name[:40]}“.",
        )
    return found
