"""Travel times tell whether ways on foot behind them are estimated; those computed before count as such.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "transit_reach",
        sa.Column(
            "estimated",
            sa.Boolean(),
            nullable=False,
            server_default=sa.true(),
            comment="Subject or destination meets no street: ways on foot are estimated",
        ),
    )


def downgrade() -> None:
    op.drop_column("transit_reach", "estimated")
