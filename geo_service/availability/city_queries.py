"""Statements about the whole city: what the land is grouped by, and whether anything was written."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Date, Executable, Text, cast, func, literal, or_, select

from geo_service.auth.publication import published
from geo_service.availability.queries import of_keys
from geo_service.parcels.models import District, Parcel
from geo_service.restrictions.models import DevelopmentPlan, PlanArea
from geo_service.sites.models import Plot, Site


def data_version() -> Executable:
    """Select a text that changes whenever a transaction that wrote something has ended."""
    return select(cast(func.pg_current_snapshot(), Text))


def facts(as_of: date, on: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select what groups the parcels of the cadastre of a day, or some of them, by id.

    Columns: parcel_key, district_key, district, owner_kind, shown (the public may see it on the day ``on``),
    is_demo.
    """
    shown = published(Parcel.publication_objection, Parcel.publication_announced_on, literal(on, Date))
    statement = select(
        Parcel.parcel_key,
        District.key.label("district_key"),
        District.name.label("district"),
        Parcel.owner_kind,
        shown.label("shown"),
        Parcel.is_demo,
    ).outerjoin(District, District.id == Parcel.district_id)
    return statement.where(of_keys(parcel_keys), Parcel.valid.contains(as_of)).order_by(Parcel.id)


def any_demo(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select whether any parcel of a day, or any of some, is invented; one boolean."""
    invented = select(Parcel.id).where(Parcel.is_demo, of_keys(parcel_keys), Parcel.valid.contains(as_of))
    return select(invented.exists())


def zones(as_of: date) -> Executable:
    """Select the building areas of the plans of a day, oldest first.

    Columns: zone (BauNVO short form), geometry (WKB, EPSG:25832).
    """
    statement = select(PlanArea.zone, func.ST_AsBinary(PlanArea.geom).label("geometry"))
    joined = statement.join(DevelopmentPlan, DevelopmentPlan.id == PlanArea.plan_id)
    return joined.where(DevelopmentPlan.valid.contains(as_of)).order_by(PlanArea.id)


def keys_of_site(slug: str, as_of: date) -> Executable:
    """Select the keys of the parcels whose middle lies in a site or one of its plots.

    Columns: parcel_key. The middle is a point inside the parcel.
    """
    middle = func.ST_PointOnSurface(Parcel.geom)
    plot = select(Plot.id).where(
        Plot.site_id == Site.id, Plot.valid.contains(as_of), func.ST_Intersects(Plot.geom, middle)
    )
    inside = or_(func.ST_Intersects(Site.geom, middle), plot.exists())
    statement = select(Parcel.parcel_key).join(Site, inside).where(Site.slug == slug)
    return statement.where(Parcel.valid.contains(as_of)).order_by(Parcel.id)


def keys_of_neighbours(parcel_key: str, as_of: date, within_m: float) -> Executable:
    """Select the keys of a parcel and of those that lie within a distance of it.

    Columns: parcel_key.
    """
    here = select(Parcel.geom).where(Parcel.parcel_key == parcel_key).scalar_subquery()
    near = func.ST_DWithin(Parcel.geom, here, within_m)
    return select(Parcel.parcel_key).where(near, Parcel.valid.contains(as_of)).order_by(Parcel.id)


def district_keys() -> Executable:
    """Select the keys of the districts, alphabetically.

    Columns: key.
    """
    return select(District.key).order_by(District.key)


def site_exists(slug: str) -> Executable:
    """Select whether there is a site of that name (slug), and whether its place is known.

    Columns: name, placed.
    """
    return select(Site.name, Site.geom.is_not(None).label("placed")).where(Site.slug == slug)
