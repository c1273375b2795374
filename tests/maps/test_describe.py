from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from geo_service.web.speaker import PageSpeaker
from maps.describe import (
    LONGEST_TITLE,
    describe_district,
    describe_parcel,
    describe_site,
    describe_stop,
    describe_vacancy,
    shortened,
    uses_with_areas,
)

DE, EN = PageSpeaker("de"), PageSpeaker("en")


def parcel(**changes: Any) -> Any:
    facts: dict[str, Any] = {
        "key": "051249003001230004__",
        "gemarkung": "Bodelschwingh",
        "flur": 3,
        "numerator": 123,
        "denominator": 4,
        "location_text": "Speicherstraße 12",
        "is_demo": False,
        "gross_m2": 5000.0,
        "net_m2": 4200.4,
        "offered_m2": 4200.4,
        "horizon": "short",
        "available_from": date(2028, 3, 1),
        "as_of": date(2026, 11, 24),
        "stale": False,
        "offered": True,
        "category": "vacant",
        "category_rule": "nothing_stands_there",
        "chain": [{"kind": "contamination", "free_from": "2028-03-01"}],
        "items": [{"kind": "water", "deduction_m2": 799.6}],
        "grade": "B",
        "stop": "Hafen",
        "distance_m": 233.4,
        "transit_stale": False,
        "zone": "GE",
        "actual_use": "Industrie- und Gewerbefläche;12566|Weg;40",
    }
    return SimpleNamespace(**{**facts, **changes})


def lines(item: Any) -> dict[str, str]:
    return dict(item.lines)


def test_parcel_answers_what_how_much_from_when_how_near_and_why() -> None:
    item = describe_parcel(parcel(), DE)
    assert (item.title, item.subtitle) == ("Speicherstraße 12", "Bodelschwingh, Flur 3, Flurstück 123/4")
    assert lines(item) == {
        "Was": "Gewerbegebiet",
        "Wie viel": "4.200\u202fm² netto von 5.000\u202fm²",
        "Ab wann": "01.03.2028",
        "Wie nah": "ÖV-Güteklasse B: Hafen, 233\u202fm Luftlinie",
        "Warum": "Altlast, frei ab 01.03.2028",
        "Berechnet für": "24.11.2026",
    }
    assert item.href == "/flaechen/051249003001230004__"


def test_slivers_are_not_offered() -> None:
    told = lines(describe_parcel(parcel(offered_m2=4100.0), DE))["Wie viel"]
    assert told == "4.100\u202fm² ohne Splitter (netto 4.200\u202fm²) von 5.000\u202fm²"


def test_parcel_in_english() -> None:
    assert lines(describe_parcel(parcel(), EN)) == {
        "What": "commercial area",
        "How much": "4,200\u202fm² net of 5,000\u202fm²",
        "From when": "1 Mar 2028",
        "How near": "transit class B: Hafen, 233\u202fm in a straight line",
        "Why": "contamination, free from 1 Mar 2028",
        "Computed for": "24 Nov 2026",
    }


def test_unknown_is_said_and_never_zero() -> None:
    item = describe_parcel(
        parcel(
            zone=None,
            actual_use="",
            horizon="undetermined",
            available_from=None,
            grade=None,
            chain=[{"kind": "sold"}],
        ),
        DE,
    )
    assert lines(item)["Was"] == "unbekannt"
    assert lines(item)["Ab wann"] == "unbekannt"
    assert lines(item)["Wie nah"] == "ohne ÖV-Güteklasse"
    assert lines(item)["Warum"] == "belegt oder nicht angeboten, Ende unbekannt"


def test_without_plan_the_actual_use_is_told_without_areas() -> None:
    assert lines(describe_parcel(parcel(zone=None), DE))["Was"] == "Industrie- und Gewerbefläche; Weg"


def test_a_parcel_in_use_says_what_for_instead_of_a_date() -> None:
    facts = {"offered": False, "category": "in_use", "category_rule": "traffic_or_water", "horizon": "now"}
    street = parcel(**facts, chain=[], actual_use="Straßenverkehr;600|Weg / Fußweg;40")
    told = lines(describe_parcel(street, DE))
    assert told["Ab wann"] == "nicht im Angebot: in Nutzung: Straßenverkehr; Weg, Fußweg"
    assert told["Warum"] == "Die Fläche dient dem Verkehr oder ist Gewässer."
    assert describe_parcel(street, DE).badge == ("badge--horizon-in_use", "in Nutzung")
    assert lines(describe_parcel(street, EN))["Why"] == "The land serves traffic or is water."
    works = parcel(**facts, chain=[], actual_use="Industrie- und Gewerbefläche / Gewerbe;600")
    assert lines(describe_parcel(works, EN))["From when"] == (
        "not on offer: in use: industrial and commercial area, commerce"
    )
    unassessed = parcel(offered=None, category=None, category_rule=None, chain=[])
    assert lines(describe_parcel(unassessed, DE))["Ab wann"] == "nicht im Angebot: nicht bekannt"
    assert describe_parcel(unassessed, DE).badge == ("badge--horizon-unknown", "nicht bekannt")


def test_parcel_without_availability_says_so() -> None:
    item = describe_parcel(parcel(horizon=None, net_m2=None, gross_m2=None, chain=None, items=None), DE)
    assert lines(item)["Wie viel"] == "noch nicht berechnet"
    assert "Warum" not in lines(item)
    assert item.badge is None


def test_what_an_owner_wants_is_not_told() -> None:
    item = describe_parcel(parcel(chain=[{"kind": "owner_unwilling", "free_from": None}]), DE)
    assert lines(item)["Warum"] == "belegt oder nicht angeboten, Ende unbekannt"


def test_without_delay_the_largest_deduction_is_the_reason() -> None:
    items = [{"kind": "water", "deduction_m2": 10.0}, {"kind": "line_clearance", "deduction_m2": 789.6}]
    assert lines(describe_parcel(parcel(chain=[], items=items), DE))["Warum"] == (
        "Abzug: Leitungsabstand, 790\u202fm²"
    )
    nothing = describe_parcel(parcel(chain=[], items=[], horizon="now"), DE)
    assert lines(nothing)["Warum"] == "keine Restriktion, keine Belegung"
    assert lines(nothing)["Ab wann"] == "sofort"


def test_parcel_without_flur_or_street_is_named_by_its_number() -> None:
    item = describe_parcel(parcel(flur=None, denominator=None, location_text=""), DE)
    assert item.title == "Bodelschwingh, Flurstück 123"


def vacancy(**changes: Any) -> Any:
    facts: dict[str, Any] = {
        "key": "L 0/1",
        "name": "Alte Buchhandlung",
        "street": "Kampstraße",
        "house_number": "21 a",
        "area_m2": 80.0,
        "permitted_uses": ["retail", "craft"],
        "status": "vacant",
        "previous_use": "retail",
        "since": date(2026, 1, 1),
        "asking_rent_eur_month": Decimal(900),
        "grade": None,
        "transit_stale": False,
        "is_demo": True,
    }
    return SimpleNamespace(**{**facts, **changes})


def test_vacancy_shows_the_asking_rent_only_where_there_is_one() -> None:
    assert lines(describe_vacancy(vacancy(), DE))["Miete im Monat"] == "900\u202f€"
    assert lines(describe_vacancy(vacancy(asking_rent_eur_month=None), DE))["Miete im Monat"] == "auf Anfrage"


def test_vacancy_says_why_and_since_when() -> None:
    assert lines(describe_vacancy(vacancy(), DE))["Warum"] == "leer, davor: Einzelhandel"
    assert lines(describe_vacancy(vacancy(), DE))["Seit wann"] == "01.01.2026"
    coming = lines(describe_vacancy(vacancy(status="threatened", previous_use=""), DE))
    assert coming["Warum"] == "Leerstand droht"
    assert coming["Ab wann"] == "01.01.2026"


def test_key_in_an_address_is_escaped() -> None:
    assert describe_vacancy(vacancy(), DE).href == "/leerstand/L%200%2F1"


def test_site_says_whether_its_size_is_stated_or_drawn() -> None:
    facts: dict[str, Any] = {
        "key": "energiecampus",
        "name": "Energiecampus",
        "phase": "planning",
        "uses": ["Forschung", "Gewerbe"],
        "summary_de": "Seit 2020 für Energie gedacht, ca. 4 ha. Später mehr.",
        "summary_en": None,
        "stated_area_ha": 4.0,
        "drawn_m2": 39_000.0,
        "next_de": "IGA",
        "next_en": "IGA opens",
        "due_on": None,
        "due_text": "2027",
        "due_text_en": "2027",
        "grade": None,
        "transit_stale": False,
        "is_demo": False,
    }
    assert lines(describe_site(SimpleNamespace(**facts), DE))["Wie viel"] == "4,0\u202fha laut Quelle"
    said = lines(describe_site(SimpleNamespace(**facts), DE))
    assert (said["Was"], said["Stand"]) == ("Forschung, Gewerbe", "Planung")
    assert said["Warum"] == "Seit 2020 für Energie gedacht, ca. 4 ha."
    assert lines(describe_site(SimpleNamespace(**facts), EN))["Why"] == "unknown"
    assert lines(describe_site(SimpleNamespace(**facts), EN))["Next step"] == "IGA opens (2027)"
    drawn = SimpleNamespace(**{**facts, "stated_area_ha": None})
    assert lines(describe_site(drawn, DE))["Wie viel"] == "3,9\u202fha, Umriss geschätzt"


def test_stop_and_district() -> None:
    stop = SimpleNamespace(
        key=1, name="Hafen", modes=["tram"], lines=list("abcdefgh"), headway_min=10.0, is_demo=False
    )
    assert lines(describe_stop(stop, DE)) == {
        "Was": "Stadtbahn",
        "Linien": "a, b, c, d, e, f …",
        "Takt": "etwa alle 10 Minuten (Mo–Fr, 6–20 Uhr)",
    }
    district = SimpleNamespace(key="hörde", name="Hörde", geometry_accuracy_m=500.0, is_demo=True)
    assert lines(describe_district(district, DE)) == {"Umriss": "schematisch, auf 500\u202fm genau"}
    assert describe_district(district, DE).href == "/flaechen?district=h%C3%B6rde"


@pytest.mark.parametrize("length", [1, LONGEST_TITLE, LONGEST_TITLE + 1, 500])
def test_titles_are_cut_with_an_ellipsis(length: int) -> None:
    cut = shortened("x" * length)
    assert len(cut) == min(length, LONGEST_TITLE)
    assert cut.endswith("…") == (length > LONGEST_TITLE)


def test_a_changed_parcel_says_that_its_figures_wait() -> None:
    assert lines(describe_parcel(parcel(), DE))["Berechnet für"] == "24.11.2026"
    waiting = lines(describe_parcel(parcel(stale=True), DE))["Berechnet für"]
    assert waiting == "24.11.2026, seither geändert: wird neu berechnet"


def test_a_class_that_no_longer_holds_says_so() -> None:
    near = "ÖV-Güteklasse B: Hafen, 233\u202fm Luftlinie"
    assert lines(describe_parcel(parcel(), DE))["Wie nah"] == near
    assert lines(describe_parcel(parcel(transit_stale=True), DE))["Wie nah"] == f"{near} (seither geändert)"
    assert lines(describe_parcel(parcel(grade=None), DE))["Wie nah"] == "ohne ÖV-Güteklasse"
    missing = lines(describe_parcel(parcel(grade=None, transit_stale=True), EN))
    assert missing["How near"] == "transit class not computed"


def test_a_parcel_of_another_day_speaks_as_of_that_day() -> None:
    day = date(2030, 1, 1)
    row = parcel(horizon="now", available_from=day, as_of=day, chain=[])
    item = describe_parcel(row, DE, day)
    assert lines(item)["Ab wann"] == "am Stichtag 01.01.2030 sofort verfügbar"
    assert item.badge == ("badge--horizon-now", "am 01.01.2030 sofort")
    assert item.href.endswith("?as_of=2030-01-01")
    english = describe_parcel(row, EN, day)
    assert lines(english)["From when"] == "on 1 Jan 2030, the day asked for: available now"
    assert english.badge == ("badge--horizon-now", "now, on 1 Jan 2030")
    assert lines(describe_parcel(row, DE))["Ab wann"] == "sofort"
    later = describe_parcel(parcel(as_of=day), DE, day)
    assert lines(later)["Ab wann"] == "01.03.2028"


@pytest.mark.parametrize(
    ("supplied", "said"),
    [
        ("Landwirtschaft / Grünland;6850", "Landwirtschaft, Grünland (6.850\u202fm²)"),
        (
            "Wohnbaufläche / Offen;500|Weg;20",
            "Wohnbaufläche, Offen (500\u202fm²); Weg (20\u202fm²)",
        ),
        ("Platz", "Platz"),
        ("Platz;", "Platz"),
        ("Platz; ", "Platz"),
        (" Wald ; 70 ", "Wald (70\u202fm²)"),
        ("Wald;viel", "Wald;viel"),
        ("Wald;-5", "Wald;-5"),
        (";500", "500"),
        ("Wald;70|Wald;70|Weg;5", "Wald (70\u202fm²); Weg (5\u202fm²)"),
        ("Wald;70||", "Wald (70\u202fm²)"),
        ("", ""),
        (None, ""),
    ],
)
def test_uses_of_the_cadastre_as_people_say_them(supplied: str | None, said: str) -> None:
    assert uses_with_areas(supplied, DE) == said


def test_uses_of_the_cadastre_in_english_words_and_numbers() -> None:
    assert uses_with_areas("Wald;12345|Blödland / Weg;7", EN) == (
        "forest (12,345\u202fm²); Blödland, path (7\u202fm²)"
    )
