"""Sentences of the ranking: figures, units, estimates, orientation values, unknown facts."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from geo_service.inquiries.candidates import CriterionName, Kind, Requirement
from geo_service.inquiries.reasons import (
    ACTUAL,
    CRITERIA_WORDS,
    OUTDATED,
    REQUIRED,
    Asked,
    State,
    explain,
)
from geo_service.web.language import words
from geo_service.web.vocabulary import LABELS
from geo_service.wording import ZONES

REQUIREMENT = Requirement(
    as_of=date(2026, 7, 1),
    area_min_m2=4000.0,
    area_max_m2=5000.0,
    uses=frozenset({"GE", "office"}),
    available_by=date(2027, 6, 30),
    grade_min=2,
    districts=frozenset({1}),
    rent_max_eur_month=1200.5,
    price_max_eur_per_m2=110.0,
)
ASKED = Asked(REQUIREMENT, ("A", "B", "C", "D"), ("Hörde", "Kreuzviertel"))
ROW: dict[str, Any] = {
    "area_m2": 4500.4,
    "is_estimate": False,
    "estimated_m2": None,
    "uses": ["GE"],
    "available_from": date(2027, 1, 1),
    "grade": "B",
    "stop": "Hafen",
    "distance_m": 320.4,
    "transit_stale": False,
    "district": "Hörde",
    "rent_eur_month": 950.0,
    "price_eur_per_m2": 100.0,
}

CASES: list[tuple[CriterionName, State, Kind, dict[str, Any], str, str]] = [
    (
        "area", "met", "parcel", {},
        "Fläche: 4.500 m² im Angebot; gesucht 4.000 bis 5.000 m².",
        "Area: 4,500 m² on offer; wanted 4,000 to 5,000 m².",
    ),
    (
        "area", "met", "plot", {"is_estimate": True},
        "Fläche: 4.500 m² (geschätzt); gesucht 4.000 bis 5.000 m².",
        "Area: 4,500 m² (estimate); wanted 4,000 to 5,000 m².",
    ),
    (
        "use", "near", "parcel", {"uses": ["GI"]},
        (
            "Nutzung passt fast: Industriegebiet (GI), nur mit Genehmigung oder nach Prüfung im Einzelfall; "
            "gesucht Gewerbegebiet (GE) oder Büro."
        ),
        (
            "Use almost fits: industrial area (GI), only with a permit or after an individual check; "
            "wanted commercial area (GE) or office."
        ),
    ),
    (
        "use", "unknown", "parcel", {"uses": None},
        "Nutzung ist nicht bekannt; gesucht Gewerbegebiet (GE) oder Büro.",
        "Use is not known; wanted commercial area (GE) or office.",
    ),
    (
        "date", "met", "parcel", {},
        "Verfügbar: ab 01.01.2027; gesucht bis 30.06.2027.",
        "Available: from 1 Jan 2027; wanted by 30 Jun 2027.",
    ),
    (
        "transit", "met", "parcel", {},
        "ÖV-Güteklasse: B (Hafen, 320 m); gesucht mindestens C.",
        "Public transport class: B (Hafen, 320 m); wanted at least C.",
    ),
    (
        "transit", "missed", "parcel", {"grade": None},
        "ÖV-Güteklasse passt nicht: keine Klasse; gewünscht mindestens C.",
        "Public transport class does not fit: no class; wished at least C.",
    ),
    (
        "district", "near", "parcel", {"district": "Brackel"},
        "Lage passt fast: Brackel; gesucht Hörde oder Kreuzviertel.",
        "Location almost fits: Brackel; wanted Hörde or Kreuzviertel.",
    ),
    (
        "rent", "met", "premises", {},
        "Nettokaltmiete: 950 € im Monat; gesucht höchstens 1.200,50 € im Monat.",
        "Net cold rent: 950 € a month; wanted at most 1,200.50 € a month.",
    ),
    (
        "transit", "met", "parcel", {"transit_stale": True},
        "ÖV-Güteklasse: B (Hafen, 320 m)" + OUTDATED.de + "; gesucht mindestens C.",
        "Public transport class: B (Hafen, 320 m)" + OUTDATED.en + "; wanted at least C.",
    ),
    (
        "rent", "met", "premises", {"rent_is_asked": True},
        "Angebotsmiete: 950 € im Monat; gesucht höchstens 1.200,50 € im Monat.",
        "Asking rent: 950 € a month; wanted at most 1,200.50 € a month.",
    ),
    (
        "price", "met", "plot", {},
        "Preis: 100 €/m²; gesucht höchstens 110 €/m².",
        "Price: 100 €/m²; wanted at most 110 €/m².",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "state", "kind", "changes", "german", "english"), CASES)
def test_sentences(
    name: CriterionName, state: State, kind: Kind, changes: dict[str, Any], german: str, english: str
) -> None:
    sentence = explain(name, state, ASKED, {**ROW, **changes}, kind)
    assert (sentence.de, sentence.en) == (german, english)


@pytest.mark.parametrize(
    ("changes", "german"),
    [
        ({"area_max_m2": None}, "mindestens 4.000 m²"),
        ({"area_min_m2": None}, "höchstens 5.000 m²"),
    ],
)
def test_one_sided_areas(changes: dict[str, Any], german: str) -> None:
    assert REQUIRED["area"](replace(ASKED, requirement=replace(REQUIREMENT, **changes))).de == german


def test_any_known_day() -> None:
    asked = replace(ASKED, requirement=replace(REQUIREMENT, available_by=date.max))
    assert REQUIRED["date"](asked).en == "on a known day"


def test_every_criterion_has_words() -> None:
    assert set(REQUIRED) == set(ACTUAL) == set(CRITERIA_WORDS)


def test_zones_are_called_as_on_pages() -> None:
    called = {
        key: (words("de").gettext(name), words("en").gettext(name)) for key, name in LABELS["zone"].items()
    }
    assert {key: (zone.de, zone.en) for key, zone in ZONES.items()} == called
