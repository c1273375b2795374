"""Work in a process of its own, beside what a command does itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from signal import SIG_IGN, SIGINT, signal
from typing import Any, TypeVar, cast

from geo_service.errors import GeoServiceError

Result = TypeVar("Result")


@contextmanager
def aside(work: Callable[..., Result], *arguments: Any) -> Iterator[Callable[[], Result]]:
    """Do something in a process of its own while the block runs; it ends no later than the block.

    Parameters
    ----------
    work
        A function of a module, so that the process finds it.
    *arguments
        Handed to it; they and what it returns must be picklable.

    Yields
    ------
    collections.abc.Callable
        Waits for what the work returns, and raises as below.

    Raises
    ------
    GeoServiceError
        When the work failed, with its reason.
    """
    methods = get_context("spawn")
    inbox, outbox = methods.Pipe(duplex=False)
    process = methods.Process(target=_telling, args=(outbox, work, *arguments), daemon=True)
    process.start()
    outbox.close()

    @cache
    def result() -> Result:
        try:
            made, reason = inbox.recv()
        except EOFError:
            process.join()
            reason = f"It ended with status {process.exitcode}."
        if reason is not None:
            raise GeoServiceError(reason)
        return cast("Result", made)

    try:
        yield result
        result()
    finally:
        process.terminate()
        process.join()


def _telling(outbox: Connection, work: Callable[..., Any], *arguments: Any) -> None:
    """Do the work; tell the process that waits what came of it. Ctrl-C is that one's business."""
    signal(SIGINT, SIG_IGN)
    try:
        outbox.send((work(*arguments), None))
    except GeoServiceError as error:
        outbox.send((None, error.detail))
