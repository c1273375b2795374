"""Why a candidate stands where it stands: every requirement as a sentence in German and in English."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

from geo_service.inquiries.candidates import RELATED_USES, CriterionName, Kind, Requirement
from geo_service.wording import Sentence, day, euro, number, plain, use

Row = Mapping[Any, Any]
"""What is known of a candidate (columns of `detail_queries.details`)."""
State = Literal["met", "near", "unknown", "missed"]

CRITERIA_WORDS: Final[Mapping[CriterionName, Sentence]] = MappingProxyType(
    {
        "area": Sentence("Fläche", "Area"),
        "use": Sentence("Nutzung", "Use"),
        "date": Sentence("Verfügbar", "Available"),
        "transit": Sentence("ÖV-Güteklasse", "Public transport class"),
        "district": Sentence("Lage", "Location"),
        "rent": Sentence("Nettokaltmiete", "Net cold rent"),
        "price": Sentence("Preis", "Price"),
    }
)

ASKING_RENT: Final = Sentence("Angebotsmiete", "Asking rent")
"""What stands for the rent where the agreed one is not known, or not for the caller."""

OUTDATED: Final = Sentence(
    "; noch nicht neu berechnet, seit sich Fahrplan, Straßen oder Ort geändert haben",
    "; not computed anew since timetable, streets or place have changed",
)
"""Behind a class that no longer holds."""

STATE_WORDS: Final[Mapping[State, Sentence]] = MappingProxyType(
    {
        "met": Sentence("{name}: {actual}; gesucht {required}.", "{name}: {actual}; wanted {required}."),
        "near": Sentence(
            "{name} passt fast: {actual}; gesucht {required}.",
            "{name} almost fits: {actual}; wanted {required}.",
        ),
        "unknown": Sentence(
            "{name} ist nicht bekannt; gesucht {required}.", "{name} is not known; wanted {required}."
        ),
        "missed": Sentence(
            "{name} passt nicht: {actual}; gewünscht {required}.",
            "{name} does not fit: {actual}; wished {required}.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A requirement with the words in which it was put.

    Parameters
    ----------
    requirement
        What is looked for.
    grades
        Classes of the transit method, best first.
    places
        Names of the wanted districts and quarters.
    """

    requirement: Requirement
    grades: tuple[str, ...]
    places: tuple[str, ...]


def explain(name: CriterionName, state: State, asked: Asked, row: Row, kind: Kind) -> Sentence:
    """Say in words how a candidate meets a requirement.

    Parameters
    ----------
    name, state
        The criterion, and how it is met.
    asked
        What is looked for.
    row
        What is known of the candidate (columns of `detail_queries.details`).
    kind
        What the candidate is.
    """
    required, actual = REQUIRED[name](asked), ACTUAL[name](row, kind, asked)
    asked_rent = name == "rent" and row.get("rent_is_asked")
    label, form = ASKING_RENT if asked_rent else CRITERIA_WORDS[name], STATE_WORDS[state]
    return Sentence(
        form.de.format(name=label.de, actual=actual.de, required=required.de),
        form.en.format(name=label.en, actual=actual.en, required=required.en),
    )


def _area_required(asked: Asked) -> Sentence:
    low, high = asked.requirement.area_min_m2, asked.requirement.area_max_m2
    if low is None:
        most = number(high, 0, "m²")
        return Sentence(f"höchstens {most.de}", f"at most {most.en}")
    least = number(low, 0, "m²")
    if high is None:
        return Sentence(f"mindestens {least.de}", f"at least {least.en}")
    most = number(high, 0, "m²")
    return Sentence(f"{number(low).de} bis {most.de}", f"{number(low).en} to {most.en}")


def _area_actual(row: Row, kind: Kind, _asked: Asked) -> Sentence:
    area = number(row["area_m2"], 0, "m²")
    if kind == "parcel":
        area = Sentence(f"{area.de} im Angebot", f"{area.en} on offer")
    if not row["is_estimate"]:
        return area
    if row["estimated_m2"]:
        part = number(row["estimated_m2"], 0, "m²")
        return Sentence(
            f"{area.de} (davon geschätzt {part.de} nicht nutzbar)",
            f"{area.en} (of it an estimated {part.en} not usable)",
        )
    return Sentence(f"{area.de} (geschätzt)", f"{area.en} (estimate)")


def _use_required(asked: Asked) -> Sentence:
    uses = [use(each) for each in sorted(asked.requirement.uses)]
    return Sentence(" oder ".join(each.de for each in uses), " or ".join(each.en for each in uses))


def _use_actual(row: Row, _kind: Kind, asked: Asked) -> Sentence:
    permitted = set(row["uses"] or ())
    listed = Sentence.join(use(each) for each in sorted(permitted))
    related = {other for each in asked.requirement.uses for other in RELATED_USES.get(each, ())}
    if permitted & asked.requirement.uses or not permitted & related:
        return listed
    return Sentence(
        f"{listed.de}, nur mit Genehmigung oder nach Prüfung im Einzelfall",
        f"{listed.en}, only with a permit or after an individual check",
    )


def _date_required(asked: Asked) -> Sentence:
    last = asked.requirement.available_by
    if last == date.max:
        return Sentence("zu einem bekannten Zeitpunkt", "on a known day")
    return Sentence(f"bis {day(last).de}", f"by {day(last).en}")


def _date_actual(row: Row, _kind: Kind, asked: Asked) -> Sentence:
    start = row["available_from"]
    if start is not None and start <= asked.requirement.as_of:
        return Sentence("sofort", "now")
    return Sentence(f"ab {day(start).de}", f"from {day(start).en}")


def _transit_required(asked: Asked) -> Sentence:
    least = asked.requirement.grade_min
    grade = asked.grades[least] if least is not None else ""
    return Sentence(f"mindestens {grade}", f"at least {grade}")


def _transit_actual(row: Row, _kind: Kind, _asked: Asked) -> Sentence:
    told = Sentence("keine Klasse", "no class") if row["grade"] is None else plain(row["grade"])
    if row["grade"] is not None and row["stop"] is not None:
        distance = number(row["distance_m"], 0, "m")
        told = Sentence(
            f"{row['grade']} ({row['stop']}, {distance.de})", f"{row['grade']} ({row['stop']}, {distance.en})"
        )
    return Sentence(told.de + OUTDATED.de, told.en + OUTDATED.en) if row["transit_stale"] else told


def _district_required(asked: Asked) -> Sentence:
    return Sentence(" oder ".join(asked.places), " or ".join(asked.places))


def _district_actual(row: Row, _kind: Kind, _asked: Asked) -> Sentence:
    return plain(row["district"])


def _rent_required(asked: Asked) -> Sentence:
    most = euro(asked.requirement.rent_max_eur_month)
    return Sentence(f"höchstens {most.de} im Monat", f"at most {most.en} a month")


def _rent_actual(row: Row, _kind: Kind, _asked: Asked) -> Sentence:
    rent = euro(row["rent_eur_month"])
    return Sentence(f"{rent.de} im Monat", f"{rent.en} a month")


def _price_required(asked: Asked) -> Sentence:
    most = euro(asked.requirement.price_max_eur_per_m2, "€/m²")
    return Sentence(f"höchstens {most.de}", f"at most {most.en}")


def _price_actual(row: Row, kind: Kind, _asked: Asked) -> Sentence:
    price = euro(row["price_eur_per_m2"], "€/m²")
    if kind == "parcel":
        return Sentence(
            f"Bodenrichtwert {price.de} (kein Verkehrswert)",
            f"standard land value {price.en} (not a market value)",
        )
    return price


REQUIRED: Final[Mapping[CriterionName, Callable[[Asked], Sentence]]] = MappingProxyType(
    {
        "area": _area_required,
        "use": _use_required,
        "date": _date_required,
        "transit": _transit_required,
        "district": _district_required,
        "rent": _rent_required,
        "price": _price_required,
    }
)
ACTUAL: Final[Mapping[CriterionName, Callable[[Row, Kind, Asked], Sentence]]] = MappingProxyType(
    {
        "area": _area_actual,
        "use": _use_actual,
        "date": _date_actual,
        "transit": _transit_actual,
        "district": _district_actual,
        "rent": _rent_actual,
        "price": _price_actual,
    }
)

NO_AVAILABILITY = Sentence(
    "Die Verfügbarkeit der Flurstücke ist noch nicht berechnet; sie fehlen hier. Abhilfe: geo availability",
    "The availability of parcels has not been computed, so they are missing here. Run: geo availability",
)


def changed_since(parcels: int) -> Sentence:
    """Say that some parcels changed since they were computed."""
    de, en = ("ein Ergebnis kann sich noch ändern, eines fehlen.", "a result may change, or one be missing.")
    if parcels == 1:
        return Sentence(
            f"Ein Flurstück hat sich seit der Berechnung geändert und wird neu berechnet: {de}",
            f"One parcel has changed since the computation and is computed anew: {en}",
        )
    return Sentence(
        f"{parcels} Flurstücke haben sich seit der Berechnung geändert und werden neu berechnet: {de}",
        f"{parcels} parcels have changed since the computation and are computed anew: {en}",
    )


LAND_VALUE = Sentence(
    "Bei Flurstücken steht der Bodenrichtwert für den Preis: er ist kein Verkehrswert.",
    "For parcels the standard land value stands for the price: it is not a market value.",
)
ASKING_RENTS = Sentence(
    "Verglichen wurden nur veröffentlichte Mieten; andere sind auf Anfrage zu erfahren.",
    "Only published rents were compared; others are told on request.",
)
"""Notes about an answer."""
