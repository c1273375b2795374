"""Forms for single features: what a person types becomes what a program would send.

The same checks, states and roles as for programs (`editing`); the page comes from the web slice (`html`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from babel.numbers import NumberFormatError, parse_decimal
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from geo_service.auth.access import SignedIn
from geo_service.auth.caller import Caller
from geo_service.auth.fields import RECORDS, Kind
from geo_service.clock import today_of
from geo_service.conditional import etag_of
from geo_service.db import get_database
from geo_service.errors import Conflict, GeoServiceError, InvalidInput, PreconditionFailed
from geo_service.imports.catalogue import kind_named
from geo_service.ogc.conflicts import Meeting, met, opened_with
from geo_service.ogc.crs import CRS84
from geo_service.ogc.editing import (
    FREE_FROM,
    Change,
    Document,
    merged,
    read,
    replaced,
    writable,
    write,
)
from geo_service.ogc.editing_routes import change_of, in_turn
from geo_service.ogc.ending import begins_later, end
from geo_service.ogc.faults import NEEDED, all_faults, needed_fields, typed_place
from geo_service.ogc.html import Resource, page
from geo_service.ogc.queries import feature_statement, known_premises, last_change
from geo_service.ogc.service import choices_of, find_collection, view_of
from geo_service.parcels.models import PARCEL_KEY_PATTERN
from geo_service.wording import Sentence

router = APIRouter(prefix="/ogc/collections/{collection_id}", include_in_schema=False)

UNTYPED: Final = frozenset({FREE_FROM, "is_demo"})
"""Fields that no form asks for: the first follows from the last day, nobody invents a record by hand."""
MOST_FIELDS: Final = 200
LIST_MARKS: Final = ";\n"
SAVED: Final = "#gespeichert"
"""Where every page says to people of the agency that what they sent is stored."""
AFTERWARDS: Final = {
    "premises": "/leerstand/{premises_key}?saved=premises",
    "vacancies": "/leerstand/{premises_key}?saved=vacancies",
    "sites": "/standorte/{slug}?saved=sites",
    "restrictions": "/restriktionen?saved={key}",
}
"""Page that tells of a record, by collection; others are shown as features."""
LISTS: Final = {
    "premises": "/leerstand",
    "vacancies": "/leerstand",
    "sites": "/standorte",
    "restrictions": "/restriktionen",
}
"""List in which a record stood that was withdrawn, by collection."""
OF_PARCEL: Final = "/flaechen/{parcel}?saved={key}"
"""Page of the parcel from which a restriction was written."""
FINE: Final = replace(CRS84, digits=10)
"""Degrees to a hundredth of a millimetre: an outline that is taken over leaves no sliver at its edge."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown.

    Parameters
    ----------
    change
        What is written.
    kinds
        Fields to fill in, with their kinds.
    values
        What stands in them.
    geometry
        Place as it was typed; empty: it stays.
    state
        Entity tag that the form builds on; None: the record is new.
    later
        Whether the record begins later in that state: then it can be withdrawn.
    errors
        Field to what is wrong with it, German and English; ``geometry`` too.
    opened
        Values with which the form was opened, as it carries them along (`conflicts`).
    meeting
        What somebody else changed meanwhile; None: nothing.
    faster
        Who wrote that, and when; None: not known.
    parcel
        Key of the parcel from whose page the form was opened; empty: from elsewhere.
    said
        ``checked``, ``conflict``, ``exists``, ``ended`` or ``refused``; empty: nothing yet.
    detail
        What else is to be said.
    premises
        Key and address of the premises that a new vacancy can be of.
    """

    change: Change
    kinds: dict[str, Kind]
    values: Document
    geometry: str = ""
    state: str | None = None
    later: bool = False
    errors: dict[str, dict[str, str]] = field(default_factory=dict)
    opened: str = ""
    meeting: Meeting | None = None
    faster: tuple[str, datetime] | None = None
    parcel: str = ""
    said: str = ""
    detail: Sentence | None = None
    premises: tuple[tuple[str, str], ...] = ()

    def document(self) -> Document:
        """Return what the page shows."""
        rule, key = self.change.rule, self.change.values["key"]
        new = self.state is None
        return {
            "id": key,
            "new": new,
            "placed": rule.placed,
            "identity": rule.identity,
            "fields": self.kinds,
            "values": self.values,
            "geometry": self.geometry,
            "state": self.state or "",
            "later": self.later,
            "parcel": self.parcel,
            "errors": self.errors,
            "opened": self.opened,
            "meeting": self.meeting,
            "faster": self.faster,
            "said": self.said,
            "detail": self.detail and {"de": self.detail.de, "en": self.detail.en},
            "source": kind_named(rule.kind).source,
            "required": needed_fields(self.change, new=new),
            "premises": self.premises,
            "last_day": rule.last_day,
            "links": [],
        }


@router.get("/new")
async def new_form(request: Request, caller: SignedIn, collection_id: str) -> Response:
    """Show a form; parameters named like fields fill it in, ``parcel`` the outline of a parcel."""
    change = change_of(request, caller, collection_id, "")
    kinds = _asked(change)
    values = {name: text for name, text in request.query_params.items() if name in kinds}
    parcel = _parcel(change, request.query_params)
    outline = await in_turn(request, lambda: _outline(request, caller, parcel)) if parcel else ""
    return await _shown(request, caller, Form(change, kinds, values, outline, parcel=parcel))


@router.get("/items/{feature_id}/edit")
async def edit_form(request: Request, caller: SignedIn, collection_id: str, feature_id: str) -> Response:
    """Show a record in a form."""
    change = change_of(request, caller, collection_id, feature_id)
    now = await in_turn(request, lambda: read(get_database(request), change))
    current = json.loads(now)
    later = begins_later(current, change, today_of(request))
    form = Form(change, _asked(change), current["properties"], state=etag_of(now), later=later)
    form = replace(form, opened=opened_with(current, form.kinds))
    return await _shown(request, caller, replace(form, parcel=_parcel(change, request.query_params)))


@router.post("/new")
async def create(request: Request, caller: SignedIn, collection_id: str) -> Response:
    """Store a new record, or say what is wrong."""
    return await _taken(request, caller, change_of(request, caller, collection_id, ""))


@router.post("/items/{feature_id}/edit")
async def change(request: Request, caller: SignedIn, collection_id: str, feature_id: str) -> Response:
    """Change or end a record, or say what is wrong, or who was faster."""
    return await _taken(request, caller, change_of(request, caller, collection_id, feature_id))


async def _taken(request: Request, caller: Caller, change: Change) -> Response:
    sent = await request.form(max_fields=MOST_FIELDS)
    kinds = _asked(change)
    state = str(sent.get("state", "")) or None
    form = Form(change, kinds, _typed(sent, kinds), str(sent.get("geometry", "")), state)
    form = replace(form, later=bool(sent.get("later")), parcel=_parcel(change, sent))
    form = replace(form, opened=str(sent.get("opened", "")))
    action = str(sent.get("action", "save"))
    try:
        key = await in_turn(request, lambda: _written(request, form, action))
    except GeoServiceError as error:
        problem = error
    else:
        return await _done(request, caller, form, (action, key))
    response = await _shown(request, caller, await in_turn(request, lambda: _refused(request, form, problem)))
    response.status_code = int(problem.status)
    return response


async def _done(request: Request, caller: Caller, form: Form, what: tuple[str, str]) -> Response:
    """Say that the check found nothing, or go on to the record."""
    action, key = what
    if action == "check":
        return await _shown(request, caller, replace(form, said="checked"))
    return RedirectResponse(_afterwards(form, key) + SAVED, status_code=303)


def _afterwards(form: Form, key: str) -> str:
    """Return the page to go on to: where the form was opened, else the record's; the list if withdrawn."""
    collection = form.change.view.collection
    items = f"/ogc/collections/{collection}/items"
    if not key:
        return f"/flaechen/{form.parcel}" if form.parcel else LISTS.get(collection, f"{items}?f=html")
    named = {name: quote(str(form.values.get(name)), safe="") for name in form.change.rule.identity}
    named |= {"key": quote(key, safe=""), "parcel": form.parcel}
    page_of = OF_PARCEL if form.parcel else AFTERWARDS.get(collection, items + "/{key}?f=html")
    return page_of.format(**named)


def _parcel(change: Change, given: Mapping[str, Any]) -> str:
    """Return the key of the parcel from whose page a restriction is written; empty: of none."""
    key = str(given.get("parcel", "")) if change.view.collection == "restrictions" else ""
    return key if re.fullmatch(PARCEL_KEY_PATTERN, key) else ""


def _outline(request: Request, caller: Caller, parcel_key: str) -> str:
    """Return the outline of a parcel as it is typed, in degrees; empty when there is none to be seen."""
    parcels = find_collection("parcels")
    values = {"today": today_of(request), "key": parcel_key, **choices_of(parcels, {})}
    with get_database(request).answering() as connection:
        feature = connection.execute(
            feature_statement(view_of(parcels, caller, FINE)), values
        ).scalar_one_or_none()
    return "" if feature is None else json.dumps(json.loads(feature)["geometry"])


def _written(request: Request, form: Form, action: str) -> str:
    """Check or write what was typed; return the key, empty when the record was withdrawn."""
    database, change = get_database(request), form.change
    if form.state is None:
        if not all(form.values.get(name) for name in change.rule.identity):
            raise InvalidInput(NEEDED)
        geometry = typed_place(form.geometry, change)
        properties = replaced(form.values, change)
        return write(database, change, properties, geometry, None, dry_run=action == "check")
    current = json.loads(read(database, change))
    form.values.update({name: current["properties"][name] for name in change.rule.identity})
    if action == "end":
        withdrawn = end(database, change, current, form.state, today_of(request))
        return "" if withdrawn else str(change.values["key"])
    properties, geometry = merged(form.values, current, change), typed_place(form.geometry, change)
    if geometry is None and change.rule.placed:
        geometry = current["geometry"]
    return write(database, change, properties, geometry, form.state, dry_run=action == "check")


def _refused(request: Request, form: Form, error: GeoServiceError) -> Form:
    """Return the form with what is wrong, what was typed still in it."""
    errors = {}
    if isinstance(error, InvalidInput):
        new = form.state is None
        database, change = get_database(request), form.change
        found = all_faults(database, change, replaced(form.values, change), form.geometry, new=new)
        errors = {each["parameter"]: _both(each) for each in found or error.extra.get("errors", [])}
    if isinstance(error, PreconditionFailed):
        now = read(get_database(request), form.change)
        current = json.loads(now)
        meeting = met(form.opened, current, form.values, form.kinds)
        return replace(
            form,
            values=meeting.values,
            state=etag_of(now),
            later=begins_later(current, form.change, today_of(request)),
            opened=opened_with(current, form.kinds),
            meeting=meeting,
            faster=_last_change(request, form.change),
            said="conflict",
        )
    said = "refused"
    if isinstance(error, Conflict):
        said = "exists" if form.state is None else "ended"
    return replace(form, errors=errors, said=said, detail=None if errors else error.words)


def _last_change(request: Request, change: Change) -> tuple[str, datetime] | None:
    """Return who changed the record last, and when."""
    wanted = last_change(change.view.collection, kind_named(change.rule.kind).table)
    with get_database(request).answering() as connection:
        row = connection.execute(wanted, {"key": change.values["key"]}).one_or_none()
    return None if row is None else (row.actor, row.at)


def _both(told: Document) -> dict[str, str]:
    """Return a sentence in both languages."""
    return {"en": told["message"], "de": told.get("message_de", told["message"])}


# --- what was typed -------------------------------------------------------------------------------------


def _asked(change: Change) -> dict[str, Kind]:
    """Return the fields that a form asks for, with their kinds."""
    kinds = {each.name: each.kind for each in RECORDS[change.view.collection]}
    return {name: kinds[name] for name in writable(change) if name not in UNTYPED}


def _typed(sent: FormData, kinds: dict[str, Kind]) -> Document:
    """Read the fields: numbers as people of the language write them, lists parted by semicolons.

    Browsers end lines with CR LF (HTML, form submission), the register with LF.
    """
    language = "en" if sent.get("lang") == "en" else "de"
    values: Document = {}
    for name, kind in kinds.items():
        given = [str(each).replace("\r\n", "\n").strip() for each in sent.getlist(name)]
        text = given[0] if given else ""
        if kind == "texts":
            values[name] = [part for each in given for part in _parts(each)] or None
        elif kind in {"number", "integer"} and text:
            values[name] = _number(text, language)
        else:
            values[name] = text or None
    return values


def _parts(text: str) -> list[str]:
    for mark in LIST_MARKS:
        text = text.replace(mark, ";")
    return [part.strip() for part in text.split(";") if part.strip()]


def _number(text: str, language: str) -> float | int | str:
    """Read a number; what is none stays as it is and is refused by the check."""
    try:
        number = parse_decimal(text, locale=language, strict=True)
    except NumberFormatError:
        return text
    return int(number) if number == number.to_integral_value() else float(number)


def _premises(request: Request) -> tuple[tuple[str, str], ...]:
    """Return key and address of the premises of today; who writes vacancies sees all of them."""
    with get_database(request).answering() as connection:
        rows = connection.execute(known_premises(), {"today": today_of(request)}).all()
    return tuple((row.premises_key, row.address) for row in rows)


async def _shown(request: Request, caller: Caller, form: Form) -> Response:
    collection = find_collection(form.change.view.collection)
    if collection.id == "vacancies" and form.state is None:
        form = replace(form, premises=await in_turn(request, lambda: _premises(request)))
    response = await page(
        request, caller, Resource("form", form.document(), collection, form.kinds, editable=True)
    )
    response.headers["Cache-Control"] = "no-store"
    return response
