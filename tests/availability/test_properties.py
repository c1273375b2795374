"""Properties that hold for any land, and an oracle: one union and difference per parcel, in a plain loop."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability import threads, waterfall
from geo_service.availability.changes import changed, parse_changes
from geo_service.availability.inputs import Inputs, Options
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from tests.availability.drawing import (
    DAY,
    EAST,
    NORTH,
    box,
    inputs,
    occupancy,
    plan,
    restriction,
)

GRID = tuple(box(x, y, x + 40, y + 30) for x in (0, 40, 80) for y in (0, 30, 60))
"""Nine parcels of 1,200 m2, side by side."""

DATES = st.none() | st.dates(DAY - timedelta(days=900), DAY + timedelta(days=3000))


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    """Draw rectangles, often on the parcels' own lines, turned ones, rings and pairs."""
    on_lines = st.sampled_from([-10, 0, 30, 40, 60, 80, 90, 120]).map(float)
    x, y = draw(on_lines | st.floats(-20, 130)), draw(on_lines | st.floats(-20, 100))
    width, height = draw(on_lines | st.floats(1, 90)), draw(on_lines | st.floats(1, 90))
    shape: Any = box(x, y, x + max(abs(width), 1), y + max(abs(height), 1))
    shape = shapely.affinity.rotate(shape, draw(st.just(0.0) | st.floats(0, 180)))
    if draw(st.booleans()):
        shape = shape.difference(shapely.affinity.scale(shape, 0.5, 0.5))
    return shape


@st.composite
def spans(draw: st.DrawFn) -> dict[str, date | None]:
    start, end = draw(DATES), draw(DATES)
    if start and end and start >= end:
        start, end = end, start + timedelta(days=1)
    return {"valid_from": start, "valid_to": end}


@st.composite
def restrictions(draw: st.DrawFn) -> dict[str, Any]:
    effect = draw(st.sampled_from(["excludes", "excludes", "delays", "reduces"]))
    kinds = {"excludes": ["water", "flood_zone", "x"], "delays": ["contamination"], "reduces": ["other"]}
    share = draw(st.floats(0, 1)) if effect == "reduces" else None
    severity = draw(st.sampled_from(["unrestricted", "light", "severe"]))
    kind = draw(st.sampled_from(kinds[effect]))
    fields = {"effect": effect, "kind": kind, "share": share, "severity": severity}
    return restriction(draw(shapes()), **fields, **draw(spans()))


@st.composite
def lands(draw: st.DrawFn) -> Inputs:
    return inputs(
        *draw(st.lists(restrictions(), max_size=7)),
        parcels=GRID,
        occupancies=[
            occupancy(None, parcel_id=draw(st.integers(1, 9))) | span
            for span in draw(st.lists(spans(), max_size=3))
        ],
        plans=[
            plan(draw(st.sampled_from([1000, 2400, 4000])), draw(DATES), draw(shapes())) | span
            for span in draw(st.lists(spans(), max_size=2))
        ],
    )


def ask(land: Inputs, as_of: date = DAY, **options: Any) -> AvailabilityResult:
    return compute_availability(land, Options(as_of, known_on=DAY, **options))


def running(land: Inputs, effect: str, as_of: date = DAY) -> list[Any]:
    """Return the shapes of one effect in force on a day, in plain Python."""
    found = []
    row: Any
    for row in land.restrictions.itertuples():
        begun = row.valid_from is None or row.valid_from <= as_of
        ended = row.valid_to is not None and row.valid_to <= as_of
        if row.effect == effect and begun and not ended:
            found.append(row.geometry)
    return found


@given(lands())
@settings(max_examples=150, deadline=None)
def test_net_equals_one_union_and_difference_per_parcel(land: Inputs) -> None:
    result = ask(land)
    gone = shapely.union_all(running(land, "excludes"))
    expected = [parcel.difference(gone).area for parcel in GRID]
    assert result.parcels["net_m2"].to_numpy() == pytest.approx(expected, abs=3e-6)
    assert shapely.area(result.net) == pytest.approx(result.parcels["net_m2"].to_numpy(), abs=0)
    assert shapely.is_valid(result.net).all()


@given(lands(), st.lists(st.sampled_from(("identical", "whole", "parcel")), max_size=3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_each_item_is_what_a_plain_loop_takes_off_in_the_stated_order(
    land: Inputs, further: list[str], leap: bool
) -> None:
    """Also of the same restriction twice, of one over all parcels, of the outline of one, on 29 February."""
    frame = land.restrictions
    covers = {"whole": box(-30, -30, 200, 200), "parcel": GRID[4]}
    added = [restriction(covers[name], kind="water", id=900) for name in further if name in covers]
    doubled = frame.assign(id=frame["id"] + 500) if "identical" in further else frame.iloc[:0]
    rows = pd.concat([frame, doubled, pd.DataFrame(added, columns=frame.columns)], ignore_index=True)
    rows["id"] = range(1, len(rows) + 1)
    as_of = date(2028, 2, 29) if leap else DAY
    options = Options(as_of, order=("flood_zone", "water"))
    result = compute_availability(replace(land, restrictions=rows), options)
    items: list[Any] = [row for row in result.items.itertuples() if row.effect == "excludes"]
    taken = {(row.parcel_id, row.restriction_id): row.deduction_m2 for row in items}
    listed: list[Any] = list(rows.itertuples())
    left: Any
    ranked = sorted(
        (row for row in listed if row.effect == "excludes"),
        key=lambda row: ({"flood_zone": 0, "water": 1}.get(row.kind, 2), row.kind, row.id),
    )
    for number, left in enumerate(GRID, 1):
        for row in ranked:
            begun = row.valid_from is None or row.valid_from <= as_of
            if not begun or (row.valid_to is not None and row.valid_to <= as_of):
                assert (number, row.id) not in taken
                continue
            rest = left.difference(row.geometry)
            assert taken.get((number, row.id), 0.0) == pytest.approx(left.area - rest.area, abs=1e-5)
            assert ((number, row.id) in taken) or GRID[number - 1].intersection(row.geometry).area < 1e-5
            left = rest  # noqa: PLW2901 - what the next one finds
        assert result.parcels["net_m2"].iloc[number - 1] == pytest.approx(left.area, abs=1e-5)


@given(lands())
@settings(max_examples=100, deadline=None)
def test_items_add_up_and_nothing_is_negative(land: Inputs) -> None:
    result = ask(land)
    parcels = result.parcels.set_index("parcel_id")
    sums = (
        result.items.groupby("parcel_id")[["deduction_m2", "estimated_m2"]]
        .sum()
        .reindex(parcels.index, fill_value=0)
    )
    assert sums["deduction_m2"].to_numpy() == pytest.approx(
        (parcels["gross_m2"] - parcels["net_m2"]).to_numpy(), abs=1e-9
    )
    assert sums["estimated_m2"].to_numpy() == pytest.approx(parcels["estimated_m2"].to_numpy(), abs=1e-9)
    assert (result.items[["deduction_m2", "estimated_m2"]] >= 0).all(axis=None)
    assert (parcels["estimated_m2"] <= parcels["net_m2"] + 1e-9).all()
    assert (parcels["largest_piece_m2"] <= parcels["net_m2"] + 1e-9).all()
    for _, rows in result.items.groupby("parcel_id"):
        assert rows["order"].tolist() == list(range(1, len(rows) + 1))


@given(lands(), restrictions())
@settings(max_examples=100, deadline=None)
def test_more_restrictions_never_give_more_land_or_an_earlier_day(
    land: Inputs, further: dict[str, Any]
) -> None:
    more = replace(
        land, restrictions=pd.concat([land.restrictions, pd.DataFrame([further | {"id": 99}], dtype=object)])
    )
    before, after = ask(land).parcels, ask(more).parcels
    assert (after["net_m2"] <= before["net_m2"] + 1e-6).all()
    later = after["available_from"] >= before["available_from"]
    assert (later | after["available_from"].isna()).all()


@given(lands(), st.randoms(use_true_random=False))
@settings(max_examples=75, deadline=None)
def test_the_order_of_the_input_does_not_matter(land: Inputs, random: Any) -> None:
    def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(frame.iloc[random.sample(range(len(frame)), len(frame))])

    turn = random.sample(range(len(GRID)), len(GRID))
    other = Inputs(
        land.parcel_ids[turn],
        land.parcels[turn],
        shuffled(land.restrictions),
        shuffled(land.occupancies),
        shuffled(land.plans),
    )
    one, two = ask(land), ask(other)
    pd.testing.assert_frame_equal(one.parcels, _sorted(two.parcels, "parcel_id"), check_exact=True)
    pd.testing.assert_frame_equal(one.items, _sorted(two.items, "parcel_id", "order"), check_exact=True)
    pd.testing.assert_frame_equal(one.chain, _sorted(two.chain, "parcel_id", "order"), check_exact=True)


def _sorted(frame: pd.DataFrame, *columns: str) -> Any:
    return frame.sort_values(list(columns)).reset_index(drop=True)


@given(lands())
@settings(max_examples=75, deadline=None)
def test_one_parcel_alone_gets_the_answer_that_it_gets_in_the_city(land: Inputs) -> None:
    whole = ask(land)
    for position in (0, 4, 8):
        alone = ask(replace(land, parcel_ids=land.parcel_ids[[position]], parcels=land.parcels[[position]]))
        expected = whole.parcels.iloc[[position]].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone.parcels, expected, check_exact=True)


@given(lands(), st.integers(-1000, 3000), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_between_two_changes_the_answer_is_constant(land: Inputs, start: int, length: int) -> None:
    first = DAY + timedelta(days=start)
    last = first + timedelta(days=length)
    changes = {
        day
        for frame in (land.restrictions, land.occupancies, land.plans)
        for column in ("valid_from", "valid_to", "in_force_on")
        if column in frame
        for day in frame[column]
        if day is not None
    }
    upto = min([day for day in changes if first < day <= last], default=last + timedelta(days=1))
    one, two = ask(land, first), ask(land, upto - timedelta(days=1))
    areas = ["gross_m2", "net_m2", "deducted_m2", "estimated_m2", "largest_piece_m2", "severity"]
    pd.testing.assert_frame_equal(one.parcels[areas], two.parcels[areas], check_exact=True)
    pd.testing.assert_frame_equal(one.items, two.items, check_exact=True)
    fixed = ["parcel_id", "order", "what", "id", "free_from"]
    pd.testing.assert_frame_equal(one.chain[fixed], two.chain[fixed], check_exact=True)
    blocked = one.chain["parcel_id"].unique() - 1
    pd.testing.assert_series_equal(
        one.parcels["available_from"].iloc[blocked], two.parcels["available_from"].iloc[blocked]
    )


@given(lands())
@settings(max_examples=50, deadline=None)
def test_unblocks_to_is_what_comes_out_without_it(land: Inputs) -> None:
    result = ask(land)
    row: Any
    for row in result.chain.itertuples():
        gone = parse_changes([f"{row.what}:{row.id}"], (), ())
        freed: Any = ask(changed(land, gone)).parcels.iloc[row.parcel_id - 1]
        assert freed["horizon"] == row.unblocks_horizon
        assert freed["available_from"] == row.unblocks_to or pd.isna(freed["available_from"]) == pd.isna(
            row.unblocks_to
        )


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 10)
    monkeypatch.setattr(waterfall, "WORTH_A_THREAD", 10)
    rng = np.random.default_rng(7)
    steps = [(x * 10.0, y * 10.0) for x in range(60) for y in range(60)]
    parcels = tuple(box(x, y, x + 10, y + 10) for x, y in steps)
    rows = [
        restriction(shapely.Point(EAST + x, NORTH + y).buffer(r), kind=kind, effect=effect, share=share)
        for x, y, r in rng.uniform((0, 0, 3), (600, 600, 60), (80, 3))
        for kind, effect, share in [
            [("water", "excludes", None), ("contamination", "delays", None), ("other", "reduces", 0.3)][
                int(r) % 3
            ]
        ]
    ]
    land = inputs(*rows, parcels=parcels)
    one, three = ask(land, threads=1), ask(land, threads=3)
    pd.testing.assert_frame_equal(one.parcels, three.parcels, check_exact=True)
    pd.testing.assert_frame_equal(one.items, three.items, check_exact=True)
    pd.testing.assert_frame_equal(one.chain, three.chain, check_exact=True)
    assert (shapely.to_wkb(one.net) == shapely.to_wkb(three.net)).all()
    assert len(one.items) > 500
    gone = shapely.union_all(running(land, "excludes"))
    expected = [parcel.difference(gone).area for parcel in parcels]
    assert one.parcels["net_m2"].to_numpy() == pytest.approx(expected, abs=3e-6)
