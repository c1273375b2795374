"""Computations about the whole city for requests: each once, and kept until the data change."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar, cast

from fastapi import Request
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.availability import city_queries, service
from geo_service.availability.city_land import CityLand, city_land
from geo_service.availability.flows import two_days
from geo_service.beside import Turns
from geo_service.db import Database, get_database
from geo_service.upkeep import repeat

T = TypeVar("T")

LANDS_KEPT: Final = 2
"""Cities kept per process, about 150 MB for 200,000 parcels each: a balance needs two days."""
ANSWERS_KEPT: Final = 64
EVERY_S: Final = 5.0
"""Seconds between two looks whether kept cities are outdated."""
WANTED_S: Final = 900.0
"""Seconds after its last question for which a city is kept ready."""

Version = tuple[str, date]
"""State of the data, and the day on which publication is judged."""
LandOf = Callable[[date, str], CityLand]
"""Returns the land of the city on a day, by a preset."""


@dataclass
class Desk:
    """The computations of one process about the whole city: one at a time, for each audience."""

    _lands: "OrderedDict[tuple[date, str], tuple[Version, CityLand]]" = field(default_factory=OrderedDict)
    _wanted: dict[tuple[date, str], float] = field(default_factory=dict)
    _seen: Version | None = None
    _answers: "OrderedDict[Hashable, tuple[Version, Any]]" = field(default_factory=OrderedDict)
    _running: dict[Hashable, "asyncio.Task[Any]"] = field(default_factory=dict)
    _turns: Turns = field(
        default_factory=lambda: Turns(1, "Other questions about the whole city are being computed.")
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def ask(
        self,
        database: Database,
        version: str,
        key: Hashable,
        make: Callable[[LandOf, Connection], T],
        *,
        public: bool,
    ) -> T:
        """Return an answer from before if nothing was written since, else compute it in a thread.

        Parameters
        ----------
        database
            Where to read.
        version
            State of the data now, from `city_queries.data_version`.
        key
            Names the question; equal questions get one computation.
        make
            Computes the answer.
        public
            Whether nobody known asks: the public and the agency have a turn each, so that neither can keep
            the other waiting.

        Raises
        ------
        Busy
            When others are still computing after some seconds.
        """
        state = (version, service.today())
        held = self._answers.get(key)
        if held and held[0] == state:
            self._answers.move_to_end(key)
            return cast("T", held[1])
        question = (key, state)
        task = self._running.get(question)
        if task is None:
            task = asyncio.create_task(self._computed(database, key, make, public=public))
            self._running[question] = task
            task.add_done_callback(lambda done: self._ended(question, done))
        return cast("T", await asyncio.shield(task))

    def _ended(self, question: Hashable, task: "asyncio.Task[Any]") -> None:
        self._running.pop(question, None)
        if not task.cancelled():
            task.exception()  # a caller that left does not ask for it any more

    async def _computed(
        self, database: Database, key: Hashable, make: Callable[[LandOf, Connection], Any], *, public: bool
    ) -> Any:  # noqa: ANN401 - whatever is made
        state, answer = await self._turns.compute(lambda: self._compute(database, make), public=public)
        self._answers[key] = (state, answer)
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        return answer

    def _compute(self, database: Database, make: Callable[[LandOf, Connection], Any]) -> tuple[Version, Any]:
        """Compute in one snapshot of the register."""
        with database.answering(one_snapshot=True) as snapshot:
            state = (str(snapshot.execute(city_queries.data_version()).scalar_one()), service.today())

            def land_of(as_of: date, preset: str) -> CityLand:
                land = self._land(snapshot, state, as_of, preset)
                self.want(as_of, preset)
                return land

            return state, make(land_of, snapshot)

    def want(self, as_of: date, preset: str = "default") -> None:
        """Have the city of a day ready from one of the next looks on, as if it had been asked for now."""
        with self._lock:
            self._wanted[as_of, preset] = time.monotonic()

    async def look(self, database: Database) -> bool:
        """Bring cities that were asked for lately up to the data; tell whether any was outdated.

        Not before two looks found the same state: where much is written, nothing is computed in vain, and a
        refresh of what is stored comes first.

        Raises
        ------
        Busy
            When questions are being computed: they do the same.
        """
        if not self._wanted:
            return False
        async with database.read_session() as session:
            state = (str(await session.scalar(city_queries.data_version())), service.today())
        settled, self._seen = self._seen == state, state
        since = time.monotonic() - WANTED_S
        with self._lock:
            self._wanted = {key: at for key, at in self._wanted.items() if at > since}
            held = {key: version for key, (version, _) in self._lands.items()}
            outdated = [key for key in self._wanted if held.get(key) != state]
        if not (settled and outdated):
            return False
        await self._turns.compute(lambda: self._renew(database, outdated), public=False)
        return True

    def _renew(self, database: Database, keys: list[tuple[date, str]]) -> None:
        with database.answering(one_snapshot=True) as snapshot:
            state = (str(snapshot.execute(city_queries.data_version()).scalar_one()), service.today())
            for key in keys:
                self._land(snapshot, state, *key).with_facts(snapshot)

    def _land(self, snapshot: Connection, state: Version, as_of: date, preset: str) -> CityLand:
        with self._lock:
            held = self._lands.get((as_of, preset))
            if held and held[0] == state:
                self._lands.move_to_end((as_of, preset))
                return held[1]
        land = city_land(snapshot, as_of, preset)
        with self._lock:
            self._lands[as_of, preset] = (state, land)
            self._lands.move_to_end((as_of, preset))
            while len(self._lands) > LANDS_KEPT:
                self._wanted.pop(self._lands.popitem(last=False)[0], None)
        return land


def desk_of(request: Request) -> Desk:
    """Return the application's desk."""
    desk: Desk = request.app.state.desk
    return desk


async def keep_ready(desk: Desk, database: Database) -> None:
    """Keep cities ready that were asked for lately, until cancelled: no question waits for what was changed.

    They are those that are kept anyway, at most `LANDS_KEPT`; when a server starts, the two of the usual
    balance.
    """
    for day in two_days(None, None, service.today()):
        desk.want(day)
    await repeat(lambda: desk.look(database), EVERY_S, "land of the city")


async def answered(
    request: Request,
    session: AsyncSession,
    key: Hashable,
    make: Callable[[LandOf, Connection], T],
    *,
    public: bool,
) -> T:
    """Answer a question about the whole city.

    Parameters
    ----------
    request
        The request; its application keeps the answers.
    session
        Read session, asked whether anything was written.
    key, make, public
        As in `Desk.ask`.

    Raises
    ------
    Busy
        When others are still computing after some seconds.
    """
    version = str(await session.scalar(city_queries.data_version()))
    await session.commit()  # gives the connection back: others need it while this one waits
    return await desk_of(request).ask(get_database(request), version, key, make, public=public)
