"""Dates: available from, horizon, blocking chain, severity."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from geo_service.availability.changes import changed, parse_changes
from geo_service.availability.inputs import EFFECTS, SEVERITIES, Options
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from geo_service.availability.models import Horizon
from geo_service.availability.presets import (
    DEFAULT_DEDUCTION_ORDER,
    HORIZON_PRESETS,
    HORIZONS,
    HorizonPreset,
    Limit,
    deduction_order,
    horizon_preset,
    preset_key,
)
from geo_service.availability.timing import pending_plans
from geo_service.errors import BadParameter, InvalidInput
from geo_service.restrictions.models import Effect, RestrictionKind, Severity
from tests.availability.drawing import (
    DAY,
    PARCEL,
    box,
    compute,
    delay,
    inputs,
    occupancy,
    plan,
    restriction,
)

ONE_DAY = timedelta(days=1)


def when(result: AvailabilityResult) -> tuple[date | None, str]:
    """Return available from and horizon of the one parcel."""
    row = result.parcels.iloc[0]
    day = row["available_from"]
    return (None if pd.isna(day) else day.date()), row["horizon"]


def chain(result: AvailabilityResult, *columns: str) -> list[tuple[Any, ...]]:
    rows = result.chain[list(columns)].itertuples(index=False, name=None)
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.date()
    return None if value is pd.NaT else value


def test_nothing_blocks() -> None:
    assert when(compute()) == (DAY, "now")


def test_the_latest_end_counts() -> None:
    result = compute(
        delay(until=date(2027, 1, 1)),
        occupancies=[occupancy(date(2028, 3, 1))],
        plans=[plan(2400, date(2027, 6, 1))],
    )
    assert when(result) == (date(2028, 3, 1), "short")
    assert chain(result, "order", "what", "kind", "free_from") == [
        (1, "occupancy", "leased", date(2028, 3, 1)),
        (2, "plan", "plan_not_in_force", date(2027, 6, 1)),
        (3, "restriction", "contamination", date(2027, 1, 1)),
    ]


def test_the_chain_names_office_source_and_title() -> None:
    result = compute(delay(until=date(2027, 1, 1), title="Altlast 12"), plans=[plan(1000, None)])
    assert chain(result, "parcel_id", "id", "title", "office", "source") == [
        (1, 1, "Hu 148", "Stadtplanung", "drawn by hand"),
        (1, 1, "Altlast 12", "Umweltamt", "drawn by hand"),
    ]


def test_any_unknown_end_is_undetermined_never_short() -> None:
    result = compute(delay(until=None), delay(until=date(2026, 7, 1)))
    assert when(result) == (None, "undetermined")
    assert chain(result, "free_from", "unblocks_to", "unblocks_horizon") == [
        (None, date(2026, 7, 1), "short"),
        (date(2026, 7, 1), None, "undetermined"),
    ]


def test_two_unknown_ends_do_not_unblock_each_other() -> None:
    result = compute(delay(until=None), occupancies=[occupancy(None, kind="sold")])
    assert chain(result, "what", "unblocks_to") == [("occupancy", None), ("restriction", None)]


@pytest.mark.parametrize("kind", ["sold", "ground_lease"])
def test_sold_without_end_is_undetermined(kind: str) -> None:
    assert when(compute(occupancies=[occupancy(None, kind=kind)])) == (None, "undetermined")


def test_what_would_free_the_parcel() -> None:
    result = compute(
        delay(until=date(2030, 1, 1)), occupancies=[occupancy(date(2027, 1, 1)), occupancy(date(2028, 1, 1))]
    )
    assert chain(result, "free_from", "unblocks_to", "unblocks_horizon") == [
        (date(2030, 1, 1), date(2028, 1, 1), "short"),
        (date(2028, 1, 1), date(2030, 1, 1), "mid"),
        (date(2027, 1, 1), date(2030, 1, 1), "mid"),
    ]


def test_the_only_blocker_unblocks_to_the_asked_day() -> None:
    assert chain(compute(delay(until=None)), "unblocks_to", "unblocks_horizon") == [(DAY, "now")]


def test_of_two_that_end_on_one_day_neither_alone_helps() -> None:
    end = date(2027, 1, 1)
    assert chain(compute(delay(until=end), delay(until=end)), "unblocks_to") == [(end,), (end,)]


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "expected"),
    [
        (DAY, DAY + ONE_DAY, DAY + ONE_DAY),
        (DAY + ONE_DAY, None, DAY),
        (DAY - ONE_DAY, DAY, DAY),
        (None, DAY + ONE_DAY, DAY + ONE_DAY),
        (DAY, None, None),
    ],
    ids=["begins today", "begins tomorrow", "ended yesterday", "since ever", "for good"],
)
def test_spans_hold_their_first_day_and_not_their_end(
    valid_from: date | None, valid_to: date | None, expected: date | None
) -> None:
    span = {"valid_from": valid_from, "valid_to": valid_to}
    assert when(compute(delay(**span)))[0] == expected
    assert when(compute(occupancies=[occupancy(None) | span]))[0] == expected


def test_blockers_of_other_parcels_do_not_count() -> None:
    far = box(200, 0, 300, 50)
    result = compute(
        delay(far, until=None),
        parcels=(PARCEL, far),
        occupancies=[occupancy(date(2029, 1, 1), parcel_id=2), occupancy(None, parcel_id=99)],
    )
    assert result.parcels["horizon"].tolist() == ["now", "undetermined"]
    assert chain(result, "parcel_id", "order") == [(2, 1), (2, 2)]


# --- slivers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "blocks"), [(0.05, False), (0.051, True), (0.01, False), (50, True)], ids=str
)
def test_a_delay_on_a_sliver_does_not_count(width: float, blocks: bool) -> None:
    """0.1 % of 5,000 m2 are 5 m2: a strip of 5 cm along the long side."""
    strip = box(0, -10, 100, width)
    expected = "undetermined" if blocks else "now"
    assert when(compute(delay(strip)))[1] == expected
    assert when(compute(plans=[plan(2000, None, strip)]))[1] == expected


def test_the_sliver_rule_is_a_setting() -> None:
    strip = box(0, -10, 100, 0.05)
    assert when(compute(delay(strip), sliver_share=0.0009))[1] == "undetermined"
    assert when(compute(delay(strip), sliver_share=0.0009, sliver_m2=6))[1] == "now"


def test_half_of_a_tiny_parcel_is_no_sliver() -> None:
    tiny = box(0, 0, 1, 0.5)
    assert when(compute(delay(box(0, 0, 0.5, 0.5)), parcels=(tiny,)))[1] == "undetermined"
    assert when(compute(delay(box(0, 0, 0.4, 0.5)), parcels=(tiny,)))[1] == "now"


def test_touching_delays_nothing() -> None:
    assert compute(delay(box(100, 0, 200, 50))).chain.empty


# --- plans -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("legal_status", "in_force_on", "expected"),
    [
        (1000, date(2028, 1, 1), date(2028, 1, 1)),
        (3000, date(2028, 1, 1), date(2028, 1, 1)),
        (3999, None, None),
        (4000, None, DAY),
        (4000, date(2020, 1, 1), DAY),
        (4000, DAY, DAY),
        (4000, date(2027, 1, 1), date(2027, 1, 1)),
        (4500, None, DAY),
        (5000, date(2000, 1, 1), DAY),
    ],
)
def test_a_plan_below_4000_delays(legal_status: int, in_force_on: date | None, expected: date | None) -> None:
    assert when(compute(plans=[plan(legal_status, in_force_on)]))[0] == expected


def test_a_plan_that_is_late_has_an_unknown_date() -> None:
    assert when(compute(plans=[plan(2400, DAY - ONE_DAY)])) == (None, "undetermined")
    assert when(compute(plans=[plan(2400, DAY)])) == (None, "undetermined")


def test_a_plan_expected_between_today_and_the_asked_day_is_taken_as_in_force() -> None:
    asked: dict[str, Any] = {"as_of": date(2030, 1, 1), "known_on": DAY}
    assert when(compute(plans=[plan(2400, date(2028, 1, 1))], **asked))[1] == "now"
    assert when(compute(plans=[plan(2400, DAY)], **asked))[1] == "undetermined"
    assert when(compute(plans=[plan(2400, date(2031, 1, 1))], **asked)) == (date(2031, 1, 1), "short")


def test_a_plan_counts_only_while_its_record_is_valid() -> None:
    result = compute(plans=[plan(2400, None, valid_to=DAY), plan(2400, None, valid_from=DAY + ONE_DAY)])
    assert when(result)[1] == "now"


# --- horizons --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "until", "expected"),
    [
        (date(2026, 6, 1), date(2026, 6, 2), "short"),
        (date(2026, 6, 1), date(2028, 6, 1), "short"),
        (date(2026, 6, 1), date(2028, 6, 2), "mid"),
        (date(2026, 6, 1), date(2031, 6, 1), "mid"),
        (date(2026, 6, 1), date(2031, 6, 2), "long"),
        (date(2028, 2, 29), date(2030, 2, 28), "short"),
        (date(2028, 2, 29), date(2030, 3, 1), "mid"),
        (date(2026, 2, 28), date(2028, 2, 28), "short"),
        (date(2026, 2, 28), date(2028, 2, 29), "mid"),
        (date(2026, 6, 1), date(9999, 12, 31), "long"),
        (date(1815, 6, 18), date(1817, 6, 18), "short"),
        (date(2026, 1, 31), date(2028, 1, 31), "short"),
    ],
)
def test_default_horizons(as_of: date, until: date, expected: str) -> None:
    assert when(compute(delay(until=until), as_of=as_of))[1] == expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (date(2010, 5, 2), "short"),
        (date(2011, 12, 31), "short"),
        (date(2012, 1, 1), "mid"),
        (date(2024, 12, 31), "mid"),
        (date(2025, 1, 1), "long"),
        (None, "undetermined"),
    ],
)
def test_horizons_of_dortmund_2010(until: date | None, expected: str) -> None:
    preset = horizon_preset("dortmund_2010")
    assert when(compute(delay(until=until), as_of=date(2010, 5, 1), preset=preset))[1] == expected


def test_thresholds_of_ones_own() -> None:
    own = HorizonPreset("own", short=Limit(0, end_of_year=True), mid=Limit(1), source="a planner")
    ends = {date(2026, 12, 31): "short", date(2027, 6, 1): "mid", date(2027, 6, 2): "long"}
    assert {end: when(compute(delay(until=end), preset=own))[1] for end in ends} == ends


def test_limits_end_with_the_calendar() -> None:
    assert Limit(5).last_day(date(9998, 1, 1)) == date.max


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(
        BadParameter, match=r"no horizon preset 'soon'\. Known presets: default, dortmund_2010"
    ):
        horizon_preset("soon")


def test_the_words_are_those_of_the_register() -> None:
    assert tuple(Horizon) == HORIZONS
    assert set(HORIZON_PRESETS) == {"default", "dortmund_2010"}
    assert tuple(RestrictionKind)[: len(DEFAULT_DEDUCTION_ORDER)] == DEFAULT_DEDUCTION_ORDER
    assert tuple(Effect) == EFFECTS
    assert tuple(Severity) == SEVERITIES


# --- severity --------------------------------------------------------------------------------------------


END = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("restrictions", "expected"),
    [
        ([], "unrestricted"),
        ([delay(until=END, kind="missing_development", severity="light")], "light"),
        ([delay(until=END, severity="severe")], "severe"),
        ([delay(until=END, severity="light"), delay(until=END, severity="severe")], "severe"),
        ([delay(until=END, severity="unrestricted")], "unrestricted"),
        ([delay(until=END, severity=None)], "unrestricted"),
        ([delay(until=None, severity="light")], "severe"),
        ([delay(box(0, 0, 100, 0.01), until=END)], "unrestricted"),
        ([delay(valid_to=DAY)], "unrestricted"),
        ([restriction(box(0, 0, 50, 50), severity="severe")], "unrestricted"),
        ([restriction(PARCEL)], "severe"),
    ],
    ids=["none", "light", "severe", "worst", "unrestricted", "no grade", "no perspective", "sliver", "ended",
         "cut off", "nothing left"],
)  # fmt: skip
def test_severity(restrictions: list[dict[str, Any]], expected: str) -> None:
    assert compute(*restrictions).parcels["severity"].tolist() == [expected]


@pytest.mark.parametrize("until", [END, None])
@pytest.mark.parametrize("grade", ["unrestricted", "light", "severe", None])
def test_an_unwilling_owner_weighs_what_a_lease_weighs(until: date | None, grade: str | None) -> None:
    """Whoever sees the severity must not learn which of the two it is."""
    others = delay(until=END, kind="missing_development", severity="light")
    unwilling = delay(until=until, kind="owner_unwilling", severity=grade)
    for more in ([], [others]):
        will, lease = compute(unwilling, *more), compute(*more, occupancies=[occupancy(until)])
        figures = ["severity", "horizon", "available_from", "net_m2", "estimated_m2"]
        pd.testing.assert_frame_equal(will.parcels[figures], lease.parcels[figures])
        assert will.parcels["severity"].tolist() == [
            "severe" if until is None else "light" if more else "unrestricted"
        ]


def test_a_plan_in_procedure_is_light_and_one_without_date_severe() -> None:
    assert compute(plans=[plan(2400, END)]).parcels["severity"].tolist() == ["light"]
    assert compute(plans=[plan(2400, None)]).parcels["severity"].tolist() == ["severe"]


# --- what-if ---------------------------------------------------------------------------------------------


def test_without_some_blockers() -> None:
    drawn = inputs(
        restriction(box(0, 0, 50, 50), id=12),
        delay(until=date(2030, 1, 1), id=13),
        occupancies=[occupancy(date(2029, 1, 1), id=3)],
        plans=[plan(2400, date(2028, 1, 1), id=4)],
    )

    def ask(*references: str) -> tuple[date | None, float]:
        result = compute_availability(changed(drawn, parse_changes(references, (), ())), Options(DAY))
        return when(result)[0], result.parcels["net_m2"].iloc[0]

    assert ask() == (date(2030, 1, 1), 2500)
    assert ask("restriction:12") == (date(2030, 1, 1), 5000)
    assert ask("restriction:13") == (date(2029, 1, 1), 2500)
    assert ask("restriction:13", "occupancy:3") == (date(2028, 1, 1), 2500)
    assert ask("restriction:13", "occupancy:3", "plan:4", "restriction:12") == (DAY, 5000)
    assert ask("restriction:3", "occupancy:12") == (date(2030, 1, 1), 2500)


@pytest.mark.parametrize("reference", ["12", "restriction:", "parcel:12", ""])
def test_a_reference_that_names_no_blocker_is_refused(reference: str) -> None:
    with pytest.raises(InvalidInput, match="names no blocker"):
        parse_changes([reference], (), ())


def test_own_thresholds_take_the_place_of_a_preset() -> None:
    preset = horizon_preset(preset_key(short_years=3, mid_years=7))
    assert preset.key == "short_3_mid_7"
    ends = {
        date(2029, 6, 1): "short",
        date(2029, 6, 2): "mid",
        date(2033, 6, 1): "mid",
        date(2033, 6, 2): "long",
    }
    assert {end: when(compute(delay(until=end), preset=preset))[1] for end in ends} == ends
    assert preset_key(short_years=3) == "short_3_mid_5"
    assert preset_key(mid_years=2) == "short_2_mid_2"
    assert preset_key("dortmund_2010") == "dortmund_2010"


@pytest.mark.parametrize(
    ("preset", "short_years", "mid_years", "message"),
    [
        ("default", 6, None, "short_years=6 is too long: mid ends after 5 years .* mid_years too: 6 or more"),
        ("default", None, 1, "mid_years=1 is too short: short ends after 2 .* short_years too: 1 or less"),
        (
            "default",
            9,
            7,
            "short_years=9 is longer than mid_years=7. .* 7 or less, or mid_years of 9 or more",
        ),
        ("default", -1, 5, "short_years is a number from 0 to 99, not -1"),
        ("default", 1, 100, "mid_years is a number from 0 to 99, not 100"),
        ("dortmund_2010", 1, None, "leave out preset=dortmund_2010"),
        ("soon", None, None, "no horizon preset 'soon'"),
        ("short_7_mid_3", None, None, "no horizon preset 'short_7_mid_3'"),
    ],
)
def test_wrong_thresholds_are_refused(
    preset: str, short_years: int | None, mid_years: int | None, message: str
) -> None:
    with pytest.raises(BadParameter, match=message):
        preset_key(preset, short_years, mid_years)


def test_an_own_order_comes_first_and_the_others_follow() -> None:
    known = [*DEFAULT_DEDUCTION_ORDER, "other"]
    assert deduction_order([], known) == DEFAULT_DEDUCTION_ORDER
    named = deduction_order(["other", "existing_building"], known)
    assert named[:3] == ("other", "existing_building", "water")
    assert sorted(named) == sorted(known)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (["wather"], "no kind of restriction 'wather'. Known kinds: .*flood_zone"),
        (["water", "water"], "names water twice"),
    ],
)
def test_a_wrong_order_is_refused(own: list[str], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        deduction_order(own, ["water", "flood_zone"])


def test_a_plan_that_has_ended_delays_nothing_whatever_day_it_names() -> None:
    rows = pd.DataFrame(
        {
            "legal_status": [4000, 5000, 2400, 5000],
            "in_force_on": [date(2030, 1, 1), date(2030, 1, 1), None, None],
        }
    )
    pending, _ = pending_plans(rows, DAY, DAY)
    assert pending.tolist() == [True, False, True, False]
