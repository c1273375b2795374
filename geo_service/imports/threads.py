"""Using more than one core for many rows: shapely, pyarrow and hashing let other threads work meanwhile."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SPREAD_ROWS: Final = 20_000
"""Fewer rows are not worth another thread."""
MOST_THREADS: Final = 4

Rows = npt.NDArray[Any]


def spread(work: Callable[[Rows], Rows], rows: Rows) -> Rows:
    """Do work that looks at each row by itself in several threads.

    Parameters
    ----------
    work
        Makes an array of another, one value per row; releases the interpreter lock.
    rows
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        As ``work(rows)``, shape (n,).
    """
    threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    if threads == 1 or len(rows) < SPREAD_ROWS:
        return work(rows)
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(work, np.array_split(rows, threads))))


def ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks; the next one is made while the last one is used."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = pool.submit(next, blocks, None)
            yield block
