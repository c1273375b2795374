"""Numbers of the charts: drawn by the templates as SVG, with a table behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CHART_WIDTH: Final = 100.0
"""Width of a chart in its own units: per cent of the largest value."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a waterfall.

    Parameters
    ----------
    kind
        ``gross``, ``deduction``, ``net`` or ``estimate``.
    item
        The stored item of the waterfall; None for the sums.
    value_m2
        Length of the bar, m².
    start, width
        Place in the chart, per cent of gross.
    left_m2
        What is left after this step, m².
    """

    kind: str
    item: dict[str, Any] | None
    value_m2: float
    start: float
    width: float
    left_m2: float


def waterfall(gross_m2: float, net_m2: float, items: Sequence[dict[str, Any]]) -> list[Bar]:
    """Lay out the way from gross to net, and the estimate inside the net area.

    Parameters
    ----------
    gross_m2, net_m2
        Areas, m².
    items
        Stored items in the order of deduction; ``deduction_m2`` leads from gross to net, ``estimated_m2`` is
        a part of the net area.
    """
    scale = CHART_WIDTH / gross_m2 if gross_m2 > 0 else 0.0
    bars = [Bar("gross", None, gross_m2, 0.0, gross_m2 * scale, gross_m2)]
    left = gross_m2
    for item in items:
        taken = float(item.get("deduction_m2") or 0.0)
        if item.get("effect") == "reduces" or (taken == 0 and item.get("estimated_m2")):
            continue
        left -= taken
        bars.append(Bar("deduction", item, taken, max(left, 0.0) * scale, taken * scale, max(left, 0.0)))
    bars.append(Bar("net", None, net_m2, 0.0, net_m2 * scale, net_m2))
    left = net_m2
    for item in items:
        estimated = float(item.get("estimated_m2") or 0.0)
        if estimated > 0:
            left -= estimated
            bars.append(
                Bar("estimate", item, estimated, max(left, 0.0) * scale, estimated * scale, max(left, 0.0))
            )
    return bars


@dataclass(frozen=True, slots=True)
class FlowBar:
    """One bar of a land balance: what there was, what came or went, what there is.

    Parameters
    ----------
    stage
        Opening, a flow or closing.
    kind
        ``stock``, ``plus`` or ``minus``.
    value_m2
        Area, m²; negative for what went.
    start, width
        Place in the chart, per cent of the largest value.
    """

    stage: str
    kind: str
    value_m2: float
    start: float
    width: float


def flow_bars(areas_m2: Mapping[str, float]) -> list[FlowBar]:
    """Lay a balance out as bars, each flow beginning where the one before ended.

    Parameters
    ----------
    areas_m2
        Area on offer by stage: opening, the flows, closing; flows without area are left out.
    """
    (first, opening), *flows, (last, closing) = areas_m2.items()
    level, levels = opening, [opening, closing]
    steps = []
    for stage, value in flows:
        if value:
            steps.append((stage, value, min(level, level + value)))
            level += value
            levels.append(level)
    largest = max(levels)
    scale = CHART_WIDTH / largest if largest > 0 else 0.0
    bars = [FlowBar(first, "stock", opening, 0.0, opening * scale)]
    for stage, value, start in steps:
        kind = "plus" if value > 0 else "minus"
        bars.append(FlowBar(stage, kind, value, start * scale, abs(value) * scale))
    return [*bars, FlowBar(last, "stock", closing, 0.0, closing * scale)]


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns over time.

    Parameters
    ----------
    columns
        One per point in time: left edge, and lower edge and height of each part from below; per cent of the
        width and of the height of the chart.
    width
        Width of a column, per cent.
    marks
        Values of the axis and their height, per cent; the last is the top.
    """

    columns: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]
    width: float
    marks: tuple[tuple[int, float], ...]


MARKS: Final = 4
"""Values of an axis at the most, without zero."""


def stacked_columns(values: Sequence[Sequence[int]]) -> Columns:
    """Lay out stacked columns, one after the other, under an axis of round numbers.

    Parameters
    ----------
    values
        Numbers of each column, from below; none negative.
    """
    highest = max((sum(parts) for parts in values), default=0)
    steps = (base * 10**power for power in range(9) for base in (1, 2, 5))
    step = next(step for step in steps if step * MARKS >= highest)
    top = step * max(-(-highest // step), 1)
    place = CHART_WIDTH / max(len(values), 1)
    columns = []
    for number, parts in enumerate(values):
        heights = [CHART_WIDTH * part / top for part in parts]
        lower = [sum(heights[:each]) for each in range(len(heights))]
        columns.append((number * place, tuple(zip(lower, heights, strict=True))))
    marks = tuple((value, CHART_WIDTH * value / top) for value in range(0, top + 1, step))
    return Columns(tuple(columns), place * 0.8, marks)


@dataclass(frozen=True, slots=True)
class Span:
    """A phase on a time line: start and width in per cent of the whole, and whether an end is open."""

    start: float
    width: float
    open_end: bool


def time_line(spans: Sequence[tuple[float | None, float | None]]) -> list[Span]:
    """Lay spans (day numbers, None: not known) out on one line.

    An open start begins with the earliest known day, an open end runs to the latest known day and a fifth
    beyond.
    """
    known = [day for span in spans for day in span if day is not None]
    if not known:
        return [Span(0.0, CHART_WIDTH, True) for _ in spans]
    low, high = min(known), max(known)
    high += max((high - low) / 5, 365.0)
    scale = CHART_WIDTH / (high - low)
    result = []
    for start, end in spans:
        first = low if start is None else start
        last = high if end is None else end
        result.append(Span((first - low) * scale, max((last - first) * scale, 1.0), end is None))
    return result


@dataclass(frozen=True, slots=True)
class Sketch:
    """A small map drawn by the server: SVG paths in metres, y downwards from the top of the view.

    Parameters
    ----------
    width_m, height_m
        Size of the view.
    shapes
        Kind, label and path data; the subject last.
    """

    width_m: float
    height_m: float
    shapes: tuple[tuple[str, str, str], ...]

    @property
    def view_box(self) -> str:
        """The view box of the SVG: PostGIS writes y negative upwards."""
        return f"0 {-self.height_m:.1f} {self.width_m:.1f} {self.height_m:.1f}"

    @property
    def scale_m(self) -> int:
        """A round length of about a quarter of the width, for the scale bar."""
        steps = [base * 10**power for power in range(5) for base in (1, 2, 5)]
        return max((step for step in steps if step <= self.width_m / 3), default=1)


def sketch(rows: Sequence[Any]) -> Sketch | None:
    """Build a sketch from rows of kind, label, path, width_m and height_m; None when nothing is drawn."""
    if not rows:
        return None
    shapes = tuple((row.kind, row.label, row.path) for row in rows if row.path)
    return Sketch(rows[0].width_m, rows[0].height_m, shapes)
