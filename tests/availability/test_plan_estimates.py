"""Plans in procedure in the blocking chain: a date where the plan tells one, else a labelled estimate."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from geo_service.availability.changes import Changes, changed
from geo_service.availability.inputs import Options
from geo_service.availability.kernel import compute_availability
from tests.availability.drawing import DAY, compute, delay, inputs, occupancy, plan

STATED = date(2026, 1, 1)


def link(result: Any, what: str = "plan") -> Any:
    return result.chain[result.chain["what"] == what].iloc[0]


def test_a_stated_day_needs_no_estimate() -> None:
    result = compute(plans=[plan(1000, date(2028, 1, 1), source_date=STATED)])
    row = link(result)
    assert row["free_from"] == pd.Timestamp(2028, 1, 1)
    assert pd.isna(row["usual_from"])
    assert pd.isna(row["usual_to"])
    assert result.parcels["horizon"].tolist() == ["short"]


def test_without_a_day_the_usual_span_stands_beside_and_the_horizon_stays_undetermined() -> None:
    result = compute(plans=[plan(3000, None, source_date=date(2026, 5, 1))])
    row = link(result)
    assert pd.isna(row["free_from"])
    assert (row["usual_from"], row["usual_to"]) == (pd.Timestamp(2026, 6, 1), pd.Timestamp(2026, 11, 1))
    assert result.parcels["horizon"].tolist() == ["undetermined"]
    assert result.parcels["available_from"].isna().all()
    assert pd.isna(
        link(compute(delay(until=date(2027, 1, 1)), plans=[plan(3000, None)]), "restriction")["unblocks_to"]
    )


def test_a_plan_that_is_late_is_estimated_from_its_status() -> None:
    result = compute(plans=[plan(2400, date(2026, 3, 1), source_date=STATED)])
    row = link(result)
    assert pd.isna(row["free_from"])
    assert (row["usual_from"], row["usual_to"]) == (pd.Timestamp(2026, 7, 1), pd.Timestamp(2027, 7, 1))


def test_only_plans_are_estimated() -> None:
    result = compute(delay(), occupancies=[occupancy(None)], plans=[plan(4000, None)])
    assert len(result.chain) == 2
    assert result.chain[["usual_from", "usual_to"]].isna().all(axis=None)


def test_the_estimate_counts_from_what_is_known_not_from_the_asked_day() -> None:
    rows = [
        link(compute(plans=[plan(1000, None)], as_of=day, known_on=DAY)) for day in (DAY, date(2040, 1, 1))
    ]
    assert rows[0]["usual_to"] == rows[1]["usual_to"] == pd.Timestamp(2030, 6, 1)


@pytest.mark.parametrize(
    ("as_of", "day", "horizon"),
    [
        (DAY, DAY, "now"),
        (DAY, DAY - timedelta(days=400), "now"),
        (DAY, DAY + timedelta(days=1), "short"),
        (DAY + timedelta(days=700), DAY, "now"),
    ],
)
def test_a_plan_imagined_in_force_holds_nothing_up_from_its_day(as_of: date, day: date, horizon: str) -> None:
    options = Options(as_of=as_of, known_on=DAY)
    for late in (None, DAY - timedelta(days=90), DAY + timedelta(days=5_000)):
        drawn = inputs(plans=[plan(2400, late)])
        before = compute_availability(drawn, options)
        after = compute_availability(changed(drawn, Changes(ending=(("plan", "1", day),))), options)
        assert before.parcels["horizon"].tolist() != ["now"]
        assert after.parcels["horizon"].tolist() == [horizon]
