"""Who owns the demo ground, what stands on it and how the cadastre calls it."""

from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.demo.areas import Area
from data.demo.ground import Ground
from data.demo.seeds import pick, rng
from geo_service.city import CityProfile

OWNER_WEIGHTS: dict[str, dict[str, float]] = {
    "housing": {"private": 84, "company": 10, "municipal": 3, "church": 2, "state": 1},
    "mixed": {"private": 62, "company": 34, "municipal": 3, "church": 1},
    "core": {"company": 62, "private": 33, "municipal": 5},
    "commercial": {"company": 82, "private": 12, "municipal": 6},
    "industrial": {"company": 90, "municipal": 6, "railway": 4},
    "brownfield": {"company": 46, "municipal": 34, "railway": 12, "state": 8},
    "reserve": {"company": 50, "municipal": 35, "private": 15},
    "gap": {"private": 68, "municipal": 20, "company": 9, "church": 3},
    "public": {"municipal": 76, "state": 24},
    "church": {"church": 100},
    "green": {"municipal": 100},
    "street": {"municipal": 100},
    "park": {"municipal": 100},
    "water": {"state": 60, "municipal": 40},
    "rail": {"railway": 100},
}
"""Weights of owner kinds by use (lots) or kind (others); invented."""
BUILT = frozenset({"housing", "mixed", "core", "commercial", "industrial", "public", "church"})
"""Uses with a building in use."""
SUBDIVIDED = 0.6
"""Share of blocks whose lots share a Zähler and differ by Nenner."""
ACTUAL_USE = {
    "housing": "Wohnbaufläche / Offen",
    "mixed": "Fläche gemischter Nutzung / Gebäude- und Freifläche, Mischnutzung mit Wohnen",
    "core": "Industrie- und Gewerbefläche / Handel und Dienstleistung",
    "commercial": "Industrie- und Gewerbefläche / Gewerbe",
    "industrial": "Industrie- und Gewerbefläche / Industrie",
    "brownfield": "Industrie- und Gewerbefläche / Industrie und Gewerbe, außer Betrieb",
    "reserve": "Industrie- und Gewerbefläche / Gewerbe, unbebaut",
    "gap": "Wohnbaufläche / Unbebaut (Baulücke)",
    "public": "Fläche besonderer funktionaler Prägung / Öffentliche Zwecke",
    "church": "Fläche besonderer funktionaler Prägung / Religiöse Einrichtung",
    "green": "Sport-, Freizeit- und Erholungsfläche / Grünanlage",
    "street": "Straßenverkehr",
}
"""Actual use in words of the ALKIS catalogue, by use (lots) or kind (streets)."""
GARDEN_SHARE = 0.08
"""Share of housing lots with an allotment garden as a second use."""
OFFICIAL_SPREAD, OFFICIAL_MOST = 0.0014, 0.004
"""Official areas differ from measured ones: median of real parcels in NRW 0.14 %; here never by more
than 1 %."""


def register_land(ground: Ground, city: CityProfile, sold: set[tuple[str, int]]) -> gpd.GeoDataFrame:
    """Return the pieces of ground as the cadastre knows them.

    Parameters
    ----------
    ground
        The demo areas, cut.
    city
        Whose Gemarkungen name the parcels.
    sold
        Plots (site, number) whose buyer has built.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of the pieces with ``parcel_key``, ``gemarkung_key`` (6), ``gemarkung``, ``flur``,
        ``numerator``, ``denominator``, ``owner_kind``, ``built``, ``official_area_m2``, ``tntxt``,
        ``land_value_eur_per_m2``, ``plot_number``.
    """
    pieces = ground.pieces.merge(ground.blocks[["block", "plot_number"]], on="block", how="left")
    pieces["plot_number"] = pieces["plot_number"].fillna(0).astype(int)
    built_on = [
        (site, number) in sold for site, number in zip(pieces["site"], pieces["plot_number"], strict=True)
    ]
    pieces.loc[built_on, "use"] = "commercial"
    parts = [
        _numbered(own.reset_index(drop=True), ground.areas[str(key)], city)
        for key, own in pieces.groupby("area", sort=False)
    ]
    land = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=pieces.crs)
    land["built"] = land["use"].isin(BUILT)
    land["owner_kind"] = _owner_kinds(land)
    _measure(land)
    values = (
        ground.areas[area].land_value.get(use) for area, use in zip(land["area"], land["use"], strict=True)
    )
    land["land_value_eur_per_m2"] = [None if value is None else Decimal(value) for value in values]
    return land


def _numbered(land: gpd.GeoDataFrame, area: Area, city: CityProfile) -> gpd.GeoDataFrame:
    """Give the pieces of an area their Flur and number; the lots of a block stand together."""
    draw = rng("numbers", area.key)
    centre = shapely.get_x(shapely.centroid(land.geometry.to_numpy()))
    block_x = pd.Series(centre).groupby(land["block"]).transform("mean").where(land["block"] != "", centre)
    place = pd.qcut(block_x, len(area.fluren), labels=False, duplicates="drop")
    flur = np.array(area.fluren)[place.to_numpy()]
    numerator, denominator = np.zeros(len(land), dtype=int), np.zeros(len(land), dtype=int)
    blocks = land["block"].to_numpy()
    for number in np.unique(flur):
        last = int(draw.integers(1, 40))
        for block in np.unique(blocks[flur == number]):
            own = np.flatnonzero((flur == number) & (blocks == block))
            if block and draw.random() < SUBDIVIDED:
                numerator[own], denominator[own] = last + 1, np.arange(1, len(own) + 1)
            else:
                numerator[own] = np.arange(last + 1, last + 1 + len(own))
            last = int(numerator[own].max()) + int(draw.integers(0, 3))
    land = land.assign(flur=flur, numerator=numerator, denominator=denominator)
    land["gemarkung_key"] = city.land_key + area.gemarkung
    land["gemarkung"] = city.gemarkungen[area.gemarkung]
    land["parcel_key"] = [
        parcel_key(city.land_key + area.gemarkung, flur, numerator, denominator)
        for flur, numerator, denominator in zip(
            land["flur"], land["numerator"], land["denominator"], strict=True
        )
    ]
    return land


def parcel_key(gemarkung_key: str, flur: int, numerator: int, denominator: int) -> str:
    """Return the 20-character key; 0: no Nenner.

    Land and Gemarkung 6, Flur 3, Zähler 5, Nenner 4, Folge 2 (none).
    """
    tail = f"{denominator:04d}" if denominator else "____"
    return f"{gemarkung_key}{flur:03d}{numerator:05d}{tail}__"


def _owner_kinds(land: gpd.GeoDataFrame) -> list[str]:
    """Draw an owner kind for each piece; a plot of a site has one owner."""
    draw = rng("owner kinds")
    of_plot: dict[tuple[str, int], str] = {}
    kinds = []
    for use, kind, site, plot in zip(
        land["use"], land["kind"], land["site"], land["plot_number"], strict=True
    ):
        drawn = pick(draw, OWNER_WEIGHTS[use or kind])
        kinds.append(of_plot.setdefault((site, plot), drawn) if site and plot else drawn)
    return kinds


def _measure(land: gpd.GeoDataFrame) -> None:
    """Add official areas and the actual use with its area, as the cadastre writes both."""
    draw = rng("official areas")
    measured = land.geometry.area.to_numpy()
    error = np.clip(draw.normal(0, OFFICIAL_SPREAD, len(land)), -OFFICIAL_MOST, OFFICIAL_MOST)
    official = np.maximum(1, np.round(measured * (1 + error)))
    words = [
        stated or ACTUAL_USE[use or kind]
        for stated, use, kind in zip(land["actual_use"], land["use"], land["kind"], strict=True)
    ]
    garden = (land["use"] == "housing").to_numpy() & (draw.random(len(land)) < GARDEN_SHARE)
    land["official_area_m2"] = official
    land["tntxt"] = [
        _with_garden(word, int(area)) if has_garden else f"{word};{int(area)}"
        for word, area, has_garden in zip(words, official, garden, strict=True)
    ]


def _with_garden(word: str, area: int) -> str:
    """Write two uses whose areas add up."""
    own = round(area * 0.7)
    return f"{word};{own}|Sport-, Freizeit- und Erholungsfläche / Kleingarten;{area - own}"
