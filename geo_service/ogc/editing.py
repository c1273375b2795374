"""Writing single features: checked, referred and audited as an import of one row is.

Source: OGC API - Features, part 4 draft (create, replace, update, delete), in spirit; RFC 7396 (merge patch),
RFC 9110, section 13.1.1 (If-Match). `ending` says what becomes of a feature that is deleted.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from sqlalchemy import Connection

from geo_service.auth.caller import Caller
from geo_service.auth.fields import Kind
from geo_service.auth.models import Role
from geo_service.conditional import etag_of
from geo_service.db import Database
from geo_service.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
)
from geo_service.geometry import PARCEL_BOUNDS_25832, STORAGE_SRID
from geo_service.imports.catalogue import kind_named
from geo_service.imports.report import EDITED, Edit, ImportOptions, ImportReport
from geo_service.imports.run import import_file
from geo_service.ogc.crs import Crs, projected, x_first
from geo_service.ogc.queries import View, feature_statement, key_statement, kinds_of
from geo_service.ogc.refusals import reject_told

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """How a collection is written.

    Parameters
    ----------
    kind
        Import that checks and writes its records.
    roles
        Who may.
    identity
        Fields that say which record it is.
    last_day
        Field of its last day.
    first_day
        Field of its first day.
    placed
        Whether its geometry is written; else it lies where another record lies.
    """

    kind: str
    roles: frozenset[Role]
    identity: tuple[str, ...]
    first_day: str = "valid_from"
    last_day: str = "valid_to"
    placed: bool = True


PLANNING: Final = frozenset({Role.PLANNER})
LETTING: Final = frozenset({Role.VACANCY_MANAGER})
RULES: Final[Mapping[str, Rule]] = {
    "restrictions": Rule("restrictions", PLANNING, ("restriction_key",)),
    "land_use_areas": Rule("land_use", PLANNING, ("area_key",)),
    "sites": Rule("sites", frozenset({Role.PLANNER, Role.INVESTOR_SUPPORT}), ("slug",)),
    "premises": Rule("premises", LETTING, ("premises_key",)),
    "vacancies": Rule("vacancies", LETTING, ("premises_key", "since"), "since", "until", placed=False),
}
"""Collections that can be written, by id."""
TAKEN: Final[Mapping[Kind, tuple[tuple[type, ...], str]]] = {
    "text": ((str,), "Send a text."),
    "integer": ((int, float, str), "Send a whole number."),
    "number": ((int, float, str), "Send a number."),
    "boolean": ((bool, str), "Send true or false."),
    "date": ((str,), "Send a day, such as 2026-03-01."),
    "texts": ((str,), "Send a list of texts."),
}
"""What JSON has for each kind of field, and how to ask for it; how a text is read there, the checks tell."""
CHANGED: Final = "Somebody changed this record since you read it. Read it again."
NO_GEOMETRY: Final = (
    "The geometry is no GeoJSON: it needs a type, such as Polygon, and coordinates, lists of numbers; "
    "a ring has four corners or more, the last one is the first."
)
DEMO: Final = "is_demo"
FREE_FROM: Final = "free_from"
"""The day after the last one: said by one of the two fields."""


def may_write(collection_id: str, caller: Caller) -> bool:
    """Tell whether a caller may change records of a collection."""
    rule = RULES.get(collection_id)
    return rule is not None and caller.signed_in and caller.may(rule.roles)


def rule_for(collection_id: str, caller: Caller) -> Rule:
    """Return how a collection is written by a caller.

    Raises
    ------
    Unauthenticated, Forbidden
        When the caller may not.
    InvalidInput
        When nobody may: its records come by import only.
    """
    rule = RULES.get(collection_id)
    if not caller.signed_in:
        raise Unauthenticated("Sign in to change records.")
    if rule is None:
        raise InvalidInput(
            f"Records of {collection_id} come by import and cannot be written one by one. "
            f"Those of {', '.join(RULES)} can.",
            parameter="collectionId",
        )
    if not may_write(collection_id, caller):
        raise Forbidden(f"Your role may not change {collection_id}.")
    return rule


@dataclass(frozen=True, slots=True)
class Change:
    """One feature to be written.

    Parameters
    ----------
    view
        The collection as the caller sees it, in EPSG:25832.
    rule
        How it is written.
    values
        Bound to the statement of the feature; ``key`` is empty for a new one.
    actor, request_id
        Who writes, and by which request, for the audit.
    """

    view: View
    rule: Rule
    values: Document
    actor: str
    request_id: str


def write(
    database: Database,
    change: Change,
    properties: Document,
    geometry: Document | None,
    etag: str | None,
    *,
    dry_run: bool = False,
) -> str:
    """Write one feature, and return its key; empty on a dry run of a new one.

    Parameters
    ----------
    database
        Where it goes.
    change
        What is written, and by whom.
    properties
        Fields by name.
    geometry
        GeoJSON in EPSG:25832; None: none.
    etag
        State that the change builds on; None: the feature is new.
    dry_run
        Check only, write nothing.

    Raises
    ------
    PreconditionFailed
        When somebody else changed it meanwhile.
    Conflict
        When a new one exists already, or is another one than was meant.
    InvalidInput
        When it cannot be taken; ``errors`` names each field with the reason.
    """
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    kind = kind_named(change.rule.kind)

    def before(connection: Connection) -> None:
        if etag is not None:
            require_state(connection, change, etag)

    def after(report: ImportReport) -> None:
        if report.rejects:
            raise InvalidInput(
                "The record cannot be taken as it is.",
                errors=[reject_told(each) for each in report.rejects],
            )
        if etag is None and not report.new:
            raise Conflict("There is such a record already. Change it at its own address.")
        if etag is not None and report.new:
            raise Conflict(f"{' and '.join(change.rule.identity)} name the record and cannot be changed.")

    with tempfile.TemporaryDirectory(prefix="geo-edit-") as folder:
        path = Path(folder) / EDITED
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        options = ImportOptions(
            crs=f"EPSG:{STORAGE_SRID}" if geometry else None,
            actor=change.actor,
            request_id=change.request_id,
            edit=Edit(before, after),
            dry_run=dry_run,
        )
        import_file(database, kind, path, options)
    if dry_run:
        return str(change.values["key"])
    with database.answering() as connection:
        wanted = {name: properties[name] for name in change.rule.identity}
        key = connection.execute(key_statement(change.view.collection, tuple(wanted)), wanted).scalar_one()
        return str(key)


def read(database: Database, change: Change) -> bytes:
    """Return a feature as it is now.

    Raises
    ------
    NotFound
        When there is none for this caller.
    """
    with database.answering() as connection:
        return _current(connection, change)


def require_state(connection: Connection, change: Change, etag: str) -> None:
    """Insist that a feature is as it was read.

    Raises
    ------
    PreconditionFailed
        When somebody else changed it meanwhile.
    NotFound
        As `read`.
    """
    if etag_of(_current(connection, change)) != etag:
        raise PreconditionFailed(CHANGED)


def _current(connection: Connection, change: Change) -> bytes:
    feature = connection.execute(feature_statement(change.view), change.values).scalar_one_or_none()
    if feature is None:
        raise NotFound(f"There is no feature {change.values['key'][:60]!r}.", parameter="featureId")
    return str(feature).encode()


def checked(body: Any, change: Change, current: Document | None) -> Document:  # noqa: ANN401 - checked here
    """Return the properties of a feature that is sent, those that can be written.

    Parameters
    ----------
    body
        What was sent, parsed.
    change
        What is written.
    current
        The feature as it is; None: a new one.

    Raises
    ------
    InvalidInput
        When it is no feature, or says something of a field that the caller does not see or that follows from
        others.
    """
    if not isinstance(body, dict) or not isinstance(body.get("properties", {}), dict):
        raise InvalidInput("Send a GeoJSON feature: an object with properties and geometry.")
    given: Document = body.get("properties", {})
    visible = set(change.view.visible)
    can_be_written = set(writable(change))
    followed = [name for name in given if name in visible and name not in can_be_written]
    now = current["properties"] if current else {}
    refused = [(name, "There is no such field.") for name in sorted(set(given) - visible)]
    refused += [
        (name, "This follows from other fields and cannot be written.")
        for name in followed
        if given[name] != now.get(name)
    ]
    refused += _misfits(given, kinds_of(change.view))
    label = {DEMO: now[DEMO]} if DEMO in now else {}
    if label and given.get(DEMO, now[DEMO]) != now[DEMO]:
        refused.append((DEMO, "Whether a record is invented stays as it is: bring a real one in anew."))
    if refused:
        raise InvalidInput(
            f"{refused[0][0][:60]}: {refused[0][1]}",
            errors=[{"parameter": name[:60], "message": message} for name, message in refused],
        )
    kept = {name: value for name, value in given.items() if name not in followed}
    return _one_end({**kept, **label}, now, change.rule)


def _misfits(given: Document, kinds: Mapping[str, Kind]) -> list[tuple[str, str]]:
    """Return the fields whose values are of a kind that could not even be read, with what they need."""
    wrong = []
    for name, value in given.items():
        kind = kinds.get(name)
        if value is None or kind is None or kind not in TAKEN:
            continue
        types, needed = TAKEN[kind]
        parts = value if kind == "texts" and isinstance(value, list) else [value]
        if any(type(part) not in types for part in parts):
            wrong.append((name, needed))
    return wrong


def _one_end(properties: Document, now: Document, rule: Rule) -> Document:
    """Return the fields with the end said once: of the last day and the day after it, the one that changes.

    Raises
    ------
    InvalidInput
        When both change, and do not follow each other.
    """
    pair = (rule.last_day, FREE_FROM)
    changed = {name: day for name, day in properties.items() if name in pair and day != now.get(name)}
    if len(changed) == 1:
        return {name: value for name, value in properties.items() if name in changed or name not in pair}
    if _day_after(changed.get(rule.last_day)) != changed.get(FREE_FROM):
        ends = " and ".join(f"{name} ({json.dumps(day)})" for name, day in changed.items())
        message = f"{ends} contradict each other: {FREE_FROM} is the day after. Send one of them."
        raise InvalidInput(message, errors=[{"parameter": name, "message": message} for name in pair])
    return properties


def _day_after(day: Any) -> Any:  # noqa: ANN401 - whatever was sent
    """Return the day after one that is written as YYYY-MM-DD; anything else as it is."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (TypeError, ValueError, OverflowError):
        return day


def writable(change: Change) -> list[str]:
    """Return the fields that can be written, in order."""
    names = list(change.view.visible)
    _, followed = kind_named(change.rule.kind).headings().match(names, {})
    return [name for name in names if name not in followed]


def replaced(properties: Document, change: Change) -> Document:
    """Return all fields that can be written: those that were not sent are emptied."""
    names = writable(change)
    if properties.get(change.rule.last_day) is None and properties.get(FREE_FROM) is not None:
        names = [name for name in names if name != change.rule.last_day]
    else:
        names = [name for name in names if name != FREE_FROM]
    return {name: None if properties.get(name) == [] else properties.get(name) for name in names}


def merged(properties: Document, current: Document, change: Change) -> Document:
    """Return a feature's fields with some of them changed; null empties one."""
    kept = dict(current["properties"])
    if change.rule.last_day in properties:
        kept.pop(FREE_FROM, None)
    elif FREE_FROM in properties:
        kept.pop(change.rule.last_day, None)
    return replaced({**kept, **properties}, change)


def stored_geometry(node: Any, crs: Crs, change: Change) -> Document | None:  # noqa: ANN401 - checked here
    """Return a geometry that was sent in EPSG:25832; None: none.

    Raises
    ------
    InvalidInput
        When it is none, or its coordinates are not those of the coordinate system.
    """
    if node is None:
        return None
    if not change.rule.placed:
        raise InvalidInput(
            "The place follows from the premises: leave the geometry out.", parameter="geometry"
        )
    try:
        sent = shapely.force_2d(shape(node))
        moved = x_first(sent, crs)
        if crs.srid != STORAGE_SRID:
            moved = projected(moved, crs.srid, STORAGE_SRID)
    except (ValueError, TypeError, LookupError, AttributeError, ShapelyError) as error:
        raise InvalidInput(NO_GEOMETRY, parameter="geometry") from error
    if not shapely.box(*PARCEL_BOUNDS_25832).covers(moved):
        order = "latitude first" if crs.latitude_first else "x or longitude first"
        raise InvalidInput(
            f"The geometry does not lie in Germany. Its coordinates are read as {crs.uri}, {order}; another "
            "system is named by the header Content-Crs.",
            parameter="geometry",
        )
    made: Document = mapping(moved)
    return made
