"""Where one could get so much land together: assemblies of a city, and the neighbours of a parcel."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from geo_service.availability.assemblies import Assembly, Wish, enough_together
from geo_service.availability.city_land import CityLand
from geo_service.availability.inputs import Geometries
from geo_service.availability.presets import HORIZONS
from geo_service.availability.totals import square_centimetres

KNOWN_HORIZONS: Final = HORIZONS[:-1]
"""Horizons with a date: what is undetermined is looked for only when it is named."""


@dataclass(frozen=True)
class Search:
    """Land that is looked for together.

    Parameters
    ----------
    wish
        How much, of how many parcels.
    horizons
        When each parcel may be to be had.
    district
        Key of the district all must lie in; empty: anywhere.
    one_owner_kind
        Whether all must have the same known kind of owner; for roles only.
    across_m
        Greatest width in metres of a street across which parcels still lie together; 0: never across one.
    """

    wish: Wish
    horizons: frozenset[str] = frozenset(KNOWN_HORIZONS)
    district: str = ""
    one_owner_kind: bool = False
    across_m: float = 0.0


@dataclass(frozen=True)
class Place:
    """One answer.

    Parameters
    ----------
    parcels
        Rows of `CityLand.parcels`, largest first.
    net_cm2, estimated_cm2
        Sums over them, whole square centimetres.
    compactness
        Share of the joint convex hull that they fill, in (0, 1].
    across
        Whether a street lies between some of them.
    horizon, available_from
        Of the last of them to be had; None: not known.
    geometry
        Joint net land, EPSG:25832.
    """

    parcels: pd.DataFrame
    net_cm2: int
    estimated_cm2: int
    compactness: float
    across: bool
    horizon: str
    available_from: date | None
    geometry: shapely.Geometry


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Parameters
    ----------
    places
        The answers, fewest parcels first, then least surplus.
    candidates
        Parcels that came into question.
    largest_cm2
        Joint net land of the largest group of them, whole square centimetres: what to ask for at most.
    """

    places: tuple[Place, ...]
    candidates: int
    largest_cm2: int


def find_places(land: CityLand, search: Search, streets: Geometries | None = None, *, public: bool) -> Found:
    """Find parcels that lie together and have enough net land.

    Parameters
    ----------
    land
        The land of the city.
    search
        What is looked for.
    streets
        Street parcels, EPSG:25832; needed to look across them.
    public
        Whether only published parcels count.
    """
    parcels = land.parcels
    wanted = land.visible(public=public) & (parcels["net_m2"] > 0).to_numpy()
    wanted &= land.on_offer(public=public)
    wanted &= parcels["horizon"].isin(search.horizons).to_numpy()
    if not public:  # to the public sold land reads like any other without a date: docs/decisions
        wanted &= ~parcels["sold"].to_numpy(dtype=bool)
    if search.district:
        wanted &= (parcels["district_key"] == search.district).to_numpy(dtype=bool)
    rows = np.flatnonzero(wanted)
    joins = land.joins_among(wanted, search.across_m, streets)
    net, areas = land.net_of(rows), parcels["net_m2"].to_numpy()[rows]
    if search.one_owner_kind:
        joins = joins.of_one_owner_kind(parcels["owner_kind"].to_numpy(dtype=object)[rows])
    found = enough_together(net, areas, joins, search.wish)
    exact = square_centimetres(areas)
    sums = np.zeros(len(rows) + 1, dtype=np.int64)
    np.add.at(sums, joins.groups(), exact)
    places = tuple(_place(parcels.iloc[rows], net, assembly) for assembly in found)
    return Found(places, len(rows), int(sums.max()))


def _place(parcels: pd.DataFrame, net: Geometries, assembly: Assembly) -> Place:
    chosen = list(assembly.parcels)
    rows = parcels.iloc[chosen].sort_values("net_m2", ascending=False, kind="stable")
    last = max(rows["horizon"], key=HORIZONS.index)
    return Place(
        rows,
        int(square_centimetres(rows["net_m2"]).sum()),
        int(square_centimetres(rows["estimated_m2"]).sum()),
        assembly.compactness,
        assembly.across,
        last,
        latest(rows["available_from"]),
        shapely.union_all(net[chosen]),
    )


def latest(days: Any) -> date | None:  # noqa: ANN401 - a column of timestamps
    """Return the latest of some days; None when one of them is not known."""
    values = days.to_numpy().astype("datetime64[D]")
    found: date | None = None if np.isnat(values).any() else values.max().item()
    return found


@dataclass(frozen=True)
class Neighbours:
    """Available land beside a parcel.

    Parameters
    ----------
    parcel
        Row of the parcel itself.
    neighbours
        Rows of `CityLand.parcels` beside it that have net land, with ``shared_m`` (metres along which they
        touch, or face each other across a street) and ``across`` (a street lies between), those that
        touch first, then the longest.
    joint_cm2
        Net land of all of them and of the parcel together, whole square centimetres.
    """

    parcel: Any
    neighbours: pd.DataFrame
    joint_cm2: int


def neighbours_of(
    land: CityLand, parcel_key: str, across_m: float = 0.0, streets: Geometries | None = None, *, public: bool
) -> Neighbours:
    """Find the land beside a parcel that is to be had on a known day.

    Parameters
    ----------
    land
        The land around the parcel, the parcel included.
    parcel_key
        The parcel.
    across_m, streets
        As in `CityLand.joins_among`.
    public
        Whether only published neighbours count.
    """
    parcels = land.parcels
    joins = land.joins_among(np.ones(len(parcels), dtype=bool), across_m, streets)
    here = int(np.flatnonzero((parcels["parcel_key"] == parcel_key).to_numpy())[0])
    other = np.where(joins.first == here, joins.second, joins.first)
    beside = (joins.first == here) | (joins.second == here)
    rows = parcels.iloc[other[beside]].assign(shared_m=joins.shared_m[beside], across=joins.across[beside])
    kept = land.visible(public=public)[other[beside]] & rows["horizon"].isin(KNOWN_HORIZONS).to_numpy()
    kept &= land.on_offer(public=public)[other[beside]]
    kept &= (rows["net_m2"] > 0).to_numpy() & (public | ~rows["sold"].to_numpy(dtype=bool))
    rows = rows[kept].sort_values(["across", "shared_m", "parcel_key"], ascending=[True, False, True])
    joint = square_centimetres([parcels["net_m2"].iloc[here], *rows["net_m2"]]).sum()
    return Neighbours(parcels.iloc[here], rows, int(joint))
