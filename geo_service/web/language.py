"""Which language a page speaks, and its words.

The templates are written in German; ``translations/en.po`` holds the English of every sentence and is read
when the program starts. A visitor's choice (``?lang=``) is kept in a cookie; without one the browser's wish
counts, and German is the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

from babel.messages.pofile import read_po
from fastapi import Request

Language = Literal["de", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
DEFAULT: Final[Language] = "de"
COOKIE: Final = "geo_lang"
COOKIE_SECONDS: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language.

    Parameters
    ----------
    language
        ``de`` or ``en``.
    texts
        Translations by German sentence, one and several apart; empty for German itself.
    """

    language: Language
    texts: Mapping[str, str | tuple[str, ...]]

    def gettext(self, message: str) -> str:
        """Return a German sentence in this language."""
        text = self.texts.get(message)
        return text if isinstance(text, str) and text else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the sentence for one or for several."""
        texts = self.texts.get(singular)
        if isinstance(texts, tuple) and all(texts):
            return texts[0 if number == 1 else 1]
        return singular if number == 1 else plural


@lru_cache(maxsize=len(LANGUAGES))
def words(language: Language) -> Words:
    """Return the words of a language, read once."""
    if language == DEFAULT:
        return Words(language, {})
    path = files("geo_service.web") / "translations" / f"{language}.po"
    with path.open("rb") as stream:
        catalog = read_po(stream, locale=language)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in catalog:
        if message.id and message.string:
            first = message.id if isinstance(message.id, str) else message.id[0]
            found[first] = message.string if isinstance(message.string, str) else tuple(message.string)
    return Words(language, found)


def language_of(request: Request) -> Language:
    """Return the language of a request: address, cookie, browser, German."""
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE)
    if asked in LANGUAGES:
        return asked
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> Language:
    """Return the known language that a browser likes best (RFC 9110, 12.5.4)."""
    best: tuple[float, Language] = (0.0, DEFAULT)
    for part in header.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and weight > best[0]:
            best = (weight, language)
    return best[1]


def chosen_by_address(request: Request) -> Language | None:
    """Return the language that the address asks for, to be kept in the cookie."""
    asked = request.query_params.get("lang")
    return asked if asked in LANGUAGES else None
