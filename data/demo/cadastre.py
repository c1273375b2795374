"""Frames of the tables ``parcels`` and ``parcel_owners``."""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.demo.districts import key_at
from data.demo.provenance import geo_frame, labelled
from data.demo.seeds import rng
from geo_service.city import CityProfile

OBJECTIONS = 0.02
"""Share of private vacant lots whose owner objected to publication (§200(3) BauGB)."""
ANNOUNCED = 0.2
"""Share of vacant lots whose publication was announced by itself, some less than a month ago."""
OWNERS: dict[str, tuple[str, int]] = {
    "private": ("Demo-Eigentümerin {:04d}", 6000),
    "company": ("Demo-Grundbesitz {:03d} GmbH", 300),
    "municipal": ("Demo-Stadt, Fachbereich Liegenschaften", 1),
    "state": ("Demo-Land, Liegenschaftsbetrieb", 1),
    "church": ("Demo-Kirchengemeinde {:02d}", 20),
    "railway": ("Demo-Bahngesellschaft", 1),
}
"""Invented owners: name by kind and how many of them."""


def build_parcels(
    land: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, city: CityProfile, reference_date: date
) -> gpd.GeoDataFrame:
    """Return the parcels; ``district_key`` stands for the district that holds the parcel's centre."""
    draw = rng("publication")
    vacant = land["use"].isin(["gap", "reserve", "brownfield"]).to_numpy()
    objection = vacant & (land["owner_kind"] == "private").to_numpy() & (draw.random(len(land)) < OBJECTIONS)
    announced = vacant & (draw.random(len(land)) < ANNOUNCED)
    days = draw.integers(10, 900, len(land))
    frame = geo_frame(
        [
            {"parcel_key": key, "geom": shape}
            for key, shape in zip(land["parcel_key"], land.geometry, strict=True)
        ]
    )
    columns = {
        "gemarkung_key": land["gemarkung_key"],
        "gemarkung": land["gemarkung"],
        "flur": land["flur"].astype(int),
        "numerator": land["numerator"].astype(int),
        "denominator": pd.Series(
            [int(value) or None for value in land["denominator"]], index=land.index, dtype="Int64"
        ),
        "municipality_key": city.ags,
        "municipality": city.name,
        "location_text": _locations(land),
        "actual_use": land["tntxt"],
        "official_area_m2": land["official_area_m2"].astype(float),
        "owner_kind": land["owner_kind"],
        "district_key": key_at(districts, shapely.point_on_surface(land.geometry.to_numpy())),
        "land_value_eur_per_m2": land["land_value_eur_per_m2"],
        "publication_objection": objection,
        "publication_announced_on": [
            reference_date - timedelta(days=int(day)) if told else None
            for day, told in zip(days, announced, strict=True)
        ],
    }
    return gpd.GeoDataFrame(labelled(frame.assign(**columns), reference_date))


def build_owners(land: gpd.GeoDataFrame, reference_date: date) -> pd.DataFrame:
    """Return an invented owner for each parcel, by ``parcel_key``."""
    draw = rng("owners")
    kinds = land["owner_kind"].to_numpy()
    numbers = np.zeros(len(land), dtype=int)
    for kind, (_, count) in OWNERS.items():
        own = kinds == kind
        numbers[own] = draw.integers(1, count + 1, int(own.sum()))
    frame = pd.DataFrame(
        {
            "parcel_key": land["parcel_key"],
            "name": [OWNERS[kind][0].format(number) for kind, number in zip(kinds, numbers, strict=True)],
            "address": [f"Demoweg {number}, 00000 Demostadt" for number in numbers],
            "share": "1/1",
        }
    )
    return labelled(frame, reference_date)


def _locations(land: gpd.GeoDataFrame) -> list[str]:
    """Return Lagebezeichnungen: street and number for what is built, the name alone for the rest."""
    texts = []
    for kind, name, street, number, built in zip(
        land["kind"], land["name"], land["street"], land["house_number"], land["built"], strict=True
    ):
        if kind == "lot":
            texts.append(f"{street} {number}" if built else street)
        else:
            texts.append(name)
    return texts
