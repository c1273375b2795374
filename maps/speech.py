"""What maps need to speak a language: handed in by the caller, since words belong to the pages."""

from datetime import date, datetime
from typing import Any, Protocol


class Formats(Protocol):
    """Writes values in one language."""

    @property
    def unknown(self) -> str:
        """The word for what is not known."""

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number."""

    def square_metres(self, value: float | None, digits: int = 0) -> str:
        """Write an area in m²."""

    def hectares(self, value: float | None, digits: int = 1) -> str:
        """Write hectares."""

    def euro(self, value: float | None, digits: int = 0) -> str:
        """Write an amount of money."""

    def metres(self, value: float | None) -> str:
        """Write a distance in metres."""

    def minutes_on_foot(self, metres: float | None) -> str:
        """Write the minutes that a distance takes on foot."""

    def moment(self, value: datetime | None) -> str:
        """Write a moment in the city's time."""

    def day(self, value: date | str | None) -> str:
        """Write a date."""


class Speaker(Protocol):
    """Says German sentences in one language."""

    @property
    def language(self) -> str:
        """Code of the language."""

    @property
    def formats(self) -> Formats:
        """Numbers and dates of the language."""

    def say(self, message: str, **values: Any) -> str:
        """Return a German sentence in this language, with its values put in."""

    def label(self, vocabulary: str, code: str | int | None) -> str:
        """Return what a code of a vocabulary is called."""
