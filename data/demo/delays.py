"""Invented restrictions of what is not built on: contamination, development, owners, plans."""

from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data.demo.burdens import Burden
from data.demo.facts import read_records
from data.demo.ground import LABEL, Ground
from data.demo.seeds import rng
from geo_service.city import CityProfile
from geo_service.restrictions.models import Effect, RestrictionKind, Severity

ESTIMATES = (("Erschließungsstraßen", 0.095), ("Grünflächen", 0.226), ("Sonstige Flächen", 0.08))
"""Shares of gross area that roads, green and other uses take where nothing is drawn yet.
Source: NRW IHK study 2015, 24 areas."""
ESTIMATE_SOURCE = "Schätzwert nach der IHK-Studie NRW 2015 (24 Gebiete)"
TITLES = {
    "contamination": "Altlastenverdacht",
    "missing_development": "Erschließung fehlt",
    "ordnance_clearance": "Kampfmittelräumung",
    "owner_unwilling": "Eigentümer nicht verkaufsbereit",
    "plan_not_in_force": "Bebauungsplan nicht in Kraft",
    "other": "Wegerecht der Nachbarn zu klären",
}
DUTY = {
    "contamination": "environment",
    "missing_development": "roads",
    "ordnance_clearance": "ordnance",
    "owner_unwilling": "agency",
    "plan_not_in_force": "planning",
    "other": "agency",
}
"""Duty of the office that is asked about each kind."""
JUST_BEGUN = 1000
"""Rechtsstand Aufstellungsbeschluss: nothing of the site's roads and greens is drawn yet."""
LOT_SHARES = {
    "gap": {"owner_unwilling": 0.32, "missing_development": 0.05},
    "reserve": {
        "missing_development": 0.2,
        "owner_unwilling": 0.16,
        "ordnance_clearance": 0.14,
        "other": 0.04,
    },
    "brownfield": {"contamination": 0.5, "ordnance_clearance": 0.16, "owner_unwilling": 0.14},
}
"""How often vacant ground of a use is delayed, and by what."""
SPANS_DAYS = {
    "contamination": (200, 3200),
    "missing_development": (120, 1500),
    "ordnance_clearance": (30, 420),
    "owner_unwilling": (200, 2600),
    "plan_not_in_force": (200, 1400),
    "other": (100, 900),
}
"""Least and most days from the reference date to the end."""
OPEN_ENDS = {"contamination": 0.35, "owner_unwilling": 0.45, "missing_development": 0.15}
"""Share whose end nobody knows."""
PLANNED_SINCE_DAYS = 500
PAST_SHARE = 0.12
"""Share that ended before the reference date: history."""


def delays(
    city: CityProfile,
    ground: Ground,
    land: gpd.GeoDataFrame,
    plots: gpd.GeoDataFrame,
    reference_date: date,
) -> list[Burden]:
    """Return the restrictions of vacant ground, of the future sites and of two plans without outline."""
    return [
        *_of_sites(city, reference_date),
        *_of_plots(city, plots, reference_date),
        *_of_lots(city, land, reference_date),
        *_of_plans(city, ground, reference_date),
    ]


def _of_plots(city: CityProfile, plots: gpd.GeoDataFrame, reference_date: date) -> list[Burden]:
    """Let each planned plot with a date wait for its roads until that day."""
    start = reference_date - timedelta(days=PLANNED_SINCE_DAYS)
    planned = plots[(plots["status"] == "planned") & plots["available_from"].notna()]
    sites = {site["slug"]: site["name"] for site in read_records(city, "sites.toml")["site"]}
    return [
        _burden(
            city,
            "missing_development",
            f"Erschließung {sites[slug]}, {name.removesuffix(LABEL).rstrip()}",
            shape,
            (start, day),
        )
        for slug, name, shape, day in zip(
            planned["site_slug"], planned["name"], planned.geometry, planned["available_from"], strict=True
        )
    ]


def _of_sites(city: CityProfile, reference_date: date) -> list[Burden]:
    """Delay each site by what its demo table names; estimate shares where its plan has only begun."""
    found = []
    for site in read_records(city, "sites.toml")["site"]:
        if "demo" not in site:
            continue
        shape = shapely.union_all([shapely.Polygon(outline) for outline in site["outlines"]])
        draw = rng("delays", site["slug"])
        for number, word in enumerate(site["demo"]["delays"]):
            kind = word.removeprefix("past_")
            start = reference_date - timedelta(days=int(draw.integers(900, 3000)))
            end: date | None = reference_date + timedelta(days=int(draw.integers(*SPANS_DAYS[kind])))
            if word.startswith("past_"):
                end = start + timedelta(days=400)
            elif number == 0 and site["demo"].get("end_unknown"):
                end = None
            found.append(_burden(city, kind, f"{TITLES[kind]} {site['name']}", shape, (start, end)))
        if site["demo"]["plan"]["status"] == JUST_BEGUN:
            found += [
                Burden(RestrictionKind.ESTIMATED_SHARE, Effect.REDUCES, Severity.LIGHT,
                       f"{title} {site['name']}, geschätzt", city.offices["planning"], shape,
                       share=share, basis=ESTIMATE_SOURCE)
                for title, share in ESTIMATES
            ]  # fmt: skip
    return found


def _of_lots(city: CityProfile, land: gpd.GeoDataFrame, reference_date: date) -> list[Burden]:
    """Delay some vacant lots outside the sites."""
    draw = rng("delays", "lots")
    found = []
    vacant = land[land["use"].isin(LOT_SHARES) & (land["site"] == "")]
    for use, key, shape in zip(vacant["use"], vacant["parcel_key"], vacant.geometry, strict=True):
        for kind, share in LOT_SHARES[use].items():
            if draw.random() >= share:
                continue
            start = reference_date - timedelta(days=int(draw.integers(400, 4000)))
            end = _end(draw, kind, reference_date)
            if draw.random() < PAST_SHARE:
                end = start + timedelta(days=int(draw.integers(60, 380)))
            found.append(_burden(city, kind, f"{TITLES[kind]} {key}", shape, (start, end)))
    return found


def _of_plans(city: CityProfile, ground: Ground, reference_date: date) -> list[Burden]:
    """Name two plans whose outline nobody has drawn yet, one with an expected day and one without."""
    found = []
    for number, area in enumerate(("hafen", "techpark")):
        blocks = ground.blocks
        vacant = blocks[(blocks["area"] == area) & blocks["use"].isin(["reserve", "brownfield"])]
        outside = vacant[vacant["site"] == ""]
        shape = shapely.union_all(outside.geometry.to_numpy()[:2])
        end = reference_date + timedelta(days=800) if number == 0 else None
        start = reference_date - timedelta(days=300)
        title = f"Aufstellungsbeschluss {ground.areas[area].name}, Umgriff noch nicht gezeichnet"
        if not shape.is_empty:
            found.append(_burden(city, "plan_not_in_force", title, shape, (start, end)))
    return found


def _burden(
    city: CityProfile, kind: str, title: str, shape: BaseGeometry, days: tuple[date, date | None]
) -> Burden:
    light = kind in {"missing_development", "plan_not_in_force", "ordnance_clearance"}
    note: Any = "Erfundener Gesprächsstand, nur intern" if kind == "owner_unwilling" else None
    return Burden(
        kind=RestrictionKind(kind),
        effect=Effect.DELAYS,
        severity=Severity.LIGHT if light else Severity.SEVERE,
        title=title,
        office=city.offices[DUTY[kind]],
        shape=shape,
        start=days[0],
        end=days[1],
        note=note,
    )


def _end(draw: np.random.Generator, kind: str, reference_date: date) -> date | None:
    """Draw the day from which a delay is over; None: nobody knows."""
    least, most = SPANS_DAYS[kind]
    days = int(draw.integers(least, most))
    unknown = draw.random() < OPEN_ENDS.get(kind, 0.0)
    return None if unknown else reference_date + timedelta(days=days)
