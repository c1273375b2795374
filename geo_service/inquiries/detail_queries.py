"""Statements of what is shown of the best candidates of a ranking."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Double, Select, Text, cast, false, func, null, select, true
from sqlalchemy.sql.elements import SQLCoreOperations

from geo_service.availability.models import Availability, Usability
from geo_service.availability.queries import BELONGS
from geo_service.availability.queries import is_stale as is_land_stale
from geo_service.geometry import WGS84_SRID
from geo_service.inquiries.candidate_queries import Sight, access, next_vacancies, zones_at
from geo_service.inquiries.candidates import Kind
from geo_service.parcels.models import District, Parcel, Quarter
from geo_service.restrictions.models import PlanArea
from geo_service.sites.models import Plot, Site
from geo_service.transit.freshness import STATE, is_stale, state_of
from geo_service.transit.models import TransitAccess, TransitStop
from geo_service.vacancies.models import Premises


def details(kind: Kind, ids: Collection[int], sight: Sight) -> Select[Any]:
    """Select what is shown of ranked candidates of a kind.

    Columns: id, key, name, place, district, area_m2, estimated_m2, is_estimate, uses, available_from,
    horizon, stale, grade, stop, distance_m, transit_stale, rent_eur_month, price_eur_per_m2, lon, lat,
    is_demo, source; of premises also rent_is_asked: the rent is the published asking one, not the agreed one.
    """
    return DETAILS[kind](list(ids), sight)


def _parcel_details(ids: list[int], sight: Sight) -> Select[Any]:
    number = func.concat_ws("/", cast(Parcel.numerator, Text), cast(Parcel.denominator, Text))
    zone = zones_at(func.array_agg(PlanArea.zone.distinct()), sight)
    return (
        select(
            Parcel.id,
            Parcel.parcel_key.label("key"),
            func.concat_ws(" ", Parcel.gemarkung, cast(Parcel.flur, Text), number).label("name"),
            Parcel.location_text.label("place"),
            District.name.label("district"),
            Usability.offered_m2.label("area_m2"),
            Availability.estimated_m2,
            (Availability.estimated_m2 > 0).label("is_estimate"),
            zone.label("uses"),
            Availability.available_from,
            Availability.horizon,
            is_land_stale(Parcel.id, Parcel.geom).label("stale"),
            null().cast(Double).label("rent_eur_month"),
            Parcel.land_value_eur_per_m2.label("price_eur_per_m2"),
            *_common(Parcel),
        )
        .join_from(Parcel, Availability, Availability.parcel_id == Parcel.id)
        .join(Usability, BELONGS)
        .outerjoin(District, District.id == Parcel.district_id)
        .outerjoin(TransitAccess, access("parcel", Parcel.id, sight))
        .outerjoin(TransitStop, TransitStop.id == TransitAccess.stop_pk)
        .outerjoin(STATE, state_of())
        .where(Parcel.id.in_(ids))
    )


def _plot_details(ids: list[int], sight: Sight) -> Select[Any]:
    return (
        select(
            Plot.id,
            func.concat_ws("/", Site.slug, Plot.slug).label("key"),
            func.concat_ws(": ", Site.name, Plot.name).label("name"),
            Site.location_note.label("place"),
            District.name.label("district"),
            Plot.area_m2,
            null().cast(Double).label("estimated_m2"),
            Plot.geometry_accuracy_m.is_not(None).label("is_estimate"),
            func.array_remove(func.array_append(Plot.uses, Plot.zone), null()).label("uses"),
            Plot.available_from,
            null().cast(Text).label("horizon"),
            false().label("stale"),
            null().cast(Double).label("rent_eur_month"),
            Plot.price_eur_per_m2,
            *_common(Plot),
        )
        .join_from(Plot, Site, Site.id == Plot.site_id)
        .outerjoin(District, District.id == Site.district_id)
        .outerjoin(TransitAccess, access("plot", Plot.id, sight))
        .outerjoin(TransitStop, TransitStop.id == TransitAccess.stop_pk)
        .outerjoin(STATE, state_of())
        .where(Plot.id.in_(ids))
    )


def _premises_details(ids: list[int], sight: Sight) -> Select[Any]:
    vacant = next_vacancies(sight).subquery()
    rent = func.coalesce(Premises.net_rent_eur_month, vacant.c.asking_rent_eur_month)
    return (
        select(
            Premises.id,
            Premises.premises_key.label("key"),
            Premises.name,
            func.concat_ws(" ", Premises.street, Premises.house_number).label("place"),
            func.coalesce(Quarter.name, District.name).label("district"),
            Premises.area_m2,
            null().cast(Double).label("estimated_m2"),
            false().label("is_estimate"),
            Premises.permitted_uses.label("uses"),
            vacant.c.free_from.label("available_from"),
            null().cast(Text).label("horizon"),
            false().label("stale"),
            (rent if sight.rents else vacant.c.asking_rent_eur_month).label("rent_eur_month"),
            (Premises.net_rent_eur_month.is_(None) if sight.rents else true()).label("rent_is_asked"),
            null().cast(Double).label("price_eur_per_m2"),
            *_common(Premises),
        )
        .join_from(Premises, vacant, vacant.c.premises_id == Premises.id)
        .outerjoin(District, District.id == Premises.district_id)
        .outerjoin(Quarter, Quarter.id == Premises.quarter_id)
        .outerjoin(TransitAccess, access("premises", Premises.id, sight))
        .outerjoin(TransitStop, TransitStop.id == TransitAccess.stop_pk)
        .outerjoin(STATE, state_of())
        .where(Premises.id.in_(ids))
    )


DETAILS: Final = {"parcel": _parcel_details, "plot": _plot_details, "premises": _premises_details}


def _common(table: type[Parcel | Plot | Premises]) -> tuple[Any, ...]:
    """Return the columns that all kinds share: transit, a point inside (WGS 84), provenance."""
    inside: SQLCoreOperations[Any] = func.ST_Transform(func.ST_PointOnSurface(table.geom), WGS84_SRID)
    return (
        TransitAccess.grade,
        TransitAccess.distance_m,
        TransitStop.name.label("stop"),
        is_stale(table.geom).label("transit_stale"),
        func.ST_X(inside).label("lon"),
        func.ST_Y(inside).label("lat"),
        table.is_demo,
        table.source,
    )
