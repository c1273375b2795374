"""The label that every invented record carries."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from psycopg.types.range import Range

from geo_service.geometry import STORAGE_SRID

REFERENCE_DATE: Final = date(2026, 11, 1)
"""The day the demo city is made for unless another is asked for: what is past, current and planned
follows from it."""
DEMO_SOURCE: Final = "Demo: erfunden, kein amtlicher Nachweis"
"""Source of every invented record, as shown to readers."""


def labelled(frame: pd.DataFrame, reference_date: date, source: str = DEMO_SOURCE) -> pd.DataFrame:
    """Return the frame with the columns that say that its rows are invented."""
    return frame.assign(source=source, source_date=reference_date, is_demo=True)


def geo_frame(rows: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Make a frame of rows with a polygon or multipolygon ``geom`` (EPSG:25832), kept as multipolygon."""
    return gpd.GeoDataFrame(
        [{**row, "geom": multipolygon(row["geom"])} for row in rows], geometry="geom", crs=STORAGE_SRID
    )


def multipolygon(shape: Any) -> shapely.MultiPolygon:  # noqa: ANN401 - whatever an overlay returns
    """Return a polygon or multipolygon as multipolygon; lines and points of a collection are dropped."""
    parts = shapely.get_parts(shape)
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def span(start: date | None, end: date | None) -> Range[date]:
    """Return the days from a first one to the day before the end; None: open."""
    return Range(start, end, "[)")
