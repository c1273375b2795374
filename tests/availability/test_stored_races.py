"""Stored results while others write: races, rolled back changes, killed refreshes; real connections."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import psycopg
import pytest
import shapely
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from geo_service.availability import service, stored
from geo_service.availability.kernel import silent
from geo_service.db import Database
from geo_service.errors import DatabaseUnavailable
from tests.availability.city import AS_OF, parcel_rows, write
from tests.availability.kept import (
    MOVED,
    RESTRICTION,
    SOLD,
    ask,
    assert_as_if_all_were_computed,
    frame,
    run,
    stale,
)


def during(database: Database, phase: str, work: Callable[[], None]) -> None:
    """Refresh, and do something while it is in a phase."""
    told: list[str] = []

    def tell(what: str, _share: float) -> None:
        told.append(what)
        if what.startswith(phase) and sum(one.startswith(phase) for one in told) == 1:
            work()

    stored.refresh(database, service.options_of(AS_OF), tell)
    assert any(what.startswith(phase) for what in told), told


def test_what_is_committed_while_a_refresh_computes_stays_marked(kept_city: Database) -> None:
    for phase, other in (("Reading parcels", 700), ("Deducting", 800), ("Writing", 900)):
        run(kept_city, RESTRICTION, parcel=3, metres=1.0)
        during(kept_city, phase, partial(run, kept_city, RESTRICTION, parcel=other, metres=2.0))
        assert stale(kept_city) == {other}
        assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
    assert_as_if_all_were_computed(kept_city)


def test_the_first_refresh_races_with_a_change(kept_city: Database) -> None:
    run(kept_city, "TRUNCATE availability, availability_runs, availability_marks")
    during(kept_city, "Writing", lambda: run(kept_city, RESTRICTION, parcel=700, metres=2.0))
    assert stale(kept_city) == {700}
    assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
    assert_as_if_all_were_computed(kept_city)


def test_two_writers_who_do_not_see_each_other(kept_city: Database) -> None:
    """One moves a parcel, another draws where it goes; a refresh comes between their commits."""
    run(kept_city, "DELETE FROM restrictions")
    run(kept_city, "UPDATE parcels SET geom = ST_Translate(geom, 0, 90000) WHERE id = 5")
    stored.refresh(kept_city, service.options_of(AS_OF), silent)
    with kept_city.engine.connect() as mover, kept_city.engine.connect() as drawer:
        mover.execute(text(MOVED), {"parcel": 5, "east": 500})
        drawer.execute(
            text(
                RESTRICTION.replace(
                    "ST_PointOnSurface(geom)", "ST_PointOnSurface(ST_Translate(geom, 500, 0))"
                )
            ),
            {"parcel": 5, "metres": 3.0},
        )
        mover.commit()
        assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
        before = ask(kept_city, "SELECT net_m2 FROM availability WHERE parcel_id = 5")
        drawer.commit()
    assert stale(kept_city) == {5}
    assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
    assert ask(kept_city, "SELECT net_m2 FROM availability WHERE parcel_id = 5") < before - 20
    assert_as_if_all_were_computed(kept_city)


def test_a_parcel_that_is_new_while_something_is_drawn_upon_it(kept_city: Database) -> None:
    free = shapely.box(300_000, 5_600_000, 300_100, 5_600_050)
    with kept_city.engine.connect() as adder, kept_city.engine.connect() as drawer:
        adder.execute(text("SELECT 1"))  # begins the transaction
        write(adder, "parcels", parcel_rows([free], ["059125001000010001__"]))
        drawer.execute(
            text(
                "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, geom) "
                "VALUES ('x', 'water', 'excludes', 'light', 'x', 'drawn', "
                "ST_Multi(ST_MakeEnvelope(300000, 5600000, 300010, 5600050, 25832)))"
            )
        )
        adder.commit()
        assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
        drawer.commit()
    assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
    assert ask(kept_city, "SELECT net_m2 FROM availability ORDER BY parcel_id DESC LIMIT 1") == 4500


def test_what_is_rolled_back_marks_nothing(kept_city: Database) -> None:
    with kept_city.engine.connect() as connection:
        connection.execute(text(RESTRICTION), {"parcel": 700, "metres": 2.0})
        assert connection.execute(text("SELECT count(*) FROM stale_parcels")).scalar_one() == 1
        connection.rollback()
    assert stale(kept_city) == set()


def test_writers_do_not_wait_for_each_other_or_for_a_refresh(kept_city: Database) -> None:
    def sell(connection: Connection) -> None:
        connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        connection.execute(text(SOLD), {"parcel": 700})

    with kept_city.engine.connect() as one, kept_city.engine.connect() as two:
        sell(one)
        during_refresh: list[int] = []
        run(kept_city, RESTRICTION, parcel=3, metres=1.0)
        during(kept_city, "Writing", lambda: (sell(two), during_refresh.append(1))[1])  # type: ignore[func-returns-value]  # both are wanted
        assert during_refresh
        two.commit()
        one.commit()
    assert stale(kept_city) == {700}


def test_a_killed_refresh_changes_nothing_and_the_next_one_works(kept_city: Database) -> None:
    run(kept_city, RESTRICTION, parcel=700, metres=2.0)
    before = frame(kept_city)
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for phase in ("Reading parcels", "Writing"):
        with pytest.raises((DBAPIError, DatabaseUnavailable, psycopg.Error)):
            during(kept_city, phase, partial(run, kept_city, end))
        pd.testing.assert_frame_equal(frame(kept_city), before)
        assert stale(kept_city) == {700}
    assert stored.refresh(kept_city, service.options_of(AS_OF), silent).recomputed == 1
    assert_as_if_all_were_computed(kept_city)
