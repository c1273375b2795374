"""Read stops.txt: check coordinates, group platforms to stations, keep what lies in the area."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from geo_service.errors import ImportRejected
from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.transit.gtfs_reasons import NO_NUMBER, NO_PLACE, beyond
from geo_service.transit.gtfs_tables import FeedTables
from geo_service.transit.stations import chord, group_stops, middle, on_sphere

FILE: Final = "stops.txt"
NOWHERE_DEGREES: Final = 0.01
"""Stops this near to latitude 0, longitude 0 have no place: the publisher did not know it."""
FAR_PLATFORM_M: Final = 1_000.0
"""A platform farther than this from its station is reported, metres."""
CENTRAL_MERIDIAN: Final = 9.0
"""Of EPSG:25832, degrees east."""
TRUE_DEGREES: Final = 15.0
"""Beyond this distance from the central meridian the metres of EPSG:25832 are distorted, degrees."""
LIMITS: Final = {"stop_lat": 90.0, "stop_lon": 180.0}
"""Largest absolute values, degrees."""
PLATFORM_TYPES: Final = ("", "0")
"""location_type of places where vehicles stop."""

Coordinates = npt.NDArray[np.float64]
"""Longitude and latitude in degrees (WGS 84), or x and y; shape (n, 2); NaN where unknown."""


@dataclass(frozen=True)
class Stops:
    """The stops of a feed.

    Parameters
    ----------
    stop_ids
        Ids by number, shape (stops,).
    station_ids
        Ids of the stations by number, shape (stations,).
    stations
        Stations in the area that have a platform: station_no, stop_id, name, member_ids, geometry
        (EPSG:25832).
    """

    stop_ids: npt.NDArray[np.object_]
    station_ids: npt.NDArray[np.object_]
    stations: pd.DataFrame


def read_stops(tables: FeedTables, area: shapely.Geometry | None, area_name: str) -> Stops:
    """Read the stops and make the DuckDB tables ``stops`` and ``stations``.

    Parameters
    ----------
    tables
        The opened feed.
    area
        Stations outside are not kept, EPSG:25832; None: all are.
    area_name
        What the area is called in messages.

    Raises
    ------
    ImportRejected
        When the file has no rows, or no station lies in the area.
    """
    frame = tables.unique(FILE, tables.frame(FILE))
    with_parent = tables.known(FILE, "parent_station", frame.parent_station, frame.stop_id, FILE)
    frame["parent_station"] = frame.parent_station.where(with_parent, "")
    lonlat = _with_parents(frame, _coordinates(tables, frame))
    station_of = group_stops(
        list(frame.stop_id), list(frame.stop_name), list(frame.parent_station), np.nan_to_num(lonlat)
    )
    station_ids, station_no = np.unique(np.array(station_of, dtype=object), return_inverse=True)
    places = _station_places(frame, lonlat, station_ids, station_no)
    _report_places(tables, frame, lonlat, places[station_no])
    xy = project(places)
    inside: npt.NDArray[np.bool_] = np.asarray(~np.isnan(xy).any(axis=1))
    if area is not None:
        inside &= _within(area, xy)
        if not inside.any():
            raise _nothing_inside(places, area, area_name)
    names = _station_names(frame, station_ids, station_no)
    kept: npt.NDArray[np.bool_] = inside[station_no] & _is_platform(frame)
    _make_tables(tables, frame.stop_id, station_no, kept, names)
    members = frame.stop_id[kept].groupby(station_no[kept]).agg(sorted)
    numbers = members.index.to_numpy()
    tables.counts |= {"stops": len(frame), "stations kept": len(numbers)}
    stations = pd.DataFrame(
        {
            "station_no": numbers,
            "stop_id": station_ids[numbers],
            "name": names[numbers],
            "member_ids": members.to_numpy(),
            "geometry": shapely.points(xy[numbers]),
        }
    )
    return Stops(frame.stop_id.to_numpy(dtype=object), station_ids, stations)


def _is_platform(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return frame.location_type.isin(PLATFORM_TYPES).to_numpy(dtype=bool)


def project(lonlat: Coordinates) -> Coordinates:
    """Return degrees (WGS 84) in EPSG:25832; NaN where the projection has no answer (far from Europe)."""
    transformer = Transformer.from_crs(WGS84_SRID, STORAGE_SRID, always_xy=True)
    xy = np.column_stack(transformer.transform(lonlat[:, 0], lonlat[:, 1]))
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    return xy


def _coordinates(tables: FeedTables, frame: pd.DataFrame) -> Coordinates:
    """Return longitude and latitude of each row, NaN where blank or 0/0, or where it cannot be (faulty)."""
    columns = {}
    for name, limit in LIMITS.items():
        values = pd.to_numeric(frame[name].replace("", None), errors="coerce").to_numpy(
            dtype=float, copy=True
        )
        values[~np.isfinite(values)] = np.nan
        if (np.isnan(values) & (frame[name] != "").to_numpy()).any():
            tables.reject(FILE, name, _no_number, NO_NUMBER)
        if (np.abs(values) > limit).any():
            tables.reject(FILE, name, _beyond(limit), beyond(limit))
            values[np.abs(values) > limit] = np.nan
        columns[name] = values
    lonlat = np.column_stack([columns["stop_lon"], columns["stop_lat"]])
    nowhere = (np.abs(lonlat) < NOWHERE_DEGREES).all(axis=1)
    if nowhere.any():
        example = frame.stop_id[nowhere].iloc[0]
        tables.counts["stops at 0/0"] = int(nowhere.sum())
        tables.warnings.append(
            f"{FILE}: {int(nowhere.sum())} stops lie at latitude 0, longitude 0 (first: {example!r}); their "
            "place was taken from their station where it has one."
        )
        lonlat[nowhere] = np.nan
    return lonlat


def _no_number(text: str) -> bool:
    try:
        return text != "" and not np.isfinite(float(text))
    except ValueError:
        return True


def _beyond(limit: float) -> Callable[[str], bool]:
    return lambda text: text != "" and not _no_number(text) and abs(float(text)) > limit


def _with_parents(frame: pd.DataFrame, lonlat: Coordinates) -> Coordinates:
    """Give rows without coordinates those of their parent."""
    place = {stop_id: row for row, stop_id in enumerate(frame.stop_id)}
    parent = frame.parent_station.map(place)
    for _ in range(2):  # a boarding area stands below a platform, which stands below a station
        missing = np.isnan(lonlat).any(axis=1) & parent.notna().to_numpy()
        lonlat[missing] = lonlat[parent[missing].astype(int)]
    return lonlat


def _station_places(
    frame: pd.DataFrame,
    lonlat: Coordinates,
    station_ids: npt.NDArray[np.object_],
    station_no: npt.NDArray[np.int64],
) -> Coordinates:
    """Return one place per station: its own coordinates, else the mean of its platforms."""
    located = ~np.isnan(lonlat).any(axis=1)
    platform = _is_platform(frame)
    places = np.full((len(station_ids), 2), np.nan)
    for among in (located, located & platform):
        numbers, groups = np.unique(station_no[among], return_inverse=True)
        places[numbers] = middle(lonlat[among], groups)
    own = (
        located
        & (frame.location_type == "1").to_numpy()
        & (frame.stop_id.to_numpy() == station_ids[station_no])
    )
    places[station_no[own]] = lonlat[own]
    return places


def _station_names(
    frame: pd.DataFrame, station_ids: npt.NDArray[np.object_], station_no: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    """Return the name of each station: its own row's, else that of the member with the least id."""
    own = frame.stop_id.to_numpy() == station_ids[station_no]
    order = np.lexsort((frame.stop_id.to_numpy().astype(str), ~own, station_no))
    firsts = order[np.unique(station_no[order], return_index=True)[1]]
    names: npt.NDArray[np.object_] = frame.stop_name.to_numpy(dtype=object)[firsts]
    return np.where(names == "", station_ids, names)


def _within(area: shapely.Geometry, xy: Coordinates) -> npt.NDArray[np.bool_]:
    shapely.prepare(area)
    inside: npt.NDArray[np.bool_] = shapely.intersects_xy(area, np.nan_to_num(xy, nan=np.inf))
    return inside


def _nothing_inside(places: Coordinates, area: shapely.Geometry, area_name: str) -> ImportRejected:
    """Explain why no station lies in the area: swapped axes or another region."""
    swapped = places[:, ::-1][np.abs(places[:, 0]) <= LIMITS["stop_lat"]]
    if _within(area, project(swapped)).any():
        return ImportRejected(
            f"{FILE}, fields stop_lat and stop_lon: no stop lies in {area_name}, but with the two swapped "
            "some do. Swap the columns.",
            file=FILE,
            field="stop_lat",
        )
    centre = np.nanmedian(places, axis=0) if (~np.isnan(places)).any() else (np.nan, np.nan)
    return ImportRejected(
        f"{FILE}: none of the {len(places)} stations lies in {area_name} (they lie around latitude "
        f"{centre[1]:.3f}, longitude {centre[0]:.3f}). Is it the feed of another region? To take it all the "
        "same, add --allow-outside.",
        file=FILE,
    )


def _report_places(
    tables: FeedTables, frame: pd.DataFrame, lonlat: Coordinates, station: Coordinates
) -> None:
    """List platforms without a place; warn of those far from it, or far from the zone of EPSG:25832."""
    nowhere = _is_platform(frame) & np.isnan(station).any(axis=1)
    if nowhere.any():
        lost = set(frame.stop_id[nowhere])
        tables.reject(FILE, "stop_id", lost.__contains__, NO_PLACE)
    distorted = _is_platform(frame) & (np.abs(station[:, 0] - CENTRAL_MERIDIAN) > TRUE_DEGREES)
    if distorted.any():
        tables.warnings.append(
            f"{FILE}: {int(distorted.sum())} stops are far outside UTM zone 32: distances there are untrue, "
            "headways and categories are."
        )
    gap = np.linalg.norm(on_sphere(lonlat) - on_sphere(station), axis=1)
    far = np.nan_to_num(gap) > chord(FAR_PLATFORM_M)
    if far.any():
        tables.counts["stops far from their station"] = int(far.sum())
        tables.warnings.append(
            f"{FILE}: {int(far.sum())} stops lie more than {FAR_PLATFORM_M:,.0f} m from their station (first:"
            f" {frame.stop_id[far].iloc[0]!r}); the station's place counts."
        )


def _make_tables(
    tables: FeedTables,
    stop_ids: "pd.Series[str]",
    station_no: npt.NDArray[np.int64],
    inside: npt.NDArray[np.bool_],
    names: npt.NDArray[np.object_],
) -> None:
    """Hand stops and stations over to DuckDB."""
    numbers = np.arange(len(stop_ids), dtype=np.int32)
    frame = pd.DataFrame(
        {
            "stop_no": numbers,
            "stop_id": stop_ids.astype("str"),
            "station_no": station_no.astype(np.int32),
            "inside": inside,
        }
    )
    tables.duck.from_df(frame).create("stops")
    stations = pd.DataFrame(
        {"station_no": np.arange(len(names), dtype=np.int32), "name": pd.Series(names, dtype="str")}
    )
    tables.duck.from_df(stations).create("stations")
