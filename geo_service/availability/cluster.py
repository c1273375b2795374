"""A Dask cluster: connecting to it, trusting its workers, and giving them work until all of it is done.

A worker that is killed changes nothing: Dask gives its partition to another one, and what is computed
depends on the partition alone.
"""

import asyncio
import logging
import pkgutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

import dask
from distributed import Client, Future, KilledWorker, Security, wait
from distributed.comm.addressing import normalize_address
from distributed.comm.core import connect
from distributed.versions import VersionMismatchWarning

from geo_service.availability.identity import Identity, differences, identity
from geo_service.errors import GeoServiceError, NotReady

T = TypeVar("T")

CONNECT_S: Final = 5.0
"""Longest wait for the scheduler, and then for its first worker."""
PATIENCE_S: Final = 15.0
"""Twice this long a cluster may be without any worker that works."""
AHEAD: Final = 2
"""Partitions given out for each thread of the workers, so that none waits for its next one."""
IDENTITY: Final = "geo_service.availability.identity:identity"
HOW_TO_START: Final = "Start one: dask worker {address} --nworkers 2 --nthreads 1"


class _LostAgain(Exception):
    """A result went away with its worker before it was fetched: it is computed again."""


class Job(Protocol):
    """Work for one partition; it can be sent to another process."""

    @property
    def name(self) -> str:
        """Name of the partition."""

    @property
    def size(self) -> int:
        """Number of its parcels."""


J = TypeVar("J", bound=Job)


@dataclass(frozen=True)
class Cluster:
    """A cluster whose workers compute what this process would.

    Parameters
    ----------
    client
        Connection to the scheduler.
    address
        Where it is.
    """

    client: Client
    address: str

    def run(self, work: Callable[[J], T], jobs: Iterable[J]) -> Iterator[tuple[J, T]]:
        """Do all jobs on the workers; only a few are made and sent ahead.

        Parameters
        ----------
        work
            A function of this package; it may run twice for a job.
        jobs
            Are taken one by one, as workers become free.

        Yields
        ------
        tuple
            Each job with its result, in the order in which they end.

        Raises
        ------
        GeoServiceError
            For the first job that cannot be done, with its name.
        """
        coming, given = iter(jobs), dict[Future[Any], J]()
        try:
            while True:
                for job in islice(coming, max(self._ahead() - len(given), 0)):
                    given[self.client.submit(work, job, pure=False)] = job
                if not given:
                    return
                for future in self._ended(list(given)):
                    with suppress(_LostAgain):
                        result = _result(future, given[future])
                        yield given.pop(future), result
        finally:
            with suppress(CancelledError, OSError):
                self.client.cancel(list(given))

    def _ahead(self) -> int:
        with self._there():
            threads: Mapping[str, int] = self.client.nthreads()
        return max(AHEAD * sum(threads.values()), 1)

    @contextmanager
    def _there(self) -> Iterator[None]:
        try:
            yield
        except (CancelledError, OSError) as error:
            raise NotReady(
                f"The connection to the scheduler at {self.address} was lost ({error}); nothing was stored."
            ) from error

    def _ended(self, futures: list[Future[Any]]) -> Iterable[Future[Any]]:
        """Wait until at least one has ended; complain when nobody is there to do it, twice in a row."""
        idle = 0
        while True:
            with self._there(), suppress(TimeoutError):
                ended: Iterable[Future[Any]] = wait(futures, PATIENCE_S, return_when="FIRST_COMPLETED").done
                return ended
            idle = 0 if self._anyone_working() else idle + 1
            if idle > 1:
                raise NotReady(
                    f"All workers of {self.address} are gone, or have paused because their memory is full; "
                    f"nothing was stored. {HOW_TO_START.format(address=self.address)}"
                )

    def _anyone_working(self) -> bool:
        with self._there():
            workers = self.client.scheduler_info()["workers"].values()
        return any(worker["status"] == "running" for worker in workers)


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a scheduler and refuse workers that would compute with other versions.

    Parameters
    ----------
    address
        Such as ``tcp://10.0.0.5:8786``, or ``tls://...`` with the certificates of Dask's configuration.

    Raises
    ------
    NotReady
        Within seconds, when nobody answers, no worker is there, or one has other versions.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said in words
    with (
        warnings.catch_warnings(),
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}),
    ):
        warnings.simplefilter("ignore", VersionMismatchWarning)  # told by _require_same
        client = _connect(address)
        try:
            cluster = Cluster(client, address)
            _require_workers(cluster)
            _require_same(client)
            yield cluster
        finally:
            client.close(timeout=CONNECT_S)


async def _knock(address: str) -> None:
    """Try once whether anybody answers: a client that never connected takes long to go away."""
    security = Security().get_connection_args("client")
    comm = await connect(normalize_address(address), timeout=CONNECT_S, **security)
    await comm.close()


def _connect(address: str) -> Client:
    try:
        asyncio.run(_knock(address))
        return Client(address, timeout=CONNECT_S, name="geo-availability")
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise NotReady(
            f"No scheduler can be reached at {address}: {error}. Is it running (dask scheduler), and is the "
            "address written as tcp://HOST:8786, or tls://HOST:8786 with certificates configured?"
        ) from error


def _require_workers(cluster: Cluster) -> None:
    try:
        cluster.client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError:
        how = HOW_TO_START.format(address=cluster.address)
        raise NotReady(f"The scheduler at {cluster.address} has no workers. {how}") from None


def _require_same(client: Client) -> None:
    """Refuse a cluster with a worker that lacks this package or has other versions.

    Workers that come later are checked by each job (`identity.require_identity`).
    """
    # the lookup is a function of Python's own, so it can be asked of a worker that knows nothing of us
    found = client.run(pkgutil.resolve_name, IDENTITY, on_error="return")
    for worker, answer in sorted(found.items()):
        if isinstance(answer, ImportError | AttributeError):
            raise NotReady(
                f"Worker {worker} has no geo_service, or another version of it ({answer}). Install the "
                "version of this client there."
            )
    expected: Identity = identity()
    for worker, own in sorted(client.run(identity, on_error="return").items()):
        if isinstance(own, dict) and (how := differences(expected, own)):
            raise NotReady(f"Worker {worker} may not compute: {how}. Install the same versions there.")


def _result(future: Future[Any], job: Job) -> Any:  # noqa: ANN401 - whatever the work returns
    """Return a result, or say in words why there is none."""
    what = f"Partition {job.name} ({job.size:,} parcels)"
    try:
        return future.result(timeout=PATIENCE_S)
    except GeoServiceError:
        raise
    except TimeoutError as error:
        if future.status == "error":
            raise GeoServiceError(f"{what} failed on a worker: TimeoutError: {error}") from error
        raise _LostAgain from error
    except KilledWorker as error:
        raise NotReady(
            f"{what} ended {error.allowed_failures + 1} workers, the last at {error.last_worker.address}: "
            "most likely they ran out of memory. Give them more (--memory-limit) or make partitions smaller "
            "(--partition)."
        ) from error
    except MemoryError as error:
        raise NotReady(
            f"{what} does not fit into the memory of a worker. Give it more or make partitions smaller "
            "(--partition)."
        ) from error
    except CancelledError as error:
        raise NotReady(f"{what} was cancelled at the scheduler ({error}); nothing was stored.") from error
    except (ImportError, AttributeError) as error:
        raise NotReady(
            f"{what}: a worker has no geo_service, or another version of it ({error}). Install the version "
            "of this client there."
        ) from error
    except Exception as error:  # whatever the work raised over there: named, never dropped
        raise GeoServiceError(f"{what} failed on a worker: {type(error).__name__}: {error}") from error
