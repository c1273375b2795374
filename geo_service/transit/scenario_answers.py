"""Turn the effect of a scenario into what the interface answers (pure)."""

import heapq
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_service.geometry import to_wgs84
from geo_service.transit.models import DayKind
from geo_service.transit.scenario_effect import Effect
from geo_service.transit.scenario_schemas import EffectAnswer, GainOfClass, PlaceChange, StopChange

CENTIMETRE = 7
"""Decimals of degrees."""


def effect_answer(effect: Effect, limit: int) -> EffectAnswer:
    """Answer the effect of a scenario; at most `limit` parcels and sites are listed, the totals count all."""
    parcels, sites = effect.parcels, effect.sites
    gains, site_gains = parcels[parcels.better], sites[sites.better]
    return EffectAnswer(
        scenario=effect.scenario.key,
        method=effect.wanted.method.key,
        window=str(effect.wanted.window),
        day_kind=DayKind(effect.wanted.day_kind),
        days=effect.served.days,
        parcels=len(gains),
        sites=len(site_gains),
        gross_m2=_total(gains.gross_m2),
        net_m2=_net(gains),
        net_known=int(gains.net_m2.notna().sum()),
        net_stale=int(gains.stale.astype(bool).sum()),
        worse=int((~parcels.better).sum()),
        by_class=by_class(effect),
        stops=stop_changes(effect),
        parcel_list=[_place(row) for row in _largest(gains, limit)],
        site_list=[_place(row) for row in _largest(site_gains, limit)],
        distance_kind="street_network" if effect.on_streets else "detour_factor",
        is_demo=effect.scenario.is_demo or effect.served.demo,
    )


def by_class(effect: Effect) -> list[GainOfClass]:
    """Count the changes by class before and after, the best class after first."""
    columns = ["rank_after", "rank_before", "before", "after", "better", "gross_m2", "net_m2"]
    parcels, sites = effect.parcels[columns], effect.sites[columns]
    places = pd.concat([parcels.assign(is_site=False), sites.assign(is_site=True)], ignore_index=True).astype(
        {"before": object, "after": object}
    )
    counted = []
    for _, group in places.groupby(["rank_after", "rank_before"], sort=True):
        here = group[~group.is_site]
        counted.append(
            GainOfClass(
                before=group.before.iloc[0],
                after=group.after.iloc[0],
                better=bool(group.better.iloc[0]),
                parcels=len(here),
                gross_m2=_total(here.gross_m2),
                net_m2=_net(here),
                net_known=int(here.net_m2.notna().sum()),
                sites=int(group.is_site.sum()),
            )
        )
    return counted


def stop_changes(effect: Effect) -> list[StopChange]:
    """Return the stops that the scenario serves, before and after."""
    frame = effect.served.frame
    rows: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]  # keys are column names
    return [
        StopChange(
            stop_id=row["stop_id"],
            name=row["name"],
            is_new=row["is_new"],
            lon=round(place.x, CENTIMETRE),
            lat=round(place.y, CENTIMETRE),
            category_before=row["category_before"],
            category_after=row["category_after"],
            mode_group=row["mode_group"] if isinstance(row["mode_group"], str) else None,
            departures_before=round(row["departures_before"], 2),
            departures_after=round(row["departures_after"], 2),
            headway_min_before=_known(row["headway_min_before"]),
            headway_min_after=_known(row["headway_min_after"]),
        )
        for row, place in zip(rows, to_wgs84(_points(frame)), strict=True)
    ]


def _points(frame: pd.DataFrame) -> Any:  # noqa: ANN401 - an array of shapes
    return shapely.points(frame[["x", "y"]].to_numpy(dtype=float))


def _known(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 2)


def _total(areas: "pd.Series[Any]") -> float:
    return round(float(areas.astype(float).sum()), 1)


def _net(places: pd.DataFrame) -> float | None:
    known = places.net_m2.dropna()
    return None if known.empty and len(places) else _total(known)


def _largest(places: pd.DataFrame, limit: int) -> list[dict[str, Any]]:
    """Return the best by net, then gross area."""
    net, gross = -places.net_m2.astype(float).fillna(-1), -places.gross_m2.astype(float)
    largest = heapq.nsmallest(limit, zip(net, gross, places.key, range(len(places)), strict=True))
    return places.iloc[[row for *_, row in largest]].to_dict("records")  # type: ignore[return-value]  # keys are column names


def _place(row: dict[str, Any]) -> PlaceChange:
    return PlaceChange(
        key=row["key"],
        name=row["name"],
        before=row["before"],
        after=row["after"],
        stop=row["stop_name_after"],
        distance_m=_known(row["distance_after"]),
        walking_m=_known(row["walk_after"]),
        gross_m2=round(float(row["gross_m2"]), 1),
        net_m2=None if pd.isna(row["net_m2"]) else round(float(row["net_m2"]), 1),
        stale=bool(row["stale"]),
        is_demo=row["is_demo"],
    )
