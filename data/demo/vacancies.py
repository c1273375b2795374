"""Invented vacancy histories: when each unit stood empty, what was in it before, and pop-ups in between."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.provenance import labelled, span
from data.demo.seeds import rng
from geo_service.vacancies.models import VacancyStatus

FIRST_YEAR = 2014
"""Histories begin in this year at the earliest."""
PREVIOUS_USES = (
    "Textilien", "Bäckerei", "Frisör", "Kiosk", "Café", "Reisebüro", "Buchhandlung", "Apotheke",
    "Elektronik", "Schuhe", "Agentur", "Imbiss", "Schneiderei", "Nagelstudio", "Galerie",
)  # fmt: skip
TEMPORARY_USES = ("Pop-up-Laden", "Ausstellung", "Werkstatt auf Zeit", "Winterquartier eines Vereins")
TEMPORARY_MONTHS = (6, 12)
"""Usual lengths of a use limited in time. Source: the city's vacancy management, design description."""
TEMPORARY_SHARE = 0.3
"""Share of past vacancies that a temporary use followed."""
RECENT_SHARE = 0.17
"""Share of current vacancies younger than three months: empty, but not yet vacant by common convention."""
CURRENT_DAYS, RECENT_DAYS = (95, 1500), (5, 85)
THREATENED = 6
"""Units that are let and whose tenant has given notice."""
ASKING_SHARE = 0.55
"""Share of landlords who let the asking rent be shown."""
ASKING_ABOVE = 1.06
"""Landlords ask for somewhat more than the confidential rent."""
MONTH_DAYS = 30.44


def build_vacancies(
    premises: gpd.GeoDataFrame, let_since: dict[str, date], reference_date: date
) -> pd.DataFrame:
    """Return the columns of the table ``vacancies`` with ``premises_key``.

    Parameters
    ----------
    premises
        Result of `data.demo.premises.build_premises`.
    let_since
        Units that contest winners moved into: a vacancy ended on that day.
    reference_date
        The day at which exactly the units that ``stands_empty`` names are vacant.
    """
    draw = rng("vacancies")
    lettable = premises[~premises["stands_empty"] & ~premises["premises_key"].isin(let_since)]
    threatened = set(draw.choice(lettable["premises_key"].to_numpy(dtype=str), THREATENED, replace=False))
    rows: list[dict[str, Any]] = []
    for key, empty, rent in zip(
        premises["premises_key"], premises["stands_empty"], premises["net_rent_eur_month"], strict=True
    ):
        shown = draw.random() < ASKING_SHARE and not pd.isna(rent)
        asking = Decimal(round(float(rent) * ASKING_ABOVE / 10) * 10) if shown else None
        latest = reference_date - timedelta(days=30)
        if empty:
            least, most = RECENT_DAYS if draw.random() < RECENT_SHARE else CURRENT_DAYS
            start = reference_date - timedelta(days=int(draw.integers(least, most)))
            rows.append(_spell(draw, key, (start, None), VacancyStatus.VACANT, asking))
            latest = start - timedelta(days=200)
        elif key in let_since:
            start = let_since[key] - timedelta(days=int(draw.integers(150, 600)))
            rows.append(_spell(draw, key, (start, let_since[key]), VacancyStatus.VACANT, None))
            latest = start - timedelta(days=200)
        elif key in threatened:
            start = reference_date + timedelta(days=int(draw.integers(90, 420)))
            rows.append(_spell(draw, key, (start, None), VacancyStatus.THREATENED, asking))
        rows += _history(draw, key, latest)
    return labelled(pd.DataFrame(rows), reference_date)


def _history(draw: np.random.Generator, key: str, latest: date) -> list[dict[str, Any]]:
    """Draw up to three earlier vacancies, the last one first; a pop-up may follow each of them."""
    rows = []
    end = latest - timedelta(days=int(draw.integers(100, 900)))
    for _ in range(int(draw.integers(0, 4))):
        if draw.random() < TEMPORARY_SHARE:
            months = int(draw.choice(TEMPORARY_MONTHS))
            until, end = end, end - timedelta(days=round(months * MONTH_DAYS))
            rows.append(_spell(draw, key, (end, until), VacancyStatus.TEMPORARY_USE, None))
        start = end - timedelta(days=int(draw.integers(45, 700)))
        if start.year < FIRST_YEAR:
            break
        rows.append(_spell(draw, key, (start, end), VacancyStatus.VACANT, None))
        end = start - timedelta(days=int(draw.integers(300, 1400)))
    return rows


def _spell(
    draw: np.random.Generator,
    key: str,
    days: tuple[date, date | None],
    status: VacancyStatus,
    asking: Decimal | None,
) -> dict[str, Any]:
    """Return one spell; a temporary use runs to its last day."""
    temporary = status is VacancyStatus.TEMPORARY_USE
    return {
        "premises_key": key,
        "during": span(*days),
        "status": status.value,
        "previous_use": str(draw.choice(TEMPORARY_USES if temporary else PREVIOUS_USES)),
        "temporary_use_until": days[1] - timedelta(days=1) if temporary and days[1] else None,
        "asking_rent_eur_month": asking,
        "note": None,
    }
