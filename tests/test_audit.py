"""The audit trigger: who changed what, when, before and after."""

import pytest
from sqlalchemy import Connection, text

from geo_service.audit import AUDITED_TABLES
from geo_service.schema import metadata

SQUARE = (
    "ST_GeomFromText('MULTIPOLYGON(((390000 5700000,390100 5700000,390100 5700100,390000 5700000)))', 25832)"
)
INSERT = (
    "INSERT INTO districts (key, name, source, geom) "
    f"SELECT 'k' || n, 'District ' || n, 'test', {SQUARE} FROM generate_series(1, :many) n"
)


def entries(
    connection: Connection,
) -> list[tuple[str, str, str, dict[str, object] | None, dict[str, object] | None]]:
    rows = connection.execute(text("SELECT actor, request_id, action, before, after FROM audit ORDER BY id"))
    return [tuple(row) for row in rows]


def as_actor(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit"))
    connection.execute(
        text("SELECT set_config('app.actor', 'planner.1', true), set_config('app.request_id', 'r-7', true)")
    )


def test_an_insert_records_who(connection: Connection) -> None:
    as_actor(connection)
    connection.execute(text(INSERT), {"many": 1})
    assert entries(connection) == [("planner.1", "r-7", "insert", None, None)]
    assert history(connection, "k1") == ["insert"]


def test_rows_of_one_statement_share_an_entry_that_names_each(connection: Connection) -> None:
    as_actor(connection)
    connection.execute(text(INSERT), {"many": 3})
    connection.execute(text("SELECT nextval(pg_get_serial_sequence('districts', 'id'))"))
    other = INSERT.replace("'k' || n", "'other' || n")
    connection.execute(text(other), {"many": 2})
    assert entries(connection) == [("planner.1", "r-7", "insert", None, None)] * 2
    assert [history(connection, key) for key in ("k1", "k3", "other1", "other2")] == [["insert"]] * 4


@pytest.mark.parametrize("ids", [[700], [700, 701, 702], [700, 702, 703], [703, 700, 701, 702], [700, 705]])
def test_an_entry_names_the_rows_inserted_and_no_other(connection: Connection, ids: list[int]) -> None:
    as_actor(connection)
    given = INSERT.replace("(key", "(id, key").replace(
        "SELECT 'k'", "OVERRIDING SYSTEM VALUE SELECT (CAST(:ids AS bigint[]))[n], 'k'"
    )
    connection.execute(text(given), {"many": len(ids), "ids": ids})
    row_id, rows = connection.execute(text("SELECT row_id, row_ids FROM audit")).one()
    named = {id_ for span in rows or () for id_ in range(span.lower, span.upper)}
    assert (named or {row_id}) == set(ids)
    assert (row_id is None) == (len(ids) > 1)


def test_a_statement_that_inserts_nothing_leaves_no_entry(connection: Connection) -> None:
    as_actor(connection)
    connection.execute(text(INSERT), {"many": 0})
    assert entries(connection) == []


def history(connection: Connection, key: str) -> list[str]:
    """What the audit tells of one district, found as audit.py says."""
    statement = (
        "SELECT action FROM audit, (SELECT id FROM districts WHERE key = :key) AS it "
        "WHERE table_name = 'districts' AND (row_id = it.id OR row_ids @> CAST(it.id AS bigint)) "
        "ORDER BY audit.id"
    )
    return list(connection.execute(text(statement), {"key": key}).scalars())


def test_update_records_only_what_changed(connection: Connection) -> None:
    as_actor(connection)
    connection.execute(text(INSERT), {"many": 1})
    connection.execute(text("UPDATE districts SET name = 'New' WHERE key = 'k1'"))
    connection.execute(text("UPDATE districts SET name = 'New' WHERE key = 'k1'"))
    changes = [entry for entry in entries(connection) if entry[2] == "update"]
    assert changes == [("planner.1", "r-7", "update", {"name": "District 1"}, {"name": "New"})]


def test_delete_records_the_whole_row(connection: Connection) -> None:
    as_actor(connection)
    connection.execute(text(INSERT), {"many": 1})
    connection.execute(text("DELETE FROM districts WHERE key = 'k1'"))
    *_, (_, _, action, before, after) = entries(connection)
    assert (action, after) == ("delete", None)
    assert before is not None
    assert before["name"] == "District 1"


def test_secrets_stay_out(connection: Connection) -> None:
    as_actor(connection)
    connection.execute(text("INSERT INTO users (name, password_hash) VALUES ('u', 'hash-one')"))
    connection.execute(text("UPDATE users SET password_hash = 'hash-two', display_name = 'U'"))
    connection.execute(text("DELETE FROM users"))
    assert "hash-" not in str(entries(connection))


@pytest.mark.parametrize("table", AUDITED_TABLES)
def test_every_audited_table_carries_both_triggers(connection: Connection, table: str) -> None:
    names = connection.execute(
        text("SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"),
        {"table": table},
    ).scalars()
    assert {name for name in names if name.startswith("audit_")} == {"audit_changed", "audit_inserted"}


def test_every_table_is_audited_or_known_to_be_derived() -> None:
    derived = {
        "audit",
        "availability",
        "availability_marks",
        "availability_runs",
        "capacities",
        "data_changes",
        "import_runs",
        "street_edges",
        "tile_cells",
        "tile_changes",
        "tile_pieces",
        "transit_access",
        "transit_departures",
        "transit_feed_files",
        "transit_isochrones",
        "transit_patterns",
        "transit_reach",
        "transit_reach_runs",
        "transit_runs",
        "transit_stop_grades",
        "transit_stops",
        "transit_transfers",
        "usability",
    }
    assert set(metadata.tables) - set(AUDITED_TABLES) == derived
