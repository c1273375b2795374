"""Holding back Python's search for garbage cycles while a city's worth of objects is made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Hold back the search for garbage cycles: among a city's new objects it takes longer than the work."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
