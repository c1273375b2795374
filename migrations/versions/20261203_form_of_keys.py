"""The form of a parcel's key is checked by its pattern only where it is not one of the usual forms.

Revision ID: 0030
Revises: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NAME = "ck_parcels_parcel_key_form"
PATTERN = r"parcel_key ~ '^\d{6}(\d{3}|_{3})\d{5}(\d{4}|_{4})(\d{2}|_{2})$'"
USUAL = "length(parcel_key) = 20 AND (ltrim(parcel_key, '0123456789') IN ('', '__', '______') OR {})"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "parcels", type_="check")
    op.create_check_constraint(op.f(NAME), "parcels", USUAL.format(PATTERN))


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), "parcels", type_="check")
    op.create_check_constraint(op.f(NAME), "parcels", PATTERN)
