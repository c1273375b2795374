"""Texts that speak of a parcel, and texts that do not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.search.notation import Notation, only_numbers, read_notation
from geo_service.search.service import plain_text, spellings

WITH_BELOW = Notation(gemarkung="Bodelschwingh", flur=3, numerator=123, denominator=4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bodelschwingh 3 123/4", WITH_BELOW),
        ("Bodelschwingh, Flur 3, Flurstück 123/4", WITH_BELOW),
        ("Bodelschwingh, Flur 3, Flurstueck 123 / 4", WITH_BELOW),
        ("Bodelschwingh Flur 3 Flst. 123/4", WITH_BELOW),
        ("Gemarkung Bodelschwingh, Flur 3, Nr. 123/4", WITH_BELOW),
        ("gmkg. Bodelschwingh,Flur 3,Flurst. 123/4", WITH_BELOW),
        ("  Bodelschwingh  3  123/4 ", WITH_BELOW),
        ("Bodelschwingh 123/4", Notation(gemarkung="Bodelschwingh", numerator=123, denominator=4)),
        ("Bodelschwingh 3 123", Notation(gemarkung="Bodelschwingh", flur=3, numerator=123)),
        ("Bodelschwingh, Flur 3", Notation(gemarkung="Bodelschwingh", flur=3)),
        ("Bad Godesberg 12 7", Notation(gemarkung="Bad Godesberg", flur=12, numerator=7)),
        ("Bodelschwingh 3-123/4", replace(WITH_BELOW, hyphen=True)),
        ("Dortmund 28-67", Notation(gemarkung="Dortmund", flur=28, numerator=67, hyphen=True)),
        ("Flur 28 Flurstück 67", Notation(flur=28, numerator=67)),
        ("flur 28, flst. 67/2", Notation(flur=28, numerator=67, denominator=2)),
        ("Hörde 55", Notation(gemarkung="Hörde", numerator=55)),
        ("051249003001230004__", Notation(key="051249003001230004__")),
        ("05 1249 003 00123 0004", Notation(key="051249003001230004")),
        ("0512490030012", Notation(key="0512490030012")),
        ("146274___00012000__", Notation(key="146274___00012000__")),
        ("1249-3-123/4", Notation(gemarkung_code="1249", flur=3, numerator=123, denominator=4)),
        ("051249-003-00123", Notation(gemarkung_code="1249", flur=3, numerator=123)),
        ("1249 3 123", Notation(gemarkung_code="1249", flur=3, numerator=123)),
    ],
)
def test_read(text: str, expected: Notation) -> None:
    assert read_notation(text) == expected


@pytest.mark.parametrize(
    "text", ["Energiecampus", "", "12", "0512", "Kampstraße", "PHOENIX-See", "1/2/3", "Hörde 1234567"]
)
def test_not_a_parcel(text: str) -> None:
    assert read_notation(text) is None


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    plain = plain_text(text)
    found = read_notation(plain)
    assert plain == plain_text(plain)
    assert (
        found is None or found.key or found.gemarkung or found.gemarkung_code or found.numerator is not None
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("28/67", True), ("28-67", True), (" 28 - 67/2", True), ("1249-3-123", False), ("44137", False)],
)
def test_numbers_alone_are_known(text: str, *, expected: bool) -> None:
    assert only_numbers(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hoerde", ("Hoerde", "Hörde")),
        ("Hermannstr. 5", ("Hermannstraße 5",)),
        ("Hohe Str.", ("Hohe Straße",)),
        ("Kreuzstrasse", ("Kreuzstraße",)),
        ("Kreuzstrase 7", ("Kreuzstraße 7",)),
        ("Straßenbahn", ("Straßenbahn",)),
        ("HAUPTSTR. 3", ("HAUPTStraße 3",)),
        ("Hauptbanhof", ("Hbf",)),
        ("Hafen", ("Hafen",)),
    ],
)
def test_spellings(text: str, expected: tuple[str, ...]) -> None:
    assert spellings(text) == expected
