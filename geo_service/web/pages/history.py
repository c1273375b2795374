"""The history of a record: who changed what when, for the people of the agency."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Caller
from geo_service.auth.access import Requires
from geo_service.auth.fields import ADVISERS, CONTEST, INQUIRIES
from geo_service.auth.models import Role
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.web.changes_told import Stored, told
from geo_service.web.column_names import TABLES
from geo_service.web.frame import frame_of
from geo_service.web.pages.asking import for_staff
from geo_service.web.queries.history import HISTORY, ROWS_NOW

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Kind:
    """Records of one table.

    Parameters
    ----------
    path
        Where their pages are, and below them their histories.
    roles
        Who may read the histories: nobody who may not see the record.
    feature
        Whether the records have no other page than that of the open interface.
    """

    path: str
    roles: frozenset[Role] = ADVISERS
    feature: bool = False


KINDS: Final = {
    "parcels": Kind("/flaechen"),
    "premises": Kind("/leerstand"),
    "sites": Kind("/standorte"),
    "restrictions": Kind("/restriktionen", feature=True),
    "land_use_areas": Kind("/flaechennutzungsplan", feature=True),
    "development_plans": Kind("/bebauungsplaene", feature=True),
    "inquiries": Kind("/anfragen", INQUIRIES),
    "contest_rounds": Kind("/anstoss", CONTEST),
    "transit_scenarios": Kind("/oev/szenarien", frozenset({Role.PLANNER})),
}
"""Table to its records. Drafts of scenarios are for planners, so is their history."""
MOST_ENTRIES: Final = 200


async def _history(request: Request, session: AsyncSession, caller: Caller, key: str, kind: str) -> Response:
    """Show what the audit holds of a record.

    Raises
    ------
    NotFound
        When there is no such record, and never was one.
    """
    frame = await frame_of(request, session, caller)
    asked = {"key": key, "most": MOST_ENTRIES + 1, "english": frame.language == "en"}
    rows = (await session.execute(HISTORY[kind], asked)).all()
    if not rows:
        raise NotFound(f"There is no {kind} {key[:40]!r}.")
    page = frame.page(
        "history.html",
        named=frame.speaker.say(TABLES[kind]),
        key=key,
        back=_back(kind, key, rows),
        changes=told(rows[:MOST_ENTRIES], await _now(session, rows), caller, frame.speaker),
        is_demo=any(row.is_demo for row in rows),
        most=MOST_ENTRIES if len(rows) > MOST_ENTRIES else None,
    )
    return for_staff(page)


async def _now(session: AsyncSession, rows: Sequence[Any]) -> Stored:
    """Return what the rows hold now of which the audit says that they were made."""
    made: dict[str, list[int]] = {}
    for row in rows:
        if row.action == "insert":
            made.setdefault(row.table_name, []).append(row.row_id)
    return {
        (table, row.id): row.content
        for table, ids in made.items()
        for row in (await session.execute(ROWS_NOW[table], {"ids": ids})).all()
    }


def _back(kind: str, key: str, rows: Sequence[Any]) -> str:
    """Return the page of the record; of one that was withdrawn, what there is of its kind."""
    if not KINDS[kind].feature:
        return f"{KINDS[kind].path}/{quote(key, safe='')}"
    items = f"/ogc/collections/{kind}/items"
    own = next(row for row in rows if row.table_name == kind)
    return f"{items}?f=html" if own.action == "delete" else f"{items}/{own.row_id}?f=html"


def _add(kind: str, of: Kind) -> None:
    """Add the histories of a table to the pages."""
    reader = Annotated[Caller, Depends(Requires(*of.roles))]

    async def history(request: Request, session: Reading, caller: reader, key: str) -> Response:
        return await _history(request, session, caller, key, kind)

    router.add_api_route(f"{of.path}/{{key:path}}/verlauf", history, methods=["GET"])


for _kind, _of in KINDS.items():
    _add(_kind, _of)
