"""Paper says in words which filter holds, and how much of the list is on it."""

import httpx
import pytest
from starlette.datastructures import QueryParams

from geo_service.web.asked import in_words
from geo_service.web.filters import read_land_filter, read_premises_filter, read_restriction_filter
from geo_service.web.speaker import PageSpeaker
from tests.sample_city import Sample


def said(text: str, language: str = "de") -> list[str]:
    return in_words(read_land_filter(QueryParams(text))[0], PageSpeaker(language))  # type: ignore[arg-type]  # of the two


def test_each_condition_is_said_with_its_value() -> None:
    every = "&".join(f"horizon={word}" for word in ("now", "short", "mid", "long", "undetermined"))
    assert said(every) == []
    assert said(f"{every}&area_min=4.000&use=GE&use=GI&by=2028-03-31&grade=B&ground=brownfield") == [
        "Fläche ab 4.000\u202fm²",
        "gebraucht ab 31.03.2028",
        "ÖV-Güteklasse B oder besser",
        "Nutzung GE, GI",
        "Vornutzung schon genutztes Land (Brache)",
    ]
    assert said("horizon=now&grade=A&within=7.46,51.52,500") == [
        "verfügbar sofort",
        "ÖV-Güteklasse A",
        "gezeichnetes Gebiet",
    ]
    assert said("horizon=now&area_max=4000", "en") == ["Area up to 4,000\u202fm²", "available now"]


def test_other_lists_say_theirs() -> None:
    speaker = PageSpeaker("de")
    shops = read_premises_filter(QueryParams("use=retail&status=vacant&ground_floor=1"))[0]
    assert in_words(shops, speaker) == ["Nutzung Einzelhandel", "Zustand leer", "nur Erdgeschoss"]
    held = read_restriction_filter(QueryParams("kind=contamination&open_end=1"), public=False)[0]
    assert in_words(held, speaker) == ["Art Altlast", "nur ohne bekanntes Ende"]


@pytest.mark.parametrize("path", ["/flaechen?district=hoerde", "/leerstand?district=hoerde"])
def test_districts_are_called_by_name(sample: Sample, client: httpx.Client, path: str) -> None:
    assert sample
    assert "Stadtbezirk Hörde" in client.get(path, params={"lang": "de"} | dict(httpx.URL(path).params)).text
