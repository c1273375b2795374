"""An owner who does not sell delays land: neither excludes nor reduces it, for all to see.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE restrictions SET effect = 'delays', reduction_share = NULL "
        "WHERE kind = 'owner_unwilling' AND effect <> 'delays'"
    )
    op.create_check_constraint(
        op.f("ck_restrictions_owner_only_delays"),
        "restrictions",
        "kind <> 'owner_unwilling' OR effect = 'delays'",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_restrictions_owner_only_delays"), "restrictions", type_="check")
