"""Speed of availability: kernel, what-if, refresh of all stages, against PostGIS and against the targets.

Run: ``.venv/bin/python benchmarks/availability.py [--parcels N ...] [--restrictions M] [--kernel-only]``.
Default: 20,000 and 200,000 parcels, one restriction for 40 parcels. Above 500,000 only the kernel runs.
The land is generated: a gap-free net of quadrangles (median 600 m2), patches, strips and a few large zones.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely
from psycopg.types.range import Range
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo_service.availability import service, stored
from geo_service.availability.assemblies import Wish
from geo_service.availability.assembling import Search, find_places
from geo_service.availability.assessing import assess_stored
from geo_service.availability.city_land import CityLand, city_land
from geo_service.availability.city_service import AnsweredWhatIf, answer_what_if, read_question
from geo_service.availability.flows import city_balance
from geo_service.availability.inputs import Inputs, Options, no_occupancies, no_plans
from geo_service.availability.kernel import AvailabilityResult, compute_availability, silent
from geo_service.availability.summary import summarise_land
from geo_service.availability.usable import second_stage
from geo_service.db import Database, copy_frame
from geo_service.embedded import EmbeddedCluster
from geo_service.garbage import no_garbage_collection
from geo_service.migrate import migrate
from geo_service.schema import metadata
from geo_service.settings import Settings

T = TypeVar("T")

AS_OF = date(2026, 6, 1)
SOUTH_WEST = (385_000.0, 5_695_000.0)
CELL_M = 24.5
"""Mean side of a parcel: the median area comes to 600 m2."""
DATABASE_LIMIT = 500_000
ROUNDS = 3
TARGET_REFRESH_S, TARGET_WHAT_IF_S, TARGET_PARCELS = 4.0, 2.0, 200_000
TARGET_PEER_S = 4.6
"""Seconds of the lateral union where the targets were set: machines differ, the ratio is what counts."""
KINDS = (
    ("water", "excludes", "unrestricted", 0.2),
    ("flood_zone", "excludes", "unrestricted", 0.2),
    ("conservation_area", "excludes", "unrestricted", 0.2),
    ("contamination", "delays", "severe", 0.15),
    ("missing_development", "delays", "light", 0.15),
    ("estimated_share", "reduces", "light", 0.1),
)
"""Kind, effect, severity and how often."""

SURROUNDINGS = (
    """
    UPDATE parcels SET actual_use = CASE WHEN id % 12 = 0 THEN 'Straßenverkehr;600'
        WHEN id % 3 = 0 THEN 'Wohnbaufläche / Unbebaut (Baulücke);500' ELSE 'Wohnbaufläche / Offen;700' END
    """,
    """
    INSERT INTO buildings (building_key, source, storeys, geom)
    SELECT 'B' || id, 'generated for a benchmark', 1 + id % 5, ST_Multi(ST_Expand(ST_Centroid(geom), 5))
      FROM parcels WHERE id % 3 <> 0
    """,
    """
    INSERT INTO development_plans (plan_key, name, legal_status, source, geom)
    SELECT 'B' || id, 'Generated', CASE WHEN id % 4 = 0 THEN 2400 ELSE 4000 END, 'generated for a benchmark',
           geom
      FROM restrictions WHERE id % 5 = 0
    """,
    """
    INSERT INTO plan_areas (plan_id, zone_code, zone, grz, gfz, max_storeys, geom)
    SELECT id, 1200, 'WA', 0.4, 1.2, 3, geom FROM development_plans
    """,
    """
    INSERT INTO land_use_areas (area_key, use, source, geom)
    SELECT 'B' || id, 'housing', 'generated for a benchmark', geom FROM restrictions WHERE id % 7 = 0
    """,
    "TRUNCATE usability, capacities",
)
"""What the second stage asks for: one parcel in twelve is a street, two in three are built upon; plans."""
CHANGES = {
    "a small restriction moved": "UPDATE restrictions SET geom = ST_Translate(geom, 1, 0) WHERE id = 11",
    "a zone of 500 corners ended": "UPDATE restrictions SET valid = '[2020-01-01,2021-01-01)' WHERE id = 504",
    "a parcel sold": "INSERT INTO occupancies (parcel_id, kind, during, source) "
    "VALUES (1000, 'sold', '[2020-01-01,)', 'generated for a benchmark')",
}
"""Changes whose refresh must stay local."""
STANDING = """
UPDATE restrictions
   SET kind = 'existing_building', effect = 'delays', severity = 'severe', reduction_share = NULL
 WHERE id % 5 = 1
"""
"""One restriction in five is a building to be kept: without it its neighbours may be another kind of land."""
OTHER_DAYS = {
    "another day, in a year": (date(2027, 6, 1), 2.0),
    "another day, all delays over": (date(2040, 1, 1), 4.0),
    "another day, no restriction yet": (date(2016, 1, 1), 4.0),
}
"""Other days with limits of this project, seconds: on the last two 1,000 buildings to be kept and 700
contaminations begin or end, and on the last also whatever takes area, for three parcels in four."""
LIMIT_FIRST, LIMIT_AGAIN, LIMIT_LOCAL_S = 6.0, 3.0, 2.0
"""Limits of this project, where no target is set: all stages of all parcels at first and with kept figures,
times the lateral union; refresh after one change, seconds, whatever the number of parcels."""

PEER = """
SELECT sum(ST_Area(CASE WHEN u.geom IS NULL THEN p.geom ELSE ST_Difference(p.geom, u.geom) END))
  FROM parcels p
  LEFT JOIN LATERAL (
        SELECT ST_Union(r.geom) AS geom
          FROM restrictions r
         WHERE r.effect = 'excludes' AND r.valid @> CAST(:as_of AS date) AND ST_Intersects(r.geom, p.geom)
       ) u ON true
"""
"""PostGIS alone: net area by a lateral union per parcel, without items, dates or writing."""


SHAPES_PEER = """
WITH nets AS MATERIALIZED (
  SELECT CASE WHEN u.geom IS NULL THEN p.geom ELSE ST_Difference(p.geom, u.geom) END AS net
    FROM parcels p
    LEFT JOIN LATERAL (
        SELECT ST_Union(r.geom) AS geom
          FROM restrictions r
         WHERE r.effect = 'excludes' AND r.valid @> CAST(:as_of AS date) AND ST_Intersects(r.geom, p.geom)
       ) u ON true
   WHERE p.id % :every = 0
), wide AS MATERIALIZED (
  SELECT ST_Buffer(ST_Buffer(net, -1.5), 1.5, 'join=mitre') AS geom FROM nets
)
SELECT sum(ST_Area(geom)), sum((ST_MaximumInscribedCircle(geom)).radius) FROM wide WHERE NOT ST_IsEmpty(geom)
"""
"""PostGIS alone: slivers cut off by shrinking and widening, and the largest circle; no rectangle, frontage,
category or capacity. Of one parcel for ``every``."""
EVERY = 10
TARGET_SECOND = 1.0
"""Second stage of all parcels, times what PostGIS takes for slivers and circles alone (from one in ten)."""


def generate_parcels(number: int, seed: int = 1) -> Any:  # noqa: ANN401 - array of polygons
    """Draw a gap-free net of quadrangles, EPSG:25832."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(number)))
    lines = [np.concatenate([[0.0], np.cumsum(rng.lognormal(np.log(CELL_M), 0.25, side))]) for _ in "xy"]
    x, y = np.meshgrid(*lines)
    x, y = SOUTH_WEST[0] + x + rng.uniform(-4, 4, x.shape), SOUTH_WEST[1] + y + rng.uniform(-4, 4, y.shape)
    row, column = np.divmod(np.arange(number), side)
    corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    return shapely.polygons(np.stack([np.stack([x[at], y[at]], axis=-1) for at in corners], axis=1))


def generate_restrictions(number: int, parcels: Any, seed: int = 2) -> pd.DataFrame:  # noqa: ANN401 - array
    """Draw patches of 24 corners, one strip for ten and one zone of 500 corners for 500 of them."""
    rng = np.random.default_rng(seed)
    low_x, low_y, high_x, high_y = shapely.total_bounds(parcels)
    center = rng.uniform((low_x, low_y), (high_x, high_y), (number, 2))
    radius = np.minimum(rng.lognormal(np.log(32), 0.6, number), 400)
    shapes = _blobs(center, radius, 24, rng)
    strip = np.flatnonzero(np.arange(number) % 10 == 7)
    end = center[strip] + rng.uniform(-250, 250, (len(strip), 2))
    shapes[strip] = shapely.buffer(shapely.linestrings(np.stack([center[strip], end], axis=1)), 5)
    zone = np.flatnonzero(np.arange(number) % 500 == 3)
    shapes[zone] = _blobs(center[zone], rng.uniform(150, 400, len(zone)), 500, rng)
    names, effects, severities, often = zip(*KINDS, strict=True)
    kind = rng.choice(len(KINDS), number, p=often)
    effect = np.array(effects)[kind]
    end_day = [AS_OF + timedelta(days=int(days)) for days in rng.integers(-100, 4000, number)]
    known = (effect == "delays") & (rng.random(number) < 0.8)
    return pd.DataFrame(
        {
            "id": np.arange(1, number + 1),
            "kind": np.array(names)[kind],
            "effect": effect,
            "severity": np.array(severities)[kind],
            "share": np.where(effect == "reduces", 0.226, np.nan),
            "valid_from": date(2020, 1, 1),
            "valid_to": pd.Series(
                [d if k else None for d, k in zip(end_day, known, strict=True)], dtype=object
            ),
            "office": "Umweltamt",
            "source": "generated for a benchmark",
            "title": [f"Generated restriction {row}" for row in range(number)],
            "geometry": shapes,
        }
    )


def _blobs(center: Any, radius: Any, corners: int, rng: np.random.Generator) -> Any:  # noqa: ANN401 - arrays
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = radius[:, None] * rng.uniform(0.7, 1.25, (len(radius), corners))
    offset = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=-1)
    return shapely.polygons(center[:, None, :] + offset)


def fill_database(database: Database, parcels: Any, restrictions: pd.DataFrame) -> None:  # noqa: ANN401 - array
    """Replace the register's parcels and restrictions by the generated ones."""
    number = range(len(parcels))
    rows = pd.DataFrame(
        {
            "id": np.arange(1, len(parcels) + 1),
            "parcel_key": [f"05{9000 + n // 100_000:04d}001{n % 100_000:05d}______" for n in number],
            "gemarkung_key": "059000",
            "gemarkung": "Generated",
            "numerator": 1,
            "municipality_key": "05913000",
            "municipality": "Generated",
            "source": "generated for a benchmark",
            "geom": shapely.multipolygons(parcels, indices=np.arange(len(parcels))),
        }
    )
    spans = zip(restrictions["valid_from"], restrictions["valid_to"], strict=True)
    further: Any = restrictions.drop(columns=["share", "valid_from", "valid_to", "geometry"]).assign(
        restriction_key=[f"generated {row}" for row in restrictions["id"]],
        reduction_share=restrictions["share"],
        valid=pd.Series([Range(start, end) for start, end in spans], dtype=object),
        geom=np.asarray(
            shapely.multipolygons(restrictions["geometry"], indices=np.arange(len(restrictions)))
        ),
    )
    with database.begin(actor="benchmark") as connection:
        connection.execute(
            text(
                "TRUNCATE parcels, restrictions, availability, buildings, development_plans, "
                "land_use_areas CASCADE"
            )
        )
        copy_frame(connection, metadata.tables["parcels"], rows)
        copy_frame(connection, metadata.tables["restrictions"], further)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE parcels, restrictions"))


def timed(work: Callable[[], T], times: int = 3) -> tuple[float, T]:
    """Return the median seconds of a few runs, and the last result."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), result


def measure_kernel(parcels: Any, restrictions: pd.DataFrame) -> AvailabilityResult:  # noqa: ANN401 - array
    """Print the kernel's time with one thread and with two."""
    inputs = Inputs(np.arange(1, len(parcels) + 1), parcels, restrictions, no_occupancies(), no_plans())
    times = 3 if len(parcels) <= DATABASE_LIMIT else 1

    def compute(threads: int) -> AvailabilityResult:
        return compute_availability(inputs, Options(AS_OF, threads=threads))

    for threads in (1, 2):
        seconds, result = timed(partial(compute, threads), times)
        name, speed = f"kernel, {threads} thread(s)", len(parcels) / seconds
        print(f"  {name:25} {seconds:8.2f} s   {speed:,.0f} parcels/s")
    print(f"  {len(result.items):,} waterfall items, {len(result.chain):,} chain links")
    return result


def measure_database(database: Database, result: AvailabilityResult) -> float:
    """Print the times with the database, each beside PostGIS in the same round, and compare the sums.

    Returns
    -------
    float
        Seconds of PostGIS.
    """

    def refresh() -> Any:  # noqa: ANN401 - a report
        return stored.refresh(database, service.options_of(AS_OF), silent, everything=True)

    def what_if() -> Any:  # noqa: ANN401 - a result
        with database.read() as connection:
            return service.compute(connection, AS_OF, without=["restriction:1"])

    works = {
        "read + compute + write": (refresh, TARGET_REFRESH_S),
        "read + compute (what-if)": (what_if, TARGET_WHAT_IF_S),
    }
    peer_s = measure_beside_peer(database, works, len(result.parcels))
    with database.read() as connection:
        land = city_land(connection, AS_OF).with_facts(connection)
    questions: dict[str, Callable[[], Any]] = {
        "a kind gone, nothing kept": lambda: city_what_if(database),
        "a kind gone": lambda: city_what_if(database, land),
        "land together, first": lambda: find_places(land, Search(Wish(15_000)), public=False),
        "land together, again": lambda: find_places(land, Search(Wish(20_000)), public=False),
        "totals": lambda: summarise_land(land, public=False),
        "land balance": lambda: city_balance(land, land, ["horizon", "use"]),
    }
    for name, work in questions.items():
        seconds = timed(work, 1)[0]
        kept = "city kept" if "nothing" not in name else "all computed, no target"
        print(f"  {name:25} {seconds:8.2f} s   {seconds / peer_s:5.2f} x PostGIS   ({kept})")
    print(f"  {'PostGIS lateral union':25} {peer_s:8.2f} s   (net area only, nothing written)")
    net, peer_sum = float(result.parcels["net_m2"].sum()), peer(database)
    print(f"  net area {net:,.4f} m2, relative difference to PostGIS {abs(net / peer_sum - 1):.1e}")
    return float(peer_s)


def peer(database: Database) -> float:
    """Return the net area of all by PostGIS alone, m2."""
    with database.read() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        return float(connection.execute(text(PEER), {"as_of": AS_OF}).scalar_one())


def city_what_if(
    database: Database, land: CityLand | None = None, kind: str = "contamination"
) -> AnsweredWhatIf:
    """Imagine a kind of restriction gone, in the whole city; its land is read anew unless it is given."""
    with database.read() as connection:
        question = read_question([f"kind:{kind}"], [], "city", AS_OF, "default")
        return answer_what_if(connection, question, lambda *_: land or city_land(connection, AS_OF))


def measure_beside_peer(
    database: Database, works: Mapping[str, tuple[Callable[[], Any], float]], parcels: int
) -> float:
    """Print times beside PostGIS in the same round, with their targets; return the seconds of PostGIS."""
    runs: list[Callable[[], Any]] = [*(work for work, _ in works.values()), partial(peer, database)]
    timings = np.array([[timed(work, 1)[0] for work in runs] for _ in range(ROUNDS)])
    *all_seconds, peer_s = np.median(timings, axis=0)
    ratios = np.median(timings / timings[:, -1:], axis=0)
    for (name, (_, target_s)), seconds, ratio in zip(works.items(), all_seconds, ratios[:-1], strict=True):
        line = f"  {name:25} {seconds:8.2f} s   {ratio:5.2f} x PostGIS"
        if parcels == TARGET_PARCELS:
            limit = target_s / TARGET_PEER_S
            line += verdict(parcels, ratio, limit, f"target {target_s:.0f} s = {limit:.2f} x")
        print(line)
    return float(peer_s)


def measure_second_stage(database: Database, parcels: int) -> None:
    """Print the time of the second stage of all parcels, nothing kept and nothing written, beside PostGIS."""

    def shapes() -> None:
        connection.execute(text(SHAPES_PEER), {"as_of": AS_OF, "every": EVERY}).one()

    with database.read() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        with no_garbage_collection():
            result, inputs = service.compute_with(connection, service.options_of(AS_OF))
            rounds = [
                (timed(partial(second_stage, connection, result, inputs), 1)[0], timed(shapes, 1)[0] * EVERY)
                for _ in range(ROUNDS)
            ]
    seconds, ratio = min(seconds for seconds, _ in rounds), min(own / peer for own, peer in rounds)
    words = f"  {'second stage':25} {seconds:8.2f} s   {ratio:5.2f} x PostGIS's slivers and circles"
    print(words + verdict(parcels, ratio, TARGET_SECOND, f"target {TARGET_SECOND:.2f} x"))


def verdict(parcels: int, value: float, limit: float, told: str) -> str:
    """Tell whether a limit is met; limits hold for `TARGET_PARCELS`."""
    return f"   {told}: {'met' if value <= limit else 'MISSED'}" if parcels == TARGET_PARCELS else ""


def measure_question(database: Database, parcels: int) -> None:
    """Print the time of the first question about the city after a change, and of the longest one."""
    with database.begin(actor="benchmark") as connection:
        connection.execute(text("UPDATE restrictions SET geom = ST_Translate(geom, 1, 0) WHERE id = 12"))
    works = {"a kind gone, after a change": (partial(city_what_if, database), TARGET_WHAT_IF_S)}
    measure_beside_peer(database, works, parcels)
    with database.begin(actor="benchmark") as connection:
        connection.execute(text(STANDING))
    stored.refresh(database, service.options_of(AS_OF), silent, then=assess_stored)
    with database.begin(actor="benchmark") as connection:
        connection.execute(text("UPDATE restrictions SET geom = ST_Translate(geom, 1, 0) WHERE id = 12"))
    with database.read() as connection:
        land = city_land(connection, AS_OF)
    kind = "existing_building"
    works = {
        "buildings gone, city kept": (partial(city_what_if, database, land, kind), TARGET_WHAT_IF_S),
        "buildings gone, after a change": (partial(city_what_if, database, None, kind), TARGET_WHAT_IF_S),
    }
    measure_beside_peer(database, works, parcels)


def measure_days(database: Database, parcels: int) -> None:
    """Print the time until the land of another day can be listed, for the first who asks."""

    def land_of(as_of: date) -> CityLand:
        with database.read() as connection:
            return city_land(connection, as_of).with_facts(connection)

    works = {name: (partial(land_of, as_of), limit_s) for name, (as_of, limit_s) in OTHER_DAYS.items()}
    measure_beside_peer(database, works, parcels)


def measure_stages(database: Database, peer_s: float, parcels: int) -> None:
    """Print the time of all stages of all parcels, at first and with kept figures, and after one change."""
    with database.begin(actor="benchmark") as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in SURROUNDINGS:
            connection.execute(text(statement))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    measure_second_stage(database, parcels)
    options = service.options_of(AS_OF)

    def refresh(*, everything: bool = False) -> int:
        return stored.refresh(database, options, silent, everything=everything, then=assess_stored).recomputed

    for name, limit in (("all stages, at first", LIMIT_FIRST), ("all stages, figures kept", LIMIT_AGAIN)):
        seconds, number = timed(partial(refresh, everything=True), 1)
        ratio = seconds / peer_s
        words = f"  {name:25} {seconds:8.2f} s   {ratio:5.2f} x PostGIS   {number / seconds:,.0f} parcels/s"
        print(words + verdict(parcels, ratio, limit, f"limit {limit:.0f} x"))
    for name, statement in CHANGES.items():
        with database.begin(actor="benchmark") as connection:
            connection.execute(text(statement))
        seconds, number = timed(refresh, 1)
        ratio, limit = seconds / peer_s, LIMIT_LOCAL_S / TARGET_PEER_S
        words = f"  {name:27} {seconds:6.2f} s   {ratio:5.2f} x PostGIS   {number:,} parcels, all stages"
        print(words + verdict(parcels, ratio, limit, f"limit {LIMIT_LOCAL_S:.0f} s = {limit:.2f} x"))


def main() -> None:
    """Measure each size asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--parcels", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--restrictions", type=int, help="default: one for 40 parcels")
    parser.add_argument("--kernel-only", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="geo-bench-") as folder:
        Path(folder).chmod(0o755)
        cluster = EmbeddedCluster(Path(folder))
        try:
            for size in asked.parcels:
                parcels = generate_parcels(size)
                restrictions = generate_restrictions(asked.restrictions or max(size // 40, 1), parcels)
                median = np.median(shapely.area(parcels))
                print(f"{size:,} parcels (median {median:.0f} m2) x {len(restrictions):,} restrictions")
                result = measure_kernel(parcels, restrictions)
                if size <= DATABASE_LIMIT and not asked.kernel_only:
                    database = Database(Settings(database_url=cluster.start()))
                    migrate(database.engine)
                    fill_database(database, parcels, restrictions)
                    measure_stages(database, measure_database(database, result), size)
                    measure_question(database, size)
                    measure_days(database, size)
                    database.engine.dispose()
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
                print(f"  peak memory so far {peak:.2f} GB")
        finally:
            cluster.delete()


if __name__ == "__main__":
    main()
