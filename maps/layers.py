"""The kinds of map layer: vector tiles, records fetched from an address, records embedded in the page.

Each is a Folium layer whose script is one call of an own function in ``geo-map.js``; every value passes
through ``tojson``, which escapes what could end a script. Texts of records reach the page as text nodes only.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from folium import Map
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from maps.base import VENDOR

VECTOR_TILES_JS = [("protomaps_leaflet", f"{VENDOR}/protomaps-leaflet/dist/protomaps-leaflet.js")]
MARKER_CLUSTER_JS = [("markercluster", f"{VENDOR}/leaflet.markercluster/dist/leaflet.markercluster.js")]
MARKER_CLUSTER_CSS = [("markercluster_css", f"{VENDOR}/leaflet.markercluster/dist/MarkerCluster.css")]


ORIENTATION = ("water", "rail", "quarters", "districts", "boundary")
"""Layers that tell where one is, the lowest first."""
IN_FULL = {"water": {"near": 13}}
"""Layers that come as they look from afar, and from a zoom level on as exact as the view shows them."""


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """What every layer says of itself.

    Parameters
    ----------
    key
        Short name in addresses and in the layer panel.
    style
        Name of the drawing function in ``geo-map.js``.
    min_zoom
        Zoom level from which the layer is drawn.
    on
        Whether it is shown at first.
    """

    key: str
    style: str
    min_zoom: int = 0
    on: bool = True
    extra: dict[str, Any] = field(default_factory=dict)


class _GeoLayer(JSCSSMixin, Layer):
    """A layer made by a function of ``geo-map.js``."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        GeoMap.{{ this.function }}({{ this._parent.get_name() }}, {{ this.arguments|tojson }});
        {% endmacro %}
        """)
    function: ClassVar[str]

    def __init__(self, spec: LayerSpec, **arguments: Any) -> None:
        super().__init__(name=spec.key, overlay=True, control=False, show=False)
        self._name = "GeoLayer"
        self.arguments = {**asdict(spec), **arguments}


class VectorTiles(_GeoLayer):
    """Areas drawn from vector tiles, as many as there are.

    Parameters
    ----------
    spec
        Key and style.
    url
        Address of the tiles with {z}, {x}, {y}.
    data_layer
        Name of the layer inside the tiles.
    """

    function = "vectorTiles"
    default_js = VECTOR_TILES_JS

    def __init__(self, spec: LayerSpec, url: str, data_layer: str) -> None:
        super().__init__(spec, url=url, data_layer=data_layer)


class Records(_GeoLayer):
    """Records fetched as GeoJSON (WGS 84) when the layer is shown first.

    Parameters
    ----------
    spec
        Key and style; ``extra`` may hold ``cluster: true`` for points.
    url
        Address of the feature collection.
    """

    function = "records"
    default_js = MARKER_CLUSTER_JS
    default_css = MARKER_CLUSTER_CSS

    def __init__(self, spec: LayerSpec, url: str) -> None:
        super().__init__(spec, url=url)


def add_orientation(made: Map) -> None:
    """Add what tells where one is: water, rail, place names, districts, city limits."""
    for key in ORIENTATION:
        Records(LayerSpec(key, key, extra=IN_FULL.get(key, {})), f"/maps/layers/{key}.geojson").add_to(made)


class Embedded(_GeoLayer):
    """Records that the page itself holds, for files that open without a network.

    Parameters
    ----------
    spec
        Key and style.
    collection
        GeoJSON feature collection (WGS 84); its properties are shown to readers.
    """

    function = "embedded"
    default_js = MARKER_CLUSTER_JS
    default_css = MARKER_CLUSTER_CSS

    def __init__(self, spec: LayerSpec, collection: dict[str, Any]) -> None:
        super().__init__(spec, collection=collection)


class BaseMap(_GeoLayer):
    """Raster tiles of a configured base map, below everything.

    Parameters
    ----------
    url
        Address with {z}, {x}, {y}; the only other host a page may then ask.
    attribution
        Plain text, as the licence asks for.
    """

    function = "baseMap"

    def __init__(self, url: str, attribution: str) -> None:
        super().__init__(LayerSpec("basemap", "basemap"), url=url, attribution=attribution)
