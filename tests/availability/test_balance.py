"""The land balance: every cell adds up exactly, and every flow is one that can be seen by eye."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.balance import DIMENSIONS, FLOWS, MEASURES, UNKNOWN, Balance, land_balance
from geo_service.errors import InvalidInput

HECTARE_CM2 = 10_000 * 10_000


def parcel(parcel_id: int, net_m2: float = 10_000, **fields: Any) -> dict[str, Any]:
    row = {
        "parcel_id": parcel_id,
        "gross_m2": 12_000,
        "net_m2": net_m2,
        "offered_m2": net_m2,
        "estimated_m2": 0.0,
        "sold": False,
        "district": "Hörde",
        "use": "GE",
        "horizon": "now",
        "severity": "light",
        "owner_kind": "municipal",
        "category": "gap",
        "offered": True,
    }
    return row | fields


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(parcel(0)))


def table(balance: Balance, measure: str) -> pd.DataFrame:
    """Return a measure by cell (rows) and stage (columns: opening, flows, closing); absent is 0."""
    wide = balance.cells.pivot_table(
        index=list(balance.dimensions), columns="stage", values=measure, aggfunc="sum", observed=True
    )
    stages = ["opening", *FLOWS, "closing"]
    return wide.reindex(columns=stages).fillna(0).astype(np.int64).rename_axis(columns=None)


def flows(opening: pd.DataFrame, closing: pd.DataFrame, *dimensions: str) -> dict[Any, dict[str, float]]:
    """Return the hectares of every cell by stage, without zeros."""
    wide = table(land_balance(opening, closing, dimensions or ("horizon",)), "net_cm2")
    return {
        cell: {stage: row[stage] / HECTARE_CM2 for stage in wide.columns if row[stage]}
        for cell, row in wide.iterrows()
    }


def test_nothing_happened() -> None:
    assert flows(frame(parcel(1)), frame(parcel(1))) == {"now": {"opening": 1, "closing": 1}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [parcel(1)], {"now": {"new": 1, "closing": 1}}),
        ([parcel(1)], [], {"now": {"opening": 1, "gone": -1}}),
        ([parcel(1)], [parcel(1, sold=True)], {"now": {"opening": 1, "sold": -1}}),
        ([parcel(1, sold=True)], [parcel(1)], {"now": {"returned": 1, "closing": 1}}),
        ([parcel(1, sold=True)], [parcel(1, sold=True)], {}),
        ([parcel(1)], [parcel(1, offered=False)], {"now": {"opening": 1, "put_to_use": -1}}),
        ([parcel(1, offered=False)], [parcel(1)], {"now": {"given_up": 1, "closing": 1}}),
        ([parcel(1)], [parcel(1, offered=False, sold=True)], {"now": {"opening": 1, "sold": -1}}),
        ([parcel(1, sold=True)], [], {}),
        (
            [parcel(1, horizon="long")],
            [parcel(1)],
            {"long": {"opening": 1, "freed": -1}, "now": {"freed": 1, "closing": 1}},
        ),
        (
            [parcel(1)],
            [parcel(1, horizon="undetermined")],
            {
                "now": {"opening": 1, "newly_blocked": -1},
                "undetermined": {"newly_blocked": 1, "closing": 1},
            },
        ),
        (
            [parcel(1, horizon="mid")],
            [parcel(1, horizon="short")],
            {"mid": {"opening": 1, "horizon_change": -1}, "short": {"horizon_change": 1, "closing": 1}},
        ),
        (
            [parcel(1, 10_000)],
            [parcel(1, 11_000)],
            {"now": {"opening": 1, "area_freed": 0.1, "closing": 1.1}},
        ),
        (
            [parcel(1, 10_000)],
            [parcel(1, 4_000)],
            {"now": {"opening": 1, "area_blocked": -0.6, "closing": 0.4}},
        ),
        (
            [parcel(1, 10_000)],
            [parcel(1, 10_500, gross_m2=12_500)],
            {"now": {"opening": 1, "resurveyed": 0.05, "closing": 1.05}},
        ),
        (  # half of it built over, and the rest can be had now
            [parcel(1, 10_000, horizon="long")],
            [parcel(1, 5_000)],
            {
                "long": {"opening": 1, "area_blocked": -0.5, "freed": -0.5},
                "now": {"freed": 0.5, "closing": 0.5},
            },
        ),
    ],
)
def test_one_flow_at_a_time(before: Any, after: Any, expected: Any) -> None:
    assert flows(frame(*before), frame(*after)) == expected


def test_a_change_of_use_moves_land_between_uses_only() -> None:
    balance = land_balance(frame(parcel(1)), frame(parcel(1, use="MU")), ("use",))
    assert table(balance, "net_cm2").loc["MU", "reclassified"] == HECTARE_CM2
    assert table(land_balance(frame(parcel(1)), frame(parcel(1, use="MU"))), "net_cm2").loc["now"].sum() == (
        2 * HECTARE_CM2
    )


def test_what_is_not_known_has_a_cell_of_its_own() -> None:
    assert flows(frame(), frame(parcel(1, district=None)), "district") == {UNKNOWN: {"new": 1, "closing": 1}}


def test_estimates_stand_apart() -> None:
    balance = land_balance(frame(parcel(1)), frame(parcel(1, estimated_m2=950.0)))
    assert table(balance, "estimated_cm2").loc["now"].to_dict()["area_blocked"] == 9_500_000
    assert table(balance, "net_cm2").loc["now"].to_dict()["area_blocked"] == 0


def test_land_without_owner_kind_can_be_balanced() -> None:
    day = frame(parcel(1)).drop(columns="owner_kind")
    assert len(land_balance(day, day, ("district", "horizon")).cells) == 2
    with pytest.raises(InvalidInput, match="owner_kind"):
        land_balance(day, day, ("owner_kind",))


@pytest.mark.parametrize(
    ("rows", "dimensions", "message"),
    [
        ([parcel(1), parcel(1)], ("horizon",), "more than once"),
        ([parcel(1, -1.0)], ("horizon",), "negative"),
        ([parcel(1, float("nan"))], ("horizon",), "missing or negative"),
        ([parcel(1)], ("colour",), "told apart"),
        ([parcel(1)], ("use", "use"), "at most once"),
    ],
)
def test_wrong_input_is_refused(rows: Any, dimensions: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        land_balance(frame(*rows), frame(), dimensions)


@st.composite
def days(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "net_m2": st.sampled_from([0.0, 1234.56784, 1 / 3]) | st.floats(0, 1e6),
            "slivers": st.sampled_from([0.0, 0.3, 1.0]),
            "gross_m2": st.sampled_from([1e6, 2e6]),
            "estimated_m2": st.sampled_from([0.0, 0.1, 77.7]),
            "sold": st.booleans(),
            "district": st.sampled_from(["Hörde", "Eving", None]),
            "use": st.sampled_from(["GE", None]),
            "horizon": st.sampled_from(["now", "short", "undetermined"]),
            "severity": st.sampled_from(["light", "severe"]),
            "owner_kind": st.sampled_from(["private", "municipal"]),
            "category": st.sampled_from(["gap", "vacant"]),
            "offered": st.booleans(),
        }
    )
    found = [draw(st.dictionaries(st.integers(1, 8), rows, max_size=8)) for _ in range(2)]
    one, other = (
        frame(
            *[
                row | {"parcel_id": key, "offered_m2": row["net_m2"] * (1 - row["slivers"])}
                for key, row in day.items()
            ]
        )
        for day in found
    )
    return one, other


@given(days(), st.lists(st.sampled_from(DIMENSIONS), min_size=1, unique=True))
@settings(max_examples=60, deadline=None)
def test_opening_and_flows_are_closing_in_every_cell(
    both: tuple[pd.DataFrame, pd.DataFrame], dimensions: list[str]
) -> None:
    balance = land_balance(*both, dimensions)
    for measure in MEASURES:
        wide = table(balance, measure)
        assert (wide["opening"] + wide[list(FLOWS)].sum(axis=1) == wide["closing"]).all()
        assert balance.cells[measure].dtype == np.int64


@given(days(), st.lists(st.sampled_from(DIMENSIONS), min_size=1, unique=True))
@settings(max_examples=30, deadline=None)
def test_both_days_are_what_plain_python_counts(
    both: tuple[pd.DataFrame, pd.DataFrame], dimensions: list[str]
) -> None:
    balance = land_balance(*both, dimensions)
    for day, stage in zip(both, ("opening", "closing"), strict=True):
        expected: dict[Any, int] = {}
        for row in day.to_dict("records"):
            if row["offered"] and not row["sold"]:
                cell = tuple(UNKNOWN if pd.isna(row[name]) else row[name] for name in dimensions)
                expected[cell] = expected.get(cell, 0) + round(row["offered_m2"] * 10_000)
        cells = balance.cells[balance.cells["stage"] == stage]
        found = {
            tuple(row[name] for name in dimensions): row["offered_cm2"] for row in cells.to_dict("records")
        }
        assert {cell: area for cell, area in found.items() if area} == {
            cell: area for cell, area in expected.items() if area
        }


@given(days())
@settings(max_examples=30, deadline=None)
def test_the_other_way_round_every_flow_turns(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    there, back = land_balance(*both), land_balance(both[1], both[0])
    turned = {
        "new": "gone",
        "sold": "returned",
        "put_to_use": "given_up",
        "area_freed": "area_blocked",
        "freed": "newly_blocked",
    }
    sums = [
        balance.records.assign(size=balance.records["net_cm2"].abs())
        .groupby("stage", observed=True)["size"]
        .sum()
        for balance in (there, back)
    ]
    for (flow, opposite), (one, other) in product(turned.items(), [sums, sums[::-1]]):
        if flow in {"new", "sold", "put_to_use", "area_freed"}:
            assert one.get(flow, 0) == other.get(opposite, 0)


def test_land_that_is_freed_is_freed_whatever_rounding_takes_of_what_is_offered() -> None:
    before = parcel(1, 900.0, offered_m2=900.0, gross_m2=1_000.0)
    after = parcel(1, 1_000.0, offered_m2=899.9876, gross_m2=1_000.0)
    balance = land_balance(frame(before), frame(after))
    assert table(balance, "net_cm2").loc["now"].to_dict()["area_freed"] == 1_000_000
    assert table(balance, "offered_cm2").loc["now"].to_dict()["area_freed"] == -124
    assert "area_blocked" not in set(balance.records["stage"])


def test_the_evidence_adds_up_to_the_cells() -> None:
    opening = frame(parcel(1), parcel(2, 5_000, horizon="mid"), parcel(3, 7_000))
    closing = frame(parcel(1, sold=True), parcel(2, 5_000), parcel(4, 2_000, horizon="long"))
    balance = land_balance(opening, closing)
    freed = balance.records[balance.records["stage"] == "freed"]
    assert freed["parcel_id"].tolist() == [2, 2]
    assert freed["horizon"].tolist() == ["mid", "now"]
    sums = balance.records.groupby("stage", observed=True)["net_cm2"].sum()
    assert sums["sold"] == -HECTARE_CM2
    assert sums["opening"] + sums.drop(["opening", "closing"]).sum() == sums["closing"]
