"""What the interface takes and answers about availability."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from geo_service.availability.models import Basis, Horizon
from geo_service.availability.presets import preset_key
from geo_service.days import ISO, read_day
from geo_service.restrictions.models import Severity


def _iso_date(text: object) -> object:
    """Take days as YYYY-MM-DD only: pydantic would read a bare number as seconds since 1970."""
    if isinstance(text, str):
        try:
            return read_day(text, ISO)
        except ValueError as error:
            raise PydanticCustomError(
                "date", "{day} is not a day of the calendar, written YYYY-MM-DD", {"day": text[:40]}
            ) from error
    return text


IsoDate = Annotated[date, BeforeValidator(_iso_date)]


class HorizonQuery(BaseModel):
    """Where the horizons end."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    preset: str = Field(
        "default",
        max_length=40,
        description="Where the horizons end: default, dortmund_2010, or own years as short_3_mid_7.",
    )
    short_years: int | None = Field(
        None, ge=0, le=99, description="Own threshold: full years with which short ends; unset: 2."
    )
    mid_years: int | None = Field(
        None, ge=0, le=99, description="Own threshold: full years with which mid ends; unset: 5."
    )

    def horizons(self) -> str:
        """Return the key of the preset, or of the thresholds named.

        Raises
        ------
        BadParameter
            As `presets.preset_key`.
        """
        return preset_key(self.preset, self.short_years, self.mid_years)


class DayQuery(HorizonQuery):
    """The day, and where the horizons end."""

    as_of: IsoDate | None = Field(
        None, description="Day asked for, YYYY-MM-DD, past or future; unset: today.", examples=["2028-04-01"]
    )


class AvailabilityQuery(DayQuery):
    """What can be asked about a parcel."""

    order: str | None = Field(
        None,
        max_length=400,
        description="Kinds of restriction that are deducted first, joined by commas; the others follow in "
        "the order of the service. Changes the items, never the net area. Unset: as set by the city.",
        examples=["existing_building,water"],
    )
    without: list[str] = Field(
        [],
        max_length=100,
        description="Blockers to imagine away: restriction:, occupancy: or plan: and the id from the chain "
        "or the waterfall, or kind: and a kind. For signed-in advisers.",
    )
    ending: list[str] = Field(
        [],
        max_length=100,
        description="Blockers with another end: occupancy:3@2027-04-01, the first day without it. For "
        "signed-in advisers.",
    )


class WaterfallItem(BaseModel):
    """A step from gross to net."""

    order: int = Field(ge=1, description="Place in the order of deduction.")
    restriction_id: int | None = Field(description="The restriction; null where the public may not know it.")
    kind: str = Field(description="Kind of the restriction.")
    effect: Literal["excludes", "reduces"] = Field(description="reduces: an estimate, not deducted.")
    title: str = Field(description="Name of the restriction.")
    office: str = Field(description="Responsible office; empty: not known.")
    source: str = Field(description="Where the record comes from.")
    deduction_m2: float = Field(ge=0, description="Area taken away here, overlaps counted once, m2.")
    estimated_m2: float = Field(ge=0, description="Area probably not usable, an estimate, m2.")
    share: float = Field(ge=0, le=1.000001, description="Share of the gross area.")


class ChainLink(BaseModel):
    """Something that holds the parcel."""

    order: int = Field(ge=1, description="1 holds longest.")
    what: Literal["restriction", "occupancy", "plan"] = Field(description="What kind of record blocks.")
    id: int | None = Field(description="Id of that record; null for the public, where it is not on offer.")
    kind: str = Field(
        description="Kind of restriction or occupancy; plan_not_in_force for a plan. For the public, land "
        "that is occupied or whose owner does not sell is not_on_offer."
    )
    title: str = Field(description="Name of the restriction or plan; empty for an occupancy.")
    office: str = Field(description="Responsible office; empty: not known.")
    source: str = Field(description="Where the record comes from.")
    free_from: date | None = Field(description="First day on which it no longer holds; null: not known.")
    usual_from: date | None = Field(
        description="An estimate, where the end is not known: first day of the span in which plans of this "
        "legal status usually come into force. It decides nothing: the horizon stays undetermined."
    )
    usual_to: date | None = Field(description="Last day of that span, an estimate; null: none can be made.")
    unblocks_to: date | None = Field(
        description="Available from if this one alone fell away; null: still undetermined."
    )
    unblocks_horizon: Horizon = Field(description="The horizon of that day.")


class UsableLand(BaseModel):
    """What of the net land is offered, and how its largest connected piece is shaped."""

    offered_m2: float = Field(ge=0, description="Net area without slivers, m2.")
    sliver_m2: float = Field(
        ge=0, description="Net area that is narrower than the sliver width, m2: not offered as land."
    )
    sliver_width_m: float = Field(ge=0, description="Width below which land is not offered, metres.")
    piece_m2: float = Field(ge=0, description="Largest connected piece of the offered land, m2.")
    circle_m: float = Field(ge=0, description="Diameter of the largest circle inside the piece, metres.")
    rectangle_length_m: float = Field(
        ge=0, description="Longer side of the largest rectangle found inside the piece, metres."
    )
    rectangle_width_m: float = Field(ge=0, description="Its shorter side, metres.")
    frontage_m: float | None = Field(
        description="Metres of the piece's boundary along streets; null: streets are not known."
    )


class RuleAnswer(BaseModel):
    """An answer with the rule that gave it."""

    answer: str = Field(description="The answer.")
    rule: str = Field(description="Name of the rule.")
    reason_de: str = Field(description="The reason in German.")
    reason_en: str = Field(description="The reason in English.")
    source: str = Field(description="Where the rule comes from.")


class CapacityPart(BaseModel):
    """A building area that governs a part of the parcel, and what it permits there."""

    plan_key: str = Field(description="Number of the development plan.")
    source: str = Field(description="Where the plan comes from.")
    in_force: bool = Field(description="Whether the plan is in force.")
    zone: str = Field(description="BauNVO short form.")
    governed_m2: float = Field(ge=0, description="Part of the parcel that it governs, m2.")
    grz: float | None = Field(description="Grundflächenzahl used; null: not known.")
    gfz: float | None = Field(
        description="Geschossflächenzahl used; null: the plan states storeys, or nothing."
    )
    max_storeys: int | None = Field(description="Full storeys that the plan allows; null: not stated.")
    footprint_m2: float | None = Field(description="Ground that may be built over, m2; null: not known.")
    footprint_basis: Basis = Field(description="What that rests on.")
    floor_m2: float | None = Field(description="Floor area that is allowed, m2; null: not known.")
    floor_basis: Basis = Field(description="What that rests on.")


class ParcelCapacity(BaseModel):
    """What may be built, and what is left of it beside what stands there; null: not known."""

    built: bool | None = Field(description="A building stands there; null: buildings are not known there.")
    plan_share: float = Field(ge=0, le=1, description="Share of the parcel in building areas of plans.")
    plan_in_force: bool | None = Field(description="All plans it rests on are in force; null: no plan.")
    allowed_footprint_m2: float | None = Field(description="GRZ x plot area, m2.")
    allowed_footprint_basis: Basis = Field(
        description="stated: the plan's own value; orientation_value: § 17 BauNVO; mixed: both in parts."
    )
    allowed_floor_m2: float | None = Field(
        description="Least of GFZ x plot area and storeys x footprint, m2."
    )
    allowed_floor_basis: Basis = Field(description="As for the footprint.")
    built_footprint_m2: float | None = Field(description="Ground under buildings, m2.")
    built_floor_m2: float | None = Field(description="Storeys x footprint, m2; null: storeys are not known.")
    left_footprint_m2: float | None = Field(
        description="Densification: ground that may still be built over, m2."
    )
    left_floor_m2: float | None = Field(description="Floor area left in all, m2.")
    left_stacking_m2: float | None = Field(description="The part of it that fits on top of what stands, m2.")
    exceeds_plan: bool | None = Field(
        description="More stands there than the plan would allow today; it may be lawful all the same."
    )
    parts: list[CapacityPart] = Field(description="The building areas it rests on, the largest first.")
    orientation_source: str = Field(description="Where the orientation values come from.")


class Later(BaseModel):
    """Something that is known to begin later."""

    kind: str = Field(description="Kind of restriction or occupancy.")
    title: str = Field(description="Name of the restriction; empty for an occupancy.")
    first_day: date = Field(description="Its first day.")
    is_demo: bool = Field(description="It is invented.")


class ParcelAvailability(BaseModel):
    """What of a parcel can be had, from when, and why not more or sooner."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    is_demo: bool = Field(description="The parcel and all that is said of it is invented.")
    as_of: date = Field(description="Day asked for.")
    preset: str = Field(description="Key of the horizon preset.")
    short_until: date = Field(description="Last day of the horizon short.")
    mid_until: date = Field(description="Last day of the horizon mid.")
    gross_m2: float = Field(gt=0, description="Measured area, m2.")
    net_m2: float = Field(ge=0, description="Gross minus the exact deductions, m2.")
    deducted_m2: float = Field(ge=0, description="Sum of the deductions, m2.")
    estimated_m2: float = Field(ge=0, description="Part of net that is probably not usable, an estimate, m2.")
    largest_piece_m2: float = Field(ge=0, description="Largest contiguous piece of the net area, m2.")
    severity: Severity = Field(description="How hard it is to overcome what weighs on the parcel.")
    horizon: Horizon = Field(description="When it can be had, relative to the asked day.")
    available_from: date | None = Field(description="First day on which it can be had; null: undetermined.")
    usable: UsableLand = Field(description="Offered land and its largest piece.")
    offered: bool = Field(
        description="Whether it is land on offer; in_use and unknown are not. The reason is that of the "
        "category."
    )
    category: RuleAnswer = Field(
        description="gap, brownfield, company_reserve, fnp_reserve, vacant, in_use or unknown; "
        "for the public occupancies do not count."
    )
    ground: RuleAnswer = Field(description="brownfield, settled, green_field or unknown.")
    potential_use: RuleAnswer = Field(description="What it might be used for.")
    target_group: RuleAnswer = Field(description="Whom it might suit.")
    deduction_order: list[str] = Field(
        description="Kinds of restriction in the order of their deduction; others follow alphabetically."
    )
    capacity: ParcelCapacity = Field(description="What may be built, as of the asked day.")
    plan_span_source: str = Field(description="Where usual_from and usual_to of the chain come from.")
    items: list[WaterfallItem] = Field(description="The waterfall.")
    chain: list[ChainLink] = Field(description="The blocking chain, what holds longest first.")
    later: list[Later] = Field(
        description="What is known to begin after the asked day, the first first; available_from does not "
        "count it. The public sees no occupancy here."
    )
