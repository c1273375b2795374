"""The whole demo city: from the same facts and day the same city, byte for byte."""

import hashlib
from dataclasses import dataclass, fields
from datetime import date

import geopandas as gpd
import pandas as pd
import shapely

from data.demo.buildings import build_buildings
from data.demo.burdens import restriction_frame
from data.demo.cadastre import build_owners, build_parcels
from data.demo.contest import build_contest
from data.demo.delays import delays
from data.demo.districts import build_districts, build_quarters
from data.demo.exclusions import exclusions
from data.demo.ground import lay_out
from data.demo.inquiries import build_inquiries
from data.demo.land import register_land
from data.demo.occupancies import build_occupancies
from data.demo.plans import build_land_use, build_plans
from data.demo.premises import build_premises
from data.demo.provenance import REFERENCE_DATE
from data.demo.sites import build_sites
from data.demo.vacancies import build_vacancies
from geo_service.city import CityProfile


@dataclass(frozen=True)
class DemoCity:
    """Frames named after the tables; columns as the tables have them, geometries in EPSG:25832.

    References are by natural key instead of id: ``parcel_key``, ``district_key``, ``quarter_key``,
    ``plan_key``, ``site_slug``, ``premises_key``, ``round_slug`` and ``winner_name``.
    """

    districts: gpd.GeoDataFrame
    quarters: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    parcel_owners: pd.DataFrame
    occupancies: pd.DataFrame
    development_plans: gpd.GeoDataFrame
    plan_areas: gpd.GeoDataFrame
    land_use_areas: gpd.GeoDataFrame
    restrictions: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    phases: pd.DataFrame
    milestones: pd.DataFrame
    premises: gpd.GeoDataFrame
    vacancies: pd.DataFrame
    contest_rounds: pd.DataFrame
    winners: pd.DataFrame
    placements: pd.DataFrame
    inquiries: pd.DataFrame

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """All frames by table."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def generate(city: CityProfile, reference_date: date = REFERENCE_DATE) -> DemoCity:
    """Make the demo city.

    Parameters
    ----------
    city
        Profile with demo facts beside it.
    reference_date
        The day the demo is made for; vacancies, occupancies, plans and inquiries are dated around it.

    Raises
    ------
    InvalidInput
        When the city has no demo facts.
    """
    districts = build_districts(city, reference_date)
    quarters = build_quarters(city, districts, reference_date)
    ground = lay_out(city)
    sites = build_sites(city, ground, districts, reference_date)
    land = register_land(ground, city, built_plots(sites.plots))
    plans = build_plans(city, ground, reference_date)
    burdens = exclusions(city, ground, land) + delays(city, ground, land, sites.plots, reference_date)
    premises = build_premises(city, land, districts, quarters, reference_date)
    contest = build_contest(city, premises, land, reference_date)
    return DemoCity(
        districts=districts,
        quarters=quarters,
        parcels=build_parcels(land, districts, city, reference_date),
        parcel_owners=build_owners(land, reference_date),
        occupancies=build_occupancies(city, land, sites.plots, reference_date),
        development_plans=plans.plans,
        plan_areas=plans.areas,
        land_use_areas=build_land_use(ground, reference_date),
        restrictions=restriction_frame(burdens, reference_date),
        buildings=build_buildings(land, ground, reference_date),
        sites=sites.sites,
        plots=sites.plots,
        phases=sites.phases,
        milestones=sites.milestones,
        premises=gpd.GeoDataFrame(premises.drop(columns="stands_empty")),
        vacancies=build_vacancies(premises, contest.let_since, reference_date),
        contest_rounds=contest.rounds,
        winners=contest.winners,
        placements=contest.placements,
        inquiries=build_inquiries(city, reference_date),
    )


def built_plots(plots: gpd.GeoDataFrame) -> set[tuple[str, int]]:
    """Return every second sold plot (site, number): its buyer has built already."""
    sold = plots[plots["status"] == "sold"].iloc[::2]
    numbers = sold["slug"].str.removeprefix("baufeld-").astype(int)
    return set(zip(sold["site_slug"], numbers, strict=True))


def fingerprint(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a frame's columns and rows; geometries by their coordinates."""
    plain = pd.DataFrame(frame).copy()
    for column in plain.columns:
        if isinstance(frame[column], gpd.GeoSeries):
            plain[column] = shapely.to_wkb(frame[column].to_numpy(), hex=True)
    return hashlib.sha256(plain.to_csv(index=False).encode()).hexdigest()
