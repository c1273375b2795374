"""Freshness of the sources and the demo label."""

from typing import Final

from sqlalchemy import TextClause, text

FRESHNESS: Final[TextClause] = text("""
    SELECT kind, max(applied_at) AS applied_at
      FROM import_runs
     GROUP BY kind
     ORDER BY kind
""")
"""Last import of each kind: ``kind``, ``applied_at``."""

DATA_VERSION: Final[TextClause] = text("SELECT CAST(pg_current_snapshot() AS text)")
"""A text that changes whenever a transaction that wrote something has ended."""

DEMO: Final[TextClause] = text("""
    SELECT EXISTS (SELECT FROM import_runs WHERE kind = 'demo')
        OR EXISTS (SELECT FROM sites WHERE is_demo)
        OR EXISTS (SELECT FROM premises WHERE is_demo)
        OR EXISTS (SELECT FROM transit_feeds WHERE is_demo)
        OR EXISTS (SELECT FROM parcels WHERE is_demo)
""")
"""Whether any invented record is in the register."""
