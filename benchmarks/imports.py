"""Speed of importing parcels: reading and COPY, the whole import, the same file again, a changed one.

Run: ``.venv/bin/python benchmarks/imports.py [--parcels N ...] [--rounds R]``. Default: 5,000 and 200,000.
The parcels are generated in the vereinfachtes Schema and written as GeoPackage. Peers are
``geopandas.read_file`` with ``to_postgis`` on at most 20,000 of them, scaled, which takes its time in Python,
and ``ogr2ogr`` with COPY (Debian's ``gdal-bin``), which takes it in the database: no checks, a table without
constraints, one index. The limit is PostgreSQL alone: the same rows, there already, by one INSERT ... SELECT
into the empty table with the same constraints and triggers and the same indexes built afterwards. The city
has twelve districts. Machines differ and are shared: besides rows per second the ratios to the peers and to
the limit are printed, and the seconds of processor time of both sides. "All new" ends with eight indexes,
the constraints and the audit; a rehearsal reads, checks, copies and compares. The targets of
performance.md are rates of the job on 200,000 parcels, in which reading, checking, writing and the building
of indexes overlap. Fewer parcels are written before they can: their rate has no target.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import Column, MetaData, Table, Text, event, text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.embedded import EmbeddedCluster
from geo_service.imports.bulk import build_later
from geo_service.imports.catalogue import KINDS, run_import
from geo_service.imports.reading import Choice, read_file
from geo_service.imports.report import ImportOptions
from geo_service.imports.writing import copy_rows
from geo_service.migrate import migrate
from geo_service.settings import Settings

SOUTH_WEST = (386_000.0, 5_704_500.0)
"""A corner from which 200,000 parcels stay inside the city."""
CELL_M = 24.5
"""Mean side of a parcel: the median area comes to 600 m2."""
PEER_ROWS = 20_000
TARGET_COPY, TARGET_IMPORT = 100_000, 40_000
"""Rows per second of the job on `TARGET_ROWS` parcels, performance.md."""
TARGET_ROWS = 200_000
LIMIT, ALL_NEW = "limit: PostgreSQL alone", "import, all new"
TO_POSTGIS, OGR2OGR = "peer: to_postgis", "peer: ogr2ogr"
PEERS = {TO_POSTGIS: 25_000, OGR2OGR: 200_000 / 1.3}
"""Rows per second of the peers where the targets were set, performance.md."""


@dataclass(frozen=True)
class Timing:
    """Seconds on the clock, and of processor time in this process and in the server's."""

    wall_s: float
    client_s: float
    server_s: float


def generate(number: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Draw a gap-free net of quadrangles in the vereinfachtes Schema; neighbours share a Gemarkung."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(number)))
    lines = [np.concatenate([[0.0], np.cumsum(rng.lognormal(np.log(CELL_M), 0.25, side))]) for _ in "xy"]
    x, y = np.meshgrid(*lines)
    x, y = SOUTH_WEST[0] + x + rng.uniform(-4, 4, x.shape), SOUTH_WEST[1] + y + rng.uniform(-4, 4, y.shape)
    row, column = np.divmod(np.arange(number), side)
    corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    polygons = shapely.polygons(np.stack([np.stack([x[at], y[at]], axis=-1) for at in corners], axis=1))
    known = list(load_city("dortmund").gemarkungen.items())
    per = -(-number // len(known))
    place = [divmod(count, per) for count in range(number)]
    numbered = [(known[area], inside // 400 + 1, inside % 400 + 1) for area, inside in place]
    return gpd.GeoDataFrame(
        {
            "flstkennz": [f"05{key}{flur:03d}{parcel:05d}______" for (key, _), flur, parcel in numbered],
            "gemarkung": [name for (_, name), _, _ in numbered],
            "gemaschl": [f"05{key}" for (key, _), _, _ in numbered],
            "flur": [f"{flur:03d}" for _, flur, _ in numbered],
            "flstnrzae": [str(parcel) for _, _, parcel in numbered],
            "flaeche": np.round(shapely.area(polygons)),
            "gemeinde": "Dortmund",
            "gmdschl": "05913000",
            "lagebeztxt": [f"Musterstraße {count % 3000}" for count in range(number)],
            "tntxt": "Wohnbaufläche;600|Landwirtschaft / Grünland;20",
            "aktualit": "2024-05-01",
        },
        geometry=polygons,
        crs=25832,
    )


class Server:
    """Adds up the processor time of the database processes that worked for this one."""

    def __init__(self, database: Database) -> None:
        self.pids: set[int] = set()
        event.listen(database.engine, "checkout", lambda raw, *_: self.pids.add(raw.info.backend_pid))

    def seconds(self) -> float:
        """Return processor seconds of all known processes that still run."""
        total = 0
        for pid in self.pids:
            stat = Path(f"/proc/{pid}/stat")
            if stat.exists():
                fields = stat.read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        return total / 100


def timed(server: Server, work: Callable[[], object]) -> Timing:
    """Run once and take the times."""
    wall, client, there = time.perf_counter(), time.process_time(), server.seconds()
    work()
    return Timing(
        time.perf_counter() - wall, time.process_time() - client, max(server.seconds() - there, 0.0)
    )


def read_and_copy(database: Database, path: Path) -> None:
    """Read a file and COPY it as it is into a temporary table: nothing checked."""
    source = read_file(path, Choice(KINDS["parcels"].headings().score))
    frame = source.text.assign(geom=source.geometry)
    columns = [Column(str(name), Text) for name in source.text.columns]
    table = Table(
        "benchmark_raw",
        MetaData(),
        *columns,
        Column("geom", Geometry(srid=25832, spatial_index=False)),
        prefixes=["TEMPORARY"],
    )
    with database.begin("benchmark") as connection:
        table.create(connection)
        copy_rows(connection, table, frame)
        connection.execute(text("DROP TABLE benchmark_raw"))


def accepted(database: Database, path: Path, new: int, changed: int, *, dry_run: bool = False) -> None:
    """Import a file, and insist on what comes of it."""
    report = run_import(database, "parcels", path, ImportOptions(dry_run=dry_run))
    if (report.new, report.changed, report.rejected) != (new, changed, 0):
        raise SystemExit(f"not what was expected: {report.counts}, {report.rejects[:1]}")


def ogr2ogr(database: Database, path: Path) -> None:
    """Read and write by GDAL's program."""
    address = {**database.url.query, "dbname": database.url.database, "user": database.url.username}
    given = " ".join(f"{name}={value}" for name, value in address.items())
    layer = ["-nln", "benchmark_ogr", "-overwrite", "-nlt", "MULTIPOLYGON", "-lco", "GEOMETRY_NAME=geom"]
    subprocess.run(
        ["ogr2ogr", "-f", "PostgreSQL", f"PG:{given}", str(path), *layer, "--config", "PG_USE_COPY", "YES"],
        env={**os.environ, "PGPASSWORD": database.url.password or ""},
        check=True,
    )


def to_postgis(database: Database, path: Path) -> None:
    """Read and write by geopandas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.read_file(path).to_postgis("benchmark_peer", database.engine, if_exists="replace")


def keep_rows(database: Database) -> None:
    """Keep the rows of the parcels in a table beside them."""
    with database.begin("benchmark") as connection:
        connection.execute(text("DROP TABLE IF EXISTS benchmark_rows"))
        connection.execute(text("CREATE TABLE benchmark_rows AS SELECT * FROM parcels"))


def write_alone(database: Database, number: int) -> None:
    """Write the kept rows into the empty table as an import would: nothing is sent, nothing read."""
    table = KINDS["parcels"].table
    names = ", ".join(one.name for one in table.columns if not (one.computed or one.identity))
    with database.begin("benchmark") as connection:
        build = build_later(connection, table, number)
        connection.execute(text(f"INSERT INTO parcels ({names}) SELECT {names} FROM benchmark_rows"))
        build()


def divide(database: Database) -> None:
    """Give the city twelve districts, rectangles that cover every parcel."""
    west, south = SOUTH_WEST
    with database.begin("benchmark") as connection:
        for number in range(12):
            x, y = west - 100 + number % 4 * 5_000, south - 100 + number // 4 * 5_000
            connection.execute(
                text(
                    "INSERT INTO districts (key, name, source, geom) VALUES (:key, :key, 'benchmark',"
                    " ST_Multi(ST_MakeEnvelope(:x, :y, :x + 5000, :y + 5000, 25832)))"
                ),
                {"key": f"district {number}", "x": x, "y": y},
            )


def empty(database: Database) -> None:
    """Remove parcels and what refers to them."""
    with database.begin("benchmark") as connection:
        connection.execute(text("TRUNCATE parcels, import_runs, audit RESTART IDENTITY CASCADE"))


def changed_copy(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Write the parcels again with another use for each hundredth."""
    other = frame.copy()
    other.loc[::100, "tntxt"] = "Industrie- und Gewerbefläche;620"
    other.to_file(path, engine="pyogrio")
    return path


@contextmanager
def served() -> Iterator[tuple[Database, Path]]:
    """Give a migrated database with the demo's server settings, and a folder for files."""
    with tempfile.TemporaryDirectory(prefix="geo-benchmark-") as folder:
        Path(folder).chmod(0o711)
        cluster = EmbeddedCluster(Path(folder) / "home")
        try:
            database = Database(Settings(database_url=cluster.start()))
            migrate(database.engine)
            divide(database)
            yield database, Path(folder)
            database.engine.dispose()
        finally:
            cluster.delete()


def measure(database: Database, folder: Path, number: int, rounds: int) -> pd.DataFrame:
    """Time every step for a number of parcels; medians of the rounds."""
    frame, server = generate(number), Server(database)
    path = folder / f"parcels-{number}.gpkg"
    frame.to_file(path, engine="pyogrio")
    other = changed_copy(frame, folder / f"changed-{number}.gpkg")
    sample = folder / f"peer-{number}.gpkg"
    frame.head(PEER_ROWS).to_file(sample, engine="pyogrio")
    taken: dict[str, list[Timing]] = {}
    for _ in range(rounds):
        empty(database)
        steps: dict[str, Callable[[], object]] = {
            TO_POSTGIS: lambda: to_postgis(database, sample),
            OGR2OGR: lambda: ogr2ogr(database, path),
            "read and COPY": lambda: read_and_copy(database, path),
            "rehearsal, all new": lambda: accepted(database, path, number, 0, dry_run=True),
            ALL_NEW: lambda: accepted(database, path, number, 0),
            "import, all unchanged": lambda: accepted(database, path, 0, 0),
            "import, 1 % changed": lambda: accepted(database, other, 0, -(-number // 100)),
        }
        for name, work in steps.items():
            taken.setdefault(name, []).append(timed(server, work))
        keep_rows(database)
        empty(database)
        taken.setdefault(LIMIT, []).append(timed(server, lambda: write_alone(database, number)))
    rows = {name: min(number, PEER_ROWS) if name == TO_POSTGIS else number for name in taken}
    table = pd.DataFrame(
        {
            "s": {name: statistics.median(one.wall_s for one in all_) for name, all_ in taken.items()},
            "client cpu s": {
                name: statistics.median(o.client_s for o in all_) for name, all_ in taken.items()
            },
            "server cpu s": {
                name: statistics.median(o.server_s for o in all_) for name, all_ in taken.items()
            },
        }
    )
    table["rows/s"] = pd.Series(rows) / table["s"]
    table["of limit"] = table["rows/s"][[ALL_NEW]] / table["rows/s"][LIMIT]
    if number < TARGET_ROWS:
        return table
    target = pd.Series(
        {"read and COPY": TARGET_COPY, "rehearsal, all new": TARGET_IMPORT, ALL_NEW: TARGET_IMPORT}
    )
    table["target rows/s"] = target
    table["of target"] = table["rows/s"] / target
    for name, then in PEERS.items():
        table[f"by {name.split()[-1]}"] = table["of target"] * then / table["rows/s"][name]
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parcels", type=int, nargs="+", default=[5_000, 200_000])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if shutil.which("ogr2ogr") is None:
        raise SystemExit("ogr2ogr is missing: apt-get install gdal-bin")
    pd.set_option("display.width", 200)
    with served() as (database, folder):
        for number in given.parcels:
            print(f"\n{number:,} parcels, medians of {given.rounds}")
            print(
                measure(database, folder, number, given.rounds).to_string(
                    float_format="{:.2f}".format, na_rep=""
                )
            )


if __name__ == "__main__":
    main()
