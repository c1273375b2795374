"""Statements of an import: staging table, comparison, the one update and the one insert, what is gone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from geoalchemy2 import Geometry
from psycopg import sql
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    TextClause,
    Update,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, aggregate_order_by
from sqlalchemy.types import NullType

from geo_service.imports.kind import ImportKind
from geo_service.imports.models import ImportRun
from geo_service.imports.report import EDITED

ROW: Final = "import_row"
"""Column of the staging table: position of the row in the file."""
SAME_SHAPE_M: Final = 0.001
"""Cadastres write millimetres: less comes of another file format, or of degrees and back."""
FIRST_GONE: Final = 100
"""Most keys of gone records that are listed."""

TRY_LOCK: Final[TextClause] = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:lock, 0))")
WAIT_LOCK: Final[TextClause] = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))")
LOCK_TIMEOUT: Final[TextClause] = text("SELECT current_setting('lock_timeout')")
NO_LOCK_TIMEOUT: Final[TextClause] = text("SELECT set_config('lock_timeout', '0', true)")
"""Another import of the same kind is waited for as long as it takes; other locks as usual."""
LOCK_NOT_AVAILABLE: Final = "55P03"
"""SQLSTATE of PostgreSQL, appendix A."""
SET_LOCK_TIMEOUT: Final[TextClause] = text("SELECT set_config('lock_timeout', :usual, true)")

LAST_HASH: Final[Select[Any]] = (
    select(ImportRun.content_hash)
    .where(ImportRun.kind == text(":kind"), ImportRun.file_name != EDITED)
    .order_by(ImportRun.applied_at.desc(), ImportRun.id.desc())
    .limit(1)
)
"""The content of the file that was imported last."""
RECORD: Final[Insert] = insert(ImportRun)


def staging_table(kind: ImportKind, columns: Sequence[str]) -> Table:
    """Return the temporary table that holds the accepted rows for the time of the transaction."""
    copied: list[Column[Any]] = [Column(name, kind.stored(name).type) for name in columns]
    return Table(
        f"import_{kind.name}",
        MetaData(),
        Column(ROW, Integer),
        *copied,
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )


def copy_statement(staging: Table, columns: Iterable[str]) -> sql.Composed:
    """Return the binary COPY of some columns into a table."""
    names = sql.SQL(", ").join(sql.Identifier(str(name)) for name in columns)
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(staging.name), names)


def is_same(kind: ImportKind, staging: Table) -> ColumnElement[bool]:
    """Return the condition that a stored record is the one that a staged row speaks of."""
    return and_(*(_identity(kind.stored(name)) == _identity(staging.columns[name]) for name in kind.match))


def _identity(column: "Column[Any]") -> ColumnElement[Any]:
    if isinstance(column.type, DATERANGE):
        return func.coalesce(func.lower(column), cast(literal("-infinity", Text), Date))
    return column


def differs(kind: ImportKind, staging: Table, columns: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a staged row says something else than the stored record."""
    return or_(*(_says_otherwise(kind.stored(name), staging.columns[name]) for name in columns))


def _says_otherwise(stored: "Column[Any]", said: "Column[Any]") -> ColumnElement[bool]:
    """Return the condition that a value is another one; shapes with corners within `SAME_SHAPE_M` are not."""
    other = stored.is_distinct_from(said)
    if not isinstance(stored.type, Geometry):
        return other
    corners = func.ST_NPoints(stored) != func.ST_NPoints(said)
    moved = func.ST_HausdorffDistance(stored, said) > SAME_SHAPE_M
    return and_(other, func.coalesce(or_(corners, moved), true()))


def compare(kind: ImportKind, staging: Table, columns: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Count the staged rows that are stored (``matched``), that differ (``changed``), and per column."""
    counts: list[ColumnElement[int]] = [
        func.count().label("matched"),
        func.count().filter(differs(kind, staging, columns)).label("changed"),
    ]
    for name in columns:
        changed = _says_otherwise(kind.stored(name), staging.columns[name])
        counts.append(func.count().filter(changed).label(f"in_{name}"))
    return select(*counts).select_from(staging.join(kind.table, is_same(kind, staging)))


def longer_texts(kind: ImportKind, staging: Table, names: Sequence[str]) -> Select[Any]:
    """Return rows with a text that the stored one begins with: row, then the stored texts by name."""
    longer = (
        and_(
            kind.stored(name).is_distinct_from(staging.columns[name]),
            func.starts_with(kind.stored(name), staging.columns[name]),
        )
        for name in names
    )
    stored = (kind.stored(name).label(name) for name in names)
    return (
        select(staging.columns[ROW], *stored)
        .select_from(staging.join(kind.table, is_same(kind, staging)))
        .where(or_(*longer))
        .order_by(staging.columns[ROW])
    )


def say_instead(staging: Table, name: str, texts: Mapping[int, str]) -> Update:
    """Put other texts into a column of some staged rows."""
    said = select(
        func.unnest(literal(list(texts), ARRAY(Integer))).label("row"),
        func.unnest(literal(list(texts.values()), ARRAY(Text))).label("text"),
    ).subquery()
    return update(staging).values({name: said.c.text}).where(staging.columns[ROW] == said.c.row)


def is_empty(table: Table) -> Select[bool]:
    """Tell whether a table has no rows."""
    return select(~exists(select(table.c.id)))


def may_build_indexes(table: Table) -> Select[bool]:
    """Tell whether a table is empty and its indexes are ours to drop and build."""
    owned = text("(SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(:table))")
    return is_empty(table).where(type_coerce(owned.bindparams(table=table.name), Boolean))


def lock_at_once(tables: Iterable[Table]) -> TextClause:
    """Lock tables for this transaction alone, or fail at once with `LOCK_NOT_AVAILABLE`."""
    names = ", ".join(str(table.name) for table in tables)
    return text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT")


def write_changed(kind: ImportKind, staging: Table, columns: Sequence[str], follows: Iterable[str]) -> Update:
    """Bring stored records that differ in some columns to what the file says, and to what follows."""
    said: dict[str, ColumnElement[Any]] = {name: staging.columns[name] for name in (*columns, *follows)}
    return (
        update(kind.table)
        .values({**said, **_derived(kind, staging)})
        .where(is_same(kind, staging), differs(kind, staging, columns))
    )


def write_new(kind: ImportKind, staging: Table, *, some_stored: bool) -> Insert:
    """Add the staged rows that are not stored yet.

    Parameters
    ----------
    kind, staging
        What is imported, and where it is staged.
    some_stored
        Whether any staged row is stored already.
    """
    said = {column.name: column for column in staging.columns if column.name != ROW}
    missing = ~exists().where(is_same(kind, staging)) if some_stored else true()
    everything: dict[str, ColumnElement[Any]] = {**said, **_derived(kind, staging)}
    rows = select(*(type_coerce(value, NullType()) for value in everything.values())).where(missing)
    return insert(kind.table).from_select(list(everything), rows, include_defaults=False)


def _derived(kind: ImportKind, staging: Table) -> dict[str, ColumnElement[Any]]:
    """Return what follows from the place of a row, as far as the file does not say it."""
    if "geom" not in staging.columns:
        return {}
    return {name: derive(staging) for name, derive in kind.derived.items() if name not in staging.columns}


def gone(kind: ImportKind, staging: Table) -> Select[Any]:
    """Count stored records that the file should hold and does not; list the first of them."""
    missing = (
        select(kind.label.label("label"))
        .where(
            kind.scope(staging),
            ~kind.stored("is_demo"),
            ~exists().where(is_same(kind, staging)),
        )
        .subquery()
    )
    listed = func.array_agg(aggregate_order_by(missing.c.label, missing.c.label))
    return select(func.count(), type_coerce(listed, ARRAY(Text))[1:FIRST_GONE]).select_from(missing)


def still_valid(column: "Column[Any]") -> ColumnElement[bool]:
    """Return the condition that a record is not ended yet."""
    return or_(func.upper_inf(column), func.upper(column) > func.current_date())


def in_district(districts: Table, staging: Table) -> ColumnElement[Any]:
    """Return the district that holds a point on the staged geometry, NULL outside of all.

    Where an invented district and a real one overlap, the real one counts.
    """
    return (
        select(districts.c.id)
        .where(func.ST_Contains(districts.c.geom, func.ST_PointOnSurface(staging.c.geom)))
        .order_by(districts.c.is_demo, districts.c.id)
        .limit(1)
        .correlate(staging)
        .scalar_subquery()
    )


def districts_of(districts: Table) -> Select[Any]:
    """Return identifiers and outlines (WKB, EPSG:25832) of the districts, first the one that counts."""
    outline = type_coerce(func.ST_AsBinary(districts.c.geom), LargeBinary)
    return select(districts.c.id, outline.label("wkb")).order_by(districts.c.is_demo, districts.c.id)


def assign_districts(target: Table, districts: Table) -> Update:
    """Set the district of every record whose place says another one than is stored."""
    found = in_district(districts, target)
    return update(target).values(district_id=found).where(target.c.district_id.is_distinct_from(found))


def identifiers(table: Table, key: str, keys: Sequence[str]) -> Select[Any]:
    """Return key and id of the records that some keys name."""
    column = table.columns[key]
    return select(column, table.c.id).where(column == func.any(literal(list(keys), ARRAY(Text))))


def any_of(parameter: str) -> ColumnElement[Any]:
    """Return ``ANY`` of a list of whole numbers that is bound by name."""
    return func.any(bindparam(parameter, type_=ARRAY(Integer)))


def spans_of(table: Table, columns: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Return some columns of the records of some owners; the first column is the owner (``owners``)."""
    listed = [table.columns[name] for name in columns]
    return select(*listed).where(listed[0] == any_of("owners"))


def key_of(table: Table, key: str, reference: "Column[Any]") -> ColumnElement[str]:
    """Return the key of the record that a column refers to."""
    return select(table.columns[key]).where(table.c.id == reference).scalar_subquery()


def first_day(column: "Column[Any]") -> ColumnElement[str]:
    """Return the first day of a range as text, empty when it is open."""
    return func.coalesce(func.to_char(func.lower(column), "YYYY-MM-DD"), "")


def joined(*parts: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the parts of a record's name with blanks between them."""
    return func.concat_ws(" ", *parts)


def same_source(table: Table, staging: Table) -> ColumnElement[bool]:
    """Return the condition that a record comes from an origin that the file speaks for."""
    return table.c.source.in_(select(staging.c.source).distinct())
