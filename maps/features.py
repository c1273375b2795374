"""The map beside the features of a collection: whatever an address of the OGC API hands out."""

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
    address: str,
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
    address
        Path and parameters of a feature or a collection of features, CRS84.
    with_parcels
        Show the parcels beneath, to draw by.
    """
    made = CityMap("features", city.center, START_ZOOM, label, map_settings(speaker))
    if basemap:
        BaseMap(*basemap).add_to(made)
    if with_parcels:
        VectorTiles(LayerSpec("horizon", "horizon"), TILES, "parcels").add_to(made)
    add_orientation(made)
    Records(LayerSpec("features", "features"), address).add_to(made)
    return made.rendered()
