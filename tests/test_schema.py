"""The schema in the catalogue: what Alembic's comparison cannot see is pinned here."""

from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from geo_service.db import Database
from geo_service.migrate import alembic_config, migrate, pending
from geo_service.schema import metadata

EXCLUSIONS = {
    "excl_occupancies_reserved": "EXCLUDE USING gist (parcel_id WITH =, during WITH &&) "
    "WHERE ((kind = 'reserved'::text))",
    "excl_vacancies_premises_during": "EXCLUDE USING gist (premises_id WITH =, during WITH &&)",
    "excl_placements_premises_during": "EXCLUDE USING gist (premises_id WITH =, during WITH &&)",
}


def test_models_and_migrations_agree(database: Database) -> None:
    config = alembic_config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    assert pending(database) == []


def test_last_migration_goes_down_and_up(fresh_database_url: str) -> None:
    engine = create_engine(fresh_database_url, poolclass=NullPool)
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
        connection.commit()
    migrate(engine)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_exclusion_constraints_are_as_written(connection: Connection) -> None:
    rows = connection.execute(
        text("SELECT conname, pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE contype = 'x'")
    )
    assert {row.conname: row.rule for row in rows} == EXCLUSIONS


def test_geometry_columns_are_typed_valid_and_indexed(connection: Connection) -> None:
    columns = connection.execute(
        text(
            "SELECT f_table_name AS name, f_geometry_column AS geom, type, srid, a.attnotnull AS required "
            "FROM geometry_columns g JOIN pg_attribute a "
            "ON a.attrelid = f_table_name::regclass AND a.attname = f_geometry_column "
            "WHERE f_table_schema = 'public' AND f_table_name <> 'availability_marks' "  # of the register
            "AND f_geometry_column NOT IN ('geom_3857', 'geom_grid')"  # made of others, for tiles
        )
    ).all()
    tables_with_geometry = {name for name, table in metadata.tables.items() if "geom" in table.columns}
    assert {row.name for row in columns} == tables_with_geometry
    points = dict.fromkeys(("premises", "transit_stops", "transit_scenario_stops"), "POINT")
    types = {**points, "street_edges": "LINESTRING"}
    for row in columns:
        assert row.srid == 25832
        assert row.type == types.get(row.name, "MULTIPOLYGON"), row.name
        assert row.required == (row.name != "sites"), row.name
        check = connection.execute(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": f"ck_{row.name}_{row.geom}_valid"},
        ).scalar_one()
        assert "st_isvalid" in check.lower()
        index = connection.execute(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"),
            {"name": f"ix_{row.name}_{row.geom}"},
        ).scalar_one()
        assert "USING gist" in index
