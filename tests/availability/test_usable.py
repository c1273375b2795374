"""Stored usability: beside the availability it belongs to, and computed anew for what changed."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from geo_service.availability import service
from geo_service.availability.service import options_of
from geo_service.availability.stored import refresh
from geo_service.availability.usable import compute_usable, refresh_usability
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
    pd.testing.assert_frame_equal(stored(database), computed(database), rtol=1e-12, check_column_type=False)
    return True


def waiting(database: Database) -> int:
    """Count the stored availability without usability of its own."""
    with database.read() as connection:
        return int(
            connection.execute(
                text(
                    "SELECT count(*) FROM availability a WHERE NOT EXISTS (SELECT FROM usability u "
                    "WHERE u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at)"
                )
            ).scalar_one()
        )


def test_all_parcels_are_assessed_once_and_stay_so(database: Database) -> None:
    assert waiting(database) == PARCELS
    assert refresh_usability(database, silent) == PARCELS
    assert waiting(database) == 0
    assert equal(database)
    assert refresh_usability(database, silent) == 0


def test_another_computation_waits_and_takes_figures_over(database: Database) -> None:
    refresh_usability(database, silent)
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE usability SET circle_m = 1000 + circle_m"))
    refresh(database, options_of(AS_OF), silent, everything=True)
    assert waiting(database) == PARCELS
    assert refresh_usability(database, silent) == PARCELS
    assert stored(database)["circle_m"].min() >= 1000


def test_what_changed_and_its_neighbours_are_assessed_anew(database: Database) -> None:
    """A parcel becomes a street: its neighbours gain frontage and lose a neighbour."""
    refresh_usability(database, silent)
    before = stored(database)
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE parcels SET actual_use = 'Straßenverkehr;1' WHERE id = 1000"))
        connection.execute(text("UPDATE availability SET computed_at = now() WHERE parcel_id = 1000"))
    assert waiting(database) == 1
    assert 4 <= refresh_usability(database, silent) <= 10
    assert waiting(database) == 0
    assert equal(database)
    changed = before["frontage_m"].to_numpy() != stored(database)["frontage_m"].to_numpy()
    both_unknown = np.isnan(before["frontage_m"]) & np.isnan(stored(database)["frontage_m"])
    assert 3 <= (changed & ~both_unknown).sum() <= 9
    refresh(database, options_of(AS_OF), silent, everything=True)
    refresh_usability(database, silent)
    assert equal(database)


def test_without_availability_there_is_nothing_to_assess(database: Database) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM availability"))
    assert refresh_usability(database, silent) == 0
