"""The same result to the last bit on a cluster, whatever happens to its workers."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import LocalCluster
from sqlalchemy import text

import geo_service
from geo_service.availability import batch, cluster, folders
from geo_service.availability.cluster import connected
from geo_service.availability.identity import differences, identity, require_identity
from geo_service.availability.inputs import Inputs, Options
from geo_service.availability.partitions import plan_partitions
from geo_service.availability.state_around import Beside, LookJob, look_at
from geo_service.availability.state_files import open_state
from geo_service.availability.stored import refresh
from geo_service.db import Database
from geo_service.errors import GeoServiceError, InvalidInput, NotReady
from geo_service.settings import Settings
from tests.availability import clusters
from tests.availability.city import AS_OF, PARCELS, TODAY, fill_city
from tests.availability.clusters import Chore, Killer, foreign_worker, local_cluster, worker_pids
from tests.availability.states import drawn_state, write_state

MANY_GEMARKUNGEN = """
UPDATE parcels SET parcel_key = overlay(parcel_key PLACING (59100 + (id * 7) % 13)::text FROM 2 FOR 5)
"""
"""Neighbours lie in different Gemarkungen, so that most restrictions lie on parcels of several."""
STORED = "SELECT (to_jsonb(a) - 'computed_at' - 'run_id')::text FROM availability a ORDER BY parcel_id"
OPTIONS = Options(AS_OF, known_on=TODAY)


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    with local_cluster() as started:
        yield started


@pytest.fixture
def city(fresh_database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    with database.begin(actor="test") as connection:
        fill_city(connection)
        connection.execute(text(MANY_GEMARKUNGEN))
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_state(tmp_path_factory.mktemp("state"), drawn_state())


@pytest.fixture(scope="module")
def local(state: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files that one process writes."""
    target = tmp_path_factory.mktemp("local") / "out"
    folders.compute_folder(state, target, OPTIONS, silent)
    return contents(target)


def silent(_what: str, _share: float) -> None:
    """Take progress without showing it."""


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def stored_hash(database: Database) -> str:
    with database.read() as connection:
        rows = connection.execute(text(STORED)).scalars().all()
    assert len(rows) == PARCELS
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


# --- the same result ------------------------------------------------------------------------------------


def test_a_cluster_stores_what_one_process_stores(city: Database, workers: LocalCluster) -> None:
    here = refresh(city, OPTIONS, silent)
    expected = stored_hash(city)
    with city.begin("test") as connection:
        connection.execute(text("DELETE FROM availability"))
    told: list[tuple[str, float]] = []
    on_cluster = batch.on_cluster(workers.scheduler_address)
    there = refresh(city, OPTIONS, lambda *news: told.append(news), everything=True, rows_of=on_cluster)
    assert stored_hash(city) == expected
    assert there == here
    assert "partition 13 of 13" in told[-3][0]
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_killed_workers_change_nothing_that_is_stored(city: Database, workers: LocalCluster) -> None:
    refresh(city, OPTIONS, silent)
    expected = stored_hash(city)
    killer = Killer(worker_pids(workers))
    on_cluster = batch.on_cluster(workers.scheduler_address, largest=60)
    report = refresh(city, OPTIONS, killer, everything=True, rows_of=on_cluster)
    assert killer.killed
    assert report.parcels == PARCELS
    assert stored_hash(city) == expected


def test_a_cluster_reads_one_snapshot(city: Database, workers: LocalCluster) -> None:
    refresh(city, OPTIONS, silent)
    expected = stored_hash(city)

    def change(what: str, _share: float) -> None:
        if "partition 1 of" in what:
            with city.begin("someone") as connection:
                connection.execute(text("DELETE FROM restrictions"))
                connection.execute(text("DELETE FROM occupancies"))

    refresh(city, OPTIONS, change, everything=True, rows_of=batch.on_cluster(workers.scheduler_address))
    assert stored_hash(city) == expected
    refresh(city, OPTIONS, silent)
    assert stored_hash(city) != expected


def test_an_empty_city_on_a_cluster(fresh_database_url: str, tmp_path: Path, workers: LocalCluster) -> None:
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    report = refresh(
        database, OPTIONS, silent, everything=True, rows_of=batch.on_cluster(workers.scheduler_address)
    )
    database.engine.dispose()
    assert report.parcels == 0


def test_a_cluster_writes_the_files_of_one_process(
    state: Path, local: dict[str, bytes], tmp_path: Path, workers: LocalCluster
) -> None:
    folders.compute_folder(state, tmp_path / "out", OPTIONS, silent, address=workers.scheduler_address)
    assert contents(tmp_path / "out") == local
    assert len(local) == 14


def test_a_worker_killed_half_way_changes_no_file(
    state: Path, local: dict[str, bytes], tmp_path: Path, workers: LocalCluster
) -> None:
    killer = Killer(set(sorted(worker_pids(workers))[:1]), share=0.3)
    folders.compute_folder(state, tmp_path / "out", OPTIONS, killer, address=workers.scheduler_address)
    assert killer.killed
    assert contents(tmp_path / "out") == local


def test_all_inputs_are_thought_of() -> None:
    """A new kind of input must be chosen for a partition (`partitions.around`) and sent (`batch.packed`)."""
    known = {"parcel_ids", "parcels", "restrictions", "occupancies", "plans"}
    assert {field.name for field in fields(Inputs)} == known


# --- clusters that cannot do it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:9", "No scheduler can be reached at tcp://127.0.0.1:9: Timed out"),
        ("127.0.0.1:9", "No scheduler can be reached at 127.0.0.1:9"),
        ("http://127.0.0.1", "unknown address scheme 'http'"),
        ("tls://127.0.0.1:9", "tls://HOST:8786 with certificates configured"),
        ("nowhere", "missing port number"),
    ],
)
def test_nobody_answers(address: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    start = time.monotonic()
    with pytest.raises(NotReady, match=words), connected(address):
        pytest.fail("connected")
    assert time.monotonic() - start < 10


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    with (
        local_cluster(n_workers=0) as empty,
        pytest.raises(NotReady, match=r"has no workers. Start one: dask worker tcp://127.0.0.1:\d+ "),
        connected(empty.scheduler_address),
    ):
        pytest.fail("connected")


@pytest.mark.parametrize(
    ("work", "error", "words"),
    [
        (clusters.end_the_process, NotReady, r"Partition 059124 \(1,234 parcels\) ended 1 workers.*memory"),
        (clusters.run_out_of_memory, NotReady, "does not fit into the memory of a worker"),
        (clusters.refuse, InvalidInput, "^parcel 7 is no polygon$"),
        (clusters.divide, GeoServiceError, "Partition 059124 .* failed on a worker: ZeroDivisionError"),
        (clusters.time_out, GeoServiceError, "failed on a worker: TimeoutError: too slow"),
        (clusters.import_something, NotReady, "a worker has no geo_service, or another version of it"),
    ],
)
def test_a_partition_that_fails(work: Callable[[Chore], Any], error: type[Exception], words: str) -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        local_cluster(n_workers=1) as one,
        connected(one.scheduler_address) as connection,
    ):
        with pytest.raises(error, match=words):
            list(connection.run(work, [Chore()]))
        done = list(connection.run(clusters.double, [Chore(size=size) for size in range(50)]))
    assert sorted((job.size, result) for job, result in done) == [(size, 2 * size) for size in range(50)]


def test_workers_that_go_and_do_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 1.0)
    with local_cluster(n_workers=1) as one, connected(one.scheduler_address) as connection:
        results = connection.run(clusters.double, [Chore(size=size) for size in range(50)])
        next(results)
        one.scale(0)
        with pytest.raises(
            NotReady, match=r"All workers of tcp://.* are gone, or have paused .*nothing was stored"
        ):
            list(results)


def test_a_scheduler_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 1.0)
    with ExitStack() as stack, dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        one = stack.enter_context(local_cluster(n_workers=1))
        connection = stack.enter_context(connected(one.scheduler_address))
        results = connection.run(clusters.double, [Chore(size=size) for size in range(50)])
        next(results)
        one.close()
        with pytest.raises(NotReady, match=r"connection to the scheduler at tcp://.* was lost|cancelled"):
            list(results)


# --- versions -------------------------------------------------------------------------------------------


def copied_package(folder: Path) -> Path:
    package = Path(geo_service.__file__).parent
    without = shutil.ignore_patterns("static", "__pycache__")
    return Path(shutil.copytree(package, folder / "geo_service", ignore=without))


def changed_kernel(folder: Path) -> None:
    with (copied_package(folder) / "availability" / "kernel.py").open("a") as kernel:
        kernel.write("\n# changed\n")


def no_package(folder: Path) -> None:
    (folder / "geo_service.py").write_text("raise ModuleNotFoundError('No module named geo_service')\n")


def old_package(folder: Path) -> None:
    (copied_package(folder) / "availability" / "identity.py").unlink()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (changed_kernel, r"Worker tcp://.* may not compute: geo_service is .*, here .*Install the same"),
        (no_package, r"Worker tcp://.* has no geo_service, or another version of it \(No module"),
        (old_package, r"Worker tcp://.* has no geo_service, or another version of it \(No module"),
    ],
)
def test_a_worker_with_other_software_is_refused(
    make: Callable[[Path], None], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 60.0)
    make(tmp_path)
    with (
        local_cluster(n_workers=0) as scheduler,
        foreign_worker(scheduler.scheduler_address, tmp_path),
        pytest.raises(NotReady, match=words),
        connected(scheduler.scheduler_address),
    ):
        pytest.fail("connected")


def test_a_worker_that_comes_later_is_checked_by_its_first_partition(state: Path, tmp_path: Path) -> None:
    other = {**identity(), "GEOS": "1.0"}
    part = plan_partitions({"059124001": 1})[0]
    alone = Beside((), (), frozenset(), streets_known=False)
    file_job = folders.FileJob(part, other, open_state(state), tmp_path, OPTIONS, alone)
    with pytest.raises(NotReady, match="The worker of partition 059124 may not compute"):
        look_at(LookJob(part, other, open_state(state), AS_OF, ()))
    with pytest.raises(
        NotReady, match=r"The worker of partition 059124 may not compute: GEOS is .*, here 1.0"
    ):
        folders.compute_file(file_job)
    nothing = batch.packed(replace(drawn_state(), parcel_ids=drawn_state().parcel_ids[:0]))
    land_job = batch.LandJob("059124", 0, other, [], nothing, OPTIONS, datetime.now(UTC))
    with pytest.raises(NotReady, match="The worker of partition 059124 may not compute"):
        batch.compute_rows(land_job)


def test_differences_in_words() -> None:
    assert differences({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) == ""
    assert differences({"a": "1", "b": "2"}, {"a": "3"}) == "a is 3, here 1, b is not there, here 2"
    assert differences({}, {"c": "1"}) == "c is 1, here not there"
    require_identity(identity(), "nobody")
