"""Statements that read sites with their plots, phases and milestones."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Select, Text, bindparam, cast, column, func, select, table, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import NullType

from geo_service.geometry import WGS84_SRID
from geo_service.sites.models import Milestone, Phase, Plot, Site

Statement = Select[*tuple[Any, ...]]

COORDINATE_DIGITS = 7
DISTRICTS = table("districts", column("id", Integer), column("name", Text))
"""Districts belong to the slice of parcels; only their names are read here."""


def _wgs84(geom: Any) -> Any:  # noqa: ANN401 - a column and a function of it
    return func.ST_Transform(geom, WGS84_SRID, type_=NullType())


def _place(geom: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a column and functions of it
    """Return a point inside and the box around an outline, degrees (WGS 84)."""
    inside, box = _wgs84(func.ST_PointOnSurface(geom)), func.ST_Envelope(_wgs84(geom))
    return (
        func.ST_X(inside).label("lon"),
        func.ST_Y(inside).label("lat"),
        func.ST_XMin(box).label("west"),
        func.ST_YMin(box).label("south"),
        func.ST_XMax(box).label("east"),
        func.ST_YMax(box).label("north"),
    )


def _geojson(geom: Any) -> Any:  # noqa: ANN401 - a column and a function of it
    return cast(func.ST_AsGeoJSON(_wgs84(geom), COORDINATE_DIGITS, 0), JSONB).label("geometry")


def sites(on: date) -> Statement:
    """Select all sites that hold on a day, by name, each with its next milestone.

    Parameters
    ----------
    on
        The day; milestones that were reached or missed by then do not count.
    """
    upcoming = (
        select(
            Milestone.name_de, Milestone.name_en, Milestone.due_on, Milestone.due_text, Milestone.due_text_en
        )
        .where(Milestone.site_id == Site.id, Milestone.reached_on.is_(None), Milestone.state == "planned")
        .where(Milestone.due_on.is_(None) | (Milestone.due_on >= on))
        .order_by(Milestone.due_on.nulls_last(), Milestone.due_text, Milestone.id)
        .limit(1)
        .lateral("upcoming")
    )
    return (
        select(
            Site,
            DISTRICTS.c.name.label("district"),
            func.ST_Area(Site.geom).label("drawn_area_m2"),
            *_place(Site.geom),
            upcoming.c.name_de.label("milestone_de"),
            upcoming.c.name_en.label("milestone_en"),
            upcoming.c.due_on.label("milestone_on"),
            upcoming.c.due_text.label("milestone_text"),
            upcoming.c.due_text_en.label("milestone_text_en"),
        )
        .outerjoin(DISTRICTS, DISTRICTS.c.id == Site.district_id)
        .outerjoin(upcoming, true())
        .where(_holds(Site.valid, on))
        .order_by(func.lower(cast(Site.name, Text)), Site.id)
    )


def site(slug: str, on: date) -> Statement:
    """Select one site that holds on a day, with its outline as GeoJSON."""
    return (
        select(
            Site,
            DISTRICTS.c.name.label("district"),
            func.ST_Area(Site.geom).label("drawn_area_m2"),
            *_place(Site.geom),
            _geojson(Site.geom),
        )
        .outerjoin(DISTRICTS, DISTRICTS.c.id == Site.district_id)
        .where(Site.slug == slug, _holds(Site.valid, on))
    )


def plots(site_id: int, on: date) -> Statement:
    """Select the plots of a site that hold on a day, by slug."""
    return (
        select(Plot, _geojson(Plot.geom))
        .where(Plot.site_id == site_id, _holds(Plot.valid, on))
        .order_by(Plot.slug)
    )


def phases(site_id: int) -> Statement:
    """Select the phases of a site in the order of time."""
    return (
        select(Phase)
        .where(Phase.site_id == site_id)
        .order_by(func.lower(Phase.during).nulls_first(), Phase.id)
    )


def milestones(site_id: int) -> Statement:
    """Select the milestones of a site, those without a date last."""
    return (
        select(Milestone)
        .where(Milestone.site_id == site_id)
        .order_by(func.coalesce(Milestone.reached_on, Milestone.due_on).nulls_last(), Milestone.id)
    )


def _holds(valid: Any, on: date) -> Any:  # noqa: ANN401 - a column and a condition on it
    return valid.op("@>")(bindparam(None, on, type_=Date))
