"""Invented occupancies: reservations, sales, leases and company reserves, past, current and to come."""

from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.provenance import labelled, span
from data.demo.seeds import rng
from geo_service.city import CityProfile
from geo_service.parcels.models import OccupancyKind

GROUND_LEASE_YEARS = 99
SHARES = {
    OccupancyKind.COMPANY_RESERVE: 0.24,
    OccupancyKind.LEASED: 0.14,
    OccupancyKind.RESERVED: 0.1,
    OccupancyKind.SOLD: 0.05,
}
"""Share of vacant lots (gaps, reserves, brownfields outside sites) of each kind."""
GROUND_LEASES = 0.35
"""Share of built lots of churches and city that are let on ground lease."""


def build_occupancies(
    city: CityProfile, land: gpd.GeoDataFrame, plots: gpd.GeoDataFrame, reference_date: date
) -> pd.DataFrame:
    """Return the columns of the table ``occupancies`` with ``parcel_key``."""
    rows = [
        *_of_plots(land, plots, reference_date),
        *_of_lots(land, reference_date),
        *_ground_leases(land, reference_date),
    ]
    office = {kind.value: city.offices["property"] for kind in OccupancyKind}
    office[OccupancyKind.COMPANY_RESERVE.value] = city.offices["agency"]
    frame = pd.DataFrame(rows)
    frame["office"] = frame["kind"].map(office)
    return labelled(frame, reference_date)


def _row(key: str, kind: OccupancyKind, start: date, end: date | None, number: int) -> dict[str, Any]:
    return {
        "parcel_key": key,
        "kind": kind.value,
        "during": span(start, end),
        "holder": f"Demo-Firma {number:03d} GmbH",
        "note": "Erfundener Vorgang, nur intern" if number % 3 == 0 else None,
    }


def _of_plots(land: gpd.GeoDataFrame, plots: gpd.GeoDataFrame, reference_date: date) -> list[dict[str, Any]]:
    """Reserve or sell the parcels of plots as the plots' status says; a reservation may follow another."""
    draw = rng("occupancies", "plots")
    rows = []
    for slug, plot, status in zip(plots["site_slug"], plots["slug"], plots["status"], strict=True):
        number = int(plot.removeprefix("baufeld-"))
        keys = land[(land["site"] == slug) & (land["plot_number"] == number)]["parcel_key"]
        firm = int(draw.integers(1, 400))
        start = reference_date - timedelta(days=int(draw.integers(60, 500)))
        end = reference_date + timedelta(days=int(draw.integers(60, 900)))
        for key in keys:
            if status == "reserved":
                before = start - timedelta(days=int(draw.integers(200, 500)))
                rows.append(_row(key, OccupancyKind.RESERVED, before, start, firm + 1))
                rows.append(_row(key, OccupancyKind.RESERVED, start, end, firm))
            elif status == "sold":
                rows.append(_row(key, OccupancyKind.SOLD, start, None, firm))
    return rows


def _of_lots(land: gpd.GeoDataFrame, reference_date: date) -> list[dict[str, Any]]:
    """Let some vacant lots be held: past, current and future spans."""
    draw = rng("occupancies", "lots")
    vacant = land[land["use"].isin(["gap", "reserve", "brownfield"]) & (land["site"] == "")]
    rows = []
    for key, owner in zip(vacant["parcel_key"], vacant["owner_kind"], strict=True):
        chance = draw.random()
        for kind, share in SHARES.items():
            if chance >= share:
                chance -= share
                continue
            if kind is OccupancyKind.COMPANY_RESERVE and owner != "company":
                break
            start, end = _days(draw, kind, reference_date)
            rows.append(_row(key, kind, start, end, int(draw.integers(1, 400))))
            break
    return rows


def _days(draw: np.random.Generator, kind: OccupancyKind, reference_date: date) -> tuple[date, date | None]:
    """Draw a span: one in four past, one in five still to come, the others current."""
    when = draw.choice(["past", "current", "future"], p=[0.25, 0.55, 0.2])
    length = timedelta(days=int(draw.integers(180, 2200)))
    offset = timedelta(days=int(draw.integers(20, 900)))
    if when == "future":
        start = reference_date + offset
        return start, None if kind is OccupancyKind.SOLD else start + length
    if when == "past" and kind is not OccupancyKind.SOLD:
        return reference_date - offset - length, reference_date - offset
    open_end = kind in {OccupancyKind.SOLD, OccupancyKind.COMPANY_RESERVE} and draw.random() < OPEN_END_SHARE
    if kind is OccupancyKind.SOLD or open_end:
        return reference_date - offset, None
    return reference_date - offset, reference_date + length


OPEN_END_SHARE = 0.5
"""Share of company reserves whose end nobody knows."""


def _ground_leases(land: gpd.GeoDataFrame, reference_date: date) -> list[dict[str, Any]]:
    """Let some built lots of churches and city on ground lease for 99 years, a few of them long over."""
    draw = rng("occupancies", "ground leases")
    kinds = land["owner_kind"].isin(["church", "municipal"]) & land["built"] & (land["use"] != "church")
    rows = []
    for key in land[kinds]["parcel_key"]:
        if draw.random() >= GROUND_LEASES:
            continue
        year = reference_date.year - int(draw.integers(1, 104))
        start = date(year, int(draw.integers(1, 13)), 1)
        end = date(year + GROUND_LEASE_YEARS, start.month, 1)
        rows.append(_row(key, OccupancyKind.GROUND_LEASE, start, end, int(draw.integers(1, 400))))
    return rows
