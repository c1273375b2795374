"""Rounds of the start-up contest: hand-written winners, and demo premises for those who found some."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import geopandas as gpd
import pandas as pd

from data.demo.facts import read_records
from data.demo.provenance import labelled, span
from geo_service.city import CityProfile
from geo_service.errors import InvalidInput

GRANT_MONTHS, GRANT_CAP_EUR = 12, Decimal(15000)
"""The grant: 12 net cold rents, at most 15,000 EUR. Source: half-year report 02/2023 of the agency."""


@dataclass(frozen=True)
class Contest:
    """Frames of the tables ``contest_rounds``, ``winners`` and ``placements``.

    Winners refer by ``round_slug``, placements by ``round_slug``, ``winner_name`` and ``premises_key``.
    """

    rounds: pd.DataFrame
    winners: pd.DataFrame
    placements: pd.DataFrame

    @property
    def let_since(self) -> dict[str, date]:
        """The day on which a winner moved in, by premises key."""
        return {
            key: during.lower
            for key, during in zip(self.placements["premises_key"], self.placements["during"], strict=True)
        }


def build_contest(
    city: CityProfile, premises: gpd.GeoDataFrame, land: gpd.GeoDataFrame, reference_date: date
) -> Contest:
    """Return the rounds with winners and placements."""
    facts = read_records(city, "rounds.toml")["round"]
    area_of_parcel = land.set_index("parcel_key")["area"]
    area = premises["parcel_key"].map(area_of_parcel)
    rounds, winners, placements = [], [], []
    taken: set[str] = set()
    for held in facts:
        rounds.append(
            {
                "slug": held["slug"],
                "name": held["name"],
                "held_on": held["held_on"],
                "budget_eur": Decimal(held["budget_eur"]),
                "grant_cap_eur": GRANT_CAP_EUR,
                "grant_months": GRANT_MONTHS,
            }
        )
        for winner in held.get("winner", []):
            winners.append(_winner(held["slug"], winner))
            if "placed" in winner:
                fitting = premises[(area == winner["placed"]["area"]) & ~premises["premises_key"].isin(taken)]
                unit = _fitting(fitting, winner)
                taken.add(unit["premises_key"])
                placements.append(_placement(held["slug"], winner, unit))
    frames = (pd.DataFrame(rows) for rows in (rounds, winners, placements))
    return Contest(*(labelled(frame, reference_date) for frame in frames))


def _winner(round_slug: str, winner: dict[str, Any]) -> dict[str, Any]:
    least, most = winner["area_m2"]
    return {
        "round_slug": round_slug,
        "name": winner["name"],
        "concept": winner["concept"],
        "contact": "anstoss@demo.invalid",
        "use": winner["use"],
        "area_min_m2": float(least),
        "area_max_m2": float(most),
        "rent_max_eur_month": Decimal(winner["rent_max_eur_month"]),
        "ground_floor_needed": winner["ground_floor_needed"],
        "districts": winner["districts"],
        "features": winner["features"],
        "wished_features": winner["wished_features"],
        "accepts_change_of_use": winner.get("accepts_change_of_use", True),
        "wanted_from": winner["wanted_from"],
        "wanted_months": GRANT_MONTHS,
        "other_funding": winner.get("other_funding", False),
    }


def _fitting(premises: gpd.GeoDataFrame, winner: dict[str, Any]) -> "pd.Series[Any]":
    """Return the first let premises that fit a winner who found some.

    Raises
    ------
    InvalidInput
        When none fit: the facts and the generator no longer go together.
    """
    least, most = winner["area_m2"]
    rent = premises["net_rent_eur_month"]
    fits = (
        ~premises["stands_empty"]
        & premises["area_m2"].between(least, most)
        & rent.notna()
        & (rent.astype(float) <= winner["rent_max_eur_month"])
        & premises["permitted_uses"].map(lambda uses: winner["use"] in uses)
        & premises["features"].map(set(winner["features"]).issubset)
        & ((premises["floor"] == 0) | (not winner["ground_floor_needed"]))
    )
    if not fits.any():
        raise InvalidInput(f"rounds.toml: no demo premises fit {winner['name']}.")
    chosen: pd.Series[Any] = premises[fits].iloc[0]
    return chosen


def _placement(round_slug: str, winner: dict[str, Any], unit: "pd.Series[Any]") -> dict[str, Any]:
    rent = unit["net_rent_eur_month"]
    return {
        "round_slug": round_slug,
        "winner_name": winner["name"],
        "premises_key": unit["premises_key"],
        "during": span(winner["placed"]["on"], None),
        "net_rent_eur_month": rent,
        "grant_eur": min(GRANT_MONTHS * rent, GRANT_CAP_EUR),
        "reason": "Erfundene Vermittlung der Demo",
        "actor": "demo",
    }
