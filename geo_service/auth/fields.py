"""The one table of who may see which field of which record.

Everything that hands out records (OGC API, tiles, exports, search, ranking, pages) asks here. A field that is
not in the table is not handed out at all.

Source: §200(3) BauGB (Baulandkataster), GDPR article 6; reasons in ``docs/decisions``.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from geo_service.auth.caller import Caller
from geo_service.auth.models import Role

Kind = Literal["text", "integer", "number", "boolean", "date", "moment", "texts", "object"]
"""What a value is: ``moment`` is a point in time, ``texts`` a list, ``object`` a JSON structure."""

ADVISERS: Final = frozenset({Role.INVESTOR_SUPPORT, Role.PLANNER, Role.VACANCY_MANAGER})
"""Everybody in the agency who works on land or premises."""
LAND: Final = frozenset({Role.INVESTOR_SUPPORT, Role.PLANNER})
LETTING: Final = frozenset({Role.INVESTOR_SUPPORT, Role.VACANCY_MANAGER})
INQUIRIES: Final = frozenset({Role.INVESTOR_SUPPORT})
CONTEST: Final = frozenset({Role.VACANCY_MANAGER})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    Parameters
    ----------
    name
        As handed out, with the unit in it.
    kind
        What its values are.
    roles
        Who may see it; None: everybody. An admin may see every field of the table.
    """

    name: str
    kind: Kind
    roles: frozenset[Role] | None = None

    def visible_to(self, caller: Caller) -> bool:
        """Tell whether the caller may see it."""
        return self.roles is None or caller.may(self.roles)


def _all(kind: Kind, names: str) -> tuple[Field, ...]:
    return tuple(Field(name, kind) for name in names.split())


def _only(roles: frozenset[Role], kind: Kind, names: str) -> tuple[Field, ...]:
    return tuple(Field(name, kind, roles) for name in names.split())


_ORIGIN = (Field("source", "text"), Field("source_date", "date"), Field("is_demo", "boolean"))
_VALID = _all("date", "valid_from valid_to free_from")
_ADDRESS = (
    *_all("text", "premises_key name street house_number postcode"),
    Field("floor", "integer"),
    Field("area_m2", "number"),
    *_all("texts", "permitted_uses features"),
    *_all("text", "district quarter"),
)
_LETTING = (
    *_only(LETTING, "number", "net_rent_eur_month"),
    *_only(LETTING, "text", "landlord contact note"),
)

RECORDS: Final[dict[str, tuple[Field, ...]]] = {
    "districts": (*_all("text", "key name"), Field("geometry_accuracy_m", "number"), *_ORIGIN),
    "quarters": (*_all("text", "key name district"), Field("geometry_accuracy_m", "number"), *_ORIGIN),
    "parcels": (
        *_all("text", "parcel_key gemarkung_key gemarkung"),
        *_all("integer", "flur numerator denominator"),
        *_all("text", "municipality_key municipality district location_text actual_use"),
        *_all("number", "official_area_m2 area_m2 land_value_eur_per_m2"),
        *_VALID,
        *_only(ADVISERS, "text", "owner_kind"),
        *_only(ADVISERS, "boolean", "publication_objection"),
        *_only(ADVISERS, "date", "publication_announced_on"),
        *_ORIGIN,
    ),
    "restrictions": (
        *_all("text", "restriction_key kind effect severity title"),
        Field("reduction_share", "number"),
        *_all("text", "office legal_basis"),
        *_VALID,
        *_only(ADVISERS, "text", "note"),
        *_ORIGIN,
    ),
    "buildings": (
        *_all("text", "building_key kind function"),
        *_all("integer", "storeys built_year"),
        *_VALID,
        *_ORIGIN,
    ),
    "development_plans": (
        *_all("text", "plan_key name"),
        Field("legal_status", "integer"),
        Field("in_force_on", "date"),
        Field("office", "text"),
        *_VALID,
        *_ORIGIN,
    ),
    "land_use_areas": (*_all("text", "area_key use name"), *_VALID, *_ORIGIN),
    "sites": (
        *_all("text", "slug name summary_de summary_en phase"),
        *_all("texts", "target_groups uses"),
        Field("stated_area_ha", "number"),
        *_all("text", "location_note district"),
        Field("geometry_accuracy_m", "number"),
        *_VALID,
        *_ORIGIN,
    ),
    "plots": (
        *_all("text", "site slug name status"),
        Field("uses", "texts"),
        Field("zone", "text"),
        Field("available_from", "date"),
        *_all("number", "price_eur_per_m2 area_m2 geometry_accuracy_m"),
        *_VALID,
        *_ORIGIN,
    ),
    "premises": (*_ADDRESS, *_VALID, *_LETTING, *_ORIGIN),
    "vacancies": (
        *_ADDRESS,
        Field("status", "text"),
        *_all("date", "since until free_from"),
        Field("previous_use", "text"),
        Field("temporary_use_until", "date"),
        Field("asking_rent_eur_month", "number"),
        *_LETTING,
        *_ORIGIN,
    ),
    "stops": (*_all("text", "stop_id name"), *_all("texts", "modes lines"), Field("feed", "text"), *_ORIGIN),
    "transit": (
        *_all("text", "parcel_key method grade category stop"),
        Field("access_index", "number"),
        Field("distance_m", "number"),
        *_all("text", "next_grade next_stop"),
        Field("next_distance_m", "number"),
        Field("rail_stop", "text"),
        Field("rail_distance_m", "number"),
        Field("tram_stop", "text"),
        Field("tram_distance_m", "number"),
        Field("bus_stop", "text"),
        Field("bus_distance_m", "number"),
        Field("walk_kind", "text"),
        *_all("number", "walk_m next_walk_m rail_walk_m tram_walk_m bus_walk_m"),
        Field("window", "text"),
        Field("travel_times", "object"),
        Field("travel_stale", "boolean"),
        Field("computed_at", "moment"),
        Field("stale", "boolean"),
        Field("is_demo", "boolean"),
    ),
    "availability": (
        Field("parcel_key", "text"),
        Field("as_of", "date"),
        Field("preset", "text"),
        *_all("number", "gross_m2 net_m2 estimated_m2 largest_piece_m2"),
        *_all("text", "severity horizon"),
        Field("available_from", "date"),
        *_all(
            "number", "offered_m2 sliver_m2 piece_m2 circle_m rectangle_length_m rectangle_width_m frontage_m"
        ),
        Field("offered", "boolean"),
        *_only(ADVISERS, "boolean", "internal_offered"),
        *_all("text", "category category_rule ground ground_rule"),
        *_all("text", "potential_use potential_use_rule target_group target_group_rule"),
        *_only(ADVISERS, "text", "internal_category internal_category_rule"),
        *_only(ADVISERS, "text", "internal_target_group internal_target_group_rule"),
        Field("built", "boolean"),
        Field("plan_share", "number"),
        Field("plan_in_force", "boolean"),
        Field("allowed_footprint_m2", "number"),
        Field("allowed_footprint_basis", "text"),
        Field("allowed_floor_m2", "number"),
        Field("allowed_floor_basis", "text"),
        *_all("number", "built_footprint_m2 built_floor_m2"),
        *_all("number", "left_footprint_m2 left_floor_m2 left_stacking_m2"),
        Field("exceeds_plan", "boolean"),
        Field("capacity_parts", "object"),
        *_only(ADVISERS, "object", "items chain"),
        Field("computed_at", "moment"),
        Field("stale", "boolean"),
        Field("is_demo", "boolean"),
    ),
    "occupancies": (
        *_all("text", "parcel_key kind office"),
        *_VALID,
        *_only(LAND, "text", "holder note"),
        *_ORIGIN,
    ),
    "inquiries": (
        *_only(INQUIRIES, "text", "reference subject use status outcome"),
        *_only(INQUIRIES, "date", "received_on needed_by"),
        *_only(INQUIRIES, "number", "area_min_m2 area_max_m2 rent_max_eur_month price_max_eur_per_m2"),
        *_only(INQUIRIES, "text", "horizon_max transit_grade_min"),
        *_only(INQUIRIES, "texts", "districts wishes"),
        *_only(INQUIRIES, "text", "requester contact note"),
        *_only(INQUIRIES, "boolean", "is_demo"),
    ),
    "winners": (
        *_only(CONTEST, "text", "name concept contact use"),
        *_only(CONTEST, "number", "area_min_m2 area_max_m2 rent_max_eur_month"),
        *_only(CONTEST, "boolean", "ground_floor_needed accepts_change_of_use other_funding is_demo"),
        *_only(CONTEST, "texts", "districts features wished_features"),
        *_only(CONTEST, "date", "wanted_from"),
        *_only(CONTEST, "integer", "wanted_months"),
    ),
}
"""Fields of each record in the order in which they are handed out.

Owners (``parcel_owners``) are not here: they are read with a typed reason only, which is logged.
"""


def visible_fields(record: str, caller: Caller) -> tuple[str, ...]:
    """Return the names of the fields of a record that the caller may see.

    Parameters
    ----------
    record
        Key of ``RECORDS``.
    caller
        Who asks.
    """
    return _visible(record, caller.roles)


@lru_cache(maxsize=512)
def _visible(record: str, roles: frozenset[Role]) -> tuple[str, ...]:
    asker = Caller("", roles, "nobody")
    return tuple(field.name for field in RECORDS[record] if field.visible_to(asker))


def may_see(record: str, field: str, caller: Caller) -> bool:
    """Tell whether the caller may see one field of a record."""
    return field in visible_fields(record, caller)
