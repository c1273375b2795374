"""Whether ground is a street is seen in half the time: an import asks it of every parcel.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# The same words as geo_service.availability.facts.STREETS. ILIKE folds the whole text for every pattern.
IS_STREET = """
CREATE OR REPLACE FUNCTION is_street(actual_use text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT {rule}
$$
"""


def upgrade() -> None:
    op.execute(IS_STREET.format(rule="actual_use ~* '^(straßenverkehr|platz)'"))


def downgrade() -> None:
    op.execute(IS_STREET.format(rule="actual_use ILIKE 'straßenverkehr%' OR actual_use ILIKE 'platz%'"))
