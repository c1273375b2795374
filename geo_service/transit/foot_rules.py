"""Who may walk where: tags of OpenStreetMap and words of other street data, by the rules in data/walking."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from geo_service.imports.values import fold

SIDEWALK_KEYS: Final = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
GRADE: Final = re.compile(r"_grade\d$")
"""Geofabrik's shapefiles write the grade of a track into its class."""


@dataclass(frozen=True)
class FootRules:
    """The rules.

    Parameters
    ----------
    source
        Where they come from.
    walked, not_walked, not_there
        Classes of OpenStreetMap that people walk along, or do not; those of streets that are not there.
    sidewalks
        Values of sidewalk tags that make any street walkable.
    allowed, forbidden
        Values of foot and access tags.
    closed
        Barriers that nobody passes.
    lines_walked, lines_not_walked
        Classes of other street data, folded.
    """

    source: str
    walked: frozenset[str]
    not_walked: frozenset[str]
    not_there: frozenset[str]
    sidewalks: frozenset[str]
    allowed: frozenset[str]
    forbidden: frozenset[str]
    closed: frozenset[str]
    lines_walked: frozenset[str]
    lines_not_walked: frozenset[str]

    def walkable(self, tags: Mapping[str, str]) -> bool:
        """Tell whether people may walk along a way of OpenStreetMap; foot=* wins over all others."""
        if tags.get("highway", "") in self.not_there:
            return False
        foot = tags.get("foot", "")
        if foot in self.allowed or foot in self.forbidden:
            return foot in self.allowed
        if tags.get("access", "") in self.forbidden:
            return False
        if any(tags.get(key, "") in self.sidewalks for key in SIDEWALK_KEYS):
            return True
        return tags.get("highway", "") in self.walked or tags.get("railway") == "platform"

    def closes(self, tags: Mapping[str, str]) -> bool:
        """Tell whether a node of OpenStreetMap lets nobody pass on foot."""
        if "barrier" not in tags and "highway" not in tags:
            return False
        for key in ("foot", "access"):
            if tags.get(key, "") in self.allowed | self.forbidden:
                return tags[key] in self.forbidden
        return tags.get("barrier", "") in self.closed or tags.get("locked") == "yes"

    def class_walked(self, street_class: str) -> bool | None:
        """Tell whether people walk along a street of a class of other data; None: the class is not known."""
        plain = GRADE.sub("", street_class.strip().lower())
        if plain in self.walked | self.not_walked | self.not_there:
            return plain in self.walked
        folded = fold(street_class)
        if folded in self.lines_walked or folded in self.lines_not_walked:
            return folded in self.lines_walked
        return None


@dataclass(frozen=True)
class DetourFactor:
    """How much longer ways are than straight lines where streets are not known, and who says so."""

    factor: float
    source: str


@lru_cache(maxsize=1)
def foot_rules() -> FootRules:
    """Read ``data/walking/foot.toml``."""
    facts = _read("foot")
    ways, access, lines = facts["ways"], facts["access"], facts["lines"]
    return FootRules(
        source=facts["source"],
        walked=frozenset(ways["walked"]),
        not_walked=frozenset(ways["not_walked"]),
        not_there=frozenset(ways["not_there"]),
        sidewalks=frozenset(ways["sidewalks"]),
        allowed=frozenset(access["allowed"]),
        forbidden=frozenset(access["forbidden"]),
        closed=frozenset(facts["barriers"]["closed"]),
        lines_walked=frozenset(fold(word) for word in lines["walked"]),
        lines_not_walked=frozenset(fold(word) for word in lines["not_walked"]),
    )


@lru_cache(maxsize=1)
def detour() -> DetourFactor:
    """Read ``data/walking/detour.toml``."""
    facts = _read("detour")
    return DetourFactor(float(facts["factor"]), facts["source"])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("data") / "walking" / f"{name}.toml").read_text(encoding="utf-8"))
