"""What the interface takes and answers about requirements, rankings and inquiries."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator, model_validator

from geo_service.inquiries.candidates import CriterionName, Kind
from geo_service.inquiries.models import InquiryStatus, InquirySubject

Euro = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Money, exact to the cent inside, a JSON number outside."""
Use = Literal[
    "WS", "WR", "WA", "WB", "MD", "MDW", "MI", "MU", "MK", "GE", "GI", "SO",
    "retail", "gastronomy", "craft", "office", "studio", "service",
]  # fmt: skip
"""BauNVO short form for land, use of premises otherwise."""
Grade = Literal["A", "B", "C", "D", "E", "F", "G"]
HorizonMax = Literal["now", "short", "mid", "long"]
Key = Annotated[str, Field(min_length=1, max_length=100)]

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
LARGEST_M2 = 1e8
HIGHEST_EUR = Decimal(10_000_000)

Area = Annotated[float, Field(gt=0, le=LARGEST_M2, allow_inf_nan=False)]
Price = Annotated[Euro, Field(gt=0, le=HIGHEST_EUR, decimal_places=2, allow_inf_nan=False)]
AreaFrom = Annotated[float, Field(ge=0, le=LARGEST_M2, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


class Words(BaseModel):
    """A statement in both languages."""

    de: str = Field(description="German.")
    en: str = Field(description="English.")


class RequirementForm(BaseModel):
    """What is looked for. What is not named is not asked."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[Kind] = Field(
        ["plot", "parcel"],
        min_length=1,
        max_length=3,
        description="What is looked for: plot, parcel, premises.",
    )
    area_min_m2: Area | None = Field(None, description="Least area on offer, m2.")
    area_max_m2: Area | None = Field(None, description="Largest area on offer, m2.")
    uses: list[Use] = Field([], max_length=18, description="Uses of which one must be permitted.")
    available_by: Day | None = Field(None, description="Latest day on which it must be available.")
    horizon_max: HorizonMax | None = Field(
        None, description="Latest horizon, instead of a day: now, short, mid, or long for any known date."
    )
    transit_grade_min: Grade | None = Field(None, description="Least class of public transport access.")
    transit_method: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")] = Field(
        "are", description="Method of these classes."
    )
    districts: list[Key] = Field([], max_length=50, description="Keys of districts or quarters; one of them.")
    rent_max_eur_month: Price | None = Field(
        None,
        description="Highest net cold rent of premises, EUR a month. Compared with the rents you may see.",
    )
    price_max_eur_per_m2: Price | None = Field(
        None,
        description="Highest price of land, EUR a m2. For parcels compared with the standard land value.",
    )
    wishes: list[CriterionName] = Field(
        [], max_length=7, description="Requirements that are wishes; all others are musts."
    )

    @model_validator(mode="after")
    def _require_sense(self) -> Self:
        if self.area_min_m2 and self.area_max_m2 and self.area_min_m2 > self.area_max_m2:
            raise ValueError("area_min_m2 exceeds area_max_m2")
        if self.available_by and self.horizon_max:
            raise ValueError("name either available_by or horizon_max")
        return self


class RankForm(RequirementForm):
    """A requirement to rank for."""

    limit: int = Field(20, ge=1, le=100, description="Results at most, fitting and almost fitting each.")


class RankedPart(BaseModel):
    """How one requirement is met."""

    criterion: CriterionName = Field(description="The requirement.")
    must: bool = Field(description="Whether it is a must; else a wish.")
    state: Literal["met", "near", "unknown", "missed"] = Field(
        description="near: missed by little; unknown: nothing is known; missed: a wish that is missed by far."
    )
    value: float = Field(ge=0, le=1, description="How well: 0.7 when just met, 1 at best.")
    weight: int = Field(ge=1, description="Weight in the score: 2 for a must, 1 for a wish.")
    words: Words = Field(description="The reason in a sentence.")


class Ranked(BaseModel):
    """One result."""

    place: int = Field(ge=1, description="Place in its list.")
    kind: Kind = Field(description="What it is.")
    key: str = Field(description="Key: Flurstückskennzeichen, site/plot, key of the premises.")
    name: str = Field(description="Name in people's words.")
    location: str = Field(description="Where it is, in words; empty: not recorded.")
    district: str | None = Field(description="District or quarter.")
    score: float = Field(ge=0, le=1, description="Weighted mean of the parts.")
    parts: list[RankedPart] = Field(description="Requirement by requirement.")
    missing: list[CriterionName] = Field(description="Musts that are not met; empty: fitting.")
    area_m2: float = Field(ge=0, description="Land on offer without slivers, lettable area of premises, m2.")
    area_is_estimate: bool = Field(description="Whether part of the area rests on an estimate.")
    estimated_m2: float | None = Field(description="Part probably not usable, an estimate, m2; null: none.")
    uses: list[str] = Field(description="Permitted uses; empty: unknown.")
    available_from: date | None = Field(description="First day; null: undetermined.")
    horizon: str | None = Field(description="Horizon of a parcel.")
    stale: bool = Field(
        description="Something changed since the parcel was computed: area and day may no longer hold."
    )
    transit_grade: str | None = Field(
        description="Class of public transport access; null: none or not graded."
    )
    transit_stale: bool = Field(
        description="Class and stop no longer hold: timetable, streets or place have changed since."
    )
    stop: str | None = Field(description="Stop that gives the class.")
    distance_m: float | None = Field(description="Straight line to that stop, m.")
    rent_eur_month: Euro | None = Field(description="Net cold rent that you may see, EUR a month.")
    price_eur_per_m2: Euro | None = Field(description="Asking price or standard land value, EUR a m2.")
    price_is_land_value: bool = Field(description="Standard land value: not the market value of one parcel.")
    lon: float = Field(description="A point inside, longitude, WGS 84.")
    lat: float = Field(description="A point inside, latitude, WGS 84.")
    page: str = Field(description="Page of the result.")
    map: str = Field(description="The result on the map.")
    data: str | None = Field(description="The result as data; null: no such address.")
    is_demo: bool = Field(description="Invented record.")
    source: str = Field(description="Where the record comes from.")


class Loosened(BaseModel):
    """What giving up one must would bring."""

    criterion: CriterionName = Field(description="The must.")
    more: int = Field(ge=0, description="Results that fail nothing but this, by little.")


class RankAnswer(BaseModel):
    """The ranked answer to a requirement."""

    as_of: date = Field(description="The day on which it was reckoned.")
    availability_as_of: date | None = Field(
        description="Day of the stored availability; null: none computed."
    )
    availability_stale: int = Field(
        ge=0,
        description="Parcels that changed since they were computed: some may rank elsewhere.",
    )
    transit_method: str = Field(description="Method of the transit classes.")
    considered: int = Field(ge=0, description="Candidates near enough to be looked at.")
    fitting_count: int = Field(ge=0, description="All that fit.")
    almost_count: int = Field(ge=0, description="All that fail one must by little.")
    fitting: list[Ranked] = Field(description="The best that fit.")
    almost: list[Ranked] = Field(description="The best that almost fit.")
    loosened: list[Loosened] = Field(description="Which must, given up, would bring how many.")
    notes: list[Words] = Field(description="What to know about the answer.")


class InquiryOptions(BaseModel):
    """What an inquiry may say besides."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    contact: str | None = Field(None, max_length=500, description="How to reach them. Confidential.")
    needed_by: Day | None = Field(None, description="Latest day.")
    horizon_max: HorizonMax | None = Field(None, description="Latest horizon, instead of a day.")
    transit_grade_min: Grade | None = Field(None, description="Least class of public transport access.")
    districts: list[Key] = Field(
        [], max_length=50, description="Keys of districts or quarters; empty: anywhere."
    )
    rent_max_eur_month: Price | None = Field(None, description="Highest net cold rent, EUR a month.")
    price_max_eur_per_m2: Price | None = Field(None, description="Highest price of land, EUR a m2.")
    wishes: list[CriterionName] = Field([], max_length=7, description="Requirements that are only wishes.")
    status: InquiryStatus = Field(InquiryStatus.OPEN, description="Where it stands.")
    outcome: str = Field("", max_length=2000, description="Why it was served or not.")
    note: str | None = Field(None, max_length=5000, description="Confidential.")


class InquiryForm(InquiryOptions):
    """An inquiry. Confidential."""

    received_on: Day = Field(description="Day on which it came in.")
    requester: Name = Field(description="Who asks. Confidential.")
    subject: InquirySubject = Field(description="Land or premises.")
    use: Use = Field(description="BauNVO short form for land, use of premises otherwise.")
    area_min_m2: AreaFrom = Field(description="Least area, m2.")
    area_max_m2: Area = Field(description="Largest area, m2.")

    @model_validator(mode="after")
    def _require_sense(self) -> Self:
        if self.area_min_m2 > self.area_max_m2:
            raise ValueError("area_min_m2 exceeds area_max_m2")
        if self.needed_by and self.horizon_max:
            raise ValueError("name either needed_by or horizon_max")
        if self.status in {InquiryStatus.SERVED, InquiryStatus.UNMET} and not self.outcome:
            raise ValueError("say in outcome why the inquiry was served or could not be")
        return self


class InquiryPatch(InquiryOptions):
    """Changes of an inquiry: only the fields named here change; null empties what may be empty."""

    received_on: Day | None = Field(None, description="Day on which it came in.")
    requester: Name | None = Field(None, description="Who asks. Confidential.")
    subject: InquirySubject | None = Field(None, description="Land or premises.")
    use: Use | None = Field(None, description="BauNVO short form for land, use of premises otherwise.")
    area_min_m2: AreaFrom | None = Field(None, description="Least area, m2.")
    area_max_m2: Area | None = Field(None, description="Largest area, m2.")


class InquiryAnswer(BaseModel):
    """An inquiry as stored."""

    reference: str = Field(description="Reference, such as A-2026-00017.")
    received_on: date = Field(description="Day on which it came in.")
    requester: str = Field(description="Who asks. Confidential.")
    contact: str | None = Field(description="How to reach them. Confidential.")
    subject: str = Field(description="land or premises.")
    use: str = Field(description="BauNVO short form for land, use of premises otherwise.")
    area_min_m2: float = Field(description="Least area, m2.")
    area_max_m2: float = Field(description="Largest area, m2.")
    needed_by: date | None = Field(description="Latest day.")
    horizon_max: str | None = Field(description="Latest horizon, instead of a day.")
    transit_grade_min: str | None = Field(description="Least class of public transport access.")
    districts: list[str] = Field(description="Keys of districts or quarters; empty: anywhere.")
    rent_max_eur_month: Euro | None = Field(description="Highest net cold rent, EUR a month.")
    price_max_eur_per_m2: Euro | None = Field(description="Highest price of land, EUR a m2.")
    wishes: list[str] = Field(description="Requirements that are only wishes.")
    status: str = Field(description="Where it stands.")
    outcome: str = Field(description="Why it was served or not.")
    note: str | None = Field(description="Confidential.")
    is_demo: bool = Field(description="Invented record.")
    source: str = Field(description="Where the record comes from.")


class InquiryPage(BaseModel):
    """A page of inquiries."""

    inquiries: list[InquiryAnswer] = Field(description="Newest first.")
    next: str | None = Field(description="Address of the next page; null: this is the last.")


class InquiryQuery(BaseModel):
    """Which inquiries are asked for."""

    model_config = ConfigDict(extra="forbid")

    status: InquiryStatus | None = Field(None, description="Only of this status.")
    subject: InquirySubject | None = Field(None, description="Only land, or only premises.")
    limit: int = Field(50, ge=1, le=500, description="Number per page.")
    after: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}_\d{1,9}$")] | None = Field(
        None, description="Where the next page begins, from the link `next`."
    )

    @field_validator("after")
    @classmethod
    def _require_day(cls, value: str | None) -> str | None:
        if value is not None:
            date.fromisoformat(value.split("_")[0])
        return value

    @property
    def last_shown(self) -> tuple[date, int] | None:
        """Day and id of the last inquiry of the page before."""
        if self.after is None:
            return None
        day, number = self.after.split("_")
        return date.fromisoformat(day), int(number)
