"""Work in a process of its own, beside what a command does itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from signal import SIG_IGN, SIGINT, signal
from typing import Any, Final

from geo_service.errors import GeoServiceError

TOLD: Final = 3
"""Exit status of work that has said why it failed."""


@contextmanager
def aside(work: Callable[..., None], *arguments: Any) -> Iterator[None]:
    """Do something in a process of its own while the block runs; it ends no later than the block.

    Parameters
    ----------
    work
        A function of a module, so that the process finds it.
    *arguments
        Handed to it; they must be picklable.

    Raises
    ------
    GeoServiceError
        When the work failed, with its reason.
    """
    methods = get_context("spawn")
    told, outbox = methods.Pipe(duplex=False)
    process = methods.Process(target=_telling, args=(outbox, work, *arguments), daemon=True)
    process.start()
    outbox.close()
    try:
        yield
        process.join()
    finally:
        process.terminate()
        process.join()
    if process.exitcode:
        reason = told.recv() if process.exitcode == TOLD else f"It ended with status {process.exitcode}."
        raise GeoServiceError(reason)


def _telling(outbox: Connection, work: Callable[..., None], *arguments: Any) -> None:
    """Do the work; tell the process that waits why it failed. Ctrl-C is that one's business."""
    signal(SIGINT, SIG_IGN)
    try:
        work(*arguments)
    except GeoServiceError as error:
        outbox.send(error.detail)
        raise SystemExit(TOLD) from error
