"""Grading methods: tables in ``data/transit_methods``, one file each, checked when read."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geo_service.errors import BadParameter, InvalidInput
from geo_service.transit.foot_rules import detour
from geo_service.transit.modes import Mode
from geo_service.transit.windows import Window, parse_window

NONE: Final = "-"
"""Printed where a table gives no category or class."""
COUNTING: Final = "counting"
"""Headway = length of the window / departures."""
WAITING: Final = "waiting"
"""Headway = twice the mean wait when coming at any time of the window (OeVGK18)."""


@dataclass(frozen=True)
class Bands:
    """Bands of a measure with explicit upper ends.

    Parameters
    ----------
    upper
        Upper end of each band, rising.
    included
        Whether the upper end itself still belongs to the band.
    """

    upper: tuple[float, ...]
    included: tuple[bool, ...]

    def place(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the band of each value, counted from 0; ``len(upper)`` beyond the last."""
        given = np.asarray(values, dtype=float)[..., None]
        upper, included = np.array(self.upper), np.array(self.included)
        place: npt.NDArray[np.int64] = ((given > upper) | ((given == upper) & ~included)).sum(axis=-1)
        return place


@dataclass(frozen=True)
class ModeGroup:
    """Modes whose departures are counted together.

    Parameters
    ----------
    key, name_de, name_en
        Identifier and names.
    modes
        Modes of the group.
    categories
        Category of each headway band; None: no category.
    node_categories
        The same at a rail node; None: nodes are not told apart.
    """

    key: str
    name_de: str
    name_en: str
    modes: frozenset[Mode]
    categories: tuple[str | None, ...]
    node_categories: tuple[str | None, ...] | None


@dataclass(frozen=True)
class Method:
    """A grading method.

    Parameters
    ----------
    key, name_de, name_en, source
        Identifier, names, where the table comes from.
    day_kind
        weekday, saturday or sunday: the reference day that is counted.
    window
        Time of day that is counted.
    headway
        Bands of the headway, minutes.
    headway_kind
        counting or waiting: how the headway is found.
    node_min_next_stops
        A rail stop with at least so many different next stops is a node; None: there are no nodes.
    node_modes
        A rail stop that one of these departs from is a node too.
    groups
        Mode groups, best first.
    distance
        Bands of the distance, metres: of the straight line, or of the way on foot.
    detour
        Where the way on foot counts: how many times the straight line it is taken to be; else 1.
    classes
        Category, best first, to the class in each distance band; None: no class.
    """

    key: str
    name_de: str
    name_en: str
    source: str
    day_kind: str
    window: Window
    headway: Bands
    headway_kind: str
    node_min_next_stops: int | None
    node_modes: frozenset[Mode]
    groups: tuple[ModeGroup, ...]
    distance: Bands
    detour: float
    classes: Mapping[str, tuple[str | None, ...]]

    @property
    def categories(self) -> tuple[str, ...]:
        """All categories, best first."""
        return tuple(self.classes)

    @property
    def grades(self) -> tuple[str, ...]:
        """All classes, best first."""
        return tuple(sorted({grade for row in self.classes.values() for grade in row if grade}))

    @property
    def radius_m(self) -> float:
        """Straight line beyond which no stop counts, metres."""
        return self.distance.upper[-1] / self.detour


def methods_folder() -> Path:
    """Return the folder that holds one file per method."""
    return Path(str(files("data"))) / "transit_methods"


def known_methods() -> tuple[str, ...]:
    """Return the keys of all methods, sorted."""
    return tuple(sorted(path.stem for path in methods_folder().glob("*.toml")))


@lru_cache(maxsize=32)
def load_method(key: str) -> Method:
    """Read a method by its key.

    Raises
    ------
    BadParameter
        When there is none of this name; the known ones are named.
    """
    if key not in known_methods():
        raise BadParameter(
            f"There is no grading method {key!r}. Known: {', '.join(known_methods())}.", parameter="method"
        )
    return read_method(methods_folder() / f"{key}.toml")


def read_method(path: Path) -> Method:
    """Read and check one method file.

    Raises
    ------
    InvalidInput
        Naming the file and what is wrong in it.
    """
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        method = _build(facts)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path.name} is no valid TOML: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"{path.name}: the key {error} is missing.") from error
    except ValueError as error:
        raise InvalidInput(f"{path.name}: {error}") from error
    wrong = _contradictions(method, path)
    if wrong:
        raise InvalidInput(f"{path.name}: {'; '.join(wrong)}.")
    return method


def _build(facts: dict[str, Any]) -> Method:
    node = facts.get("node")
    return Method(
        key=facts["key"],
        name_de=facts["name_de"],
        name_en=facts["name_en"],
        source=facts["source"],
        day_kind=facts["day_kind"],
        window=parse_window(facts["window"]),
        headway=Bands(tuple(facts["headway"]["upper_min"]), tuple(facts["headway"]["upper_included"])),
        headway_kind=facts["headway"].get("kind", COUNTING),
        node_min_next_stops=node["min_next_stops"] if node else None,
        node_modes=frozenset(Mode(mode) for mode in node.get("modes", ())) if node else frozenset(),
        groups=tuple(_group(group) for group in facts["groups"]),
        distance=Bands(tuple(facts["distance"]["upper_m"]), tuple(facts["distance"]["upper_included"])),
        detour=detour().factor if facts["distance"].get("on_foot", False) else 1.0,
        classes=MappingProxyType({name: _cells(row) for name, row in facts["classes"].items()}),
    )


def _group(facts: dict[str, Any]) -> ModeGroup:
    node = facts.get("node_categories")
    return ModeGroup(
        key=facts["key"],
        name_de=facts["name_de"],
        name_en=facts["name_en"],
        modes=frozenset(Mode(mode) for mode in facts["modes"]),
        categories=_cells(facts["categories"]),
        node_categories=_cells(node) if node else None,
    )


def _cells(row: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(None if cell == NONE else cell for cell in row)


def _contradictions(method: Method, path: Path) -> list[str]:
    """Name what does not fit together in a method."""
    rows = [row for group in method.groups for row in (group.categories, group.node_categories) if row]
    used = {category for row in rows for category in row if category}
    modes = [mode for group in method.groups for mode in group.modes]
    bands = (method.headway, method.distance)
    problems = {
        "key must be the name of the file": method.key != path.stem,
        "day_kind must be weekday, saturday or sunday": method.day_kind
        not in {"weekday", "saturday", "sunday"},
        "headway kind must be counting or waiting": method.headway_kind not in {COUNTING, WAITING},
        "upper ends must rise, one flag each": any(
            len(band.upper) != len(band.included) or list(band.upper) != sorted(set(band.upper))
            for band in bands
        ),
        "categories need one entry per headway band": any(
            len(row) != len(method.headway.upper) for row in rows
        ),
        "classes need one entry per distance band": any(
            len(row) != len(method.distance.upper) for row in method.classes.values()
        ),
        "every category needs a row of classes": not used <= set(method.classes),
        "a mode may be in one group only": len(modes) != len(set(modes)),
        "node categories need [node] min_next_stops": any(group.node_categories for group in method.groups)
        and method.node_min_next_stops is None,
    }
    return [text for text, holds in problems.items() if holds]
