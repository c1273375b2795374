"""What a visitor notes to compare it: public keys of the register, in the address or in a cookie.

Nothing about the visitor is stored, here or in the register.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote

from geo_service.parcels.models import PARCEL_KEY_PATTERN

COOKIE: Final = "geo_picks"
COOKIE_SECONDS: Final = 90 * 24 * 3600
KINDS: Final = ("parcel", "plot", "site", "premises")
MOST_PICKS: Final = 20
LONGEST_KEY: Final = 150
LONGEST_COOKIE: Final = 3000
"""Characters of a cookie at the most: browsers keep 4,096 bytes with its name and attributes."""
BETWEEN: Final = "|"


def is_pick(text: str) -> bool:
    """Tell whether a text can name a record: kind and key, such as ``premises:L-17`` or ``plot:site/b1``."""
    kind, _, key = text.partition(":")
    if kind not in KINDS or not key or len(key) > LONGEST_KEY or not key.isprintable():
        return False
    return kind != "parcel" or re.fullmatch(PARCEL_KEY_PATTERN, key) is not None


def read_picks(texts: Iterable[str]) -> list[str]:
    """Return what can be read of some picks: each once, and no more than fit."""
    return list(dict.fromkeys(text for text in texts if is_pick(text)))[:MOST_PICKS]


def from_cookie(value: str) -> list[str]:
    """Return the picks of a cookie."""
    return read_picks(unquote(each) for each in value[: 2 * LONGEST_COOKIE].split(BETWEEN))


def to_cookie(picks: Iterable[str]) -> str:
    """Write picks as the value of a cookie."""
    return BETWEEN.join(quote(each, safe=":") for each in picks)


def added(picks: list[str], new: Iterable[str]) -> list[str]:
    """Return picks with more of them; those that do not fit are left out."""
    result = list(picks)
    for each in read_picks(new):
        longer = [*result, each]
        if each not in result and len(longer) <= MOST_PICKS and len(to_cookie(longer)) <= LONGEST_COOKIE:
            result = longer
    return result
