"""Headings of files matched to columns."""

import pytest

from geo_service.errors import ImportRejected, InvalidInput
from geo_service.imports import values
from geo_service.imports.catalogue import KINDS
from geo_service.imports.columns import Column, Headings

HEADINGS = Headings(
    [
        Column("official_area_m2", values.number(), ("Amtliche Fläche", "flaeche")),
        Column("restriction_key", values.text(9), ("Schlüssel",), required=True),
    ],
    also_known=["oid"],
)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("FLAECHE", "official_area_m2"), ("Amtliche  Fläche:", "official_area_m2"),
        ("amtliche_flaeche", "official_area_m2"), ("Amtliche Fla\u0308che", "official_area_m2"),
        ("official_area_m²", "official_area_m2"),
        ("official_a", "official_area_m2"), ("restrictio", "restriction_key"),
        ("SCHLUESSEL", "restriction_key"),
        ("fläch", None), ("", None), ("Fläche (alt)", None),
    ],
)  # fmt: skip
def test_spellings(heading: str, column: str | None) -> None:
    assert HEADINGS.find(heading) == column


def test_unknown_headings_are_told_and_known_useless_ones_are_not() -> None:
    assert HEADINGS.match(["Schlüssel", "oid", "gml_id", "Farbe"], {}) == (
        {"restriction_key": "Schlüssel"},
        ["Farbe"],
    )


def test_two_headings_of_one_meaning_are_refused() -> None:
    with pytest.raises(ImportRejected, match="both mean 'official_area_m2'") as caught:
        HEADINGS.match(["Schlüssel", "Fläche", "Flaeche"], {})
    assert "'Fläche'" in caught.value.detail
    found, _ = HEADINGS.match(["Schlüssel", "Fläche", "Flaeche"], {"Flaeche": "official_area_m2"})
    assert found["official_area_m2"] == "Flaeche"


def test_a_missing_column_is_named_with_what_it_may_be_called() -> None:
    with pytest.raises(ImportRejected, match="restriction_key") as caught:
        HEADINGS.match(["Fläche"], {})
    assert "Schlüssel" in caught.value.detail
    assert caught.value.extra["columns"] == ["restriction_key"]


def test_a_choice_must_name_what_exists() -> None:
    with pytest.raises(InvalidInput, match="no column 'Farbe'"):
        HEADINGS.match(["Schlüssel"], {"Farbe": "restriction_key"})
    with pytest.raises(InvalidInput, match="no column 'colour'"):
        HEADINGS.match(["Schlüssel"], {"Schlüssel": "colour"})


@pytest.mark.parametrize("name", list(KINDS))
def test_no_spelling_of_a_kind_means_two_columns(name: str) -> None:
    owners: dict[str, str] = {}
    for column in KINDS[name].all_columns:
        for spelling in (column.name, *column.synonyms):
            assert owners.setdefault(values.fold(spelling), column.name) == column.name, spelling
