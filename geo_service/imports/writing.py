"""Comparing the accepted rows with the register and writing the difference, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd
import psycopg
from sqlalchemy import Connection, Executable, Table
from sqlalchemy.exc import DBAPIError

from geo_service.db import copy_frame
from geo_service.imports import queries
from geo_service.imports.bulk import build_later
from geo_service.imports.draft import Draft
from geo_service.imports.kind import ImportKind
from geo_service.imports.packing import can_pack, pack
from geo_service.imports.report import ImportOptions, ImportReport, Progress
from geo_service.imports.threads import ahead
from geo_service.imports.whole_texts import keep_whole_texts

COUNTED: Final = {"preserve_rowcount": True}
"""Execution options of writes whose number of rows is asked for."""


@dataclass(frozen=True, slots=True)
class _Difference:
    """What the accepted rows are to the register."""

    new: int
    changed: int
    unchanged: int
    changed_fields: Mapping[str, int]
    gone: int = 0
    gone_keys: tuple[str, ...] = ()


def wait_for_turn(connection: Connection, kind: ImportKind, options: ImportOptions) -> None:
    """Wait until no other import of the kind is under way; until the end of the transaction none starts."""
    name = f"geo import {kind.name}"
    locks = queries.TRY_LOCK.bindparams(lock=name), queries.WAIT_LOCK.bindparams(lock=name)
    take_turn(connection, locks, options.progress, 0.45)


def take_turn(
    connection: Connection, locks: tuple[Executable, Executable], progress: Progress, share: float
) -> None:
    """Take a lock until the end of the transaction; wait for whoever has it as long as it takes.

    Parameters
    ----------
    connection
        Connection in a transaction.
    locks
        Statements that try to take the lock (one boolean), and that wait for it.
    progress
        Told that it waits.
    share
        Share of the work that is done.
    """
    if connection.execute(locks[0]).scalar_one():
        return
    progress("Waiting for another import", share)
    usual = connection.execute(queries.LOCK_TIMEOUT).scalar_one()
    connection.execute(queries.NO_LOCK_TIMEOUT)
    connection.execute(locks[1])
    connection.execute(queries.SET_LOCK_TIMEOUT, {"usual": usual})


def compare_and_write(
    connection: Connection, kind: ImportKind, draft: Draft, path: Path, digest: str
) -> ImportReport:
    """Compare, and write when the file is good and this is no rehearsal.

    Parameters
    ----------
    connection
        Connection in a transaction.
    kind
        What is imported.
    draft
        Checked rows.
    path, digest
        The file and its SHA-256.
    """
    wanted = not draft.rejects and not draft.options.dry_run
    if wanted and not kind.derived and connection.execute(queries.is_empty(kind.table)).scalar_one():
        difference = _write_first(connection, kind, draft)
        written = difference.new > 0
    else:
        with draft.with_asides():
            difference, written = _write_difference(connection, kind, draft, wanted=wanted)
    report = ImportReport(
        kind=kind.name,
        file_name=path.name,
        content_hash=digest,
        rows=len(draft),
        new=difference.new,
        changed=difference.changed,
        unchanged=difference.unchanged,
        rejected=int(draft.wrong.sum()),
        gone=difference.gone,
        gone_keys=difference.gone_keys,
        changed_fields=difference.changed_fields,
        rejects=tuple(sorted(draft.rejects, key=lambda reject: reject.row)),
        warnings=tuple(draft.notices),
        dry_run=draft.options.dry_run,
        written=written,
    )
    if written or (wanted and draft.options.edit is None and _is_news(connection, report)):
        _record(connection, report, draft.options)
    return report


def _write_first(connection: Connection, kind: ImportKind, draft: Draft) -> _Difference:
    """Write the rows into an empty table: there is nothing to compare them with."""
    draft.options.progress("Writing", 0.6)
    frame = _storable(kind, draft)
    build = build_later(connection, kind.table, len(frame))
    copy_rows(connection, kind.table, frame)
    with draft.with_asides():
        build()
        kind.after(connection)
    return _Difference(new=len(frame), changed=0, unchanged=0, changed_fields=MappingProxyType({}))


def _write_difference(
    connection: Connection, kind: ImportKind, draft: Draft, *, wanted: bool
) -> tuple[_Difference, bool]:
    """Compare, and write if that is wanted; return the difference, and whether it was written."""
    staging, compared = _stage(connection, kind, draft)
    keep_whole_texts(connection, kind, staging, draft)
    difference = _difference(connection, kind, staging, compared, len(draft) - int(draft.wrong.sum()))
    if not draft.rejects:  # else the refused rows would seem gone
        gone, gone_keys = connection.execute(queries.gone(kind, staging)).one()
        difference = replace(difference, gone=gone, gone_keys=tuple(gone_keys or ()))
    written = wanted and difference.new + difference.changed > 0
    if written:
        draft.options.progress("Writing", 0.6)
        follows = [str(name) for name in staging.columns.keys() if name in draft.follows]  # noqa: SIM118
        difference = _write(connection, kind, staging, (compared, follows), difference)
    return difference, written


def _storable(kind: ImportKind, draft: Draft) -> pd.DataFrame:
    """Return the accepted rows, columns of the kind's table only."""
    frame = draft.accepted()
    return frame[[str(name) for name in frame.columns if name in kind.table.columns]]


def _stage(connection: Connection, kind: ImportKind, draft: Draft) -> tuple[Table, list[str]]:
    """Copy the accepted rows into a temporary table; also return the columns that are compared."""
    frame = _storable(kind, draft)
    names = [str(name) for name in frame.columns]
    staging = queries.staging_table(kind, names)
    staging.create(connection)
    frame.insert(0, queries.ROW, frame.index.to_numpy())
    copy_rows(connection, staging, frame)
    return staging, [name for name in names if name not in draft.only_when_new | draft.follows]


def copy_rows(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    """Append rows to a table: packed in bulk where their types allow it.

    Parameters
    ----------
    connection
        Connection in a transaction.
    table
        The table.
    frame
        Columns of the table, as for `geo_service.db.copy_frame`.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        Of the kind that a statement run by SQLAlchemy would raise.
    """
    raw = connection.connection.driver_connection
    try:
        if raw is None or frame.empty or not can_pack(table, frame):
            copy_frame(connection, table, frame)
            return
        with raw.cursor() as cursor, cursor.copy(queries.copy_statement(table, frame.columns)) as copy:
            for block in ahead(pack(table, frame)):
                copy.write(block)
    except psycopg.Error as error:
        raise DBAPIError.instance(f"COPY {table.name}", None, error, psycopg.Error) from error


def _difference(
    connection: Connection, kind: ImportKind, staging: Table, compared: list[str], staged: int
) -> _Difference:
    """Tell new, changed and unchanged records apart."""
    counts = connection.execute(queries.compare(kind, staging, compared)).mappings().one()
    fields = {name: counts[f"in_{name}"] for name in compared if counts[f"in_{name}"]}
    return _Difference(
        new=staged - counts["matched"],
        changed=counts["changed"],
        unchanged=counts["matched"] - counts["changed"],
        changed_fields=MappingProxyType(fields),
    )


def _write(
    connection: Connection,
    kind: ImportKind,
    staging: Table,
    columns: tuple[list[str], list[str]],
    difference: _Difference,
) -> _Difference:
    """Write what is changed, then what is new; return the difference with the counts as written.

    The columns are those that are compared, and those that follow from them.
    """
    changed = new = 0
    if difference.changed:
        statement = queries.write_changed(kind, staging, *columns)
        changed = connection.execute(statement, execution_options=COUNTED).rowcount
    if difference.new:
        some_stored = difference.changed + difference.unchanged > 0
        addition = queries.write_new(kind, staging, some_stored=some_stored)
        build = build_later(connection, kind.table, difference.new)
        new = connection.execute(addition, execution_options=COUNTED).rowcount
        build()
    kind.after(connection)
    return replace(difference, new=new, changed=changed)


def _is_news(connection: Connection, report: ImportReport) -> bool:
    """Tell whether a file that changes nothing confirms the register for the first time."""
    last = connection.execute(queries.LAST_HASH, {"kind": report.kind}).scalar_one_or_none()
    return last != report.content_hash


def _record(connection: Connection, report: ImportReport, options: ImportOptions) -> None:
    connection.execute(
        queries.RECORD,
        {
            "kind": report.kind,
            "file_name": report.file_name,
            "content_hash": report.content_hash,
            "actor": options.actor,
            "counts": report.counts,
        },
    )
