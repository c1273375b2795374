"""What the interface answers about transit proximity."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from geo_service.transit.scenario_schemas import BeforeAfter
from geo_service.transit.windows import NAMED_WINDOWS


class TransitQuery(BaseModel):
    """What can be asked about a place."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field("are", max_length=40, description="Key of the grading method.", examples=["are"])
    window: str = Field(
        "",
        max_length=40,
        description=f"HH:MM-HH:MM, or {', '.join(NAMED_WINDOWS)}; empty: the method's.",
        examples=["peak_morning"],
    )
    day: date | None = Field(None, description="Day that is counted; unset: the reference day.")


class ParcelQuery(TransitQuery):
    """What can be asked about a parcel."""

    scenario: str = Field(
        "", max_length=60, description="Key of a scenario of new stops and lines: class before and after."
    )


class PointQuery(TransitQuery):
    """What can be asked about a point."""

    lon: float = Field(ge=-180, le=180, description="Longitude, degrees (WGS 84).", examples=[7.4653])
    lat: float = Field(ge=-90, le=90, description="Latitude, degrees (WGS 84).", examples=[51.5136])


class MethodsQuery(BaseModel):
    """What can be asked when methods are compared."""

    model_config = ConfigDict(extra="forbid")

    window: str = Field("", max_length=40, description="As for one method; empty: that of each method.")
    day: date | None = Field(None, description="Day that is counted; unset: the reference day.")


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
    walking_m: float | None = Field(
        ge=0, description="Way on foot, m; null: none up to 2,000 m on the streets that are loaded."
    )
    walking_min: float | None = Field(ge=0, description="Minutes for that way at 80 m a minute.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="How walking_m was measured: along streets, or estimated from the straight line."
    )


class WalkingSource(BaseModel):
    """Where ways on foot come from."""

    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="Along streets, or estimated from the straight line because no streets are loaded."
    )
    source: str = Field(description="Origin of the streets, or of the factor.")
    licence: str = Field(description="Licence of the streets; empty: not said, or no streets.")
    source_date: date | None = Field(description="Day of the streets, where the source says so.")
    detour_factor: float | None = Field(description="Way / straight line; null: measured along streets.")
    longest_m: float | None = Field(description="Longer ways are not measured, m; null: no limit.")
    is_demo: bool = Field(description="Invented streets.")


class NextBest(NearStop):
    """The best stop besides the one that gave the grade."""

    grade: str = Field(description="Class it would give.")


class NearestStops(BaseModel):
    """The nearest stop of each kind of vehicle; null: none in the timetable."""

    rail: NearStop | None = Field(description="Trains: S-Bahn, regional, long-distance.")
    tram: NearStop | None = Field(description="Stadtbahn, tram, U-Bahn, suspension railway.")
    bus: NearStop | None = Field(description="Buses.")
    rail_on_foot: NearStop | None = Field(
        description="Stop of trains in reach with the shortest way on foot, where it is another one."
    )
    tram_on_foot: NearStop | None = Field(description="The same for Stadtbahn, tram, U-Bahn.")
    bus_on_foot: NearStop | None = Field(description="The same for buses.")


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
    headway_min: float = Field(
        description="Length of the window / departures per direction, or twice the mean wait, minutes."
    )
    node: bool = Field(description="Counted as a rail node.")
    lines: list[LineCount] = Field(description="Its lines, busiest first.")


class FeedName(BaseModel):
    """The timetable behind an answer."""

    name: str = Field(description="Name under which it was imported.")
    publisher: str = Field(description="Publisher as the feed says.")
    version: str = Field(description="Version as the feed says; empty: not said.")
    source: str = Field(description="Origin.")
    is_demo: bool = Field(description="Simplified or invented timetable.")


class CountedDay(BaseModel):
    """Day that was counted in a timetable."""

    feed: str = Field(description="Name of the timetable.")
    day: date | None = Field(description="The day; null: it has no service on such a day.")
    chosen: Literal["by_rule", "given"] = Field(description="Reference day by rule, or as asked for.")
    first_day: date = Field(description="First day of its calendar.")
    last_day: date = Field(description="Last day of its calendar.")
    validity: Literal["current", "expired", "future"] = Field(
        description="Whether the calendar covers today, has ended, or has not begun."
    )


class HourCount(BaseModel):
    """Departures in an hour of the day."""

    hour: int = Field(ge=0, description="Hour; after midnight 24 and more.")
    minutes: int = Field(ge=1, le=60, description="Minutes of it that are in the window.")
    departures: int = Field(ge=0, description="Departures per direction: the busier direction of each line.")


class Evidence(BaseModel):
    """What was counted at the stop that gave the grade."""

    day: date = Field(description="Day that was counted.")
    window: str = Field(description="Time of day that was counted, HH:MM-HH:MM; the end is not included.")
    mode_group: str = Field(description="Mode group that gave the category.")
    departures: float = Field(description="Its departures per direction.")
    headway_min: float = Field(description="Its headway, minutes.")
    groups: list[GroupEvidence] = Field(description="All mode groups of the stop, the one that counts first.")
    profile: list[HourCount] = Field(
        description="Departures of the group that counts by hour; they add up to its departures."
    )
    feed: FeedName = Field(description="The timetable.")
    calendar: CountedDay = Field(description="Its calendar, and the day that was counted.")
    with_feeds: list[CountedDay] = Field(
        description="Other timetables of the same station; their departures are counted with it."
    )


class StopGroup(BaseModel):
    """A mode group at a stop, as it is."""

    stop_id: str = Field(description="Id of the stop in the feed.")
    name: str = Field(description="Its name.")
    mode_group: str = Field(description="Mode group of the method.")
    distance_m: float = Field(ge=0, description="Straight line, m.")
    departures: int = Field(description="Departures per direction in the window.")
    headway_min: float = Field(description="Headway, minutes.")


class NearerStop(StopGroup):
    """The next class would need this stop nearer."""

    limit_m: float = Field(description="Straight line at which it would give the class, m.")
    limit_included: bool = Field(description="Whether exactly that distance is near enough.")
    missing_m: float = Field(ge=0, description="How much nearer, m.")


class DenserStop(StopGroup):
    """The next class would need more departures at this stop."""

    needed_headway_min: float | None = Field(
        description="Longest headway that gives the class, minutes; null: any."
    )
    needed_headway_included: bool = Field(description="Whether exactly that headway is short enough.")
    more_departures: int | None = Field(
        description="Departures per direction missing; null: the method asks for the wait, not for a number."
    )


class BetterGrade(BaseModel):
    """What is missing for the next class: either of both would do."""

    grade: str = Field(description="The next class.")
    nearer: NearerStop | None = Field(description="The stop that has to come least nearer; null: none near.")
    denser: DenserStop | None = Field(description="The stop that needs the least more; null: none would do.")


class PtalRoute(BaseModel):
    """A route that counts in the access index."""

    mode: str = Field(description="bus, tram, metro or rail.")
    line: str = Field(description="Line.")
    stop_id: str = Field(description="Where it is boarded.")
    name: str = Field(description="Name of that stop.")
    walking_m: float = Field(description="Way on foot, m.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="How walking_m was measured: along streets, or estimated from the straight line."
    )
    per_hour: float = Field(description="Departures an hour in its busier direction.")
    walk_min: float = Field(description="Minutes on foot.")
    wait_min: float = Field(description="Average wait, minutes, with the allowance for unreliability.")
    edf: float = Field(description="Equivalent doorstep frequency: 30 / minutes on foot and waiting.")
    share: float = Field(description="1 for the best route of its mode, 0.5 for the others.")


class Ptal(BaseModel):
    """Public transport accessibility level (London)."""

    level: str = Field(description="0, 1a, 1b, 2, 3, 4, 5, 6a or 6b (best).")
    access_index: float = Field(ge=0, description="Access index.")
    window: str = Field(description="Time of day that was counted, on the reference weekday.")
    source: str = Field(description="Where its rules come from.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="Ways on foot along streets (estimated where place or stop meets none), or all estimated."
    )
    routes: list[PtalRoute] = Field(description="Routes that count, by mode.")


class MethodAnswer(BaseModel):
    """What a method says about a place."""

    method: MethodName = Field(description="The grading method.")
    window: str = Field(description="Time of day that was counted, HH:MM-HH:MM; the end is not included.")
    day_kind: str = Field(description="Kind of the days counted: weekday, saturday or sunday.")
    counted: list[CountedDay] = Field(description="Days that were counted.")
    grade: str | None = Field(description="Class, A is best; null: no stop in reach gives one.")
    grades: list[str] = Field(description="All classes of the method, best first.")
    category: str | None = Field(description="Category of the stop that gave the class.")
    stop: NearStop | None = Field(description="The stop that gave the class.")
    next_best: NextBest | None = Field(description="The best other stop; null: no other gives a class.")
    evidence: Evidence | None = Field(description="What was counted; null when there is no class.")
    better: BetterGrade | None = Field(
        description="What is missing for the next class; null at the best one."
    )


class PlaceTransit(MethodAnswer):
    """How near a place is to public transport, and why."""

    nearest: NearestStops = Field(description="The nearest stop of each kind of vehicle.")
    walking: WalkingSource = Field(description="Where the ways on foot come from.")
    ptal: Ptal = Field(description="Public transport accessibility level.")


class StoredGrade(BaseModel):
    """The grade that lists, maps and collections show: it was computed by the last refresh."""

    grade: str | None = Field(description="Class; null: none.")
    computed_at: datetime = Field(description="When it was computed.")
    stale: bool = Field(description="It no longer holds: timetable, streets or place have changed since.")


class ParcelTransit(PlaceTransit):
    """How near a parcel is to public transport, and why."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    stored: StoredGrade | None = Field(
        description="What is stored by this method; null: nothing, or it is of another window or day."
    )
    scenario: BeforeAfter | None = Field(description="Before and after the scenario asked for; null: none.")


class PointTransit(PlaceTransit):
    """How near a point is to public transport, and why."""

    lon: float = Field(description="Longitude, degrees.")
    lat: float = Field(description="Latitude, degrees.")
    is_complete: bool = Field(
        description="False: the method reaches beyond the area that timetables are loaded for."
    )


class PlaceMethods(BaseModel):
    """What all methods say about a place."""

    methods: list[MethodAnswer] = Field(description="Each method.")
    nearest: NearestStops = Field(description="The nearest stop of each kind of vehicle.")
    walking: WalkingSource = Field(description="Where the ways on foot come from.")
    ptal: Ptal = Field(description="Public transport accessibility level.")


class ParcelMethods(PlaceMethods):
    """What all methods say about a parcel."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
