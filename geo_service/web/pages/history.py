"""The history of a record: who changed what when, for the people of the agency."""

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from geo_service.availability.city_routes import Adviser
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.web.changes_told import told
from geo_service.web.frame import frame_of
from geo_service.web.pages.asking import for_staff
from geo_service.web.queries.history import HISTORY

router = APIRouter()
PATHS: Final = {"parcel": "/flaechen", "premises": "/leerstand", "site": "/standorte"}
MOST_ENTRIES: Final = 200


async def history(request: Request, session: Reading, caller: Adviser, key: str) -> Response:
    """Show what the audit holds of a record.

    Raises
    ------
    NotFound
        When there is no such record, and never was one.
    """
    kind = next(kind for kind, path in PATHS.items() if request.url.path.startswith(f"{path}/"))
    frame = await frame_of(request, session, caller)
    rows = (await session.execute(HISTORY[kind], {"key": key, "most": MOST_ENTRIES + 1})).all()
    if not rows:
        raise NotFound(f"There is no {kind} {key[:40]!r}.")
    page = frame.page(
        "history.html",
        kind=kind,
        key=key,
        back=f"{PATHS[kind]}/{quote(key, safe='')}",
        changes=told(rows[:MOST_ENTRIES], caller, frame.speaker),
        is_demo=any(row.is_demo for row in rows),
        most=MOST_ENTRIES if len(rows) > MOST_ENTRIES else None,
    )
    return for_staff(page)


for _path in PATHS.values():
    router.add_api_route(f"{_path}/{{key}}/verlauf", history, methods=["GET"])
