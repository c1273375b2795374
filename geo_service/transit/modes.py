"""What kind of vehicle a GTFS route type stands for, and which German lines are typed wrongly."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """Vehicle as a passenger tells it apart; methods put modes into groups of their own."""

    LONG_DISTANCE = "long_distance"
    RAIL = "rail"
    METRO = "metro"
    TRAM = "tram"
    BUS = "bus"
    SHIP = "ship"
    FUNICULAR = "funicular"
    CABLE = "cable"
    OTHER = "other"


class LineKind(StrEnum):
    """What a line of a scenario is beside the lines of today."""

    NEW = "new"
    PROLONGED = "prolonged"
    EXISTING = "existing"


BASIC_TYPES: Final[dict[int, Mode]] = {
    0: Mode.TRAM,
    1: Mode.METRO,
    2: Mode.RAIL,
    3: Mode.BUS,
    4: Mode.SHIP,
    5: Mode.TRAM,
    6: Mode.CABLE,
    7: Mode.FUNICULAR,
    11: Mode.BUS,
    12: Mode.METRO,
}
"""Route types of the GTFS reference (route_type of routes.txt)."""

EXTENDED_TYPES: Final[tuple[tuple[int, int, Mode], ...]] = (
    (100, 100, Mode.RAIL),
    (101, 103, Mode.LONG_DISTANCE),
    (104, 104, Mode.RAIL),
    (105, 105, Mode.LONG_DISTANCE),
    (106, 117, Mode.RAIL),
    (200, 209, Mode.BUS),
    (400, 405, Mode.METRO),
    (700, 716, Mode.BUS),
    (800, 800, Mode.BUS),
    (900, 906, Mode.TRAM),
    (1000, 1000, Mode.SHIP),
    (1200, 1200, Mode.SHIP),
    (1300, 1307, Mode.CABLE),
    (1400, 1402, Mode.FUNICULAR),
)
"""Extended route types, first and last of each span (Google Transit, "Extended GTFS Route Types")."""

LONG_DISTANCE_LINE: Final = re.compile(
    r"^(?:ICE|IC|ECE|EC|EN|NJ|RJX|RJ|TGV|THA|EST|FLX|WB|ICN|D)(?=$|[\s\d])", re.IGNORECASE
)
"""Lines of national or international long-distance trains, by their product letters."""

UNDERGROUND_LINE: Final = re.compile(r"^U\s?\d{1,2}$", re.IGNORECASE)
SUBURBAN_LINE: Final = re.compile(r"^S\s?\d{1,2}$", re.IGNORECASE)
REGIONAL_LINE: Final = re.compile(r"^(?:RE|RB|IRE)\s?\d{1,3}[a-z]?$", re.IGNORECASE)
BUS_LINE: Final = re.compile(r"^(?:BB|SB|NE|AST|TB)\s?\d{1,3}$", re.IGNORECASE)
"""Bürgerbus, Schnellbus, NachtExpress, Anruf-Sammel-Taxi, TaxiBus."""
EXPRESS_TRAIN: Final = re.compile(r"^(?:ICE|IC|ECE|EC|RJX?|TGV|NJ)\s?\d", re.IGNORECASE)
"""Trains that no bus is called after."""
NUMBER: Final = re.compile(r"^\d{1,3}$")
REPLACEMENT_BUS: Final = 714
RAIL_BOUND: Final = frozenset({Mode.LONG_DISTANCE, Mode.RAIL, Mode.METRO, Mode.TRAM})
EXTENDED_RAIL: Final = range(100, 118)


def mode_of(route_type: int, line: str) -> Mode:
    """Return the mode of a route.

    Parameters
    ----------
    route_type
        GTFS ``route_type``, basic or extended.
    line
        Line as passengers know it; tells long-distance trains apart, which the basic types do not.
    """
    mode = BASIC_TYPES.get(route_type) or next(
        (mode for first, last, mode in EXTENDED_TYPES if first <= route_type <= last), Mode.OTHER
    )
    if mode is Mode.RAIL and LONG_DISTANCE_LINE.match(line):
        return Mode.LONG_DISTANCE
    return mode


def typing_warnings(routes: Iterable[tuple[int, str]]) -> list[str]:
    """Describe lines whose name contradicts their type; the type of the feed is kept.

    Parameters
    ----------
    routes
        Route type and line of each route.

    Notes
    -----
    The mistakes are those reported of German feeds: U-Bahn and S-Bahn as bus or tram, buses as regional train
    (106) or U-Bahn, one Stadtbahn line as tram and as U-Bahn.
    Source: mfdz/GTFS-Issues 38, 127, 139, 144, 167, 297, 314.
    """
    wrong: dict[str, set[str]] = {}
    underground: dict[str, set[int]] = {}
    for route_type, line in routes:
        if UNDERGROUND_LINE.match(line):
            underground.setdefault(line, set()).add(route_type)
        what = _contradiction(route_type, line)
        if what:
            wrong.setdefault(what, set()).add(line)
    for line, types in underground.items():
        if len({mode_of(route_type, line) for route_type in types}) > 1:
            several = ", ".join(str(route_type) for route_type in sorted(types))
            what = f"one U-Bahn or Stadtbahn line typed in several ways ({several})"
            wrong.setdefault(what, set()).add(line)
    return [f"{what}: {', '.join(sorted(lines))}" for what, lines in sorted(wrong.items())]


def _contradiction(route_type: int, line: str) -> str | None:
    """Say what is wrong with the type of one line; None: nothing is seen."""
    mode, is_train = mode_of(route_type, line), route_type != REPLACEMENT_BUS
    numbered = NUMBER.match(line) and route_type in EXTENDED_RAIL
    found = {
        "U-Bahn or Stadtbahn": UNDERGROUND_LINE.match(line) and mode in {Mode.BUS, Mode.SHIP, Mode.OTHER},
        "S-Bahn": is_train and SUBURBAN_LINE.match(line) and mode in {Mode.METRO, Mode.TRAM, Mode.BUS},
        "regional train": is_train and REGIONAL_LINE.match(line) and mode is not Mode.RAIL,
        "long-distance train": is_train and EXPRESS_TRAIN.match(line) and mode is Mode.BUS,
        "bus line": numbered or (BUS_LINE.match(line) and mode in RAIL_BOUND),
    }
    what = next((kind for kind, wrong in found.items() if wrong), None)
    if what is None:
        return f"unknown route type {route_type}" if mode is Mode.OTHER else None
    return f"{what} typed as {mode} ({route_type})"
