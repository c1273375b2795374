"""docs/imports.md names the columns as they are."""

import re
from pathlib import Path

import pytest

from geo_service.imports.catalogue import KINDS
from geo_service.imports.values import fold

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")


def tables() -> list[tuple[str, str, str]]:
    """Kind, column and headings of every row of a table of columns."""
    rows = []
    named = {fold(name): name for name in KINDS}
    for section in re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]:
        kind = named.get(fold(section.split("\n", 1)[0].split(" (")[0]))
        if kind:
            cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", section, flags=re.MULTILINE)
            rows += [(kind, columns, headings) for columns, headings in cells if columns != "column"]
    return rows


def parted(cell: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,/]", cell)]


@pytest.mark.parametrize(("kind", "columns", "headings"), tables())
def test_documented_headings_are_understood(kind: str, columns: str, headings: str) -> None:
    known = KINDS[kind].headings()
    names = {column.name for column in KINDS[kind].all_columns}
    assert set(parted(columns)) <= names
    for heading in parted(headings):
        assert heading == "as above" or known.find(heading) in parted(columns), heading


def test_every_kind_is_documented() -> None:
    assert {kind for kind, _, _ in tables()} == set(KINDS)


@pytest.mark.parametrize("name", list(KINDS))
def test_every_required_column_is_documented(name: str) -> None:
    documented = {column for kind, columns, _ in tables() if kind == name for column in parted(columns)}
    assert {column.name for column in KINDS[name].columns if column.required} <= documented
