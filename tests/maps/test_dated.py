"""The land of any day: which days the slider offers, and how processes keep days for each other."""

from datetime import date
from pathlib import Path

from geo_service.availability.categories import APART
from geo_service.availability.presets import HORIZONS
from geo_service.web.dated_keep import DatedKeep
from maps.dated import CATEGORY_OF_CODE, FIRST, HORIZON_OF_CODE, DatedLand, DayTotal, days_to_choose

STORED = date(2026, 11, 26)
SOON = [date(2027, 1, 1), date(2027, 7, 1), date(2028, 1, 1), date(2028, 7, 1)]
LAND = DatedLand(date(2028, 1, 1), 7, bytes([2, 0, 0, 1]), (DayTotal("now", 1, 300.5, 200.25, 200.0),))
KEY = (LAND.day, True)


def test_days_are_half_years_then_years_until_nothing_changes_any_more() -> None:
    days = days_to_choose(STORED, None, date(2031, 5, 3))
    before = [date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)]
    assert days == [
        *before,
        STORED,
        *SOON,
        date(2029, 1, 1),
        *(date(year, 1, 1) for year in (2030, 2031, 2032)),
    ]


def test_days_begin_where_the_cadastre_does() -> None:
    assert days_to_choose(STORED, date(2025, 6, 1), None)[:2] == [date(2026, 1, 1), STORED]
    assert days_to_choose(STORED, STORED, None) == [STORED, *SOON, date(2029, 1, 1)]


def test_days_end_after_fifteen_years() -> None:
    assert days_to_choose(STORED, STORED, date(2100, 1, 1))[-1] == date(2041, 1, 1)


def test_first_day_of_a_half_year_is_not_offered_twice() -> None:
    days = days_to_choose(date(2027, 1, 1), None, None)
    assert days == sorted(set(days))
    assert date(2027, 1, 1) in days


def test_each_code_has_one_horizon_and_at_most_one_category() -> None:
    pairs = list(zip(HORIZON_OF_CODE[1:], CATEGORY_OF_CODE[1:], strict=True))
    assert len(set(pairs)) == len(pairs) == len(HORIZONS) * (1 + len(APART))
    assert FIRST + len(pairs) < 256
    assert pairs[0] == ("now", None)


def test_a_day_is_found_by_another_process(tmp_path: Path) -> None:
    DatedKeep(tmp_path / "kept").keep("aaa", KEY, LAND)
    other = DatedKeep(tmp_path / "kept")
    assert other.find("aaa", KEY) == LAND
    assert other.find("bbb", KEY) is None
    assert other.find("aaa", (LAND.day, False)) is None
    assert LAND.parcels == 2


def test_a_spoilt_file_is_not_believed(tmp_path: Path) -> None:
    keep = DatedKeep(tmp_path)
    keep.keep("aaa", KEY, LAND)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    assert DatedKeep(tmp_path).find("aaa", KEY) is None
    assert keep.find("aaa", KEY) == LAND


def test_where_nothing_can_be_written_the_process_keeps_days_itself(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    keep = DatedKeep(tmp_path / "taken")
    keep.keep("aaa", KEY, LAND)
    assert keep.find("aaa", KEY) == LAND


def test_only_so_many_files_stay(tmp_path: Path) -> None:
    keep = DatedKeep(tmp_path)
    for number in range(60):
        keep.keep(f"v{number}", KEY, LAND)
    assert len(list(tmp_path.iterdir())) == 48
