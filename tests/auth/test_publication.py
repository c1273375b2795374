"""What the public sees of reasons and of the waterfall: neither words nor order tell an owner's will."""

from typing import Any

import pandas as pd
import pytest

from geo_service.auth.publication import public_chain, public_items
from geo_service.availability.inputs import Options
from geo_service.availability.kernel import compute_availability
from geo_service.availability.presets import HORIZON_PRESETS
from geo_service.availability.records import CHAIN_FIELDS, records_by_parcel
from tests.availability.drawing import DAY, delay, inputs, occupancy

HOLDS: dict[str, tuple[str, str]] = {
    "unwilling": ("restriction", "owner_unwilling"),
    "let": ("occupancy", "leased"),
    "sold": ("occupancy", "sold"),
}


def chain_of(hold: str, until: Any, *others: dict[str, Any]) -> list[dict[str, Any]]:
    what, kind = HOLDS[hold]
    own = [delay(until=until, kind=kind, id=70)] if what == "restriction" else []
    held = [] if own else [occupancy(until, kind=kind, id=70)]
    result = compute_availability(
        inputs(*others, *own, occupancies=held), Options(DAY, HORIZON_PRESETS["default"])
    )
    return records_by_parcel(result.chain, CHAIN_FIELDS)[1]


UNTIL = pd.Timestamp("2029-01-01").date()


@pytest.mark.parametrize("until", [UNTIL, None])
@pytest.mark.parametrize("kind", ["contamination", "missing_development", "plan_not_in_force", "other"])
def test_ties_of_a_public_chain_do_not_tell_what_was_hidden(kind: str, until: Any) -> None:
    """The same day for what is shown and what is hidden: the order was by the true word."""
    beside = (delay(until=until, kind=kind, id=5), delay(until=pd.Timestamp("2027-01-01").date(), id=6))
    shown = {hold: public_chain(chain_of(hold, until, *beside)) for hold in HOLDS}
    assert shown["unwilling"] == shown["let"] == shown["sold"]
    assert [link["kind"] for link in shown["let"]] == ["not_on_offer", kind, "contamination"]
    assert [link["order"] for link in shown["let"]] == [1, 2, 3]


def test_what_holds_longest_stays_first() -> None:
    later = pd.Timestamp("2031-01-01").date()
    chain = public_chain(chain_of("let", UNTIL, delay(until=None, id=5), delay(until=later, id=6)))
    assert [link["free_from"] for link in chain] == [None, "2031-01-01", "2029-01-01"]
    assert [link["unblocks_to"] for link in chain] == ["2031-01-01", None, None]


def test_a_hidden_kind_in_a_waterfall_keeps_its_area_only() -> None:
    water = {"order": 1, "restriction_id": 3, "kind": "water", "title": "Teich", "office": "Umweltamt",
             "source": "drawn", "deduction_m2": 10.0}  # fmt: skip
    will = {**water, "order": 2, "restriction_id": 4, "kind": "owner_unwilling", "title": "Will nicht"}
    assert public_items([water, will]) == [
        water,
        {"order": 2, "restriction_id": None, "kind": "not_on_offer", "title": "", "office": "", "source": "",
         "deduction_m2": 10.0},
    ]  # fmt: skip
