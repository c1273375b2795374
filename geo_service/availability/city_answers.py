"""Computed answers about the city as the interface writes them: areas in m2, four decimals, adding up."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd
import shapely

from geo_service.availability.assembling import Found, Neighbours, Place
from geo_service.availability.balance import MEASURES
from geo_service.availability.city_schemas import (
    AssembliesAnswer,
    AssembliesQuery,
    AssemblyFigures,
    BalanceAnswer,
    BalanceCell,
    ChangedParcel,
    GroupFigures,
    HorizonFigures,
    MemberParcel,
    NeighbourParcel,
    NeighboursAnswer,
    StageFigures,
    SummaryAnswer,
    WhatIfAnswer,
)
from geo_service.availability.city_service import AnsweredWhatIf, Nearby
from geo_service.availability.flows import STAGES, CityBalance
from geo_service.availability.summary import Summary, Total
from geo_service.availability.totals import PER_M2
from geo_service.availability.what_if import HorizonSum, Sums
from geo_service.geometry import to_wgs84


def square_metres(square_centimetres: int) -> float:
    """Return m2 of whole square centimetres."""
    return square_centimetres / PER_M2


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a frame
    """Return a value of a frame as a plain one; missing is None, moments are days."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return round(value, 4) if isinstance(value, float) else value


def what_if_answer(answered: AnsweredWhatIf, asked: Any, limit: int) -> WhatIfAnswer:  # noqa: ANN401 - query of route, page or command
    """Write a what-if."""
    found = answered.found
    pairs = zip(found.before.horizons, found.after.horizons, strict=True)
    rows = pd.concat([found.parcels, answered.facts], axis=1).head(limit).to_dict("records")
    return WhatIfAnswer(
        as_of=found.as_of,
        preset=found.preset,
        scope=asked.scope,
        without=asked.without,
        ending=asked.ending,
        is_demo=answered.is_demo,
        before=_stage(found.before),
        after=_stage(found.after),
        difference=[_difference(before, after) for before, after in pairs],
        changed=len(found.parcels),
        gain_m2=square_metres(found.after.net_cm2 - found.before.net_cm2),
        offered_gain_m2=square_metres(found.after.offered_cm2 - found.before.offered_cm2),
        parcels=[
            ChangedParcel(**{name: plain(row[name]) for name in ChangedParcel.model_fields}) for row in rows
        ],
    )


def _stage(sums: Sums) -> StageFigures:
    return StageFigures(
        parcels=sums.parcels,
        without_land=sums.without_land,
        apart=sums.apart,
        gross_m2=square_metres(sums.gross_cm2),
        net_m2=square_metres(sums.net_cm2),
        offered_m2=square_metres(sums.offered_cm2),
        estimated_m2=square_metres(sums.estimated_cm2),
        by_horizon=[_difference(None, each) for each in sums.horizons],
    )


def _difference(before: HorizonSum | None, after: HorizonSum) -> HorizonFigures:
    start = before or HorizonSum(after.horizon, 0, 0, 0, 0)
    return HorizonFigures(
        horizon=after.horizon,
        parcels=after.parcels - start.parcels,
        net_m2=square_metres(after.net_cm2 - start.net_cm2),
        offered_m2=square_metres(after.offered_cm2 - start.offered_cm2),
        estimated_m2=square_metres(after.estimated_cm2 - start.estimated_cm2),
    )


def summary_answer(found: Summary, *, public: bool) -> SummaryAnswer:
    """Write totals."""
    groups = {f"by_{name}": [_group(total) for total in totals] for name, totals in found.groups.items()}
    return SummaryAnswer(
        as_of=found.as_of,
        preset=found.preset,
        counted="published" if public else "all",
        is_demo=found.is_demo,
        parcels=found.parcels,
        without_land=found.without_land,
        apart=found.apart,
        gross_m2=square_metres(found.gross_cm2),
        net_m2=square_metres(found.net_cm2),
        offered_m2=square_metres(found.offered_cm2),
        estimated_m2=square_metres(found.estimated_cm2),
        **groups,
    )


def _group(total: Total) -> GroupFigures:
    return GroupFigures(
        key=total.key,
        name=total.name,
        parcels=total.parcels,
        net_m2=square_metres(total.net_cm2),
        offered_m2=square_metres(total.offered_cm2),
        estimated_m2=square_metres(total.estimated_cm2),
    )


def assemblies_answer(found: Found, asked: AssembliesQuery, as_of: date, *, public: bool) -> AssembliesAnswer:
    """Write assemblies."""
    return AssembliesAnswer(
        as_of=as_of,
        preset=asked.horizons(),
        counted="published" if public else "all",
        at_least_m2=asked.at_least_m2,
        across_m=asked.across(),
        candidates=found.candidates,
        largest_m2=square_metres(found.largest_cm2),
        assemblies=[_assembly(place) for place in found.places],
    )


def _assembly(place: Place) -> AssemblyFigures:
    west, south, east, north = shapely.bounds(to_wgs84(place.geometry)).tolist()
    return AssemblyFigures(
        net_m2=square_metres(place.net_cm2),
        estimated_m2=square_metres(place.estimated_cm2),
        compactness=round(place.compactness, 4),
        across=place.across,
        horizon=place.horizon,
        available_from=place.available_from,
        is_demo=bool(place.parcels["is_demo"].any()),
        bbox=[round(degrees, 7) for degrees in (west, south, east, north)],
        parcels=[MemberParcel(**row) for row in _members(place.parcels, MemberParcel.model_fields)],
    )


def _members(rows: pd.DataFrame, names: Iterable[str]) -> list[dict[str, Any]]:
    return [{name: plain(row[name]) for name in names} for row in rows.to_dict("records")]


def neighbours_answer(found: Neighbours, question: Nearby) -> NeighboursAnswer:
    """Write neighbours."""
    return NeighboursAnswer(
        parcel_key=found.parcel["parcel_key"],
        as_of=question.as_of,
        preset=question.preset,
        across_m=question.across_m,
        is_demo=bool(found.parcel["is_demo"]),
        net_m2=plain(float(found.parcel["net_m2"])),
        joint_m2=square_metres(found.joint_cm2),
        neighbours=[
            NeighbourParcel(**row) for row in _members(found.neighbours, NeighbourParcel.model_fields)
        ],
    )


def balance_answer(found: CityBalance) -> BalanceAnswer:
    """Write a land balance."""
    return BalanceAnswer(
        **{"from": found.start, "to": found.end},
        preset=found.preset,
        by=list(found.balance.dimensions),
        stages=list(STAGES),
        is_demo=found.is_demo,
        cells=[balance_cell(cell, measures) for cell, measures in found.cells()],
        total=balance_cell({}, found.total()),
    )


def balance_cell(cell: dict[str, str], measures: dict[str, dict[str, int]]) -> BalanceCell:
    """Write one cell."""
    parcels, net, offered, estimated = (measures[name] for name in MEASURES)
    return BalanceCell(
        cell=cell,
        parcels=parcels,
        net_m2={stage: square_metres(value) for stage, value in net.items()},
        offered_m2={stage: square_metres(value) for stage, value in offered.items()},
        estimated_m2={stage: square_metres(value) for stage, value in estimated.items()},
    )
