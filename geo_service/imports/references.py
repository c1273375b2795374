"""Looking up what the rows of a file refer to, and checking their spans against the register."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from psycopg.types.range import Range
from sqlalchemy import Connection, Table

from geo_service.imports import queries, reasons
from geo_service.imports.draft import Draft
from geo_service.imports.spans import last_day
from geo_service.wording import Sentence

START: Final = "valid_from"
"""Column that is to be mended when a span clashes with the register."""
PARCEL: Final = Sentence("kein solches Flurstück", "no such parcel")
PREMISES: Final = Sentence("kein solches Ladenlokal", "no such premises")

Span = Range[date]


def refer_to(
    connection: Connection, draft: Draft, column: str, table: Table, what: Sentence
) -> "pd.Series[Any]":
    """Return the id of the record that each row names by its key; unknown keys are refused.

    Parameters
    ----------
    connection
        Connection in a transaction.
    draft
        Rows; those without a key get no id.
    column
        Column with the key, of the same name in the file and in the table.
    table
        What is referred to.
    what
        Said of a key that is not known.
    """
    keys = draft.cells[column]
    wanted = sorted({str(key) for key in keys if not pd.isna(key)})
    rows = connection.execute(queries.identifiers(table, column, wanted)).all()
    known = {str(key): int(number) for key, number in rows}
    ids = pd.Series([None if pd.isna(key) else known.get(key) for key in keys], dtype=object)
    unknown = ids.isna().to_numpy() & keys.notna().to_numpy() & ~draft.wrong
    draft.reject(unknown, column, "unknown-reference", reasons.unknown_reference(what))
    return ids


def reject_same_start(draft: Draft, owners: Sequence[Hashable], target: str, shown: str) -> None:
    """Refuse a second row of the same owner with the same first day: the register knows them by it."""
    first: dict[Hashable, int] = {}
    for position, (owner, span) in enumerate(zip(owners, draft.cells[target], strict=True)):
        if span is None or draft.wrong[position]:
            continue
        earlier = first.setdefault((owner, span.lower), position)
        if earlier != position:
            draft.reject_one(position, shown, "twice", reasons.twice_in_file(draft.number(earlier)))


def reject_stored_overlaps(
    draft: Draft,
    owners: Sequence[Hashable],
    target: str,
    stored: Sequence[tuple[Hashable, Span]],
    exclusive: Sequence[bool] | None = None,
) -> None:
    """Refuse rows whose span overlaps with a stored one that the file does not speak of.

    Parameters
    ----------
    draft
        Rows.
    owners
        What the span of each row belongs to.
    target
        Column of the range.
    stored
        Owner and span of stored records.
    exclusive
        Whether the spans of a row's owner may not overlap; None: none may.
    """
    by_owner: dict[Hashable, list[Span]] = defaultdict(list)
    for owner, span in stored:
        by_owner[owner].append(span)
    spans = list(draft.cells[target])
    spoken_of = {(owner, span.lower) for owner, span in zip(owners, spans, strict=True) if span is not None}
    for position in np.flatnonzero(~draft.wrong).tolist():
        owner, span = owners[position], spans[position]
        same = sum(other.lower == span.lower for other in by_owner[owner])
        if same > 1:
            draft.reject_one(position, START, "stored-twice", reasons.stored_twice(same))
        elif exclusive is None or exclusive[position]:
            rivals = [other for other in by_owner[owner] if (owner, other.lower) not in spoken_of]
            rival = next((other for other in rivals if overlap(span, other)), None)
            if rival is not None:
                reason = reasons.overlaps_register(rival.lower, last_day(rival))
                draft.reject_one(position, START, "overlap", reason)


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two ranges of days, ends exclusive, share a day."""
    starts_before_end = one.lower is None or other.upper is None or one.lower < other.upper
    ends_after_start = one.upper is None or other.lower is None or one.upper > other.lower
    return starts_before_end and ends_after_start
