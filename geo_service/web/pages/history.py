"""The history of a record: who changed what when, for the people of the agency."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from geo_service.availability.city_routes import Adviser
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.web.changes_told import told
from geo_service.web.column_names import TABLES
from geo_service.web.frame import frame_of
from geo_service.web.pages.asking import for_staff
from geo_service.web.queries.history import HISTORY

router = APIRouter()
PATHS: Final = {
    "parcels": "/flaechen",
    "premises": "/leerstand",
    "sites": "/standorte",
    "restrictions": "/restriktionen",
    "land_use_areas": "/flaechennutzungsplan",
    "development_plans": "/bebauungsplaene",
}
"""Where the history of the records of a table is."""
AS_FEATURES: Final = frozenset({"restrictions", "land_use_areas", "development_plans"})
"""Tables whose records have no other page than that of the open interface."""
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
        named=frame.speaker.say(TABLES[kind]),
        key=key,
        back=_back(kind, key, rows),
        changes=told(rows[:MOST_ENTRIES], caller, frame.speaker),
        is_demo=any(row.is_demo for row in rows),
        most=MOST_ENTRIES if len(rows) > MOST_ENTRIES else None,
    )
    return for_staff(page)


def _back(kind: str, key: str, rows: Sequence[Any]) -> str:
    """Return the page of the record; of one that was withdrawn, what there is of its kind."""
    if kind not in AS_FEATURES:
        return f"{PATHS[kind]}/{quote(key, safe='')}"
    items = f"/ogc/collections/{kind}/items"
    own = next(row for row in rows if row.table_name == kind)
    return f"{items}?f=html" if own.action == "delete" else f"{items}/{own.row_id}?f=html"


for _path in PATHS.values():
    router.add_api_route(f"{_path}/{{key:path}}/verlauf", history, methods=["GET"])
