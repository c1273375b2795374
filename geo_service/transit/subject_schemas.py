"""What the interface answers about premises, sites and plots and how near they are to public transport."""

from pydantic import Field

from geo_service.transit.scenario_schemas import BeforeAfter
from geo_service.transit.schemas import PlaceTransit, StoredGrade


class SubjectTransit(PlaceTransit):
    """How near something of the register is to public transport, and why."""

    stored: StoredGrade | None = Field(
        description="What is stored by this method; null: nothing, or it is of another window or day."
    )
    scenario: BeforeAfter | None = Field(description="Before and after the scenario asked for; null: none.")


class PremisesTransit(SubjectTransit):
    """How near premises are to public transport, and why."""

    premises_key: str = Field(description="Key of the premises.")


class PlotTransit(SubjectTransit):
    """How near a plot is to public transport, and why."""

    slug: str = Field(description="Name of the plot within its site.")


class SiteTransit(SubjectTransit):
    """How near a site is to public transport, and why, and each of its plots."""

    slug: str = Field(description="Name of the site in addresses.")
    plots: list[PlotTransit] = Field(description="Its plots, by slug.")
