"""Statements of the history of a record: what the audit holds of it and of what belongs to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import TextClause, text

from geo_service.web.column_names import TABLES

_OF_ROWS: Final = """
    SELECT a.at, a.actor, a.action, a.before,
           coalesce(a.after, CASE a.action WHEN 'insert' THEN to_jsonb(r) -> 'content' END) AS after,
           r.table_name, r.id AS row_id, r.called, r.is_demo
      FROM rows r
      JOIN audit a ON a.table_name = r.table_name AND (a.row_id = r.id OR a.row_ids @> r.id::bigint)
     ORDER BY a.at DESC, a.id DESC, r.table_name, r.id LIMIT :most
"""
"""Rows may have ``content``: what was written when they were made, where that is never changed later."""

_PARCEL: Final = """
    WITH own AS (SELECT id, is_demo FROM parcels WHERE parcel_key = :key),
    rows AS (
        SELECT 'parcels' AS table_name, id, '' AS called, is_demo FROM own
        UNION ALL SELECT 'occupancies', o.id, o.kind, o.is_demo
          FROM occupancies o JOIN own ON own.id = o.parcel_id)
"""
_PREMISES: Final = """
    WITH own AS (
        SELECT id, is_demo FROM premises WHERE premises_key = :key
        UNION ALL SELECT row_id, CAST(before->>'is_demo' AS boolean) FROM audit
         WHERE table_name = 'premises' AND action = 'delete' AND before->>'premises_key' = :key),
    rows AS (
        SELECT 'premises' AS table_name, id, '' AS called, is_demo FROM own
        UNION ALL SELECT 'vacancies', v.id, '', v.is_demo FROM vacancies v JOIN own ON own.id = v.premises_id
        UNION ALL SELECT 'vacancies', a.row_id, '', CAST(a.before->>'is_demo' AS boolean)
          FROM audit a JOIN own ON own.id = CAST(a.before->>'premises_id' AS bigint)
         WHERE a.table_name = 'vacancies' AND a.action = 'delete')
"""
_SITE: Final = """
    WITH own AS (
        SELECT id, is_demo FROM sites WHERE slug = :key
        UNION ALL SELECT row_id, CAST(before->>'is_demo' AS boolean) FROM audit
         WHERE table_name = 'sites' AND action = 'delete' AND before->>'slug' = :key),
    rows AS (
        SELECT 'sites' AS table_name, id, '' AS called, is_demo FROM own
        UNION ALL SELECT 'plots', s.id, s.name, s.is_demo FROM plots s JOIN own ON own.id = s.site_id
        UNION ALL SELECT 'phases', s.id, CASE WHEN :english THEN s.name_en ELSE s.name_de END, s.is_demo
          FROM phases s JOIN own ON own.id = s.site_id
        UNION ALL SELECT 'milestones', s.id, CASE WHEN :english THEN s.name_en ELSE s.name_de END, s.is_demo
          FROM milestones s JOIN own ON own.id = s.site_id)
"""
_ALONE: Final = """
    WITH rows AS (
        SELECT '{table}' AS table_name, id, '' AS called, is_demo FROM {table} WHERE {key} = :key
        UNION ALL SELECT table_name, row_id, '', CAST(before->>'is_demo' AS boolean) FROM audit
         WHERE table_name = '{table}' AND action = 'delete' AND before->>'{key}' = :key)
"""
"""Rows of a table to whose records nothing else belongs."""
_RESTRICTION: Final = _ALONE.format(table="restrictions", key="restriction_key")
_LAND_USE: Final = _ALONE.format(table="land_use_areas", key="area_key")
_PLAN: Final = """
    WITH own AS (SELECT id, is_demo FROM development_plans WHERE plan_key = :key),
    rows AS (
        SELECT 'development_plans' AS table_name, id, '' AS called, is_demo FROM own
        UNION ALL SELECT 'plan_areas', a.id, a.zone, own.is_demo
          FROM plan_areas a JOIN own ON own.id = a.plan_id
        UNION ALL SELECT 'plan_areas', a.row_id, a.before->>'zone', own.is_demo
          FROM audit a JOIN own ON own.id = CAST(a.before->>'plan_id' AS bigint)
         WHERE a.table_name = 'plan_areas' AND a.action = 'delete')
"""
_INQUIRY: Final = _ALONE.format(table="inquiries", key="reference")
_ROUND: Final = """
    WITH own AS (SELECT id, is_demo FROM contest_rounds WHERE slug = :key),
    members AS (SELECT w.id, w.name, w.is_demo FROM winners w JOIN own ON own.id = w.round_id),
    shops AS (SELECT id, concat_ws(' ', street, house_number) AS address FROM premises),
    rows AS (
        SELECT 'contest_rounds' AS table_name, id, '' AS called, is_demo, CAST(NULL AS jsonb) AS content
          FROM own
        UNION ALL SELECT 'winners', id, name, is_demo, NULL FROM members
        UNION ALL SELECT 'match_decisions', d.id, m.name || ' → ' || s.address, d.is_demo,
                         jsonb_build_object('kind', d.kind, 'reason', d.reason)
          FROM match_decisions d JOIN members m ON m.id = d.winner_id JOIN shops s ON s.id = d.premises_id
        UNION ALL SELECT 'placements', p.id, m.name || ' → ' || s.address, p.is_demo,
                         jsonb_build_object('during', p.during, 'net_rent_eur_month', p.net_rent_eur_month,
                                            'grant_eur', p.grant_eur, 'reason', p.reason)
          FROM placements p JOIN members m ON m.id = p.winner_id JOIN shops s ON s.id = p.premises_id)
"""
_SCENARIO: Final = """
    WITH own AS (SELECT id, is_demo FROM transit_scenarios WHERE key = :key),
    rows AS (
        SELECT 'transit_scenarios' AS table_name, id, '' AS called, is_demo FROM own
        UNION ALL SELECT 'transit_scenario_stops', s.id, s.name, own.is_demo
          FROM transit_scenario_stops s JOIN own ON own.id = s.scenario_id
        UNION ALL SELECT 'transit_scenario_lines', l.id, l.name, own.is_demo
          FROM transit_scenario_lines l JOIN own ON own.id = l.scenario_id
        UNION ALL SELECT a.table_name, a.row_id, a.before->>'name', own.is_demo
          FROM audit a JOIN own ON own.id = CAST(a.before->>'scenario_id' AS bigint)
         WHERE a.table_name IN ('transit_scenario_stops', 'transit_scenario_lines') AND a.action = 'delete')
"""

HISTORY: Final[Mapping[str, TextClause]] = MappingProxyType(
    {
        kind: text(rows + _OF_ROWS)
        for kind, rows in {
            "parcels": _PARCEL,
            "premises": _PREMISES,
            "sites": _SITE,
            "restrictions": _RESTRICTION,
            "land_use_areas": _LAND_USE,
            "development_plans": _PLAN,
            "inquiries": _INQUIRY,
            "contest_rounds": _ROUND,
            "transit_scenarios": _SCENARIO,
        }.items()
    }
)
"""Table of a record to its audit entries, the latest first; all versions of the record, ended and withdrawn
ones too. Parameters: ``key``, ``most``, ``english``: whether names are wanted in English."""

_NOW: Final = "SELECT id, to_jsonb(t) - 'geom' AS content FROM {table} AS t WHERE id = ANY(:ids)"
ROWS_NOW: Final[Mapping[str, TextClause]] = MappingProxyType(
    {table: text(_NOW.format(table=table)) for table in TABLES}
)
"""Table to what rows hold now, as the audit writes it. Parameter: ``ids``."""
