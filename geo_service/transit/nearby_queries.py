"""Statements about the surroundings of one place, for answers computed on request."""

from datetime import date
from typing import Final

from sqlalchemy import Date, Executable, TextClause, func, literal, select, text

from geo_service.auth.publication import published, published_vacancy
from geo_service.parcels.models import Parcel
from geo_service.sites.models import Plot, Site
from geo_service.transit.access import FAMILIES
from geo_service.transit.freshness import STATE, answer_of, is_stale, place_of, state_of
from geo_service.transit.models import SubjectKind, TransitAccess
from geo_service.transit.queries import SUBJECTS
from geo_service.vacancies.models import Premises, Vacancy

STOP_COLUMNS: Final = ["id", "feed_id", "stop_id", "name", "modes", "lines", "x", "y", "feed_name"]
"""Columns about a stop."""

STOPS_AROUND: Final[TextClause] = text("""
    WITH place AS (SELECT ST_GeomFromWKB(:wkb, 25832) AS geom)
    SELECT s.id, s.feed_id, s.stop_id, s.name, s.modes, s.lines, ST_X(s.geom) AS x, ST_Y(s.geom) AS y,
           f.name AS feed_name, CAST(NULL AS text) AS family, CAST(NULL AS text[]) AS family_lines
      FROM place
      JOIN transit_stops s ON ST_DWithin(s.geom, place.geom, :radius_m)
      JOIN transit_feeds f ON f.id = s.feed_id
     WHERE s.feed_id = ANY(:feeds)
    UNION ALL
    SELECT near.id, near.feed_id, near.stop_id, near.name, near.modes, near.lines, ST_X(near.geom),
           ST_Y(near.geom), near.feed_name, kind.family,
           ARRAY(SELECT DISTINCT d.line FROM transit_departures d
                  WHERE d.stop_pk = near.id AND d.mode = ANY(kind.modes) ORDER BY d.line)
      FROM place
     CROSS JOIN (VALUES ('rail', CAST(:rail AS text[])), ('tram', CAST(:tram AS text[])),
                        ('bus', CAST(:bus AS text[]))) AS kind(family, modes)
     CROSS JOIN LATERAL (
            SELECT s.*, f.name AS feed_name
              FROM transit_stops s
              JOIN transit_feeds f ON f.id = s.feed_id
             WHERE s.feed_id = ANY(:feeds) AND s.modes && kind.modes
             ORDER BY s.geom <-> place.geom, f.name, s.stop_id
             LIMIT 1) near
""").bindparams(**{family: sorted(modes) for family, modes in FAMILIES.items()})
"""Stops of feeds within a distance of a place, and the nearest of each kind of vehicle.

Parameters: ``wkb`` (the place, EPSG:25832), ``radius_m``, ``feeds`` (ids). Columns: `STOP_COLUMNS`; family
(NULL: within the distance; else the nearest of that kind) and family_lines (lines of the kind there).
"""


def parcel_place(parcel_key: str, on: date) -> Executable:
    """Select a parcel of the cadastre of a day.

    Columns: id, place (WKB, EPSG:25832), is_published (the public may see it on that day).
    """
    shown = published(Parcel.publication_objection, Parcel.publication_announced_on, literal(on, Date))
    return select(Parcel.id, func.ST_AsBinary(Parcel.geom).label("place"), shown.label("is_published")).where(
        Parcel.parcel_key == parcel_key, Parcel.valid.contains(on)
    )


def premises_place(premises_key: str, on: date, *, public: bool) -> Executable:
    """Select premises that hold on a day; the public sees those that stand empty then.

    Columns: id, place (WKB, EPSG:25832).
    """
    columns = Premises.id, func.ST_AsBinary(Premises.geom).label("place")
    found = select(*columns).where(Premises.premises_key == premises_key, Premises.valid.contains(on))
    if not public:
        return found
    empty = select(Vacancy.id).where(
        Vacancy.premises_id == Premises.id, Vacancy.during.contains(on), published_vacancy(Vacancy.status)
    )
    return found.where(empty.exists())


def site_place(slug: str, on: date) -> Executable:
    """Select a site that holds on a day. Columns: id, place (WKB, EPSG:25832; NULL: not known)."""
    return select(Site.id, func.ST_AsBinary(Site.geom).label("place")).where(
        Site.slug == slug, Site.valid.contains(on)
    )


def plot_places(site_id: int, on: date) -> Executable:
    """Select the plots of a site that hold on a day, by slug. Columns: id, slug, place (WKB, EPSG:25832)."""
    columns = Plot.id, Plot.slug, func.ST_AsBinary(Plot.geom).label("place")
    return select(*columns).where(Plot.site_id == site_id, Plot.valid.contains(on)).order_by(Plot.slug)


def subject_place(kind: SubjectKind, subject_id: int) -> Executable:
    """Select where a subject is. Columns: geom (WKB, EPSG:25832; NULL: not known), place (tells it apart)."""
    table = SUBJECTS[kind]
    columns = func.ST_AsBinary(table.geom).label("geom"), place_of(table.geom).label("place")
    return select(*columns).where(table.id == subject_id)


def stored_answer(kind: SubjectKind, subject_id: int, method: str, window: str) -> Executable:
    """Select what is stored about a subject by a method and window. Columns: grade, computed_at, stale."""
    table = SUBJECTS[kind]
    return (
        select(TransitAccess.grade, TransitAccess.computed_at, is_stale(table.geom).label("stale"))
        .join(table, table.id == TransitAccess.subject_id)
        .outerjoin(STATE, state_of())
        .where(answer_of(kind, subject_id, method, window))
    )
