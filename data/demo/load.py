"""Writing the demo city into the database: stage by stage, each one transaction, each one at most once.

What a stage wrote is recorded as an import run of kind ``demo``; a stage that is recorded is left as it
is, so that a second start writes nothing and a start that was cut off goes on where it stopped.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Table

from data.demo import queries
from data.demo.city import DemoCity, fingerprint, generate
from data.demo.provenance import REFERENCE_DATE
from geo_service import schema
from geo_service.city import CityProfile
from geo_service.db import Database, copy_frame
from geo_service.errors import Conflict

ACTOR: Final = "geo demo"
KIND: Final = "demo"
"""Kind of import run that marks a written stage."""
STAGES: Final[dict[str, tuple[str, ...]]] = {
    "districts": ("districts", "quarters"),
    "parcels": ("parcels", "parcel_owners"),
    "restrictions": ("development_plans", "plan_areas", "land_use_areas", "restrictions"),
    "buildings": ("buildings",),
    "occupancies": ("occupancies",),
    "sites": ("sites", "plots", "phases", "milestones"),
    "premises": ("premises", "vacancies"),
    "contest": ("contest_rounds", "winners", "placements"),
    "inquiries": ("inquiries",),
}
"""Tables of each stage, in the order in which they are written."""
REFERENCES: Final[dict[str, tuple[str, str, str]]] = {
    "district_key": ("districts", "key", "district_id"),
    "quarter_key": ("quarters", "key", "quarter_id"),
    "parcel_key": ("parcels", "parcel_key", "parcel_id"),
    "plan_key": ("development_plans", "plan_key", "plan_id"),
    "site_slug": ("sites", "slug", "site_id"),
    "premises_key": ("premises", "premises_key", "premises_id"),
    "round_slug": ("contest_rounds", "slug", "round_id"),
}
"""Column with a natural key in a frame: the table it refers to, that table's key column, and the id
column."""
GENERATION_SHARE: Final = 0.5
"""Share of the progress bar for making the city; the rest is for writing it."""

Progress = Callable[[str, float], None]
"""Told what is being done and the share that is done, 0 to 1."""


@dataclass(frozen=True)
class DemoReport:
    """What loading the demo did.

    Parameters
    ----------
    written
        Rows written now, by table.
    reused
        Stages that an earlier start has written.
    """

    written: dict[str, int] = field(default_factory=dict)
    reused: tuple[str, ...] = ()

    @property
    def new(self) -> int:
        """Number of rows written now."""
        return sum(self.written.values())


def silent(_what: str, _share: float) -> None:
    """Tell nobody about the progress."""


def is_loaded(database: Database) -> bool:
    """Tell whether every stage of the demo is written."""
    return _stages_done(database) >= STAGES.keys()


def _stages_done(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(queries.recorded(KIND)))


def refuse_real_records(database: Database) -> None:
    """Refuse a database in which a table that is to be filled holds records that are not invented.

    Raises
    ------
    Conflict
        Naming the table.
    """
    missing = STAGES.keys() - _stages_done(database)
    with database.read() as connection:
        for name in (name for stage in sorted(missing) for name in STAGES[stage]):
            _refuse_real_records(connection, _table(name))


def load_demo(
    database: Database,
    city: CityProfile,
    progress: Progress = silent,
    reference_date: date = REFERENCE_DATE,
    ahead: Callable[[], DemoCity] | None = None,
) -> DemoReport:
    """Write the demo city, or what is missing of it.

    Parameters
    ----------
    database
        Migrated database.
    city
        Profile with demo facts.
    progress
        Told of each stage.
    reference_date
        The day that the demo is made for; only counts for stages that are not written yet.
    ahead
        Waits for this city of this day, which is in the making; without it, it is made when needed.

    Raises
    ------
    Conflict
        When a table that a missing stage fills holds real records: the demo does not mix with them.
    InvalidInput
        When the city has no demo facts.
    """
    done = _stages_done(database)
    missing = [stage for stage in STAGES if stage not in done]
    if not missing:
        progress("Demo", 1.0)
        return DemoReport(reused=tuple(STAGES))
    progress("Demo: making the city", 0.0)
    demo = ahead() if ahead else generate(city, reference_date)
    written: dict[str, int] = {}
    for number, stage in enumerate(missing):
        share = GENERATION_SHARE + (1 - GENERATION_SHARE) * number / len(missing)
        progress(f"Demo: writing {stage}", share)
        with database.begin(actor=ACTOR) as connection:
            written |= _write_stage(connection, stage, demo)
    with database.begin(actor=ACTOR) as connection:
        connection.execute(queries.analyze())
    progress("Demo", 1.0)
    return DemoReport(written, tuple(stage for stage in STAGES if stage in done))


def _write_stage(connection: Connection, stage: str, demo: DemoCity) -> dict[str, int]:
    """Write the tables of a stage and record it."""
    frames = {name: demo.frames[name] for name in STAGES[stage]}
    for name in frames:
        _refuse_real_records(connection, _table(name))
    written = {
        name: copy_frame(connection, _table(name), with_ids(connection, _table(name), frame))
        for name, frame in frames.items()
    }
    content = "".join(fingerprint(frame) for frame in frames.values())
    digest = hashlib.sha256(content.encode()).hexdigest()
    counts = {"new": sum(written.values()), "changed": 0, "unchanged": 0, "rejected": 0}
    connection.execute(queries.record(KIND, stage, digest, ACTOR, counts))
    return written


def _table(name: str) -> Table:
    return schema.metadata.tables[name]


def _refuse_real_records(connection: Connection, table: Table) -> None:
    """Refuse to write beside records that are not invented."""
    if "is_demo" not in table.columns:
        return
    real = connection.scalar(queries.real_records(table))
    if real:
        raise Conflict(
            f"The table {table.name} holds {real} real records. The demo does not mix with them: give it a "
            "database of its own, by another GEO_HOME or GEO_DATABASE_URL."
        )


def with_ids(connection: Connection, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Replace natural keys by the ids of the rows that they name; a table's own key stays."""
    result = pd.DataFrame(frame)
    for column, (named, key, id_column) in REFERENCES.items():
        if column not in result.columns or column in table.columns:
            continue
        rows = connection.execute(queries.ids_by_key(_table(named), key))
        ids = {name: number for name, number in rows}  # noqa: C416 - rows are no pairs to the type checker
        result = result.assign(**{id_column: result[column].map(ids).astype("Int64")})
        result = result.drop(columns=column)
    if "winner_name" in result.columns:
        result = _with_winner_ids(connection, result)
    return result


def _with_winner_ids(connection: Connection, frame: pd.DataFrame) -> pd.DataFrame:
    """Replace round and name of a winner by the winner's id."""
    found = connection.execute(queries.winner_ids())
    ids = {(round_id, name): winner_id for round_id, name, winner_id in found}
    keys = zip(frame["round_id"], frame["winner_name"], strict=True)
    return frame.assign(winner_id=[ids[key] for key in keys]).drop(columns=["round_id", "winner_name"])
