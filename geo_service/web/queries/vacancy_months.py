"""Statement of vacancy over time."""

from typing import Final

from sqlalchemy import TextClause, text

MONTHS_BACK: Final = 60

VACANCY_BY_MONTH: Final[TextClause] = text("""
    WITH days AS (
        SELECT first::date AS day
          FROM generate_series(date_trunc('month', current_date) - make_interval(months => :months),
                               date_trunc('month', current_date), interval '1 month') AS first
         WHERE first >= (SELECT min(lower(during)) FROM vacancies WHERE status IN ('vacant', 'temporary_use'))
        UNION SELECT current_date)
    SELECT days.day, count(pr.id) AS premises, coalesce(sum(pr.area_m2), 0) AS area_m2,
           count(v.id) FILTER (WHERE v.status = 'vacant') AS vacant,
           coalesce(sum(pr.area_m2) FILTER (WHERE v.status = 'vacant'), 0) AS vacant_m2,
           count(v.id) FILTER (WHERE v.status = 'temporary_use') AS temporary_use,
           coalesce(bool_or(pr.is_demo OR v.is_demo), false) AS is_demo
      FROM days
      LEFT JOIN premises pr ON pr.valid @> days.day
      LEFT JOIN vacancies v ON v.premises_id = pr.id AND v.during @> days.day
                           AND v.status IN ('vacant', 'temporary_use')
     GROUP BY days.day ORDER BY days.day
""")
"""Premises on the first of each month and today: all, vacant, in temporary use; areas in m². Begins where the
first vacancy is known: before it nothing is known. What only threatens is left out. Parameter: ``months``."""
