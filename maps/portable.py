"""The overview as one file that opens from a disk without a network.

At most `MOST_FEATURES` records are embedded: city limits, districts, sites and vacancies come first, then the
parcels with the largest offered area. The file says how many were left out, and holds only what is public.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlalchemy import Connection, Row

from geo_service.availability.state_queries import STORED_STATE
from geo_service.city import CityProfile
from maps import queries, styles
from maps.base import CityMap
from maps.describe import Item, describe_district, describe_parcel, describe_site, describe_vacancy
from maps.layers import Embedded, LayerSpec
from maps.overview import START_ZOOM, boundary_geojson, map_settings
from maps.speech import Speaker

MOST_FEATURES: Final = 2_000
METHOD: Final = "are"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds.

    Parameters
    ----------
    districts, sites, vacancies, parcels
        Features with a description each.
    parcels_found
        Number of public parcels with land on offer, embedded or not.
    smallest_m2
        Offered area of the smallest embedded parcel, m²; None when there is none.
    state
        What the stored availability was computed from (`STORED_STATE`); None: nothing is computed.
    """

    districts: tuple["Feature", ...]
    sites: tuple["Feature", ...]
    vacancies: tuple["Feature", ...]
    parcels: tuple["Feature", ...]
    parcels_found: int
    smallest_m2: float | None
    state: Row[Any] | None

    @property
    def embedded(self) -> int:
        """Number of features in the file, with the city limits."""
        return 1 + sum(len(each) for each in (self.districts, self.sites, self.vacancies, self.parcels))

    @property
    def demo(self) -> bool:
        """Whether any record is invented."""
        return any(each.item.demo for each in (*self.parcels, *self.vacancies, *self.sites, *self.districts))

    @property
    def left_out(self) -> int:
        """Number of parcels that did not fit."""
        return self.parcels_found - len(self.parcels)


@dataclass(frozen=True, slots=True)
class Feature:
    """One record: geometry (GeoJSON, WGS 84), drawing properties, description."""

    geometry: dict[str, Any]
    properties: dict[str, Any]
    item: Item

    def as_json(self) -> dict[str, Any]:
        """Return the GeoJSON feature."""
        properties = {**self.properties, "item": self.item.as_json()}
        return {"type": "Feature", "geometry": self.geometry, "properties": properties}


def portable_html(connection: Connection, city: CityProfile, speaker: Speaker, as_of: date) -> str:
    """Make the overview as one self-contained HTML file.

    Parameters
    ----------
    connection
        Read-only connection; only public records are read.
    city
        The city profile.
    speaker
        Language of the file.
    as_of
        Day on which it is made, as shown in it.

    Returns
    -------
    str
        HTML with all scripts, styles and records inside.
    """
    contents = read_contents(connection, speaker)
    made = CityMap(
        "overview",
        city.center,
        START_ZOOM,
        speaker.say("Karte %(city)s: Flächen, Leerstände, Standorte", city=city.name),
        {**map_settings(speaker), "portable": True},
    )
    for spec, features in _layers(contents):
        Embedded(spec, collection([feature.as_json() for feature in features])).add_to(made)
    Embedded(
        LayerSpec("boundary", "boundary", extra={"cluster": False}), json.loads(boundary_geojson(city))
    ).add_to(made)
    parts = made.rendered()
    return _template().render(
        say=speaker.say,
        label=speaker.label,
        formats=speaker.formats,
        language=speaker.language,
        city=city,
        as_of=as_of,
        contents=contents,
        most=MOST_FEATURES,
        horizons=list(styles.HORIZONS),
        demo=contents.demo,
        fragment=parts.fragment,
        styles=[*(read_asset(address) for address in parts.stylesheets), styles.stylesheet()],
        scripts=[
            *(read_asset(address) for address in parts.scripts),
            parts.script,
            read_asset("/static/js/map-portable.js"),
        ],
    )


def _layers(contents: Contents) -> list[tuple[LayerSpec, tuple[Feature, ...]]]:
    return [
        (LayerSpec("parcels", "parcels", extra={"cluster": False}), contents.parcels),
        (LayerSpec("districts", "districts", extra={"cluster": False}), contents.districts),
        (LayerSpec("sites", "sites", extra={"cluster": False}), contents.sites),
        (LayerSpec("vacancies", "vacancies", extra={"cluster": True}), contents.vacancies),
    ]


def read_contents(connection: Connection, speaker: Speaker) -> Contents:
    """Read the public records that fit, in the order of the rule."""
    common = {"method": METHOD}
    districts = tuple(
        Feature(json.loads(row.geometry), {"name": row.name}, describe_district(row, speaker))
        for row in connection.execute(queries.ALL_DISTRICTS)
    )
    sites = tuple(
        Feature(json.loads(row.geometry), {"name": row.name}, describe_site(row, speaker))
        for row in connection.execute(queries.ALL_SITES, common)
    )
    room = MOST_FEATURES - 1 - len(districts) - len(sites)
    vacancies = tuple(
        Feature(
            json.loads(row.geometry),
            {"name": f"{row.street} {row.house_number}", "status": row.status},
            describe_vacancy(row, speaker),
        )
        for row in connection.execute(queries.ALL_VACANCIES, {**common, "rows": max(room, 0)})
    )
    room -= len(vacancies)
    rows = connection.execute(queries.LARGEST_PARCELS, {**common, "rows": max(room, 0)}).all()
    parcels = tuple(
        Feature(json.loads(row.geometry), {"horizon": row.horizon}, describe_parcel(row, speaker))
        for row in rows
    )
    found = connection.execute(queries.COUNT_PARCELS).scalar_one()
    state = connection.execute(STORED_STATE).one_or_none()
    return Contents(districts, sites, vacancies, parcels, found, rows[-1].offered_m2 if rows else None, state)


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a GeoJSON feature collection."""
    return {"type": "FeatureCollection", "features": features}


def read_asset(address: str) -> str:
    """Return the text of a static file, fit to stand inside a page.

    Parameters
    ----------
    address
        As in pages, such as ``/static/js/geo-map.js``.
    """
    path = files("geo_service.web").joinpath(*address.lstrip("/").split("/"))
    text = path.read_text(encoding="utf-8")
    if address.endswith(".css"):
        return re.sub(r"url\((?!data:)[^)]*\)", "none", text)
    text = re.sub(r"^//[#@] sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return text.replace("</script", r"<\/script")


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(str(files("maps"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("portable.html")
