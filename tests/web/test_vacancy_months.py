"""Vacancy over time: every month as a loop over all spells counts it, threats never."""

import re
from datetime import date

import httpx
import pytest
from sqlalchemy import text

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.web.queries.vacancy_months import VACANCY_BY_MONTH
from tests.sample_city import Sample

SPELL = text("""
    INSERT INTO vacancies (premises_id, status, during, source, is_demo)
    SELECT id, :status, CAST(:spell AS daterange), 'Test', true FROM premises WHERE premises_key = 'L-0'
        ON CONFLICT DO NOTHING
""")


@pytest.fixture
def spells(sample: Sample, database: Database) -> None:
    """Two more spells of premises that the sample has: one ended long ago, one that only threatens."""
    assert sample
    with database.begin(actor="test") as connection:
        for status, spell in (
            ("vacant", "[2023-02-10,2024-05-01)"),
            ("threatened", "[2022-01-01,2022-06-01)"),
        ):
            connection.execute(SPELL, {"status": status, "spell": spell})


def counted(rows: list[tuple[date | None, date | None, str, float]], day: date) -> tuple[int, float, int]:
    present = [row for row in rows if (row[0] or date.min) <= day < (row[1] or date.max)]
    vacant = [row for row in present if row[2] == "vacant"]
    return len(vacant), sum(row[3] for row in vacant), sum(row[2] == "temporary_use" for row in present)


@pytest.mark.usefixtures("spells")
def test_each_month_is_counted_as_a_loop_counts_it(database: Database) -> None:
    with database.read() as connection:
        months = connection.execute(VACANCY_BY_MONTH, {"months": 60}).all()
        spells = [
            (row.since, row.until, row.status, row.area_m2)
            for row in connection.execute(
                text(
                    "SELECT lower(v.during) AS since, upper(v.during) AS until, v.status, p.area_m2 "
                    "FROM vacancies v JOIN premises p ON p.id = v.premises_id"
                )
            )
        ]
    days = [row.day for row in months]
    today = load_city("dortmund").today()
    earliest = min(since for since, _, status, _ in spells if since and status != "threatened")
    assert days[0] == max(earliest.replace(day=1), today.replace(year=today.year - 5, day=1))
    assert days[-1] == today
    assert all(day.day == 1 for day in days[:-1])
    for row in months:
        assert (row.vacant, row.vacant_m2, row.temporary_use) == pytest.approx(counted(spells, row.day)), (
            row.day
        )
    assert len({row.vacant for row in months}) > 1


@pytest.mark.usefixtures("spells")
def test_the_page_shows_the_chart_with_its_table(client: httpx.Client) -> None:
    page = client.get("/leerstand?lang=de").text
    assert "Leerstand im Lauf der Zeit" in page
    rows = re.search(r'id="over-time".*?<tbody.*?>(.*?)</tbody>', page, re.DOTALL)
    assert rows
    assert len(re.findall("<tr", rows[1])) == len(re.findall('class="bar--vacancy-vacant"', page))
    assert "01.03.2023" in rows[1]
    assert "over-time" not in client.get("/leerstand?lang=de", headers={"HX-Request": "true"}).text


def test_before_the_first_vacancy_nothing_is_known(sample: Sample, database: Database) -> None:
    assert sample
    with database.read() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.execute(text("DELETE FROM vacancies WHERE NOT during @> current_date"))
        connection.execute(text("UPDATE vacancies SET during = daterange(current_date, NULL)"))
        months = connection.execute(VACANCY_BY_MONTH, {"months": 60}).all()
        connection.rollback()
    assert [row.day for row in months] == [load_city("dortmund").today()]
