"""Vectorised geometry over a few threads: shapely lets go of Python's lock while it computes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

WORTH_A_THREAD: Final = 2_000
"""Rows below which starting threads costs more than it brings."""
CHUNKS_PER_THREAD: Final = 8
"""Pieces per thread, so that one with costly geometries does not keep the others waiting."""


def in_threads(
    function: Callable[..., npt.NDArray[Any]], arrays: Sequence[npt.NDArray[Any]], threads: int
) -> npt.NDArray[Any]:
    """Apply an element-wise function to arrays of one length; the order of the result is kept.

    Parameters
    ----------
    function
        Element-wise: each row of the result depends on that row of the arrays only.
    arrays
        Arguments, each of shape (n,).
    threads
        Number of threads; with 1, or few rows, everything happens in the calling one.
    """
    size = len(arrays[0])
    if threads < 2 or size < WORTH_A_THREAD:  # noqa: PLR2004 - two is where threads begin
        return function(*arrays)
    edges = np.linspace(0, size, threads * CHUNKS_PER_THREAD + 1).astype(int)
    spans = [slice(start, stop) for start, stop in pairwise(edges)]
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda span: function(*(array[span] for array in arrays)), spans))
    return np.concatenate(parts)
