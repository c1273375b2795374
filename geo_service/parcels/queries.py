"""Statements about parcels for their import."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, Select, func, select

from geo_service.geometry import STORAGE_SRID
from geo_service.imports.queries import still_valid
from geo_service.parcels.models import Parcel

PARCELS = Parcel.metadata.tables["parcels"]


def around(keys: list[str], bounds: Iterable[float]) -> Select[*tuple[Any, ...]]:
    """Select key and area (WKB, EPSG:25832) of the parcels of today in a box, but for some keys.

    Parameters
    ----------
    keys
        Keys that are left out.
    bounds
        Box in EPSG:25832: west, south, east, north.
    """
    box = func.ST_MakeEnvelope(*map(float, bounds), STORAGE_SRID)
    return select(PARCELS.c.parcel_key, func.ST_AsBinary(PARCELS.c.geom)).where(
        PARCELS.c.geom.op("&&", return_type=Boolean())(box),
        PARCELS.c.parcel_key != func.all(keys),
        still_valid(PARCELS.c.valid),
    )
