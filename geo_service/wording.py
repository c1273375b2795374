"""Numbers, money and dates in words, German and English side by side.

Every computed reason is a `Sentence` in both languages, so that a page, a factsheet and the API say the same
thing. Numbers follow the language: 1.234,5 in German, 1,234.5 in English.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

UNKNOWN_DE = "unbekannt"
UNKNOWN_EN = "unknown"
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
"""As pages write them (CLDR, en-GB)."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement in German and in English.

    Parameters
    ----------
    de
        German text.
    en
        English text.
    """

    de: str
    en: str

    @staticmethod
    def join(parts: "Iterable[Sentence]", separator: str = ", ") -> "Sentence":
        """Put statements one after another in both languages."""
        listed = list(parts)
        return Sentence(
            separator.join(part.de for part in listed), separator.join(part.en for part in listed)
        )


def number(value: float | Decimal | None, digits: int = 0, unit: str = "") -> Sentence:
    """Write a number with thousands separators and its unit; None is said to be unknown.

    Parameters
    ----------
    value
        The number in ``unit``.
    digits
        Decimal places shown (rounded half to even).
    unit
        Unit put behind the number, such as ``m²``.
    """
    if value is None:
        return Sentence(UNKNOWN_DE, UNKNOWN_EN)
    english = f"{value:,.{digits}f}"
    german = english.translate(str.maketrans(",.", ".,"))
    suffix = f" {unit}" if unit else ""
    return Sentence(german + suffix, english + suffix)


def euro(value: float | Decimal | None, unit: str = "€") -> Sentence:
    """Write an amount of money, with cents where it has some; None is said to be unknown."""
    return number(value, 0 if value is None or value % 1 == 0 else 2, unit)


def day(value: date | None) -> Sentence:
    """Write a date: 31.03.2026 in German, 31 Mar 2026 in English; None is said to be unknown."""
    if value is None:
        return Sentence(UNKNOWN_DE, UNKNOWN_EN)
    return Sentence(f"{value:%d.%m.%Y}", f"{value.day} {MONTHS[value.month - 1]} {value.year}")


def plain(text: str | None) -> Sentence:
    """Take a name that is the same in both languages; None is said to be unknown."""
    return Sentence(UNKNOWN_DE, UNKNOWN_EN) if text is None else Sentence(text, text)


WORDS: Final[dict[str, Sentence]] = {
    "retail": Sentence("Einzelhandel", "retail"),
    "gastronomy": Sentence("Gastronomie", "food and drink"),
    "craft": Sentence("Handwerk", "crafts"),
    "office": Sentence("Büro", "office"),
    "studio": Sentence("Atelier", "studio"),
    "service": Sentence("Dienstleistung", "services"),
    "extraction": Sentence("Abluft", "extraction"),
    "barrier_free": Sentence("barrierefreier Zugang", "step-free access"),
    "water": Sentence("Wasseranschluss", "water supply"),
    "storage": Sentence("Lager", "storage"),
    "shop_window": Sentence("Schaufenster", "shop window"),
    "ground_floor": Sentence("Erdgeschoss", "ground floor"),
    "other_floor": Sentence("anderes Geschoss", "another floor"),
    "parcel": Sentence("Flurstück", "parcel"),
    "plot": Sentence("Baufeld", "plot"),
    "premises": Sentence("Ladenlokal", "premises"),
    "now": Sentence("sofort", "now"),
    "short": Sentence("kurzfristig", "short term"),
    "mid": Sentence("mittelfristig", "medium term"),
    "long": Sentence("langfristig", "long term"),
    "undetermined": Sentence("unbestimmt", "undetermined"),
    "investor_support": Sentence("Firmenberatung", "investor support"),
    "planner": Sentence("Planung", "planning"),
    "vacancy_manager": Sentence("Leerstandsmanagement", "vacancy management"),
    "admin": Sentence("Verwaltung", "administration"),
}
"""What the vocabularies' words are called; a word that is not listed stands for itself (BauNVO: GE, MK)."""


ZONES: Final[dict[str, Sentence]] = {
    "WS": Sentence("Kleinsiedlungsgebiet", "small holdings area"),
    "WR": Sentence("reines Wohngebiet", "purely residential area"),
    "WA": Sentence("allgemeines Wohngebiet", "general residential area"),
    "WB": Sentence("besonderes Wohngebiet", "special residential area"),
    "MD": Sentence("Dorfgebiet", "village area"),
    "MDW": Sentence("dörfliches Wohngebiet", "rural residential area"),
    "MI": Sentence("Mischgebiet", "mixed-use area"),
    "MU": Sentence("urbanes Gebiet", "urban area"),
    "MK": Sentence("Kerngebiet", "core area"),
    "GE": Sentence("Gewerbegebiet", "commercial area"),
    "GI": Sentence("Industriegebiet", "industrial area"),
    "SO": Sentence("Sondergebiet", "special area"),
}
"""Building areas by their short form (BauNVO)."""


def use(key: str) -> Sentence:
    """Return what a use is called: of a building area its name with the short form behind it."""
    zone = ZONES.get(key)
    return Sentence(f"{zone.de} ({key})", f"{zone.en} ({key})") if zone else word(key)


def word(key: str) -> Sentence:
    """Return what a vocabulary's word is called in both languages."""
    return WORDS.get(key) or Sentence(key, key)
