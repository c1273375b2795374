"""Stored usability: beside the availability it belongs to, and computed anew for what changed."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from geo_service.availability import service
from geo_service.availability.assessing import assess_stored
from geo_service.availability.identity import program_digest
from geo_service.availability.inputs import Inputs
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from geo_service.availability.service import options_of
from geo_service.availability.stored import Computed, refresh
from geo_service.availability.usable import compute_usable
from geo_service.db import Database
from geo_service.settings import Settings
from tests.availability.city import AS_OF, PARCELS, TODAY, fill_city, fill_surroundings


def silent(_what: str, _share: float) -> None:
    """Take progress without showing it."""


@pytest.fixture
def database(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(service, "today", lambda: TODAY)
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    with database.begin(actor="test") as connection:
        fill_city(connection)
        fill_surroundings(connection)
    refresh(database, options_of(AS_OF), silent, everything=True)
    yield database
    database.engine.dispose()


def stored(database: Database) -> pd.DataFrame:
    with database.read() as connection:
        rows = connection.execute(text("SELECT * FROM usability ORDER BY parcel_id")).mappings().all()
    return pd.DataFrame(rows).drop(columns=["computed_at", "shape_key"])


def computed(database: Database, as_of: date = AS_OF) -> pd.DataFrame:
    with database.read() as connection:
        frame = compute_usable(connection, options_of(as_of))[1]
    return frame.drop(columns="shape_key").astype({"frontage_m": float})


def equal(database: Database) -> bool:
    pd.testing.assert_frame_equal(stored(database), computed(database), rtol=1e-12, check_dtype=False)
    return True


def assess(database: Database, *, everything: bool = False) -> int:
    """Refresh all stages; return how many parcels were computed."""
    report = refresh(database, options_of(AS_OF), silent, everything=everything, then=assess_stored)
    return report.recomputed


def waiting(database: Database, table: str = "usability") -> int:
    """Count the stored availability without a second stage of its own."""
    with database.read() as connection:
        return int(
            connection.execute(
                text(
                    f"SELECT count(*) FROM availability a WHERE NOT EXISTS (SELECT FROM {table} u "
                    "WHERE u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at)"
                )
            ).scalar_one()
        )


def test_all_parcels_are_assessed_once_and_stay_so(database: Database) -> None:
    assert waiting(database) == PARCELS
    assert assess(database) == 0  # the availability holds: only what stands beside it is computed
    assert (waiting(database), waiting(database, "capacities")) == (0, 0)
    assert equal(database)


def test_the_kernel_runs_once_for_all_stages(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def counted(inputs: Inputs, *more: Any) -> AvailabilityResult:
        runs.append(len(inputs.parcels))
        return compute_availability(inputs, *more)

    monkeypatch.setattr(service, "compute_availability", counted)
    assess(database, everything=True)
    assert runs == [PARCELS]
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE restrictions SET title = 'x' WHERE id = 1"))
    changed = assess(database)
    assert runs == [PARCELS, changed]
    assert 0 < changed < 60
    assert equal(database)


def test_figures_of_the_same_land_are_taken_over(database: Database) -> None:
    assess(database)
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE usability SET circle_m = 1000 + circle_m"))
    assert assess(database, everything=True) == PARCELS
    assert stored(database)["circle_m"].min() >= 1000


def test_what_changed_and_its_neighbours_are_assessed_anew(database: Database) -> None:
    """A parcel becomes a street: its neighbours gain frontage and lose a neighbour."""
    assess(database)
    before = stored(database)
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE parcels SET actual_use = 'Straßenverkehr;1' WHERE id = 1000"))
    assert 4 <= assess(database) <= 10
    assert (waiting(database), waiting(database, "capacities")) == (0, 0)
    assert equal(database)
    changed = before["frontage_m"].to_numpy() != stored(database)["frontage_m"].to_numpy()
    both_unknown = np.isnan(before["frontage_m"]) & np.isnan(stored(database)["frontage_m"])
    assert 3 <= (changed & ~both_unknown).sum() <= 9
    assess(database, everything=True)
    assert equal(database)


def test_each_stage_names_the_run_that_computed_it(database: Database) -> None:
    assess(database, everything=True)
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE restrictions SET title = 'x' WHERE id = 1"))
    changed = assess(database)
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT r.id, r.recomputed, r.rules ->> 'sliver_width_m' AS width, r.program, "
                "count(u.parcel_id) AS usability, count(c.parcel_id) AS capacities FROM availability a "
                "JOIN availability_runs r ON r.id = a.run_id AND r.started_at = a.computed_at "
                "LEFT JOIN usability u ON (u.parcel_id, u.computed_at) = (a.parcel_id, r.started_at) "
                "LEFT JOIN capacities c ON (c.parcel_id, c.computed_at) = (a.parcel_id, r.started_at) "
                "GROUP BY r.id ORDER BY r.id"
            )
        ).all()
    assert [(row.recomputed, row.usability, row.capacities) for row in rows] == [
        (PARCELS, PARCELS - changed, PARCELS - changed),
        (changed, changed, changed),
    ]
    assert {(row.width, row.program) for row in rows} == {("3.0", program_digest())}


def test_without_availability_there_is_nothing_to_assess(database: Database) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM availability"))
        assert assess_stored(connection, options_of(AS_OF), Computed(pd.DataFrame()), silent) == 0
