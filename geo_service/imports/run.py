"""One import from file to register: read, check, compare, write; all or nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from geo_service.city import CityProfile, load_city
from geo_service.db import Database
from geo_service.errors import Conflict, ImportRejected, from_integrity_error
from geo_service.garbage import no_garbage_collection
from geo_service.imports import reasons
from geo_service.imports.columns import unknown_headings
from geo_service.imports.corrections import require_writable, with_corrections, write_rejects
from geo_service.imports.draft import Draft
from geo_service.imports.kind import ImportKind
from geo_service.imports.places import place
from geo_service.imports.reading import Choice, content_hash, read_file
from geo_service.imports.report import ImportOptions, ImportReport
from geo_service.imports.source import as_text
from geo_service.imports.writing import compare_and_write, wait_for_turn
from geo_service.wording import Sentence

BUSY: Final = frozenset({"55P03", "40P01"})
"""States of PostgreSQL: a lock was waited for too long, a deadlock."""
OTHERS_AT_WORK: Final = Sentence(
    "Jemand anders ändert gerade dieselben Datensätze. Nichts wurde geschrieben; bitte noch einmal "
    "einspielen.",
    "Someone else is changing the same records at the moment. Nothing was written; please run the import "
    "again.",
)


def import_file(database: Database, kind: ImportKind, path: Path, options: ImportOptions) -> ImportReport:
    """Import a file, or refuse it as a whole.

    Nothing is written on a dry run, when a row is rejected, or when the file changes nothing. A run is
    recorded when something was written, or when a file of this content is confirmed for the first time.

    Parameters
    ----------
    database
        Where the records go.
    kind
        What the file holds.
    path
        The file; nothing is written beside it.
    options
        What the person asked for.

    Raises
    ------
    InvalidInput
        When the file cannot be read, or its coordinate system is unknown or wrong.
    ImportRejected
        When its columns do not fit the kind.
    Conflict
        When someone changed the register meanwhile so that the rows no longer fit.
    """
    require_writable(options.rejects)
    with no_garbage_collection():
        return _import(database, kind, path, options)


def _import(database: Database, kind: ImportKind, path: Path, options: ImportOptions) -> ImportReport:
    options.progress("Reading the file", 0.0)
    with ThreadPoolExecutor(1) as pool:
        hashed = pool.submit(content_hash, path)
        draft = check_file(kind, path, options, load_city(database.settings.city))
        digest = hashed.result()
    options.progress("Comparing with the register", 0.45)
    answering = options.edit is not None
    with database.begin(options.actor, options.request_id, answering=answering) as connection:
        wait_for_turn(connection, kind, options)
        if options.edit is not None:
            options.edit.before(connection)
        kind.refer(connection, draft)
        try:
            report = compare_and_write(connection, kind, draft, path, digest)
            if options.edit is not None:
                options.edit.after(report)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in BUSY:
                raise
            raise Conflict(OTHERS_AT_WORK) from error
        except IntegrityError as error:
            why = from_integrity_error(error).words
            raise Conflict(
                Sentence(
                    f"{why.de} Nichts wurde geschrieben. Hat jemand zugleich das Register geändert? Bitte "
                    "noch einmal einspielen.",
                    f"{why.en} Nothing was written. Did someone change the register at the same time? Please "
                    "run the import again.",
                )
            ) from error
        except DataError as error:
            raise ImportRejected(
                Sentence(
                    f"Die Datenbank hat einen Wert abgelehnt: {error.orig}. Nichts wurde geschrieben.",
                    f"The database refused a value: {error.orig}. Nothing was written.",
                )
            ) from error
    if report.rejects and options.rejects is not None:
        write_rejects(options.rejects, draft.source, report.rejects, options.language)
    options.progress("Done", 1.0)
    return report


def check_file(kind: ImportKind, path: Path, options: ImportOptions, city: CityProfile) -> Draft:
    """Read a file and check it as far as that goes without the register.

    Parameters
    ----------
    kind, path, options
        As for `import_file`.
    city
        The city that the rows should lie in.

    Raises
    ------
    InvalidInput, ImportRejected
        As `import_file`.
    """
    headings = kind.headings()
    source = read_file(path, Choice(headings.score, options.layer, options.encoding))
    if options.corrected is not None:
        source = with_corrections(source, read_file(options.corrected, Choice(headings.score)))
    labels, unknown = headings.match(source.headings, options.columns)
    options.progress("Checking the rows", 0.2)
    draft = Draft(source, labels, city, options, kind.key)
    draft.notices.extend(source.notices)
    if unknown:
        draft.tell("unknown-columns", unknown_headings(unknown))
    draft.reject(source.extra_cells, kind.key, "extra-cells", reasons.EXTRA_CELLS)
    draft.read(kind.all_columns)
    if kind.place is not None:
        place(draft, kind.place)
    _say_origin(draft, kind)
    kind.prepare(draft)
    return draft


def _say_origin(draft: Draft, kind: ImportKind) -> None:
    """Give every row an origin, and mark it as real unless the file says otherwise."""
    origin = as_text([draft.options.source or kind.source] * len(draft))
    if draft.options.source or "source" not in draft.cells:
        draft.cells["source"] = origin
    else:
        draft.cells["source"] = draft.cells["source"].fillna(origin)
    if "is_demo" not in draft.cells:
        draft.cells["is_demo"] = pd.Series(False, index=range(len(draft)))
