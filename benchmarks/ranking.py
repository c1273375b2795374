"""Speed of the ranking kernel: time per candidate, and the ratio to a plain loop over the same rule.

Run: ``.venv/bin/python benchmarks/ranking.py [--parcels N ...]``. Default: 20,000, 200,000 and 2,000,000.
The candidates are generated. The target: 200,000 well under 0.2 s.
"""

import argparse
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo_service.inquiries.candidates import MEETS, UNKNOWN, Candidates, Requirement
from geo_service.inquiries.ranking import rank

TODAY = date(2026, 7, 1)
ROUNDS = 5
TARGET_S, TARGET_PARCELS = 0.2, 200_000
LOOP_PARCELS = 20_000
MUSTS = Requirement(
    TODAY,
    500.0,
    1500.0,
    frozenset({"GE"}),
    date(2028, 1, 1),
    2,
    frozenset({1, 2}),
    price_max_eur_per_m2=200.0,
)


def generated(count: int) -> Candidates:
    """Return parcels of a median of 600 m2 with every field known."""
    random = np.random.default_rng(2026)
    return Candidates(
        kind=np.ones(count, dtype=np.int8),
        id=np.arange(count),
        area_m2=random.lognormal(6.4, 0.8, count),
        uses=1 << random.integers(0, 12, count),
        available_from=np.datetime64(TODAY) + random.integers(0, 3000, count),
        grade=random.integers(-1, 8, count).astype(np.int8),
        district=random.integers(1, 13, count),
        quarter=np.full(count, UNKNOWN),
        rent_eur_month=np.full(count, np.nan),
        price_eur_per_m2=random.uniform(50, 400, count),
    )


def loop_seconds(candidates: Candidates) -> float:
    """Judge the area alone in a plain loop: a floor for any loop over the whole rule."""
    start = time.perf_counter()
    low, high = MUSTS.area_min_m2 or 0.0, MUSTS.area_max_m2 or 0.0
    middle, half = (low + high) / 2, (high - low) / 2
    values = []
    for area in candidates.area_m2.tolist():
        miss = max((low - area) / low, (area - high) / high)
        inside = MEETS + (1 - MEETS) * (1 - abs(area - middle) / half)
        values.append(inside if miss <= 0 else MEETS * max(0.0, 1 - miss / 0.25))
    sorted(range(len(values)), key=values.__getitem__)
    return time.perf_counter() - start


def main() -> int:
    """Print the table; status 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, nargs="+", default=[20_000, 200_000, 2_000_000])
    missed = False
    per_loop = loop_seconds(generated(LOOP_PARCELS)) / LOOP_PARCELS
    print(f"{'parcels':>10} {'seconds':>9} {'ns each':>8} {'x loop':>7} {'fitting':>8} {'almost':>8}")
    for count in parser.parse_args().parcels:
        candidates = generated(count)
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            found = rank(candidates, MUSTS)
            seconds.append(time.perf_counter() - start)
        median = sorted(seconds)[ROUNDS // 2]
        missed |= count <= TARGET_PARCELS and median > TARGET_S
        print(
            f"{count:>10,} {median:>9.4f} {1e9 * median / count:>8.0f} {per_loop * count / median:>7.1f} "
            f"{len(found.fitting):>8,} {len(found.almost):>8,}"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
