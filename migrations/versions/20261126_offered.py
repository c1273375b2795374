"""Whether a parcel is land on offer.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = {"offered": "category", "internal_offered": "internal_category"}


def upgrade() -> None:
    for name, category in COLUMNS.items():
        op.add_column(
            "usability",
            sa.Column(name, sa.Boolean(), nullable=True, comment=f"Land on offer, by {category}"),
        )
    op.execute(
        "UPDATE usability SET offered = category NOT IN ('in_use', 'unknown'), "
        "internal_offered = internal_category NOT IN ('in_use', 'unknown')"
    )
    for name, category in COLUMNS.items():
        op.alter_column("usability", name, nullable=False, existing_comment=f"Land on offer, by {category}")


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("usability", name)
