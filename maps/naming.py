"""What people call a parcel or premises."""

from typing import Any

from maps.speech import Speaker


def parcel_number(row: Any) -> str:  # noqa: ANN401 - any row with the columns of the notation
    """Return the Flurstück number: 123 or 123/4."""
    return f"{row.numerator}/{row.denominator}" if row.denominator else str(row.numerator)


def parcel_notation(row: Any, speaker: Speaker) -> str:  # noqa: ANN401 - as above
    """Return the notation of the cadastre: Bodelschwingh, Flur 3, Flurstück 123/4."""
    number = parcel_number(row)
    if row.flur is None:
        return speaker.say("%(gemarkung)s, Flurstück %(number)s", gemarkung=row.gemarkung, number=number)
    return speaker.say(
        "%(gemarkung)s, Flur %(flur)s, Flurstück %(number)s",
        gemarkung=row.gemarkung,
        flur=row.flur,
        number=number,
    )


def parcel_title(row: Any, speaker: Speaker) -> str:  # noqa: ANN401 - as above
    """Return the street where one is known, else the notation of the cadastre."""
    return row.location_text or parcel_notation(row, speaker)


def premises_address(row: Any) -> str:  # noqa: ANN401 - any row with street and house number
    """Return street and house number."""
    return f"{row.street} {row.house_number}".strip()
