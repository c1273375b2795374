"""Stored transit answers made by hand: noted as computed from what is there now."""

from typing import Final

from sqlalchemy import Connection, text

from geo_service.transit.run_queries import with_places

TABLES: Final = {"parcel": "parcels", "plot": "plots", "site": "sites", "premises": "premises"}
RUNS: Final = """
    INSERT INTO transit_runs (method, time_window, day_kind, window_from_s, window_to_s, days, feeds,
                              network_id, stops, graded_stops, program)
    SELECT DISTINCT method, time_window, 'weekday', 21600, 72000, CAST('{}' AS jsonb),
           (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM transit_feeds WHERE is_current),
           (SELECT id FROM street_networks WHERE is_current), 1, 1, 'by hand'
      FROM transit_access
    ON CONFLICT (method, time_window) DO UPDATE SET feeds = excluded.feeds, network_id = excluded.network_id
"""


def hold(connection: Connection) -> None:
    """Let all stored answers and travel times hold."""
    for kind, table in TABLES.items():
        for stored in ("transit_access", "transit_reach"):
            connection.execute(
                with_places(
                    f"UPDATE {stored} SET place = PLACE_OF(t.geom) FROM {table} t "
                    "WHERE subject_kind = :kind AND subject_id = t.id"
                ),
                {"kind": kind},
            )
    connection.execute(
        with_places(
            "UPDATE transit_isochrones SET place = PLACE_OF(t.geom) FROM sites t WHERE site_id = t.id"
        )
    )
    connection.execute(text(RUNS))
