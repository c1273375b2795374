"""Invented premises in the shopping streets: what they are, what they cost, who lets them."""

from datetime import date
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.demo.districts import key_at
from data.demo.facts import read_records
from data.demo.ground import LABEL
from data.demo.provenance import labelled
from data.demo.seeds import pick, rng
from geo_service.city import CityProfile
from geo_service.geometry import STORAGE_SRID

KINDS = {
    "retail": ("Ladenlokal", {"retail": 1.0}, (35, 260), 50),
    "gastronomy": ("Gastronomiefläche", {"gastronomy": 1.0}, (60, 240), 18),
    "service": ("Dienstleistungsfläche", {"service": 1.0, "office": 0.6}, (40, 180), 12),
    "craft": ("Werkstattladen", {"craft": 1.0, "retail": 0.6, "studio": 0.4}, (50, 220), 8),
    "office": ("Büroetage", {"office": 1.0, "service": 0.5}, (70, 420), 8),
    "studio": ("Atelier", {"studio": 1.0, "craft": 0.4}, (40, 160), 4),
}
"""By main use: what it is called, chance of each permitted use, span of area in square metres, weight."""
UPSTAIRS = {"office": 0.85, "studio": 0.5, "service": 0.3}
"""Chance that premises of a main use lie above the ground floor."""
FEATURES = {"barrier_free": 0.45, "water": 0.7, "storage": 0.5, "shop_window": 0.0, "extraction": 0.0}
FEATURES_OF = {
    "retail": {"shop_window": 0.92},
    "gastronomy": {"extraction": 0.8, "water": 1.0, "shop_window": 0.7},
    "craft": {"water": 0.9, "shop_window": 0.5, "extraction": 0.15},
}
"""Chance of each feature, and by main use where it differs."""
RENT_UNKNOWN = 0.06
LANDLORDS = 60
TOWARDS_STREET = 0.7
"""Premises lie so far from the middle of their lot towards the street."""


def build_premises(
    city: CityProfile,
    land: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    quarters: gpd.GeoDataFrame,
    reference_date: date,
) -> gpd.GeoDataFrame:
    """Return the columns of the table ``premises``.

    References are by ``parcel_key``, ``district_key`` and ``quarter_key``. One more column, ``stands_empty``,
    tells whether they stand empty at the reference date.
    """
    rows: list[dict[str, Any]] = []
    for facts in read_records(city, "premises.toml")["quarter"]:
        draw = rng("premises", facts["area"])
        lots = _shop_lots(land[land["area"] == facts["area"]], draw, facts["count"])
        empty = np.zeros(facts["count"], dtype=bool)
        empty[draw.choice(facts["count"], facts["vacant"], replace=False)] = True
        streets = _streets(land, facts["area"])
        for (_, lot), is_empty in zip(lots.iterrows(), empty, strict=True):
            place = _place(lot.geometry, streets[lot["street"]])
            rows.append(_one(len(rows) + 1, lot, place, facts, draw) | {"stands_empty": bool(is_empty)})
    frame = gpd.GeoDataFrame(rows, geometry="geom", crs=STORAGE_SRID)
    places = frame.geometry.to_numpy()
    frame = frame.assign(district_key=key_at(districts, places), quarter_key=key_at(quarters, places))
    return gpd.GeoDataFrame(labelled(frame, reference_date))


def _shop_lots(own: gpd.GeoDataFrame, draw: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """Choose lots with shops: core and mixed ones, main streets first."""
    shops = own[own["built"] & own["use"].isin(["core", "mixed"])]
    main_street = ~shops["street"].str.endswith(LABEL)
    order = draw.random(len(shops)) + main_street.to_numpy() * 0.6
    return shops.iloc[np.sort(np.argsort(-order, kind="stable")[:count])]


def _streets(land: gpd.GeoDataFrame, area: str) -> "pd.Series[Any]":
    """Return the ground of each street of an area by name."""
    streets = land[(land["area"] == area) & (land["kind"] == "street")]
    grounds: pd.Series[Any] = streets.dissolve("street").geometry
    return grounds


def _place(lot: shapely.Polygon, street: shapely.Geometry) -> shapely.Point:
    """Return a point in the lot towards its street."""
    middle = lot.point_on_surface()
    front = shapely.get_coordinates(shapely.shortest_line(middle, street))[1]
    x, y = shapely.get_coordinates(middle)[0] * (1 - TOWARDS_STREET) + front * TOWARDS_STREET
    point = shapely.Point(round(x, 2), round(y, 2))
    return point if lot.contains(point) else middle


def _one(
    number: int, lot: "pd.Series[Any]", place: shapely.Point, facts: dict[str, Any], draw: np.random.Generator
) -> dict[str, Any]:
    """Draw what one unit is like."""
    main = pick(draw, {use: weight for use, (*_, weight) in KINDS.items()})
    name, uses, (least, most), _ = KINDS[main]
    permitted = [use for use, chance in uses.items() if draw.random() < chance]
    chances = FEATURES | FEATURES_OF.get(main, {})
    features = [feature for feature, chance in chances.items() if draw.random() < chance]
    floor = int(draw.integers(1, 4)) if draw.random() < UPSTAIRS.get(main, 0.0) else 0
    area = int(draw.triangular(least, least + (most - least) * 0.25, most))
    low, high = facts["rent"]
    per_m2 = float(draw.triangular(low, low + (high - low) * 0.3, high)) * (0.7 if floor else 1.0)
    rent = None if draw.random() < RENT_UNKNOWN else Decimal(round(area * per_m2 / 5) * 5)
    landlord = int(draw.integers(1, LANDLORDS + 1))
    return {
        "premises_key": f"DEMO-L-{number:03d}",
        "name": f"{name} {number:03d} {LABEL}",
        "street": lot["street"],
        "house_number": lot["house_number"],
        "postcode": facts["postcode"],
        "floor": floor,
        "area_m2": float(area),
        "permitted_uses": permitted,
        "features": sorted(features),
        "net_rent_eur_month": rent,
        "landlord": f"Demo-Vermietung {landlord:02d}",
        "contact": f"vermietung{landlord:02d}@demo.invalid",
        "note": "Erfundener Hinweis, nur intern" if number % 9 == 0 else None,
        "parcel_key": lot["parcel_key"],
        "geom": place,
    }
