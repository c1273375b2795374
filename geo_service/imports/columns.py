"""Columns that a kind of import knows, and how the headings of a file are matched to them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from geo_service.errors import ImportRejected, InvalidInput
from geo_service.imports.values import Cast, fold
from geo_service.wording import Sentence

TRUNCATED: Final = 10
"""Longest field name in a shapefile's table (dBase), characters."""
IGNORED: Final = frozenset({"importrow", "importfield", "importreason", "fid", "id", "objectid", "gmlid"})
"""Headings that never count: of reject files and of programs that number features."""


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a row of a file can say.

    Parameters
    ----------
    name
        Column of the table, or a name of the import alone: then it is used, not stored.
    cast
        Reads the text of the column into values.
    synonyms
        Headings it goes by, besides its name; upper and lower case, umlauts and punctuation do not matter.
    required
        The file must have it, and every row a value.
    empty
        What an empty cell is stored as.
    """

    name: str
    cast: Cast
    synonyms: tuple[str, ...] = ()
    required: bool = False
    empty: Any = None


class Headings:
    """The headings that the columns of one kind go by.

    Parameters
    ----------
    columns
        Columns of the kind.
    also_known
        Headings that suppliers write and the import has no use for.
    """

    def __init__(self, columns: Sequence[Column], also_known: Iterable[str] = ()) -> None:
        self.columns = columns
        self._unused = IGNORED | {fold(name) for name in also_known}
        self._whole: dict[str, str] = {}
        self._short: dict[str, str] = {}
        for column in columns:
            for spelling in (column.name, *column.synonyms):
                self._whole.setdefault(fold(spelling), column.name)
                self._short.setdefault(fold(spelling[:TRUNCATED]), column.name)

    def find(self, heading: str) -> str | None:
        """Return the column that a heading stands for; a heading of ten characters may be cut off."""
        plain = fold(heading)
        found = self._whole.get(plain)
        if found is None and len(heading) == TRUNCATED:
            found = self._short.get(plain)
        return found

    def score(self, headings: Iterable[str]) -> int:
        """Count how many columns of the kind the headings name."""
        return len({name for name in map(self.find, headings) if name})

    def match(self, headings: Sequence[str], wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Match the headings of a file.

        Parameters
        ----------
        headings
            Headings of the file.
        wanted
            Heading to column, as a person chose; wins over what is known. Empty: the heading is left out.

        Returns
        -------
        dict, list
            Column to heading; headings that nothing is known about.

        Raises
        ------
        ImportRejected
            When two headings mean the same column, or a required column is missing.
        InvalidInput
            When a chosen heading or column does not exist.
        """
        left_out = {heading for heading, column in wanted.items() if not column}
        headings = [heading for heading in headings if heading not in left_out]
        chosen = self._chosen(headings, {heading: column for heading, column in wanted.items() if column})
        found: dict[str, str] = {column: heading for heading, column in chosen.items()}
        unknown: list[str] = []
        for heading in headings:
            column = self.find(heading)
            if heading in chosen:
                continue
            if column is None:
                if fold(heading) not in self._unused:
                    unknown.append(heading)
            elif column in found and found[column] not in chosen:
                self._refuse_twice(column, found[column], heading)
            else:
                found.setdefault(column, heading)
        self._require(found, headings)
        return found, unknown

    def _chosen(self, headings: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
        names = {column.name for column in self.columns}
        for heading, column in wanted.items():
            if heading not in headings:
                said = Sentence(
                    f"Die Datei hat keine Spalte {heading!r}. Sie hat: {_listed(headings)}.",
                    f"The file has no column {heading!r}. It has: {_listed(headings)}.",
                )
                raise InvalidInput(said, parameter="columns")
            if column not in names:
                known = _listed(sorted(names))
                said = Sentence(
                    f"Es gibt keine Spalte {column!r}. Bekannt: {known}.",
                    f"There is no column {column!r}. Known: {known}.",
                )
                raise InvalidInput(said, parameter="columns")
        return dict(wanted)

    def _refuse_twice(self, column: str, first: str, second: str) -> None:
        said = Sentence(
            f"Die Spalten {first!r} und {second!r} der Datei bedeuten beide {column!r}. Bitte eine "
            "umbenennen, entfernen oder unter „Spalten“ abwählen (auf der Befehlszeile: --column "
            f"{first!r}={column}).",
            f"The columns {first!r} and {second!r} of the file both mean {column!r}. Rename or remove one, "
            f"or say which: --column {first!r}={column}.",
        )
        raise ImportRejected(said, code="column-twice")

    def _require(self, found: Mapping[str, str], headings: Sequence[str]) -> None:
        missing = [column for column in self.columns if column.required and column.name not in found]
        if missing:
            wanted = Sentence.join((_also_written(column) for column in missing), "; ")
            said = Sentence(
                f"Der Datei fehlt, was nötig ist ({len(missing)}): {wanted.de}. Sie hat: "
                f"{_listed(headings)}. Bitte eine Spalte umbenennen, oder unter „Spalten“ sagen, welche es "
                "ist (auf der Befehlszeile: --column ÜBERSCHRIFT=NAME).",
                f"The file lacks {len(missing)} column(s): {wanted.en}. It has: {_listed(headings)}. Rename "
                "a column, or say which one it is: --column HEADING=NAME.",
            )
            raise ImportRejected(said, code="column-missing", columns=[column.name for column in missing])


def _also_written(column: Column) -> Sentence:
    if not column.synonyms:
        return Sentence(column.name, column.name)
    others = ", ".join(column.synonyms[:4])
    return Sentence(f"{column.name} (auch {others})", f"{column.name} (also written {others})")


def _listed(names: Sequence[str], most: int = 40) -> str:
    """List names for a message, cut off where it gets long."""
    shown = ", ".join(name if len(name) <= TRUNCATED * 6 else name[:57] + "..." for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "") or "none"


def unknown_headings(headings: Sequence[str]) -> Sentence:
    """Say that columns of the file are not used."""
    listed = _listed(headings)
    return Sentence(f"Nicht verwendete Spalten: {listed}", f"Columns that are not used: {listed}")


Score = Callable[[Iterable[str]], int]
"""Counts how many of some headings are known."""
