"""What stored transit answers were computed from, and whether that still holds.

An answer holds as long as the current timetables and streets are those that it was computed from, and its
place is where it was. Both are asked when it is read: whoever writes, and whatever is open at that moment, an
answer that no longer holds never looks fresh.
"""

import hashlib
import importlib.metadata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import shapely
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Integer,
    Row,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    or_,
    table,
    true,
)

from geo_service.transit import street_queries
from geo_service.transit.models import SubjectKind, TransitAccess
from geo_service.transit.windows import DAY

STATE: Final = table(
    "transit_state",
    column("method", Text),
    column("time_window", Text),
    column("computed_at", DateTime(timezone=True)),
    column("stale", Boolean),
)
"""View of the database: methods and windows stored, and whether timetables or streets changed since."""

LOW_BITS: Final = 0xFFFFFFFF

REACH_STATE: Final = table(
    "transit_reach_state", column("id", Integer), column("stale", Boolean), column("shown", Boolean)
)
"""View of the database: computations of travel times, whether timetables or streets changed since, and which
is shown: 7 to 9 o'clock if computed, else the latest."""


@dataclass(frozen=True)
class Basis:
    """What stored answers were computed from; only answers of one basis stand side by side.

    Parameters
    ----------
    feeds
        Ids of the current feeds, rising.
    network_id
        Streets in use; None: none are loaded.
    program
        Digest of the program.
    """

    feeds: list[int]
    network_id: int | None
    program: str

    def is_of(self, run: Row[Any] | None) -> bool:
        """Tell whether a run computed from this."""
        return run is not None and asdict(self) == {name: getattr(run, name) for name in asdict(self)}


def basis_of(connection: Connection, feeds: Sequence[Row[Any]]) -> Basis:
    """Return what a computation from these feeds rests on."""
    network = connection.execute(street_queries.current_network_id()).scalar_one_or_none()
    return Basis(sorted(feed.id for feed in feeds), network, program_digest())


@lru_cache(maxsize=1)
def program_digest() -> str:
    """Return a digest of what computes: this slice, its tables, and the libraries of the geometry."""
    digest = hashlib.sha256()
    data = Path(str(files("data")))
    tables = [*data.glob("transit_methods/*.toml"), *data.glob("walking/*.toml")]
    for path in sorted([*Path(__file__).parent.glob("*.py"), *tables]):
        digest.update(path.read_bytes())
    versions = [importlib.metadata.version(name) for name in ("shapely", "numpy", "scipy", "pandas")]
    digest.update(" ".join([shapely.geos_version_string, *versions]).encode())
    return digest.hexdigest()[:16]


def place_of(geom: Any) -> ColumnElement[int]:  # noqa: ANN401 - a geometry column
    """Return what tells one place from another: two hashes of all its coordinates, 64 bits.

    A tile asks this of thousands of places; MD5 of the WKB takes ten times as long.
    """
    high, low = (func.geometry_hash(each) for each in (geom, func.ST_SetSRID(geom, 0)))
    shifted = cast(high, BigInteger).bitwise_lshift(literal(32, Integer))
    return shifted.bitwise_or(cast(low, BigInteger).bitwise_and(literal(LOW_BITS, BigInteger)))


def answer_of(
    kind: SubjectKind | str,
    subject_id: Any,  # noqa: ANN401 - a column
    method: Any,  # noqa: ANN401 - text or a parameter
    window: Any = DAY,  # noqa: ANN401 - text or a parameter
    access: FromClause = TransitAccess.__table__,
) -> ColumnElement[bool]:
    """Return the condition that joins the stored answer about a subject."""
    return and_(
        access.c.subject_kind == str(kind),
        access.c.subject_id == subject_id,
        access.c.method == method,
        access.c.time_window == window,
    )


def state_of(access: FromClause = TransitAccess.__table__) -> ColumnElement[bool]:
    """Return the condition that joins `STATE` to stored answers."""
    return and_(STATE.c.method == access.c.method, STATE.c.time_window == access.c.time_window)


def is_stale(geom: Any, access: FromClause = TransitAccess.__table__) -> ColumnElement[bool]:  # noqa: ANN401
    """Tell whether a stored answer no longer holds; false where there is none.

    Parameters
    ----------
    geom
        Where the subject is now.
    access
        The answer, with `STATE` joined by `state_of`.
    """
    return and_(
        access.c.subject_id.is_not(None),
        or_(func.coalesce(STATE.c.stale, true()), access.c.place.is_distinct_from(place_of(geom))),
    )
