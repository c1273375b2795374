"""Forms of the pages that ask about the whole city: checked like the interface, wrong fields named."""

from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.days import read_day
from geo_service.errors import InvalidInput, NotFound
from geo_service.web.filters import BAD_DATE, parse_number
from geo_service.web.frame import Frame
from geo_service.web.queries.city import NAMES
from geo_service.web.vocabulary import N_
from maps.base import RenderedMap
from maps.listed import listed_map
from maps.naming import parcel_notation, parcel_title

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")

SEVERAL: Final = frozenset({"without", "ending", "horizon", "by"})
"""Fields that may be repeated."""
NUMBERS: Final = frozenset({"at_least_m2", "at_most_parcels", "across_m"})
"""Fields in which people write 15.000."""
NOT_ASKED: Final = frozenset({"lang", "stage", "cell", "v"})
"""Parameters of the page itself."""
DAYS: Final = frozenset({"as_of", "from", "to"})
"""Fields in which people write 31.03.2028."""
WRONG: Final = {
    "as_of": BAD_DATE,
    "from": N_("Bitte einen Tag des Kalenders von 1900 bis 2200 angeben, der vor dem zweiten liegt."),
    "to": BAD_DATE,
    "without": N_(
        "Das gibt es hier am Stichtag nicht. Bitte aus der Liste „Was hält die Fläche auf?“ wählen."
    ),
    "ending": N_("Das gibt es hier am Stichtag nicht, oder der Tag fehlt."),
    "scope": N_("Dort liegt am Stichtag kein Flurstück, oder es gibt den Ort nicht."),
    "at_least_m2": N_("Bitte eine Fläche in m² angeben, zum Beispiel 15.000."),
    "at_most_parcels": N_("Bitte eine Zahl von 1 bis 30 angeben."),
    "across_m": N_("Bitte eine Breite von 0 bis 60 m angeben."),
}
"""What is wrong with a field."""
BOTH: Final = N_("Dasselbe kann nicht wegfallen und zugleich an einem Tag enden. Bitte eines von beiden.")
"""What is wrong with a record that is imagined away and given another end."""
WRONG_CHOICE: Final = N_("Diese Auswahl gibt es nicht.")


def read_form(asked: Iterable[tuple[str, str]], model: type[Model]) -> tuple[Model | None, dict[str, str]]:
    """Read the fields of a form.

    Parameters
    ----------
    asked
        Names and texts, as in the address.
    model
        What they are to be.

    Returns
    -------
    tuple
        The question, None when a field is wrong; and a German sentence per wrong field.
    """
    values: dict[str, Any] = {}
    for name, text in asked:
        if name in NOT_ASKED or not text.strip():
            continue
        if name in SEVERAL:
            values.setdefault(name, []).append(text)
        else:
            values[name] = _typed(name, text.strip())
    try:
        return model(**values), {}
    except ValidationError as error:
        return None, {str(fault["loc"][0]): wrong(str(fault["loc"][0])) for fault in error.errors()}


def _typed(name: str, text: str) -> Any:  # noqa: ANN401 - a number, or a text
    """Return a number as people write it as one, a day as interfaces write it, and else the text."""
    if name in NUMBERS:
        number = parse_number(text)
        return text if number is None else number
    with suppress(ValueError):
        return read_day(text).isoformat() if name in DAYS else text
    return text


def rest_of_form(request: Request, model: type[Model], errors: Iterable[str]) -> Model:
    """Return what a form says apart from its wrong fields, so that nothing else has to be typed again."""
    kept = [(name, text) for name, text in request.query_params.multi_items() if name not in errors]
    return read_form(kept, model)[0] or model()


def data_address(path: str, asked: BaseModel | None) -> str:
    """Return the address of the interface that answers the same question."""
    values = asked.model_dump(mode="json", by_alias=True, exclude_unset=True) if asked else {}
    return f"{path}?{urlencode(values, doseq=True)}"


def wrong(field: str) -> str:
    """Return what is to be said of a wrong field."""
    return WRONG.get(field, WRONG_CHOICE)


async def answer_or_errors(answer: Awaitable[T], errors: dict[str, str]) -> T | None:
    """Wait for an answer; a field that turns out wrong, or a place that there is not, is noted."""
    try:
        return await answer
    except InvalidInput as error:
        field = str(error.extra.get("parameter", "without"))
        errors[field] = BOTH if "conflict" in error.extra else wrong(field)
    except NotFound:
        errors["scope"] = wrong("scope")
    return None


async def names_of(session: AsyncSession, frame: Frame, keys: list[str]) -> dict[str, "Named"]:
    """Return what people call some parcels, by key."""
    rows = (await session.execute(NAMES, {"keys": keys})).all()
    return {row.parcel_key: Named(row, frame) for row in rows}


class Named:
    """What people call a parcel.

    Parameters
    ----------
    row
        Row of `NAMES`.
    frame
        The page.
    """

    def __init__(self, row: Row[Any], frame: Frame) -> None:
        self.key: str = row.parcel_key
        self.title = parcel_title(row, frame.speaker)
        self.notation = parcel_notation(row, frame.speaker)
        self.is_demo: bool = row.is_demo


def for_staff(response: Response) -> Response:
    """Keep a page of the agency out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def list_map(frame: Frame) -> RenderedMap:
    """Return the map beside a list."""
    return listed_map(frame.city, frame.speaker, frame.basemap)


def map_script(made: RenderedMap) -> Response:
    """Answer with the program of a map; it holds an answer for one caller, so nobody else keeps it."""
    headers = {"Cache-Control": "private, no-cache"}
    return Response(made.script, media_type="text/javascript", headers=headers)
