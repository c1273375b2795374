"""What the interface answers about travel times."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geo_service.transit.schemas import FeedName


class ReachQuery(BaseModel):
    """What can be asked about travel times."""

    model_config = ConfigDict(extra="forbid")

    window: str = Field(
        "07:00-09:00",
        max_length=40,
        description="Departures from the place, HH:MM-HH:MM; it must have been computed.",
        examples=["07:00-09:00"],
    )


class RunFeed(FeedName):
    """A timetable whose runs were searched."""

    day: str = Field(description="Day whose runs were searched.")


class Place(BaseModel):
    """A destination."""

    key: str = Field(description="Identifier.")
    name_de: str = Field(description="German name.")
    name_en: str = Field(description="English name.")
    lon: float = Field(description="Longitude, degrees (WGS 84).")
    lat: float = Field(description="Latitude, degrees (WGS 84).")


class TravelTime(BaseModel):
    """Travel times to a destination over the departures of the window, one each minute."""

    destination: Place = Field(description="Where to.")
    median_min: float | None = Field(description="Half of the departures take no longer; null: fewer arrive.")
    p90_min: float | None = Field(description="Nine of ten take no longer; null: fewer arrive.")
    share: float = Field(
        ge=0, le=1, description="Share of the departures that arrive within the longest time."
    )
    changes: int | None = Field(
        description="Changes at the median; null: none arrives, or all the way on foot."
    )
    walking_min: float | None = Field(description="All the way on foot; null: beyond the longest time.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="How ways on foot were measured: along the streets, or estimated from straight lines, "
        "since no streets are loaded, or the place or the destination lies at none."
    )


class WalkingRules(BaseModel):
    """How people get along."""

    walking_m_per_min: float = Field(description="Walking speed, metres a minute.")
    detour: float = Field(description="Way on foot / straight line.")
    access_m: float = Field(description="Longest straight line to and from a stop, m.")
    footpath_m: float = Field(description="Longest straight line between two stops on a change, m.")
    change_s: int = Field(description="Least time of a change, seconds.")
    max_changes: int = Field(description="Most changes.")
    max_travel_s: int = Field(description="Longer journeys count as none, seconds.")


class Computed(BaseModel):
    """The computation behind an answer."""

    window: str = Field(description="Departures, each full minute; the end is not included.")
    rules: WalkingRules = Field(description="How people get along.")
    feeds: list[RunFeed] = Field(description="Timetables.")
    distance_kind: Literal["street_network", "detour_factor"] = Field(
        description="How ways on foot were measured: along the streets, and estimated where a place meets "
        "none (each time tells its own); or all estimated."
    )
    stale: bool = Field(description="Timetable, streets or place have changed since.")
    computed_at: datetime = Field(description="When this was computed.")


class ParcelReach(Computed):
    """Travel times from a parcel by public transport and on foot."""

    parcel_key: str = Field(description="Flurstückskennzeichen.")
    times: list[TravelTime] = Field(description="One per destination.")


class SiteReach(Computed):
    """Travel times from a site by public transport and on foot."""

    slug: str = Field(description="Name in addresses.")
    times: list[TravelTime] = Field(description="One per destination.")


class IsochroneProperties(Computed):
    """What an isochrone means."""

    slug: str = Field(description="Name of the site in addresses.")
    minutes: int = Field(description="Reached within so many minutes at the median of the departures.")
    method: Literal["circles_around_stops"] = Field(
        "circles_around_stops",
        description="Union of circles: on foot from the site, and from each stop with the time left there.",
    )


class IsochroneFeature(BaseModel):
    """Area reached from a site."""

    type: Literal["Feature"] = Field("Feature", description="GeoJSON type.")
    geometry: dict[str, Any] = Field(description="MultiPolygon, WGS 84.")
    properties: IsochroneProperties = Field(description="What it means.")


class Isochrones(BaseModel):
    """Areas reached from a site, the largest first."""

    type: Literal["FeatureCollection"] = Field("FeatureCollection", description="GeoJSON type.")
    features: list[IsochroneFeature] = Field(description="One per number of minutes.")
