"""The table of fields: complete, and as strict as the domain asks."""

import pytest
from sqlalchemy import Table

from geo_service.auth import ANYBODY
from geo_service.auth.caller import Caller
from geo_service.auth.fields import RECORDS, may_see, visible_fields
from geo_service.auth.models import Role
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.model import Collection
from geo_service.schema import metadata

KEPT_BACK = {
    "id", "geom", "recorded_at", "valid", "during",
    "district_id", "quarter_id", "parcel_id", "premises_id", "site_id", "feed_id",
    "subject_id", "subject_kind", "stop_pk", "next_stop_pk", "rail_stop_pk", "tram_stop_pk", "bus_stop_pk",
    "run_id",
}  # fmt: skip
"""Columns that leave in another form (geometry, spans, names of what an id points to) or not at all."""
KEPT_BACK_OF = {
    "sites": {"facts"},
    "transit_stops": {"member_ids"},
    "transit_access": {
        *(f"{mode}_foot_{what}" for mode in ("rail", "tram", "bus") for what in ("stop_pk", "m")),
        "time_window",
        "place",
    },  # nearer on foot than in a straight line: shown with the stop's name
    "parcels": {"geom_3857"},  # the shape once more, for tiles
}
TABLES = {
    "stops": "transit_stops",
    "transit": "transit_access",
}
PUBLIC_NEVER = {
    "owner_kind", "holder", "landlord", "contact", "note", "net_rent_eur_month", "requester",
    "items", "chain",
}  # fmt: skip


def person(*roles: Role) -> Caller:
    return Caller("test", frozenset(roles), "session")


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_every_field_has_an_expression_and_the_other_way_round(collection: Collection) -> None:
    assert set(collection.columns) == {field.name for field in RECORDS[collection.id]}


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_every_drawn_property_is_a_field(collection: Collection) -> None:
    for record, field, _column in collection.tiles.properties.values() if collection.tiles else ():
        assert field in {each.name for each in RECORDS[record]}


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_every_column_was_decided_on(collection: Collection) -> None:
    """A new column of a table appears in the table of fields, or here, on purpose."""
    table: Table = metadata.tables[TABLES.get(collection.id, collection.id)]
    undecided = {column.name for column in table.columns} - set(collection.columns) - KEPT_BACK
    assert undecided - KEPT_BACK_OF.get(table.name, set()) == set()


@pytest.mark.parametrize("record", RECORDS)
def test_public_never_sees_what_is_confidential(record: str) -> None:
    assert PUBLIC_NEVER.isdisjoint(visible_fields(record, ANYBODY))


def test_inquiries_and_winners_are_not_public_at_all() -> None:
    assert visible_fields("inquiries", ANYBODY) == ()
    assert visible_fields("winners", ANYBODY) == ()


@pytest.mark.parametrize(
    ("record", "field", "roles"),
    [
        ("inquiries", "requester", {Role.INVESTOR_SUPPORT, Role.ADMIN}),
        ("inquiries", "area_min_m2", {Role.INVESTOR_SUPPORT, Role.ADMIN}),
        ("winners", "contact", {Role.VACANCY_MANAGER, Role.ADMIN}),
        ("premises", "landlord", {Role.VACANCY_MANAGER, Role.INVESTOR_SUPPORT, Role.ADMIN}),
        ("occupancies", "holder", {Role.PLANNER, Role.INVESTOR_SUPPORT, Role.ADMIN}),
        ("parcels", "owner_kind", set(Role)),
        ("parcels", "parcel_key", set(Role)),
    ],
)
def test_roles_see_what_they_need(record: str, field: str, roles: set[Role]) -> None:
    assert {role for role in Role if may_see(record, field, person(role))} == roles


def test_roles_add_up() -> None:
    assert may_see("winners", "contact", person(Role.PLANNER, Role.VACANCY_MANAGER))
    assert not may_see("winners", "contact", person())


def test_owners_are_no_record_of_the_table() -> None:
    assert "parcel_owners" not in RECORDS
