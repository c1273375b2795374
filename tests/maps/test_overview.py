"""The Folium script of the overview: a golden file, no inline code, no other host, escaped values."""

import html
import json
import re
from pathlib import Path

import pytest
import shapely.geometry

from geo_service.city import load_city
from geo_service.web.speaker import PageSpeaker
from maps.base import CityMap, RenderedMap
from maps.layers import BaseMap, Embedded, LayerSpec, Records
from maps.overview import LAYER_KEYS, boundary_geojson, overview_map

GOLDEN = Path(__file__).parent / "golden" / "overview.de.js"
HOSTILE = "</script><img src=x onerror=alert(1)>`${1+1}`\\\"'\u2028\u202e🏗"


def overview(basemap: tuple[str, str] | None = None) -> RenderedMap:
    return overview_map(load_city("dortmund"), PageSpeaker("de"), basemap)


def test_script_is_the_golden_one() -> None:
    """After a wanted change: write ``overview().script`` to the file and read the difference."""
    assert overview().script == GOLDEN.read_text(encoding="utf-8")


def test_script_is_the_same_on_every_rendering() -> None:
    assert overview() == overview()


def test_every_layer_of_the_panel_is_in_the_script() -> None:
    found = re.findall(r"GeoMap\.(?:vectorTiles|records)\(map_overview, (\{.*\})\);", overview().script)
    assert sorted(json.loads(each)["key"] for each in found) == sorted(LAYER_KEYS)


def test_no_other_host_and_no_inline_code() -> None:
    made = overview()
    assert "http" not in made.script
    assert "//" not in made.script
    assert all(address.startswith("/static/") for address in (*made.scripts, *made.stylesheets))
    assert "<script" not in made.fragment
    assert "<style" not in made.fragment
    assert "style=" not in made.fragment
    assert not re.search(r"\son\w+=", made.fragment)


def test_only_the_base_map_names_another_host() -> None:
    made = overview(("https://tiles.example/{z}/{x}/{y}.png", "© <b>Amt</b>"))
    assert re.findall(r"https?://[^/]+", made.script) == ["https://tiles.example"]
    assert "<b>" not in made.script


def test_needed_files_are_named_once_leaflet_first() -> None:
    made = overview()
    assert len(set(made.scripts)) == len(made.scripts)
    assert made.scripts[0].endswith("/leaflet.js")
    assert not any("jquery" in each or "bootstrap" in each or "awesome" in each for each in made.scripts)


def hostile_map() -> RenderedMap:
    made = CityMap("hostile", (7.4, 51.5), 12, HOSTILE, {"text": HOSTILE})
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [7.4, 51.5]},
        "properties": {"name": HOSTILE, "status": "vacant"},
    }
    spec = LayerSpec("vacancies", "vacancies", extra={"cluster": True})
    Embedded(spec, {"type": "FeatureCollection", "features": [feature]}).add_to(made)
    Records(LayerSpec("sites", "sites"), f"/x?{HOSTILE}").add_to(made)
    BaseMap("/tiles/{z}", HOSTILE).add_to(made)
    return made.rendered()


def test_hostile_texts_stay_data_in_the_script() -> None:
    script = hostile_map().script
    assert "</script" not in script
    assert "<img" not in script
    call = re.search(r"GeoMap\.embedded\(map_hostile, (\{.*\})\);", script)
    assert call
    collection = json.loads(call[1])["collection"]
    assert collection["features"][0]["properties"]["name"] == HOSTILE


def test_hostile_label_stays_text_in_the_element() -> None:
    fragment = hostile_map().fragment
    assert "<img" not in fragment
    label = re.search(r'aria-label="([^"]*)"', fragment)
    assert label
    assert html.unescape(label[1]) == HOSTILE


@pytest.mark.parametrize("name", ["Über", "a b", "x;alert(1)", ""])
def test_map_name_must_be_an_identifier(name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        CityMap(name, (7, 51), 12, "", {})


def test_boundary_is_geojson_in_degrees_around_the_city() -> None:
    city = load_city("dortmund")
    feature = json.loads(boundary_geojson(city))["features"][0]
    west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
    assert (west, south, east, north) == pytest.approx(city.bbox, abs=0.05)
