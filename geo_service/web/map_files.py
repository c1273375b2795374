"""What the portable file of each map shows: site, list, vacancies, transit, answer, round, balance."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import shapely
from sqlalchemy import Connection, Row

from geo_service.availability.categories import APART
from geo_service.availability.city_schemas import BalanceAnswer
from geo_service.errors import NotFound
from geo_service.inquiries.schemas import RankAnswer, Ranked
from geo_service.matching.schemas import ProposalAnswer
from geo_service.transit.all_stops import courses
from geo_service.transit.grades import Asked
from geo_service.transit.scenario_models import ScenarioStatus
from geo_service.transit.scenario_schemas import ScenarioAnswer
from geo_service.web.classes import CityClasses, ScenarioClasses
from geo_service.web.filters import LandFilter, loosened
from geo_service.web.pages.balance_map import balance_shapes, land_by_district, upper_bounds
from geo_service.web.pages.land import Listed
from geo_service.web.queries.reach import ISOCHRONES
from geo_service.web.queries.sites import SITE
from geo_service.web.speaker import PageSpeaker
from geo_service.web.transit_words import map_stop
from maps.describe import Item, how_much, nearness
from maps.naming import parcel_notation, parcel_title
from maps.portable import (
    district_features,
    horizon_legend,
    land_state,
    parcel_features,
    site_features,
    vacancy_features,
)
from maps.portable_file import ROOM, Feature, FileLayer, Portable
from maps.styles import GRADES, SHARES
from maps.transit import AREA_DECIMALS, REACH_TOLERANCE_M, in_degrees

VACANT: Final = "vacant"
"""What colours premises among places."""


def site_file(connection: Connection, speaker: PageSpeaker, slug: str) -> Portable:
    """Show a site, the land on offer in it and what is reached from it.

    Raises
    ------
    NotFound
        When there is no such site, or its place is not known.
    """
    sites = site_features(connection, speaker, slug)
    if not sites:
        raise NotFound(f"There is no site {slug[:60]!r} whose place is known.")
    row = connection.execute(SITE, {"slug": slug}).one()
    reached = [
        Feature(
            in_degrees(shapely.simplify(shapely.from_wkb(each.geom), REACH_TOLERANCE_M), AREA_DECIMALS),
            {"minutes": each.minutes},
        )
        for each in connection.execute(ISOCHRONES, {"site_id": row.id})
    ]
    districts = district_features(connection, speaker)
    parcels, _ = parcel_features(connection, speaker, ROOM - 1 - len(districts) - len(reached), slug)
    say = speaker.say
    layers = (
        FileLayer("reach", say("Erreichbar in 15, 30 und 45 Minuten"), "reach", tuple(reached)),
        FileLayer("districts", say("Stadtbezirke"), "districts", districts),
        FileLayer("parcels", say("Flächen"), "parcels", parcels),
        FileLayer("sites", say("Standort"), "sites", sites),
    )
    minutes = [(f"reach-{each.properties['minutes']}", each.properties["minutes"]) for each in reached[::-1]]
    legend = [(name, say("in %(n)s Minuten", n=number)) for name, number in minutes]
    return Portable(
        say("Standort %(site)s", site=row.name),
        land_state(connection, speaker),
        layers,
        (*horizon_legend(speaker), *legend),
        about="sites",
    )


def land_file(connection: Connection, speaker: PageSpeaker, listed: Listed, wanted: LandFilter) -> Portable:
    """Show the land of a list that the public may see, in the order of the list.

    Parameters
    ----------
    connection, speaker
        Where to read, and the language.
    listed
        The list as the public sees it, as many rows as fit or more.
    wanted
        Its filter.
    """
    say, formats, districts = speaker.say, speaker.formats, district_features(connection, speaker)
    rows = listed.rows[: ROOM - len(districts)]
    parcels = tuple(_listed(speaker, row) for row in rows)
    notes = [
        say("Stichtag %(day)s: für diesen Tag gerechnet.", day=formats.day(wanted.as_of))
        if wanted.as_of and not listed.stored
        else " ".join(land_state(connection, speaker))
    ]
    if names := [speaker.label("condition", name) for name in loosened(wanted)]:
        notes.append(say("Gefiltert nach: %(names)s.", names=", ".join(names)))
    if left := listed.summary.parcels - len(rows):
        notes.append(say("Nicht enthalten: %(n)s weitere Flächen.", n=formats.number(left)))
    layers = (
        FileLayer("districts", say("Stadtbezirke"), "districts", districts),
        FileLayer("parcels", say("Flächen"), "parcels", parcels),
    )
    apart = [(f"horizon-{word}", speaker.label("category", word)) for word in APART]
    shown = {each.properties["horizon"] for each in parcels}
    legend = [*horizon_legend(speaker), *(each for each in apart if each[0].partition("-")[2] in shown)]
    return Portable(say("Flächen nach Ihrem Filter"), tuple(notes), layers, tuple(legend))


def _listed(speaker: PageSpeaker, row: Row[Any]) -> Feature:
    say, formats = speaker.say, speaker.formats
    word = row.horizon if row.offered else row.category or "unknown"
    name = speaker.label("horizon" if row.offered else "category", word)
    day = formats.day(row.available_from) if row.available_from else formats.unknown
    lines = (
        (say("Wie viel"), how_much(row, speaker)),
        (say("Verfügbarkeit"), name),
        (say("Ab wann"), day if row.offered else say("nicht im Angebot")),
        (say("Wie nah"), nearness(row, speaker)),
        (say("Stadtbezirk"), row.district or formats.unknown),
    )
    mark = f"badge--horizon-{word}", name
    title, notation = parcel_title(row, speaker), parcel_notation(row, speaker)
    page = f"/flaechen/{row.parcel_key}"
    item = Item("parcel", row.parcel_key, title, notation, mark, lines, page, row.is_demo)
    return Feature(json.loads(row.shape), {"horizon": word}, item)


def vacancies_file(connection: Connection, speaker: PageSpeaker) -> Portable:
    """Show the public vacancies."""
    say, districts = speaker.say, district_features(connection, speaker)
    found = vacancy_features(connection, speaker, ROOM - len(districts))
    layers = (
        FileLayer("districts", say("Stadtbezirke"), "districts", districts),
        FileLayer("vacancies", say("Leerstände"), "vacancies", found, cluster=True),
    )
    return Portable(say("Leerstände"), (say("Drohende Leerstände stehen nicht darin."),), layers)


def transit_file(connection: Connection, speaker: PageSpeaker, classes: CityClasses) -> Portable:
    """Show the areas of the transit classes and the stops with a category, the best first."""
    say, wanted = speaker.say, classes.wanted
    districts = district_features(connection, speaker)
    areas = _areas(classes.geojson)
    graded = classes.stops[classes.stops.category_before.notna()]
    best = graded.sort_values(["rank_before", "headway_min_before", "name"])
    shown = best.head(ROOM - len(districts) - len(areas)).to_dict("records")
    stops = [_stop(speaker, wanted, row) for row in shown]
    english = speaker.language == "en"
    name = wanted.method.name_en if english else wanted.method.name_de
    notes = [say("Verfahren: %(name)s.", name=name)]
    if len(graded) > len(shown):
        notes.append(say("Nicht enthalten: %(n)s weitere Haltestellen.", n=len(graded) - len(shown)))
    classes_layer = FileLayer("classes", say("ÖV-Güteklassen"), "classes", areas)
    layers = (
        classes_layer,
        FileLayer("districts", say("Stadtbezirke"), "districts", districts),
        FileLayer("stops", say("Haltestellen"), "graded_stops", tuple(stops)),
    )
    legend = grade_legend(speaker, [classes_layer])
    return Portable(say("Karte der ÖV-Güteklassen"), tuple(notes), layers, legend)


def _stop(
    speaker: PageSpeaker,
    wanted: Asked,
    row: Any,  # noqa: ANN401 - a row of a frame
    stage: str = "before",
) -> Feature:
    stop = map_stop(speaker, wanted, row, stage)
    return Feature(in_degrees(stop.place, 6), {"planned": stop.planned, "label": stop.label}, stop.item)


def scenario_file(
    connection: Connection,
    speaker: PageSpeaker,
    scenario: ScenarioAnswer,
    before: CityClasses,
    after: ScenarioClasses,
) -> Portable:
    """Show the areas of the transit classes before and after a scenario, its lines and its stops.

    Parameters
    ----------
    connection, speaker
        Where to read, and the language.
    scenario
        The scenario; while it is a draft, the file is confidential.
    before, after
        Classes of the city without and with it.
    """
    say, wanted, english = speaker.say, before.wanted, speaker.language == "en"
    served = after.served.frame
    stops = [_stop(speaker, wanted, row, "after") for row in served.to_dict("records")]
    lines = courses(served, [line.stops for line in scenario.lines])
    layers = (
        FileLayer("before", say("Klassen vorher"), "classes", _areas(before.geojson), on=False),
        FileLayer("after", say("Klassen nachher"), "classes", _areas(after.geojson)),
        FileLayer("districts", say("Stadtbezirke"), "districts", district_features(connection, speaker)),
        FileLayer(
            "courses", say("neue Linien"), "courses", tuple(Feature(in_degrees(one, 6), {}) for one in lines)
        ),
        FileLayer("planned", say("Haltestellen des Szenarios"), "graded_stops", tuple(stops)),
    )
    name = scenario.name_en if english else scenario.name_de
    method = wanted.method.name_en if english else wanted.method.name_de
    notes = (say("Verfahren: %(name)s.", name=method), scenario.note_en if english else scenario.note_de)
    is_draft = scenario.status is ScenarioStatus.DRAFT
    return Portable(
        name, notes, layers, grade_legend(speaker, layers[:2]), confidential(speaker) if is_draft else ""
    )


def _areas(geojson: bytes) -> tuple[Feature, ...]:
    """Return the areas of classes as features."""
    return tuple(Feature(each["geometry"], each["properties"]) for each in json.loads(geojson)["features"])


def grade_legend(speaker: PageSpeaker, layers: Iterable[FileLayer]) -> tuple[tuple[str, str], ...]:
    """Return the swatches of the classes that occur."""
    known = {each.properties["grade"] for layer in layers for each in layer.features}
    found = [grade for grade in GRADES if grade in known]
    return tuple((f"grade-{grade}", speaker.say("Klasse %(grade)s", grade=grade)) for grade in found)


def ranked_file(
    connection: Connection,
    speaker: PageSpeaker,
    answer: RankAnswer,
    shapes: Mapping[tuple[str, str], str],
    title: str = "",
) -> Portable:
    """Show what was ranked, under its places.

    Parameters
    ----------
    connection, speaker
        Where to read, and the language.
    answer
        The ranking: of the public, or as the agency sees it.
    shapes
        Geometry by kind and key (GeoJSON, WGS 84).
    title
        Reference of the inquiry, which makes the file confidential; empty: it holds what anybody may see.
    """
    say, districts = speaker.say, district_features(connection, speaker)
    fitting = [_ranked(speaker, each, shapes, str(each.place)) for each in answer.fitting]
    almost = [_ranked(speaker, each, shapes, chr(ord("a") + (each.place - 1) % 26)) for each in answer.almost]
    layers = (
        FileLayer("districts", say("Stadtbezirke"), "districts", districts),
        FileLayer("almost", say("Fast passend"), "places", tuple(almost)),
        FileLayer("fitting", say("Treffer"), "places", tuple(fitting)),
    )
    notes = (say("Gerechnet am %(day)s.", day=speaker.formats.day(answer.as_of)),)
    return Portable(
        say("Auswahl für %(inquiry)s", inquiry=title)
        if title
        else say("Auswahl von Flächen und Ladenlokalen"),
        notes,
        layers,
        horizon_legend(speaker),
        confidential(speaker) if title else "",
    )


def confidential(speaker: PageSpeaker) -> str:
    """Return what stands above a confidential file."""
    return speaker.say("Vertraulich: nur für die Wirtschaftsförderung.")


def _ranked(speaker: PageSpeaker, each: Ranked, shapes: Mapping[tuple[str, str], str], sign: str) -> Feature:
    say, formats = speaker.say, speaker.formats
    day = formats.day(each.available_from) if each.available_from else say("Zeitpunkt unbekannt")
    lines = (
        (say("Fläche"), formats.square_metres(each.area_m2)),
        (say("Ab wann"), day),
        (say("ÖV-Güteklasse"), each.transit_grade or formats.unknown),
        (say("Punkte"), formats.number(each.score * 100, 1)),
    )
    item = Item(each.kind, each.key, each.name, each.location, None, lines, each.page, each.is_demo)
    fill = VACANT if each.kind == "premises" else each.horizon or "unknown"
    geometry = json.loads(shapes[each.kind, each.key])
    return Feature(geometry, {"row": sign, "fill": fill, "label": sign}, item)


def round_file(
    connection: Connection,
    speaker: PageSpeaker,
    answer: ProposalAnswer,
    places: Mapping[int, str],
    labels: Mapping[int, str],
    *,
    with_winners: bool,
) -> Portable:
    """Show the premises of a round's proposal and placements.

    Parameters
    ----------
    connection, speaker
        Where to read, and the language.
    answer
        The proposal.
    places, labels
        Geometry (GeoJSON, WGS 84) and name of premises by id.
    with_winners
        Name the winners and the grants, which makes the file confidential; else only the premises.
    """
    say, formats, named = speaker.say, speaker.formats, with_winners
    pairs = []
    for number, pair in enumerate(answer.pairs, 1):
        if pair.premises.id in places:
            lines = [(say("Fläche"), formats.square_metres(pair.premises.area_m2))]
            if named:
                grant = formats.euro(pair.grant.amount_eur) if pair.grant else formats.unknown
                lines += [(say("Preisträger*in"), pair.winner.name), (say("Zuschuss"), grant)]
            pairs.append(_premises(str(number), pair.premises.label, lines, places[pair.premises.id], answer))
    placed = []
    for number, each in enumerate(answer.placements):
        if each.premises_id in places:
            lines = (
                [(say("Einzug am"), formats.day(each.move_in))] if named else [(say("vermittelt"), say("ja"))]
            )
            label = labels.get(each.premises_id, "")
            sign = chr(ord("A") + number % 26)
            placed.append(_premises(sign, label, lines, places[each.premises_id], answer))
    layers = (
        FileLayer("districts", say("Stadtbezirke"), "districts", district_features(connection, speaker)),
        FileLayer("pairs", say("Vorschlag"), "places", tuple(pairs)),
        FileLayer("placed", say("vermittelt"), "places", tuple(placed)),
    )
    notes = (say("Gerechnet am %(day)s.", day=formats.day(answer.as_of)),)
    return Portable(answer.round.name, notes, layers, (), confidential(speaker) if named else "")


def _premises(
    sign: str, label: str, lines: Sequence[tuple[str, str]], shape: str, answer: ProposalAnswer
) -> Feature:
    item = Item("premises", sign, label, "", None, tuple(lines), "", answer.round.is_demo)
    return Feature(json.loads(shape), {"row": sign, "fill": VACANT, "label": sign}, item)


def balance_file(speaker: PageSpeaker, answer: BalanceAnswer, districts: Sequence[Row[Any]]) -> Portable:
    """Show the land on offer by district; for the agency, since a balance tells of unpublished land too."""
    say, formats = speaker.say, speaker.formats
    features = [
        Feature(
            in_degrees(shape.geometry, 6),
            {"row": shape.row, "fill": shape.fill, "label": shape.label},
            shape.item,
        )
        for shape in balance_shapes(speaker, answer, districts)
    ]
    bounds = enumerate(upper_bounds(land_by_district(answer)), 1)
    legend = [
        (f"share-{number}", say("bis %(area)s", area=formats.hectares(bound / 10_000, 0)))
        for number, bound in bounds
    ]
    return Portable(
        say("Flächenbilanz"),
        (
            say(
                "Land im Angebot (netto ohne Splitter) am %(day)s nach Stadtbezirk",
                day=formats.day(answer.end),
            )
            + ".",
        ),
        (FileLayer("shares", say("Stadtbezirke"), "shares", tuple(features)),),
        tuple(legend[: len(SHARES)]),
        confidential(speaker),
    )
