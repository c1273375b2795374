"""What the interface takes and answers about transit scenarios."""

import itertools
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from geo_service.errors import BadParameter
from geo_service.transit.models import DayKind
from geo_service.transit.modes import LineKind, Mode
from geo_service.transit.scenario_models import ScenarioStatus
from geo_service.transit.windows import Window, parse_window

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
MOST_STOPS: Final = 200
MOST_LINES: Final = 50
MOST_SERVICES: Final = 20
LEAST_HEADWAY_MIN: Final = 0.5
MOST_HEADWAY_MIN: Final = 360
DEGREES: Final = 7
"""Decimals of degrees that are kept: a centimetre."""
CONTRADICTION: Final = "contradiction"
"""Type of the errors whose context holds the sentence in both languages: ``de``, ``en``."""


def contradiction(german: str, english: str) -> PydanticCustomError:
    """Say in both languages what does not fit together in a form."""
    return PydanticCustomError(CONTRADICTION, "{en}", {"de": german, "en": english})


class ServiceForm(BaseModel):
    """How often a line runs in a part of the day."""

    model_config = ConfigDict(extra="forbid")

    day_kind: DayKind = Field(DayKind.WEEKDAY, description="Days on which it runs so.")
    window: str = Field(
        max_length=20, description="From, up to but without: HH:MM-HH:MM.", examples=["05:00-24:00"]
    )
    headway_min: float = Field(
        ge=LEAST_HEADWAY_MIN, le=MOST_HEADWAY_MIN, description="Minutes between two departures one way."
    )

    @field_validator("window")
    @classmethod
    def _is_window(cls, text: str) -> str:
        try:
            return str(parse_window(text))
        except BadParameter as error:
            raise ValueError(error.detail) from error

    def span(self) -> Window:
        """Return the part of the day."""
        return parse_window(self.window)


class StopForm(BaseModel):
    """A new stop."""

    model_config = ConfigDict(extra="forbid")

    key: Key = Field(description="Name of the stop in the courses of this scenario.", examples=["hsp"])
    name: Text = Field(description="Name as passengers read it.")
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrees (WGS 84).")
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Latitude, degrees (WGS 84).")

    @field_validator("lon", "lat")
    @classmethod
    def _to_the_centimetre(cls, degrees: float) -> float:
        return round(degrees, DEGREES)


class LineForm(BaseModel):
    """A new line, or one that is prolonged."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(description="Line as passengers know it.", examples=["HB1"])
    mode: Mode = Field(description="Vehicle; it decides the mode group.")
    stops: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]] = (
        Field(
            min_length=2,
            max_length=MOST_STOPS,
            description="Course in order: keys of new stops, and stop_id of existing ones.",
            examples=[["de:05913:1231", "hsp"]],
        )
    )
    both_ways: bool = Field(True, description="Runs back as well.")
    kind: LineKind = Field(
        LineKind.NEW,
        description="new: beside the lines of today. prolonged: goes on from the end of the existing line of "
        "this name at its first stop, departures there are those of one line. existing: runs today and would "
        "stop at the new stops too.",
    )
    services: list[ServiceForm] = Field(
        min_length=1, max_length=MOST_SERVICES, description="Headways by part of the day."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for one, other in zip(self.stops, self.stops[1:], strict=False):
            if one == other:
                raise contradiction(
                    f"Die Haltestelle „{one}“ folgt im Verlauf auf sich selbst; bitte einmal nennen.",
                    f"the stop {one!r} follows itself in the course; name it once",
                )
        spans = sorted((form.day_kind, form.span().start_s, form.span().end_s) for form in self.services)
        for (kind, _, end), (next_kind, start, _) in itertools.pairwise(spans):
            if kind == next_kind and start < end:
                raise contradiction(
                    "Zwei Takte gelten zur selben Zeit; einer muss enden, wo der nächste beginnt.",
                    f"two headways hold at the same time of a {kind}; let one end where the next begins",
                )
        return self


class ScenarioForm(BaseModel):
    """A scenario as it is written and imported."""

    model_config = ConfigDict(extra="forbid")

    key: Key = Field(description="Identifier in addresses.", examples=["h-bahn-hafen"])
    name_de: Text = Field(description="German name.")
    name_en: Text = Field(description="English name.")
    note_de: Note = Field("", description="What it rests on, in German.")
    note_en: Note = Field("", description="What it rests on, in English.")
    status: Literal[ScenarioStatus.DRAFT, ScenarioStatus.PUBLIC] = Field(
        ScenarioStatus.DRAFT, description="draft: planners see it; public: everybody."
    )
    source: Text = Field("Planung", description="Where it comes from.")
    source_date: date | None = Field(None, description="Date that the source states.")
    is_demo: bool = Field(False, description="Invented.")
    stops: list[StopForm] = Field(default_factory=list, max_length=MOST_STOPS, description="New stops.")
    lines: list[LineForm] = Field(min_length=1, max_length=MOST_LINES, description="Lines.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        keys = [stop.key for stop in self.stops]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise contradiction(
                f"Zwei neue Haltestellen heißen „{twice[0]}“; bitte verschieden benennen.",
                f"two new stops have the key {twice[0]!r}; each needs one of its own",
            )
        served = {stop for line in self.lines for stop in line.stops}
        idle = [key for key in keys if key not in served]
        if idle:
            raise contradiction(
                f"An der neuen Haltestelle „{idle[0]}“ hält keine Linie; bitte in einen Verlauf aufnehmen "
                "oder weglassen.",
                f"no line stops at {idle[0]!r}; put it into the course of a line or leave it out",
            )
        return self


class ScenarioEntry(BaseModel):
    """A scenario in the list."""

    key: str = Field(description="Identifier.")
    name_de: str = Field(description="German name.")
    name_en: str = Field(description="English name.")
    note_de: str = Field(description="What it rests on, in German.")
    note_en: str = Field(description="What it rests on, in English.")
    status: ScenarioStatus = Field(description="draft, public or ended.")
    is_demo: bool = Field(description="Invented.")
    stops: int = Field(description="New stops.")
    lines: int = Field(description="Lines.")
    changed_at: datetime = Field(description="Last changed.")


class ScenarioList(BaseModel):
    """Scenarios that the caller may see."""

    scenarios: list[ScenarioEntry] = Field(description="By key.")


class ScenarioAnswer(ScenarioForm):
    """A scenario as stored."""

    status: ScenarioStatus = Field(description="draft, public or ended.")  # type: ignore[assignment]
    recorded_at: datetime = Field(description="First written.")
    changed_at: datetime = Field(description="Last changed.")


class EffectQuery(BaseModel):
    """What can be asked about the effect of a scenario."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field("are", max_length=40, description="Key of the grading method.", examples=["are"])
    window: str = Field(
        "", max_length=40, description="Time of day or its name; empty: the method's.", examples=["evening"]
    )
    limit: int = Field(100, ge=0, le=1000, description="Parcels and sites listed at most; totals count all.")


class GainOfClass(BaseModel):
    """What comes to a class from a worse one, or leaves it."""

    before: str | None = Field(description="Class before; null: none.")
    after: str | None = Field(description="Class after; null: none.")
    better: bool = Field(description="Whether the class after is the better one.")
    parcels: int = Field(description="Number of parcels.")
    gross_m2: float = Field(description="Their measured area, m2.")
    net_m2: float | None = Field(description="Their net area, m2; null: availability is known of none.")
    net_known: int = Field(description="Parcels whose availability is known.")
    sites: int = Field(description="Number of sites.")


class StopChange(BaseModel):
    """A stop that the scenario changes."""

    stop_id: str = Field(description="Id in the feed, or key of the new stop.")
    name: str = Field(description="Name.")
    is_new: bool = Field(description="Not in today's timetable.")
    lon: float = Field(description="Longitude, degrees (WGS 84).")
    lat: float = Field(description="Latitude, degrees (WGS 84).")
    category_before: str | None = Field(description="Category before; null: none.")
    category_after: str | None = Field(description="Category after; null: none.")
    mode_group: str | None = Field(description="Mode group that gives the category after.")
    departures_before: float = Field(description="Departures per direction of the deciding group before.")
    departures_after: float = Field(description="The same after.")
    headway_min_before: float | None = Field(description="Headway before, minutes; null: nothing departs.")
    headway_min_after: float | None = Field(description="Headway after, minutes; null: nothing departs.")


class PlaceChange(BaseModel):
    """A parcel or site whose class changes."""

    key: str = Field(description="Flurstückskennzeichen, or slug of the site.")
    name: str = Field(description="Name or location.")
    before: str | None = Field(description="Class before; null: none.")
    after: str | None = Field(description="Class after; null: none.")
    stop: str | None = Field(description="Stop that gives the class after.")
    distance_m: float | None = Field(description="Its distance, straight line, m.")
    walking_m: float | None = Field(description="Way on foot to it, m; null: none up to 2,000 m.")
    gross_m2: float | None = Field(description="Measured area, m2; null: no outline.")
    net_m2: float | None = Field(description="Net area, m2; null: not known.")
    stale: bool = Field(description="Something changed since the net area was computed.")
    is_demo: bool = Field(description="Invented record.")


class EffectAnswer(BaseModel):
    """What a scenario changes."""

    scenario: str = Field(description="Key of the scenario.")
    method: str = Field(description="Grading method.")
    window: str = Field(description="Time of day that was counted.")
    day_kind: DayKind = Field(description="Kind of reference day.")
    days: dict[str, date] = Field(description="Day that was counted, by feed.")
    parcels: int = Field(description="Parcels that gain.")
    sites: int = Field(description="Sites that gain.")
    gross_m2: float = Field(description="Measured area of the parcels that gain, m2.")
    net_m2: float | None = Field(description="Their net area, m2; null: availability is known of none.")
    net_known: int = Field(description="Parcels among them whose availability is known.")
    net_stale: int = Field(description="Parcels among them that changed since it was computed.")
    worse: int = Field(description="Parcels that lose.")
    by_class: list[GainOfClass] = Field(description="Changes by class before and after.")
    stops: list[StopChange] = Field(description="Stops that the scenario serves.")
    parcel_list: list[PlaceChange] = Field(description="Parcels that gain, the largest first.")
    site_list: list[PlaceChange] = Field(description="Sites that gain.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="How ways on foot were measured: along streets, or estimated from the straight line."
    )
    is_demo: bool = Field(description="The scenario, or a timetable behind it, is invented or simplified.")


class StopOfClass(BaseModel):
    """The stop that gives a class."""

    stop_id: str = Field(description="Id in the feed, or key of the new stop.")
    name: str = Field(description="Name.")
    is_new: bool = Field(description="Not in today's timetable.")
    category: str = Field(description="Category of the stop.")
    distance_m: float = Field(description="Straight line from the nearest point of the place, m.")
    walking_m: float | None = Field(description="Way on foot, m; null: none up to 2,000 m.")
    walking_min: float | None = Field(description="Minutes for that way at 80 m a minute.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="How walking_m was measured: along streets, or estimated from the straight line."
    )


class BeforeAfter(BaseModel):
    """Class of a parcel before and after a scenario."""

    scenario: str = Field(description="Key of the scenario.")
    name_de: str = Field(description="German name.")
    name_en: str = Field(description="English name.")
    is_demo: bool = Field(description="Invented.")
    window: str = Field(description="Time of day that was counted.")
    grade_before: str | None = Field(description="Class before; null: none.")
    grade_after: str | None = Field(description="Class after; null: none.")
    stop_before: StopOfClass | None = Field(description="Stop that gives the class before.")
    stop_after: StopOfClass | None = Field(description="Stop that gives the class after.")
