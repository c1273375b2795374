"""Usual spans of plans in procedure: by hand, from the day the status is stated, never in the past."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.availability.plan_spans import PlanSpans, read_spans, usual_ends, usual_spans
from geo_service.errors import InvalidInput

SPANS = PlanSpans({1000: (24, 48), 2400: (6, 18), 3000: (1, 6)}, "drawn")
KNOWN = date(2026, 11, 26)


def ends(status: int, stated: Any = None, known: date = KNOWN) -> tuple[Any, Any]:
    plans = pd.DataFrame({"legal_status": [status], "source_date": pd.Series([stated], dtype=object)})
    first, last = usual_ends(plans, known, SPANS)
    return first.astype(object)[0], last.astype(object)[0]


def test_the_span_runs_from_the_day_for_which_the_status_is_stated() -> None:
    assert ends(1000, date(2026, 1, 15)) == (date(2028, 1, 15), date(2030, 1, 15))
    assert ends(3000, date(2026, 11, 1)) == (date(2026, 12, 1), date(2027, 5, 1))
    assert ends(2400) == (date(2027, 5, 26), date(2028, 5, 26))  # not stated: known today
    assert ends(2400, date(2027, 3, 1)) == (date(2027, 5, 26), date(2028, 5, 26))  # stated for the future


def test_what_is_past_is_not_told() -> None:
    assert ends(3000, date(2026, 7, 1)) == (KNOWN, date(2027, 1, 1))  # the least is past: from now
    assert ends(3000, date(2026, 5, 26)) == (None, None)  # the last day is today
    assert ends(3000, date(2026, 5, 27)) == (KNOWN, date(2026, 11, 27))


def test_which_statuses_have_a_span() -> None:
    assert ends(4000) == ends(5000) == ends(999) == (None, None)
    assert ends(2000, KNOWN) == ends(1000, KNOWN)  # between two: the lower one
    assert ends(3999, KNOWN) == ends(3000, KNOWN)


def test_short_months() -> None:
    assert ends(3000, date(2027, 1, 31), known=date(2027, 1, 31))[0] == date(2027, 2, 28)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_are_counted_as_pandas_counts(day: date, months: int) -> None:
    plans = pd.DataFrame({"legal_status": [1000], "source_date": pd.Series([day], dtype=object)})
    _, last = usual_ends(plans, day, PlanSpans({1000: (0, months)}, "drawn"))
    assert last.astype(object)[0] == (
        (pd.Timestamp(day) + pd.DateOffset(months=months)).date() if months else None
    )


def test_no_plans() -> None:
    plans = pd.DataFrame({"legal_status": [], "source_date": []}, dtype=object)
    first, last = usual_ends(plans, KNOWN)
    assert first.shape == last.shape == (0,)


def test_the_spans_of_this_service() -> None:
    spans = usual_spans()
    assert list(spans.months) == [1000, 2000, 2100, 2200, 2300, 2400, 3000]
    most = np.array(list(spans.months.values()))
    assert (np.diff(most, axis=0) <= 0).all()  # the further, the shorter
    assert "Choice of this service" in spans.source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source = ", "no list of spans"),
        ("source = 'x'", "'spans' is missing"),
        ("source = 'x'\n[[spans]]\nstatus = 1000", "'months' is missing"),
        ("source = 'x'\n[[spans]]\nstatus = 1000\nmonths = [3]", "no list of spans"),
        ("source = 'x'\n[[spans]]\nstatus = 1000\nmonths = 3", "no list of spans"),
        ("source = 'x'\n[[spans]]\nstatus = 1000\nmonths = [9, 3]", "the span of 1000"),
        ("source = 'x'\n[[spans]]\nstatus = 4000\nmonths = [1, 3]", "the span of 4000"),
        ("source = 'x'\n" + "[[spans]]\nstatus = 1000\nmonths = [1, 3]\n" * 2, "given twice"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "spans.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        read_spans(path)
