"""The maps of the open interface: whatever an address of it hands out, as features or as tiles."""

from collections.abc import Mapping

from geo_service.city import CityProfile
from maps.base import CityMap, RenderedMap
from maps.layers import BaseMap, LayerSpec, Records, VectorTiles, add_orientation
from maps.overview import TILES, map_settings
from maps.speech import Speaker

START_ZOOM = 12


def features_map(
    city: CityProfile,
    speaker: Speaker,
    basemap: tuple[str, str] | None,
    label: str,
    source: tuple[str, Mapping[str, str], Mapping[str, Mapping[str, str]]],
    *,
    with_parcels: bool = False,
) -> RenderedMap:
    """Build the map of an address that answers with GeoJSON; it opens on all of it.

    Parameters
    ----------
    city, speaker, basemap
        As in `maps.overview.overview_map`.
    label
        What the map shows, read out by screen readers.
    source
        Path and parameters of a feature or a collection of features, CRS84; what their fields are called; by
        field, what the codes in it are called.
    with_parcels
        Show the parcels beneath, to draw by.
    """
    address, fields, words = source
    settings = {**map_settings(speaker), "fields": dict(fields), "words": dict(words)}
    made = CityMap("features", city.center, START_ZOOM, label, settings)
    if basemap:
        BaseMap(*basemap).add_to(made)
    if with_parcels:
        VectorTiles(LayerSpec("horizon", "horizon"), TILES, "parcels").add_to(made)
    add_orientation(made)
    Records(LayerSpec("features", "features"), address).add_to(made)
    return made.rendered()


def tiles_map(
    city: CityProfile,
    speaker: Speaker,
    basemap: tuple[str, str] | None,
    label: str,
    tiles: tuple[str, tuple[str, ...]],
) -> RenderedMap:
    """Build the map of a tileset: each of its layers in a colour of its own; it opens on the city.

    Parameters
    ----------
    city, speaker, basemap, label
        As in `features_map`.
    tiles
        Address of the tiles with {z}, {x}, {y}, and the names of their layers.
    """
    west, south, east, north = city.bbox
    settings = {**map_settings(speaker), "bounds": [[south, west], [north, east]]}
    made = CityMap("features", city.center, START_ZOOM, label, settings)
    if basemap:
        BaseMap(*basemap).add_to(made)
    add_orientation(made)
    url, names = tiles
    spec = LayerSpec("features", "plain", extra={"data_layers": list(names)})
    VectorTiles(spec, url, "").add_to(made)
    return made.rendered()
