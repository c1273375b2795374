"""``geo match``: table, JSON, exit status."""

import json
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from geo_service.console import err, out
from geo_service.matching.commands import match
from geo_service.settings import get_settings
from tests.matching.api import add_round
from tests.matching.conftest import Served


@pytest.fixture
def runner(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("GEO_DATABASE_URL", served.database.url.render_as_string(hide_password=False))
    monkeypatch.setattr(out, "_width", 250)
    monkeypatch.setattr(err, "_width", 250)
    get_settings.cache_clear()
    yield CliRunner()
    get_settings.cache_clear()


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(match)
    return app


def test_table_tells_pairs_unmatched_and_budget(runner: CliRunner, app: typer.Typer) -> None:
    result = runner.invoke(app, ["demo-2026", "--as-of", "2026-07-01"])
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert "demo data" in text
    for part in ("Konzept Eins", "P-1", "9,600.00", "15,000.00", "10.71", "The cap bites"):
        assert part in text
    assert "No premises meet all requirements." in text
    assert "Use not permitted: crafts; permitted: retail." in text
    assert "2 of 3 waiting winners placed; 0 were before." in text
    assert "After the proposal 5,400 € of the budget are left." in text


def test_json_is_the_answer_of_the_interface(runner: CliRunner, app: typer.Typer, served: Served) -> None:
    result = runner.invoke(app, ["demo-2026", "--as-of", "2026-07-01", "--json"])
    assert result.exit_code == 0
    answer = served.client.get(
        "/api/rounds/demo-2026/proposal?as_of=2026-07-01",
        headers={"Authorization": "Bearer token-of-vacancy_manager-for-tests"},
    )
    assert json.loads(result.stdout) == answer.json()


def test_an_unknown_round_ends_with_status_1_and_words(runner: CliRunner, app: typer.Typer) -> None:
    result = runner.invoke(app, ["nowhere"])
    assert result.exit_code == 1
    assert "There is no round 'nowhere'." in result.output


def test_a_bad_day_is_refused(runner: CliRunner, app: typer.Typer) -> None:
    result = runner.invoke(app, ["demo-2026", "--as-of", "yesterday"])
    assert result.exit_code != 0


def test_a_round_in_which_nobody_waits_shows_no_empty_tables(
    runner: CliRunner, app: typer.Typer, served: Served
) -> None:
    with served.database.begin("test") as connection:
        add_round(connection, "leer")
    result = runner.invoke(app, ["leer", "--as-of", "01.07.2026"])
    assert result.exit_code == 0
    assert "0 of 0 waiting winners placed" in result.stdout
    assert "Proposed pairs" not in result.stdout
