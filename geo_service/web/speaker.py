"""Says sentences, labels and values in one language, for pages and maps."""

from dataclasses import dataclass
from typing import Any

from geo_service.web.actual_uses import ACTUAL_USES
from geo_service.web.formats import Formats
from geo_service.web.language import Language, words
from geo_service.web.vocabulary import LABELS, N_


@dataclass(frozen=True, slots=True)
class PageSpeaker:
    """The language of a page.

    Parameters
    ----------
    language
        ``de`` or ``en``.
    timezone
        Time zone of the city.
    """

    language: Language
    timezone: str = "Europe/Berlin"

    @property
    def formats(self) -> Formats:
        """Numbers and dates of the language."""
        return Formats(self.language, self.timezone)

    def say(self, message: str, **values: Any) -> str:
        """Return a German sentence in this language, with its values put in."""
        text = words(self.language).gettext(message)
        return text % values if values else text

    def label(self, vocabulary: str, code: str | int | None) -> str:
        """Return what a code of a vocabulary is called; one that is not known stands for itself."""
        if code is None or code == "":
            return self.say(N_("unbekannt"))
        known = ACTUAL_USES if vocabulary == "actual_use" else LABELS[vocabulary]
        return self.say(known.get(str(code), str(code)))
