"""What the audit holds of a record, in words: who changed what when, before and after (pure).

A column is told when the caller may see the field of that name (`auth.fields`); what it holds otherwise is
counted, not shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from geo_service.auth.caller import Caller
from geo_service.auth.fields import RECORDS, visible_fields
from geo_service.matching.reasons import CRITERIA_WORDS
from geo_service.web.column_names import ACTIONS, CODES, COLUMNS, TABLES
from geo_service.web.source_words import SOURCES
from geo_service.web.speaker import PageSpeaker
from geo_service.web.vocabulary import N_

INTERNAL: Final = frozenset(
    {
        "id", "recorded_at", "changed_at", "geom_3857", "parcel_id", "premises_id", "site_id", "plan_id",
        "round_id", "winner_id", "scenario_id",
    }
)  # fmt: skip
"""Columns that tell nobody anything."""
PERIODS: Final = {"valid": "valid_from", "during": "valid_from"}
"""Ranges of days; told as the field besides them."""
ORIGIN: Final = {"source", "source_date", "is_demo"}
OF_THE_PAGE: Final = {
    "phases": frozenset({"kind", "name_de", "name_en", "during"} | ORIGIN),
    "milestones": frozenset(
        {"name_de", "name_en", "due_on", "due_text", "due_text_en", "state", "reached_on"} | ORIGIN
    ),
    "plan_areas": frozenset({"zone", "zone_code", "grz", "gfz", "max_storeys"}),
    "contest_rounds": frozenset(
        {"slug", "name", "held_on", "budget_eur", "grant_cap_eur", "grant_months", "weights"} | ORIGIN
    ),
    "match_decisions": frozenset({"kind", "reason", "revoked_at", "revoked_by", "revoke_reason"}),
    "placements": frozenset({"during", "net_rent_eur_month", "grant_eur", "reason"}),
    "transit_scenarios": frozenset({"key", "name_de", "name_en", "note_de", "note_en", "status"} | ORIGIN),
    "transit_scenario_stops": frozenset({"key", "name", "geom"}),
    "transit_scenario_lines": frozenset(
        {"position", "name", "mode", "stops", "both_ways", "kind", "services"}
    ),
}
"""Columns that everybody may see who may read the history at all."""
RANGE: Final = re.compile(r"[\[(]([^,]*),([^\])]*)[\])]")
BY_KIND: Final = "occupancies"
"""Rows without a name: they are called by their kind."""
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
Stored = Mapping[tuple[str, int], Mapping[str, Any]]
"""Content of rows by table and id, as the audit writes it."""
GEOMETRY_CHANGED: Final = N_("geändert")


@dataclass(frozen=True, slots=True)
class Told:
    """One change of one row.

    Parameters
    ----------
    at, actor
        When, and who.
    what, called
        What was done to which kind of row, and what that is called; empty where it is the record itself.
    fields
        Name, before, after.
    hidden
        Changed columns that the caller may not see, or that are told nowhere.
    made
        Whether the row was made: then the fields are what it held, and nothing stood there before.
    """

    at: datetime
    actor: str
    what: str
    called: str
    fields: tuple[tuple[str, str, str], ...]
    hidden: int
    made: bool


def told(rows: Sequence[Any], now: Stored, caller: Caller, speaker: PageSpeaker) -> list[Told]:
    """Put audit entries into words.

    Parameters
    ----------
    rows
        Rows of `queries.history.HISTORY`, the latest first.
    now
        What rows that were made hold now.
    caller, speaker
        Who reads, and in which language.
    """
    held = _when_made(rows, now)
    return [_told(row, held.get((row.table_name, row.row_id), {}), caller, speaker) for row in rows]


def _when_made(rows: Sequence[Any], now: Stored) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what each row held when it was made: what it holds now, all changes undone, the latest first.

    The audit does not write down what is made: it stands in the table, or in the entry of its deletion.
    """
    held = {key: dict(content) for key, content in now.items()}
    for row in rows:
        held.setdefault((row.table_name, row.row_id), {}).update(row.before or {})
    return held


def _told(row: Any, held: Mapping[str, Any], caller: Caller, speaker: PageSpeaker) -> Told:  # noqa: ANN401
    made = row.action == "insert"
    before, after = row.before or {}, row.after or (held if made else {})
    changed = [name for name in {**before, **after} if name not in INTERNAL]
    shown = [name for name in changed if _visible(row.table_name, name, caller)]
    fields = tuple(
        (speaker.say(COLUMNS[name]), *_values(row.table_name, name, (before, after), speaker))
        for name in shown
        if not made or (name != "geom" and after[name] not in (None, "", []))
    )
    hidden = 0 if made else len(changed) - len(shown)
    what = f"{speaker.say(ACTIONS[row.action])}: {speaker.say(TABLES[row.table_name])}"
    called = (
        speaker.label(CODES[row.table_name, "kind"], row.called) if row.table_name == BY_KIND else row.called
    )
    return Told(row.at, row.actor, what, called, fields, hidden, made)


def _visible(table: str, column: str, caller: Caller) -> bool:
    """Tell whether a column may be shown; one without a name in the vocabulary is shown to nobody."""
    if column not in COLUMNS:
        return False
    if table in OF_THE_PAGE:
        return column in OF_THE_PAGE[table]
    if column == "geom" or (column in PERIODS and table in RECORDS):
        return True
    return column in visible_fields(table, caller)


def _values(
    table: str, column: str, sides: tuple[Mapping[str, Any], Mapping[str, Any]], speaker: PageSpeaker
) -> tuple[str, str]:
    """Write a value before and after."""
    if column == "geom":
        return "–", speaker.say(GEOMETRY_CHANGED)
    before, after = (_written(table, column, side.get(column), speaker) for side in sides)
    return before, after


def _written(table: str, column: str, value: Any, speaker: PageSpeaker) -> str:  # noqa: ANN401 - JSON
    if value is None or value in ("", []):
        return speaker.say("die üblichen") if column == "weights" else "–"
    if isinstance(value, list):
        return Markup(", ").join(_written(table, column, each, speaker) for each in value)
    if isinstance(value, dict):
        return _weights(value, speaker) if column == "weights" else _service(value, speaker)
    if column in PERIODS:
        return _period(str(value), speaker)
    if (table, column) in CODES:
        return speaker.label(CODES[table, column], value)
    return _quoted(_plain(value, speaker), value, "en" if column.endswith("_en") else "de", speaker)


def _quoted(written: str, value: Any, language: str, speaker: PageSpeaker) -> str:  # noqa: ANN401 - JSON
    """Mark a text of a record that is shown as it is with its language, where the page speaks another."""
    if written != value or language == speaker.language:
        return written
    return Markup('<span lang="{}">{}</span>').format(language, written)


def _weights(value: Mapping[str, int], speaker: PageSpeaker) -> str:
    """Write what counts how much in a round: criteria in the order in which they are reported."""
    named = ((CRITERIA_WORDS[name], value[name]) for name in CRITERIA_WORDS if name in value)
    said = ((words.en if speaker.language == "en" else words.de, weight) for words, weight in named)
    return "; ".join(f"{name} {_plain(weight, speaker)}" for name, weight in said)


def _service(value: Mapping[str, Any], speaker: PageSpeaker) -> str:
    """Write how often a line runs on which days."""
    days, hours = speaker.label("day_kind", value["day_kind"]), speaker.label("time_window", value["window"])
    every = _plain(value["headway_min"], speaker)
    return speaker.say("%(days)s %(hours)s alle %(n)s min", days=days, hours=hours, n=every)


def _plain(value: Any, speaker: PageSpeaker) -> str:  # noqa: ANN401 - JSON
    """Write a value that is no code."""
    if isinstance(value, bool):
        return speaker.say("ja") if value else speaker.say("nein")
    if isinstance(value, int | float):
        return speaker.formats.number(value, 0 if float(value).is_integer() else 2)
    text = str(value)
    if MOMENT.match(text):
        return speaker.formats.moment(datetime.fromisoformat(text))
    if DAY.fullmatch(text):
        return speaker.formats.day(text)
    return speaker.say(text) if text in SOURCES else text


def _period(text: str, speaker: PageSpeaker) -> str:
    """Write a range of days; its end is the first day that is not in it any more."""
    found = RANGE.fullmatch(text)
    if found is None:
        return text
    start, end = found.groups()
    say, formats = speaker.say, speaker.formats
    first = say("ab %(day)s", day=formats.day(start)) if start else say("Beginn unbekannt")
    until = say("bis vor %(day)s", day=formats.day(end)) if end else ""
    return f"{first}, {until}" if until else first
