"""Statements to compare grades."""

from datetime import date
from typing import Any, Final

from sqlalchemy import Executable, Select, func, select

from geo_service.parcels.models import Parcel
from geo_service.sites.models import Plot, Site
from geo_service.transit.models import SubjectKind, TransitAccess, TransitFeed
from geo_service.transit.queries import SUBJECTS
from geo_service.transit.windows import DAY
from geo_service.vacancies.models import Premises

KEYS: Final[dict[SubjectKind, Any]] = {
    SubjectKind.PARCEL: Parcel.parcel_key,
    SubjectKind.PLOT: select(Site.slug + "/" + Plot.slug).where(Site.id == Plot.site_id).scalar_subquery(),
    SubjectKind.SITE: Site.slug,
    SubjectKind.PREMISES: Premises.premises_key,
}
"""What people call a subject by."""


def stored_counts(kind: SubjectKind) -> Executable:
    """Count the stored grades of a kind of subject. Columns: method, grade (NULL: none), subjects."""
    return (
        select(TransitAccess.method, TransitAccess.grade, func.count().label("subjects"))
        .where(TransitAccess.subject_kind == kind.value, TransitAccess.time_window == DAY)
        .group_by(TransitAccess.method, TransitAccess.grade)
        .order_by(TransitAccess.method, TransitAccess.grade)
    )


def previous_version(name: str) -> Select[Any]:
    """Select the version of a feed that was current before (all columns of `TransitFeed`)."""
    ended = select(TransitFeed).where(TransitFeed.name == name, TransitFeed.ended_at.is_not(None))
    return ended.order_by(TransitFeed.ended_at.desc(), TransitFeed.id.desc()).limit(1)


def keyed_subjects(kind: SubjectKind, on: date) -> Executable:
    """Select what is graded, with its name: records that hold on a day and have a place.

    Columns: key, geom (WKB, EPSG:25832).
    """
    table = SUBJECTS[kind]
    return (
        select(KEYS[kind].label("key"), func.ST_AsBinary(table.geom).label("geom"))
        .where(table.valid.contains(on), table.geom.is_not(None))
        .order_by(table.id)
    )
