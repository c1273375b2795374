"""The peers of benchmarks/read.py: installed apart, and run on the same database."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url

WORKERS = 2
FOLDER = Path(__file__).resolve().parent.parent / ".geo" / "bench"
"""Not kept in the repository: a virtual environment for each peer."""
PACKAGES = {
    "tipg": ("tipg==1.6.1", "uvicorn[standard]==0.54.0"),
    "pygeoapi": (
        "pygeoapi==0.21.0",
        "gunicorn==27.0.1",
        "psycopg2-binary==2.9.13",
        "sqlalchemy==2.1.9",
        "geoalchemy2==0.20.0",
    ),
}
CONFIGURATION = """
server:
  bind: {{host: 127.0.0.1, port: {port}}}
  url: "http://127.0.0.1:{port}"
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  language: en-US
  gzip: false
  pretty_print: false
  limits: {{default_items: 10, max_items: 10000}}
  map: {{url: "about:blank", attribution: ""}}
logging: {{level: ERROR}}
metadata:
  identification: {{title: b, description: b, keywords: [b], keywords_type: theme, url: "about:blank",
                   terms_of_service: b}}
  license: {{name: b, url: "about:blank"}}
  provider: {{name: b, url: "about:blank"}}
  contact: {{name: b}}
resources:
"""
COLLECTION = """
  {table}:
    type: collection
    title: {table}
    description: {table}
    keywords: [b]
    links: []
    extents: {{spatial: {{bbox: [7, 51, 8, 52], crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}}}
    providers:
      - &{table}
        type: feature
        name: PostgreSQL
        data: {data}
        id_field: id
        table: {table}
        geom_field: geom
        crs: ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
        storage_crs: "http://www.opengis.net/def/crs/EPSG/0/25832"
      - <<: *{table}
        type: tile
        name: MVT-postgresql
        options: {{zoom: {{min: 0, max: 22}}}}
        format: {{name: pbf, mimetype: application/vnd.mapbox-vector-tile}}
"""


def installed(name: str) -> Path:
    """Return the folder of a peer's programs; it is installed when it is missing."""
    programs = FOLDER / name / "bin"
    done = FOLDER / name / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != str(PACKAGES[name]):
        print(f"installing {PACKAGES[name][0]} in .geo/bench", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / name], check=True)
        subprocess.run(
            [programs / "pip", "install", "--quiet", *PACKAGES[name]], check=True, stderr=subprocess.PIPE
        )
        done.write_text(str(PACKAGES[name]), encoding="utf-8")
    return programs


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def service(url: str, home: Path) -> Iterator[str]:
    """Serve the database with this service and return the address."""
    port = _free_port()
    program = Path(sys.executable).with_name("geo")
    given = {
        "GEO_DATABASE_URL": url,
        "GEO_HOME": str(home),
        "GEO_LOG_LEVEL": "warning",
        "GEO_REFRESH": "false",
    }
    command = [str(program), "serve", "--port", str(port), "--workers", str(WORKERS)]
    with _running(command, given, port, "/readyz") as base:
        yield base


@contextmanager
def tipg(url: str, _home: Path) -> Iterator[str]:
    """Serve the views of the database with tipg and return the address."""
    port, where = _free_port(), make_url(url)
    host, password = quote(_host(where), safe=""), quote(where.password or "", safe="")
    given = {
        "DATABASE_URL": f"postgresql://{where.username}:{password}@{host}/{where.database}",
        "TIPG_DB_SCHEMAS": '["peers"]',
        "TIPG_CATALOG_TTL": "0",
    }
    command = [str(installed("tipg") / "uvicorn"), "tipg.main:app", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--log-level", "error"]
    with _running(command, given, port, "/collections/peers.parcels") as base:
        yield base


@contextmanager
def pygeoapi(url: str, home: Path) -> Iterator[str]:
    """Serve the views of the database with pygeoapi and return the address."""
    port, where, programs = _free_port(), make_url(url), installed("pygeoapi")
    data = {
        "host": _host(where),
        "port": where.port or 5432,
        "dbname": where.database,
        "user": where.username,
        "password": where.password,
        "search_path": ["peers", "public"],
    }
    tables = (COLLECTION.format(table=name, data=json.dumps(data)) for name in ("parcels", "parcel_tiles"))
    configuration, document = home / "pygeoapi.yml", home / "pygeoapi-openapi.yml"
    configuration.write_text(CONFIGURATION.format(port=port) + "".join(tables), encoding="utf-8")
    given = {"PYGEOAPI_CONFIG": str(configuration), "PYGEOAPI_OPENAPI": str(document)}
    make: list[str | Path] = [
        programs / "pygeoapi",
        "openapi",
        "generate",
        configuration,
        "--output-file",
        document,
    ]
    subprocess.run(make, env={**os.environ, **given}, check=True, capture_output=True)
    command = [str(programs / "gunicorn"), "pygeoapi.flask_app:APP", "-b", f"127.0.0.1:{port}"]
    command += ["-w", str(WORKERS), "-k", "gthread", "--threads", "4", "--log-level", "error"]
    with _running(command, given, port, "/collections/parcels?f=json") as base:
        yield base


def _host(where: URL) -> str:
    """Return the host, or the folder of the socket."""
    return str(where.query.get("host") or where.host or "localhost")


@contextmanager
def _running(command: list[str], given: dict[str, str], port: int, path: str) -> Iterator[str]:
    process = subprocess.Popen(
        command, env={**os.environ, **given}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base + path, process)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address) as answer:  # noqa: S310 - own server
                if answer.status == 200:
                    return
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"the server of {address} ended") from None
        time.sleep(0.1)
    raise SystemExit(f"{address} does not answer within 60 s")
