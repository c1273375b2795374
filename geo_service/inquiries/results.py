"""The best of a ranking as the interface answers them: figures, reasons, addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import numpy as np
from sqlalchemy import RowMapping

from geo_service.inquiries import reasons
from geo_service.inquiries.candidates import KINDS, MET, NEAR, OUT, POINTS, Candidates, Kind
from geo_service.inquiries.criteria import not_known
from geo_service.inquiries.ranking import Judgement, Ranking
from geo_service.inquiries.reasons import Asked, State
from geo_service.inquiries.schemas import Ranked, RankedPart, Words

STATES: Final[Mapping[int, State]] = {MET: "met", NEAR: "near", OUT: "missed"}
"""What the states of the kernel are called; a criterion that does not apply has no name."""

SHOWN: Final = (
    "key", "name", "district", "area_m2", "estimated_m2", "available_from", "horizon", "stale", "stop",
    "distance_m", "transit_stale", "rent_eur_month", "price_eur_per_m2", "lon", "lat", "is_demo", "source",
)  # fmt: skip
"""Columns of `detail_queries.details` that are shown as they are."""


@dataclass(frozen=True, slots=True)
class Describer:
    """Turns positions of a ranking into results.

    Parameters
    ----------
    asked
        What is looked for, with its words.
    candidates, ranking
        What was ranked, and how.
    rows
        What is shown of the best, by kind and id (columns of `detail_queries.details`).
    """

    asked: Asked
    candidates: Candidates
    ranking: Ranking
    rows: dict[tuple[Kind, int], RowMapping]

    def listed(self, positions: np.ndarray) -> list[Ranked]:
        """Describe a list of results; what was ended between two statements is left out."""
        found = [(position, self._row(position)) for position in positions.tolist()]
        present = [(position, row) for position, row in found if row is not None]
        return [self._one(place, *item) for place, item in enumerate(present, start=1)]

    def _row(self, position: int) -> RowMapping | None:
        return self.rows.get((self._kind(position), int(self.candidates.id[position])))

    def _kind(self, position: int) -> Kind:
        return KINDS[int(self.candidates.kind[position])]

    def _one(self, place: int, position: int, row: RowMapping) -> Ranked:
        kind = self._kind(position)
        parts = self._parts(position, row, kind)
        return Ranked(
            place=place,
            kind=kind,
            score=int(self.ranking.points[position]) / POINTS,
            parts=parts,
            missing=[part.criterion for part in parts if part.must and part.state != "met"],
            **_figures(row, kind),
            **_addresses(row["key"], kind),
        )

    def _parts(self, position: int, row: RowMapping, kind: Kind) -> list[RankedPart]:
        parts = []
        for item in self.ranking.judgements:
            state = self._state(item, position)
            if state is None:
                continue
            sentence = reasons.explain(item.name, state, self.asked, row, kind)
            parts.append(
                RankedPart(
                    criterion=item.name,
                    must=item.must,
                    state=state,
                    value=float(item.value[position]),
                    weight=item.weight,
                    words=Words(de=sentence.de, en=sentence.en),
                )
            )
        return parts

    def _state(self, item: Judgement, position: int) -> State | None:
        """Return the state of a criterion; None where it does not apply."""
        code = int(item.state[position])
        if code in {NEAR, OUT} and not_known(item.name, self.candidates, position):
            return "unknown"
        return STATES.get(code)


def _figures(row: RowMapping, kind: Kind) -> dict[str, object]:
    """Return the figures of a result."""
    return {
        **{name: row[name] for name in SHOWN},
        "location": row["place"] or "",
        "area_is_estimate": row["is_estimate"],
        "uses": sorted(row["uses"] or ()),
        "transit_grade": row["grade"],
        "price_is_land_value": kind == "parcel" and row["price_eur_per_m2"] is not None,
    }


def _addresses(key: str, kind: Kind) -> dict[str, str | None]:
    """Return where a result is shown: page, map, data."""
    if kind == "parcel":
        data = f"/api/parcels/{key}/availability"
        return {"page": f"/flaechen/{key}", "map": f"/maps/overview#focus=parcel:{key}", "data": data}
    if kind == "plot":
        site = key.split("/", maxsplit=1)[0]
        focus = f"/maps/overview#focus=site:{site}"
        return {"page": f"/standorte/{site}", "map": focus, "data": f"/api/sites/{site}"}
    safe = quote(key, safe="")
    return {"page": f"/leerstand/{safe}", "map": f"/maps/overview#focus=premises:{safe}", "data": None}
