"""Why a field of a single record is refused, in both languages."""

from typing import Any, Final

from geo_service.imports.report import Reject
from geo_service.wording import Sentence

OUTSIDE: Final = Sentence(
    "Stimmt der Ort? Orte außerhalb der Stadt nimmt nur der Import einer Datei.",
    "Is the place right? Places outside the city are taken from files only.",
)


def told(name: str, sentence: Sentence) -> dict[str, Any]:
    """Return what is wrong with a field."""
    return {"parameter": name, "message": sentence.en, "message_de": sentence.de}


def reject_told(reject: Reject) -> dict[str, Any]:
    """Return why a field is refused; no word of the options of files, which one record has not."""
    said = reject.reason
    if reject.code == "outside-city":
        where = (f"{each.rpartition('. ')[0]}. " for each in (said.de, said.en))
        said = Sentence.join([Sentence(*where), OUTSIDE], "")
    return told(reject.field, said)
