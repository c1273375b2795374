from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from geo_service.web.filters import (
    ALL_HORIZONS,
    BAD_CHOICE,
    BAD_DATE,
    BAD_NUMBER,
    BAD_RANGE,
    KNOWN_HORIZONS,
    LandFilter,
    PremisesFilter,
    loosened,
    parse_number,
    read_land_filter,
    read_premises_filter,
)
from geo_service.web.formats import Formats


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4000", 4000),
        ("4.000", 4000),
        ("4,000", 4000),
        ("4,5", 4.5),
        ("4.5", 4.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("4 000", 4000),
        ("4000 m²", 4000),
        ("", None),
        ("abc", None),
        ("-5", None),
        ("1e9", None),
        ("٤٠٠٠", None),
        ("1.2.3", None),
        (",", None),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float | None) -> None:
    assert parse_number(text) == value


@given(st.integers(0, 10**9), st.sampled_from(["de", "en"]))
def test_a_number_shown_can_be_entered_again(number: int, language: str) -> None:
    shown = Formats(language).number(number)  # type: ignore[arg-type]  # one of the two
    assert parse_number(shown) == number


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    value = parse_number(text)
    assert value is None or value >= 0


def test_land_filter_is_read() -> None:
    query = "area_min=4.000&horizon=now&horizon=short&grade=C&district=hoerde&use=GE&sort=from"
    conditions, errors = read_land_filter(QueryParams(query))
    assert errors == {}
    assert conditions == LandFilter(
        area_min_m2=4000,
        horizon=("now", "short"),
        grade="C",
        district=("hoerde",),
        use=("GE",),
        sort="from",
    )


def test_the_latest_horizon_takes_in_what_is_free_sooner() -> None:
    assert read_land_filter(QueryParams("horizon_max=short"))[0].horizon == ("now", "short")
    assert read_land_filter(QueryParams("horizon_max=now"))[0].horizon == ("now",)
    assert read_land_filter(QueryParams("horizon_max=short&horizon=mid"))[0].horizon == ("mid",)


def test_the_day_of_need_is_read() -> None:
    assert read_land_filter(QueryParams("by=2028-03-31"))[0].by == date(2028, 3, 31)
    assert read_land_filter(QueryParams("by=bald"))[1] == {"by": BAD_DATE}


def test_at_first_all_horizons_with_a_known_date_are_wanted() -> None:
    assert read_land_filter(QueryParams(""))[0].horizon == KNOWN_HORIZONS
    assert set(ALL_HORIZONS) - set(KNOWN_HORIZONS) == {"undetermined"}


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("area_min=viel", {"area_min": BAD_NUMBER}),
        ("area_min=9e99", {"area_min": BAD_NUMBER}),
        ("area_min=500&area_max=400", {"area_max": BAD_RANGE}),
        ("horizon=morgen", {"horizon": BAD_CHOICE}),
        ("grade=Z&sort=schoen", {"grade": BAD_CHOICE, "sort": BAD_CHOICE}),
        ("use=GE&use=XX", {"use": BAD_CHOICE}),
    ],
)
def test_wrong_fields_are_named_and_left_out(query: str, errors: dict[str, str]) -> None:
    conditions, found = read_land_filter(QueryParams(query))
    assert found == errors
    assert conditions.area_max_m2 is None
    assert conditions.grade is None
    assert set(conditions.use) <= {"GE"}


def test_premises_filter_is_read() -> None:
    query = "use=retail&feature=water&feature=storage&status=vacant&ground_floor=1&quarter=city&sort=since"
    conditions, errors = read_premises_filter(QueryParams(query))
    assert errors == {}
    assert conditions == PremisesFilter(
        use=("retail",),
        feature=("water", "storage"),
        status=("vacant",),
        ground_floor=True,
        quarter=("city",),
        sort="since",
    )


def test_loosening_drops_one_condition_at_a_time() -> None:
    conditions = LandFilter(area_min_m2=100, grade="B", horizon=("now",))
    looser = loosened(conditions)
    assert looser == {
        "area_min_m2": LandFilter(grade="B", horizon=("now",)),
        "grade": LandFilter(area_min_m2=100, horizon=("now",)),
        "horizon": LandFilter(area_min_m2=100, grade="B", horizon=ALL_HORIZONS),
    }


def test_order_is_no_condition() -> None:
    assert loosened(PremisesFilter(sort="since")) == {}
