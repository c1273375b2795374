"""Ending single features: what has begun gets a last day, what begins later is withdrawn.

Rows of the register are ended, not deleted, because they held for some time. A record that begins on a later
day has held on none: it has no day that could be its last one. It is taken out of the register, as if it had
never been entered; the audit keeps the whole of it with who withdrew it and when.
"""

from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError

from geo_service.db import Database
from geo_service.errors import Conflict
from geo_service.imports.catalogue import kind_named
from geo_service.imports.report import ImportOptions
from geo_service.imports.writing import wait_for_turn
from geo_service.ogc.editing import Change, Document, merged, require_state, write
from geo_service.ogc.queries import withdrawal


def end(database: Database, change: Change, current: Document, etag: str, today: date) -> bool:
    """End a feature, or withdraw one that begins later.

    Parameters
    ----------
    database
        Where it is.
    change
        Which feature, and who ends it.
    current
        The feature as it was read, EPSG:25832.
    etag
        Its state then.
    today
        The day.

    Returns
    -------
    bool
        Whether it was withdrawn: there is no such feature any more.

    Raises
    ------
    PreconditionFailed
        When somebody else changed it meanwhile.
    Conflict
        When it has ended already, or begins later and other records belong to it.
    """
    if begins_later(current, change, today):
        _withdraw(database, change, etag)
        return True
    geometry = current["geometry"] if change.rule.placed else None
    write(database, change, _ended(current, change, today), geometry, etag)
    return False


def begins_later(current: Document, change: Change, today: date) -> bool:
    """Tell whether a feature begins on a later day."""
    first = current["properties"].get(change.rule.first_day)
    return bool(first and first > today.isoformat())


def _ended(current: Document, change: Change, today: date) -> Document:
    """Return a feature's fields with yesterday as its last day, or today if it began today."""
    now, rule = current["properties"], change.rule
    last = now.get(rule.last_day)
    if last and last < today.isoformat():
        raise Conflict("It has ended already: change its days instead.")
    day = today if now.get(rule.first_day) == today.isoformat() else today - timedelta(days=1)
    return merged({rule.last_day: day.isoformat()}, current, change)


def _withdraw(database: Database, change: Change, etag: str) -> None:
    """Take a feature out of the register."""
    kind = kind_named(change.rule.kind)
    try:
        with database.begin(change.actor, change.request_id, answering=True) as connection:
            wait_for_turn(connection, kind, ImportOptions())
            require_state(connection, change, etag)
            connection.execute(withdrawal(change.view.collection, kind.table), {"key": change.values["key"]})
    except IntegrityError as error:
        raise Conflict("Other records belong to it: end or withdraw those first.") from error
