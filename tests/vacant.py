"""Parcels of tests whose category does not matter: vacant, and so on offer."""

from typing import Final

from sqlalchemy import TextClause, text

ASSESS_AS_VACANT: Final[TextClause] = text("""
INSERT INTO usability (parcel_id, offered_m2, sliver_m2, piece_m2, circle_m, rectangle_length_m,
       rectangle_width_m, category, category_rule, ground, ground_rule, potential_use, potential_use_rule,
       target_group, target_group_rule, internal_category, internal_category_rule, internal_target_group,
       internal_target_group_rule, offered, internal_offered, computed_at)
SELECT a.parcel_id, a.net_m2, 0, 0.9 * a.net_m2, 1, 1, 1, 'vacant', 'nothing_stands_there', 'unknown',
       'former_use_not_known', 'unknown', 'use_not_known', 'unknown', 'group_not_known', 'vacant',
       'nothing_stands_there', 'unknown', 'group_not_known', true, true, a.computed_at
  FROM availability a
 WHERE NOT EXISTS (SELECT FROM usability u WHERE u.parcel_id = a.parcel_id)
""")
"""Assess every parcel that has an availability and was not assessed."""
