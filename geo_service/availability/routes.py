"""Routes: availability of one parcel, computed when asked, so that it is never stale."""

from collections.abc import Mapping
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection

from geo_service.auth import Caller, Public
from geo_service.auth.publication import public_chain, public_items, sees_unpublished
from geo_service.availability import queries
from geo_service.availability.capacities import capacity_record
from geo_service.availability.changes import parse_changes
from geo_service.availability.kernel import AvailabilityResult
from geo_service.availability.plan_spans import usual_spans
from geo_service.availability.records import (
    CHAIN_FIELDS,
    ITEM_FIELDS,
    PARCEL_FIELDS,
    answer_records,
    records_by_parcel,
    usable_record,
)
from geo_service.availability.schemas import AvailabilityQuery, ParcelAvailability, ParcelCapacity
from geo_service.availability.service import KINDS, kinds_of, options_of, today
from geo_service.availability.usable import compute_stages
from geo_service.beside import computed
from geo_service.db import Reading
from geo_service.errors import Forbidden, NotFound
from geo_service.register import JsonObject

router = APIRouter(tags=["availability"])

ParcelKey = Annotated[
    str, Path(max_length=20, description="Flurstückskennzeichen.", examples=["051249003001230004__"])
]


@router.get("/api/parcels/{parcel_key}/availability")
async def get_parcel_availability(
    request: Request,
    parcel_key: ParcelKey,
    caller: Public,
    session: Reading,
    asked: Annotated[AvailabilityQuery, Query()],
) -> ParcelAvailability:
    """Tell what of a parcel can be had, from when, and why, as of any day.

    The public sees published parcels; whether one is occupied or its owner does not sell reads the same. Who
    occupies a parcel is never part of the answer.
    """
    parcel = (await session.execute(queries.publication(parcel_key, today()))).one_or_none()
    if parcel is None or not (parcel.shown or sees_unpublished(caller)):
        raise NotFound(f"There is no published parcel {parcel_key}.")
    changes = parse_changes(asked.without, asked.ending, KINDS)
    if changes and not sees_unpublished(caller):
        raise Forbidden("Imagining blockers away is for signed-in advisers. Please sign in.")
    as_of = asked.as_of or today()
    order = None if asked.order is None else kinds_of(asked.order)
    options = options_of(as_of, asked.horizons(), order)

    public = not sees_unpublished(caller)

    def make(connection: Connection) -> tuple[AvailabilityResult, pd.DataFrame, JsonObject]:
        result, stage = compute_stages(connection, options, [parcel_key], changes)
        capacity = capacity_record(stage.capacities)
        later = connection.execute(queries.begins_later(parcel.id, as_of, public=public)).mappings()
        facts = {"is_demo": parcel.is_demo, "capacity": ParcelCapacity(**capacity), "later": list(later)}
        return result, stage.usability, facts

    result, usable, facts = await computed(request, session, make, public=public)
    return _answer(result, usable.iloc[0].to_dict(), facts, caller)


def _answer(
    result: AvailabilityResult, usable: Mapping[Any, Any], facts: JsonObject, caller: Caller
) -> ParcelAvailability:
    """Turn the result of one parcel, the usability of its land and other facts of it into the answer."""
    options = result.options
    parcel_id = result.parcels["parcel_id"].iloc[0]
    row = records_by_parcel(result.parcels, PARCEL_FIELDS)[parcel_id][0]
    items = records_by_parcel(result.items, ITEM_FIELDS).get(parcel_id, [])
    chain = records_by_parcel(result.chain, CHAIN_FIELDS).get(parcel_id, [])
    if not sees_unpublished(caller):
        items, chain = public_items(items), public_chain(chain)
    return ParcelAvailability(
        **row,
        **facts,
        as_of=options.as_of,
        preset=options.preset.key,
        short_until=options.preset.short.last_day(options.as_of),
        mid_until=options.preset.mid.last_day(options.as_of),
        usable={**usable_record(usable), "sliver_width_m": options.sliver_width_m},
        offered=usable["internal_offered" if sees_unpublished(caller) else "offered"],
        **answer_records(usable, internal=sees_unpublished(caller)),
        deduction_order=list(options.order),
        plan_span_source=usual_spans().source,
        items=items,
        chain=chain,
    )
