"""Two people change one record: what the form of the slower one holds, and what it tells.

What only the other one changed is taken over, what this one changed stays as typed; both are told.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from geo_service.conditional import etag_of
from geo_service.ogc.editing import Document

PLACE_STATE: Final = "geometry"
"""Entity tag of the place among the values with which a form was opened."""
DIGITS: Final = 9
"""Decimals of a number that survive being shown and typed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else changed meanwhile.

    Parameters
    ----------
    before
        What stood there when the form was opened.
    theirs
        What is stored now.
    mine
        What was typed.
    kept
        Whether the form still holds what was typed, because that is a change too.
    """

    before: Any
    theirs: Any
    mine: Any
    kept: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """What becomes of a form whose record somebody else has changed.

    Parameters
    ----------
    values
        What stands in the form now.
    differences
        Fields that the other one changed.
    moved
        Whether the place is another one.
    """

    values: Document
    differences: dict[str, Difference] = field(default_factory=dict)
    moved: bool = False


def opened_with(feature: Document, names: Iterable[str]) -> str:
    """Return the values with which a form is opened, as it carries them along."""
    values = {name: feature["properties"].get(name) for name in names}
    place = etag_of(json.dumps(feature["geometry"]).encode())
    return json.dumps({**values, PLACE_STATE: place}, ensure_ascii=False)


def met(carried: str, stored: Document, typed: Document, names: Iterable[str]) -> Meeting:
    """Return what becomes of a form; one that does not say how it was opened keeps all that was typed.

    Parameters
    ----------
    carried
        What `opened_with` returned, as it was sent.
    stored
        The feature as it is now.
    typed
        What was typed, by field.
    names
        Fields of the form.
    """
    before, now = _opened(carried), stored["properties"]
    values, differences = dict(typed), {}
    for name in names:
        was, theirs, mine = before.get(name), now.get(name), typed.get(name)
        if _plain(theirs) in (_plain(was), _plain(mine)):
            continue
        kept = _plain(mine) != _plain(was)
        differences[name] = Difference(was, theirs, mine, kept)
        values[name] = mine if kept else theirs
    place = json.loads(opened_with(stored, ()))[PLACE_STATE]
    return Meeting(values, differences, before.get(PLACE_STATE, place) != place)


def _opened(carried: str) -> Document:
    try:
        read = json.loads(carried)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of a field
    """Return a value so that the same is equal, however it is written: nothing, numbers, texts, lists."""
    if isinstance(value, list):
        return sorted(map(str, value)) or None
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip() or None
    return value
