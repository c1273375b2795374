"""Speed of reading over HTTP: this service, tipg and pygeoapi on one database, and pgbench as the limit.

Run: ``.venv/bin/python benchmarks/read.py [--parcels N] [--seconds S] [--json]``. It generates a database of
N parcels (default 200,000) with availability and transit grades in a private PostGIS, installs the peers each
in an environment of its own (``.geo/bench``), and serves the database with all three, two workers each. Every
kind of request is asked for with 8 connections, the four sides in turn, three times; medians are shown. The
limit is pgbench running the service's SQL. Peers work on for seconds after their callers have gone: before
each side is timed, what still runs in the database is ended, and the processors are left to come to rest.
Needs ``wrk`` (Debian: apt-get install wrk).
Absolute figures drift with the machine; what counts are the ratios within one run.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.read_cases import Case, all_over, cases, dated, generate
from benchmarks.read_peers import WORKERS, pygeoapi, service, tipg
from geo_service.embedded import EmbeddedCluster
from geo_service.postgres import find_programs
from geo_service.reader import OPTIONS
from geo_service.tile_size import LEFT_OUT, MAX_BYTES

CONNECTIONS = 8
ROUNDS = 3
PATIENCE_S = 60
"""How long a peer may take for a single answer when it finishes none in the time of a round."""
WARM_S = 5
REST_S, RESTING = 20, 0.2
"""How long the machine may take to come to rest, and the share of its processors that may work then."""
CANCEL = """
SELECT pg_cancel_backend(pid)
  FROM pg_stat_activity
 WHERE state = 'active' AND backend_type = 'client backend'
   AND pid <> pg_backend_pid()
"""
CHANGE = "UPDATE availability SET severity = severity WHERE parcel_id = ANY(%(parcels)s)"
SIDES = {"service": service, "tipg": tipg, "pygeoapi": pygeoapi}


def come_to_rest(connection: psycopg.Connection[Any]) -> None:
    """End what the database still does for callers that have gone, and wait for what programs still do."""
    deadline = time.monotonic() + REST_S
    while time.monotonic() < deadline:
        connection.execute(CANCEL)
        before = _processor_times()
        time.sleep(0.3)
        idle, total = (after - then for after, then in zip(_processor_times(), before, strict=True))
        if idle >= (1 - RESTING) * total:
            return


def _processor_times() -> tuple[int, int]:
    """Return how long the processors have done nothing, and in all; proc(5), ``/proc/stat``."""
    times = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return times[3] + times[4], sum(times)


def limit_of(case: Case, url: str, seconds: float, folder: Path) -> float:
    """Return transactions per second of pgbench with the same SQL."""
    arguments = []
    for number, sql in enumerate(case.sql):
        script = folder / f"{number}.sql"
        script.write_text(sql, encoding="utf-8")
        arguments += ["-f", str(script)]
    told = _run(
        [str(find_programs().folder / "pgbench"), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2",
         "-T", str(max(round(seconds), 1)), *arguments, url]
    )  # fmt: skip
    rate = re.search(r"tps = ([\d.]+)", told)
    return float(rate[1]) if rate else 0.0  # not one was done in the time


def served(paths: list[str], base: str, seconds: float, folder: Path) -> tuple[float, float] | None:
    """Return answers per second and median latency in ms, by wrk; None: the server cannot do this."""
    if not paths:
        return None
    script = folder / "paths.lua"
    script.write_text(
        f"local paths = {{{', '.join(json.dumps(path) for path in paths)}}}\nlocal n = 0\n"
        "request = function() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n",
        encoding="utf-8",
    )
    command = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{max(round(seconds), 1)}s"]
    told = _run([*command, "--timeout", "60s", "--latency", "-s", str(script), base])
    latency = re.search(r"50%\s+([\d.]+)(us|ms|s)", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if "Non-2xx" in told or not latency or not rate or not float(rate[1]):
        return None
    return float(rate[1]), float(latency[1]) * {"us": 0.001, "ms": 1, "s": 1000}[latency[2]]


@contextmanager
def writing(connection: psycopg.Connection[Any], parcels: int) -> Iterator[list[int]]:
    """Commit changes of what is drawn all over the land all the time, so that every tile is drawn anew.

    It hands out a list whose one number counts them.
    """
    done, number = threading.Event(), [0]

    def write() -> None:
        while not done.wait(0.005):
            connection.execute(CHANGE, {"parcels": all_over(parcels)})
            number[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield number
    finally:
        done.set()
        writer.join()


def waited(path: str, base: str) -> float | None:
    """Return answers per second of a server that finished none in the time, by how long a single one takes.

    None: it answers with an error, or not within `PATIENCE_S`.
    """
    started = time.monotonic()
    try:
        with urllib.request.urlopen(base + path, timeout=PATIENCE_S) as answer:  # noqa: S310 - own server
            answer.read()
    except OSError:
        return None
    return 1 / (time.monotonic() - started)


def measure(case: Case, url: str, bases: dict[str, str], asked: argparse.Namespace) -> dict[str, Any]:
    """Measure one case: medians of three rounds, the sides in turn."""
    seconds, changes = asked.seconds, []
    rates: dict[str, list[float]] = {side: [] for side in ("limit", *bases)}
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        if "repeated" in case.name:  # asked before, of both workers
            for side, base in bases.items():
                served(getattr(case, side), base, WARM_S, Path(name))
        for _ in range(ROUNDS):
            if case.sql:
                come_to_rest(asked.writer)
                rates["limit"].append(limit_of(case, url, seconds, Path(name)))
            for side, base in bases.items():
                come_to_rest(asked.writer)
                with writing(asked.writer, asked.parcels) if case.busy else nullcontext([0]) as changed:
                    found = served(getattr(case, side), base, seconds, Path(name))
                if found is not None:
                    rates[side].append(found[0])
                    latencies += [found[1]] if side == "service" else []
                changes += [changed[0] / seconds] if side == "service" else []
    per_s = {side: statistics.median(each) if each else None for side, each in rates.items()}
    alone = [side for side in bases if getattr(case, side) and per_s[side] is None]
    for side in alone:
        with writing(asked.writer, asked.parcels) if case.busy else nullcontext([0]):
            per_s[side] = waited(getattr(case, side)[0], bases[side])
    latency_ms = round(statistics.median(latencies), 2) if latencies else None
    changes_per_s = round(statistics.median(changes)) if case.busy else None
    row = _row(case, per_s, latency_ms, bases["service"])
    return {**row, "changes_per_s": changes_per_s, "single_answer_of": alone}


def _row(case: Case, per_s: dict[str, Any], latency_ms: float | None, base: str) -> dict[str, Any]:
    """Return the measurements of a case, their ratios, and whether its targets are met."""
    answers = [urllib.request.urlopen(base + path) for path in case.service[:10]]  # noqa: S310 - own server
    sizes = [len(answer.read()) for answer in answers]
    share, times = (_ratio(per_s["service"], per_s[side]) for side in ("limit", "tipg"))
    met = [
        None if ratio is None else ratio >= target
        for ratio, target in ((share, case.share), (times, case.times))
        if target is not None
    ]
    row: dict[str, Any] = {
        "request": case.name,
        **{f"{side}_per_s": None if rate is None else round(rate, 1) for side, rate in per_s.items()},
        "share_of_limit": share,
        "target_share": case.share,
        "times_tipg": times,
        "target_times": case.times,
        "median_ms": latency_ms,
        "kb": round(statistics.mean(sizes) / 1000, 1),
    }
    if case.name.startswith("tile"):
        row["largest_kb"] = round(max(sizes) / 1000, 1)
        row["left_out"] = sum(int(answer.headers.get(LEFT_OUT, 0)) for answer in answers)
        met.append(max(sizes) < MAX_BYTES)
    return {**row, "met": judged(met)}


def judged(met: list[bool | None]) -> str:
    """Return what becomes of a case, given whether each target is met; None: its ratio is not known."""
    if False in met:
        return "MISSED"
    if None in met:
        return "not known"
    return "met" if met else "-"


def _ratio(own: float | None, other: float | None) -> float | None:
    return round(own / other, 3) if own and other else None


def _run(arguments: list[str]) -> str:
    """Run a program; one that connects gets the options of the service's connections."""
    given = {**os.environ, "PGOPTIONS": f"-c jit=off {OPTIONS}"}
    done = subprocess.run(arguments, env=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed: {done.stderr}")
    return done.stdout


@contextmanager
def generated(parcels: int) -> Iterator[tuple[Path, str]]:
    """Generate a database of a size in a private PostGIS; return its folder and address."""
    with tempfile.TemporaryDirectory(prefix="geo-read-") as name, ExitStack() as stack:
        home = Path(name)
        home.chmod(0o711)
        cluster = EmbeddedCluster(home)
        url = cluster.start()
        stack.callback(cluster.delete)
        generate(url, parcels, _told)
        yield home, url


def _told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _table(asked: argparse.Namespace, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Write the measurements down: answers per second, ratios, targets."""
    yield f"{asked.parcels:,} parcels, {CONNECTIONS} connections, {WORKERS} workers, {os.cpu_count()} cores"
    yield "answers per second of pgbench (the limit), the service, tipg 1.6.1 and pygeoapi 0.21.0"
    yield (
        f"{'request':<20}{'limit':>8}{'service':>9}{'tipg':>8}{'pygeoapi':>10}{'of limit':>10}{'target':>8}"
        f"{'x tipg':>8}{'target':>8}{'ms':>9}{'kB':>7}  result"
    )
    for row in rows:
        rates = [_shown(row[f"{side}_per_s"], ",.4g") for side in ("limit", *SIDES)]
        share, target_share = (_shown(row[name], ".0%") for name in ("share_of_limit", "target_share"))
        times, target_times = (_shown(row[name], ".3g") for name in ("times_tipg", "target_times"))
        end = f"{row['kb']:>7}  {row['met']}"
        yield (
            f"{row['request']:<20}{rates[0]:>8}{rates[1]:>9}{rates[2]:>8}{rates[3]:>10}{share:>10}"
            f"{target_share:>8}{times:>8}{target_times:>8}{_shown(row['median_ms'], 'g'):>9}{end}"
        )
    for row in rows:
        for side in row["single_answer_of"]:
            rate = row[f"{side}_per_s"]
            told = f"none within {PATIENCE_S} s" if rate is None else f"one alone takes {1 / rate:.1f} s"
            yield f"{row['request']}: {side} finishes none in the time of a round; {told}"
        if "largest_kb" in row:
            told = f"{row['left_out']} features left out, as a header of the tile tells"
            meanwhile = f"; {row['changes_per_s']} changes a second meanwhile" if row["changes_per_s"] else ""
            yield f"{row['request']}: largest {row['largest_kb']} kB; {told}{meanwhile}"


def _shown(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=2, help="per kind, side and round")
    parser.add_argument("--only", nargs="*", default=[""], metavar="TEXT", help="kinds whose name begins so")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing. Debian: apt-get install wrk")
    with ExitStack() as stack:
        home, url = stack.enter_context(generated(asked.parcels))
        bases = {side: stack.enter_context(run(url, home)) for side, run in SIDES.items()}
        asked.writer = stack.enter_context(psycopg.connect(url.replace("+psycopg", ""), autocommit=True))
        rows = []
        for case in [*cases(asked.parcels), *dated(bases["service"], asked.parcels)]:
            if case.name.startswith(tuple(asked.only)):
                _told(f"measuring {case.name}")
                rows.append(measure(case, url.replace("+psycopg", ""), bases, asked))
    if asked.json:
        print(json.dumps({"parcels": asked.parcels, "connections": CONNECTIONS, "rows": rows}))
    else:
        print("\n".join(_table(asked, rows)))


if __name__ == "__main__":
    main()
