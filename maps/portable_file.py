"""A map as one file that opens from a disk without a network: at most `MOST_FEATURES` records, all inside."""

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlalchemy import Connection

from geo_service.city import CityProfile
from maps import orientation, styles
from maps.base import CityMap
from maps.describe import Item
from maps.layers import Embedded, LayerSpec
from maps.overview import START_ZOOM, boundary_geojson, map_settings
from maps.speech import Speaker

MOST_FEATURES: Final = 2_000
"""Records in one file, the city limits among them."""
ROOM: Final = MOST_FEATURES - 1 - orientation.MOST_FEATURES
"""Room for records beside the city limits and what tells where one is."""
FILLS: Final = frozenset({"classes", "reach"})
"""Styles of areas that cover the city: what tells where one is lies upon them."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One record: geometry (GeoJSON, WGS 84), drawing properties, description (None: nothing to tell)."""

    geometry: dict[str, Any]
    properties: dict[str, Any]
    item: Item | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the GeoJSON feature."""
        told = {"item": self.item.as_json()} if self.item else {}
        return {"type": "Feature", "geometry": self.geometry, "properties": {**self.properties, **told}}


@dataclass(frozen=True, slots=True)
class FileLayer:
    """A layer of the file, drawn above those before it.

    Parameters
    ----------
    key, name
        Short name, and what its box says.
    style
        Name of the drawing function in ``geo-map.js``.
    features
        The records.
    cluster
        Whether near points are put together.
    on
        Whether it is shown at first.
    """

    key: str
    name: str
    style: str
    features: tuple[Feature, ...]
    cluster: bool = False
    on: bool = True


@dataclass(frozen=True, slots=True)
class Portable:
    """What a file shows.

    Parameters
    ----------
    title
        What the map is.
    notes
        Sentences: what is in it and what is not, as of when.
    layers
        The layers, the lowest first.
    legend
        Class of the swatch, and what it means.
    warning
        Said above everything where the file is confidential; empty: it holds only what is public.
    about
        Key of the layer that the map looks at first; empty: at all of them.
    """

    title: str
    notes: tuple[str, ...]
    layers: tuple[FileLayer, ...]
    legend: tuple[tuple[str, str], ...] = ()
    warning: str = ""
    about: str = ""

    @property
    def embedded(self) -> int:
        """Number of features in the file, with the city limits."""
        return 1 + sum(len(layer.features) for layer in self.layers)

    @property
    def demo(self) -> bool:
        """Whether any record is invented."""
        return any(each.item.demo for layer in self.layers for each in layer.features if each.item)


def portable_file(
    connection: Connection, city: CityProfile, speaker: Speaker, as_of: date, shown: Portable
) -> str:
    """Make a map as one self-contained HTML file, with what tells where one is around its records.

    Parameters
    ----------
    connection
        Read-only connection.
    city
        The city profile.
    speaker
        Language of the file.
    as_of
        Day on which it is made, as shown in it.
    shown
        What it shows.

    Returns
    -------
    str
        HTML with all scripts, styles and records inside.

    Raises
    ------
    ValueError
        When more than `ROOM` records are to be embedded.
    """
    if shown.embedded > ROOM + 1:
        raise ValueError(f"{shown.embedded} records do not fit into one file")
    settings = {**map_settings(speaker), "portable": True, "about": shown.about}
    made = CityMap("overview", city.center, START_ZOOM, shown.title, settings)
    ground = _ground(connection, shown)
    behind = [layer for layer in shown.layers if layer.style in FILLS]
    for layer in behind:
        _embedded(layer).add_to(made)
    for key, features in ground.items():
        Embedded(LayerSpec(key, key, extra={"cluster": False}), collection(features)).add_to(made)
    for layer in shown.layers:
        if layer not in behind:
            _embedded(layer).add_to(made)
    limits = LayerSpec("boundary", "boundary", extra={"cluster": False})
    Embedded(limits, json.loads(boundary_geojson(city))).add_to(made)
    parts = made.rendered()
    return _template().render(
        say=speaker.say,
        formats=speaker.formats,
        language=speaker.language,
        city=city,
        as_of=as_of,
        shown=shown,
        most=MOST_FEATURES,
        ground=[(key, name) for key, name in _ground_names(speaker, ground).items() if key in ground],
        tables=[layer for layer in reversed(shown.layers) if _is_told(layer)],
        fragment=parts.fragment,
        styles=[*(read_asset(address) for address in parts.stylesheets), styles.stylesheet()],
        scripts=[
            *(read_asset(address) for address in parts.scripts),
            parts.script,
            read_asset("/static/js/map-portable.js"),
        ],
    )


def _embedded(layer: FileLayer) -> Embedded:
    spec = LayerSpec(layer.key, layer.style, on=layer.on, extra={"cluster": layer.cluster})
    return Embedded(spec, collection([feature.as_json() for feature in layer.features]))


def _ground(connection: Connection, shown: Portable) -> dict[str, list[dict[str, Any]]]:
    """Read what tells where one is around the records; where districts are what is told, they do."""
    if any(layer.style == "shares" for layer in shown.layers):
        return {}
    layers = [layer for layer in shown.layers if layer.style != "districts"]
    return orientation.around(connection, [each.geometry for layer in layers for each in layer.features])


def _ground_names(speaker: Speaker, ground: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return what the layers are called that tell where one is."""
    main = any(each["properties"]["kind"] == "main" for each in ground.get("streets", ()))
    return {
        "water": speaker.say("Wasserflächen"),
        "streets": speaker.say("Hauptstraßen") if main else speaker.say("Straßen"),
        "rail": speaker.say("Bahn, Stadtbahn"),
        "names": speaker.say("Namen der Quartiere"),
    }


def _is_told(layer: FileLayer) -> bool:
    """Tell whether a layer has a table: districts, which give orientation, have none."""
    has_items = bool(layer.features) and all(each.item for each in layer.features)
    return has_items and layer.style != "districts"


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


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(str(files("maps"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("portable.html")
