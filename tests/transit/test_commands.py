"""``geo import gtfs`` and ``geo transit`` as a person and a script use them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from geo_service.settings import get_settings
from geo_service.transit.commands import gtfs, transit_app
from tests.transit.feeds import street

app = typer.Typer()
app.command("gtfs")(gtfs)
app.add_typer(transit_app, name="transit")


@pytest.fixture(autouse=True)
def database_url(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    yield fresh_database_url
    get_settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    maker = street("A", "B", "C").line("U41", 3)
    maker.every(20, "U41", ["A", "B", "C"]).every(20, "U41", ["C", "B", "A"])
    return maker.write(tmp_path, "dsw21.zip")


def test_import_reports_counts_days_and_warnings(feed: Path) -> None:
    first = run("gtfs", str(feed), "--name", "vrr")
    assert first.exit_code == 0
    assert "Feed vrr: first version." in first.stdout
    assert "Stops: 3 new, 0 changed, 0 unchanged, 0 gone, 0 rejected." in first.stdout
    assert "Calendar 2026-06-01 to 2026-06-28; reference days: 2026-06-02." in first.stdout
    assert "U-Bahn or Stadtbahn typed as bus (3): U41" in first.stderr
    again = run("gtfs", str(feed), "--name", "vrr")
    assert "Feed vrr: unchanged." in again.stdout
    assert "Stops: 0 new, 0 changed, 3 unchanged, 0 gone, 0 rejected." in again.stdout
    heading = r" +rows +new +changed +unchanged +gone +rejected\n"
    assert re.search(heading, first.stdout)
    assert re.search(r"trips\.txt +84 +84 +0 +0 +0 +0\n", first.stdout)
    assert re.search(r"stop_times\.txt +252 +252 +0 +0 +0 +0\n", first.stdout)
    assert re.search(r"trips\.txt +84 +0 +0 +84 +0 +0\n", again.stdout)
    assert re.search(r"stop_times\.txt +252 +0 +0 +252 +0 +0\n", again.stdout)
    told = json.loads(run("gtfs", str(feed), "--name", "vrr", "--json").stdout)["files"]["calendar.txt"]
    assert told == {"rows": 1, "new": 0, "changed": 0, "unchanged": 1, "gone": 0, "rejected": 0}


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    maker = street("A", "B", "C").line("1").every(20, "1", ["A", "B", "C"]).stop("A", "[again]")
    maker.more["stop_times.txt"] = maker.texts()["stop_times.txt"] + "t0,9\n"
    return maker.write(tmp_path, "faulty.zip")


def test_feed_with_faulty_rows_is_refused_with_file_row_field_and_reason(
    faulty: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "faults.csv"
    refused = run("gtfs", str(faulty), "--rejects", str(listed))
    assert refused.exit_code == 1
    assert "Feed faulty: refused." in refused.stdout
    assert "Stops: 3 new, 0 changed, 0 unchanged, 0 gone, 1 rejected." in refused.stdout
    assert re.search(r"stops\.txt +5 +stop_id +A +'A' repeats an earlier stop_id", refused.stdout)
    assert re.search(
        r"stop_times\.txt +128 +departure_time +t0,9 +'t0,9' has 2 fields instead of 6", refused.stdout
    )
    assert "Nothing was written: rows were rejected (1 of stops.txt, 1 of stop_times.txt)." in refused.stderr
    assert "--repair" in refused.stderr
    assert run("transit").exit_code == 1
    rows = list(csv.DictReader(listed.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert [(row["file"], row["row"], row["field"]) for row in rows] == [
        ("stops.txt", "5", "stop_id"),
        ("stop_times.txt", "128", "departure_time"),
    ]


def test_the_screen_is_english_and_what_is_handed_on_in_the_language_asked_for(
    faulty: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "faults.csv"
    shown = run("gtfs", str(faulty), "--rejects", str(listed), "--lang", "de")
    screen = " ".join(shown.stdout.split())
    assert "'A' repeats an earlier stop_id. Remove the row" in screen
    assert "'t0,9' has 2 fields instead of 6." in screen
    assert "wiederholt" not in shown.output
    written = listed.read_text(encoding="utf-8-sig")
    assert "'A' wiederholt eine frühere stop_id. Bitte die Zeile entfernen" in written
    assert "'t0,9' hat 2 statt 6 Felder. Bitte so viele Felder wie in der Kopfzeile" in written
    faults = json.loads(run("gtfs", str(faulty), "--json", "--lang", "de").stdout)["faults"]
    assert [(fault["code"], fault["reason"][:16]) for fault in faults] == [
        ("twice", "'A' wiederholt e"),
        ("no-row", "'t0,9' hat 2 sta"),
    ]


def test_names_with_markup_are_printed_as_they_are(tmp_path: Path) -> None:
    """Brackets are no commands of the screen: a feed that was written must not end in an error."""
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"]).line("U[/9]", 3)
    maker.stop("hbf", kind="1").stop("[/red]", parent="hbf")
    maker.tables["stops.txt"][-1][2:4] = [0, 0]
    result = run("gtfs", str(maker.write(tmp_path)), "--name", "[/x] feed")
    assert (result.exit_code, result.exception) == (0, None)
    assert "Feed [/x] feed: first version." in result.stdout
    assert "first: '[/red]'" in result.stderr
    graded = run("transit")
    assert (graded.exit_code, graded.exception) == (0, None)
    assert "Grades by are ([/x] feed on 2026-06-02)" in graded.stdout


def test_repair_leaves_faulty_rows_out_and_lists_them(faulty: Path) -> None:
    repaired = run("gtfs", str(faulty), "--repair")
    assert repaired.exit_code == 0
    assert "Feed faulty: first version." in repaired.stdout
    assert "repeats an earlier stop_id" in repaired.stdout
    assert "Left out: 1 of stops.txt, 1 of stop_times.txt." in repaired.stderr
    again = run("gtfs", str(faulty), "--repair")
    assert again.exit_code == 0
    assert "Feed faulty: unchanged." in again.stdout
    assert "1 rows were left out, whose value repeats an earlier stop_id" in again.stderr
    report = json.loads(run("gtfs", str(faulty), "--json").stdout)
    assert report["refused"]
    assert report["rejected"] == {"stops.txt": 1, "stop_times.txt": 1}
    assert report["faults"][0]["reason"].startswith("'A' repeats an earlier stop_id. Remove the row")


@pytest.mark.parametrize(("name", "message"), [("x.gpkg", "must end in .csv"), ("no/x.csv", "no folder")])
def test_list_that_cannot_be_written_is_refused_before_the_work(
    feed: Path, tmp_path: Path, name: str, message: str
) -> None:
    result = run("gtfs", str(feed), "--rejects", str(tmp_path / name))
    assert result.exit_code == 1
    assert message in result.stderr


def test_import_as_json_takes_the_name_of_the_file(feed: Path) -> None:
    result = run("gtfs", str(feed), "--json", "--dry-run", "--day", "25.06.2026")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["name"], report["status"], report["dry_run"]) == ("dsw21", "new", True)
    assert (report["weekday"], report["saturday"], report["new"]) == ("2026-06-25", None, 3)


@pytest.mark.parametrize("crs", ["EPSG:4326", "epsg:4326", "OGC:CRS84"])
def test_coordinate_system_of_the_standard_may_be_said(feed: Path, crs: str) -> None:
    result = run("gtfs", str(feed), "--dry-run", "--crs", crs)
    assert result.exit_code == 0
    assert "Stops: 3 new" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gtfs", "nowhere.zip"], "nowhere.zip does not exist"),
        (["gtfs", "{feed}", "--day", "2026-13-01"], "is no day"),
        (["gtfs", "{feed}", "--day", "2026-07-01"], "lies outside the feed"),
        (["gtfs", "{feed}", "--crs", "EPSG:25832"], "convert stop_lat and stop_lon of stops.txt first"),
        (["gtfs", "{feed}", "--crs", "25832m"], "is not a coordinate system"),
        (["transit"], "No timetable is loaded yet"),
        (["transit", "--method", "swiss"], "Known: are, goat, oerok, oevgk18"),
        (["transit", "stops", "--feed", "vrr"], "None is loaded yet"),
        (["transit", "stops", "--feed", "vrr", "--format", "xml"], "Choose csv or json"),
        (["transit", "stops", "--feed", "vrr", "--window", "6-20"], "is no window"),
    ],
)
def test_errors_are_told_in_words_with_status_1(feed: Path, arguments: list[str], message: str) -> None:
    result = run(*(argument.format(feed=feed) for argument in arguments))
    assert result.exit_code == 1
    assert message in result.stderr
    assert not result.stdout


def test_transit_prints_grades(feed: Path) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    result = run("transit")
    assert result.exit_code == 0
    assert "Grades by are (vrr on 2026-06-02)" in result.stdout
    assert "3 of 3 stops have a category." in result.stdout
    report = json.loads(run("transit", "--method", "oerok", "--json").stdout)
    assert (report["method"], report["feeds"], report["stops"]) == ("oerok", {"vrr": "2026-06-02"}, 3)


def test_levels_and_all_methods_are_stored_and_counted(feed: Path) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    assert "No grades are stored yet" in run("transit", "compare").stderr
    levels = run("transit", "--method", "ptal")
    assert "Grades by ptal (vrr on 2026-06-02)" in levels.stdout
    assert "3 of 3 stops have a route that counts." in levels.stdout
    reports = json.loads(run("transit", "--method", "all", "--json").stdout)
    assert [report["method"] for report in reports] == ["are", "goat", "oerok", "oevgk18", "ptal"]
    wrong = run("transit", "compare", "--kind", "street")
    assert (wrong.exit_code, "Choose parcel, plot, site, premises" in wrong.stderr) == (1, True)


def test_only_version_of_a_feed_has_nothing_to_compare_with(feed: Path) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    result = run("transit", "compare", "--feed", "vrr")
    assert result.exit_code == 1
    assert "only one version of the feed vrr" in result.stderr
    assert "Known: vrr" in run("transit", "compare", "--feed", "db").stderr


def test_stops_as_csv_for_an_outsider_to_check(feed: Path) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    asked = ["--feed", "vrr", "--day", "2026-06-16", "--window", "06:00-20:00", "--method", "are"]
    result = run("transit", "stops", *asked, "--format", "csv")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert rows[1] == {
        "stop_id": "B",
        "name": "B",
        "mode_group": "tram_bus_ship",
        "departures": "42",
        "headway_min": "20.0",
        "category": "V",
    }
    table = json.loads(run("transit", "stops", *asked, "--format", "json").stdout)
    assert table[1]["total"] == 84


def test_names_of_stops_are_no_formulas_in_csv(tmp_path: Path) -> None:
    link = '=HYPERLINK("https://example.org")'
    maker = street("A").stop("+B", "@SUM(1)", east_m=500).stop("C", link, east_m=900).line("1", 3)
    maker.every(60, "1", ["A", "+B", "C"]).every(60, "1", ["C", "+B", "A"])
    run("gtfs", str(maker.write(tmp_path)), "--name", "vrr")
    table = list(csv.DictReader(io.StringIO(run("transit", "stops", "--feed", "vrr").stdout)))
    assert {row["stop_id"]: row["name"] for row in table} == {"A": "A", "'+B": "'@SUM(1)", "C": f"'{link}"}
    told = json.loads(run("transit", "stops", "--feed", "vrr", "--format", "json").stdout)
    assert {row["name"] for row in told} == {"A", "@SUM(1)", link}


@pytest.mark.parametrize("name", ["\x1b[31mred", "x" * 5_000, "a\nb", "   "])
def test_names_of_feeds_are_short_and_printable(feed: Path, name: str) -> None:
    refused = run("gtfs", str(feed), "--name", name)
    assert refused.exit_code != 0
    assert "1 to 100 printable characters" in refused.stderr
    assert "\x1b[31m" not in refused.stderr


def test_stops_in_a_named_window_tell_the_reference_day(feed: Path) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    result = run("transit", "stops", "--feed", "vrr", "--window", "peak_morning", "--method", "oevgk18")
    assert "Counted: 2026-06-02 (the feed's reference weekday), 06:00-09:00." in result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert (rows[1]["departures"], rows[1]["headway_min"], rows[1]["category"]) == ("9", "20.0", "IV")
    nothing = run("transit", "stops", "--feed", "vrr", "--window", "sunday")
    assert nothing.exit_code == 1
    assert "has no sunday with service" in nothing.stderr


def test_stops_on_a_day_without_service(feed: Path) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    result = run("transit", "stops", "--feed", "vrr", "--day", "2026-06-20")
    assert result.exit_code == 0
    assert result.stdout == "stop_id,name,mode_group,departures,headway_min,category\n"
    assert "Nothing departs" in result.stderr


@pytest.mark.parametrize(
    ("window", "day", "told"),
    [
        ("saturday", "2026-06-17", "2026-06-17 is a Wednesday; the window saturday is meant for a saturday"),
        ("day", "2026-06-21", "2026-06-21 is a Sunday; the window day is meant for a weekday"),
        ("saturday", "2026-06-20", ""),
        ("06:00-20:00", "2026-06-20", ""),
    ],
)
def test_stops_name_the_day_and_one_of_another_kind_than_the_window(
    feed: Path, window: str, day: str, told: str
) -> None:
    run("gtfs", str(feed), "--name", "vrr")
    shown = run("transit", "stops", "--feed", "vrr", "--window", window, "--day", day)
    assert shown.exit_code == 0
    assert f"Counted: {day} (given), 06:00-20:00." in shown.stderr
    assert ("is meant for" in shown.stderr) == bool(told)
    assert told in shown.stderr


def test_a_list_of_timetables_names_each_whole_in_a_pipe(feed: Path) -> None:
    name = "verkehrsverbund-rhein-ruhr"
    run("gtfs", str(feed), "--name", name)
    assert name in run("transit", "feeds").stdout
