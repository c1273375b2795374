"""All tables of the service, imported for Alembic and for statements that span slices."""

from geo_service.audit import AuditEntry
from geo_service.auth.models import ApiToken, User
from geo_service.availability.models import (
    Availability,
    AvailabilityMark,
    AvailabilityRun,
    Capacity,
    Usability,
)
from geo_service.buildings.models import Building
from geo_service.changes import DataChange, TileCell, TileChange, TilePiece
from geo_service.db import Base
from geo_service.imports.models import ImportRun
from geo_service.inquiries.models import Inquiry
from geo_service.matching.models import ContestRound, MatchDecision, Placement, Winner
from geo_service.parcels.models import District, Occupancy, Parcel, ParcelOwner, Quarter
from geo_service.restrictions.models import DevelopmentPlan, LandUseArea, PlanArea, Restriction
from geo_service.sites.models import Milestone, Phase, Plot, Site
from geo_service.transit.models import (
    StreetEdge,
    StreetNetwork,
    TransitAccess,
    TransitDeparture,
    TransitFeed,
    TransitFeedFile,
    TransitRun,
    TransitStop,
    TransitStopGrade,
    TransitTransfer,
)
from geo_service.transit.reach_models import (
    TransitIsochrone,
    TransitPattern,
    TransitReach,
    TransitReachRun,
)
from geo_service.transit.scenario_models import (
    TransitScenario,
    TransitScenarioLine,
    TransitScenarioStop,
)
from geo_service.vacancies.models import Premises, Vacancy

__all__ = [
    "ApiToken", "AuditEntry", "Availability", "AvailabilityMark", "AvailabilityRun", "Base", "Building",
    "Capacity", "ContestRound", "DataChange", "DevelopmentPlan", "District", "ImportRun", "Inquiry",
    "LandUseArea",
    "MatchDecision", "Milestone", "Occupancy", "Parcel", "ParcelOwner", "Phase", "Placement", "PlanArea",
    "Plot", "Premises", "Quarter", "Restriction", "Site", "StreetEdge", "StreetNetwork", "TileCell",
    "TileChange", "TilePiece",
    "TransitAccess", "TransitDeparture", "TransitFeed", "TransitFeedFile", "TransitIsochrone",
    "TransitPattern", "TransitReach", "TransitReachRun", "TransitRun", "TransitScenario",
    "TransitScenarioLine", "TransitScenarioStop", "TransitStop", "TransitStopGrade", "TransitTransfer",
    "Usability", "User", "Vacancy", "Winner",
]  # fmt: skip

metadata = Base.metadata
