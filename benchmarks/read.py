"""Speed of reading over HTTP, against pgbench running the same SQL on the same database.

Run: ``.venv/bin/python benchmarks/read.py [--parcels N] [--seconds S] [--json]``. It generates a database of
N parcels (default 200,000) with availability and transit grades in a private PostGIS, serves it with granian
(two workers), and asks with 8 connections. Needs ``wrk`` (Debian: apt-get install wrk).
Absolute figures drift with the machine; what counts is the ratio within one run.
"""

import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import create_engine
from starlette.datastructures import QueryParams

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo_service.auth import ANYBODY
from geo_service.city import load_city
from geo_service.db import DIALECT
from geo_service.embedded import EmbeddedCluster
from geo_service.migrate import migrate
from geo_service.ogc.areas import degrees_of_box, tile_box, tile_search_box
from geo_service.ogc.land import PARCELS
from geo_service.ogc.parameters import items_request
from geo_service.ogc.queries import feature_statement, items_parameters, items_statement
from geo_service.ogc.service import known_of, view_of
from geo_service.ogc.tile_queries import BUDGET_BYTES, FULL_ZOOM, tile_parameters, tile_statement, tile_view
from geo_service.postgres import find_programs

CONNECTIONS, WORKERS, SAMPLES = 8, 2, 50
WEST, SOUTH, CELL_M = 385_000.0, 5_695_000.0, 37.0
TODAY = date.today()  # noqa: DTZ011 - the day of this machine
ROUNDS = 3

GENERATE = """
INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, flur, numerator, denominator, municipality_key,
                     municipality, location_text, actual_use, official_area_m2, source, is_demo, geom)
SELECT '051239' || lpad((n / 1000 %% 1000)::text, 3, '0') || lpad((n %% 100000)::text, 5, '0')
       || lpad((n / 100000)::text, 4, '0') || '__', '051239', 'Dortmund', n / 1000 %% 1000, n %% 100000,
       n / 100000, '05913000', 'Dortmund', 'Musterstraße ' || n %% 200, 'Industrie- und Gewerbefläche',
       600 + n %% 7, 'generated for a benchmark', true,
       ST_Multi(ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[
         ST_MakePoint(x0, y0), ST_MakePoint((x0 + x1) / 2, y0 - 1), ST_MakePoint(x1, y0),
         ST_MakePoint(x1, y1), ST_MakePoint((x0 + x1) / 2 + 1, y1 - 1), ST_MakePoint(x0, y1),
         ST_MakePoint(x0, y0)])), 25832))
  FROM (SELECT n, %(west)s + %(cell)s * c + 8 * sin(c * 1.7) AS x0,
               %(west)s + %(cell)s * (c + 1) + 8 * sin((c + 1) * 1.7) AS x1,
               %(south)s + %(cell)s * r + 8 * sin(r * 2.3) AS y0,
               %(south)s + %(cell)s * (r + 1) + 8 * sin((r + 1) * 2.3) AS y1
          FROM (SELECT n, n %% %(side)s AS c, n / %(side)s AS r
                  FROM generate_series(0, %(parcels)s - 1) AS n) AS cell) AS box
"""
COMPUTE = (
    """
    INSERT INTO availability (parcel_id, as_of, preset, gross_m2, net_m2, estimated_m2, severity, horizon,
                              items, chain)
    SELECT id, current_date, 'default', area_m2, area_m2 * 0.8, 0, 'light',
           (ARRAY['now', 'short', 'mid', 'long', 'undetermined'])[1 + id % 5], '[]', '[]' FROM parcels
    """,
    """
    INSERT INTO transit_access (subject_kind, subject_id, method, grade, distance_m)
    SELECT 'parcel', id, 'are', (ARRAY['A', 'B', 'C', 'D'])[1 + id % 4], 100 + id % 900 FROM parcels
    """,
    "VACUUM ANALYZE",
)


@dataclass(frozen=True)
class Case:
    """One kind of request with samples of it.

    Parameters
    ----------
    name
        As in the table.
    samples
        Path and the same SQL with its values.
    share
        Part of the limit that is to be reached; None: no target.
    busy
        Something is written all the time, so that no tile is kept.
    """

    name: str
    samples: list[tuple[str, Any, dict[str, Any]]]
    share: float | None
    busy: bool = False


CONDITION = "area_m2%20%3E%20500%20AND%20location_text%20LIKE%20'%25e%201%25'"
"""Of the request with bbox and CQL2."""


def cases(parcels: int) -> list[Case]:
    """Return the requests of the table of performance.md."""
    rng = random.Random(1)  # noqa: S311 - samples of a benchmark
    single = feature_statement(view_of(PARCELS, ANYBODY))
    listed = [
        Case(
            f"items {limit}",
            [_items(f"limit={limit}&after={rng.randrange(parcels - limit)}") for _ in range(SAMPLES)],
            share,
        )
        for limit, share in ((10, 0.3), (100, 0.6), (1000, 0.8))
    ]
    tiles = [_tile(place) for place in rng.choices(_places(parcels, FULL_ZOOM), k=SAMPLES)]
    overview = [_tile(place) for place in _places(parcels, 12)]
    return [
        *listed,
        Case("single", [_single(single, rng.randrange(parcels)) for _ in range(SAMPLES)], None),
        Case("items 100, counted", [_items("limit=100&count=true")], None),
        Case("bbox 100", [_items(_box(parcels, rng)) for _ in range(SAMPLES)], None),
        Case(
            "bbox + CQL2", [_items(f"{_box(parcels, rng)}&filter={CONDITION}") for _ in range(SAMPLES)], None
        ),
        Case("tile z14, cold", tiles, None, busy=True),
        Case("tile z14, repeated", tiles, None),
        Case("tile z12, cold", overview, None, busy=True),
    ]


def _items(query: str) -> tuple[str, Any, dict[str, Any]]:
    zone = ZoneInfo(load_city("dortmund").timezone)
    asked = items_request(QueryParams(query), known_of(PARCELS, ANYBODY, TODAY, zone))
    statement = items_statement(view_of(PARCELS, ANYBODY), asked.question)
    return f"/ogc/collections/parcels/items?{query}", statement, items_parameters(asked, TODAY)


def _single(statement: Any, number: int) -> tuple[str, Any, dict[str, Any]]:  # noqa: ANN401 - a statement
    key = f"051239{number // 1000 % 1000:03d}{number % 100_000:05d}{number // 100_000:04d}__"
    return f"/ogc/collections/parcels/items/{key}", statement, {"key": key, "today": TODAY}


def _box(parcels: int, rng: random.Random) -> str:
    """Return the parameter of a box of about 500 m by 500 m."""
    width = math.ceil(math.sqrt(parcels)) * CELL_M
    x, y = (start + rng.uniform(0, max(width - 500, 1)) for start in (WEST, SOUTH))
    box = [round(number, 6) for number in degrees_of_box((x, y, x + 500, y + 500))]
    return f"bbox={','.join(map(str, box))}"


def _tile(place: tuple[int, int, int]) -> tuple[str, Any, dict[str, Any]]:
    tiles = PARCELS.tiles
    bounds = tile_box(*place)
    search = tile_search_box(bounds)
    if tiles is None or search is None:
        raise SystemExit("the parcels must have tiles")
    statement = tile_statement(tile_view(PARCELS, tiles, ANYBODY, place[0]), coarse=place[0] < FULL_ZOOM)
    values = tile_parameters(place[0], bounds, search, TODAY, BUDGET_BYTES)
    path = f"/ogc/collections/parcels/tiles/WebMercatorQuad/{place[0]}/{place[1]}/{place[2]}"
    return path, statement, values


def _places(parcels: int, zoom: int) -> list[tuple[int, int, int]]:
    """Return the tiles that lie wholly on the generated land; at low zoom those that touch it."""
    width = math.ceil(math.sqrt(parcels)) * CELL_M
    west, south, east, north = degrees_of_box((WEST, SOUTH, WEST + width, SOUTH + width))

    def column(lon: float) -> int:
        return int((lon + 180) / 360 * 2**zoom)

    def row(lat: float) -> int:
        return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)

    columns, rows = range(column(west), column(east) + 1), range(row(north), row(south) + 1)
    inner = 1 if min(len(columns), len(rows)) > 3 else 0
    keep = slice(inner, -inner or None)
    return [(zoom, y, x) for y in rows[keep] for x in columns[keep]]


# --- measuring -------------------------------------------------------------------------------------------


def limit_of(case: Case, url: str, seconds: float, folder: Path) -> float:
    """Return transactions per second of pgbench with the same SQL."""
    arguments = []
    for number, (_path, statement, values) in enumerate(case.samples):
        script = folder / f"{number}.sql"
        script.write_text(_literal_sql(statement, values), encoding="utf-8")
        arguments += ["-f", str(script)]
    told = _run(
        [str(find_programs().folder / "pgbench"), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2",
         "-T", str(max(round(seconds), 1)), *arguments, url]
    )  # fmt: skip
    return float(re.search(r"tps = ([\d.]+)", told)[1])  # type: ignore[index]  # pgbench always tells it


def _literal_sql(statement: Any, values: dict[str, Any]) -> str:  # noqa: ANN401 - a statement
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    known = {name: _literal(value) for name, value in compiled.construct_params(values).items()}
    text: str = compiled.string % known
    return text.replace("\n", " ") + ";\n"


def _literal(value: Any) -> str:  # noqa: ANN401 - a bound value
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    if isinstance(value, int | float):
        return repr(value)
    return f"""'{str(value).replace("'", "''")}'"""


def served(case: Case, base: str, seconds: float, folder: Path) -> tuple[float, float]:
    """Return answers per second and median latency in ms, by wrk."""
    paths = ", ".join(f'"{path}"' for path, _statement, _values in case.samples)
    script = folder / "paths.lua"
    script.write_text(
        f"local paths = {{{paths}}}\nlocal n = 0\n"
        "request = function() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n",
        encoding="utf-8",
    )
    told = _run(
        [
            "wrk",
            "-t",
            "2",
            "-c",
            str(CONNECTIONS),
            "-d",
            f"{max(round(seconds), 1)}s",
            "--timeout",
            "60s",
            "--latency",
            "-s",
            str(script),
            base,
        ]
    )
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(told)
    latency = re.search(r"50%\s+([\d.]+)(us|ms|s)", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if not latency or not rate:
        raise SystemExit(told)
    return float(rate[1]), float(latency[1]) * {"us": 0.001, "ms": 1, "s": 1000}[latency[2]]


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Commit something all the time, so that every tile is drawn anew."""
    done = threading.Event()

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not done.wait(0.005):
                connection.execute("SELECT pg_current_xact_id()")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def measure(case: Case, url: str, base: str, seconds: float) -> dict[str, Any]:
    """Measure one case: medians of three rounds, service and limit in turn."""
    sizes = [len(urllib.request.urlopen(base + path).read()) for path, *_ in case.samples[:10]]  # noqa: S310 - own server
    rates, latencies, limits = [], [], []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(ROUNDS):
            limits.append(limit_of(case, url, seconds / ROUNDS, Path(name)))
            if case.busy:
                with writing(url):
                    rate, latency = served(case, base, seconds / ROUNDS, Path(name))
            else:
                rate, latency = served(case, base, seconds / ROUNDS, Path(name))
            rates.append(rate)
            latencies.append(latency)
    limit, rate = statistics.median(limits), statistics.median(rates)
    return {
        "request": case.name,
        "limit_per_s": round(limit),
        "service_per_s": round(rate),
        "share": round(rate / limit, 3),
        "target_share": case.share,
        "median_ms": round(statistics.median(latencies), 2),
        "kb": round(statistics.mean(sizes) / 1000, 1),
    }


def _run(arguments: list[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed: {done.stderr}")
    return done.stdout


# --- database and server ---------------------------------------------------------------------------------


def generate(url: str, parcels: int) -> None:
    """Fill an empty database."""
    engine = create_engine(url)
    migrate(engine)
    engine.dispose()
    side = math.ceil(math.sqrt(parcels))
    values = {"parcels": parcels, "side": side, "west": WEST, "south": SOUTH, "cell": CELL_M}
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(GENERATE, values)
        for statement in COMPUTE:
            connection.execute(statement)


@contextmanager
def server(url: str, home: Path) -> Iterator[str]:
    """Serve the database with granian and return the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("geo")
    process = subprocess.Popen(
        [str(program), "serve", "--port", str(port), "--workers", str(WORKERS)],
        env={**os.environ, "GEO_DATABASE_URL": url, "GEO_HOME": str(home), "GEO_LOG_LEVEL": "warning"},
        stdout=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base, process)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(base: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{base}/readyz") as answer:  # noqa: S310 - own server
                if answer.status == 200:
                    return
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the server ended") from None
        time.sleep(0.1)
    raise SystemExit("the server is not ready after 30 s")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=12, help="per request kind and side")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing. Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="geo-read-") as name:
        home = Path(name)
        home.chmod(0o711)
        cluster = EmbeddedCluster(home)
        url = cluster.start()
        try:
            generate(url, asked.parcels)
            plain = url.replace("+psycopg", "")
            with server(url, home) as base:
                rows = [measure(case, plain, base, asked.seconds) for case in cases(asked.parcels)]
        finally:
            cluster.delete()
    if asked.json:
        print(
            json.dumps(
                {"parcels": asked.parcels, "connections": CONNECTIONS, "workers": WORKERS, "rows": rows}
            )
        )
        return
    print(f"{asked.parcels:,} parcels, {CONNECTIONS} connections, {WORKERS} workers, {os.cpu_count()} cores")
    print(
        f"{'request':<20}{'limit/s':>9}{'service/s':>11}{'share':>8}{'target':>8}{'median ms':>11}{'kB':>8}"
    )
    for row in rows:
        target = f"{row['target_share']:.0%}" if row["target_share"] else "-"
        print(
            f"{row['request']:<20}{row['limit_per_s']:>9}{row['service_per_s']:>11}{row['share']:>8.0%}{target:>8}"
            f"{row['median_ms']:>11}{row['kb']:>8}"
        )


if __name__ == "__main__":
    main()
