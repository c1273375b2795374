"""Transit scenarios in the register: read, write, end."""

import hashlib
import math

import shapely
from sqlalchemy import Connection

from geo_service.auth import Caller, Role
from geo_service.city import CityProfile
from geo_service.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, PreconditionRequired
from geo_service.geometry import from_wgs84
from geo_service.transit import scenario_queries as queries
from geo_service.transit.modes import LineKind
from geo_service.transit.scenario_schemas import (
    LineForm,
    ScenarioAnswer,
    ScenarioEntry,
    ScenarioForm,
    StopForm,
)

DEGREES = 7
"""Decimals of degrees in answers: a centimetre."""


def sees_drafts(caller: Caller) -> bool:
    """Tell whether somebody sees scenarios that are not public: planners and admins."""
    return caller.may([Role.PLANNER])


def list_scenarios(connection: Connection, *, public: bool) -> list[ScenarioEntry]:
    """Return the scenarios that somebody may see, by key."""
    rows = connection.execute(queries.scenarios(public=public)).mappings()
    return [ScenarioEntry(**{name: row[name] for name in ScenarioEntry.model_fields}) for row in rows]


def read_scenario(connection: Connection, key: str, *, public: bool) -> ScenarioAnswer:
    """Return a scenario.

    Raises
    ------
    NotFound
        When there is none of this key, or not for the public; those that there are, are named.
    """
    row = connection.execute(queries.scenario(key, public=public)).mappings().one_or_none()
    if row is None:
        known = ", ".join(entry.key for entry in list_scenarios(connection, public=public))
        hint = f"Known: {known}." if known else "None is public yet." if public else "None is stored yet."
        raise NotFound(f"There is no scenario {key!r}. {hint}", parameter="scenario")
    stops = [
        StopForm(key=stop.key, name=stop.name, lon=round(stop.lon, DEGREES), lat=round(stop.lat, DEGREES))
        for stop in connection.execute(queries.scenario_stops(row["id"]))
    ]
    lines = [LineForm(**line) for line in connection.execute(queries.scenario_lines(row["id"])).mappings()]
    stored = {name: row[name] for name in ScenarioAnswer.model_fields if name not in {"stops", "lines"}}
    return ScenarioAnswer(**stored, stops=stops, lines=lines)


def etag_of(answer: ScenarioAnswer) -> str:
    """Return the entity tag of a scenario: it changes whenever anything that is answered changes."""
    return f'"{hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:32]}"'


def create_scenario(connection: Connection, form: ScenarioForm, city: CityProfile) -> ScenarioAnswer:
    """Store a new scenario.

    Raises
    ------
    Conflict
        When there is one of this key.
    InvalidInput
        When a stop does not exist or lies elsewhere.
    """
    require_sound(connection, form, city)
    if connection.execute(queries.locked_scenario(form.key)).one_or_none():
        raise Conflict(
            f"There is a scenario {form.key!r} already. Choose another key, or replace it: PUT "
            f"/api/scenarios/{form.key}."
        )
    number = connection.execute(queries.new_scenario(_columns(form))).scalar_one()
    _write_parts(connection, number, form)
    return read_scenario(connection, form.key, public=False)


def replace_scenario(
    connection: Connection, key: str, form: ScenarioForm, city: CityProfile, if_match: str | None
) -> ScenarioAnswer:
    """Write a scenario anew; one that was ended lives again.

    Parameters
    ----------
    connection
        Connection in a transaction.
    key
        Which one.
    form
        What it shall be; the key may not change.
    city
        The city profile.
    if_match
        Header ``If-Match``: entity tags of which one must be current, or ``*``.

    Raises
    ------
    NotFound, PreconditionRequired, PreconditionFailed, InvalidInput
        When there is none, the header is missing, someone else was faster, or the form is not sound.
    """
    if form.key != key:
        raise InvalidInput(
            f"The address names the scenario {key!r}, the form {form.key!r}. Make them alike.",
            errors=[{"pointer": "/key", "message": f"must be {key!r}"}],
        )
    number = _locked(connection, key, if_match)
    require_sound(connection, form, city)
    for statement in queries.clear_scenario(number):
        connection.execute(statement)
    connection.execute(queries.rewrite_scenario(number, _columns(form)))
    _write_parts(connection, number, form)
    return read_scenario(connection, key, public=False)


def end_scenario(connection: Connection, key: str, if_match: str | None) -> ScenarioAnswer:
    """End a scenario: nobody but planners sees it any more, nothing is deleted.

    Raises
    ------
    NotFound, PreconditionRequired, PreconditionFailed
        As `replace_scenario`.
    """
    connection.execute(queries.end_scenario(_locked(connection, key, if_match)))
    return read_scenario(connection, key, public=False)


def _locked(connection: Connection, key: str, if_match: str | None) -> int:
    """Return the number of a scenario that nobody has changed since it was read, locked."""
    if if_match is None:
        raise PreconditionRequired("Send the ETag that you read as If-Match, so that no change gets lost.")
    number = connection.execute(queries.locked_scenario(key)).scalar_one_or_none()
    current = read_scenario(connection, key, public=False)
    tags = {tag.strip() for tag in if_match.split(",")}
    if number is None or not tags & {"*", etag_of(current)}:
        raise PreconditionFailed(
            "Someone else has changed the scenario. Read it again and repeat your change."
        )
    return int(number)


def _columns(form: ScenarioForm) -> dict[str, object]:
    values = form.model_dump(exclude={"stops", "lines"})
    return {**values, "status": form.status.value}


def _write_parts(connection: Connection, number: int, form: ScenarioForm) -> None:
    for stop in form.stops:
        connection.execute(queries.new_stop(number, stop.key, stop.name, (stop.lon, stop.lat)))
    for position, line in enumerate(form.lines):
        connection.execute(queries.new_line(number, position, line.model_dump(mode="json")))


def require_sound(connection: Connection, form: ScenarioForm, city: CityProfile) -> None:
    """Refuse a scenario whose stops do not exist or lie elsewhere.

    Raises
    ------
    InvalidInput
        One entry per fault, with its place in the form.
    """
    own = {stop.key for stop in form.stops}
    wanted = {stop for line in form.lines for stop in line.stops} - own
    rows = connection.execute(queries.stops_named(wanted)).all()
    lines_at: dict[str, set[str]] = {}
    for row in rows:
        lines_at.setdefault(row.stop_id, set()).update(row.lines)
    faults = [*_misplaced(form, city), *_unknown(form, own, lines_at)]
    if faults:
        more = f" ({len(faults)} faults)" if len(faults) > 1 else ""
        raise InvalidInput(f"{faults[0]['message']}{more}", errors=faults)


def _misplaced(form: ScenarioForm, city: CityProfile) -> list[dict[str, str]]:
    """Name the new stops that lie beyond the city and its margin."""
    faults = []
    for place, stop in enumerate(form.stops):
        away_m = city.boundary.distance(from_wgs84(shapely.Point(stop.lon, stop.lat)))
        if not away_m <= city.margin_m:
            far = f"{away_m / 1000:,.1f} km from" if math.isfinite(away_m) else "far from"
            faults.append(
                {
                    "pointer": f"/stops/{place}",
                    "message": f"The new stop {stop.key!r} at lon {stop.lon}, lat {stop.lat} is {far} "
                    f"{city.name}; stops may lie up to {city.margin_m:,.0f} m outside. Check the "
                    "coordinates (degrees, WGS 84; are lon and lat exchanged?).",
                }
            )
    return faults


def _unknown(form: ScenarioForm, own: set[str], lines_at: dict[str, set[str]]) -> list[dict[str, str]]:
    """Name the stops of courses that do not exist, and lines that prolong nothing."""
    faults = []
    for place, line in enumerate(form.lines):
        faults += [
            {
                "pointer": f"/lines/{place}/stops/{order}",
                "message": f"The line {line.name!r} stops at {stop!r}, which is no new stop of this scenario "
                "and no stop_id of a current timetable. Add it to stops, or look the id up: geo transit "
                "stops --feed NAME.",
            }
            for order, stop in enumerate(line.stops)
            if stop not in own and stop not in lines_at
        ]
        joint = line.stops[:1] if line.kind is LineKind.PROLONGED else line.stops
        there = {name for stop in joint for name in lines_at.get(stop, set())}
        if line.kind is not LineKind.NEW and line.name not in there:
            where = f"at {joint[0]!r}" if line.kind is LineKind.PROLONGED else "at any stop of its course"
            faults.append(
                {
                    "pointer": f"/lines/{place}/kind",
                    "message": f"The line {line.name!r} is said to be {line.kind.value}, but none of this "
                    f"name departs {where} today (lines there: {', '.join(sorted(there)) or 'none'}). Put in "
                    "a stop of that line (its terminus where it is prolonged), or choose kind new.",
                }
            )
    return faults
