"""What the interface takes and answers about the whole city."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from geo_service.availability.assemblies import Wish
from geo_service.availability.assembling import KNOWN_HORIZONS, Search
from geo_service.availability.balance import DIMENSIONS
from geo_service.availability.models import Horizon
from geo_service.availability.schemas import DayQuery, HorizonQuery, IsoDate
from geo_service.restrictions.models import Severity
from geo_service.settings import WIDEST_STREET_M, get_settings

Dimension = Literal["district", "use", "horizon", "severity", "owner_kind", "category"]
LARGEST_WISH_M2 = 100_000_000
"""A third of a large city: beyond it a typing error is likelier than a wish."""
MOST_SEEDS = 300
"""Parcels from which an assembly is grown per question: bounds the work."""

AcrossStreet = Field(
    None,
    ge=0,
    le=WIDEST_STREET_M,
    allow_inf_nan=False,
    description="Parcels on both sides of a street up to so many metres wide lie together too, where they "
    "face each other over nothing but street; 0: never. Unset: as set by the city.",
)


def _parts(value: object) -> object:
    """Take several words in one parameter, parted by commas, like the parameter repeated."""
    if isinstance(value, list):
        return [part for text in value for part in (text.split(",") if isinstance(text, str) else [text])]
    return value


class WhatIfQuery(DayQuery):
    """What is imagined, and where."""

    without: list[str] = Field(
        [],
        max_length=100,
        description="Blockers to imagine away: restriction:, occupancy: or plan: and the id, or kind: and a "
        "kind, such as kind:ordnance_clearance.",
    )
    ending: list[str] = Field(
        [],
        max_length=100,
        description="Blockers with another end: occupancy:3@2027-04-01, the first day without it. A plan "
        "comes into force on that day.",
    )
    scope: str = Field(
        "city", max_length=120, description="city, parcel: and a parcel key, or site: and its slug."
    )
    limit: int = Field(100, ge=1, le=1000, description="Parcels to list; the totals count all.")


class NeighboursQuery(DayQuery):
    """What is asked about the land beside a parcel."""

    across_m: float | None = AcrossStreet

    def across(self) -> float:
        """Return the greatest width in metres of a street between; 0: never across one."""
        return get_settings().across_street_m if self.across_m is None else self.across_m


class AssembliesQuery(NeighboursQuery):
    """Land that is looked for together."""

    at_least_m2: float = Field(
        gt=0, le=LARGEST_WISH_M2, allow_inf_nan=False, description="Joint net area, m2."
    )
    horizon: Annotated[list[Horizon], BeforeValidator(_parts)] = Field(
        [Horizon(word) for word in KNOWN_HORIZONS],
        description="When each parcel may be to be had; several are allowed. Unset: any but undetermined.",
    )
    district: str = Field("", max_length=100, description="Key of the district in which all must lie.")
    at_most_parcels: int = Field(10, ge=1, le=30, description="More parcels are no sensible site.")
    owner: Literal["any", "same_kind"] = Field(
        "any", description="same_kind: one known kind of owner for all. For signed-in advisers."
    )
    apart: bool = Field(True, description="Whether no parcel may be in two answers.")
    limit: int = Field(20, ge=1, le=100, description="Greatest number of answers.")

    def search(self) -> Search:
        """Return what is looked for."""
        wish = Wish(self.at_least_m2, self.at_most_parcels, self.limit, self.apart, MOST_SEEDS)
        horizons = frozenset(horizon.value for horizon in self.horizon)
        return Search(wish, horizons, self.district, self.owner == "same_kind", self.across())


class BalanceQuery(HorizonQuery):
    """The two days of a balance, and what it is told apart by."""

    start: IsoDate | None = Field(
        None, alias="from", description="First day, YYYY-MM-DD; unset: one year before the second."
    )
    end: IsoDate | None = Field(None, alias="to", description="Second day; unset: today.")
    by: Annotated[list[Dimension], BeforeValidator(_parts)] = Field(
        ["horizon"],
        min_length=1,
        max_length=len(DIMENSIONS),
        description="What the cells are told apart by; several are allowed.",
    )


class HorizonFigures(BaseModel):
    """Land of one horizon."""

    horizon: Horizon = Field(description="The horizon.")
    parcels: int = Field(description="Parcels with land to offer.")
    net_m2: float = Field(description="Their net area, gross minus deductions, m2.")
    offered_m2: float = Field(description="What of net is offered, without slivers: the available land, m2.")
    estimated_m2: float = Field(description="Part of it that is probably not usable, an estimate, m2.")


class StageFigures(BaseModel):
    """Land before or after."""

    parcels: int = Field(description="All parcels.")
    without_land: int = Field(description="Those of them without land to offer: nothing, or slivers.")
    apart: int = Field(description="Those with land that are not on offer: in use, or not known.")
    gross_m2: float = Field(description="Measured area of all, m2.")
    net_m2: float = Field(description="Net area of the land on offer, m2: the sum over the horizons.")
    offered_m2: float = Field(description="What of net is offered, without slivers: the available land, m2.")
    estimated_m2: float = Field(description="Part of net that is probably not usable, an estimate, m2.")
    by_horizon: list[HorizonFigures] = Field(description="The same by horizon.")


class ChangedParcel(BaseModel):
    """A parcel whose answer changes."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    district: str | None = Field(description="Stadtbezirk; null: not known.")
    is_demo: bool = Field(description="The parcel is invented.")
    gain_m2: float = Field(description="Net area after minus before, m2.")
    offered_gain_m2: float = Field(description="Offered area after minus before, m2.")
    net_m2_before: float = Field(description="Net area as it is, m2.")
    net_m2_after: float = Field(description="Net area as imagined, m2.")
    offered_m2_before: float = Field(description="Net area without slivers as it is, m2.")
    offered_m2_after: float = Field(description="Net area without slivers as imagined, m2.")
    estimated_m2_before: float = Field(description="Of net probably not usable as it is, an estimate, m2.")
    estimated_m2_after: float = Field(description="Of net probably not usable as imagined, an estimate, m2.")
    horizon_before: Horizon = Field(description="Horizon as it is.")
    horizon_after: Horizon = Field(description="Horizon as imagined.")
    available_from_before: date | None = Field(description="First day as it is; null: undetermined.")
    available_from_after: date | None = Field(description="First day as imagined; null: undetermined.")
    on_offer_before: bool = Field(description="Land on offer as it is: neither in use nor unknown.")
    on_offer_after: bool = Field(description="Land on offer as imagined.")
    severity_before: Severity = Field(description="Severity as it is.")
    severity_after: Severity = Field(description="Severity as imagined.")


class WhatIfAnswer(BaseModel):
    """Before and after; nothing was written."""

    as_of: date = Field(description="Day asked for.")
    preset: str = Field(description="Key of the horizon preset.")
    scope: str = Field(description="What was computed.")
    without: list[str] = Field(description="What was imagined away.")
    ending: list[str] = Field(description="What was given another end.")
    is_demo: bool = Field(description="Some of the parcels are invented.")
    before: StageFigures = Field(description="The land as it is.")
    after: StageFigures = Field(description="The land as imagined.")
    difference: list[HorizonFigures] = Field(description="After minus before, by horizon.")
    changed: int = Field(description="Parcels whose answer changes.")
    gain_m2: float = Field(description="Net area of the land on offer, after minus before, m2.")
    offered_gain_m2: float = Field(description="What of it is offered, after minus before, m2.")
    parcels: list[ChangedParcel] = Field(description="These parcels, largest gain first, as far as listed.")


class GroupFigures(BaseModel):
    """Land of one group."""

    key: str = Field(description="Horizon, severity or key of the district; unknown: outside of all.")
    name: str = Field(description="Name of the district; else the key.")
    parcels: int = Field(description="Parcels with land to offer.")
    net_m2: float = Field(description="Their net area, gross minus deductions, m2.")
    offered_m2: float = Field(description="What of net is offered, without slivers: the available land, m2.")
    estimated_m2: float = Field(description="Part of it that is probably not usable, an estimate, m2.")


class SummaryAnswer(BaseModel):
    """Totals of the land. Each list but by_category adds up to the totals, exactly."""

    as_of: date = Field(description="Day asked for.")
    preset: str = Field(description="Key of the horizon preset.")
    counted: Literal["published", "all"] = Field(description="published: only parcels the public may see.")
    is_demo: bool = Field(description="Some of the parcels are invented.")
    parcels: int = Field(description="All parcels counted.")
    without_land: int = Field(description="Those without land to offer (nothing, or slivers); in no group.")
    apart: int = Field(description="Those with land that are not on offer; in by_category alone.")
    gross_m2: float = Field(description="Measured area of all, m2.")
    net_m2: float = Field(description="Net area of the land on offer, m2.")
    offered_m2: float = Field(description="What of net is offered, without slivers: the available land, m2.")
    estimated_m2: float = Field(description="Part of net that is probably not usable, an estimate, m2.")
    by_horizon: list[GroupFigures] = Field(description="By horizon.")
    by_severity: list[GroupFigures] = Field(description="By severity.")
    by_district: list[GroupFigures] = Field(description="By district, by name.")
    by_category: list[GroupFigures] = Field(description="By category, with what is not on offer.")


class MemberParcel(BaseModel):
    """A parcel of an assembly."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    district: str | None = Field(description="Stadtbezirk; null: not known.")
    is_demo: bool = Field(description="The parcel is invented.")
    net_m2: float = Field(description="Net area, m2.")
    horizon: Horizon = Field(description="When it can be had.")
    available_from: date | None = Field(description="First day; null: undetermined.")


class AssemblyFigures(BaseModel):
    """Parcels that lie together and are large enough; none of them can be left out."""

    net_m2: float = Field(description="Joint net area, m2.")
    estimated_m2: float = Field(description="Part of it that is probably not usable, an estimate, m2.")
    compactness: float = Field(description="Share of the joint convex hull that they fill, 0 to 1.")
    across: bool = Field(description="A street lies between some of them.")
    horizon: Horizon = Field(description="When the last of them can be had.")
    available_from: date | None = Field(description="First day for all of them; null: undetermined.")
    is_demo: bool = Field(description="Some of the parcels are invented.")
    bbox: list[float] = Field(description="West, south, east, north, degrees (WGS 84).")
    parcels: list[MemberParcel] = Field(description="The parcels, largest first.")


class AssembliesAnswer(BaseModel):
    """Where so much land is to be had together."""

    as_of: date = Field(description="Day asked for.")
    preset: str = Field(description="Key of the horizon preset.")
    counted: Literal["published", "all"] = Field(description="published: only parcels the public may see.")
    at_least_m2: float = Field(description="Joint net area asked for, m2.")
    across_m: float = Field(description="Widest street across which parcels lie together, m; 0: never.")
    candidates: int = Field(description="Parcels that came into question.")
    largest_m2: float = Field(description="Net land of the largest group that lies together, m2.")
    assemblies: list[AssemblyFigures] = Field(description="Fewest parcels first, then least surplus.")


class NeighbourParcel(MemberParcel):
    """Available land beside a parcel."""

    shared_m: float = Field(
        description="Length along which the net land of both touches, or faces each other across a street, m."
    )
    across: bool = Field(description="A street lies between.")


class NeighboursAnswer(BaseModel):
    """Available land beside a parcel, and what it is together."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    as_of: date = Field(description="Day asked for.")
    preset: str = Field(description="Key of the horizon preset.")
    is_demo: bool = Field(description="The parcel is invented.")
    net_m2: float = Field(description="Net area of the parcel itself, m2.")
    across_m: float = Field(description="Widest street across which parcels lie together, m; 0: never.")
    joint_m2: float = Field(description="Net area of the parcel and all its neighbours below, m2.")
    neighbours: list[NeighbourParcel] = Field(
        description="Those that touch first, then the longest common edge."
    )


class BalanceCell(BaseModel):
    """One cell: what there was, what happened, what there is. Opening plus flows is closing."""

    cell: dict[str, str] = Field(description="The words that tell the cell apart.")
    parcels: dict[str, int] = Field(description="Parcels with land to offer, by stage.")
    net_m2: dict[str, float] = Field(description="Net area by stage, m2.")
    offered_m2: dict[str, float] = Field(description="What of net is offered: the available land, m2.")
    estimated_m2: dict[str, float] = Field(description="Of it probably not usable, an estimate, m2.")


class BalanceAnswer(BaseModel):
    """A land balance."""

    start: date = Field(alias="from", description="First day.")
    end: date = Field(alias="to", description="Second day.")
    preset: str = Field(description="Key of the horizon preset.")
    by: list[Dimension] = Field(description="What the cells are told apart by.")
    stages: list[str] = Field(description="opening, each flow, closing.")
    is_demo: bool = Field(description="Some of the parcels are invented.")
    cells: list[BalanceCell] = Field(description="The cells that had, got or lost land.")
    total: BalanceCell = Field(description="All of them together.")
