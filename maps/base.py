"""A Folium map without inline code: its parts are rendered apart, for pages with a strict header policy.

`CityMap.fragment` is the element for the page, `script` the program for an own address, `scripts` and
`stylesheets` the files that the page must load before. Nothing names another host.
"""

import re
from dataclasses import dataclass
from typing import Any, cast

import folium
from branca.element import Figure
from folium.template import Template

VENDOR = "/static/vendor"
MAX_ZOOM = 19
MAP_JS = [
    ("leaflet", f"{VENDOR}/leaflet/dist/leaflet.js"),
    ("geo_map", "/static/js/geo-map.js"),
    ("map_records", "/static/js/map-records.js"),
]
MAP_CSS = [("leaflet_css", f"{VENDOR}/leaflet/dist/leaflet.css"), ("geo_map_css", "/static/css/map.css")]


@dataclass(frozen=True, slots=True)
class RenderedMap:
    """The parts of a map.

    Parameters
    ----------
    fragment
        HTML of the map's element.
    script
        Program that builds the map in it.
    scripts, stylesheets
        Addresses of the files that must be loaded before, in this order.
    """

    fragment: str
    script: str
    scripts: tuple[str, ...]
    stylesheets: tuple[str, ...]


class CityMap(folium.Map):
    """A Leaflet map made by Folium, without base map of another host and without inline code.

    Parameters
    ----------
    name
        Name of the map's element and variable, such as ``overview``: the same on every rendering.
    center
        Longitude, latitude in degrees (WGS 84).
    zoom
        Zoom level to open at.
    label
        What the map shows, read out by screen readers.
    """

    default_js = MAP_JS
    default_css = MAP_CSS
    _template = Template("""
        {% macro html(this, kwargs) %}
        <div class="folium-map kern-light" id={{ this.get_name()|tojson }} tabindex="0" role="application"
             aria-label="{{ this.label|e }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = GeoMap.create({{ this.get_name()|tojson }},
            {center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}},
            {{ this.settings|tojson }});
        {% endmacro %}
        """)

    def __init__(
        self, name: str, center: tuple[float, float], zoom: int, label: str, settings: dict[str, Any]
    ) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError("a map's name is a lower-case identifier")
        self._stable_name = name
        longitude, latitude = center
        super().__init__(location=(latitude, longitude), tiles=None, zoom_start=zoom, zoom_control=False)
        self.label = label
        self.settings = settings
        self.options["max_zoom"] = MAX_ZOOM

    def get_name(self) -> str:
        """Return the map's name, which does not change between renderings."""
        return f"map_{self._stable_name}"

    def rendered(self) -> RenderedMap:
        """Render the map's parts."""
        figure = cast("Figure", self.get_root())
        figure.render()
        header = figure.header.render()
        return RenderedMap(
            fragment=_tidy(figure.html.render()),
            script=_tidy(figure.script.render()),
            scripts=tuple(re.findall(r'<script src="([^"]+)"', header)),
            stylesheets=tuple(re.findall(r'<link rel="stylesheet" href="([^"]+)"', header)),
        )


def _tidy(text: str) -> str:
    """Return a text without the blank lines that templates leave."""
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line) + "\n"
