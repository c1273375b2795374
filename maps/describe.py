"""What a popup says of a record: what, how much, from when, how near, and why. Plain texts, no markup."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from geo_service.auth.publication import public_reason
from geo_service.availability.categories import standard_rules
from maps.naming import parcel_notation, parcel_title, premises_address
from maps.speech import Speaker

LONGEST_TITLE: Final = 120
LINES_SHOWN: Final = 6
Row = Any
"""A row of a statement of ``maps.queries``."""


@dataclass(frozen=True, slots=True)
class Item:
    """One record in a popup.

    Parameters
    ----------
    kind, key
        What it is, and its key: together the ``focus`` of a link to it.
    title, subtitle
        What people call it; key or notation.
    badge
        Class and text of a coloured mark: horizon or state.
    lines
        Question and answer.
    href
        Page with the whole answer; empty: none.
    demo
        Whether the record is invented.
    """

    kind: str
    key: str
    title: str
    subtitle: str
    badge: tuple[str, str] | None
    lines: tuple[tuple[str, str], ...]
    href: str
    demo: bool

    def as_json(self) -> dict[str, Any]:
        """Return the members for the page's script."""
        return {
            "kind": self.kind,
            "key": self.key,
            "title": shortened(self.title),
            "subtitle": self.subtitle,
            "badge": self.badge,
            "lines": self.lines,
            "href": self.href,
            "demo": self.demo,
        }


def shortened(text: str) -> str:
    """Cut a long text with an ellipsis."""
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"


def describe_parcel(row: Row, speaker: Speaker, day: date | None = None) -> Item:
    """Describe a parcel, as stored or as of another day."""
    formats = speaker.formats
    what = speaker.label("zone", row.zone) if row.zone else present_use(row.actual_use, speaker)
    lines: list[tuple[str, str]] = [(speaker.say("Was"), what or formats.unknown)]
    if row.horizon is None:
        lines.append((speaker.say("Wie viel"), speaker.say("noch nicht berechnet")))
    else:
        lines += [
            (
                speaker.say("Wie viel"),
                how_much(row, speaker),
            ),
            (
                speaker.say("Ab wann"),
                available_from(row, speaker, day) if row.offered else not_offered(row, speaker),
            ),
        ]
    lines.append((speaker.say("Wie nah"), nearness(row, speaker)))
    if row.horizon is not None:
        lines.append((speaker.say("Warum"), reason(row, speaker)))
        lines.append((speaker.say("Berechnet für"), state(row, speaker)))
    return Item(
        "parcel",
        row.key,
        parcel_title(row, speaker),
        parcel_notation(row, speaker),
        _mark(row, speaker, day),
        tuple(lines),
        f"/flaechen/{row.key}?as_of={day}" if day else f"/flaechen/{row.key}",
        row.is_demo,
    )


def how_much(row: Row, speaker: Speaker) -> str:
    """Say how much of a parcel is offered: net without slivers."""
    formats = speaker.formats
    gross = formats.square_metres(row.gross_m2)
    net = formats.square_metres(row.net_m2)
    if row.offered_m2 is None or row.net_m2 - row.offered_m2 < 1:
        return speaker.say("%(net)s netto von %(gross)s", net=net, gross=gross)
    offered = formats.square_metres(row.offered_m2)
    return speaker.say(
        "%(offered)s ohne Splitter (netto %(net)s) von %(gross)s", offered=offered, net=net, gross=gross
    )


def _mark(row: Row, speaker: Speaker, day: date | None) -> tuple[str, str] | None:
    """Return the coloured mark of a parcel: its horizon, or what it is where it is not on offer."""
    if row.horizon is None:
        return None
    if row.offered and row.horizon == "now" and day:
        return "badge--horizon-now", speaker.say("am %(day)s sofort", day=speaker.formats.day(day))
    if row.offered:
        return f"badge--horizon-{row.horizon}", speaker.label("horizon", row.horizon)
    category = row.category or "unknown"
    return f"badge--horizon-{category}", speaker.label("category", category)


def not_offered(row: Row, speaker: Speaker) -> str:
    """Say why a parcel is not on offer: in use, and for what."""
    category, use = speaker.label("category", row.category or "unknown"), present_use(row.actual_use, speaker)
    if row.category == "in_use" and use:
        return speaker.say("nicht im Angebot: %(category)s: %(use)s", category=category, use=use)
    return speaker.say("nicht im Angebot: %(category)s", category=category)


def state(row: Row, speaker: Speaker) -> str:
    """Tell for what day a stored availability was computed, and whether something changed since."""
    day = speaker.formats.day(row.as_of)
    if row.stale:
        return speaker.say("%(day)s, seither geändert: wird neu berechnet", day=day)
    return day


def present_use(text: str | None, speaker: Speaker) -> str:
    """Say the actual use of the cadastre without areas: ``Wohnbaufläche;400|Weg;20`` has two."""
    uses = (part.partition(";")[0].strip() for part in (text or "").split("|"))
    return "; ".join(dict.fromkeys(use_in_words(use, speaker) for use in uses if use))


def use_in_words(use: str, speaker: Speaker) -> str:
    """Say one use of the cadastre, ``Weg / Fußweg``; a word that is not known stands as supplied."""
    return ", ".join(speaker.label("actual_use", word) for word in use.split(" / "))


def uses_with_areas(text: str | None, speaker: Speaker) -> str:
    """Write the actual use of the cadastre, supplied as ``words;m2|words;m2``, as people say it.

    ``Landwirtschaft / Grünland;6850`` becomes "Landwirtschaft, Grünland (6.850 m²)".
    """
    written = []
    for part in (text or "").split("|"):
        words, _, area = part.strip().rpartition(";")
        size = speaker.formats.square_metres(float(area)) if words and area.strip().isdecimal() else ""
        name = (words if size else part.strip()).strip(" ;")
        if name:
            name = use_in_words(name, speaker)
            written.append(f"{name} ({size})" if size else name)
    return "; ".join(dict.fromkeys(written))


def available_from(row: Row, speaker: Speaker, day: date | None = None) -> str:
    """Say from when a parcel can be had, as stored or as of another day."""
    if row.horizon == "now" and day:
        return speaker.say("am Stichtag %(day)s sofort verfügbar", day=speaker.formats.day(day))
    if row.horizon == "now":
        return speaker.say("sofort")
    return speaker.formats.day(row.available_from)


def nearness(row: Row, speaker: Speaker) -> str:
    """Say how near transit is."""
    if row.grade is None and row.transit_stale:
        return speaker.say("ÖV-Güteklasse nicht berechnet")
    if row.grade is None:
        return speaker.say("ohne ÖV-Güteklasse")
    told = speaker.say(
        "ÖV-Güteklasse %(grade)s: %(stop)s, %(metres)s Luftlinie",
        grade=row.grade,
        stop=row.stop,
        metres=speaker.formats.metres(row.distance_m),
    )
    return speaker.say("%(class)s (seither geändert)", **{"class": told}) if row.transit_stale else told


def reason(row: Row, speaker: Speaker) -> str:
    """Say what decides: the delay that ends last; else the use, the largest deduction, or nothing."""
    if row.chain:
        first = public_reason(row.chain[0])
        what = speaker.label("restriction", first.get("kind"))
        until = first.get("free_from")
        if until:
            return speaker.say("%(what)s, frei ab %(day)s", what=what, day=speaker.formats.day(until))
        return speaker.say("%(what)s, Ende unbekannt", what=what)
    if not row.offered and row.category_rule:
        words = standard_rules().rule("category", row.category_rule).words
        return words.en if speaker.language == "en" else words.de
    deductions = [item for item in row.items or [] if (item.get("deduction_m2") or 0) > 0]
    if deductions:
        largest = max(deductions, key=lambda item: float(item["deduction_m2"]))
        return speaker.say(
            "Abzug: %(what)s, %(area)s",
            what=speaker.label("restriction", largest["kind"]),
            area=speaker.formats.square_metres(largest["deduction_m2"]),
        )
    return speaker.say("keine Restriktion, keine Belegung")


def describe_vacancy(row: Row, speaker: Speaker) -> Item:
    """Describe vacant premises."""
    formats = speaker.formats
    uses = ", ".join(speaker.label("premises_use", use) for use in row.permitted_uses) or formats.unknown
    asking = row.asking_rent_eur_month
    rent = speaker.say("auf Anfrage") if asking is None else formats.euro(asking)
    coming = row.status == "threatened"
    why = [speaker.label("vacancy_status", row.status)]
    if row.previous_use:
        why.append(speaker.say("davor: %(use)s", use=speaker.label("premises_use", row.previous_use)))
    return Item(
        "premises",
        row.key,
        premises_address(row),
        row.name,
        (f"ring-badge vacancy--{row.status}", speaker.label("vacancy_status", row.status)),
        (
            (speaker.say("Was"), uses),
            (speaker.say("Wie viel"), formats.square_metres(row.area_m2)),
            (speaker.say("Ab wann") if coming else speaker.say("Seit wann"), formats.day(row.since)),
            (speaker.say("Miete im Monat"), rent),
            (speaker.say("Wie nah"), nearness(row, speaker)),
            (speaker.say("Warum"), ", ".join(why)),
        ),
        f"/leerstand/{quote(row.key, safe='')}",
        row.is_demo,
    )


def describe_site(row: Row, speaker: Speaker) -> Item:
    """Describe a site."""
    formats = speaker.formats
    if row.stated_area_ha:
        size = speaker.say("%(ha)s laut Quelle", ha=formats.hectares(row.stated_area_ha))
    else:
        size = speaker.say("%(ha)s, Umriss geschätzt", ha=formats.hectares(row.drawn_m2 / 10_000))
    summary = row.summary_en if speaker.language == "en" else row.summary_de
    uses = ", ".join(speaker.label("site_use", use) for use in row.uses)
    step = row.next_en if speaker.language == "en" else row.next_de
    stated = row.due_text_en if speaker.language == "en" else row.due_text
    due = formats.day(row.due_on) if row.due_on else stated
    return Item(
        "site",
        row.key,
        row.name,
        speaker.say("Zukunftsstandort"),
        None,
        (
            (speaker.say("Was"), uses or formats.unknown),
            (speaker.say("Stand"), speaker.label("phase", row.phase)),
            (speaker.say("Wie viel"), size),
            (speaker.say("Nächster Schritt"), f"{step} ({due})" if step and due else step or formats.unknown),
            (speaker.say("Wie nah"), nearness(row, speaker)),
            (speaker.say("Warum"), first_sentence(summary) or formats.unknown),
        ),
        f"/standorte/{row.key}",
        row.is_demo,
    )


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a text; one too long for a popup is cut."""
    found = re.match(r".+?[.!?](?=\s+[A-ZÄÖÜ]|\s*$)", text or "", re.DOTALL)
    return shortened(found[0] if found else text or "")


def describe_stop(row: Row, speaker: Speaker) -> Item:
    """Describe a stop."""
    shown = ", ".join(row.lines[:LINES_SHOWN]) + (" …" if len(row.lines) > LINES_SHOWN else "")
    lines = [
        (speaker.say("Was"), ", ".join(speaker.label("mode", mode) for mode in row.modes)),
        (speaker.say("Linien"), shown or speaker.formats.unknown),
    ]
    if row.headway_min is not None:
        headway = speaker.formats.number(row.headway_min, 0)
        lines.append(
            (speaker.say("Takt"), speaker.say("etwa alle %(n)s Minuten (Mo–Fr, 6–20 Uhr)", n=headway))
        )
    return Item(
        "stop", str(row.key), row.name, speaker.say("Haltestelle"), None, tuple(lines), "", row.is_demo
    )


def describe_district(row: Row, speaker: Speaker) -> Item:
    """Describe a district."""
    accuracy = row.geometry_accuracy_m
    outline = (
        speaker.say("schematisch, auf %(m)s genau", m=speaker.formats.metres(accuracy))
        if accuracy
        else speaker.say("amtlich")
    )
    return Item(
        "district",
        row.key,
        row.name,
        speaker.say("Stadtbezirk"),
        None,
        ((speaker.say("Umriss"), outline),),
        f"/flaechen?district={quote(row.key, safe='')}",
        row.is_demo,
    )


DESCRIBERS: Final[dict[str, Callable[[Row, Speaker], Item]]] = {
    "parcels": describe_parcel,
    "vacancies": describe_vacancy,
    "sites": describe_site,
    "stops": describe_stop,
    "districts": describe_district,
}
"""Function per layer."""
