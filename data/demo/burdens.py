"""One invented restriction before it has a key, and what all kinds of them share."""

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
from psycopg.types.range import Range
from shapely.geometry.base import BaseGeometry

from data.demo.ground import LABEL
from data.demo.provenance import geo_frame, labelled, span
from geo_service.restrictions.models import Effect, RestrictionKind, Severity


@dataclass(frozen=True)
class Burden:
    """A restriction before it has a key.

    Parameters
    ----------
    kind, effect, severity
        Words of the register.
    title
        What it is, in German.
    office
        Who is asked about it.
    shape
        Ground that it lies on, EPSG:25832.
    start, end
        First day and the day from which it no longer holds; None: not known or for good.
    share
        Share of the area that is lost, where the effect is to reduce.
    basis
        Legal basis.
    note
        Confidential remark.
    """

    kind: RestrictionKind
    effect: Effect
    severity: Severity
    title: str
    office: str
    shape: BaseGeometry
    start: date | None = None
    end: date | None = None
    share: float | None = None
    basis: str = ""
    note: str | None = None

    @property
    def valid(self) -> Range[date]:
        """The days on which it holds."""
        return span(self.start, self.end)


def restriction_frame(burdens: list[Burden], reference_date: date) -> gpd.GeoDataFrame:
    """Return the columns of the table ``restrictions``; keys are numbered within each kind."""
    counts: dict[str, int] = {}
    rows = []
    for burden in burdens:
        counts[burden.kind] = counts.get(burden.kind, 0) + 1
        rows.append(
            {
                "restriction_key": f"demo-{burden.kind.value}-{counts[burden.kind]:04d}",
                "kind": burden.kind.value,
                "effect": burden.effect.value,
                "severity": burden.severity.value,
                "title": f"{burden.title} {LABEL}",
                "reduction_share": burden.share,
                "office": burden.office,
                "legal_basis": burden.basis,
                "note": burden.note,
                "valid": burden.valid,
                "geom": burden.shape,
            }
        )
    return gpd.GeoDataFrame(labelled(geo_frame(rows), reference_date))
