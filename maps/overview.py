"""The overview: parcels by horizon and by transit class, vacancies, sites, stops, districts, city limits."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo_service.city import CityProfile
from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from maps import styles
from maps.base import CityMap, RenderedMap
from maps.layers import IN_FULL, BaseMap, LayerSpec, Records, VectorTiles
from maps.speech import Speaker

TILES: Final = "/ogc/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}"
START_ZOOM: Final = 12
STOPS_FROM_ZOOM: Final = 13
BOUNDARY_TOLERANCE_M: Final = 5.0

LAYER_KEYS: Final = (
    "horizon", "grade", "vacancies", "sites", "stops", "rail", "streets", "water", "quarters", "districts",
    "boundary",
)  # fmt: skip
"""Keys of the layers in addresses, from top to bottom of the panel."""
SHOWN_AT_FIRST: Final = frozenset(
    {"horizon", "vacancies", "sites", "rail", "water", "quarters", "districts", "boundary"}
)


def overview_map(city: CityProfile, speaker: Speaker, basemap: tuple[str, str] | None) -> RenderedMap:
    """Build the overview of a city.

    Parameters
    ----------
    city
        The city profile.
    speaker
        Language of the texts in the map.
    basemap
        Address and attribution of a configured base map; None: own layers only.
    """
    west, south, east, north = city.bbox
    made = CityMap(
        "overview",
        city.center,
        START_ZOOM,
        speaker.say("Übersichtskarte %(city)s: Flächen, Leerstände, Standorte", city=city.name),
        {**map_settings(speaker), "bounds": [[south, west], [north, east]]},
    )
    if basemap:
        BaseMap(*basemap).add_to(made)
    for layer in _layers():
        layer.add_to(made)
    return made.rendered()


def _layers() -> list[VectorTiles | Records]:
    """Return the layers, the lowest first."""

    def spec(key: str, style: str, min_zoom: int = 0, **extra: Any) -> LayerSpec:
        return LayerSpec(key, style, min_zoom, key in SHOWN_AT_FIRST, extra)

    return [
        Records(spec("water", "water", **IN_FULL["water"]), "/maps/layers/water.geojson"),
        VectorTiles(spec("horizon", "horizon"), TILES, "parcels"),
        VectorTiles(spec("grade", "grade"), TILES, "parcels"),
        Records(spec("streets", "streets"), "/maps/layers/streets.geojson"),
        Records(spec("rail", "rail"), "/maps/layers/rail.geojson"),
        Records(spec("quarters", "quarters"), "/maps/layers/quarters.geojson"),
        Records(spec("districts", "districts"), "/maps/layers/districts.geojson"),
        Records(spec("boundary", "boundary"), "/maps/layers/boundary.geojson"),
        Records(spec("sites", "sites"), "/maps/layers/sites.geojson"),
        Records(spec("stops", "stops", STOPS_FROM_ZOOM), "/maps/layers/stops.geojson"),
        Records(spec("vacancies", "vacancies", cluster=True), "/maps/layers/vacancies.geojson"),
    ]


def map_settings(speaker: Speaker) -> dict[str, Any]:
    """Return styles and texts for the map's script."""
    return {
        "language": speaker.language,
        "styles": styles.as_script(),
        "texts": map_texts(speaker),
    }


def map_texts(speaker: Speaker) -> dict[str, str]:
    """Return the words that the map's script shows."""
    return {
        "zoomIn": speaker.say("Vergrößern"),
        "zoomOut": speaker.say("Verkleinern"),
        "close": speaker.say("Schließen"),
        "more": speaker.say("Ganze Antwort"),
        "demo": speaker.say("Demo"),
        "yes": speaker.say("ja"),
        "no": speaker.say("nein"),
        "nothing": speaker.say("Hier ist nichts erfasst."),
        "nowhere": speaker.say("Auf der Karte ist dazu nichts zu zeigen: Es gibt keinen Ort dazu."),
        "dayLoads": speaker.say("Der Tag wird geladen, die Auskunft folgt …"),
        "found": speaker.say("Auf der Karte bezeichnet:"),
        "foundEnds": speaker.say("Esc nimmt es weg."),
        "failed": speaker.say("Die Auskunft ist nicht erreichbar. Bitte versuchen Sie es noch einmal."),
        "partFailed": speaker.say(
            "Ein Teil der Karte konnte nicht geladen werden. Bitte verschieben Sie die Karte ein wenig oder "
            "laden Sie die Seite neu."
        ),
        "copied": speaker.say("Der Link zu dieser Ansicht ist kopiert."),
        "copyFailed": speaker.say("Bitte kopieren Sie den Link aus der Adresszeile."),
        "vacancies": speaker.say("Leerstände"),
        "drawPoint": speaker.say("Auf den Ort klicken. Tastatur: Karte verschieben, Eingabe setzt den Ort."),
        "drawMiddle": speaker.say(
            "Auf die Mitte klicken. Tastatur: Karte verschieben, Eingabe setzt die Mitte."
        ),
        "drawRadius": speaker.say("Auf den Rand klicken. Radius:"),
        "drawElsewhere": speaker.say(
            "Auf den Rand klicken: Der zweite Punkt muss an einer anderen Stelle liegen als die Mitte."
        ),
        "drawCorner": speaker.say("Eine Ecke nach der anderen anklicken, die letzte zweimal. Esc bricht ab."),
        "drawLine": speaker.say(
            "Einen Punkt nach dem anderen anklicken, den letzten zweimal. Esc bricht ab."
        ),
        "measureLength": speaker.say("Länge:"),
        "measureArea": speaker.say("eingeschlossene Fläche:"),
        "locating": speaker.say("Ihr Standort wird gesucht …"),
        "located": speaker.say("Ihr Standort, genau auf"),
        "locateRefused": speaker.say(
            "Der Browser gibt Ihren Standort nicht frei. Erlauben Sie es in den Einstellungen der Seite."
        ),
        "locateFailed": speaker.say("Ihr Standort ist gerade nicht zu ermitteln."),
    }


@lru_cache(maxsize=8)
def boundary_geojson(city: CityProfile) -> str:
    """Return the city limits as a GeoJSON feature collection (WGS 84)."""
    to_degrees = pyproj.Transformer.from_crs(STORAGE_SRID, WGS84_SRID, always_xy=True)

    def project(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))

    outline = shapely.transform(shapely.simplify(city.boundary, BOUNDARY_TOLERANCE_M), project)
    geometry = shapely.to_geojson(shapely.set_precision(outline, 1e-5))
    return (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        + geometry
        + "}]}"
    )
