"""Why a place has no better class: what is missing for the next one (pure).

Two ways lead to it: a stop that there is, nearer; or more departures at a stop in reach. Of each the least
that is needed is told. New lines and stops are scenarios, not this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Final

from geo_service.transit.methods import COUNTING, Method, ModeGroup
from geo_service.transit.windows import Window

SOUGHT_M: Final = 500.0
"""Stops this far beyond the reach of the method are looked at too."""


@dataclass(frozen=True)
class Served:
    """A stop, and one mode group that departs from it in the window.

    Parameters
    ----------
    stop
        Number of the stop.
    distance_m
        Straight line from the place, metres.
    group
        Key of the mode group.
    departures
        Departures per direction.
    headway_min
        Headway, minutes.
    node
        Counted as a rail node.
    """

    stop: int
    distance_m: float
    group: str
    departures: int
    headway_min: float
    node: bool


@dataclass(frozen=True)
class Nearer:
    """The next class needs this stop nearer.

    Parameters
    ----------
    served
        The stop, with the group that gives its category.
    limit_m
        Straight line at which it would give the class, metres.
    limit_included
        Whether exactly there is near enough.
    """

    served: Served
    limit_m: float
    limit_included: bool

    @property
    def missing_m(self) -> float:
        """How much nearer, metres."""
        return self.served.distance_m - self.limit_m


@dataclass(frozen=True)
class Denser:
    """The next class needs more departures of this group at this stop.

    Parameters
    ----------
    served
        The stop and group as it is.
    headway_min
        Longest headway that gives the class, minutes.
    headway_included
        Whether exactly that is short enough.
    more_departures
        Departures per direction missing; None where the method asks for the wait.
    """

    served: Served
    headway_min: float
    headway_included: bool
    more_departures: int | None


@dataclass(frozen=True)
class Better:
    """What is missing for the next class.

    Parameters
    ----------
    grade
        The next class.
    nearer, denser
        The least that would do; None: nothing of this kind would, within `SOUGHT_M` beyond the reach.
    """

    grade: str
    nearer: Nearer | None
    denser: Denser | None


def next_better(method: Method, grade: str | None, served: Sequence[Served], window: Window) -> Better | None:
    """Tell what is missing for the next class; None at the best one.

    Parameters
    ----------
    method
        The method's tables.
    grade
        Class of the place; None: none.
    served
        Stops and mode groups around the place, up to `SOUGHT_M` beyond the method's reach. Of equal ones the
        first counts.
    window
        The window that was counted.
    """
    rank = len(method.grades) if grade is None else method.grades.index(grade)
    if rank == 0:
        return None
    wanted = set(method.grades[:rank])
    nearer = [found for each in served if (found := _nearer(method, each, wanted)) is not None]
    denser = [more for each in served if (more := _denser(method, each, wanted, window)) is not None]
    return Better(
        grade=method.grades[rank - 1],
        nearer=min(nearer, key=lambda found: found.missing_m, default=None),
        denser=min(denser, key=_effort, default=None),
    )


def _effort(found: Denser) -> tuple[float, float]:
    """Order by what has to be added: departures, or the share of the headway that has to go."""
    if found.more_departures is None:
        return found.served.headway_min / found.headway_min, found.served.distance_m
    return found.more_departures, found.served.distance_m


def _cells(group: ModeGroup, node: bool) -> tuple[str | None, ...]:
    return (group.node_categories if node else None) or group.categories


def _group(method: Method, key: str) -> ModeGroup:
    return next(group for group in method.groups if group.key == key)


def _nearer(method: Method, served: Served, wanted: set[str]) -> Nearer | None:
    """Return how near a stop with its category must be; None when no distance would do."""
    band = int(method.headway.place(served.headway_min))
    category = [*_cells(_group(method, served.group), served.node), None][band]
    if category is None:
        return None
    good = [place for place, cell in enumerate(method.classes[category]) if cell in wanted]
    if not good:
        return None
    limit = method.distance.upper[good[-1]] / method.detour
    if served.distance_m - limit > SOUGHT_M:
        return None
    return Nearer(served, limit, method.distance.included[good[-1]])


def _denser(method: Method, served: Served, wanted: set[str], window: Window) -> Denser | None:
    """Return which headway a group must have at a stop as far as it is; None when none would do."""
    place = int(method.distance.place(served.distance_m * method.detour))
    if place == len(method.distance.upper):
        return None
    good = [
        band
        for band, category in enumerate(_cells(_group(method, served.group), served.node))
        if category is not None and method.classes[category][place] in wanted
    ]
    if not good:
        return None
    longest, included = method.headway.upper[good[-1]], method.headway.included[good[-1]]
    more = None
    if method.headway_kind == COUNTING:
        number = 0.0 if longest == inf else window.minutes / longest
        needed = ceil(number) if included else floor(number) + 1
        more = needed - served.departures
    return Denser(served, longest, included, more)
