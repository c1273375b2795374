"""Reasons in words: every code of a proposal as a sentence in German and in English.

Kept apart from the checks: a proposal over many pairs is reckoned without writing sentences that nobody
reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from geo_service.matching.constraints import Code, Failure, Value
from geo_service.matching.criteria import Part
from geo_service.matching.grants import Budget
from geo_service.matching.proposal import Pair, UnmatchedReason
from geo_service.wording import Sentence, day, euro, number, plain, word


@dataclass(frozen=True, slots=True)
class Names:
    """What ids and keys are called.

    Parameters
    ----------
    winners, premises
        Name by id.
    places
        Name of a district or quarter by key.
    """

    winners: Mapping[int, str] = field(default_factory=dict)
    premises: Mapping[int, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


Format = Callable[[Value, Names], Sentence]


def _area(value: Value, _names: Names) -> Sentence:
    if not isinstance(value, int | float):
        return plain(None)
    return number(float(value), 0 if float(value).is_integer() else 1, "m²")


def _rent(value: Value, _names: Names) -> Sentence:
    return euro(value if isinstance(value, Decimal) else None)


def _day(value: Value, _names: Names) -> Sentence:
    return day(value if isinstance(value, date) else None)


def _last_day(value: Value, _names: Names) -> Sentence:
    """Write the day before an exclusive end: "bis" names the last day."""
    return day(value - timedelta(days=1) if isinstance(value, date) else None)


def _words(value: Value, _names: Names) -> Sentence:
    if value == ():
        return Sentence("keine", "none")
    listed = (value,) if isinstance(value, str) else value
    return Sentence.join(word(item) for item in listed) if isinstance(listed, tuple) else plain(None)


def _places(value: Value, names: Names) -> Sentence:
    if not isinstance(value, tuple):
        return plain(None)
    return Sentence.join(plain(names.places.get(key, key)) for key in value)


def _winner(value: Value, names: Names) -> Sentence:
    return plain(names.winners.get(value) if isinstance(value, int) else None)


def _premises(value: Value, names: Names) -> Sentence:
    return plain(names.premises.get(value) if isinstance(value, int) else None)


FAILURES: Mapping[Code, tuple[Format, str, str]] = {
    "area_too_small": (
        _area,
        "Zu klein: {actual}, gebraucht werden mindestens {required}.",
        "Too small: {actual}, at least {required} are needed.",
    ),
    "area_too_large": (
        _area,
        "Zu groß: {actual}, gesucht sind höchstens {required}.",
        "Too large: {actual}, at most {required} are wanted.",
    ),
    "rent_too_high": (
        _rent,
        "Zu teuer: {actual} Nettokaltmiete im Monat, tragbar sind höchstens {required}.",
        "Too dear: {actual} net cold rent a month, at most {required} can be paid.",
    ),
    "rent_unknown": (
        _rent,
        "Die Nettokaltmiete ist unbekannt; ohne sie gibt es keinen Zuschuss.",
        "The net cold rent is unknown; without it there is no grant.",
    ),
    "use_not_permitted": (
        _words,
        "{required} ist nicht genehmigt; erlaubt: {actual}.",
        "Use not permitted: {required}; permitted: {actual}.",
    ),
    "use_unknown": (
        _words,
        "Die genehmigte Nutzung ist unbekannt; gesucht: {required}.",
        "The permitted use is unknown; wanted: {required}.",
    ),
    "change_of_use_needs_permit": (
        _words,
        "Nutzungsänderung von {actual} zu {required} braucht eine Genehmigung; das ist nicht gewünscht.",
        "Changing the use from {actual} to {required} needs a permit, which is not wanted.",
    ),
    "not_ground_floor": (
        _words,
        "Nicht im Erdgeschoss, aber gebraucht wird das Erdgeschoss.",
        "Not on the ground floor, but the ground floor is needed.",
    ),
    "outside_wanted_area": (
        _places,
        "Liegt in {actual}, gesucht wird in: {required}.",
        "Lies in {actual}; wanted: {required}.",
    ),
    "location_unknown": (
        _places,
        "Bezirk und Quartier sind unbekannt; gesucht wird in: {required}.",
        "District and quarter are unknown; wanted: {required}.",
    ),
    "not_vacant": (
        _day,
        "Es ist kein Leerstand gemeldet; gebraucht ab {required}.",
        "No vacancy is recorded; needed from {required}.",
    ),
    "free_too_late": (
        _day,
        "Erst ab {actual} frei, gebraucht ab {required}.",
        "Free from {actual} only, needed from {required}.",
    ),
    "free_too_short": (
        _last_day,
        "Nur bis {actual} frei, gebraucht bis {required}.",
        "Free until {actual} only, needed until {required}.",
    ),
    "features_missing": (_words, "Es fehlt: {required}.", "Missing: {required}."),
    "double_funding": (
        _words,
        "Die Miete wird schon anderweitig gefördert; ein Zuschuss wäre Doppelförderung.",
        "Another programme pays the rent already; a grant would be double funding.",
    ),
    "forbidden": (
        _words,
        "Dieses Paar ist durch eine Entscheidung ausgeschlossen.",
        "A decision rules this pair out.",
    ),
    "winner_fixed_elsewhere": (
        _premises,
        "Die Preisträgerin oder der Preisträger ist auf {required} festgelegt.",
        "The winner is fixed to {required}.",
    ),
    "premises_fixed_elsewhere": (
        _winner,
        "Das Ladenlokal ist für {required} festgelegt.",
        "The premises are fixed for {required}.",
    ),
    "premises_given_elsewhere": (
        _winner,
        "Passt, geht aber an {required}: so ist das Gesamtergebnis besser.",
        "Fits, but goes to {required}: the overall result is better that way.",
    ),
    "winner_placed_elsewhere": (
        _premises,
        "Passt, aber {required} ist im Gesamtergebnis besser.",
        "Fits, but {required} is better for the overall result.",
    ),
}
"""How required and found values are written, and the sentence, by code."""


def explain_failure(failure: Failure, names: Names) -> Sentence:
    """Say in words what stands against a pair."""
    form, german, english = FAILURES[failure.code]
    required, actual = form(failure.required, names), form(failure.actual, names)
    return Sentence(
        german.format(required=required.de, actual=actual.de),
        english.format(required=required.en, actual=actual.en),
    )


CRITERIA_WORDS: Mapping[str, Sentence] = {
    "area_fit": Sentence("Fläche", "Area"),
    "rent_room": Sentence("Spielraum bei der Miete", "Room below the rent ceiling"),
    "use": Sentence("Nutzung ohne neue Genehmigung", "Use without a new permit"),
    "location": Sentence("Wunschlage", "Wanted location"),
    "wished_features": Sentence("Gewünschte Ausstattung", "Welcome features"),
    "transit": Sentence("ÖPNV-Anschluss", "Public transport"),
    "grant_coverage": Sentence("Vom Zuschuss gedeckte Monate", "Months covered by the grant"),
    "idle_time": Sentence("Wenig weiterer Leerstand bis zum Einzug", "Little idle time until the move"),
    "tenancy_length": Sentence("Lange Mietdauer", "Long tenancy"),
    "vacancy_length": Sentence("Lange leer stehend", "Long vacant"),
}
"""What each criterion is called."""


def explain_part(part: Part) -> Sentence:
    """Say in words what a criterion contributes."""
    name = CRITERIA_WORDS[part.criterion]
    value = number(100 * part.value, 0, "%")
    share = number(100 * part.share, 1)
    return Sentence(
        f"{name.de}: {value.de}, Gewicht {part.weight}, trägt {share.de} von 100 Punkten bei",
        f"{name.en}: {value.en}, weight {part.weight}, contributes {share.en} of 100 points",
    )


UNMATCHED: Mapping[UnmatchedReason, Sentence] = {
    "no_premises": Sentence(
        "Es ist kein Ladenlokal erfasst, das vermittelt werden kann.",
        "No premises are recorded that could be let.",
    ),
    "double_funding": Sentence(
        "Die Miete wird schon anderweitig gefördert (Doppelförderung).",
        "Another programme pays the rent already (double funding).",
    ),
    "fixed_pair_impossible": Sentence(
        "Das festgelegte Ladenlokal kommt nicht in Frage; die Festlegung lösen oder die Angaben ändern.",
        "The premises fixed by decision will not do; revoke the decision or change the facts.",
    ),
    "none_suitable": Sentence(
        "Kein Ladenlokal erfüllt alle Anforderungen.", "No premises meet all requirements."
    ),
    "all_suitable_given": Sentence(
        "Alle passenden Ladenlokale gehen im besten Gesamtergebnis an andere.",
        "All suitable premises go to others in the best overall result.",
    ),
}
"""Why a winner gets nothing."""


def explain_budget(budget: Budget) -> Sentence:
    """Say in words whether the proposal stays within the round's budget."""
    left, over = euro(budget.left_after_eur), euro(-budget.left_after_eur)
    if budget.exceeded:
        return Sentence(
            f"Der Vorschlag übersteigt das Budget um {over.de}.",
            f"The proposal exceeds the budget by {over.en}.",
        )
    return Sentence(
        f"Nach dem Vorschlag bleiben {left.de} im Budget.",
        f"After the proposal {left.en} of the budget are left.",
    )


def cautions(pair: Pair, names: Names) -> tuple[Sentence, ...]:
    """Say what to mind about a proposed pair: a permit, facts that a lock overrides, a cap, no rent."""
    found = []
    if pair.needs_permit:
        target = word(pair.need.use)
        found.append(
            Sentence(
                f"Nutzungsänderung zu {target.de}: braucht eine Genehmigung.",
                f"Change of use to {target.en}: needs a permit.",
            )
        )
    if pair.grant is not None and pair.grant.capped:
        months = number(pair.grant.months_covered, 2)
        found.append(
            Sentence(
                f"Die Obergrenze greift: der Zuschuss deckt {months.de} Monatsmieten.",
                f"The cap bites: the grant covers {months.en} monthly rents.",
            )
        )
    found += [explain_failure(failure, names) for failure in pair.overridden]
    return tuple(found)
