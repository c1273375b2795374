"""What a scenario changes, as its page shows it, and who asks."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from geo_service.transit.grades import asked
from geo_service.transit.scenario_answers import effect_answer
from geo_service.transit.scenario_effect import effect_of
from geo_service.transit.scenario_register import read_scenario
from geo_service.transit.scenario_schemas import EffectAnswer, ScenarioAnswer
from geo_service.transit.scenario_stops import GradedStops
from geo_service.web.classes import KeptClasses

MOST_PARCELS: Final = 25
"""Parcels listed one by one."""


@dataclass(frozen=True, slots=True)
class EffectQuestion:
    """Which effect is asked for; equal questions have one answer as long as nothing is written.

    Parameters
    ----------
    key
        The scenario.
    method, window
        As `grades.asked`.
    today
        Parcels and sites of this day.
    drafts, unpublished
        Whether who asks sees drafts of scenarios, and records that are not published.
    """

    key: str
    method: str
    window: str
    today: date
    drafts: bool
    unpublished: bool

    def answer(
        self, connection: Connection, kept: KeptClasses
    ) -> tuple[ScenarioAnswer, GradedStops, EffectAnswer]:
        """Return the scenario, the stops that it serves, and what it changes.

        Raises
        ------
        NotFound, Conflict
            As `scenario_register.read_scenario` and `scenario_effect.effect_of`.
        """
        wanted = asked(self.method, self.window)
        known = read_scenario(connection, self.key, public=not self.drafts)
        served = kept.served(connection, known, wanted)
        effect = effect_of(connection, known, wanted, self.today, public=not self.unpublished, served=served)
        return known, served, effect_answer(effect, MOST_PARCELS)
