"""Spans of days: ends of tables are inclusive, stored ends are not; overlaps against a day-by-day oracle."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.range import Range

from geo_service.imports.references import overlap
from geo_service.imports.spans import last_day, overlapping

EPOCH = date(2024, 1, 1)
HORIZON = 12  # days of the little calendar


@st.composite
def spans(draw: st.DrawFn) -> Range[date]:
    start = draw(st.one_of(st.none(), st.integers(0, HORIZON - 1)))
    end = draw(st.one_of(st.none(), st.integers((start or 0) + 1, HORIZON)))
    lower, upper = (None if one is None else EPOCH + timedelta(one) for one in (start, end))
    return Range(lower, upper, bounds="[)")


def days_of(span: Range[date]) -> set[date]:
    """Every day of a span within the little calendar and one day around it."""
    calendar = [EPOCH + timedelta(number) for number in range(-1, HORIZON + 1)]
    return {
        day
        for day in calendar
        if (span.lower is None or span.lower <= day) and (span.upper is None or day < span.upper)
    }


@given(spans(), spans())
def test_overlap_is_a_shared_day(one: Range[date], other: Range[date]) -> None:
    assert overlap(one, other) == bool(days_of(one) & days_of(other))
    assert overlap(one, other) == overlap(other, one)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.one_of(st.none(), spans())), max_size=8))
def test_overlapping_rows_are_found_and_none_else(rows: list[tuple[str | None, Range[date] | None]]) -> None:
    owners = pd.Series([owner for owner, _ in rows], dtype=object)
    clashes = overlapping(owners, pd.Series([span for _, span in rows], dtype=object))

    def clash(one: int, other: int) -> bool:
        (owner, span), (rival, second) = rows[one], rows[other]
        same = owner is not None and owner == rival
        return same and span is not None and second is not None and bool(days_of(span) & days_of(second))

    for later, earlier in clashes.items():
        assert earlier < later
        assert clash(later, earlier)
    kept = [row for row in range(len(rows)) if row not in clashes]
    assert not any(clash(one, other) for one in kept for other in kept if one < other)


def test_last_day() -> None:
    assert last_day(Range(EPOCH, date(2024, 2, 1), "[)")) == date(2024, 1, 31)
    assert last_day(Range(EPOCH, None)) is None
