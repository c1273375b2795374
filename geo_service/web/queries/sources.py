"""Statements of the page about the data: what the register rests on, and what was brought in."""

from typing import Final

from sqlalchemy import TextClause, text

CURRENT: Final = {
    "parcels": "valid @> current_date",
    "buildings": "valid @> current_date",
    "land_use_areas": "valid @> current_date",
    "restrictions": "valid @> current_date",
    "development_plans": "valid @> current_date",
    "premises": "valid @> current_date",
    "vacancies": "during @> current_date",
    "sites": "valid @> current_date",
    "districts": "true",
    "transit_feeds": "is_current",
    "street_networks": "is_current",
}
"""Public tables of the register, and which of their rows hold today."""
KINDS: Final = {
    "land_use_areas": "land_use",
    "development_plans": "plans",
    "transit_feeds": "gtfs",
    "street_networks": "streets",
}
"""Kind of import of a table, where it is not its name."""

NO_DAY: Final = "CAST(NULL AS date)"
FIRST_DAY: Final = {"transit_feeds": "min(lower(service))"}
LAST_DAY: Final = {"transit_feeds": "max(upper(service)) - 1"}
"""First and last day of a timetable's calendar."""
NO_NAME: Final = "CAST(NULL AS text)"
NAME: Final = {"transit_feeds": "name"}
"""What tells records of one source apart that are whole data sets of their own."""


def _of(place: int, table: str, holds: str) -> str:
    kind, name = KINDS.get(table, table), NAME.get(table, NO_NAME)
    return (
        f"SELECT {place} AS place, '{kind}' AS kind, source, max(source_date) AS source_date, "  # noqa: S608 - own names
        "bool_or(is_demo) AS is_demo, count(*) AS records, max(recorded_at) AS recorded_at"
        f", {FIRST_DAY.get(table, NO_DAY)} AS first_day, {LAST_DAY.get(table, NO_DAY)} AS last_day "
        f", {name} AS name FROM {table} WHERE {holds} GROUP BY source, {name}"
    )


SOURCES: Final[TextClause] = text(
    " UNION ALL ".join(_of(place, *each) for place, each in enumerate(CURRENT.items()))
    + " ORDER BY place, records DESC, source, name"
)
"""Each source of each kind of records that hold today (each timetable by itself): latest day that it states,
number of records, whether any is invented, when the last one was first written."""

RUNS: Final[TextClause] = text("""
    SELECT kind, file_name, actor, counts, applied_at
      FROM import_runs
     WHERE file_name <> 'edit.geojson'
     ORDER BY applied_at DESC, id DESC
     LIMIT 50
""")
"""The latest imports: file, who, counts."""
