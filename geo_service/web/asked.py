"""The conditions of a list in words, as they stand on paper where no form can be seen."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from geo_service.web.filters import GRADES, Filter, PremisesFilter, loosened
from geo_service.web.speaker import PageSpeaker

VOCABULARIES: Final[Mapping[str, str]] = {
    "horizon": "horizon",
    "category": "category",
    "ground": "ground",
    "feature": "feature",
    "status": "vacancy_status",
    "kind": "restriction",
    "effect": "effect",
    "severity": "severity",
}
"""Vocabulary of the values of a condition."""


def in_words(
    conditions: Filter,
    speaker: PageSpeaker,
    places: Iterable[Any] = (),
) -> list[str]:
    """Say each condition that narrows a list, with its value.

    Parameters
    ----------
    conditions
        What is asked.
    speaker
        The language.
    places
        Districts and quarters (rows with ``key`` and ``name``).
    """
    names = {row.key: row.name for row in places}
    uses = "premises_use" if isinstance(conditions, PremisesFilter) else ""
    said = []
    for name in loosened(conditions):
        value = _value(name, getattr(conditions, name), speaker, names, uses)
        said.append(" ".join(filter(None, (speaker.label("condition", name), value))))
    return said


def _value(name: str, value: Any, speaker: PageSpeaker, names: Mapping[str, str], uses: str) -> str:  # noqa: ANN401 - of any condition
    single: dict[str, Callable[[], str]] = {
        "by": lambda: speaker.formats.day(value),
        "grade": lambda: _grade(value, speaker),
        "within": lambda: "",
        "ground_floor": lambda: "",
        "open_end": lambda: "",
    }
    if name in single:
        return single[name]()
    if name.endswith("_m2"):
        return speaker.formats.square_metres(value)
    vocabulary = uses if name == "use" else VOCABULARIES.get(name, "")
    return ", ".join(
        speaker.label(vocabulary, each) if vocabulary else names.get(each, each) for each in value
    )


def _grade(grade: str, speaker: PageSpeaker) -> str:
    return grade if grade == GRADES[0] else speaker.say("%(grade)s oder besser", grade=grade)
