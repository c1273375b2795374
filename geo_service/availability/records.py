"""The computed frames as JSON objects, for storage and for the interface."""

import json
from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from geo_service.availability.categories import QUESTIONS, standard_rules
from geo_service.availability.usability import SHAPE_FIGURES
from geo_service.register import JsonObject

AREA_DIGITS: Final = 6
"""Decimals of areas in m2: the items add up to better than a square centimetre."""

PARCEL_FIELDS: Final = (
    "parcel_key",
    "gross_m2",
    "net_m2",
    "deducted_m2",
    "estimated_m2",
    "largest_piece_m2",
    "severity",
    "horizon",
    "available_from",
)
"""Figures of a parcel."""
ITEM_FIELDS: Final = (
    "order",
    "restriction_id",
    "kind",
    "effect",
    "title",
    "office",
    "source",
    "deduction_m2",
    "estimated_m2",
    "share",
)
"""Fields of a step of the waterfall."""
ITEM_RECORD_FIELDS: Final = ("restriction_id", "kind", "effect", "title", "office", "source")
"""Those of them that belong to the restriction."""
CHAIN_FIELDS: Final = (
    "order",
    "what",
    "id",
    "kind",
    "title",
    "office",
    "source",
    "free_from",
    "usual_from",
    "usual_to",
    "unblocks_to",
    "unblocks_horizon",
)
"""Fields of a link of the blocking chain."""
CHAIN_RECORD_FIELDS: Final = (
    "what",
    "id",
    "kind",
    "title",
    "office",
    "source",
    "free_from",
    "usual_from",
    "usual_to",
)
"""Those of them that belong to what blocks."""


def records_by_parcel(frame: pd.DataFrame, fields: tuple[str, ...]) -> dict[Hashable, list[JsonObject]]:
    """Group a frame into JSON objects.

    Parameters
    ----------
    frame
        Parcels, items or chain of a result.
    fields
        Columns to take: `PARCEL_FIELDS`, `ITEM_FIELDS` or `CHAIN_FIELDS`.

    Returns
    -------
    dict
        Objects by parcel id, in the order of the frame, for the parcels that have any; areas rounded to
        `AREA_DIGITS`, days as YYYY-MM-DD, unknown ones None.
    """
    columns = [_plain_values(frame[field]) for field in fields]
    grouped: dict[Hashable, list[JsonObject]] = {}
    for parcel, row in zip(frame["parcel_id"].tolist(), zip(*columns, strict=True), strict=True):
        grouped.setdefault(parcel, []).append(dict(zip(fields, row, strict=True)))
    return grouped


def json_by_parcel(
    frame: pd.DataFrame, fields: tuple[str, ...], of_record: tuple[str, ...]
) -> dict[Hashable, str]:
    """Write the objects of `records_by_parcel` as JSON texts, fast enough for a whole city.

    Parameters
    ----------
    frame, fields
        As there.
    of_record
        Those of the fields that belong to the restriction, plan or occupancy and are the same on each parcel
        it lies on: they are written once.
    """
    per_parcel = [field for field in fields if field not in of_record]
    pattern = "".join(f',"{field}":%s' for field in per_parcel) + "}"
    heads = zip(*(_plain_values(frame[field]) for field in of_record), strict=True)
    tails = zip(*(_literals(frame[field]) for field in per_parcel), strict=True)
    written: dict[Hashable, str] = {}
    grouped: dict[Hashable, list[str]] = {}
    for parcel, head, tail in zip(frame["parcel_id"].tolist(), heads, tails, strict=True):
        if head not in written:
            written[head] = _write(dict(zip(of_record, head, strict=True)))[:-1]
        grouped.setdefault(parcel, []).append(written[head] + pattern % tail)
    return {parcel: f"[{','.join(texts)}]" for parcel, texts in grouped.items()}


_write = json.JSONEncoder(ensure_ascii=False).encode


def _literals(column: "pd.Series[Any]") -> list[Any]:
    """Return a column as what ``%s`` writes as JSON: numbers as they are, words and days in quotes."""
    values = _plain_values(column)
    if column.dtype.kind in "if":
        return values
    known = {value: _write(value) for value in set(values)}
    return [known[value] for value in values]


def _plain_values(column: "pd.Series[Any]") -> list[Any]:
    values = column.to_numpy()
    if values.dtype.kind == "M":
        text = np.datetime_as_string(values, unit="D").astype(object)
        text[np.isnat(values)] = None
        return list(text)
    if values.dtype.kind == "f":
        return list(values.round(AREA_DIGITS).tolist())
    return list(values.tolist())


def usable_record(row: Mapping[str, Any]) -> JsonObject:
    """Return the figures of usable land of one parcel, rounded; what is not known is None.

    Parameters
    ----------
    row
        Row of `usability.assess`, or as stored.
    """
    unknown = {name for name in SHAPE_FIGURES if row[name] is None or np.isnan(row[name])}
    return {name: None if name in unknown else round(float(row[name]), AREA_DIGITS) for name in SHAPE_FIGURES}


def answer_records(row: Mapping[str, Any], *, internal: bool) -> dict[str, JsonObject]:
    """Return what one parcel is, each answer with the rule that gave it, its words and source.

    Parameters
    ----------
    row
        Row of `usability.assess`, or as stored.
    internal
        Whether occupancies may count: for the agency only.
    """
    rules, answers = standard_rules(), {}
    for question in QUESTIONS:
        name = f"internal_{question}" if internal and f"internal_{question}" in row else question
        rule = rules.rule(question, row[f"{name}_rule"])
        answers[question] = {
            "answer": row[name],
            "rule": rule.id,
            "reason_de": rule.words.de,
            "reason_en": rule.words.en,
            "source": rule.source,
        }
    return answers
