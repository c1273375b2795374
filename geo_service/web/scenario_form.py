"""The form of a transit scenario: what was typed, what it says, and what is wrong with it, field by field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import FormData

from geo_service.imports.values import fold, slug
from geo_service.transit.models import DayKind
from geo_service.transit.scenario_schemas import ScenarioAnswer, ScenarioForm
from geo_service.web.scenario_faults import Faults, field_of, note
from geo_service.web.vocabulary import N_

ROW: Final = re.compile(r"(stops|lines)\.(\d{1,3})\.(\w+)")
SERVICE: Final = re.compile(r"lines\.(\d{1,3})\.services\.(\d{1,2})\.(\w+)")
NAMED: Final = re.compile(r".*\[([^\[\]]+)\]")
"""A stop as the form writes it: name, and its id in brackets."""
TEXTS: Final = ("key", "name_de", "name_en", "note_de", "note_en", "status", "source", "source_date")
USUAL_WINDOWS: Final = (
    (DayKind.WEEKDAY, "06:00", "20:00"),
    (DayKind.WEEKDAY, "20:00", "24:00"),
    (DayKind.SATURDAY, "06:00", "24:00"),
    (DayKind.SUNDAY, "06:00", "24:00"),
)
"""Parts of the week that a new line is asked about."""
UNKNOWN_STOP: Final = N_(
    "„%(stop)s“ ist weder eine neue Haltestelle dieses Szenarios noch eine des geladenen Fahrplans."
)
SEVERAL_STOPS: Final = N_("„%(stop)s“ gibt es mehrfach; bitte eine davon nennen: %(choices)s.")

Row = dict[str, str]


@dataclass(slots=True)
class LineRow:
    """A line as typed: its fields, and one row per headway."""

    values: Row
    services: list[Row]


@dataclass(slots=True)
class Typed:
    """What stands in the fields.

    Parameters
    ----------
    values
        Fields of the scenario itself.
    stops
        Rows of new stops: key, name, lon, lat.
    lines
        Its lines.
    """

    values: Row
    stops: list[Row]
    lines: list[LineRow]


def read_typed(form: FormData) -> Typed:
    """Read the fields of the form; rows in the order of their numbers."""
    values = {name: _text(form, name) for name in TEXTS} | {"is_demo": _text(form, "is_demo")}
    stops: dict[int, Row] = {}
    lines: dict[int, LineRow] = {}
    services: dict[tuple[int, int], Row] = {}
    for name in form:
        if match := SERVICE.fullmatch(name):
            place = int(match[1]), int(match[2])
            services.setdefault(place, {})[match[3]] = _text(form, name)
        elif match := ROW.fullmatch(name):
            text = _text(form, name)
            if match[1] == "stops":
                stops.setdefault(int(match[2]), {})[match[3]] = text
            else:
                lines.setdefault(int(match[2]), LineRow({}, [])).values[match[3]] = text
    for (line, _), row in sorted(services.items()):
        if line in lines and any(row.get(name) for name in ("from", "to", "headway_min")):
            lines[line].services.append(row)
    kept = [row for _, row in sorted(lines.items()) if not row.values.get("drop")]
    return Typed(values, [row for _, row in sorted(stops.items()) if any(row.values())], kept)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def typed_of(scenario: ScenarioAnswer, names: Mapping[str, str]) -> Typed:
    """Write a stored scenario into the fields.

    Parameters
    ----------
    scenario
        The scenario.
    names
        Name of each stop of today by its id.
    """
    values = {name: str(getattr(scenario, name) or "") for name in TEXTS}
    values["is_demo"] = "1" if scenario.is_demo else ""
    own = {stop.key: stop.name for stop in scenario.stops}
    stops = [
        {"key": stop.key, "name": stop.name, "lon": f"{stop.lon}", "lat": f"{stop.lat}"}
        for stop in scenario.stops
    ]
    lines = []
    for line in scenario.lines:
        course = [own.get(stop) or named(stop, names.get(stop, "")) for stop in line.stops]
        row = {
            "name": line.name,
            "mode": line.mode.value,
            "kind": line.kind.value,
            "both_ways": "1" if line.both_ways else "",
            "stops": "\n".join(course),
        }
        lines.append(LineRow(row, [_service_row(each.model_dump(mode="json")) for each in line.services]))
    return Typed(values, stops, lines)


def _service_row(service: dict[str, Any]) -> Row:
    start, _, end = service["window"].partition("-")
    headway = f"{service['headway_min']:g}"
    return {"day_kind": service["day_kind"], "from": start, "to": end, "headway_min": headway}


def named(stop_id: str, name: str) -> str:
    """Write a stop of today: its name with the id in brackets."""
    return f"{name} [{stop_id}]" if name else stop_id


def empty() -> Typed:
    """Return the fields of a new scenario: one line, nothing filled in."""
    return Typed(dict.fromkeys((*TEXTS, "is_demo"), ""), [], [new_line()])


def new_line() -> LineRow:
    """Return the fields of a new line."""
    rows = [
        {"day_kind": kind.value, "from": start, "to": end, "headway_min": ""}
        for kind, start, end in USUAL_WINDOWS
    ]
    return LineRow({"name": "", "mode": "", "kind": "new", "both_ways": "1", "stops": ""}, rows)


def courses(typed: Typed) -> list[str]:
    """Return the stops named in courses that are no new ones: ids or names of stops of today."""
    own = {fold(row.get("name", "")) for row in typed.stops} | {row.get("key", "") for row in typed.stops}
    wanted = {text for line in typed.lines for text in _course(line)}
    return sorted({_id_of(text) for text in wanted if fold(text) not in own and text not in own})


def _course(line: LineRow) -> list[str]:
    return [text.strip() for text in line.values.get("stops", "").splitlines() if text.strip()]


def _id_of(text: str) -> str:
    match = NAMED.fullmatch(text)
    return match[1].strip() if match else text


def scenario_of(typed: Typed, stops_today: Iterable[Any], faults: Faults) -> ScenarioForm | None:
    """Make a scenario of what was typed; None when something is wrong, which is then noted.

    Parameters
    ----------
    typed
        What stands in the fields.
    stops_today
        Stops of the current timetables by the ids and names of `courses`: stop_id, name, lines.
    faults
        Takes what is wrong.
    """
    keys = _new_keys(typed.stops)
    known = _Stops(keys, typed.stops, stops_today)
    lines: list[dict[str, Any]] = []
    used: list[list[int]] = []
    for number, line in enumerate(typed.lines):
        rows = [place for place, row in enumerate(line.services) if row.get("headway_min")]
        used.append(rows)
        course = [known.resolved(text, f"lines.{number}.stops", faults) for text in _course(line)]
        lines.append(
            {
                "name": line.values.get("name", ""),
                "mode": line.values.get("mode", ""),
                "kind": line.values.get("kind", ""),
                "both_ways": bool(line.values.get("both_ways")),
                "stops": course,
                "services": [_service(line.services[place]) for place in rows],
            }
        )
    stops = [
        {
            "key": key,
            "name": row.get("name", ""),
            "lon": _number(row.get("lon")),
            "lat": _number(row.get("lat")),
        }
        for key, row in zip(keys, typed.stops, strict=True)
    ]
    values: dict[str, Any] = {name: typed.values[name] for name in TEXTS}
    values["key"] = values["key"] or key_of(values["name_de"])
    values["source_date"] = values["source_date"] or None
    try:
        form = ScenarioForm.model_validate(
            {**values, "is_demo": bool(typed.values["is_demo"]), "stops": stops, "lines": lines}
        )
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            note(fault, used, faults)
        return None
    return None if faults.found else form


def _service(row: Row) -> dict[str, Any]:
    window = f"{row.get('from', '')}-{row.get('to', '')}"
    return {
        "day_kind": row.get("day_kind", ""),
        "window": window,
        "headway_min": _number(row.get("headway_min")),
    }


def _number(text: str | None) -> str:
    """Take the comma of German numbers for a point; what is no number stays as it is."""
    return (text or "").replace(",", ".")


class _Stops:
    """The stops that courses can name."""

    def __init__(self, keys: Sequence[str], new: Sequence[Row], today: Iterable[Any]) -> None:
        self._new = dict(zip(keys, keys, strict=True))
        names = (fold(row.get("name", "")) for row in new)
        self._new |= {name: key for key, name in zip(keys, names, strict=True) if name}
        self._ids: set[str] = set()
        self._names: dict[str, dict[str, str]] = {}
        for stop in today:
            self._ids.add(stop.stop_id)
            lines = ", ".join(stop.lines[:5])
            spoken = f"{stop.name} [{stop.stop_id}]" + (f" ({lines})" if lines else "")
            self._names.setdefault(fold(stop.name), {})[stop.stop_id] = spoken

    def resolved(self, text: str, name: str, faults: Faults) -> str:
        """Return key or id of a stop as typed; one that cannot be told is noted."""
        own = self._new.get(text) or self._new.get(fold(text))
        if own:
            return own
        stop_id = _id_of(text)
        if stop_id in self._ids:
            return stop_id
        choices = self._names.get(fold(text), {})
        if len(choices) == 1:
            return next(iter(choices))
        if choices:
            faults.add(name, SEVERAL_STOPS, stop=text, choices="; ".join(sorted(choices.values())))
        else:
            faults.add(name, UNKNOWN_STOP, stop=text)
        return stop_id


def _new_keys(rows: Sequence[Row]) -> list[str]:
    """Return a key for each new stop: that of before, else one made of its name, never the same twice."""
    keys: list[str] = []
    for row in rows:
        made = row.get("key") or key_of(row.get("name", "")) or "halt"
        number = 1
        key = made
        while key in keys:
            number += 1
            key = f"{made}-{number}"
        keys.append(key)
    return keys


def key_of(name: str) -> str:
    """Make a key of a name: small letters, digits and hyphens."""
    return slug(name)[:60].strip("-")


def pointed(pointer: str, typed: Typed) -> str:
    """Return the name of the field that a JSON pointer names."""
    path = [int(part) if part.isdecimal() else part for part in pointer.strip("/").split("/") if part]
    used = [
        [place for place, row in enumerate(line.services) if row.get("headway_min")] for line in typed.lines
    ]
    return field_of(path, used)
