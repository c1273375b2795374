"""``geo transit scenario`` as a person and a script use it, and the scenarios of the demo."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import build_timetable, write_timetable
from geo_service.city import load_city
from geo_service.cli import app
from geo_service.db import Database
from geo_service.settings import Settings, get_settings
from geo_service.transit.scenario_ingest import demo_files, read_file
from geo_service.transit.service import import_gtfs
from tests.transit.test_scenario_effect import add_parcels, form, future_feed, today_feed


@pytest.fixture
def database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()
    get_settings.cache_clear()


def scenario(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["transit", "scenario", *arguments], env={"COLUMNS": "200"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "further.json"
    path.write_text(form().model_dump_json(), encoding="utf-8")
    return path


def test_a_file_is_checked_then_stored_then_unchanged(database: Database, tmp_path: Path, file: Path) -> None:
    import_gtfs(database, today_feed().write(tmp_path), "test")
    checked = scenario("import", str(file), "--dry-run")
    assert (checked.exit_code, checked.stdout) == (0, "further: checked; 3 new stops, 3 lines.\n")
    assert json.loads(scenario("list", "--json").stdout) == []
    first = scenario("import", str(file))
    assert first.stdout == "further: new; 3 new stops, 3 lines.\n"
    assert "geo transit scenario effect further" in first.stderr
    assert scenario("import", str(file)).stdout.startswith("further: unchanged")
    file.write_text(form(name_en="Farther").model_dump_json(), encoding="utf-8")
    assert scenario("import", str(file)).stdout.startswith("further: changed")
    (row,) = json.loads(scenario("list", "--json").stdout)
    assert (row["key"], row["name_en"], row["status"], row["stops"], row["lines"]) == (
        "further", "Farther", "draft", 3, 3,
    )  # fmt: skip
    listed = scenario("list").stdout
    assert [word in listed for word in ("further", "Farther", "draft")] == [True, True, True]


def test_effect_prints_what_gains_and_equals_its_json(database: Database, tmp_path: Path, file: Path) -> None:
    add_parcels(database)
    import_gtfs(database, today_feed().write(tmp_path), "test")
    scenario("import", str(file))
    answer = json.loads(scenario("effect", "further", "--json").stdout)
    printed = scenario("effect", "further").stdout
    first = printed.splitlines()[0]
    assert first.startswith("further by are, 06:00-20:00 (test on 2026-06-02): ")
    assert f"{answer['parcels']} parcels and 0 sites gain, {answer['gross_m2']:,.0f} m2 gross" in first
    assert answer["parcels"] > 3
    evening = json.loads(
        scenario("effect", "further", "--method", "goat", "--window", "evening", "--json").stdout
    )
    assert (evening["method"], evening["window"]) == ("goat", "20:00-24:00")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["effect", "nothing"], "There is no scenario 'nothing'. Known: further."),
        (["import", "nowhere.toml"], "cannot be read"),
        (["effect", "further", "--method", "x"], "no grading method 'x'"),
        (["effect", "further", "--window", "noon"], "'noon' is no window"),
    ],
)
def test_what_cannot_be_is_told_in_words(
    database: Database, tmp_path: Path, file: Path, arguments: list[str], words: str
) -> None:
    import_gtfs(database, today_feed().write(tmp_path), "test")
    scenario("import", str(file))
    ended = scenario(*arguments)
    assert ended.exit_code != 0
    assert words in ended.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.toml", "key = ", "is no valid TOML"),
        ("a.json", "{", "is no valid JSON"),
        ("a.json", '{"key": "Ä"}', "key: String should match pattern"),
    ],
)
def test_a_broken_file_names_file_and_field(
    database: Database, tmp_path: Path, name: str, content: str, words: str
) -> None:
    assert database
    (tmp_path / name).write_text(content, encoding="utf-8")
    ended = scenario("import", str(tmp_path / name))
    assert ended.exit_code == 1
    assert name in ended.stderr
    assert words in ended.stderr.replace("\n", " ")


def test_a_line_that_runs_today_keeps_its_vehicle(database: Database, tmp_path: Path, file: Path) -> None:
    import_gtfs(database, future_feed().write(tmp_path), "test")
    values = form().model_dump(mode="json")
    values["lines"][0]["mode"] = "metro"
    file.write_text(json.dumps(values), encoding="utf-8")
    ended = scenario("import", str(file))
    assert ended.exit_code == 1
    assert "'U1' runs there today as tram, not metro" in ended.stderr.replace("\n", " ")


def test_demo_scenarios_suit_the_demo_timetable_and_say_that_they_are_invented(
    database: Database, tmp_path: Path
) -> None:
    city = load_city("dortmund")
    feed = write_timetable(build_timetable(city, REFERENCE_DATE), tmp_path / "demo.zip")
    import_gtfs(database, feed, "demo", is_demo=True)
    for path in demo_files():
        stored = scenario("import", str(path))
        assert stored.exit_code == 0, stored.stderr
        made = read_file(path)
        assert made.is_demo
        assert "erfunden" in made.note_de
        assert "invented" in made.note_en
    harbour = json.loads(scenario("effect", "h-bahn-hafen", "--json").stdout)
    assert harbour["is_demo"]
    after = {stop["name"]: stop for stop in harbour["stops"]}
    for name in ("Energiecampus", "Speicherstraße", "Smart Rhino (HSP)"):
        assert (after[name]["category_before"], after[name]["category_after"]) == (None, "III"), (
            "10 min, rail"
        )
        assert after[name]["mode_group"] == "rail"
    assert after["Technologiezentrum"]["departures_before"] == 84
    assert after["Technologiezentrum"]["departures_after"] == 84, "one line, not two"
    westhausen = json.loads(scenario("effect", "s2-westhausen", "--json").stdout)
    new = next(stop for stop in westhausen["stops"] if stop["is_new"])
    assert (new["category_after"], new["mode_group"], new["headway_min_after"]) == ("IV", "rail", 30.0)
