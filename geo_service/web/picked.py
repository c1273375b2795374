"""Noted records as they are compared: read from the register, each under the place at which it was noted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row

from geo_service.auth.publication import public_chain
from geo_service.web.filters import SHOWN_METHOD
from geo_service.web.queries.picks import PICKED
from geo_service.web.queries.sites import SITE_PARCELS
from geo_service.web.speaker import PageSpeaker
from maps.describe import Item
from maps.naming import parcel_notation, parcel_title, premises_address
from maps.portable import district_features, horizon_legend
from maps.portable_file import Feature, FileLayer, Portable


@dataclass(frozen=True, slots=True)
class Picked:
    """A noted record.

    Parameters
    ----------
    pick, kind
        Kind and key as noted, and the kind.
    title, place
        What people call it, and what stands below that.
    page
        Address of its page.
    row
        Row of `PICKED`.
    chain
        What blocks land, as far as the caller may see it.
    land
        Of a site: land on offer by horizon, m².
    """

    pick: str
    kind: str
    title: str
    place: str
    page: str
    row: Row[Any]
    chain: list[dict[str, Any]] = field(default_factory=list)
    land: Mapping[str, float] = field(default_factory=dict)

    @property
    def pin(self) -> str:
        """Horizon or category that colours it on the map."""
        if self.kind == "parcel":
            return str((self.row.horizon if self.row.offered else self.row.category) or "unknown")
        return next(iter(self.land), "unknown")


def read_picked(
    connection: Connection, picks: Sequence[str], speaker: PageSpeaker, *, public: bool, may_see_rent: bool
) -> list[Picked]:
    """Read what is noted, in the order in which it was; what there is not, or may not be seen, is absent.

    Parameters
    ----------
    connection, speaker
        Where to read, and the language.
    picks
        Kind and key of each.
    public
        Whether the caller sees only what is published.
    may_see_rent
        Whether the caller may see agreed rents.
    """
    found: dict[str, Picked] = {}
    for kind, statement in PICKED.items():
        keys = [each.partition(":")[2] for each in picks if each.startswith(f"{kind}:")]
        asked = {"keys": keys, "public": public, "method": SHOWN_METHOD, "may_see_rent": may_see_rent}
        needed = statement.compile().params.keys()
        rows = connection.execute(statement, {name: asked[name] for name in needed}).all() if keys else []
        for row in rows:
            pick = f"{kind}:{row.key}"
            found[pick] = _picked(connection, pick, row, speaker, public=public)
    return [found[pick] for pick in picks if pick in found]


def _picked(
    connection: Connection, pick: str, row: Row[Any], speaker: PageSpeaker, *, public: bool
) -> Picked:
    """Name a row, and read what belongs to it."""
    kind = pick.partition(":")[0]
    if kind == "parcel":
        chain = public_chain(row.chain or []) if public else row.chain or []
        place = parcel_notation(row, speaker)
        return Picked(pick, kind, parcel_title(row, speaker), place, f"/flaechen/{row.key}", row, chain)
    if kind == "premises":
        return Picked(
            pick, kind, premises_address(row), row.name, f"/leerstand/{quote(row.key, safe='')}", row
        )
    if kind == "plot":
        return Picked(pick, kind, row.name, row.site, f"/standorte/{quote(row.slug, safe='')}", row)
    land: dict[str, float] = {}
    for parcel in connection.execute(SITE_PARCELS, {"site_id": row.id, "public": public}):
        land[parcel.horizon] = land.get(parcel.horizon, 0.0) + parcel.offered_m2
    return Picked(pick, kind, row.name, "", f"/standorte/{quote(row.key, safe='')}", row, land=land)


def picked_file(connection: Connection, speaker: PageSpeaker, picks: Sequence[str]) -> Portable:
    """Show what is noted on a map to take along, as the public may see it."""
    say, formats = speaker.say, speaker.formats
    places = []
    for number, each in enumerate(
        read_picked(connection, picks, speaker, public=True, may_see_rent=False), start=1
    ):
        row = each.row
        if row.shape is None:
            continue
        area = formats.square_metres(row.area_m2) if row.area_m2 is not None else formats.unknown
        lines = ((say("Fläche"), area), (say("ÖV-Güteklasse"), row.grade or formats.unknown))
        item = Item(each.kind, row.key, each.title, each.place, None, lines, each.page, row.is_demo)
        fill = "vacant" if each.kind == "premises" else each.pin
        sign = str(number)
        places.append(Feature(json.loads(row.shape), {"row": sign, "fill": fill, "label": sign}, item))
    layers = (
        FileLayer("districts", say("Stadtbezirke"), "districts", district_features(connection, speaker)),
        FileLayer("picked", say("Auswahl"), "places", tuple(places)),
    )
    notes = (say("Nur, was öffentlich ist."),)
    return Portable(say("Auswahl von Flächen und Ladenlokalen"), notes, layers, horizon_legend(speaker))
