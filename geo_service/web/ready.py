"""What is often asked first is computed beforehand: transit of the city, of its sites, and of scenarios."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import FastAPI
from sqlalchemy import Connection

from geo_service.db import Database
from geo_service.errors import GeoServiceError, NotFound
from geo_service.transit.grades import asked
from geo_service.transit.scenario_models import ScenarioStatus
from geo_service.transit.scenario_register import list_scenarios
from geo_service.transit.windows import DAY
from geo_service.upkeep import repeat
from geo_service.web.classes import classes_of
from geo_service.web.effects import EffectQuestion
from geo_service.web.kept import keep_answer, version_of
from geo_service.web.queries.parcels import METHOD
from geo_service.web.queries.sites import SITE_PLACES

EVERY_S: Final = 10.0
"""Seconds between two looks whether anything is outdated."""
MOST_SCENARIOS: Final = 3
"""Scenarios whose effect is kept ready: those that were changed last."""


async def keep_ready(app: FastAPI, database: Database) -> None:
    """Have ready what pages show of transit, until cancelled."""
    keeper = _Keeper(app, database)

    async def look() -> bool:
        await asyncio.to_thread(keeper.look)
        return True

    await repeat(look, EVERY_S, "transit of pages")


@dataclass
class _Keeper:
    """Computes what is outdated."""

    app: FastAPI
    database: Database
    _seen: object = None

    def look(self) -> None:
        """Compute what is outdated; effects, which rest on all data, not while something is written."""
        with self.database.answering(one_snapshot=True) as connection:
            with suppress(NotFound):
                self._transit(connection)
            version = version_of(connection)
            settled, self._seen = self._seen in {None, version}, version
            if not settled:
                return
            for question in self._questions(connection):
                with suppress(GeoServiceError):  # whoever asks is told
                    make = partial(question.answer, kept=classes_of(self.app))
                    keep_answer(self.app, connection, question, make)

    def _transit(self, connection: Connection) -> None:
        """Compute the classes of the city, and transit of the sites.

        Raises
        ------
        NotFound
            When no timetable is loaded, or it has no such day.
        """
        kept, wanted = classes_of(self.app), asked(METHOD, DAY)
        kept.city(connection, wanted)
        for row in connection.execute(SITE_PLACES):
            kept.place(connection, bytes(row.geom), wanted)

    def _questions(self, connection: Connection) -> Iterator[EffectQuestion]:
        """Return what the public and planners ask about scenarios."""
        today = self.app.state.city.today()
        for planner in (True, False):
            known = list_scenarios(connection, public=not planner)
            going = [each for each in known if each.status is not ScenarioStatus.ENDED]
            for each in sorted(going, key=lambda entry: entry.changed_at, reverse=True)[:MOST_SCENARIOS]:
                yield EffectQuestion(each.key, METHOD, DAY, today, planner, planner)
