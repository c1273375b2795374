"""The map of a land balance: how much land each district has at the end, and what became of it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import shapely
from sqlalchemy import Row

from geo_service.availability.city_schemas import BalanceAnswer
from geo_service.web.frame import Frame
from geo_service.web.pages.asking import Named
from geo_service.web.speaker import PageSpeaker
from maps.answers import Shape, answer_map
from maps.base import RenderedMap
from maps.describe import Item
from maps.styles import SHARES

CLASSES: Final = len(SHARES)
M2_PER_HA: Final = 10_000
CM2_PER_M2: Final = 10_000


def land_by_district(answer: BalanceAnswer) -> dict[str, tuple[float, float]]:
    """Sum the land on offer up by name of the district: m² at the beginning, and at the end."""
    sums: dict[str, tuple[float, float]] = {}
    for each in answer.cells:
        name = each.cell["district"]
        before = sums.get(name, (0.0, 0.0))
        sums[name] = (before[0] + each.offered_m2["opening"], before[1] + each.offered_m2["closing"])
    return sums


def upper_bounds(sums: dict[str, tuple[float, float]]) -> list[float]:
    """Return the upper bounds of the classes in m²: fifths of the largest district, in whole hectares."""
    largest = max((end for _, end in sums.values()), default=0.0) / M2_PER_HA
    step = max(math.ceil(largest / CLASSES), 1)
    return [float(step * number * M2_PER_HA) for number in range(1, CLASSES + 1)]


def class_of(area_m2: float, bounds: Sequence[float]) -> str:
    """Return the class of an area: the first whose upper bound it does not exceed."""
    return str(next(number for number, bound in enumerate(bounds, 1) if area_m2 <= bound))


def balance_shapes(speaker: PageSpeaker, answer: BalanceAnswer, districts: Sequence[Row[Any]]) -> list[Shape]:
    """Return the districts as the map of a balance shows them.

    Parameters
    ----------
    speaker
        Language of the words.
    answer
        The balance, told apart by district and perhaps by more.
    districts
        Rows of `DISTRICT_SHAPES`.
    """
    sums = land_by_district(answer)
    bounds = upper_bounds(sums)
    say, formats = speaker.say, speaker.formats
    shapes = []
    for row in districts:
        opening, closing = sums.get(row.name, (0.0, 0.0))
        lines = (
            (formats.day(answer.start), formats.hectares(opening / M2_PER_HA)),
            (formats.day(answer.end), formats.hectares(closing / M2_PER_HA)),
            (say("Veränderung"), formats.hectares((closing - opening) / M2_PER_HA)),
        )
        query = {"district": row.key, "as_of": answer.end.isoformat(), "lang": speaker.language}
        item = Item(
            "district", row.key, row.name, say("Land im Angebot (netto ohne Splitter)"), None, lines,
            f"/flaechen?{urlencode(query)}", bool(row.is_demo),
        )  # fmt: skip
        label = f"{row.name}\n{formats.hectares(closing / M2_PER_HA)}"
        shapes.append(Shape(row.name, shapely.from_wkb(row.geom), class_of(closing, bounds), label, item))
    return sorted(
        shapes, key=lambda shape: -sums.get(shape.row, (0.0, 0.0))[1]
    )  # labels of the largest first


def balance_map(frame: Frame, answer: BalanceAnswer, districts: Sequence[Row[Any]]) -> RenderedMap:
    """Build the map of a balance for a page; else as `balance_shapes`."""
    label = frame.speaker.say("Karte der Flächenbilanz nach Stadtbezirken; die Zahlen stehen in der Tabelle")
    shapes = balance_shapes(frame.speaker, answer, districts)
    return answer_map(frame.city, frame.speaker, frame.basemap, label, shapes, "shares")


def evidence_map(
    frame: Frame, rows: Sequence[Any], named: Mapping[str, Named], geometries: Mapping[str, bytes]
) -> RenderedMap:
    """Build the map of the parcels behind one figure of a balance.

    Parameters
    ----------
    frame
        The page.
    rows
        The parcels as the table shows them; of one that is in it twice the first row counts.
    named, geometries
        What people call them, and their shapes (WKB, EPSG:25832), by key.
    """
    say, formats = frame.speaker.say, frame.formats
    shapes = {}
    for row in reversed(rows):
        known = named[row["parcel_key"]]
        lines = (
            (say("im Angebot"), formats.square_metres(row["offered_cm2"] / CM2_PER_M2).replace("-", "−")),
            (say("netto"), formats.square_metres(row["net_cm2"] / CM2_PER_M2).replace("-", "−")),
        )
        item = Item(
            "parcel",
            known.key,
            known.title,
            known.notation,
            None,
            lines,
            f"/flaechen/{known.key}",
            known.is_demo,
        )
        shapes[known.key] = Shape(known.key, shapely.from_wkb(geometries[known.key]), "", "", item)
    label = say("Karte der Flurstücke hinter der Zahl; dieselben stehen in der Tabelle")
    return answer_map(frame.city, frame.speaker, frame.basemap, label, list(shapes.values()))
