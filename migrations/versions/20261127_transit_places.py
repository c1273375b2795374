"""Transit answers know their place by a hash that takes a tenth of the time.

Revision ID: 0019
Revises: 0018
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PLACE = "Hash of the place that was looked at: another one is somewhere else"
BEFORE = "MD5 of the place (WKB) that was looked at: another one is somewhere else"
TABLES = ("transit_access", "transit_reach", "transit_isochrones")


def upgrade() -> None:
    _replace(sa.BigInteger(), PLACE)


def downgrade() -> None:
    _replace(sa.Uuid(), BEFORE)


def _replace(kind: sa.types.TypeEngine[Any], comment: str) -> None:
    """Forget the places: every stored answer is computed anew by the next refresh."""
    for table in TABLES:
        op.drop_column(table, "place")
        op.add_column(table, sa.Column("place", kind, nullable=True, comment=comment))
