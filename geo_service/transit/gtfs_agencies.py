"""Tell lines of one number apart that different agencies run to different places."""

from typing import Final

import pandas as pd

from geo_service.transit.gtfs_tables import FeedTables
from geo_service.transit.modes import Mode

MOST_ALIKE: Final = 0.5
"""Lines that share more of their legs than this are one line that several agencies run."""

TRAINS: Final = frozenset({str(Mode.RAIL), str(Mode.LONG_DISTANCE)})
"""Railways agree on the names of their lines, and hand trains over: one line on both sides of a border."""

LEGS: Final = """
SELECT line_no, min(trips) AS trips, list(DISTINCT leg) AS legs, list(DISTINCT station) AS stations
FROM (
    SELECT line_no, station_no AS station, count(DISTINCT trip_no) OVER (PARTITION BY line_no) AS trips,
           CASE WHEN following <> station_no
                THEN [least(station_no, following), greatest(station_no, following)] END AS leg
    FROM (
        SELECT trips.line_no, trip_no, station_no,
               lead(station_no) OVER (PARTITION BY trip_no ORDER BY seq) AS following
        FROM calls JOIN trips USING (trip_no) SEMI JOIN namesakes ON namesakes.line_no = trips.line_no
    )
)
GROUP BY line_no
ORDER BY trips DESC, line_no
"""
"""Lines of several agencies, those with the most trips first: their stations, and legs between two."""

RENUMBER: Final = """
UPDATE trips SET line_no = joined.becomes FROM joined WHERE trips.line_no = joined.line_no
"""
SAME_WAY: Final = """
UPDATE trips SET direction = NULL
WHERE line_no IN (SELECT becomes FROM joined)
  AND line_no IN (SELECT line_no FROM trips GROUP BY line_no HAVING bool_or(direction IS NULL))
"""
"""Directions are derived for all of a line where one of its agencies does not tell them."""


def join_agencies(tables: FeedTables, lines: pd.DataFrame) -> pd.DataFrame:
    """Join the lines of one number and mode of different agencies, but for those that are two.

    They are two where they have a station in common and at most half of the legs of the shorter one: then the
    one with fewer trips is named with its agency. What several agencies run together, or publish twice, stays
    one line; so do trains of one name.

    Parameters
    ----------
    tables
        Feed with tables ``trips`` (whose line_no is that of an agency's line) and ``calls``.
    lines
        Row = line_no: line, mode, agency_id.

    Returns
    -------
    DataFrame
        The lines with their names; ``trips`` names the joined ones by one number.
    """
    alike = lines.duplicated(["line", "mode"], keep=False)
    if not alike.any():
        return lines
    tables.duck.from_df(pd.DataFrame({"line_no": lines.index[alike].astype("int32")})).create("namesakes")
    agencies: dict[str, str] = dict(
        tables.frame("agency.txt")[["agency_id", "agency_name"]].itertuples(index=False)
    )
    names = lines["line"].tolist()
    taken: dict[tuple[str, str], list[_Line]] = {}
    becomes: list[tuple[int, int]] = []
    for number, _, legs, stations in tables.duck.execute(LEGS).fetchall():
        found = _Line(number, {tuple(leg) for leg in legs if leg}, set(stations))
        name, mode, agency = lines.loc[number, ["line", "mode", "agency_id"]]
        known = taken.setdefault((name, mode), [])
        same = next((line for line in known if mode in TRAINS or line.is_one_with(found)), None)
        if same is not None:
            same.add(found)
            becomes.append((number, same.number))
        elif known:
            names[number] = f"{name} ({agencies.get(agency) or agency or number})"
        if same is None:
            known.append(found)
    frame = pd.DataFrame(becomes, columns=["line_no", "becomes"]).astype("int32")
    tables.duck.from_df(frame).create("joined")
    tables.duck.execute(RENUMBER)
    tables.duck.execute(SAME_WAY)
    return lines.assign(line=names)


class _Line:
    """Legs and stations of a line."""

    def __init__(self, number: int, legs: set[tuple[int, ...]], stations: set[int]) -> None:
        self.number, self.legs, self.stations = number, legs, stations

    def is_one_with(self, other: "_Line") -> bool:
        """Tell whether another one of the same number is the same line."""
        common = len(self.legs & other.legs)
        shorter = min(len(self.legs), len(other.legs))
        return not self.stations & other.stations or common > MOST_ALIKE * shorter

    def add(self, other: "_Line") -> None:
        self.legs |= other.legs
        self.stations |= other.stations
