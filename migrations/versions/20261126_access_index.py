"""The access index of PTAL beside the grades of transit.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "transit_access",
        sa.Column(
            "access_index", sa.Double(), nullable=True, comment="Access index of PTAL; NULL by other methods"
        ),
    )


def downgrade() -> None:
    op.drop_column("transit_access", "access_index")
