from types import SimpleNamespace

import pytest

from geo_service.web.charts import sketch, stacked_columns, time_line, waterfall


def test_waterfall_leads_from_gross_to_net() -> None:
    items = [
        {"kind": "water", "effect": "excludes", "deduction_m2": 200.0, "estimated_m2": 0.0},
        {"kind": "line_clearance", "effect": "excludes", "deduction_m2": 300.0, "estimated_m2": 0.0},
        {"kind": "estimated_share", "effect": "reduces", "deduction_m2": 0.0, "estimated_m2": 100.0},
    ]
    bars = waterfall(1000, 500, items)
    assert [(bar.kind, bar.value_m2, bar.left_m2) for bar in bars] == [
        ("gross", 1000, 1000),
        ("deduction", 200, 800),
        ("deduction", 300, 500),
        ("net", 500, 500),
        ("estimate", 100, 400),
    ]
    assert [(bar.start, bar.width) for bar in bars] == [(0, 100), (80, 20), (50, 30), (0, 50), (40, 10)]


def test_waterfall_of_nothing() -> None:
    assert [bar.width for bar in waterfall(0, 0, [])] == [0, 0]


def test_an_item_without_figures_takes_nothing() -> None:
    assert [bar.value_m2 for bar in waterfall(100, 100, [{"note": "x"}])] == [100, 0, 100]


def test_time_line_with_open_ends() -> None:
    first, second = time_line([(0, 1000), (1000, None)])
    assert (first.start, first.open_end) == (0, False)
    assert second.open_end
    assert second.start == pytest.approx(first.width)
    assert second.start + second.width == pytest.approx(100)


def test_time_line_without_any_date() -> None:
    assert [span.width for span in time_line([(None, None)])] == [100]


def test_sketch_shows_the_view_with_north_up() -> None:
    row = SimpleNamespace(kind="subject", label="", path="M 0 0 L 50 -20 Z", width_m=200.0, height_m=100.0)
    empty = SimpleNamespace(kind="plot", label="x", path="", width_m=200.0, height_m=100.0)
    drawn = sketch([row, empty])
    assert drawn is not None
    assert drawn.view_box == "0 -100.0 200.0 100.0"
    assert drawn.shapes == (("subject", "", "M 0 0 L 50 -20 Z"),)
    assert drawn.scale_m == 50
    assert sketch([]) is None


def test_columns_stand_on_each_other_under_a_round_axis() -> None:
    chart = stacked_columns([(30, 10), (0, 0), (60, 17)])
    assert list(chart.marks) == [(0, 0), (20, 25), (40, 50), (60, 75), (80, 100)]
    left = [left for left, _ in chart.columns]
    assert left == pytest.approx([0, 100 / 3, 200 / 3])
    stacked = [edge for _, parts in chart.columns for part in parts for edge in part]
    assert stacked == pytest.approx([0, 37.5, 37.5, 12.5, 0, 0, 0, 0, 0, 75, 75, 21.25])


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (4, 4), (5, 6), (9, 10), (10, 10), (21, 30), (161, 200)]
)
def test_the_axis_holds_the_highest_column(highest: int, top: int) -> None:
    assert stacked_columns([(highest,)]).marks[-1] == (top, 100)
