"""What the interface answers about transit proximity."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TransitQuery(BaseModel):
    """What can be asked about a parcel."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field("are", max_length=40, description="Key of the grading method.", examples=["are"])


class MethodName(BaseModel):
    """A grading method."""

    key: str = Field(description="Identifier.")
    name_de: str = Field(description="German name.")
    name_en: str = Field(description="English name.")
    source: str = Field(description="Where its tables come from.")


class NearStop(BaseModel):
    """A stop near a place."""

    stop_id: str = Field(description="Id in the feed, of the station where it has one.")
    name: str = Field(description="Name.")
    lines: list[str] = Field(description="Lines that depart here on any day.")
    distance_m: float = Field(ge=0, description="Straight line from the nearest point of the place, m.")
    walking_min: float = Field(ge=0, description="Minutes on foot along that line at 80 m a minute.")
    distance_kind: Literal["straight_line"] = Field(
        "straight_line", description="How the distance was measured."
    )


class NextBest(NearStop):
    """The best stop besides the one that gave the grade."""

    grade: str = Field(description="Class it would give.")


class NearestStops(BaseModel):
    """The nearest stop of each kind of vehicle; null: none in the timetable."""

    rail: NearStop | None = Field(description="Trains: S-Bahn, regional, long-distance.")
    tram: NearStop | None = Field(description="Stadtbahn, tram, U-Bahn, suspension railway.")
    bus: NearStop | None = Field(description="Buses.")


class DirectionCount(BaseModel):
    """Departures of a line in one direction."""

    direction: int = Field(description="0 or 1, along the line.")
    departures: int = Field(description="Departures in the window.")
    first: str = Field(description="First departure in the window, H:MM.")
    last: str = Field(description="Last departure in the window, H:MM.")
    towards: list[str] = Field(description="Most frequent destinations.")


class LineCount(BaseModel):
    """Departures of a line."""

    line: str = Field(description="Line as passengers know it.")
    mode: str = Field(description="Kind of vehicle.")
    departures: int = Field(description="Departures of its busier direction in the window.")
    directions: list[DirectionCount] = Field(description="Both directions.")


class GroupEvidence(BaseModel):
    """Departures of a mode group at the stop that gave the grade."""

    mode_group: str = Field(description="Mode group of the method.")
    category: str | None = Field(description="Category that it would give by itself; null: none.")
    departures: int = Field(description="Departures per direction: sum of the busier direction of each line.")
    total: int = Field(description="Departures in both directions.")
    headway_min: float = Field(description="Length of the window / departures per direction, minutes.")
    node: bool = Field(description="Counted as a rail node.")
    lines: list[LineCount] = Field(description="Its lines, busiest first.")


class FeedName(BaseModel):
    """The timetable behind an answer."""

    name: str = Field(description="Name under which it was imported.")
    publisher: str = Field(description="Publisher as the feed says.")
    version: str = Field(description="Version as the feed says; empty: not said.")
    source: str = Field(description="Origin.")
    is_demo: bool = Field(description="Simplified or invented timetable.")


class Evidence(BaseModel):
    """What was counted at the stop that gave the grade."""

    day: date = Field(description="Day that was counted.")
    window: str = Field(description="Time of day that was counted, HH:MM-HH:MM; the end is not included.")
    mode_group: str = Field(description="Mode group that gave the category.")
    departures: float = Field(description="Its departures per direction.")
    headway_min: float = Field(description="Its headway, minutes.")
    groups: list[GroupEvidence] = Field(description="All mode groups of the stop, the one that counts first.")
    feed: FeedName = Field(description="The timetable.")


class ParcelTransit(BaseModel):
    """How near a parcel is to public transport, and why."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    method: MethodName = Field(description="The grading method.")
    grade: str | None = Field(description="Class, A is best; null: no stop in reach gives one.")
    category: str | None = Field(description="Category of the stop that gave the class.")
    stop: NearStop | None = Field(description="The stop that gave the class.")
    next_best: NextBest | None = Field(description="The best other stop; null: no other gives a class.")
    nearest: NearestStops = Field(description="The nearest stop of each kind of vehicle.")
    evidence: Evidence | None = Field(description="What was counted; null when there is no class.")
    computed_at: datetime = Field(description="When this was computed.")
