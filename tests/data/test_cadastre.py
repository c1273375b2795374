import re

import numpy as np
import pandas as pd
import pytest
import shapely

from data.demo.areas import read_areas
from data.demo.city import DemoCity
from geo_service.city import CityProfile
from geo_service.parcels.models import PARCEL_KEY_PATTERN, OwnerKind

FLUREN = {"1239": set(range(1, 61)) - {27, 35}, "1247": set(range(1, 9)), "1242": set(range(1, 10)),
          "1289": set(range(1, 7)), "1249": {1, 2, 3}, "1288": set(range(1, 6))}  # fmt: skip


def test_there_are_at_least_5000_parcels(demo: DemoCity) -> None:
    assert len(demo.parcels) >= 5000


def test_parcels_neither_overlap_nor_leave_gaps(demo: DemoCity, city: CityProfile) -> None:
    shapes = demo.parcels.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    shared = shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]]))
    assert shared.max() < 1e-6
    union = shapely.union_all(shapes)
    assert union.area == pytest.approx(shapely.area(shapes).sum(), abs=1e-3)
    for area in read_areas(city)[0]:
        inside = union.intersection(area.outline)
        assert inside.area == pytest.approx(area.outline.area, rel=1e-5), area.key
        assert shapely.get_num_interior_rings(shapely.get_parts(inside)).sum() == 0, area.key


def test_parcels_lie_inside_the_city(demo: DemoCity, city: CityProfile) -> None:
    shapely.prepare(city.boundary)
    assert shapely.contains_properly(city.boundary, demo.parcels.geometry.to_numpy()).all()


def test_the_areas_named_by_the_issue_are_there(city: CityProfile) -> None:
    assert {area.key for area in read_areas(city)[0]} >= {
        "huckarde",
        "hafen",
        "westhausen",
        "phoenix-west",
        "smart-rhino",
        "techpark",
        "city",
        "hoerde",
        "brackel",
        "kreuzviertel",
    }


def test_keys_are_valid_unique_and_of_real_gemarkungen(demo: DemoCity, city: CityProfile) -> None:
    keys = demo.parcels["parcel_key"]
    assert keys.is_unique
    assert keys.map(lambda key: re.match(PARCEL_KEY_PATTERN, key) is not None).all()
    rows = demo.parcels[["parcel_key", "gemarkung_key", "gemarkung", "flur", "numerator", "denominator"]]
    for key, gemarkung_key, gemarkung, flur, numerator, denominator in rows.itertuples(index=False):
        assert key[:6] == gemarkung_key
        assert city.gemarkungen[key[2:6]] == gemarkung
        assert int(key[6:9]) == flur
        assert flur in FLUREN[key[2:6]]
        assert int(key[9:14]) == numerator > 0
        assert key[14:18] == ("____" if pd.isna(denominator) else f"{denominator:04d}")
        assert key[18:] == "__"
    assert demo.parcels["denominator"].notna().any()
    assert demo.parcels["denominator"].isna().any()


def test_official_areas_are_close_to_measured_ones_but_not_equal(demo: DemoCity) -> None:
    measured = demo.parcels.geometry.area.to_numpy()
    official = demo.parcels["official_area_m2"].to_numpy()
    difference = np.abs(official - measured) / measured
    assert difference.max() <= 0.01
    assert 0.0003 < np.median(difference) < 0.003


def test_actual_uses_add_up_to_the_official_area(demo: DemoCity) -> None:
    for text, official in zip(demo.parcels["actual_use"], demo.parcels["official_area_m2"], strict=True):
        assert sum(int(part.rsplit(";", 1)[1]) for part in text.split("|")) == official, text


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        ("Wohnbaufläche / Offen", 300, 900),
        ("Fläche gemischter Nutzung", 300, 1000),
        ("/ Gewerbe;", 1000, 30000),
    ],
)
def test_sizes_are_plausible(demo: DemoCity, words: str, least: float, most: float) -> None:
    areas = demo.parcels.geometry.area[demo.parcels["actual_use"].str.contains(words, regex=False)]
    assert len(areas) > 100
    assert least <= areas.median() <= most
    assert (areas.between(least * 0.6, most * 1.6)).mean() > 0.9


def test_streets_are_long_and_thin(demo: DemoCity) -> None:
    streets = demo.parcels[demo.parcels["actual_use"].str.startswith("Straßenverkehr")].geometry
    houses = demo.parcels[demo.parcels["actual_use"].str.startswith("Wohnbaufläche")].geometry
    assert len(streets) > 400
    assert (streets.length**2 / streets.area).median() > 40
    assert (houses.length**2 / houses.area).median() < 25


def test_all_owner_kinds_and_no_real_owner(demo: DemoCity) -> None:
    assert set(demo.parcels["owner_kind"]) == {kind.value for kind in OwnerKind} - {"unknown"}
    assert demo.parcel_owners["name"].str.startswith("Demo-").all()
    assert demo.parcel_owners["address"].str.endswith("00000 Demostadt").all()
    assert set(demo.parcel_owners["parcel_key"]) == set(demo.parcels["parcel_key"])


def test_house_numbers_say_that_they_are_invented(demo: DemoCity) -> None:
    built = demo.parcels["location_text"].str.extract(r" (\S*\d)$")[0].dropna()
    assert len(built) > 4000
    assert built.str.fullmatch(r"D\d+").all()


def test_every_parcel_has_a_district(demo: DemoCity) -> None:
    assert set(demo.parcels["district_key"]) <= set(demo.districts["key"])
    assert demo.parcels["district_key"].notna().all()


def test_some_owners_object_to_publication(demo: DemoCity) -> None:
    assert 0 < demo.parcels["publication_objection"].sum() < 50
    assert demo.parcels["publication_announced_on"].notna().any()
