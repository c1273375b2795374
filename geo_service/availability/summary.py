"""Totals of the land by horizon, severity and district: figures that add up, estimates apart."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geo_service.availability.categories import CATEGORIES
from geo_service.availability.city_land import CityLand
from geo_service.availability.inputs import SEVERITIES
from geo_service.availability.presets import HORIZONS
from geo_service.availability.totals import square_centimetres

OUTSIDE: Final = "unknown"
"""Key of the land that lies in no known district."""


AREAS: Final = ("net_cm2", "offered_cm2", "estimated_cm2")


@dataclass(frozen=True)
class Total:
    """Land of one group: parcels with land to offer, sums in whole square centimetres.

    Parameters
    ----------
    key, name
        Word of the horizon or severity; key and name of the district.
    parcels, net_cm2, offered_cm2, estimated_cm2
        As in `totals.HorizonTotal`.
    """

    key: str
    name: str
    parcels: int
    net_cm2: int
    offered_cm2: int
    estimated_cm2: int


@dataclass(frozen=True)
class Summary:
    """The land of a city on a day, as one caller sees it.

    Parameters
    ----------
    as_of, preset
        What was asked.
    parcels, without_land
        All parcels the caller may see, and those of them without land to offer (nothing, or only slivers).
    apart
        Those of them that have land and are not on offer: in use, or not known.
    gross_cm2, net_cm2, offered_cm2, estimated_cm2
        Gross of all; net of the land on offer, what of it is offered (without slivers): the available land;
        estimates are a part of net. Whole square centimetres.
    groups
        Totals by dimension: horizon, severity and district each add up to the sums; category holds all land,
        also what is not on offer.
    is_demo
        Whether any of it is invented.
    """

    as_of: date
    preset: str
    parcels: int
    without_land: int
    apart: int
    gross_cm2: int
    net_cm2: int
    offered_cm2: int
    estimated_cm2: int
    groups: dict[str, tuple[Total, ...]]
    is_demo: bool


def summarise_land(land: CityLand, *, public: bool) -> Summary:
    """Sum the land of a city up.

    Parameters
    ----------
    land
        The land.
    public
        Whether only published parcels are counted.
    """
    visible = land.visible(public=public)
    seen, on_offer = land.parcels[visible], land.on_offer(public=public)[visible]
    having = (seen["offered_m2"] > 0).to_numpy()
    offered, with_land = seen[having & on_offer], seen[having]
    measures = _measures(offered)
    category = with_land["category" if public else "internal_category"].to_numpy()
    districts = _districts(offered)
    keys = offered["district_key"].astype(object).fillna(OUTSIDE).to_numpy()
    groups = {
        "horizon": _totals(measures, offered["horizon"].to_numpy(), {word: word for word in HORIZONS}),
        "severity": _totals(measures, offered["severity"].to_numpy(), {word: word for word in SEVERITIES}),
        "district": _totals(measures, keys, districts),
        "category": _totals(_measures(with_land), category, {word: word for word in CATEGORIES}),
    }
    return Summary(
        land.options.as_of,
        land.options.preset.key,
        len(seen),
        len(seen) - len(with_land),
        len(with_land) - len(offered),
        int(square_centimetres(seen["gross_m2"]).sum()),
        int(measures["net_cm2"].sum()),
        int(measures["offered_cm2"].sum()),
        int(measures["estimated_cm2"].sum()),
        groups,
        bool(seen["is_demo"].any()),
    )


def _measures(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parcels": 1,
            **{name: square_centimetres(rows[f"{name.removesuffix('_cm2')}_m2"]) for name in AREAS},
        }
    )


def _districts(offered: pd.DataFrame) -> dict[str, str]:
    """Return the names of the districts that have land, by key, in the order of their names."""
    known = offered[["district_key", "district"]].dropna().drop_duplicates().sort_values("district")
    names = dict(zip(known["district_key"], known["district"], strict=True))
    return names | ({OUTSIDE: OUTSIDE} if offered["district_key"].isna().any() else {})


def _totals(
    measures: pd.DataFrame, keys: np.ndarray[tuple[int], np.dtype[np.object_]], names: dict[str, str]
) -> tuple[Total, ...]:
    sums = measures.groupby(keys).sum().reindex(list(names), fill_value=0)
    rows = zip(names, sums[["parcels", *AREAS]].to_numpy().tolist(), strict=True)
    return tuple(Total(key, names[key], *row) for key, row in rows)
