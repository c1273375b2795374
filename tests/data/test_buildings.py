"""The demo's buildings stand where parcels, restrictions and uses say."""

import numpy as np
import pytest
import shapely

from data.demo.city import DemoCity
from geo_service.availability.standing import measure_standing

VACANT = "Baulücke|unbebaut|außer Betrieb"
KEPT_FREE = "Straßenverkehr|Bahnverkehr|Grünanlage"


@pytest.fixture(scope="module")
def pairs(demo: DemoCity) -> tuple[np.ndarray, np.ndarray]:
    """Building and parcel wherever they share more than a square centimetre."""
    buildings, parcels = demo.buildings.geometry.to_numpy(), demo.parcels.geometry.to_numpy()
    building, parcel = shapely.STRtree(parcels).query(buildings, predicate="intersects")
    shared = shapely.area(shapely.intersection(buildings[building], parcels[parcel]))
    return building[shared > 1e-4], parcel[shared > 1e-4]


def test_buildings_are_complete(demo: DemoCity) -> None:
    frame = demo.buildings
    assert len(frame) > 5000
    assert frame["building_key"].is_unique
    assert frame.geometry.is_valid.all()
    assert set(frame.geometry.geom_type) == {"MultiPolygon"}
    assert frame.geometry.area.min() >= 12
    assert frame["storeys"].dropna().between(1, 6).all()
    assert 0.03 < frame["storeys"].isna().mean() < 0.1
    assert frame["built_year"].dropna().between(1890, 2019).all()


def test_each_building_stands_on_one_parcel_and_never_beside_it(
    demo: DemoCity, pairs: tuple[np.ndarray, np.ndarray]
) -> None:
    building, parcel = pairs
    assert building.tolist() == list(range(len(demo.buildings)))
    outside = shapely.difference(
        demo.buildings.geometry.to_numpy()[building], demo.parcels.geometry.to_numpy()[parcel]
    )
    assert shapely.area(outside).max() < 1e-6
    assert len(set(parcel)) == len(parcel)


def test_vacant_parcels_and_public_ground_are_not_built_on(
    demo: DemoCity, pairs: tuple[np.ndarray, np.ndarray]
) -> None:
    uses = demo.parcels["actual_use"]
    vacant = uses.str.contains(VACANT).to_numpy()
    assert vacant.sum() > 500
    assert not vacant[pairs[1]].any()
    assert not uses.str.contains(KEPT_FREE).to_numpy()[pairs[1]].any()


def test_buildings_stand_where_ground_is_kept_for_them(demo: DemoCity) -> None:
    kept = demo.restrictions[
        (demo.restrictions["kind"] == "existing_building") & (demo.restrictions["effect"] == "excludes")
    ]
    ground, standing = (shapely.union_all(frame.geometry.to_numpy()) for frame in (kept, demo.buildings))
    assert standing.difference(ground).area < 1e-3
    # what is left of it are strips of less than 12 m2
    assert ground.difference(standing).area < 0.005 * ground.area


def test_standing_is_known_of_every_demo_parcel(demo: DemoCity) -> None:
    frame = demo.buildings.rename_axis("id").reset_index().rename(columns={"geom": "geometry"})
    parcels = demo.parcels.geometry.to_numpy()
    standing = measure_standing(parcels, frame, np.ones(len(parcels), dtype=bool))
    assert standing["built"].sum() == len(demo.buildings)
    assert standing["footprint_m2"].sum() == pytest.approx(demo.buildings.geometry.area.sum())
    known = demo.buildings[demo.buildings["storeys"].notna()]
    floors = (known.geometry.area * known["storeys"].astype(float)).sum()
    assert standing["floor_m2"].sum() == pytest.approx(floors)
    assert standing["floor_m2"].isna().sum() == demo.buildings["storeys"].isna().sum()
