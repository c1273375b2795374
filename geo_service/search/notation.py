"""Reads what people type when they mean a parcel.

Source: AdV ALKIS, Flurstückskennzeichen: Land 2, Gemarkung 4, Flur 3, Zähler 5, Nenner 4, Folge 2 characters.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

SHORTEST_KEY: Final = 8
"""Fewer characters than Land, Gemarkung and two of the Flur say too little."""
_KEY = re.compile(r"\d{6}[\d_]{2,14}")
_CODES = re.compile(
    r"(?P<land>\d{2})?(?P<gemarkung>\d{4})[-\s](?P<flur>\d{1,3})[-\s](?P<numerator>\d{1,5})"
    r"(?:/(?P<denominator>\d{1,4}))?"
)
_PARCEL_WORD = r"(?:flurst(?:ü|ue)ck|flurst\.?|flst\.?|parzelle|nr\.?)"
_WORDS = re.compile(
    r"(?:(?:gemarkung|gmkg\.?|gem\.)\s+)?(?P<gemarkung>[^\d,]*?[^\d,\s])[\s,]+"
    r"(?:(?:flur\s*)?(?P<flur>\d{1,3})(?:[\s,]+|\s?(?P<hyphen>-)\s?)(?!$))?"
    rf"(?:{_PARCEL_WORD}\s*)?(?P<numerator>\d{{1,5}})(?:\s*/\s*(?P<denominator>\d{{1,4}}))?",
    re.IGNORECASE,
)
_WITHOUT_GEMARKUNG = re.compile(
    rf"flur\s*(?P<flur>\d{{1,3}})[\s,]+(?:{_PARCEL_WORD}\s*)?"
    r"(?P<numerator>\d{1,5})(?:\s*/\s*(?P<denominator>\d{1,4}))?",
    re.IGNORECASE,
)
_ONLY_NUMBERS = re.compile(r"\d{1,5}(?:\s*[/-]\s*\d{1,5}){1,2}")
_FLUR = re.compile(
    r"(?:(?:gemarkung|gmkg\.?|gem\.)\s+)?(?P<gemarkung>[^\d,]*[^\d,\s])[\s,]+flur\s*(?P<flur>\d{1,3})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notation:
    """A parcel, or several, as people write it; None: not said.

    Parameters
    ----------
    key
        Beginning of a Flurstückskennzeichen.
    gemarkung_code
        Four digits of the Gemarkung within its Land.
    gemarkung
        Name of the Gemarkung, perhaps misspelt.
    flur, numerator, denominator
        Numbers.
    hyphen
        Whether a hyphen stands between Flur and number: it may be a street with two house numbers.
    """

    key: str | None = None
    gemarkung_code: str | None = None
    gemarkung: str | None = None
    flur: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    hyphen: bool = False


def read_notation(text: str) -> Notation | None:
    """Return what a text says about a parcel, or None when it does not speak of one.

    Parameters
    ----------
    text
        Such as ``05124900300123____``, ``1249-3-123/4``, ``Bodelschwingh 3 123/4``, ``Bodelschwingh, Flur 3,
        Flurstück 123/4``, ``Bodelschwingh 3-123/4``, ``Bodelschwingh Flur 3``, ``Flur 3 Flurstück 123/4``.
    """
    codes = _CODES.fullmatch(text.strip())
    if codes:
        return replace(_numbers(codes), gemarkung_code=codes["gemarkung"])
    bare = re.sub(r"[\s-]", "", text)
    if _KEY.fullmatch(bare) and len(bare) >= SHORTEST_KEY:
        return Notation(key=bare)
    flur = _FLUR.fullmatch(text.strip())
    if flur:
        return Notation(gemarkung=flur["gemarkung"], flur=int(flur["flur"]))
    if without := _WITHOUT_GEMARKUNG.fullmatch(text.strip()):
        return _numbers(without)
    words = _WORDS.fullmatch(text.strip())
    if words is None:
        return None
    return replace(_numbers(words), gemarkung=words["gemarkung"], hyphen=words["hyphen"] is not None)


def only_numbers(text: str) -> bool:
    """Tell whether a text is numbers of a parcel (``28/67``, ``28-67/2``) that lie in any Gemarkung."""
    return _ONLY_NUMBERS.fullmatch(text.strip()) is not None and read_notation(text) is None


def _numbers(found: re.Match[str]) -> Notation:
    flur, numerator, denominator = (
        int(found[name]) if found[name] else None for name in ("flur", "numerator", "denominator")
    )
    return Notation(flur=flur, numerator=numerator, denominator=denominator)
