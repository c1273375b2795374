"""What is said of stops and mode groups, on pages and on maps."""

from typing import Any, Final

import shapely

from geo_service.transit.grades import Asked
from geo_service.web.speaker import PageSpeaker
from maps.describe import Item
from maps.transit import MapStop

STAGES: Final = {"before": ("before",), "after": ("before", "after")}
"""What is told of a stop of today, and of one of a scenario."""


def group_name(speaker: PageSpeaker, wanted: Asked, key: str | None) -> str:
    """Return the name of a mode group."""
    names = {each.key: each for each in wanted.method.groups}
    if key not in names:
        return "–"
    return names[key].name_en if speaker.language == "en" else names[key].name_de


def map_stop(speaker: PageSpeaker, wanted: Asked, row: Any, stage: str) -> MapStop:  # noqa: ANN401 - a row of a frame
    """Describe a stop for the map: of today (``before``), or of a scenario (``after``)."""
    say, formats = speaker.say, speaker.formats
    lines = []
    for each in STAGES[stage]:
        headway, category = row[f"headway_min_{each}"], row[f"category_{each}"]
        text = "–"
        if category is not None:
            minutes = formats.number(headway, 1)
            text = say("Kategorie %(category)s, alle %(n)s min", category=category, n=minutes)
        lines.append((say("vorher") if each == "before" else say("nachher"), text))
    if stage == "before":
        lines = [(say("Einstufung"), text) for _, text in lines]
    lines.append((say("Verkehrsmittel"), group_name(speaker, wanted, row["mode_group"])))
    if "lines" in row:
        lines.append((say("Linien"), ", ".join(row["lines"])))
    is_new = bool(row.get("is_new", False))
    item = Item(
        "stop",
        str(row["stop_id"]),
        row["name"],
        say("neue Haltestelle") if is_new else say("Haltestelle"),
        None,
        tuple(lines),
        "",
        demo=False,
    )
    place = shapely.Point(row["x"], row["y"])
    return MapStop(place, stage == "after", row["name"] if stage == "after" else "", item)
