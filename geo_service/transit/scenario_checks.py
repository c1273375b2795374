"""Whether a scenario is sound: its stops exist and lie here, its lines suit those of today."""

import math
from dataclasses import dataclass

import shapely
from sqlalchemy import Connection

from geo_service.city import CityProfile
from geo_service.errors import InvalidInput
from geo_service.geometry import from_wgs84
from geo_service.transit import scenario_queries as queries
from geo_service.transit.modes import LineKind, Mode
from geo_service.transit.scenario_schemas import LineForm, ScenarioForm
from geo_service.wording import Sentence, number

LinesAt = dict[str, dict[str, set[Mode]]]
"""Stop to the lines that depart there today, each with its vehicles."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a scenario.

    Parameters
    ----------
    pointer
        Place in the form (JSON pointer).
    words
        What is wrong and how to mend it.
    """

    pointer: str
    words: Sentence

    def as_json(self) -> dict[str, str]:
        """Return the fault as a member of a problem document."""
        return {"pointer": self.pointer, "message": self.words.en, "message_de": self.words.de}


def require_sound(connection: Connection, form: ScenarioForm, city: CityProfile) -> None:
    """Refuse a scenario whose stops do not exist or lie elsewhere, or whose lines contradict those of today.

    Raises
    ------
    InvalidInput
        One entry per fault, with its place in the form.
    """
    faults = faults_of(connection, form, city)
    if faults:
        more = f" ({len(faults)} faults)" if len(faults) > 1 else ""
        raise InvalidInput(f"{faults[0].words.en}{more}", errors=[fault.as_json() for fault in faults])


def faults_of(connection: Connection, form: ScenarioForm, city: CityProfile) -> list[Fault]:
    """Return what is wrong with a scenario whose form is right."""
    own = {stop.key for stop in form.stops}
    wanted = {stop for line in form.lines for stop in line.stops} - own
    lines_at: LinesAt = {row.stop_id: {} for row in connection.execute(queries.stops_named(wanted))}
    for row in connection.execute(queries.lines_at(wanted)):
        lines_at[row.stop_id].setdefault(row.line, set()).add(Mode(row.mode))
    return [*_misplaced(form, city), *_unknown(form, own, lines_at), *_contradictory(form, lines_at)]


def _misplaced(form: ScenarioForm, city: CityProfile) -> list[Fault]:
    """Name the new stops that lie beyond the city and its margin."""
    faults = []
    margin = number(city.margin_m)
    for place, stop in enumerate(form.stops):
        away_m = city.boundary.distance(from_wgs84(shapely.Point(stop.lon, stop.lat)))
        if away_m <= city.margin_m:
            continue
        far = number(away_m / 1000, 1, "km") if math.isfinite(away_m) else Sentence("weit", "far")
        words = Sentence(
            f"Die neue Haltestelle „{stop.name}“ (Länge {stop.lon}, Breite {stop.lat}) liegt {far.de} "
            f"außerhalb von {city.name}; erlaubt sind {margin.de} m. Bitte die Koordinaten prüfen (Grad, "
            "WGS 84; sind Länge und Breite vertauscht?).",
            f"The new stop {stop.key!r} at lon {stop.lon}, lat {stop.lat} is {far.en} from {city.name}; "
            f"stops may lie up to {margin.en} m outside. Check the coordinates (degrees, WGS 84; are lon and "
            "lat exchanged?).",
        )
        faults.append(Fault(f"/stops/{place}", words))
    return faults


def _unknown(form: ScenarioForm, own: set[str], lines_at: LinesAt) -> list[Fault]:
    """Name the stops of courses that do not exist."""
    return [
        Fault(
            f"/lines/{place}/stops/{order}",
            Sentence(
                f"Die Linie {line.name} hält an „{stop}“: Das ist weder eine neue Haltestelle dieses "
                "Szenarios noch eine des geladenen Fahrplans.",
                f"The line {line.name!r} stops at {stop!r}, which is no new stop of this scenario and no "
                "stop_id of a current timetable. Add it to stops, or look the id up: geo transit stops "
                "--feed NAME.",
            ),
        )
        for place, line in enumerate(form.lines)
        for order, stop in enumerate(line.stops)
        if stop not in own and stop not in lines_at
    ]


def _contradictory(form: ScenarioForm, lines_at: LinesAt) -> list[Fault]:
    """Name lines that are said to run today but do not, or as another vehicle."""
    faults = []
    for place, line in enumerate(form.lines):
        if line.kind is LineKind.NEW:
            continue
        joint = line.stops[:1] if line.kind is LineKind.PROLONGED else line.stops
        there: dict[str, set[Mode]] = {}
        for stop in joint:
            for name, modes in lines_at.get(stop, {}).items():
                there.setdefault(name, set()).update(modes)
        if line.name not in there:
            faults.append(Fault(f"/lines/{place}/kind", _absent(line, joint[0], sorted(there))))
        elif line.mode not in there[line.name]:
            today = ", ".join(sorted(there[line.name]))
            words = Sentence(
                f"Die Linie {line.name} fährt dort heute mit einem anderen Verkehrsmittel ({today}). Bitte "
                "dasselbe wählen, sonst zählt sie als zweite Linie.",
                f"The line {line.name!r} runs there today as {today}, not {line.mode}. Choose the same mode, "
                "else it counts as a second line.",
            )
            faults.append(Fault(f"/lines/{place}/mode", words))
    return faults


def _absent(line: LineForm, joint: str, there: list[str]) -> Sentence:
    """Say that no line of a name runs where one is to be prolonged or to stop once more."""
    prolonged = line.kind is LineKind.PROLONGED
    at = Sentence(f"ab „{joint}“", f"at {joint!r}")
    anywhere = Sentence("an keiner Haltestelle des Verlaufs", "at any stop of its course")
    return Sentence(
        f"Eine Linie {line.name} fährt heute {f'nicht {at.de}' if prolonged else anywhere.de} (dort fahren: "
        f"{', '.join(there) or 'keine'}). Bitte eine Haltestelle dieser Linie in den Verlauf aufnehmen (soll "
        "sie verlängert werden: ihre Endstelle zuerst), oder „neue Linie“ wählen.",
        f"The line {line.name!r} is said to be {line.kind.value}, but none of this name departs "
        f"{at.en if prolonged else anywhere.en} today (lines there: {', '.join(there) or 'none'}). Put in "
        "a stop of that line (its terminus where it is prolonged), or choose kind new.",
    )
