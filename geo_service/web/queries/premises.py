"""Statements of the vacancy list and of the page of premises."""

from typing import Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    TextClause,
    and_,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased

from geo_service.auth.publication import PUBLIC_VACANCY_STATUS, published_vacancy
from geo_service.parcels.models import District, Quarter
from geo_service.transit.freshness import STATE, is_stale, state_of
from geo_service.transit.models import TransitAccess, TransitStop
from geo_service.transit.windows import DAY
from geo_service.vacancies.models import Premises, Vacancy, VacancyStatus
from geo_service.web.filters import PremisesFilter
from geo_service.web.queries.parcels import METHOD, PAGE_SIZE, Rows, in_order, shape_of
from geo_service.web.sorting import REVERSED


def premises_summary(conditions: PremisesFilter, *, public: bool) -> Rows:
    """Count the vacant premises of a filter: number and area in m²."""
    return _joined(
        select(
            func.count().label("premises"), func.coalesce(func.sum(Premises.area_m2), 0.0).label("area_m2")
        ),
        conditions,
        public=public,
    )


def premises_list(
    conditions: PremisesFilter,
    *,
    public: bool,
    after: tuple[str, int] | None = None,
    limit: int = PAGE_SIZE,
) -> Rows:
    """List the vacant premises of a filter, one more than ``limit``; public fields only.

    Parameters
    ----------
    conditions
        What is asked for, and the order.
    public
        Whether the caller is nobody known: then no vacancy that only threatens.
    after
        Sort key and id of the last row shown before.
    limit
        Rows per page.
    """
    since = func.lower(Vacancy.during)
    by_day = conditions.sort.removeprefix(REVERSED) == "since"
    sort_key = in_order(conditions.sort, since - func.current_date() if by_day else Premises.area_m2)
    statement = _joined(
        select(
            Premises.id,
            Premises.premises_key,
            Premises.name,
            Premises.street,
            Premises.house_number,
            Premises.postcode,
            Premises.floor,
            Premises.area_m2,
            Premises.permitted_uses,
            Premises.features,
            Premises.is_demo,
            Vacancy.status,
            Vacancy.asking_rent_eur_month,
            since.label("since"),
            District.name.label("district"),
            Quarter.name.label("quarter"),
            TransitAccess.grade,
            TransitStop.name.label("stop"),
            TransitAccess.distance_m,
            is_stale(Premises.geom).label("transit_stale"),
            sort_key.label("sort_key"),
            shape_of(Premises.geom),
        ),
        conditions,
        public=public,
    )
    if after is not None:
        statement = statement.where(tuple_(sort_key, Premises.id) > tuple_(float(after[0]), after[1]))
    return statement.order_by(sort_key, Premises.id).limit(limit + 1)


def _joined(statement: Rows, conditions: PremisesFilter, *, public: bool) -> Rows:
    """Add tables and conditions."""
    return (
        statement.select_from(Premises)
        .join(Vacancy, Vacancy.id == _vacancy_of(public=public))
        .outerjoin(District, District.id == Premises.district_id)
        .outerjoin(Quarter, Quarter.id == Premises.quarter_id)
        .outerjoin(
            TransitAccess,
            and_(
                TransitAccess.subject_kind == "premises",
                TransitAccess.subject_id == Premises.id,
                TransitAccess.method == METHOD,
                TransitAccess.time_window == DAY,
            ),
        )
        .outerjoin(TransitStop, TransitStop.id == TransitAccess.stop_pk)
        .outerjoin(STATE, state_of())
        .where(Premises.valid.contains(func.current_date()), *_conditions(conditions))
    )


def _vacancy_of(*, public: bool) -> ScalarSelect[int]:
    """Select the present vacancy of premises, else the next that threatens; the public sees no threats."""
    each = aliased(Vacancy)
    shown = each.during.contains(func.current_date())
    if public:
        shown = and_(shown, published_vacancy(each.status))
    else:
        threat = each.status == VacancyStatus.THREATENED.value
        shown = or_(shown, and_(threat, each.during.overlaps(func.daterange(func.current_date(), None))))
    return (
        select(each.id)
        .where(each.premises_id == Premises.id, shown)
        .order_by(func.lower(each.during).nulls_first())
        .limit(1)
        .correlate(Premises)
        .scalar_subquery()
    )


def _conditions(wanted: PremisesFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    found: list[ColumnElement[bool]] = []
    if wanted.area_min_m2 is not None:
        found.append(Premises.area_m2 >= wanted.area_min_m2)
    if wanted.area_max_m2 is not None:
        found.append(Premises.area_m2 <= wanted.area_max_m2)
    if wanted.use:
        found.append(Premises.permitted_uses.overlap(list(wanted.use)))
    if wanted.feature:
        found.append(Premises.features.contains(list(wanted.feature)))
    if wanted.district:
        found.append(District.key.in_(wanted.district))
    if wanted.quarter:
        found.append(Quarter.key.in_(wanted.quarter))
    if wanted.status:
        found.append(Vacancy.status.in_(wanted.status))
    if wanted.ground_floor:
        found.append(Premises.floor == 0)
    if wanted.within:
        found.append(wanted.within.reaches(Premises.geom))
    return found


PUBLIC_STATES: Final = ", ".join(f"'{word}'" for word in PUBLIC_VACANCY_STATUS)
"""States of vacancies that the public may see, for statements written as text."""

SHOWN_VACANCY: Final = f"""
      LEFT JOIN LATERAL (SELECT w.* FROM vacancies w
                          WHERE w.premises_id = {{of}}.id AND (w.during @> current_date OR (
                                w.status = 'threatened' AND w.during && daterange(current_date, NULL)))
                            AND (NOT :public OR w.status IN ({PUBLIC_STATES}))
                          ORDER BY lower(w.during) NULLS FIRST LIMIT 1) v ON true
"""  # noqa: S608 - own words
"""Joins the vacancy of premises of which a caller is told, ``v``: today's, else one that threatens."""

PREMISES: Final[TextClause] = text(f"""
    SELECT pr.id, pr.premises_key, pr.name, pr.street, pr.house_number, pr.postcode, pr.floor, pr.area_m2,
           pr.permitted_uses, pr.features, pr.source, pr.source_date, pr.recorded_at, pr.is_demo,
           d.name AS district, d.key AS district_key, q.name AS quarter,
           v.id AS vacancy_id, v.status, lower(v.during) AS since, v.previous_use, v.temporary_use_until,
           v.asking_rent_eur_month,
           ST_X(ST_Transform(pr.geom, 4326)) AS longitude, ST_Y(ST_Transform(pr.geom, 4326)) AS latitude,
           CASE WHEN :may_see_private THEN pr.net_rent_eur_month END AS net_rent_eur_month,
           CASE WHEN :may_see_private THEN pr.landlord END AS landlord,
           CASE WHEN :may_see_private THEN pr.contact END AS contact,
           CASE WHEN :may_see_private THEN pr.note END AS note
      FROM premises pr
      LEFT JOIN districts d ON d.id = pr.district_id
      LEFT JOIN quarters q ON q.id = pr.quarter_id
      {SHOWN_VACANCY.format(of="pr")}
     WHERE pr.premises_key = :premises_key AND pr.valid @> current_date
       AND (v.id IS NOT NULL OR NOT :public)
""")  # noqa: S608 - own words
"""Premises and their present vacancy, else the next that threatens.

The public sees vacant ones only; rent, landlord, contact and note are for those who may see them. Parameters:
``premises_key``, ``public``, ``may_see_private``. Areas in m², rents in EUR a month.
"""

HISTORY: Final[TextClause] = text(f"""
    SELECT status, lower(during) AS since, upper(during) - 1 AS until, previous_use, is_demo
      FROM vacancies
     WHERE premises_id = :premises_id AND (NOT :public OR status IN ({PUBLIC_STATES}))
     ORDER BY lower(during) DESC NULLS LAST
     LIMIT 20
""")  # noqa: S608 - own words
"""Vacancies of premises, the latest first; ``until`` is the last day.

Parameters: ``premises_id``, ``public``.
"""

DISTRICTS: Final[TextClause] = text("SELECT key, name FROM districts ORDER BY name")
"""Choices of the district filter."""

QUARTERS: Final[TextClause] = text("SELECT key, name FROM quarters ORDER BY name")
"""Choices of the quarter filter."""


PLACES: Final[TextClause] = text("""
    SELECT id, premises_key, ST_AsGeoJSON(ST_Transform(geom, 4326), 6) AS shape
      FROM premises WHERE id = ANY(:ids)
""")
"""Where premises are (GeoJSON, WGS 84). Parameter: ``ids``."""
