"""The land, the requests and the SQL of benchmarks/read.py.

The peers read two views in the schema ``peers``, whose rows and columns are those that the service hands out
to the public: what they answer is as complete and as fresh as what the service answers.
"""

import json
import math
import random
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import literal_column, select
from starlette.datastructures import QueryParams

from geo_service.auth import ANYBODY
from geo_service.city import load_city
from geo_service.db import DIALECT, Database
from geo_service.migrate import migrate
from geo_service.ogc.areas import degrees_of_box, tile_box, tile_search_box
from geo_service.ogc.parameters import items_request
from geo_service.ogc.parcels import PARCELS
from geo_service.ogc.piece_queries import has_pieces, stale_cells, tile_of_pieces
from geo_service.ogc.pieces import renew
from geo_service.ogc.queries import (
    count_statement,
    feature_statement,
    items_parameters,
    items_statement,
    row_conditions,
)
from geo_service.ogc.service import known_of, view_of
from geo_service.ogc.tile_queries import (
    FULL_ZOOM,
    crowd_statement,
    tile_parameters,
    tile_statement,
    tile_view,
)
from geo_service.settings import Settings

SAMPLES = 50
OTHER_DAY = 400
"""Days from today."""
SPREAD = 16
WEST, SOUTH, CELL_M = 385_000.0, 5_695_000.0, 37.0
TODAY = date.today()  # noqa: DTZ011 - the day of this machine

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
    INSERT INTO transit_access (subject_kind, subject_id, method, grade, distance_m, place)
    SELECT 'parcel', id, 'are', (ARRAY['A', 'B', 'C', 'D'])[1 + id % 4], 100 + id % 900,
           (geometry_hash(geom)::bigint << 32) | (geometry_hash(ST_SetSRID(geom, 0))::bigint & 4294967295)
      FROM parcels
    """,
    """
    INSERT INTO transit_runs (method, time_window, day_kind, window_from_s, window_to_s, days, feeds, stops,
                              graded_stops, program)
    VALUES ('are', 'day', 'weekday', 21600, 72000, '{}', '{}', 1, 1, 'benchmark')
    """,
    "DELETE FROM availability_marks",  # all is computed
    "VACUUM ANALYZE",
)


@dataclass(frozen=True)
class Case:
    """One kind of request with samples of it.

    Parameters
    ----------
    name
        As in the table.
    service
        Paths of this service.
    sql
        The same SQL with its values, of each sample; none: there is no limit to compare with.
    tipg, pygeoapi
        The same requests of the peers; none: they cannot do it.
    share
        Part of the limit that is to be reached; None: no target.
    times
        How many times as fast as tipg it is to be; None: no target.
    busy
        Something is written all the time, so that no tile is kept.
    """

    name: str
    service: list[str]
    sql: list[str]
    tipg: list[str]
    pygeoapi: list[str]
    share: float | None = None
    times: float | None = None
    busy: bool = False


ITEMS = "/collections/{}/items"
CONDITION = "area_m2%20%3E%20500%20AND%20location_text%20LIKE%20'%25e%201%25'"
"""Of the request with bbox and CQL2."""


def cases(parcels: int) -> list[Case]:
    """Return the requests of the table: how many times tipg and which part of the limit are the targets."""
    rng = random.Random(1)  # noqa: S311 - samples of a benchmark
    boxes = [_box(parcels, rng) for _ in range(SAMPLES)]
    tiles = rng.choices(_places(parcels, FULL_ZOOM), k=SAMPLES)
    overview = _places(parcels, 12)
    return [
        _pages(10, rng, parcels, (0.3, 8)),
        _pages(100, rng, parcels, (0.6, 8)),
        _pages(1000, rng, parcels, (0.8, 12)),
        _items("items 100, counted", ["limit=100&count=true"], ["limit=100"], times=4),
        _singles([rng.randrange(1, parcels) for _ in range(SAMPLES)]),
        _items("bbox 100", boxes, boxes, times=None),
        _items("bbox + CQL2", *[[f"{each}&filter={CONDITION}" for each in boxes]] * 2, times=6),
        _tiles("tile z14, cold", tiles, times=1.3, busy=True),
        _tiles("tile z14, repeated", tiles, times=20),
        _tiles("tile z12, cold", overview, times=3, busy=True),
        _tiles("tile z12, repeated", overview, times=3),
    ]


def _pages(limit: int, rng: random.Random, parcels: int, targets: tuple[float, float]) -> Case:
    """Ask for pages anywhere; the peers, whose later pages are slower, for the first one."""
    queries = [f"limit={limit}&after={rng.randrange(parcels - limit)}" for _ in range(SAMPLES)]
    share, times = targets
    return _items(f"items {limit}", queries, [f"limit={limit}"], share=share, times=times)


def _items(name: str, queries: list[str], of_peers: list[str], **more: Any) -> Case:
    peers = [f"{ITEMS}?{query}&f=" for query in of_peers]
    return Case(
        name,
        [f"/ogc/collections/parcels/items?{query}" for query in queries],
        [_items_sql(query) for query in queries],
        [f"{each.format('peers.parcels')}geojson" for each in peers],
        [f"{each.format('parcels')}json" for each in peers],
        **more,
    )


def _items_sql(query: str) -> str:
    zone = ZoneInfo(load_city("dortmund").timezone)
    asked = items_request(QueryParams(query), known_of(PARCELS, ANYBODY, TODAY, zone))
    view, values = view_of(PARCELS, ANYBODY), items_parameters(asked, TODAY)
    counted = _literal_sql(count_statement(view, asked.question), values) if asked.counted else ""
    return counted + _literal_sql(items_statement(view, asked.question), values)


def _singles(ids: list[int]) -> Case:
    statement = feature_statement(view_of(PARCELS, ANYBODY))
    keys = []
    for row_id in ids:
        number = row_id - 1
        keys.append(f"051239{number // 1000 % 1000:03d}{number % 100_000:05d}{number // 100_000:04d}__")
    return Case(
        "single",
        [f"/ogc/collections/parcels/items/{key}" for key in keys],
        [_literal_sql(statement, {"key": key, "today": TODAY}) for key in keys],
        [f"/collections/peers.parcels/items/{row_id}?f=geojson" for row_id in ids],
        [f"/collections/parcels/items/{row_id}?f=json" for row_id in ids],
        times=3,
    )


def _box(parcels: int, rng: random.Random) -> str:
    width = math.ceil(math.sqrt(parcels)) * CELL_M - 500
    x, y = WEST + rng.random() * width, SOUTH + rng.random() * width
    box = [round(number, 6) for number in degrees_of_box((x, y, x + 500, y + 500))]
    return f"limit=100&bbox={','.join(map(str, box))}"


def _tiles(name: str, places: list[tuple[int, int, int]], **more: Any) -> Case:
    scheme = "tiles/WebMercatorQuad"
    return Case(
        name,
        [f"/ogc/collections/parcels/{scheme}/{z}/{y}/{x}" for z, y, x in places],
        [_tile_sql(place) for place in places],
        [f"/collections/peers.parcel_tiles/{scheme}/{z}/{x}/{y}" for z, y, x in places],
        [f"/collections/parcel_tiles/{scheme}/{z}/{y}/{x}?f=mvt" for z, y, x in places],
        **more,
    )


def dated(base: str, parcels: int) -> list[Case]:
    """Return requests for tiles of another day, of the overview's slider: their addresses name its state.

    Parameters
    ----------
    base
        Address of the running service, which works the day out.
    parcels
        Number of parcels.
    """
    with urllib.request.urlopen(f"{base}/maps/land/{TODAY + timedelta(days=OTHER_DAY)}") as answer:  # noqa: S310
        template = json.load(answer)["tiles"]
    rng = random.Random(1)  # noqa: S311 - samples of a benchmark
    near, overview = rng.choices(_places(parcels, FULL_ZOOM), k=SAMPLES), _places(parcels, 12)
    return [
        Case(name, [template.format(z=z, y=y, x=x) for z, y, x in places], [], [], [])
        for name, places in (("tile z14, other day", near), ("tile z12, other day", overview))
    ]


def _tile_sql(place: tuple[int, int, int]) -> str:
    tiles, search = PARCELS.tiles, tile_search_box(tile_box(*place))
    if tiles is None or search is None:
        raise SystemExit("the parcels must have tiles")
    view, coarse = tile_view(PARCELS, tiles, ANYBODY, place[0]), place[0] < FULL_ZOOM
    values = tile_parameters(place, search, TODAY)
    statements = (crowd_statement(view, coarse=coarse), tile_statement(view, coarse=coarse))
    if has_pieces(PARCELS, place[0]):
        statements = (stale_cells(of_tile=True), tile_of_pieces(view, redrawn=False))
    return "".join(_literal_sql(statement, values) for statement in statements)


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


def _literal_sql(statement: Any, values: dict[str, Any]) -> str:  # noqa: ANN401 - a statement
    """Return a statement with its values in it, for pgbench and for views."""
    state = statement.compile(dialect=DIALECT).construct_expanded_state(values)
    text: str = state.statement % {name: _literal(value) for name, value in state.parameters.items()}
    return text.replace("\n", " ") + ";\n"


def _literal(value: Any) -> str:  # noqa: ANN401 - a bound value
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    if isinstance(value, int | float):
        return repr(value)
    return f"""'{str(value).replace("'", "''")}'"""


def generate(url: str, parcels: int, told: Callable[[str], None] = lambda _: None) -> None:
    """Fill an empty database with parcels, and make the views that the peers read."""
    database = Database(Settings(database_url=url))
    migrate(database.engine)
    side = math.ceil(math.sqrt(parcels))
    values = {"parcels": parcels, "side": side, "west": WEST, "south": SOUTH, "cell": CELL_M}
    told(f"generating {parcels:,} parcels")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(GENERATE, values)
        for statement in COMPUTE:
            connection.execute(statement)
        connection.execute("CREATE SCHEMA peers")
        for name, rows in _views().items():
            connection.execute(f"CREATE VIEW peers.{name} AS {rows}")
        renew(database)  # as a running server does within seconds
        connection.execute("VACUUM ANALYZE tile_pieces")
    database.engine.dispose()


def all_over(parcels: int) -> list[int]:
    """Return parcels spread over the land: on each tile of a city one or two, on tiles of a state fewer."""
    side = math.ceil(math.sqrt(parcels))
    return [1 + n * (parcels // SPREAD) + n * 5 % SPREAD * (side // SPREAD) for n in range(SPREAD)]


def _views() -> dict[str, str]:
    """Return what the service hands out to the public as rows: of features, and of whole tiles."""
    tiles = PARCELS.tiles
    if tiles is None or PARCELS.valid is None:
        raise SystemExit("the parcels must have tiles")
    view = view_of(PARCELS, ANYBODY)
    fields = {name: PARCELS.columns[name] for name in view.fields}
    drawn = tile_view(PARCELS, tiles, ANYBODY, FULL_ZOOM).fields
    properties = {name: tiles.properties[name][2] for name in drawn}
    held = PARCELS.valid.contains(TODAY)
    views = {}
    for name, columns, source in (
        ("parcels", fields, PARCELS.source),
        ("parcel_tiles", properties, tiles.source),
    ):
        labelled = (column.label(field) for field, column in columns.items())
        rows = select(PARCELS.row_id.label("id"), *labelled, literal_column("parcels.geom").label("geom"))
        rows = rows.select_from(source).where(*row_conditions(PARCELS, view), held)
        views[name] = _literal_sql(rows, {"today": TODAY})
    return views
