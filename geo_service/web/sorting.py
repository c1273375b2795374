"""Orders of the lists: their names in the address, the column that each belongs to, and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from geo_service.web.vocabulary import N_

REVERSED: Final = "-"
"""Before the name of an order: the other way round."""


@dataclass(frozen=True, slots=True)
class Sorts:
    """The orders of a list.

    Parameters
    ----------
    words
        German words by name in the address; the first one holds unless another is asked for.
    columns
        Name of the order by the column whose heading sorts.
    falling
        Orders that begin with the largest value.
    """

    words: Mapping[str, str]
    columns: Mapping[str, str]
    falling: frozenset[str] = frozenset()

    @property
    def usual(self) -> str:
        """The order that holds unless another is asked for."""
        return next(iter(self.words))

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Values and German words for a choice in a form; the usual order is left out of the address."""
        return [("" if name == self.usual else name, words) for name, words in self.words.items()]

    def read(self, asked: str | None) -> str:
        """Return the order that an address asks for; the usual one where there is no such."""
        return asked if asked is not None and asked in self.words else self.usual

    def next_of(self, column: str, current: str) -> str:
        """Return the order that the heading of a column leads to: its own, then the other way round."""
        name = self.columns[column]
        return REVERSED + name if current == name else name

    def direction(self, column: str, current: str) -> str | None:
        """Return how a list stands by a column, in the words of ``aria-sort``; None: by another one."""
        name = self.columns[column]
        if current.removeprefix(REVERSED) != name:
            return None
        return "descending" if (name in self.falling) != current.startswith(REVERSED) else "ascending"


LAND_SORTS: Final = Sorts(
    MappingProxyType(
        {
            "net": N_("größte angebotene Fläche zuerst"),
            "-net": N_("kleinste angebotene Fläche zuerst"),
            "from": N_("am frühesten verfügbar zuerst"),
            "-from": N_("am spätesten verfügbar zuerst"),
            "grade": N_("beste ÖV-Güteklasse zuerst"),
            "-grade": N_("schlechteste ÖV-Güteklasse zuerst"),
            "ground": N_("Brache vor grüner Wiese"),
            "-ground": N_("grüne Wiese vor Brache"),
        }
    ),
    MappingProxyType({"offered": "net", "available": "from", "transit": "grade", "ground": "ground"}),
    frozenset({"net"}),
)
PREMISES_SORTS: Final = Sorts(
    MappingProxyType(
        {
            "area": N_("kleinste Fläche zuerst"),
            "-area": N_("größte Fläche zuerst"),
            "since": N_("am längsten leer zuerst"),
            "-since": N_("am kürzesten leer zuerst"),
        }
    ),
    MappingProxyType({"area": "area", "status": "since"}),
)
RESTRICTION_SORTS: Final = Sorts(
    MappingProxyType(
        {
            "end": N_("endet zuerst"),
            "-end": N_("endet zuletzt"),
            "area": N_("größte Fläche zuerst"),
            "-area": N_("kleinste Fläche zuerst"),
            "kind": N_("in der Reihenfolge des Abzugs"),
            "-kind": N_("gegen die Reihenfolge des Abzugs"),
        }
    ),
    MappingProxyType({"kind": "kind", "end": "end", "area": "area"}),
    frozenset({"area"}),
)
INQUIRY_SORTS: Final = Sorts(
    MappingProxyType(
        {
            "open": N_("offene zuerst"),
            "-open": N_("erledigte zuerst"),
            "received": N_("neueste zuerst"),
            "-received": N_("älteste zuerst"),
            "area": N_("kleinste gesuchte Fläche zuerst"),
            "-area": N_("größte gesuchte Fläche zuerst"),
            "until": N_("am frühesten gebraucht zuerst"),
            "-until": N_("am spätesten gebraucht zuerst"),
        }
    ),
    MappingProxyType({"status": "open", "received": "received", "area": "area", "until": "until"}),
    frozenset({"received"}),
)
SITE_SORTS: Final = Sorts(
    MappingProxyType(
        {
            "name": N_("nach Namen"),
            "size": N_("größte zuerst"),
            "-size": N_("kleinste zuerst"),
            "next": N_("nächster Schritt zuerst"),
        }
    ),
    MappingProxyType({}),
)
