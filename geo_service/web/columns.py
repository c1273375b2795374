"""Columns of the lists of land and of vacancies: which there are, and which a visitor chose."""

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

PARAMETER: Final = "column"
"""Parameter of the address, repeated for each column."""


@dataclass(frozen=True, slots=True)
class ListColumns:
    """The columns of a list besides the name of each row.

    Parameters
    ----------
    vocabulary
        Vocabulary with their headings.
    every
        All of them, in the order in which they stand.
    usual
        Those that are shown unless others are chosen.
    numeric
        Those of numbers, set flush right.
    """

    vocabulary: str
    every: tuple[str, ...]
    usual: tuple[str, ...]
    numeric: frozenset[str]

    def chosen(self, values: QueryParams) -> tuple[str, ...]:
        """Return the chosen columns in their order; the usual ones where none, or none that there is."""
        wanted = set(values.getlist(PARAMETER))
        return tuple(name for name in self.every if name in wanted) or self.usual


LAND_COLUMNS: Final = ListColumns(
    "land_column",
    ("offered", "net", "gross", "piece", "category", "ground", "available", "transit", "stop", "use",
     "district", "key"),
    ("offered", "category", "available", "transit", "use", "district"),
    frozenset({"offered", "net", "gross", "piece"}),
)  # fmt: skip
PREMISES_COLUMNS: Final = ListColumns(
    "premises_column",
    ("area", "status", "use", "feature", "floor", "rent", "transit", "stop", "district", "quarter", "key"),
    ("area", "status", "use", "feature", "rent", "transit", "district"),
    frozenset({"area", "rent"}),
)
