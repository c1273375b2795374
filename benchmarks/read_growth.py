"""Does reading slow down as the register grows? The same requests on a small and a large database in one run.

Run: ``.venv/bin/python benchmarks/read_growth.py [--parcels N ...] [--seconds S] [--json]``. It generates a
database of each size (200,000 and 2,000,000), each in a PostGIS of its own, serves each with two workers, and
asks for every kind of request of ``benchmarks/read.py`` with 8 connections, the sizes in turn, three times;
medians are shown. The larger one is to come within 20 % of the smaller one's figures.
Needs ``wrk`` (Debian: apt-get install wrk).
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.read import CONNECTIONS, ROUNDS, WARM_S, come_to_rest, generated, served, writing
from benchmarks.read_cases import Case, cases, dated
from benchmarks.read_peers import service

SHARE = 0.8
"""Of the smaller one's figure, that the larger one is to reach."""


@dataclass(frozen=True)
class Side:
    """A database of one size, served.

    Parameters
    ----------
    parcels
        How many it holds.
    base
        Address of the service.
    connection
        To the database.
    cases
        What is asked, by name.
    """

    parcels: int
    base: str
    connection: psycopg.Connection[Any]
    cases: dict[str, Case]


@contextmanager
def side(parcels: int) -> Iterator[Side]:
    """Generate and serve a database of a size."""
    with (
        generated(parcels) as (home, url),
        service(url, home) as base,
        psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection,
    ):
        asked = {case.name: case for case in [*cases(parcels), *dated(base, parcels)]}
        yield Side(parcels, base, connection, asked)


def per_second(one: Side, name: str, seconds: float, folder: Path) -> float:
    """Return how many requests of a kind are answered in a second; tiles while parcels change."""
    come_to_rest(one.connection)
    case = one.cases[name]
    with writing(one.connection, one.parcels) if case.busy else nullcontext():
        found = served(case.service, one.base, seconds, folder)
    return found[0] if found else 0.0


def measure(sides: list[Side], name: str, seconds: float) -> dict[str, Any]:
    """Return the medians of a kind of request, and the share of the smallest that each size reaches."""
    rates: dict[int, list[float]] = {one.parcels: [] for one in sides}
    with tempfile.TemporaryDirectory() as folder:
        for one in sides:  # as it is while a service runs: what is read often is in memory
            served(one.cases[name].service, one.base, WARM_S, Path(folder))
        for _ in range(ROUNDS):
            for one in sides:
                rates[one.parcels].append(per_second(one, name, seconds, Path(folder)))
    medians = {parcels: statistics.median(each) for parcels, each in rates.items()}
    first = medians[sides[0].parcels]
    shares = {parcels: round(rate / first, 3) if first else None for parcels, rate in medians.items()}
    met = all(share is not None and share >= SHARE for share in shares.values())
    return {"request": name, "per_s": medians, "share": shares, "met": met}


def table(sizes: list[int], rows: list[dict[str, Any]]) -> Iterator[str]:
    """Write the measurements down."""
    yield f"answers per second, {CONNECTIONS} connections; share of the smallest, target {SHARE:.0%}"
    yield f"{'request':<20}" + "".join(f"{size:>14,}{'share':>8}" for size in sizes) + "  result"
    for row in rows:
        figures = "".join(f"{row['per_s'][size]:>14,.4g}{row['share'][size] or 0:>8.2f}" for size in sizes)
        yield f"{row['request']:<20}{figures}  {'met' if row['met'] else 'MISSED'}"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parcels", type=int, nargs="+", default=[200_000, 2_000_000])
    parser.add_argument("--seconds", type=float, default=2, help="per kind, size and round")
    parser.add_argument("--only", nargs="*", default=[""], metavar="TEXT", help="kinds whose name begins so")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing. Debian: apt-get install wrk")
    with ExitStack() as stack:
        sides = [stack.enter_context(side(parcels)) for parcels in asked.parcels]
        names = [name for name in sides[0].cases if name.startswith(tuple(asked.only))]
        rows = []
        for name in names:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            rows.append(measure(sides, name, asked.seconds))
    print(json.dumps(rows) if asked.json else "\n".join(table(asked.parcels, rows)))


if __name__ == "__main__":
    main()
