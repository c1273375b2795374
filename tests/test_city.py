import json
import tomllib
from pathlib import Path

import pytest
import shapely
from pyproj import Transformer

from geo_service.city import CityProfile, cities_folder, known_cities, load_city, read_profile
from geo_service.errors import InvalidInput

TO_STORAGE = Transformer.from_crs(4326, 25832, always_xy=True)


def test_dortmund_has_the_facts_of_the_design() -> None:
    city = load_city("dortmund")
    assert (city.name, city.ags, city.ars) == ("Dortmund", "05913000", "059130000000")
    assert city.bbox == (7.303, 51.417, 7.638, 51.6)
    assert len(city.districts) == 12
    assert len(city.gemarkungen) == 58
    assert city.gemarkungen["1249"] == "Bodelschwingh"
    assert {"City", "Kreuzviertel", "Nordstadt", "Hörde-Zentrum", "Brackel-Zentrum"} <= set(city.quarters)


def test_the_boundary_is_coarse_says_so_and_has_the_official_area() -> None:
    city = load_city("dortmund")
    corners = shapely.get_num_coordinates(city.boundary) - 1
    assert 40 <= corners <= 60
    assert city.boundary_accuracy_m == 700
    assert "VG5000" in city.boundary_source
    assert "dl-de/by-2-0" in city.boundary_source
    assert city.boundary.area / 1e6 == pytest.approx(city.area_km2, rel=0.01)


@pytest.mark.parametrize(
    ("lon", "lat", "inside"),
    [
        (7.459592, 51.51689, True),  # Hauptbahnhof
        (7.3752, 51.5509, True),  # Zeche Westhausen
        (7.6124, 51.5179, True),  # airport terminal
        (7.2159, 51.4788, False),  # Bochum Hauptbahnhof
        (7.4603, 51.5169 + 0.1, False),  # Lünen
    ],
)
def test_known_places_lie_on_the_right_side_of_the_boundary(lon: float, lat: float, inside: bool) -> None:
    point = shapely.Point(*TO_STORAGE.transform(lon, lat))
    assert load_city("dortmund").boundary.contains(point) is inside


@pytest.mark.parametrize("key", known_cities())
def test_every_profile_is_consistent(key: str) -> None:
    city = load_city(key)
    west, south, east, north = city.bbox
    assert west <= city.center[0] <= east
    assert south <= city.center[1] <= north
    corners = [TO_STORAGE.transform(lon, lat) for lon in (west, east) for lat in (south, north)]
    assert shapely.MultiPoint(corners).convex_hull.buffer(100).contains(city.boundary)
    assert city.boundary.contains(shapely.Point(*TO_STORAGE.transform(*city.center)))


def test_a_second_municipality_needs_only_configuration() -> None:
    city = load_city("hellenthal")
    assert city.ags == "05366020"
    assert city.gemarkung_key("losheim") == "4394"
    assert city.gemarkung_key("Bodelschwingh") is None
    assert city.districts == ()


def test_an_unknown_city_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"'atlantis'.*dortmund, hellenthal"):
        load_city("atlantis")


@pytest.mark.parametrize("key", ["", "..", "../cities/dortmund", "dortmund/"])
def test_a_city_key_is_no_path(key: str) -> None:
    with pytest.raises(InvalidInput, match="no city profile"):
        load_city(key)


def copy_profile(target: Path, **changes: object) -> Path:
    """Write Dortmund's profile to a folder, with some top-level lines replaced (None: dropped)."""
    source = cities_folder() / "dortmund"
    folder = target / "dortmund"
    folder.mkdir()
    (folder / "boundary.geojson").write_text((source / "boundary.geojson").read_text())
    lines = (source / "profile.toml").read_text(encoding="utf-8").splitlines()
    for name, value in changes.items():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{name} ="))
        lines[at] = "" if value is None else f"{name} = {json.dumps(value)}"
    path = folder / "profile.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_copied_profile_reads_like_the_original(tmp_path: Path) -> None:
    profile = read_profile(copy_profile(tmp_path))
    assert isinstance(profile, CityProfile)
    assert profile.boundary.equals(load_city("dortmund").boundary)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", None, "'name' is missing"),
        ("ags", "5913000", "ags must have 8 digits"),
        ("ars", "0591300000", "ars must have 12 digits"),
        ("land_key", "5", "land_key must have 2 digits"),
        ("key", "essen", "name of its folder"),
        ("bbox", [51.417, 7.303, 51.6], "not enough values"),
        ("bbox", [7.638, 51.417, 7.303, 51.6], "bbox must be"),
        ("bbox", [7.303, 51.417, 7.638, 99.0], "bbox must be"),
        ("center", [51.5136, 7.4653], "center must lie inside bbox"),
        ("center", [7.4653, 53.0], "center must lie inside bbox"),
        ("margin_m", -1, "margin_m"),
        ("margin_m", "wide", "could not convert"),
        ("timezone", "Europe/Dortmund", "time zone 'Europe/Dortmund'"),
        ("timezone", "/etc/passwd", "time zone"),
        ("boundary", "missing.geojson", r"missing\.geojson does not exist"),
        ("1226", "Aplerbeck", None),
    ],
)
def test_a_wrong_profile_is_refused_with_file_and_reason(
    tmp_path: Path, field: str, value: object, message: str | None
) -> None:
    path = copy_profile(tmp_path, **{field: value})
    if message is None:
        assert read_profile(path).gemarkungen[field] == value
        return
    with pytest.raises(InvalidInput, match=message) as caught:
        read_profile(path)
    assert str(path) in caught.value.detail


def test_a_gemarkung_key_of_three_digits_is_refused(tmp_path: Path) -> None:
    path = copy_profile(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('1226 = "Apl', '226 = "Apl'), encoding="utf-8")
    with pytest.raises(InvalidInput, match="gemarkungen keys"):
        read_profile(path)


def test_broken_toml_is_refused(tmp_path: Path) -> None:
    path = copy_profile(tmp_path)
    path.write_text("key = ", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no valid TOML"):
        read_profile(path)


def test_a_boundary_without_area_is_refused(tmp_path: Path) -> None:
    path = copy_profile(tmp_path)
    line = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[7.4, 51.5], [7.5, 51.5]]},
    }
    (path.parent / "boundary.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [line]})
    )
    with pytest.raises(InvalidInput, match="no valid polygon"):
        read_profile(path)


def test_the_profile_files_are_readable_toml() -> None:
    for key in known_cities():
        facts = tomllib.loads((cities_folder() / key / "profile.toml").read_text(encoding="utf-8"))
        assert facts["key"] == key
