"""Colours, line widths and patterns of maps, legends, badges and charts: the one place that names them.

The colours of the horizons are those of Okabe and Ito (safe for colour-blind eyes); transit classes are a
sequential ramp in which dark is good. ``as_script`` hands them to the browser, ``stylesheet`` to the pages.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Fill:
    """How an area is drawn.

    Parameters
    ----------
    color
        Fill, as #RRGGBB.
    on_color
        Text upon the fill, with a contrast of at least 4.5 : 1.
    hatched
        Whether stripes lie over the fill, so that it can be told apart in print.
    """

    color: str
    on_color: str
    hatched: bool = False


HORIZONS: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "now": Fill("#009E73", "#000000"),
        "short": Fill("#56B4E9", "#000000"),
        "mid": Fill("#E69F00", "#000000"),
        "long": Fill("#D55E00", "#000000"),
        "undetermined": Fill("#999999", "#000000", hatched=True),
    }
)
"""Fill per horizon. Source: Okabe and Ito, Color Universal Design (2008)."""

APART: Final[Mapping[str, Fill]] = MappingProxyType(
    {"in_use": Fill("#E8E6E1", "#000000"), "unknown": Fill("#FFFFFF", "#000000", hatched=True)}
)
"""Fill of what is not on offer, per category: pale, so that the land on offer stands out."""

GRADES: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "A": Fill("#08306B", "#FFFFFF"),
        "B": Fill("#2171B5", "#FFFFFF"),
        "C": Fill("#6BAED6", "#000000"),
        "D": Fill("#BDD7E7", "#000000"),
        "E": Fill("#DEEBF7", "#000000"),
        "F": Fill("#EFF3FF", "#000000"),
        "G": Fill("#F7FBFF", "#000000"),
        "none": Fill("#FFFFFF", "#000000"),
    }
)
"""Fill per transit class, dark is good; ``none``: below the lowest class. Source: ColorBrewer Blues."""

REACH: Final[Mapping[int, Fill]] = MappingProxyType(
    {15: Fill("#00441B", "#FFFFFF"), 30: Fill("#41AB5D", "#000000"), 45: Fill("#C7E9C0", "#000000")}
)
"""Fill per isochrone, minutes: dark is near. Source: ColorBrewer Greens."""

SHARES: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "1": Fill("#F2F0F7", "#000000"),
        "2": Fill("#CBC9E2", "#000000"),
        "3": Fill("#9E9AC8", "#000000"),
        "4": Fill("#756BB1", "#FFFFFF"),
        "5": Fill("#54278F", "#FFFFFF"),
    }
)
"""Fill per class of a district's land, fifths of the largest: dark is much. Source: ColorBrewer Purples."""

VACANCIES: Final[Mapping[str, str]] = MappingProxyType(
    {"vacant": "#C2007A", "threatened": "#C2007A", "temporary_use": "#7A5195"}
)
"""Ring colour per state of premises; threatened ones have a dashed ring."""


@dataclass(frozen=True, slots=True)
class Line:
    """How an outline is drawn: colour #RRGGBB, width in pixels, dash pattern in pixels."""

    color: str
    width_px: float
    dash: str = ""
    fill_opacity: float = 0.0


LINES: Final[Mapping[str, Line]] = MappingProxyType(
    {
        "boundary": Line("#171A2B", 2.5, "8 4"),
        "districts": Line("#5A5E78", 1.2, "3 4"),
        "streets": Line("#8A8D9B", 1.6),
        "side_streets": Line("#B9BBC8", 0.7),
        "rail": Line("#5C4A3D", 2.2),
        "tram": Line("#8C6D4F", 1.2, "1 3"),
        "water": Line("#4A90C2", 1.0, "", 0.45),
        "sites": Line("#3B1F7A", 3.0, "", 0.06),
        "parcels": Line("#171A2B", 0.4),
        "selected": Line("#000000", 4.0),
    }
)
"""Outline per layer."""

STOP_COLOR: Final = "#171A2B"
PLANNED_COLOR: Final = "#B3005E"
"""New stops and lines of a scenario."""
PARCEL_OPACITY: Final = 0.72


def as_script() -> dict[str, Any]:
    """Return all styles for the map's script."""
    return {
        "horizon": {key: asdict(fill) for key, fill in {**HORIZONS, **APART}.items()},
        "grade": {key: asdict(fill) for key, fill in GRADES.items()},
        "reach": {str(minutes): asdict(fill) for minutes, fill in REACH.items()},
        "shares": {key: asdict(fill) for key, fill in SHARES.items()},
        "vacancies": dict(VACANCIES),
        "lines": {key: asdict(line) for key, line in LINES.items()},
        "stop": STOP_COLOR,
        "planned": PLANNED_COLOR,
        "opacity": PARCEL_OPACITY,
    }


def stylesheet() -> str:
    """Return the classes of legends, badges, markers and charts, made from the same colours."""
    rules = ["/* made from maps/styles.py */"]
    for group, fills in (("horizon", {**HORIZONS, **APART}), ("grade", GRADES), ("share", SHARES)):
        for key, fill in fills.items():
            rules.extend(_fill_rules(f"{group}-{key}", fill))
    for minutes, fill in REACH.items():
        rules.extend(_fill_rules(f"reach-{minutes}", fill))
    rules.extend(_vacancy_rule(key, color) for key, color in VACANCIES.items())
    rules.extend(_line_rule(key, line) for key, line in LINES.items())
    rules.append(f".stop-dot {{ border-color: {STOP_COLOR}; }}")
    rules.append(f".stop-dot--planned {{ border-color: {PLANNED_COLOR}; }}")
    return "\n".join(rules) + "\n"


def _fill_rules(name: str, fill: Fill) -> list[str]:
    """Return background, text and chart fill of one colour."""
    stripes = (
        " background-image: repeating-linear-gradient(45deg, rgb(0 0 0 / 0.35) 0 2px, transparent 2px 6px);"
        if fill.hatched
        else ""
    )
    return [
        f".swatch--{name} {{ background-color: {fill.color};{stripes} }}",
        f".badge--{name} {{ background-color: {fill.color}; color: {fill.on_color}; }}",
        f".bar--{name} {{ fill: {fill.color}; }}",
    ]


def _vacancy_rule(key: str, color: str) -> str:
    """Return the ring of a marker and of its legend entry, and the bar of a chart with its own."""
    dash = " border-style: dashed;" if key == "threatened" else ""
    ring = f".vacancy--{key}, .swatch--vacancy-{key} {{ border-color: {color};{dash} }}"
    bar, swatch = (
        f".bar--vacancy-{key} {{ fill: {color}; }}",
        f".key--vacancy-{key} {{ background-color: {color}; }}",
    )
    return f"{ring}\n{bar}\n{swatch}"


def _line_rule(key: str, line: Line) -> str:
    """Return the line of a legend entry."""
    kind = "dashed" if line.dash else "solid"
    return f".swatch.swatch--{key} {{ border-top: {max(line.width_px, 2):g}px {kind} {line.color}; }}"
