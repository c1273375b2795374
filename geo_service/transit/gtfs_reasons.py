"""Why a row of a feed cannot be taken and how to mend it, in German and English."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from geo_service.wording import Sentence


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong with a value, and how to mend it.

    Parameters
    ----------
    code
        Kind of reason, one word for programs; the same words as in other imports.
    what
        Continues a sentence that begins with the value.
    mend
        A sentence of its own.
    """

    code: str
    what: Sentence
    mend: Sentence

    def of(self, value: str) -> Sentence:
        """Say it of a value."""
        return Sentence(
            f"{value!r} {self.what.de}. {self.mend.de}", f"{value!r} {self.what.en}. {self.mend.en}"
        )


NO_ID: Final = Advice(
    "empty",
    Sentence("ist leer", "is empty"),
    Sentence("Jede Zeile braucht eine Kennung.", "Every row needs an id."),
)
NO_NUMBER: Final = Advice(
    "no-number",
    Sentence("ist keine Zahl", "is no number"),
    Sentence("Bitte Grad mit Punkt schreiben, etwa 51.5136.", "Write degrees with a point, such as 51.5136."),
)
NO_ROUTE_TYPE: Final = Advice(
    "no-number",
    Sentence("ist kein Verkehrsmittel", "is no route type"),
    Sentence(
        "Bitte eine ganze Zahl schreiben, etwa 3 für Busse.", "Write a whole number, such as 3 for buses."
    ),
)
NO_WHOLE_NUMBER: Final = Advice(
    "no-number",
    Sentence("ist keine ganze Zahl", "is no whole number"),
    Sentence(
        "Bitte die Halte einer Fahrt in ihrer Reihenfolge zählen.",
        "Number the stops of a trip in their order.",
    ),
)
NO_TIME: Final = Advice(
    "no-time",
    Sentence("ist keine Uhrzeit", "is no time"),
    Sentence(
        "Bitte H:MM:SS oder HH:MM:SS schreiben; Stunden über 23 sind erlaubt, bis 167.",
        "Write H:MM:SS or HH:MM:SS; hours may exceed 23, up to 167.",
    ),
)
NO_ENDS: Final = Advice(
    "no-time",
    Sentence("hat am ersten oder letzten Halt keine Zeit", "has no time at its first or last stop"),
    Sentence("Bitte beide in stop_times.txt eintragen.", "Write both in stop_times.txt."),
)
NO_PLACE: Final = Advice(
    "no-geometry",
    Sentence(
        "hat keine Koordinaten, und seine Station auch nicht", "has no coordinates, nor does its station"
    ),
    Sentence(
        "Bitte stop_lat und stop_lon eintragen, oder eine parent_station.",
        "Write stop_lat and stop_lon, or a parent_station.",
    ),
)
SEQUENCE_TWICE: Final = Advice(
    "twice",
    Sentence(
        "steht in dieser Fahrt schon in einer früheren Zeile", "repeats an earlier stop_sequence of its trip"
    ),
    Sentence(
        "Bitte die Zeile entfernen, oder die Halte der Fahrt in ihrer Reihenfolge zählen.",
        "Remove the row, or number the stops of the trip in their order.",
    ),
)


FIELDS: Final = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
ROW_FAULTS: Final = {
    "MISSING COLUMNS": Sentence("hat zu wenige Felder", "has too few fields"),
    "TOO MANY COLUMNS": Sentence("hat zu viele Felder", "has too many fields"),
    "LINE SIZE OVER MAXIMUM": Sentence("ist länger als 2 MB", "is longer than 2 MB"),
}
AS_MANY_FIELDS: Final = Sentence(
    "Bitte so viele Felder wie in der Kopfzeile schreiben und Texte mit Komma in Anführungszeichen setzen.",
    "Give the row as many fields as the header, and put quotation marks around texts with a comma.",
)


def no_row(kind: str, said: str) -> Advice:
    """Say that a row has too few or too many fields, or is far too long.

    Parameters
    ----------
    kind, said
        ``error_type`` and message of DuckDB's reader (Source: its documentation, "Reading Faulty CSV Files").
    """
    numbers = FIELDS.search(said)
    if numbers:
        wanted, found = numbers.groups()
        what = Sentence(f"hat {found} statt {wanted} Felder", f"has {found} fields instead of {wanted}")
    else:
        what = ROW_FAULTS.get(kind, Sentence("ist keine lesbare Zeile", "is no row that can be read"))
    return Advice("no-row", what, AS_MANY_FIELDS)


def id_twice(key: str) -> Advice:
    """Say that an id was there before."""
    return Advice(
        "twice",
        Sentence(f"wiederholt eine frühere {key}", f"repeats an earlier {key}"),
        Sentence(
            "Bitte die Zeile entfernen oder ihr eine eigene Kennung geben.",
            "Remove the row, or give it an id of its own.",
        ),
    )


def key_twice(key: Sequence[str]) -> Advice:
    """Say that an earlier row has the same values in some columns."""
    return Advice(
        "twice",
        Sentence(
            f"wiederholt {' und '.join(key)} einer früheren Zeile",
            f"repeats {' and '.join(key)} of an earlier row",
        ),
        Sentence("Bitte eine der beiden Zeilen entfernen.", "Remove one of the two rows."),
    )


def unknown(home: str) -> Advice:
    """Say that an id points nowhere."""
    return Advice(
        "unknown-reference",
        Sentence(f"steht nicht in {home}", f"is not in {home}"),
        Sentence(
            f"Bitte in {home} eintragen oder die Zeile entfernen.", f"Add it to {home} or remove the row."
        ),
    )


def beyond(limit: float) -> Advice:
    """Say that degrees are too large."""
    return Advice(
        "out-of-range",
        Sentence(f"liegt jenseits von {limit:.0f} Grad", f"is beyond {limit:.0f} degrees"),
        Sentence(
            "Sind stop_lat und stop_lon vertauscht, oder die Koordinaten nicht WGS 84?",
            "Are stop_lat and stop_lon swapped, or the coordinates not WGS 84?",
        ),
    )
