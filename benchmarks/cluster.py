"""Availability of a state on a Dask cluster against threads of one process, from and to GeoParquet.

Run: ``.venv/bin/python benchmarks/cluster.py [--parcels N ...] [--workers W] [--folder F]``.
Default: 20,000, 200,000 and 2,000,000 parcels of 58 Gemarkungen, one restriction for 40 parcels, a house on
every other one, 2 worker processes on this machine. Each way runs in a process of its own, the one after the
other; memory is the proportional share (PSS) of that process and all that it started, looked at ten times a
second.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import shapely
from distributed import LocalCluster

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.availability import AS_OF, generate_parcels, generate_restrictions
from geo_service.availability.folders import MANIFEST, compute_folder
from geo_service.availability.inputs import Options

GEMARKUNGEN = 58
"""As many as Dortmund has."""
PARCELS_PER_RESTRICTION = 40
LOOK_S = 0.1
USES = ("Straßenverkehr;600", *["Wohnbaufläche / Offen;500"] * 7, *["Wohnbaufläche / Unbebaut;500"] * 4)
"""Actual uses of the parcels, in turn: some are streets, some unbuilt."""


def write_state(folder: Path, parcels: int, restrictions: int) -> None:
    """Generate a state: Gemarkungen are bands of the net of parcels."""
    shapes = generate_parcels(parcels)
    number = np.arange(parcels)
    band = number * GEMARKUNGEN // parcels
    place = number - np.searchsorted(band, band)
    keys = [
        f"05{gemarkung:04d}{1 + within // 5000:03d}{within:05d}______"
        for gemarkung, within in zip(9000 + band, place, strict=True)
    ]
    uses = np.array(USES, dtype=object)[number % len(USES)]
    land = gpd.GeoDataFrame({"parcel_key": keys, "actual_use": uses}, geometry=shapes, crs=25832)
    land.to_parquet(folder / "parcels.parquet", index=False, row_group_size=20_000)
    rows = generate_restrictions(restrictions, shapes)
    rows = rows.assign(
        valid_from=pd.to_datetime(rows["valid_from"]), valid_to=pd.to_datetime(rows["valid_to"])
    )
    drawn = gpd.GeoDataFrame(rows.drop(columns="geometry"), geometry=rows["geometry"], crs=25832)
    drawn.to_parquet(folder / "restrictions.parquet", index=False)
    nothing: Any = pd.Series(dtype=object)
    spans = dict.fromkeys(("valid_from", "valid_to", "office", "source"), nothing)
    holders = {"id": nothing, "parcel_key": nothing, "kind": nothing, **spans}
    pd.DataFrame(holders).to_parquet(folder / "occupancies.parquet", index=False)
    plans = {
        "id": nothing,
        "plan_key": nothing,
        "title": nothing,
        "legal_status": nothing,
        "in_force_on": nothing,
        "source_date": nothing,
        **spans,
    }
    houses = shapely.buffer(shapely.centroid(shapes[::2]), 5, quad_segs=1)
    standing = gpd.GeoDataFrame({"id": np.arange(len(houses))}, geometry=houses, crs=25832)
    standing = standing.assign(kind="building", storeys=2, valid_from=nothing, valid_to=nothing)
    standing.to_parquet(folder / "buildings.parquet", index=False, row_group_size=20_000)
    areas = ("plan_id", "zone_code", "zone", "grz", "gfz", "max_storeys")
    empty = {
        "plans": plans,
        "plan_areas": {"id": nothing, **dict.fromkeys(areas, nothing)},
        "land_use": {"id": nothing, "use": nothing, **spans},
        "streets": {"id": nothing, "street_class": nothing},
    }
    for name, columns in empty.items():
        rows = gpd.GeoDataFrame(columns, geometry=[], crs=25832)
        rows.to_parquet(folder / f"{name}.parquet", index=False)


def compute(source: Path, target: Path, workers: int) -> None:
    """Compute with worker processes, or with threads of this process for 0; print the seconds."""

    def silent(_what: str, _share: float) -> None:
        """Show nothing: the terminal is not measured."""

    options = Options(AS_OF, known_on=date(2026, 6, 1))
    if not workers:
        start = time.perf_counter()
        compute_folder(source, target, options, silent)
    else:
        with LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit="4GB",
        ) as cluster:
            start = time.perf_counter()
            compute_folder(source, target, options, silent, address=cluster.scheduler_address)
    print(time.perf_counter() - start)


def measured(source: Path, target: Path, workers: int) -> tuple[float, float]:
    """Run one way in a process of its own; return seconds and peak memory in GB."""
    command = [sys.executable, __file__, "--compute", str(source), str(target), str(workers)]
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        family = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, memory_gb(family))
            time.sleep(LOOK_S)
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"{command} ended with status {process.returncode}")
    return float(output.split()[-1]), peak


def memory_gb(family: psutil.Process) -> float:
    """Return the memory of a process and all that it started; shared pages count once."""
    total = 0.0
    for member in [family, *family.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:
            continue  # ended meanwhile
    return total / 1024**3


def digests(target: Path) -> list[Any]:
    """Return names and SHA-256 of the files of a result."""
    found: list[Any] = json.loads((target / MANIFEST).read_text())["files"]
    return found


def main() -> None:
    """Measure both ways and compare every byte."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--parcels", type=int, nargs="+", default=[20_000, 200_000, 2_000_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="for some 2 GB; default: the system's temporary folder")
    parser.add_argument("--compute", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.compute:
        source, target, workers = asked.compute
        compute(Path(source), Path(target), int(workers))
        return
    print(f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 1024**3:.0f} GB, shared with others")
    each_us: list[float] = []
    for parcels in asked.parcels:
        with tempfile.TemporaryDirectory(prefix="geo-bench-", dir=asked.folder) as folder:
            each_us.append(measure_size(Path(folder), parcels, asked.workers))
        growth = each_us[-1] / each_us[0]
        print(f"  time for one parcel, threads: {growth:.2f} x that at {asked.parcels[0]:,} parcels")


def measure_size(folder: Path, parcels: int, workers: int) -> float:
    """Print both ways for a number of parcels; return the microseconds that threads take for one parcel."""
    source = folder / "state"
    source.mkdir()
    restrictions = max(parcels // PARCELS_PER_RESTRICTION, 1)
    write_state(source, parcels, restrictions)
    print(f"{parcels:,} parcels, {restrictions:,} restrictions, {GEMARKUNGEN} Gemarkungen", flush=True)
    found = []
    for name, number in (("2 threads of one process", 0), (f"{workers} worker processes", workers)):
        target = folder / f"result-{number}"
        seconds, peak = measured(source, target, number)
        found.append((seconds, digests(target)))
        speed = parcels / seconds
        print(f"  {name:26} {seconds:8.1f} s   {speed:9,.0f} parcels/s   peak {peak:.2f} GB", flush=True)
    (here_s, here), (there_s, there) = found
    print(f"  time of the cluster: {there_s / here_s:.2f} x that of threads")
    print(f"  {len(here)} files, every SHA-256 equal: {'yes' if here == there else 'NO'}")
    return here_s / parcels * 1e6


if __name__ == "__main__":
    main()
