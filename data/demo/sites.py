"""Future sites as the sources state them, and plots that the demo makes up inside them."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.demo.districts import key_at
from data.demo.facts import read_records
from data.demo.ground import Ground
from data.demo.provenance import geo_frame, labelled, multipolygon, span
from data.demo.seeds import rng
from geo_service.city import CityProfile
from geo_service.geometry import STORAGE_SRID

IN_FORCE = 4000
"""Rechtsstand of a development plan in force."""
PLOT_ACCURACY_M = 150.0
"""Plots are drawn inside hand-drawn sites, metres."""
PRICES = {"GE": (80, 190), "GI": (60, 120), "MU": (190, 420), "SO": (110, 240)}
"""Span of invented asking prices by zone, EUR per square metre."""


@dataclass(frozen=True)
class Sites:
    """Frames of ``sites``, ``plots``, ``phases`` and ``milestones``; references by ``site_slug``."""

    sites: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    phases: pd.DataFrame
    milestones: pd.DataFrame


def build_sites(
    city: CityProfile, ground: Ground, districts: gpd.GeoDataFrame, reference_date: date
) -> Sites:
    """Return the sites with all that belongs to them."""
    records = read_records(city, "sites.toml")
    sources, sites = records["sources"], records["site"]
    steps = [(site["slug"], step) for site in sites for step in site["phases"]]
    points = [(site["slug"], point) for site in sites for point in site["milestones"]]
    phases = [
        {
            "site_slug": slug,
            "kind": step["kind"],
            "name_de": step["de"],
            "name_en": step["en"],
            "during": span(None, None),
            **_sourced(sources, [step["source"]]),
        }
        for slug, step in steps
    ]
    milestones = [
        {
            "site_slug": slug,
            "name_de": point["de"],
            "name_en": point["en"],
            "due_on": point.get("due_on"),
            "due_text": point["due_text"],
            "due_text_en": point.get("due_text_en", ""),
            "state": point.get("state", "planned"),
            "reached_on": point.get("reached_on"),
            **_sourced(sources, [point["source"]]),
        }
        for slug, point in points
    ]
    plots = _plots(sites, ground.blocks, reference_date)
    return Sites(
        _site_frame(sites, sources, districts), plots, pd.DataFrame(phases), pd.DataFrame(milestones)
    )


def _sourced(sources: dict[str, Any], tags: list[str]) -> dict[str, Any]:
    """Return the provenance of a stated fact: full names of its sources, not demo."""
    dates = [sources[tag]["source_date"] for tag in tags if "source_date" in sources[tag]]
    return {
        "source": "; ".join(f"[{tag}] {sources[tag]['de']}" for tag in tags),
        "source_date": max(dates) if dates else None,
        "is_demo": False,
    }


def _site_frame(
    sites: list[dict[str, Any]], sources: dict[str, Any], districts: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    rows = []
    for site in sites:
        outlines = [shapely.Polygon(outline) for outline in site.get("outlines", [])]
        tags = [*site["sources"], *sorted({fact["source"] for fact in site["facts"]} - set(site["sources"]))]
        rows.append(
            {
                "slug": site["slug"],
                "name": site["name"],
                "summary_de": site["summary_de"],
                "summary_en": site["summary_en"],
                "facts": [
                    {
                        "de": fact["de"],
                        "en": fact["en"],
                        "source": fact["source"],
                        "source_name_de": sources[fact["source"]]["de"],
                        "source_name_en": sources[fact["source"]]["en"],
                    }
                    for fact in site["facts"]
                ],
                "target_groups": site["target_groups"],
                "uses": site["uses"],
                "phase": site["phase"],
                "stated_area_ha": site.get("stated_area_ha"),
                "location_note": site["location_note"],
                "geometry_accuracy_m": float(site["geometry_accuracy_m"]) if outlines else None,
                **_sourced(sources, tags),
                "geom": multipolygon(shapely.union_all(outlines)) if outlines else None,
            }
        )
    frame = gpd.GeoDataFrame(rows, geometry="geom", crs=STORAGE_SRID)
    middle = shapely.point_on_surface(frame.geometry.to_numpy())
    return gpd.GeoDataFrame(frame.assign(district_key=key_at(districts, middle)))


def _plots(sites: list[dict[str, Any]], blocks: gpd.GeoDataFrame, reference_date: date) -> gpd.GeoDataFrame:
    """Make every block of a site a plot; how many can be had follows the site's demo table."""
    rows = []
    for site in sites:
        own = blocks[blocks["site"] == site["slug"]]
        if own.empty:
            continue
        draw, demo = rng("plots", site["slug"]), site["demo"]
        north = _in_north(site, own)
        wanted = [status for status, count in demo["plots"].items() for _ in range(count)]
        drawn = iter([*(str(word) for word in draw.permutation(wanted)), *["planned"] * len(own)])
        statuses = ["planned" if held else next(drawn) for held in north]
        rows += [
            {
                "site_slug": site["slug"],
                "slug": f"baufeld-{number}",
                "name": f"Baufeld {number} (Demo)",
                "status": status,
                "uses": site["uses"],
                "zone": demo["zone"],
                "available_from": _available_from(
                    draw, status, {**demo, "plan": demo["north_plan"]} if held else demo, reference_date
                ),
                "price_eur_per_m2": _price(draw, status, demo["zone"]),
                "geometry_accuracy_m": PLOT_ACCURACY_M,
                "geom": shape,
            }
            for number, status, held, shape in zip(
                own["plot_number"], statuses, north, own.geometry, strict=True
            )
        ]
    return gpd.GeoDataFrame(labelled(geo_frame(rows), reference_date))


def _in_north(site: dict[str, Any], blocks: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Tell which blocks lie in the part of a site that has a plan of its own; shape (blocks,)."""
    if "north_plan" not in site["demo"]:
        return np.zeros(len(blocks), dtype=bool)
    north = shapely.union_all([shapely.Polygon(outline) for outline in site["outlines"][1:]])
    inside: npt.NDArray[np.bool_] = shapely.within(
        shapely.point_on_surface(blocks.geometry.to_numpy()), north
    )
    return inside


def _available_from(
    draw: np.random.Generator, status: str, demo: dict[str, Any], reference_date: date
) -> date | None:
    """Draw from when a plot can be had: now, some time after its plan is in force, or not known."""
    before, after = int(draw.integers(30, 700)), int(draw.integers(60, 600))
    if status == "available":
        return reference_date - timedelta(days=before)
    plan = demo["plan"]
    known = plan["status"] == IN_FORCE or "expected_in_days" in plan
    if status != "planned" or not known or demo.get("end_unknown"):
        return None
    return reference_date + timedelta(days=plan.get("expected_in_days", 0) + after)


def _price(draw: np.random.Generator, status: str, zone: str) -> Decimal | None:
    """Draw an asking price in EUR per square metre; none for what is sold or far off."""
    least, most = PRICES[zone]
    price = round(float(draw.uniform(least, most)) / 5) * 5
    return Decimal(price) if status in {"available", "reserved"} else None
