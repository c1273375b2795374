"""What is wrong with a form of a scenario, in words beside the fields."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from geo_service.transit.scenario_schemas import CONTRADICTION
from geo_service.web.language import Language, words
from geo_service.web.vocabulary import N_

FILL_IN: Final = N_("Bitte ausfüllen.")
WRONG: Final = {
    "key": N_("Bitte nur Kleinbuchstaben, Ziffern und Bindestriche, zum Beispiel h-bahn-hafen."),
    "name_de": FILL_IN,
    "name_en": FILL_IN,
    "name": FILL_IN,
    "source": FILL_IN,
    "source_date": N_("Bitte einen Tag angeben."),
    "lon": N_("Bitte Grad angeben (WGS 84), östliche Länge, zum Beispiel 7,4653."),
    "lat": N_("Bitte Grad angeben (WGS 84), nördliche Breite, zum Beispiel 51,5136."),
    "window": N_("Bitte Zeiten als HH:MM angeben; das Ende liegt nach dem Beginn, höchstens bei 30:00."),
    "headway_min": N_("Bitte Minuten zwischen 0,5 und 360 angeben, zum Beispiel 10."),
    "services": N_("Bitte mindestens einen Takt angeben."),
    "lines": N_("Bitte mindestens eine Linie angeben."),
    "stops": N_("Bitte mindestens zwei Haltestellen angeben, eine je Zeile."),
}
"""What is wrong with a field, by its last name."""
TOO_LONG: Final = N_("Das ist zu lang.")
WRONG_CHOICE: Final = N_("Diese Auswahl gibt es nicht.")


@dataclass(slots=True)
class Faults:
    """What is wrong, by name of the field, in the language of the page; ``form``: as a whole."""

    language: Language
    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, message: str, **values: str) -> None:
        """Note a German sentence about a field, in the language of the page."""
        text = words(self.language).gettext(message)
        self.found.setdefault(name, []).append(text % values if values else text)

    def tell(self, name: str, german: str, english: str) -> None:
        """Note a sentence that comes in both languages."""
        self.found.setdefault(name, []).append(german if self.language == "de" else english)


def note(fault: Any, used: Sequence[Sequence[int]], faults: Faults) -> None:  # noqa: ANN401 - pydantic's own
    """Note beside its field what pydantic found.

    Parameters
    ----------
    fault
        One of its errors.
    used
        As `field_of`.
    faults
        Takes what is wrong.
    """
    name = field_of(fault["loc"], used)
    if fault["type"] == CONTRADICTION:
        faults.tell(name, fault["ctx"]["de"], fault["ctx"]["en"])
        return
    last = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "form")
    message = TOO_LONG if fault["type"].endswith("too_long") else WRONG.get(last, WRONG_CHOICE)
    if not faults.found.get(name) or last != "stops":
        faults.add(name, message)


def field_of(path: Sequence[str | int], used: Sequence[Sequence[int]]) -> str:
    """Return the name of the field that a place in the scenario was read from.

    Parameters
    ----------
    path
        Such as ``("lines", 0, "services", 1, "window")``.
    used
        Rows of the form that the headways of each line were read from.
    """
    parts = list(path)
    if len(parts) > 3 and parts[0] == "lines" and parts[2] == "services":  # noqa: PLR2004 - as above
        parts[3] = used[int(parts[1])][int(parts[3])]
        if parts[4:] == ["window"]:
            parts[4] = "from"
    elif len(parts) > 3 and parts[2] == "stops":  # noqa: PLR2004 - a stop of a course
        parts = parts[:3]
    elif len(parts) == 2 and parts[0] in {"lines", "stops"}:  # noqa: PLR2004 - a whole row
        parts.append("name")
    return ".".join(map(str, parts)) or "form"
