"""Bringing a file into the register in five visible steps: file, recognised as, columns, check, apply."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import FormData, UploadFile

from geo_service.auth.access import Requires
from geo_service.auth.caller import Caller
from geo_service.auth.models import Role
from geo_service.beside import Turns
from geo_service.db import Reading, get_database
from geo_service.errors import Forbidden, GeoServiceError, NotFound
from geo_service.imports.catalogue import KINDS, run_import
from geo_service.imports.report import ImportOptions, ImportReport
from geo_service.imports.source import SourceTable
from geo_service.imports.uploads import Upload, discard, find, keep, likely_kinds, read_any
from geo_service.settings import Settings
from geo_service.web.column_names import COLUMNS, FILE_COLUMNS
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import for_staff
from geo_service.web.vocabulary import N_

router = APIRouter(prefix="/daten/einbringen")

MAY_BRING: Final = {
    **dict.fromkeys(KINDS, (Role.PLANNER,)),
    "premises": (Role.VACANCY_MANAGER,),
    "vacancies": (Role.VACANCY_MANAGER,),
    "sites": (Role.PLANNER, Role.INVESTOR_SUPPORT),
}
"""Who may bring in which kind: those who may change such a record by form."""
Bringer = Annotated[Caller, Depends(Requires(Role.PLANNER, Role.VACANCY_MANAGER, Role.INVESTOR_SUPPORT))]
SHOWN_REJECTS: Final = 50
MOST_FIELDS: Final = 2_000
MOST_COLUMNS: Final = 200
NO_FILE: Final = N_("Bitte wählen Sie eine Datei aus.")


@dataclass(slots=True)
class Typed:
    """What a person said about a file.

    Parameters
    ----------
    kind
        Kind of import.
    layer, crs, source
        Layer, coordinate system and origin; empty: as found.
    allow_outside
        Whether rows outside the city are taken.
    columns
        Heading to column, where the person chose another one than was found; empty: left out.
    """

    kind: str
    layer: str = ""
    crs: str = ""
    source: str = ""
    allow_outside: bool = False
    columns: dict[str, str] = field(default_factory=dict)

    def options(self, upload: Upload, frame: Frame, caller: Caller, *, dry_run: bool) -> ImportOptions:
        """Return how the file is to be imported."""
        return ImportOptions(
            dry_run=dry_run,
            crs=self.crs or None,
            allow_outside=self.allow_outside,
            columns=self.columns,
            layer=self.layer or None,
            source=self.source or None,
            rejects=upload.rejects,
            language=frame.language,
            actor=caller.name,
            request_id=frame.request.state.request_id,
        )


@router.get("")
async def begin(request: Request, session: Reading, caller: Bringer) -> Response:
    """Show the first step: choose a file."""
    return _page(await frame_of(request, session, caller))


@router.post("")
async def send(request: Request, session: Reading, caller: Bringer) -> Response:
    """Keep a file and lead to its second step."""
    frame = await frame_of(request, session, caller)
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return _page(frame, fault=frame.speaker.say(NO_FILE), http_status=422)
        name, content = file.filename, file.file
        try:
            upload = await _in_turn(request, lambda: keep(_home(request), caller.name, name, content))
        except GeoServiceError as error:
            return _page(frame, told=error.words, http_status=error.status)
    return RedirectResponse(f"/daten/einbringen/{upload.token}", status_code=303)


@router.get("/{token}")
async def look(request: Request, session: Reading, caller: Bringer, token: str) -> Response:
    """Show what a file was recognised as, and what its columns mean."""
    frame = await frame_of(request, session, caller)
    upload = find(_home(request), caller.name, token)
    return await _shown(request, frame, caller, upload, None)


@router.post("/{token}")
async def decide(request: Request, session: Reading, caller: Bringer, token: str) -> Response:
    """Check, apply or discard a file."""
    frame = await frame_of(request, session, caller)
    form = await request.form(max_fields=MOST_FIELDS)
    upload = find(_home(request), caller.name, token)
    if form.get("do") == "discard":
        discard(upload)
        return RedirectResponse("/daten/einbringen", status_code=303)
    return await _shown(request, frame, caller, upload, form)


@router.get("/{token}/rejects.csv")
async def rejects(request: Request, caller: Bringer, token: str) -> Response:
    """Hand out the rows that the last check refused."""
    upload = find(_home(request), caller.name, token)
    if not upload.rejects.exists():
        raise NotFound("The last check refused no row.")
    name = f"{upload.path.stem}-rejects.csv"
    return for_staff(FileResponse(upload.rejects, media_type="text/csv; charset=utf-8", filename=name))


async def _shown(
    request: Request, frame: Frame, caller: Caller, upload: Upload, form: FormData | None
) -> Response:
    """Show a file; with a form, after checking or applying it."""
    allowed = [kind for kind in KINDS if caller.may(MAY_BRING[kind])]
    layer = str(form.get("layer") or "") if form else ""
    try:
        table = await _in_turn(request, lambda: read_any(upload, layer or None))
    except GeoServiceError as error:
        return _page(frame, upload=upload, told=error.words, http_status=422)
    typed = _typed(form, table, allowed)
    context: dict[str, Any] = {"upload": upload, "table": table, "typed": typed, "allowed": allowed}
    context["fields"] = _fields(typed, table)
    if form is None:
        return _page(frame, **context)
    if typed.kind not in allowed:
        raise Forbidden("Your role may not bring in this kind of records.")
    apply = form.get("do") == "apply" and form.get("seen") == _seen(typed)
    options = typed.options(upload, frame, caller, dry_run=not apply)
    database = get_database(request)

    def run() -> ImportReport:
        upload.rejects.unlink(missing_ok=True)
        return run_import(database, typed.kind, upload.path, options)

    try:
        report = await _in_turn(request, run)
    except GeoServiceError as error:
        return _page(frame, **context, told=error.words, http_status=422)
    if apply and report.ok:
        discard(upload)
    return _page(frame, **context, report=report, seen=_seen(typed), http_status=200 if report.ok else 422)


def _typed(form: FormData | None, table: SourceTable, allowed: list[str]) -> Typed:
    """Read what a person typed, or begin with what the headings say."""
    likely = [kind for kind in likely_kinds(table.headings) if kind in allowed]
    if form is None:
        return Typed(likely[0])
    kind = str(form.get("kind", ""))
    layer, crs, source = (str(form.get(name) or "").strip()[:200] for name in ("layer", "crs", "source"))
    outside = form.get("allow_outside") == "1"
    typed = Typed(kind if kind in KINDS else likely[0], layer, crs, source, outside)
    if form.get("mapped") != typed.kind:  # another kind has other columns
        return typed
    known, chosen = KINDS[typed.kind].headings(), {}
    for number, heading in enumerate(table.headings[:MOST_COLUMNS]):
        name = str(form.get(f"column-{number}") or "")
        if name != (known.find(heading) or ""):
            chosen[heading] = name
    typed.columns = chosen
    return typed


def _fields(typed: Typed, table: SourceTable) -> list[tuple[str, str, str]]:
    """Return heading, an example, and the column that it means (empty: not used) for each of the file."""
    known = KINDS[typed.kind].headings()
    found = []
    for heading in table.headings[:MOST_COLUMNS]:
        values = table.text[heading].dropna()
        chosen = typed.columns.get(heading, known.find(heading) or "")
        found.append((heading, str(values.iloc[0])[:60] if len(values) else "", chosen))
    return found


def _seen(typed: Typed) -> str:
    """Return what a check was of: only that may be applied."""
    return hashlib.sha256(repr(typed).encode()).hexdigest()


def _page(frame: Frame, *, http_status: int = 200, **context: Any) -> Response:
    context = dict.fromkeys(("upload", "table", "report", "told", "fault")) | context
    report: ImportReport | None = context["report"]
    context |= {
        "columns_of": lambda kind: [column.name for column in KINDS[kind].all_columns],
        "called": lambda name: _called(name, frame),
        "shown_rejects": report.rejects[:SHOWN_REJECTS] if report else (),
        "in_words": lambda sentence: getattr(sentence, frame.language),
    }
    return for_staff(frame.page("upload.html", http_status=http_status, **context))


def _called(name: str, frame: Frame) -> str:
    """Return the words for a column with its name in files behind; the name alone where there are none."""
    words = FILE_COLUMNS.get(name) or COLUMNS.get(name)
    return f"{frame.speaker.say(words)} ({name})" if words else name


def _home(request: Request) -> Any:  # noqa: ANN401 - a path
    settings: Settings = get_database(request).settings
    return settings.home


async def _in_turn(request: Request, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the work returns
    """Work beside the event loop, one file at a time."""
    turns: Turns | None = getattr(request.app.state, "import_turns", None)
    if turns is None:
        turns = request.app.state.import_turns = Turns(1, "Another file is being worked on.")
    return await turns.compute(work, public=False)
