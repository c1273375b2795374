"""What is imagined in a what-if: blockers that are gone, whole kinds that are gone, ends that are set.

Pure: inputs in, inputs out; nothing is written anywhere. Coordinates in EPSG:25832.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from geo_service.availability.inputs import Inputs, Options, geometries
from geo_service.availability.timing import PLAN_IN_FORCE, PLAN_KIND, pending_plans
from geo_service.availability.waterfall import Indices
from geo_service.days import ISO, read_day
from geo_service.errors import InvalidInput

RECORDS: Final = {"restriction": "restrictions", "occupancy": "occupancies", "plan": "plans"}
"""Frame of `Inputs` per kind of record."""
KIND: Final = "kind"
"""Word before the name of a whole kind, as in kind:ordnance_clearance."""
HOW: Final = "Write restriction:, occupancy: or plan: and the id, or kind: and the name of a kind."
HOW_ENDING: Final = "Write the blocker and its first day without it: occupancy:3@2027-04-01."


@dataclass(frozen=True)
class Changes:
    """What is imagined.

    Parameters
    ----------
    without
        Records that do not exist: (what, id), what being one of `RECORDS`.
    kinds
        Kinds of restriction or occupancy that do not exist; `PLAN_KIND` means plans in procedure.
    ending
        Records that end: (what, id, first day without it). A plan comes into force on that day.
    """

    without: frozenset[tuple[str, str]] = frozenset()
    kinds: frozenset[str] = frozenset()
    ending: tuple[tuple[str, str, date], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is imagined at all."""
        return bool(self.without or self.kinds or self.ending)


def parse_changes(without: Sequence[str], ending: Sequence[str], known_kinds: Collection[str]) -> Changes:
    """Read what is imagined, as written in addresses and on the command line.

    Parameters
    ----------
    without
        ``restriction:12``, ``occupancy:3``, ``plan:4`` or ``kind:ordnance_clearance``.
    ending
        ``occupancy:3@2027-04-01``: from that day on it no longer holds.
    known_kinds
        Kinds that there are.

    Raises
    ------
    InvalidInput
        When a text has another form, names an unknown kind, or one blocker is to end twice, or to be gone
        and to end.
    """
    gone: set[tuple[str, str]] = set()
    kinds: set[str] = set()
    for text in without:
        what, _, key = text.partition(":")
        if what == KIND and key in known_kinds:
            kinds.add(key)
        elif what == KIND:
            known = ", ".join(sorted(known_kinds))
            raise InvalidInput(f"There is no kind {key[:40]!r}. Known: {known}.", parameter="without")
        else:
            gone.add(_reference(text, "without", HOW))
    ends: dict[tuple[str, str], date] = {}
    for text in ending:
        name, _, day = text.partition("@")
        record = _reference(name, "ending", HOW_ENDING)
        if record in ends:
            raise InvalidInput(f"{name} is to end on two days. Name one.", parameter="ending")
        if record in gone:
            raise _both(name)
        ends[record] = _day(day, text)
    return Changes(
        frozenset(gone), frozenset(kinds), tuple((*record, day) for record, day in sorted(ends.items()))
    )


def _both(name: str) -> InvalidInput:
    return InvalidInput(
        f"{name} cannot be both gone (without) and end on a day (ending). Leave out one of the two.",
        parameter="ending",
        conflict="without",
    )


def _reference(text: str, parameter: str, how: str) -> tuple[str, str]:
    what, _, key = text.partition(":")
    if what not in RECORDS or not key.isascii() or not key.isdecimal() or len(key) > 18:  # noqa: PLR2004 - bigint
        raise InvalidInput(f"{text[:60]!r} names no blocker. {how}", parameter=parameter)
    return what, str(int(key))


def _day(text: str, whole: str) -> date:
    try:
        return read_day(text, ISO)
    except ValueError as error:
        raise InvalidInput(f"{whole[:60]!r} names no day. {HOW_ENDING}", parameter="ending") from error


def require_known(inputs: Inputs, changes: Changes, options: Options) -> None:
    """Refuse to imagine away what is not there: the answer would be "no difference" for a typing error.

    Parameters
    ----------
    inputs
        What holds on the asked day, in the asked scope.
    changes
        What is imagined.
    options
        The asked day, and up to when the register is known.

    Raises
    ------
    InvalidInput
        Naming the first record that does not hold on the asked day or does not lie in the asked scope, that
        is to end although its whole kind is gone, or the first plan that holds nothing up: to imagine that it
        comes into force later would block what it allows today.
    """
    for parameter, records in (("without", sorted(changes.without)), ("ending", changes.ending)):
        for what, key, *_ in records:
            if not _rows(getattr(inputs, RECORDS[what]), key).any():
                raise InvalidInput(
                    f"No {what} {key} holds here on the asked day. Take the id from the blocking chain or "
                    "the waterfall of a parcel.",
                    parameter=parameter,
                )
    for what, key, _ in changes.ending:
        if _named(inputs, changes, what)[_rows(getattr(inputs, RECORDS[what]), key)].any():
            raise _both(f"{what}:{key}")
    known_on = options.known_on or options.as_of
    holding = inputs.plans[pending_plans(inputs.plans, options.as_of, known_on)[0]]
    for what, key, _ in changes.ending:
        if what == "plan" and not _rows(holding, key).any():
            raise InvalidInput(
                f"The plan {key} holds nothing up on {options.as_of}: it is in force, or has ended.",
                parameter="ending",
            )


def _rows(frame: pd.DataFrame, key: str) -> Any:  # noqa: ANN401 - boolean array
    return (frame["id"] == int(key)).to_numpy(dtype=bool)


def _named(inputs: Inputs, changes: Changes, what: str) -> Any:  # noqa: ANN401 - boolean array
    """Tell which records of a frame do not exist any more."""
    frame = getattr(inputs, RECORDS[what])
    keys = [int(key) for kind, key in changes.without if kind == what]
    gone = frame["id"].isin(keys).to_numpy(dtype=bool)
    if "kind" in frame:
        return gone | frame["kind"].isin(list(changes.kinds)).to_numpy(dtype=bool)
    return gone | (PLAN_KIND in changes.kinds)


def changed(inputs: Inputs, changes: Changes) -> Inputs:
    """Return the inputs as imagined."""
    frames: dict[str, Any] = {}
    for what, name in RECORDS.items():
        frame = getattr(inputs, name)
        column = "in_force_on" if what == "plan" else "valid_to"
        ends = {int(key): day for kind, key, day in changes.ending if kind == what}
        if ends:
            days = [ends.get(key, day) for key, day in zip(frame["id"], frame[column], strict=True)]
            frame = frame.assign(**{column: pd.Series(days, index=frame.index, dtype=object)})
            if what == "plan":  # imagined in force: no longer late, whatever its procedure says today
                frame.loc[frame["id"].isin(list(ends)), "legal_status"] = PLAN_IN_FORCE
        frames[name] = frame[~_named(inputs, changes, what)]
    return replace(inputs, **frames)


def touched(inputs: Inputs, changes: Changes, tree: shapely.STRtree) -> Indices:
    """Return the positions of the parcels, in the tree, for which the answer may change, rising.

    Notes
    -----
    A parcel's answer depends on what lies on it alone, so all the others keep theirs.
    """
    met = met_by(inputs, changes, tree, "restriction", "plan")
    held = inputs.occupancies["parcel_id"][_meant(inputs, changes, "occupancy")]
    occupied = np.flatnonzero(np.isin(inputs.parcel_ids, held.to_numpy(dtype=np.int64)))
    return np.union1d(met, occupied).astype(np.int64)


def met_by(inputs: Inputs, changes: Changes, tree: shapely.STRtree, *kinds: str) -> Indices:
    """Return the positions in a tree of parcels on which restrictions or plans lie that change, rising."""
    shapes = [geometries(getattr(inputs, RECORDS[what]))[_meant(inputs, changes, what)] for what in kinds]
    return np.unique(tree.query(np.concatenate(shapes), predicate="intersects")[1]).astype(np.int64)


def _meant(inputs: Inputs, changes: Changes, what: str) -> Any:  # noqa: ANN401 - boolean array
    """Tell which records of a frame are imagined otherwise: gone, or with another end."""
    ends = [int(key) for kind, key, _ in changes.ending if kind == what]
    ending = getattr(inputs, RECORDS[what])["id"].isin(ends).to_numpy(dtype=bool)
    return _named(inputs, changes, what) | ending


def subset(inputs: Inputs, positions: Indices) -> Inputs:
    """Return the inputs of some parcels, with all restrictions and plans."""
    ids = inputs.parcel_ids[positions]
    held = np.isin(inputs.occupancies["parcel_id"].to_numpy(dtype=np.int64), ids)
    return replace(
        inputs, parcel_ids=ids, parcels=inputs.parcels[positions], occupancies=inputs.occupancies[held]
    )
