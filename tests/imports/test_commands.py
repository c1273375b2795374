"""``geo import`` as a person calls it: what it prints and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from geo_service.db import Database
from geo_service.imports.catalogue import KINDS
from geo_service.imports.commands import HELP, import_app
from geo_service.settings import get_settings
from tests.imports.files import parcel_rows, rows_of, write_geojson


@pytest.fixture
def geo(register: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The command line works on the register of the test."""
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()
    return register


@pytest.fixture(autouse=True)
def forget_settings() -> object:
    yield
    get_settings.cache_clear()


def call(*arguments: object) -> Result:
    return CliRunner().invoke(import_app, [str(one) for one in arguments])


@pytest.mark.usefixtures("geo")
def test_ten_new_then_ten_unchanged(shared_data: Path) -> None:
    path = shared_data / "alkis" / "NRW" / "vereinfachtes-schema0.xml"
    first = call("parcels", path, "--allow-outside")
    assert (first.exit_code, "10 new, 0 changed, 0 unchanged, 0 rejected" in first.stdout) == (0, True)
    second = call("parcels", path, "--allow-outside")
    assert (second.exit_code, "0 new, 0 changed, 10 unchanged, 0 rejected" in second.stdout) == (0, True)
    assert "nothing was written" in second.stderr


@pytest.mark.usefixtures("geo")
def test_an_import_names_what_to_run_next(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1]))
    dry, first, again = call("parcels", path, "--dry-run"), call("parcels", path), call("parcels", path)
    assert "Next, so that the results follow: geo availability, then geo transit" in first.stderr
    assert "Next" not in dry.stderr + again.stderr


@pytest.mark.usefixtures("geo")
def test_outside_the_city_ends_with_status_1(shared_data: Path) -> None:
    result = call("parcels", shared_data / "alkis" / "NRW" / "vereinfachtes-schema0.xml")
    assert result.exit_code == 1
    assert "10 rejected" in result.stdout
    assert "142.1 km outside Dortmund" in result.stdout
    assert "Nothing was written: 10 of 10 rows were rejected." in result.stderr


def test_a_dry_run_writes_nothing(geo: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1, 2]))
    result = call("parcels", path, "--dry-run")
    assert result.exit_code == 0
    assert "2 new" in result.stdout
    assert "Dry run: nothing was written." in result.stderr
    assert rows_of(geo, "SELECT count(*) FROM parcels") == [(0,)]


@pytest.mark.usefixtures("geo")
def test_rejects_are_printed_with_row_field_and_reason(tmp_path: Path) -> None:
    rows = parcel_rows(range(1, 31), flaeche="[red]viel[/red]")
    path = write_geojson(tmp_path / "p.geojson", rows)
    rejects = tmp_path / "r.csv"
    result = call("parcels", path, "--rejects", rejects, "--lang", "de")
    assert result.exit_code == 1
    assert "This is no number." in result.stdout
    assert "[red]viel[/red]" in result.stdout
    assert "in all: flaeche: no number (30)" in result.stdout
    assert f"--corrected {rejects}" in result.stderr
    assert len(rejects.read_text(encoding="utf-8-sig").splitlines()) == 31


@pytest.mark.usefixtures("geo")
def test_the_screen_is_english_and_what_is_handed_on_in_the_language_asked_for(tmp_path: Path) -> None:
    rows = parcel_rows(range(1, 3), flaeche="viel", Farbe="rot")
    path, rejects = write_geojson(tmp_path / "p.geojson", rows), tmp_path / "r.csv"
    shown = call("parcels", path, "--rejects", rejects, "--lang", "de")
    assert "This is no number. Please write it like 1234.5." in " ".join(shown.stdout.split())
    assert "Columns that are not used: Farbe" in shown.stderr
    assert "keine Zahl" not in shown.output
    assert "Das ist keine Zahl. Bitte wie 1234,5 schreiben." in rejects.read_text(encoding="utf-8-sig")
    handed = json.loads(call("parcels", path, "--json", "--lang", "de").stdout)
    assert handed["rejects"][0]["reason"] == "Das ist keine Zahl. Bitte wie 1234,5 schreiben."
    assert handed["rejects"][0]["code"] == "no-number"
    assert handed["warnings"][0]["text"] == "Nicht verwendete Spalten: Farbe"


@pytest.mark.usefixtures("geo")
def test_json_is_one_object_on_standard_output(tmp_path: Path) -> None:
    rows = [*parcel_rows([1]), *parcel_rows([2], flaeche="x")]
    path = write_geojson(tmp_path / "p.geojson", rows)
    result = call("parcels", path, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert {name: answer[name] for name in ("kind", "rows", "new", "rejected", "written")} == {
        "kind": "parcels", "rows": 2, "new": 1, "rejected": 1, "written": False,
    }  # fmt: skip
    assert answer["rejects"] == [
        {
            "row": 2, "key": "05124900300002______", "field": "flaeche", "value": "x", "code": "no-number",
            "reason": "This is no number. Please write it like 1234.5.",
        }
    ]  # fmt: skip


@pytest.mark.usefixtures("geo")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.gpkg"], "cannot be opened"),
        (["p.geojson", "--crs", "banana"], "is not a coordinate system"),
        (["p.geojson", "--column", "flaeche"], "Write --column HEADING=NAME"),
        (["p.geojson", "--column", "Farbe=gemarkung"], "no column 'Farbe'"),
        (["p.geojson", "--rejects", "r.doc"], "must end in"),
    ],
)
def test_errors_are_said_in_words_and_end_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_geojson(tmp_path / "p.geojson", parcel_rows([1]))
    result = call("parcels", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_headings_may_be_named(geo: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1])
    rows[0]["a=b"] = rows[0].pop("flaeche")
    path = write_geojson(tmp_path / "p.geojson", rows)
    assert call("parcels", path, "--column", "a=b=official_area_m2").exit_code == 0
    assert rows_of(geo, "SELECT official_area_m2 FROM parcels") == [(400.0,)]


@pytest.mark.usefixtures("geo")
def test_what_changed_and_what_is_gone_is_printed(tmp_path: Path) -> None:
    call("parcels", write_geojson(tmp_path / "a.geojson", parcel_rows(range(1, 9))))
    result = call("parcels", write_geojson(tmp_path / "b.geojson", parcel_rows([1], tntxt="Wald;400")))
    assert "changed columns: actual_use (1)" in result.stdout
    assert "7 in the register but not in this file (kept): 05124900300002______" in result.stdout


def test_every_kind_timetable_and_streets_have_a_command() -> None:
    assert set(HELP) == set(KINDS)
    names = {command.name for command in import_app.registered_commands}
    assert names == {*KINDS, "gtfs", "streets"}
    for name in names:
        assert name
        assert call(name, "--help").exit_code == 0
    assert call("parcels").exit_code == 2
