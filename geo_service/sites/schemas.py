"""What is told about sites."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

PHASES = "idea, planning, preparation, construction, marketing, complete or unknown."


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Spoken(_Answer):
    """A text in both languages."""

    de: str = Field(description="German.")
    en: str = Field(description="English.")


class Origin(_Answer):
    """Where a record comes from."""

    source: str = Field(description="Origin as shown to readers.")
    source_date: date | None = Field(description="Date that the source states for its content.")
    is_demo: bool = Field(description="Invented record.")


class Location(_Answer):
    """Where a site lies, as far as it is known."""

    lon: float = Field(description="Longitude of a point inside, degrees (WGS 84).")
    lat: float = Field(description="Latitude of a point inside, degrees (WGS 84).")
    bbox: tuple[float, float, float, float] = Field(description="West, south, east, north in degrees.")
    accuracy_m: float | None = Field(description="How far the outline may be off, metres; null: official.")


class MilestoneAnswer(_Answer):
    """A point on the time line."""

    name: Spoken = Field(description="What happens.")
    due_on: date | None = Field(description="Day, where one is stated.")
    due_text: Spoken = Field(description="Date as stated, such as 2027.")
    state: str = Field(description="planned, reached or missed.")
    reached_on: date | None = Field(description="Day on which it was reached, where it is known.")
    origin: Origin = Field(description="Where this comes from.")


class UpcomingMilestone(_Answer):
    """The next point on the time line."""

    name: Spoken = Field(description="What happens.")
    due_on: date | None = Field(description="Day, where one is stated.")
    due_text: Spoken = Field(description="Date as stated, such as 2027.")


class PhaseAnswer(_Answer):
    """A span in the development."""

    kind: str = Field(
        description="idea, planning, preparation, construction, marketing, complete or unknown."
    )
    name: Spoken = Field(description="What people call it.")
    start: date | None = Field(description="First day; null: not known.")
    end: date | None = Field(description="Last day of it; null: not known.")
    origin: Origin = Field(description="Where this comes from.")


class PlotAnswer(_Answer):
    """A marketable part."""

    slug: str = Field(description="Name in addresses.")
    name: str = Field(description="What people call it.")
    status: str = Field(description="available, reserved, sold or planned.")
    uses: list[str] = Field(description="Uses that are wanted.")
    zone: str | None = Field(description="BauNVO short form, such as GE.")
    area_m2: float = Field(description="Measured area, square metres.")
    available_from: date | None = Field(description="Day from which it can be had; null: not known.")
    price_eur_per_m2: float | None = Field(description="Asking price; null: not stated.")
    accuracy_m: float | None = Field(description="How far the outline may be off, metres; null: official.")
    geometry: dict[str, Any] = Field(description="Outline, GeoJSON (WGS 84).")
    origin: Origin = Field(description="Where this comes from.")


class FactAnswer(_Answer):
    """A stated fact with its source."""

    text: Spoken = Field(description="The fact.")
    source: str = Field(description="Where it is stated.")


class SiteSummary(_Answer):
    """A site in a list."""

    slug: str = Field(description="Name in addresses.")
    name: str = Field(description="What people call it.")
    summary: Spoken = Field(description="Its story in a few sentences.")
    phase: str = Field(
        description="idea, planning, preparation, construction, marketing, complete or unknown."
    )
    stated_area_ha: float | None = Field(description="Area that the source states, hectares.")
    drawn_area_m2: float | None = Field(description="Area of the outline, square metres.")
    district: str | None = Field(description="District that it lies in.")
    location: Location | None = Field(description="null: the place is not known.")
    next_milestone: UpcomingMilestone | None = Field(description="null: none is stated.")
    origin: Origin = Field(description="Where this comes from.")
    href: str = Field(description="Address of everything about it.")


class SiteList(_Answer):
    """All sites."""

    sites: list[SiteSummary] = Field(description="By name.")


class SiteDetail(_Answer):
    """Everything about a site."""

    slug: str = Field(description="Name in addresses.")
    name: str = Field(description="What people call it.")
    summary: Spoken = Field(description="Its story in a few sentences.")
    phase: str = Field(
        description="idea, planning, preparation, construction, marketing, complete or unknown."
    )
    facts: list[FactAnswer] = Field(description="Stated facts, each with its source.")
    target_groups: list[str] = Field(description="Whom it is for.")
    uses: list[str] = Field(description="Uses that are wanted.")
    stated_area_ha: float | None = Field(description="Area that the source states, hectares.")
    drawn_area_m2: float | None = Field(description="Area of the outline, square metres.")
    district: str | None = Field(description="District that it lies in.")
    location: Location | None = Field(description="null: the place is not known.")
    location_note: str = Field(description="What is known of the place.")
    geometry: dict[str, Any] | None = Field(description="Outline, GeoJSON (WGS 84); null: not known.")
    phases: list[PhaseAnswer] = Field(description="In the order of time.")
    plots: list[PlotAnswer] = Field(description="Marketable parts.")
    milestones: list[MilestoneAnswer] = Field(description="In the order of time.")
    sources: list[str] = Field(description="All sources named above.")
    origin: Origin = Field(description="Where the record comes from.")
