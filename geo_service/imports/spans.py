"""Spans of days: from the first and last day of a table to ranges with an exclusive end."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from psycopg.types.range import Range

from geo_service.imports import reasons, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft

Span = Range[date]

ONE_DAY: Final = timedelta(days=1)
VALID: Final = (
    Column("valid_from", values.day, ("gueltig_ab", "gültig von", "gültig seit")),
    Column("valid_to", values.day, ("gueltig_bis", "gültig bis einschließlich")),
    Column("free_from", values.day, ("frei_ab", "entfällt ab", "end_exclusive")),
)
"""First day, last day, and the first day after: a table may write either of the last two."""


def span_columns(first: tuple[str, ...], last: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns of `VALID` with further headings for the first and the last day."""
    start, end, after = VALID
    return (
        replace(start, synonyms=(*first, *start.synonyms)),
        replace(end, synonyms=(*last, *end.synonyms)),
        after,
    )


@dataclass(frozen=True, slots=True)
class SpanRule:
    """Which columns make a span.

    Parameters
    ----------
    target
        Column of the table that holds the range.
    start
        Column of the first day.
    last
        Column of the last day, which still belongs to the span: "bis 31.03." means until that evening.
    after
        Column of the first day that no longer belongs to it.
    """

    target: str
    start: str = "valid_from"
    last: str = "valid_to"
    after: str = "free_from"


def read_span(draft: Draft, rule: SpanRule) -> None:
    """Make the range of every row; does nothing when the file has none of the columns."""
    if not any(draft.has(name) for name in (rule.start, rule.last, rule.after)):
        return
    starts, lasts, afters = (_days(draft, name) for name in (rule.start, rule.last, rule.after))
    ends = [last + ONE_DAY if last else after for last, after in zip(lasts, afters, strict=True)]
    both = np.array(
        [bool(last and after and last + ONE_DAY != after) for last, after in zip(lasts, afters, strict=True)]
    )
    draft.reject(both, rule.after, "two-ends", reasons.TWO_ENDS)
    backward = np.array(
        [bool(start and end and start >= end) for start, end in zip(starts, ends, strict=True)]
    )
    shown = rule.last if draft.has(rule.last) else rule.after
    draft.reject(backward, shown, "end-before-start", reasons.END_BEFORE_START)
    spans = [
        None if wrong else Range(start, end, "[)")
        for start, end, wrong in zip(starts, ends, backward, strict=True)
    ]
    draft.cells[rule.target] = pd.Series(spans, dtype=object)


def _days(draft: Draft, column: str) -> "Sequence[date | None]":
    known = draft.cells.get(column)
    return [None] * len(draft) if known is None else list(known)


def overlapping(owners: "pd.Series[Any]", spans: "pd.Series[Any]") -> dict[int, int]:
    """Find spans that overlap with an earlier row of the same owner; rows found are not compared further.

    Parameters
    ----------
    owners
        What each span belongs to; rows without one (None, NaN) are left out.
    spans
        Ranges of days, end exclusive; None is left out.

    Returns
    -------
    dict
        Position of a row to the position of the earlier row that it overlaps.
    """
    taken: dict[Any, list[tuple[date, date, int]]] = defaultdict(list)  # disjoint, by first day
    clashes: dict[int, int] = {}
    for position, (owner, span) in enumerate(zip(owners, spans, strict=True)):
        if span is None or pd.isna(owner):
            continue
        start, end = span.lower or date.min, span.upper or date.max
        others = taken[owner]
        place = bisect_left(others, (start, end, position))
        rival = next(
            (one for one in others[max(place - 1, 0) : place + 1] if start < one[1] and one[0] < end), None
        )
        if rival is None:
            others.insert(place, (start, end, position))
        else:
            clashes[position] = rival[2]
    return clashes


def reject_overlaps(
    draft: Draft, owner: str, target: str, shown: str, among: "pd.Series[Any] | None" = None
) -> None:
    """Refuse rows whose span overlaps with an earlier row of the same owner.

    Parameters
    ----------
    draft
        Rows.
    owner, target
        Columns of the owner and of the range.
    shown
        Column named in the reject.
    among
        Only rows where this holds; None: all.
    """
    owners = draft.cells[owner].astype(object).mask(draft.wrong)
    if among is not None:
        owners = owners.where(among)
    for position, earlier in sorted(overlapping(owners, draft.cells[target]).items()):
        draft.reject_one(position, shown, "overlap", reasons.overlaps_row(draft.number(earlier)))


def last_day(span: Span) -> date | None:
    """Return the last day of a range, None when it is open."""
    return span.upper - ONE_DAY if span.upper else None
