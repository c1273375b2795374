"""``geo availability`` as a person and a script use it."""

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from geo_service.availability import cluster, commands, run_queries
from geo_service.availability.commands import availability_app
from geo_service.days import parse_day
from geo_service.db import Database
from geo_service.errors import BadParameter
from geo_service.settings import Settings, get_settings
from tests.availability.city import ON_OFFER, WIDE, fill_city, fill_surroundings
from tests.availability.clusters import local_cluster
from tests.availability.states import drawn_state, write_state


@pytest.fixture
def empty_url(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    yield fresh_database_url
    get_settings.cache_clear()


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=empty_url))
    with database.begin(actor="test") as connection:
        fill_city(connection)
        fill_surroundings(connection)
    yield database
    database.engine.dispose()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(availability_app, [*arguments], env={"COLUMNS": "200"})


def test_it_stores_and_prints_totals(database: Database) -> None:
    result = run("--as-of", "01.06.2026", "--store")
    assert result.exit_code == 0
    with database.read() as connection:
        now, as_of = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE horizon = 'now'), min(as_of) "
                f"FROM availability JOIN ({ON_OFFER}) o USING (parcel_id) JOIN ({WIDE}) w USING (parcel_id)"
            ),
            {"day": date(2026, 6, 1)},
        ).one()
    assert as_of == date(2026, 6, 1)
    row = next(line for line in result.stdout.splitlines() if " now " in line)
    assert f"{now:,}" in row
    assert "2,000 parcels with" in " ".join(result.stdout.split())


def test_only_what_changed_is_computed_again(database: Database) -> None:
    assert "2,000 of 2,000 recomputed" in " ".join(run("--as-of", "2026-06-01", "--store").stdout.split())
    assert "0 of 2,000 recomputed" in " ".join(run("--as-of", "2026-06-01", "--store").stdout.split())
    with database.begin("test") as connection:
        connection.execute(
            text(
                "INSERT INTO occupancies (parcel_id, kind, during, source) "
                "SELECT id, 'sold', daterange('2020-01-01', NULL), 'drawn' FROM parcels WHERE id IN (3, 700)"
            )
        )
    first = json.loads(run("--as-of", "2026-06-01", "--json", "--store").stdout)
    assert (first["recomputed"], first["parcels"]) == (2, 2000)
    second = json.loads(run("--as-of", "2026-06-01", "--json", "--all", "--store").stdout)
    assert second.pop("recomputed") == 2000
    first.pop("recomputed")
    assert first == second


def test_it_waits_for_another_refresh(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.begin("other") as other:
        assert other.execute(run_queries.lock_refresh()).scalar_one()
        monkeypatch.setattr(time, "sleep", lambda _: other.rollback())
        assert run("--as-of", "2026-06-01", "--store").exit_code == 0
    with database.begin("other") as other:
        assert other.execute(run_queries.lock_refresh()).scalar_one()
        monkeypatch.setattr(commands, "WAIT_S", 0.0)
        result = run("--as-of", "2026-06-01", "--store")
    assert result.exit_code == 1
    assert "Another refresh of the availability is under way" in result.stderr


def test_it_stores_what_may_be_built(database: Database) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM plan_areas"))
        connection.execute(
            text(
                "INSERT INTO plan_areas (plan_id, zone, grz, gfz, geom)"
                " SELECT (SELECT id FROM development_plans WHERE plan_key = 'Hu 2'), 'GE', 0.5, 1, geom"
                "   FROM parcels WHERE id <= 10"
            )
        )
    assert run("--as-of", "01.06.2026", "--store").exit_code == 0
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT count(*), count(allowed_floor_m2), min(c.as_of), count(built),"
                "       bool_and(abs(allowed_floor_m2 - area_m2) < 2) FROM capacities c"
                "  JOIN parcels p ON p.id = c.parcel_id"
            )
        ).one()
    assert tuple(rows) == (2000, 10, date(2026, 6, 1), 0, True)


def test_json_adds_up(database: Database) -> None:
    result = run("--as-of", "2026-06-01", "--preset", "dortmund_2010", "--json", "--store")
    totals = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (totals["as_of"], totals["preset"], totals["parcels"]) == ("2026-06-01", "dortmund_2010", 2000)
    assert [total["horizon"] for total in totals["horizons"]] == [
        "now",
        "short",
        "mid",
        "long",
        "undetermined",
    ]
    everything = totals["horizons"] + totals["apart"]
    assert [total["category"] for total in totals["apart"]] == ["in_use", "unknown"]
    assert all(total["parcels"] > 0 for total in totals["apart"])
    assert sum(total["parcels"] for total in everything) == 2000 - totals["without_land"]
    assert all(0 < total["offered_m2"] <= total["net_m2"] for total in everything if total["parcels"])
    assert totals["offered_m2"] == pytest.approx(sum(each["offered_m2"] for each in totals["horizons"]))
    with database.read() as connection:
        stored = connection.execute(text("SELECT sum(net_m2) FROM availability")).scalar_one()
        wide = connection.execute(
            text(f"SELECT sum(net_m2) FROM availability JOIN ({WIDE}) w USING (parcel_id)"),
            {"day": date(2026, 6, 1)},
        ).scalar_one()
        by_horizon = connection.execute(
            text(
                "SELECT horizon, count(*) AS parcels, sum(net_m2) AS net_m2 FROM availability "
                f"JOIN ({ON_OFFER}) o USING (parcel_id) JOIN ({WIDE}) w USING (parcel_id) GROUP BY horizon"
            ),
            {"day": date(2026, 6, 1)},
        ).all()
    assert stored == pytest.approx(totals["net_m2"])
    assert sum(total["net_m2"] for total in everything) == pytest.approx(wide)
    assert wide < stored - 100
    told = {each["horizon"]: (each["parcels"], each["net_m2"]) for each in totals["horizons"]}
    assert {word: told[word] for word in told if told[word][0]} == {
        row.horizon: (row.parcels, pytest.approx(row.net_m2)) for row in by_horizon
    }
    assert totals["offered_parcels"] == sum(row.parcels for row in by_horizon)


def test_another_day_is_answered_and_not_stored(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "today", lambda: date(2026, 6, 1))
    assert run().exit_code == 0
    before = _stored(database)
    result = run("--as-of", "2028-03-01", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert (answer["as_of"], answer["stored"], answer["counted"]) == ("2028-03-01", False, "offered")
    assert "nothing was stored" in " ".join(run("--as-of", "2028-03-01").stdout.split())
    assert _stored(database) == before
    kept = json.loads(run("--as-of", "2028-03-01", "--store", "--json").stdout)
    assert kept.pop("stored") is not answer.pop("stored")
    assert kept == answer
    assert {row[1] for row in _stored(database)} == {date(2028, 3, 1)}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler"),
        (["--all"], "--all"),
        (["--partition", "50"], "--partition"),
        (["--all", "--partition", "50"], "--all, --partition"),
    ],
)
def test_options_of_storing_are_refused_for_a_day_that_is_only_printed(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, options: list[str], named: str
) -> None:
    assert empty_url
    monkeypatch.setattr(commands, "today", lambda: date(2026, 6, 1))
    result = run("--as-of", "2028-03-01", *options)
    assert result.exit_code != 0
    said = " ".join(result.output.split())
    assert f"{named} would do nothing: another day than today" in said
    assert "Add --store to store that day" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--input", "a", "--output", "b", "--all"], "--all would do nothing: from files everything"),
        (["--input", "a", "--output", "b", "--store"], "--store would do nothing: from files everything"),
        (["--input", "a", "--output", "b", "--all", "--store"], "--store, --all would do nothing"),
        (["--partition", "50"], "--partition would do nothing: this machine computes all at once"),
        (["--partition", "50000"], "--partition would do nothing: this machine"),
        (["--store", "--as-of", "2028-03-01", "--partition", "50"], "--partition would do nothing: this"),
        (["--without", "kind:sold", "--store"], "--store would do nothing: a what-if"),
        (["--without", "kind:sold", "--all"], "--all would do nothing: a what-if"),
        (["--without", "kind:sold", "--order", "water"], "--order would do nothing: a what-if"),
        (["--without", "kind:sold", "--scheduler", "x"], "--scheduler would do nothing: a what-if"),
        (["--as-of", "2028-03-01", "balance"], "--as-of would do nothing: options of balance stand behind"),
        (["--preset", "default", "assemblies", "--at-least", "5"], "--preset would do nothing: options of"),
    ],
)
def test_options_that_would_do_nothing_are_refused(empty_url: str, options: list[str], told: str) -> None:
    assert empty_url
    result = run(*options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in " ".join(result.stderr.split())


def _stored(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT a.parcel_id, a.as_of, a.horizon, a.run_id, u.computed_at = a.computed_at "
                "FROM availability a LEFT JOIN usability u USING (parcel_id) ORDER BY a.parcel_id"
            )
        )
        return [tuple(row) for row in rows]


def test_own_thresholds_and_an_own_order(database: Database) -> None:
    assert database
    options = (
        "--as-of",
        "2026-06-01",
        "--short-years",
        "3",
        "--mid-years",
        "7",
        "--order",
        "not_buildable",
        "--store",
    )
    totals = json.loads(run(*options, "--json").stdout)
    assert totals["preset"] == "short_3_mid_7"
    assert totals["deduction_order"][:2] == ["not_buildable", "water"]
    assert "order: not_buildable, water, flood_zone" in " ".join(run(*options).stdout.split())
    with database.read() as connection:
        assert (
            connection.execute(text("SELECT DISTINCT preset FROM availability")).scalar_one()
            == "short_3_mid_7"
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--order", "wather"), "no kind of restriction"),
        (("--short-years", "9"), "short_years=9 is too long"),
    ],
)
def test_a_wrong_order_or_threshold_is_explained(
    empty_url: str, options: tuple[str, str], message: str
) -> None:
    assert empty_url
    result = run(*options)
    assert result.exit_code == 1
    assert message in result.stderr


def test_without_a_day_today_is_meant(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert database
    monkeypatch.setattr(commands, "today", lambda: date(2026, 5, 5))
    assert json.loads(run("--json").stdout)["as_of"] == "2026-05-05"


@pytest.mark.parametrize(
    "day", ["2026-02-30", "30.02.2026", "tomorrow", "2026-13-01", "20260101x", "1800-01-01"]
)
def test_a_wrong_day_is_explained_and_nothing_is_written(database: Database, day: str) -> None:
    result = run("--as-of", day)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert day in result.stderr
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM availability")).scalar_one() == 0


def test_a_wrong_preset_names_the_right_ones(empty_url: str) -> None:
    assert empty_url
    result = run("--preset", "soon")
    assert result.exit_code == 1
    assert "default, dortmund_2010" in result.stderr


def test_an_empty_city_says_what_to_do(empty_url: str) -> None:
    assert empty_url
    result = run("--as-of", "2026-06-01", "--store")
    assert result.exit_code == 0
    assert "geo import parcels" in result.stderr


def test_days_as_people_write_them() -> None:
    assert parse_day("2028-02-29") == parse_day(" 29.02.2028 ") == date(2028, 2, 29)
    with pytest.raises(BadParameter, match=r"'29.02.2027' is no day. Write it as 2028-04-01 or 01.04.2028"):
        parse_day("29.02.2027")


def test_from_files_to_files_without_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "command_database", None)
    source = write_state(tmp_path / "state", drawn_state())
    result = run("--as-of", "2026-06-01", "--json", "--input", str(source), "--output", str(tmp_path / "out"))
    assert result.exit_code == 0, result.stderr
    totals = json.loads(result.stdout)
    facts = json.loads((tmp_path / "out" / "availability.json").read_text())
    assert totals["parcels"] == 2000
    assert {name: facts[name] for name in totals} == totals


@pytest.mark.parametrize("option", ["--input", "--output"])
def test_one_folder_alone_is_refused(tmp_path: Path, option: str) -> None:
    result = run(option, str(tmp_path / "folder"))
    assert result.exit_code == 1
    assert "--input and --output belong together" in result.stderr


def test_a_scheduler_that_does_not_answer_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    result = run("--scheduler", "tcp://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "No scheduler can be reached at tcp://127.0.0.1:9" in result.stderr
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM availability")).scalar_one() == 0


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with local_cluster(n_workers=1) as workers:
        yield workers.scheduler_address


def test_a_cluster_computes_the_totals_of_any_day(database: Database, scheduler: str) -> None:
    told, stored = {}, {}
    for day in ("2026-06-01", "01.09.2031"):  # neither is today; vacancies end in between
        here = run("--as-of", day, "--json", "--store")
        expected = _stored_in_full(database)
        with database.begin("test") as connection:
            connection.execute(text("TRUNCATE availability, usability"))
        there = run("--as-of", day, "--store", "--json", "--scheduler", scheduler, "--partition", "300")
        assert there.exit_code == 0, there.stderr
        told[day] = json.loads(there.stdout)
        assert told[day] == json.loads(here.stdout)
        stored[day] = _stored_in_full(database)
        assert stored[day] == expected
    assert [totals["as_of"] for totals in told.values()] == ["2026-06-01", "2031-09-01"]
    assert [len(rows) for rows in stored.values()] == [2000, 2000]
    first, second = ([row[1:] for row in rows] for rows in stored.values())
    assert first != second  # not only the day differs


def test_without_a_day_a_cluster_stores_today(
    database: Database, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "today", lambda: date(2026, 6, 1))
    assert run("--scheduler", scheduler).exit_code == 0
    assert {row[1] for row in _stored(database)} == {date(2026, 6, 1)}
    written = run("--as-of", "01.06.2026", "--scheduler", scheduler, "--json")
    assert json.loads(written.stdout)["recomputed"] == 0  # the same day, in the other style


def test_a_cluster_computes_files_of_any_day(tmp_path: Path, scheduler: str) -> None:
    source = write_state(tmp_path / "state", drawn_state())
    folders = [tmp_path / "here", tmp_path / "there"]
    for folder, more in zip(folders, ((), ("--scheduler", scheduler)), strict=True):
        result = run("--as-of", "01.09.2031", "--input", str(source), "--output", str(folder), *more)
        assert result.exit_code == 0, result.stderr
    here, there = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders)
    assert here == there
    assert json.loads(here["availability.json"])["as_of"] == "2031-09-01"


def _stored_in_full(database: Database) -> list[tuple[object, ...]]:
    """Return each parcel's day and everything else that is stored of it, but the moment and the run."""
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT a.as_of, (to_jsonb(a) - '{computed_at,run_id,as_of}'::text[])::text, "
                "(to_jsonb(u) - '{computed_at,run_id}'::text[])::text "
                "FROM availability a LEFT JOIN usability u USING (parcel_id) ORDER BY a.parcel_id"
            )
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("option", [("--scheduler", "tcp://127.0.0.1:9"), ("--input", "a", "--output", "b")])
def test_a_what_if_is_asked_of_the_database(option: tuple[str, ...]) -> None:
    result = run("--without", "restriction:1", *option)
    assert result.exit_code == 1
    assert "a what-if is computed from the database by this machine" in result.stderr
