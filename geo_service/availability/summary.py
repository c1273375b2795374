"""Totals of the land by horizon, severity and district: figures that add up, estimates apart."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geo_service.availability.city_land import CityLand, square_centimetres
from geo_service.availability.inputs import SEVERITIES
from geo_service.availability.presets import HORIZONS

OUTSIDE: Final = "unknown"
"""Key of the land that lies in no known district."""


@dataclass(frozen=True)
class Total:
    """Land of one group: parcels with net land, sums in whole square centimetres.

    Parameters
    ----------
    key, name
        Word of the horizon or severity; key and name of the district.
    """

    key: str
    name: str
    parcels: int
    net_cm2: int
    estimated_cm2: int


@dataclass(frozen=True)
class Summary:
    """The land of a city on a day, as one caller sees it.

    Parameters
    ----------
    as_of, preset
        What was asked.
    parcels, without_land
        All parcels the caller may see, and those of them without net land.
    gross_cm2, net_cm2, estimated_cm2
        Sums in whole square centimetres; estimates are a part of net, never taken off.
    groups
        Totals by dimension (horizon, severity, district, and category where it is computed); each of them
        adds up to the sums.
    is_demo
        Whether any of it is invented.
    """

    as_of: date
    preset: str
    parcels: int
    without_land: int
    gross_cm2: int
    net_cm2: int
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
    seen = land.parcels[land.visible(public=public)]
    offered = seen[(seen["net_m2"] > 0).to_numpy()]
    measures = pd.DataFrame(
        {
            "parcels": 1,
            "net_cm2": square_centimetres(offered["net_m2"]),
            "estimated_cm2": square_centimetres(offered["estimated_m2"]),
        }
    )
    districts = _districts(offered)
    keys = offered["district_key"].astype(object).fillna(OUTSIDE).to_numpy()
    groups = {
        "horizon": _totals(measures, offered["horizon"].to_numpy(), {word: word for word in HORIZONS}),
        "severity": _totals(measures, offered["severity"].to_numpy(), {word: word for word in SEVERITIES}),
        "district": _totals(measures, keys, districts),
    }
    return Summary(
        land.options.as_of,
        land.options.preset.key,
        len(seen),
        len(seen) - len(offered),
        int(square_centimetres(seen["gross_m2"]).sum()),
        int(measures["net_cm2"].sum()),
        int(measures["estimated_cm2"].sum()),
        groups,
        bool(seen["is_demo"].any()),
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
    rows = zip(names, sums[["parcels", "net_cm2", "estimated_cm2"]].to_numpy().tolist(), strict=True)
    return tuple(Total(key, names[key], *row) for key, row in rows)
