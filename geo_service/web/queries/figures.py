"""Where the list of parcels takes its figures from: those stored, or those computed for another day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Float,
    FromClause,
    Text,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import TypeEngine

from geo_service.availability.models import Availability, Usability
from geo_service.availability.queries import is_stale
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan, PlanArea

USABLE: Final = and_(
    Usability.parcel_id == Availability.parcel_id, Usability.computed_at == Availability.computed_at
)
"""Usability beside another computation than its own is stale: it is not shown."""
COMPUTED: Final[dict[str, TypeEngine[Any]]] = {
    "parcel_id": BigInteger(),
    "gross_m2": Float(),
    "net_m2": Float(),
    "offered_m2": Float(),
    "piece_m2": Float(),
    "severity": Text(),
    "horizon": Text(),
    "available_from": Date(),
    "category": Text(),
    "ground": Text(),
    "offered": Boolean(),
}
"""Columns of computed figures, as they are handed to the database."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of the parcels of a day, one row each.

    Parameters
    ----------
    day
        The day of the cadastre, of the plans and of the figures.
    table
        Columns `COMPUTED`.
    stale
        Whether something changed since; of a statement with `Parcel`.
    """

    day: ColumnElement[date]
    table: FromClause
    stale: ColumnElement[bool]

    @property
    def c(self) -> ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]:
        """The columns."""
        return self.table.c

    @property
    def zone(self) -> ColumnElement[str]:
        """BauNVO short form of the plan at a point inside the parcel, of the plans of the day."""
        found = (
            select(PlanArea.zone)
            .join(DevelopmentPlan, DevelopmentPlan.id == PlanArea.plan_id)
            .where(
                func.ST_Intersects(PlanArea.geom, func.ST_PointOnSurface(Parcel.geom)),
                DevelopmentPlan.valid.contains(self.day),
            )
            .order_by(PlanArea.id)
            .limit(1)
            .correlate(Parcel)
        )
        return found.scalar_subquery()


def stored(*, public: bool) -> Figures:
    """Return the stored figures.

    Parameters
    ----------
    public
        Whether the caller is nobody known: then the category is told without occupancies.
    """
    first, second = Availability.__table__.c, Usability.__table__.c
    prefix = "" if public else "internal_"
    statement = select(
        *(
            first[name]
            for name in ("parcel_id", "gross_m2", "net_m2", "severity", "horizon", "available_from")
        ),
        func.coalesce(second.offered_m2, first.net_m2).label("offered_m2"),
        second.piece_m2,
        second.ground,
        second[f"{prefix}category"].label("category"),
        func.coalesce(second[f"{prefix}offered"], false()).label("offered"),  # what was not assessed is not
    )
    table = statement.outerjoin_from(Availability, Usability, USABLE).subquery("figures")
    return Figures(func.current_date(), table, is_stale(table.c.parcel_id, Parcel.geom))


def computed(day: date, rows: pd.DataFrame) -> Figures:
    """Return computed figures as a table of one statement.

    Parameters
    ----------
    day
        The day for which they were computed.
    rows
        Columns `COMPUTED`.
    """
    values = [
        cast(bindparam(f"figures_{name}", array_text(rows[name]), Text, unique=True), ARRAY(kind))
        for name, kind in COMPUTED.items()
    ]
    named = [column(name, kind) for name, kind in COMPUTED.items()]
    table = func.unnest(*values).table_valued(*named, name="figures").render_derived()
    return Figures(literal(day, Date), table, false())


def on_list(parcels: pd.DataFrame, categories: Collection[str], *, public: bool) -> pd.DataFrame:
    """Return the computed figures that can be on a list: of land on offer, and of the categories asked for.

    Parameters
    ----------
    parcels
        The land of a city, as `CityLand.parcels`.
    categories
        Categories that are asked for although they may not be on offer.
    public
        As in `stored`.

    Returns
    -------
    pandas.DataFrame
        Columns `COMPUTED`.
    """
    prefix = "" if public else "internal_"
    offered, category = parcels[f"{prefix}offered"], parcels[f"{prefix}category"]
    chosen = (parcels["offered_m2"] > 0) & (offered.astype(bool) | category.isin(list(categories)))
    return parcels.assign(offered=offered, category=category).loc[chosen, list(COMPUTED)]


def array_text(values: "pd.Series[Any]") -> str:
    """Return numbers, words of a vocabulary, days or booleans as PostgreSQL reads an array; missing as NULL.

    Twenty times as fast as handing over a list, of which the driver looks at each value.
    """
    if values.dtype.kind == "M":
        values = pd.Series(np.datetime_as_string(values.to_numpy(), unit="D")).replace("NaT", None)
    written = values.astype(object).where(values.notna(), "NULL")
    return "{" + ",".join(map(str, written.tolist())) + "}"
