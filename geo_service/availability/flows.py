"""The land balance of a city: its land on two days, told apart, with what happened in between."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geo_service.availability.balance import FLOWS, MEASURES, Balance, land_balance
from geo_service.availability.city_land import CityLand
from geo_service.availability.inputs import SEVERITIES
from geo_service.availability.presets import HORIZONS
from geo_service.availability.service import askable
from geo_service.availability.totals import PER_M2
from geo_service.errors import BadParameter

STAGES: Final = ("opening", *FLOWS, "closing")
"""What there was, what happened, what there is."""
CSV_HEADINGS: Final = ("stage", "parcels", "net_m2", "offered_m2", "estimated_m2")


@dataclass(frozen=True)
class CityBalance:
    """A land balance of the city.

    Parameters
    ----------
    start, end
        The two days.
    preset
        Key of the horizon preset.
    balance
        Cells and evidence.
    keys
        Parcel key by parcel id, for the evidence.
    is_demo
        Whether any parcel is invented.
    """

    start: date
    end: date
    preset: str
    balance: Balance
    keys: dict[int, str]
    is_demo: bool

    def cells(self) -> list[tuple[dict[str, str], dict[str, dict[str, int]]]]:
        """Return each cell with its measures by stage, all stages named; sorted by the words."""
        names = self.balance.dimensions
        found: dict[tuple[str, ...], dict[str, dict[str, int]]] = {}
        for *cell, stage, parcels, net, offered, estimated in self.balance.cells.itertuples(index=False):
            measures = found.setdefault(
                tuple(map(str, cell)), {name: dict.fromkeys(STAGES, 0) for name in MEASURES}
            )
            for name, value in zip(MEASURES, (parcels, net, offered, estimated), strict=True):
                measures[name][stage] = int(value)
        return [(dict(zip(names, cell, strict=True)), found[cell]) for cell in sorted(found, key=_place)]

    def total(self) -> dict[str, dict[str, int]]:
        """Return the measures of all cells together, by stage."""
        sums = self.balance.cells.groupby("stage", observed=False)[list(MEASURES)].sum()
        return {
            measure: {stage: int(sums[measure].get(stage, 0)) for stage in STAGES} for measure in MEASURES
        }

    def evidence(self, stage: str, cell: dict[str, str]) -> pd.DataFrame:
        """Return the parcels behind a figure.

        Parameters
        ----------
        stage
            One of `STAGES`.
        cell
            Words of some or all dimensions; empty: the total.

        Returns
        -------
        pandas.DataFrame
            ``parcel_key``, the dimensions and the measures, largest area first.

        Raises
        ------
        BadParameter
            For a stage that there is not.
        """
        if stage not in STAGES:
            raise BadParameter(f"{stage[:40]!r} is none of {', '.join(STAGES)}.", parameter="stage")
        records = self.balance.records
        chosen = (records["stage"] == stage).to_numpy(dtype=bool, copy=True)
        for name, word in cell.items():
            chosen &= (records[name] == word).to_numpy(dtype=bool)
        rows = records[chosen]
        rows = rows.assign(parcel_key=[self.keys[number] for number in rows["parcel_id"]])
        order = np.lexsort((rows["parcel_key"].to_numpy(dtype=str), -rows["net_cm2"].abs().to_numpy()))
        return rows.iloc[order].reset_index(drop=True)

    def as_csv(self) -> str:
        """Write one line per cell and stage, areas in m2 with a point; opening plus flows is closing."""
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow(("from", "to", *self.balance.dimensions, *CSV_HEADINGS))
        for cell, measures in self.cells():
            for stage in STAGES:
                areas = [f"{measures[name][stage] / PER_M2:.4f}" for name in MEASURES[1:]]
                writer.writerow(
                    (self.start, self.end, *cell.values(), stage, measures["parcels"][stage], *areas)
                )
        return target.getvalue()


def _place(cell: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return where a cell stands: horizons and severities in their order, other words by name."""
    order = (*HORIZONS, *SEVERITIES)
    return [(order.index(word) if word in order else 0, word) for word in cell]


def city_balance(opening: CityLand, closing: CityLand, by: Sequence[str]) -> CityBalance:
    """Balance the land of the city on two days.

    Raises
    ------
    InvalidInput
        For an unknown or repeated dimension.
    """
    days = (opening, closing)
    frames = [_day(land, with_use="use" in by) for land in days]
    keys = {
        number: key
        for land in days
        for number, key in zip(
            land.parcels["parcel_id"].tolist(), land.parcels["parcel_key"].tolist(), strict=True
        )
    }
    demo = any(bool(land.parcels["is_demo"].any()) for land in days)
    balance = land_balance(frames[0], frames[1], tuple(by))
    return CityBalance(
        opening.options.as_of, closing.options.as_of, opening.options.preset.key, balance, keys, demo
    )


def _day(land: CityLand, *, with_use: bool) -> pd.DataFrame:
    columns = ["parcel_id", "gross_m2", "net_m2", "offered_m2", "estimated_m2", "sold", "horizon"]
    frame = land.parcels[[*columns, "district", "severity", "owner_kind"]].assign(
        category=land.parcels["internal_category"],
        offered=land.on_offer(public=False) | land.parcels["sold"].to_numpy(dtype=bool),
    )
    return frame.assign(use=land.use) if with_use else frame


def two_days(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """Return the days of a balance: until today, and over one year, where nothing is said.

    Raises
    ------
    BadParameter
        When the first is not before the second, or one of them cannot be asked for; names it.
    """
    last = askable(end or today, "to")
    first = askable(start or _year_before(last), "from")
    if first >= last:
        raise BadParameter(f"A balance runs from an earlier to a later day: {first} is not before {last}.",
                           parameter="from")  # fmt: skip
    return first, last


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(
        year=day.year - 1
    )  # fmt: skip
