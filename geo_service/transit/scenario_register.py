"""Transit scenarios in the register: read, write, end."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection

from geo_service.auth import Caller, Role
from geo_service.city import CityProfile
from geo_service.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, PreconditionRequired
from geo_service.transit import scenario_queries as queries
from geo_service.transit.scenario_checks import require_sound
from geo_service.transit.scenario_schemas import (
    DEGREES,
    LineForm,
    ScenarioAnswer,
    ScenarioEntry,
    ScenarioForm,
    StopForm,
)


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
    _write_stops(connection, number, form.stops, [])
    _write_lines(connection, number, form.lines, [])
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
    before = read_scenario(connection, key, public=False)
    connection.execute(queries.rewrite_scenario(number, _columns(form)))
    _write_stops(connection, number, form.stops, before.stops)
    _write_lines(connection, number, form.lines, before.lines)
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


def _write_stops(
    connection: Connection, number: int, stops: Sequence[StopForm], before: Sequence[StopForm]
) -> None:
    """Write the stops that changed, so that the audit tells these only.

    Stops are read in the order in which they were written: one that does not fit any more writes all anew.
    """
    keys = [stop.key for stop in stops]
    kept = [stop.key for stop in before if stop.key in keys]
    known = {stop.key: stop for stop in before} if keys[: len(kept)] == kept else {}
    gone = {stop.key for stop in before} - (known.keys() & set(keys))
    if gone:
        connection.execute(queries.drop_stops(number, gone))
    for stop in stops:
        old, place = known.get(stop.key), (stop.lon, stop.lat)
        if old is None:
            connection.execute(queries.new_stop(number, stop.key, stop.name, place))
        elif (old.name, old.lon, old.lat) != (stop.name, round(stop.lon, DEGREES), round(stop.lat, DEGREES)):
            connection.execute(queries.change_stop(number, stop.key, stop.name, place))


def _write_lines(
    connection: Connection, number: int, lines: Sequence[LineForm], before: Sequence[LineForm]
) -> None:
    """Write the lines that changed, position by position."""
    connection.execute(queries.drop_lines(number, len(lines)))
    for position, line in enumerate(lines):
        values = line.model_dump(mode="json")
        if position >= len(before):
            connection.execute(queries.new_line(number, position, values))
        elif before[position] != line:
            connection.execute(queries.change_line(number, position, values))
