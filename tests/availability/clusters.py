"""Local clusters for tests: a scheduler and worker processes on loopback, and work that goes wrong."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from geo_service.errors import InvalidInput


@contextmanager
def local_cluster(**options: Any) -> Iterator[LocalCluster]:
    usual: dict[str, Any] = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
        "memory_limit": "1GB",
        "silence_logs": 50,
    }
    cluster = LocalCluster(**(usual | options))
    try:
        yield cluster
    finally:
        cluster.close()


def worker_pids(cluster: LocalCluster) -> set[int]:
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        return set(client.run(os.getpid).values())


class Killer:
    """Told of the progress; kills workers when the share is reached."""

    def __init__(self, pids: set[int], share: float = 0.0) -> None:
        self.pids, self.share, self.killed = pids, share, False

    def __call__(self, what: str, share: float) -> None:
        if "partition" in what and share > self.share and not self.killed:
            self.killed = True
            for pid in self.pids:
                os.kill(pid, signal.SIGKILL)


@contextmanager
def foreign_worker(address: str, path: Path) -> Iterator[None]:
    """Start a worker that finds its packages in a folder first."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address]
    options = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(path)]
    environment = os.environ | {"PYTHONPATH": str(path)}
    with subprocess.Popen(
        [*command, *options], env=environment, cwd=path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.kill()


@dataclass(frozen=True)
class Chore:
    name: str = "059124"
    size: int = 1_234


def double(job: Chore) -> int:
    return 2 * job.size


def end_the_process(_job: Chore) -> None:
    os._exit(1)


def run_out_of_memory(_job: Chore) -> None:
    raise MemoryError


def refuse(_job: Chore) -> None:
    raise InvalidInput("parcel 7 is no polygon")


def time_out(_job: Chore) -> None:
    raise TimeoutError("too slow")


def divide(job: Chore) -> float:
    return job.size / 0


def import_something(_job: Chore) -> None:
    raise ModuleNotFoundError("No module named 'geo_service.availability.new'")
