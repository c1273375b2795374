"""Turns rows of sites into answers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from geo_service.imports.spans import ONE_DAY
from geo_service.register import Recorded
from geo_service.sites.models import Milestone, Phase, Plot, Site
from geo_service.sites.schemas import (
    FactAnswer,
    Location,
    MilestoneAnswer,
    Origin,
    PhaseAnswer,
    PlotAnswer,
    SiteDetail,
    SiteSummary,
    Spoken,
    UpcomingMilestone,
)

ADDRESS = "/api/sites"


def summary_answer(row: Row[Any]) -> SiteSummary:
    """Turn a row of ``queries.sites`` into an entry of the list."""
    site: Site = row.Site
    upcoming = None
    if row.milestone_de is not None:
        upcoming = UpcomingMilestone(
            name=Spoken(de=row.milestone_de, en=row.milestone_en),
            due_on=row.milestone_on,
            due_text=Spoken(de=row.milestone_text, en=row.milestone_text_en or row.milestone_text),
        )
    return SiteSummary(
        slug=site.slug,
        name=site.name,
        summary=Spoken(de=site.summary_de, en=site.summary_en),
        phase=site.phase,
        stated_area_ha=site.stated_area_ha,
        drawn_area_m2=row.drawn_area_m2,
        district=row.district,
        location=_location(row),
        next_milestone=upcoming,
        origin=_origin(site),
        href=f"{ADDRESS}/{site.slug}",
    )


def site_answer(
    row: Row[Any], plots: Sequence[Row[Any]], phases: Sequence[Phase], milestones: Sequence[Milestone]
) -> SiteDetail:
    """Turn a row of ``queries.site`` and what belongs to it into the whole answer."""
    site: Site = row.Site
    facts = [
        FactAnswer(text=Spoken(de=fact.get("de", ""), en=fact.get("en", "")), source=fact.get("source", ""))
        for fact in site.facts
    ]
    told = [site, *(each.Plot for each in plots), *phases, *milestones]
    sources = dict.fromkeys([*(fact.source for fact in facts), *(record.source for record in told)])
    return SiteDetail(
        slug=site.slug,
        name=site.name,
        summary=Spoken(de=site.summary_de, en=site.summary_en),
        phase=site.phase,
        facts=facts,
        target_groups=site.target_groups,
        uses=site.uses,
        stated_area_ha=site.stated_area_ha,
        drawn_area_m2=row.drawn_area_m2,
        district=row.district,
        location=_location(row),
        location_note=site.location_note,
        geometry=row.geometry,
        phases=[_phase(each) for each in phases],
        plots=[_plot(each) for each in plots],
        milestones=[_milestone(each) for each in milestones],
        sources=[source for source in sources if source],
        origin=_origin(site),
    )


def _origin(record: Recorded) -> Origin:
    return Origin(source=record.source, source_date=record.source_date, is_demo=record.is_demo)


def _location(row: Row[Any]) -> Location | None:
    if row.lon is None:
        return None
    site: Site = row.Site
    return Location(
        lon=round(row.lon, 6),
        lat=round(row.lat, 6),
        bbox=(round(row.west, 6), round(row.south, 6), round(row.east, 6), round(row.north, 6)),
        accuracy_m=site.geometry_accuracy_m,
    )


def _plot(row: Row[Any]) -> PlotAnswer:
    plot: Plot = row.Plot
    return PlotAnswer(
        slug=plot.slug,
        name=plot.name,
        status=plot.status,
        uses=plot.uses,
        zone=plot.zone,
        area_m2=plot.area_m2,
        available_from=plot.available_from,
        price_eur_per_m2=None if plot.price_eur_per_m2 is None else float(plot.price_eur_per_m2),
        accuracy_m=plot.geometry_accuracy_m,
        geometry=row.geometry,
        origin=_origin(plot),
    )


def _phase(phase: Phase) -> PhaseAnswer:
    return PhaseAnswer(
        kind=phase.kind,
        name=Spoken(de=phase.name_de, en=phase.name_en),
        start=phase.during.lower,
        end=phase.during.upper and phase.during.upper - ONE_DAY,
        origin=_origin(phase),
    )


def _milestone(milestone: Milestone) -> MilestoneAnswer:
    return MilestoneAnswer(
        name=Spoken(de=milestone.name_de, en=milestone.name_en),
        due_on=milestone.due_on,
        due_text=Spoken(de=milestone.due_text, en=milestone.due_text_en or milestone.due_text),
        state=milestone.state,
        reached_on=milestone.reached_on,
        origin=_origin(milestone),
    )
