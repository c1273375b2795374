"""Importing occupancies: what holds a parcel for a span of time."""

from typing import Final

import pandas as pd
from psycopg.types.range import Range
from sqlalchemy import Connection, Table

from geo_service.imports import queries, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, LONGEST_TEXT, ImportKind
from geo_service.imports.references import PARCEL, refer_to, reject_same_start, reject_stored_overlaps
from geo_service.imports.spans import SpanRule, read_span, reject_overlaps, span_columns
from geo_service.parcels.models import Occupancy, OccupancyKind, Parcel

OCCUPANCIES: Final[Table] = Occupancy.metadata.tables["occupancies"]
PARCELS: Final[Table] = Parcel.metadata.tables["parcels"]

KINDS: Final = values.vocabulary(
    OccupancyKind,
    {
        "reserved": ("reserviert", "Reservierung", "Option"),
        "sold": ("verkauft", "Verkauf", "veräußert", "vermarktet"),
        "ground_lease": ("Erbpacht", "Erbbaurecht", "Erbbaupacht"),
        "leased": ("Pacht", "verpachtet", "Miete", "vermietet"),
        "company_reserve": ("betriebsgebundene Reserve", "Betriebsreserve", "Vorhaltefläche"),
    },
)
"""What agencies write for the kinds of occupancy."""

COLUMNS: Final = (
    Column(
        "parcel_key",
        values.text(LONGEST_NAME),
        ("flstkennz", "Flurstückskennzeichen", "Flurstück", "flurstkennz"),
        required=True,
    ),
    Column("kind", values.choice(KINDS), ("art", "Belegung", "Status", "Art der Belegung"), required=True),
    *span_columns(
        ("ab", "von", "seit", "Beginn", "from", "start", "reserviert ab"),
        ("bis", "Ende", "until", "to", "bis einschließlich", "reserviert bis"),
    ),
    Column(
        "office", values.text(LONGEST_NAME), ("amt", "Dienststelle", "zuständig", "Zuständigkeit"), empty=""
    ),
    Column(
        "holder",
        values.text(LONGEST_LINE),
        ("Inhaber", "Pächter", "Käufer", "Mieter", "reserviert für", "Firma"),
    ),
    Column("note", values.text(LONGEST_TEXT), ("Bemerkung", "Notiz", "Hinweis", "Anmerkung", "Bemerkungen")),
)


def check_occupancies(draft: Draft) -> None:
    """Make the span of every row; one without days is open on both sides."""
    read_span(draft, SpanRule("during"))
    if "during" not in draft.cells:
        draft.cells["during"] = pd.Series([Range(None, None)] * len(draft), dtype=object)


def refer_occupancies(connection: Connection, draft: Draft) -> None:
    """Find the parcels; refuse reservations that overlap with one of the file or of the register."""
    parcel_ids = refer_to(connection, draft, "parcel_key", PARCELS, PARCEL)
    draft.cells["parcel_id"] = parcel_ids
    kinds = draft.cells["kind"]
    owners = list(zip(parcel_ids, kinds, strict=True))
    reject_same_start(draft, owners, "during", "valid_from")
    reserved = kinds == OccupancyKind.RESERVED
    reject_overlaps(draft, "parcel_id", "during", "valid_from", among=reserved)
    wanted = sorted({int(one) for one in parcel_ids.dropna()})
    rows = connection.execute(STORED, {"owners": wanted}).all()
    stored = [((parcel_id, kind), span) for parcel_id, kind, span in rows]
    reject_stored_overlaps(draft, owners, "during", stored, exclusive=list(reserved))


STORED: Final = queries.spans_of(OCCUPANCIES, ("parcel_id", "kind", "during"))
"""Parcel, kind and span of the occupancies of some parcels."""
LABEL: Final = queries.joined(
    queries.key_of(PARCELS, "parcel_key", OCCUPANCIES.c.parcel_id),
    OCCUPANCIES.c.kind,
    queries.first_day(OCCUPANCIES.c.during),
)

OCCUPANCY_IMPORT: Final = ImportKind(
    name="occupancies",
    table=OCCUPANCIES,
    key="parcel_key",
    columns=COLUMNS,
    match=("parcel_id", "kind", "during"),
    source="Liste der Belegungen",
    label=LABEL,
    scope=lambda staging: (
        queries.same_source(OCCUPANCIES, staging) & queries.still_valid(OCCUPANCIES.c.during)
    ),
    prepare=check_occupancies,
    refer=refer_occupancies,
)
