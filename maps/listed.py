"""The map beside a list: it shows the rows of the table, numbered as they are, and nothing else."""

from geo_service.city import CityProfile
from maps.base import CityMap, RenderedMap
from maps.layers import BaseMap, add_orientation
from maps.overview import map_settings
from maps.speech import Speaker

START_ZOOM = 11
SCRIPT = "/maps/listed.js"


def listed_map(city: CityProfile, speaker: Speaker, basemap: tuple[str, str] | None) -> RenderedMap:
    """Build the map; the page's script draws the rows of the table into it.

    Parameters
    ----------
    city, speaker, basemap
        As in `maps.overview.overview_map`.
    """
    label = speaker.say("Karte der Liste; die Zahlen stehen auch in der Tabelle")
    made = CityMap("listed", city.center, START_ZOOM, label, map_settings(speaker))
    if basemap:
        BaseMap(*basemap).add_to(made)
    add_orientation(made)
    return made.rendered()
