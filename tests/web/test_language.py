import re

import pytest
from starlette.requests import Request

from geo_service.imports.catalogue import KINDS
from geo_service.web.language import LANGUAGES, language_of, words
from geo_service.web.vocabulary import LABELS
from tests.web.catalogue import sentences, translations

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def request(query: str = "", cookie: str = "", accept: str = "") -> Request:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers, "path": "/"})


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [
        ("", "", "", "de"),
        ("", "", "fr", "de"),
        ("", "", "en-GB,en;q=0.9,de;q=0.8", "en"),
        ("", "", "fr,de;q=0.3,en;q=0.2", "de"),
        ("", "", "en;q=x,de;q=0.1", "de"),
        ("", "geo_lang=en", "de", "en"),
        ("lang=de", "geo_lang=en", "en", "de"),
        ("lang=xx", "", "en", "en"),
        ("", "geo_lang=<script>", "", "de"),
    ],
)
def test_language_is_chosen_by_address_cookie_browser(
    query: str, cookie: str, accept: str, language: str
) -> None:
    assert language_of(request(query, cookie, accept)) == language


def test_there_are_sentences_at_all() -> None:
    assert len(sentences()) > 500


def test_every_sentence_has_its_english() -> None:
    known = translations()
    wanted = {
        each for message in sentences() for each in ((message,) if isinstance(message, str) else message)
    }
    assert sorted(wanted - known.keys()) == []
    assert [message for message in wanted if not known[message].strip()] == []


def test_values_stand_in_both_languages() -> None:
    different = {
        message: english
        for message, english in translations().items()
        if sorted(PLACEHOLDER.findall(message)) != sorted(PLACEHOLDER.findall(english))
        or english.count("%") != len(re.findall(r"%\(\w+\)s", english))
    }
    assert different == {}


def test_every_kind_of_import_that_pages_name_has_words() -> None:
    """The footer tells how fresh each source is, by the kinds of ``import_runs``."""
    assert {*KINDS, "gtfs", "streets", "demo"} - LABELS["import"].keys() == set()


def test_english_holds_no_german_letters() -> None:
    names = {"Speicherstraße 12"}
    found = [text for text in translations().values() if re.search("[äöüßÄÖÜ]", text)]
    assert [text for text in found if not any(name in text for name in names)] == []


def test_one_and_several() -> None:
    english, german = words("en"), words("de")
    pair = ("%(num)s Leerstand", "%(num)s Leerstände")
    assert [english.ngettext(*pair, count) for count in (0, 1, 2)] == [
        "%(num)s vacancies",
        "%(num)s vacancy",
        "%(num)s vacancies",
    ]
    assert [german.ngettext(*pair, count) for count in (0, 1, 2)] == [pair[1], pair[0], pair[1]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_in_the_catalogue_stays_as_it_is(language: str) -> None:
    spoken = words(language)
    assert spoken.gettext("gibt es nicht") == "gibt es nicht"
    assert spoken.gettext("") == ""
    assert spoken.ngettext("Ei", "Eier", 2) == "Eier"
