"""The overview and the vacancies as one file each that opens from a disk without a network.

City limits, districts, sites and vacancies come first, then the parcels with the largest offered area. The
file says how many were left out, and holds only what is public.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from geo_service.availability.state_queries import STORED_STATE
from geo_service.city import CityProfile
from maps import portable_file, queries, styles
from maps.describe import describe_district, describe_parcel, describe_site, describe_vacancy
from maps.portable_file import Feature, FileLayer, Portable
from maps.speech import Speaker

METHOD: Final = "are"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds.

    Parameters
    ----------
    districts, sites, vacancies, parcels
        Features with a description each.
    parcels_found
        Number of public parcels with land on offer, embedded or not.
    smallest_m2
        Offered area of the smallest embedded parcel, m²; None when there is none.
    """

    districts: tuple[Feature, ...]
    sites: tuple[Feature, ...]
    vacancies: tuple[Feature, ...]
    parcels: tuple[Feature, ...]
    parcels_found: int
    smallest_m2: float | None

    @property
    def embedded(self) -> int:
        """Number of records in the file, with the city limits."""
        return 1 + sum(len(each) for each in (self.districts, self.sites, self.vacancies, self.parcels))

    @property
    def left_out(self) -> int:
        """Number of parcels that did not fit."""
        return self.parcels_found - len(self.parcels)


def portable_html(connection: Connection, city: CityProfile, speaker: Speaker, as_of: date) -> str:
    """Make the overview as one self-contained HTML file.

    Parameters
    ----------
    connection
        Read-only connection; only public records are read.
    city, speaker, as_of
        As in `maps.portable_file.portable_file`.
    """
    return portable_file.portable_file(
        connection, city, speaker, as_of, overview_file(connection, city, speaker)
    )


def overview_file(connection: Connection, city: CityProfile, speaker: Speaker) -> Portable:
    """Read what the overview's file shows."""
    contents, say = read_contents(connection, speaker), speaker.say
    layers = (
        FileLayer("parcels", say("Flächen"), "parcels", contents.parcels),
        FileLayer("districts", say("Stadtbezirke"), "districts", contents.districts),
        FileLayer("sites", say("Standorte"), "sites", contents.sites),
        FileLayer("vacancies", say("Leerstände"), "vacancies", contents.vacancies, cluster=True),
    )
    return Portable(
        say("Karte %(city)s: Flächen, Leerstände, Standorte", city=city.name),
        (*_left_out(contents, speaker), *land_state(connection, speaker)),
        layers,
        horizon_legend(speaker),
        about="boundary",
    )


def _left_out(contents: Contents, speaker: Speaker) -> tuple[str]:
    """Say what did not fit."""
    if not contents.left_out:
        return (speaker.say("Nicht enthalten: Haltestellen und Restriktionen."),)
    return (
        speaker.say(
            "Nicht enthalten: %(n)s kleinere Flächen (unter %(area)s im Angebot), Haltestellen und "
            "Restriktionen.",
            n=speaker.formats.number(contents.left_out),
            area=speaker.formats.square_metres(contents.smallest_m2),
        ),
    )


def land_state(connection: Connection, speaker: Speaker) -> tuple[str, ...]:
    """Say of what day the stored availability is, and what changed since."""
    state = connection.execute(STORED_STATE).one_or_none()
    if state is None:
        return ()
    say, formats = speaker.say, speaker.formats
    sentences = [
        say(
            "Stand der Flächen: %(day)s, berechnet %(moment)s.",
            day=formats.day(state.as_of),
            moment=formats.moment(state.computed_at),
        )
    ]
    if state.other_day:
        sentences.append(say("Das ist nicht der heutige Tag."))
    if state.stale:
        sentences.append(
            say(
                "Seither geändert und noch nicht neu berechnet: %(n)s Flurstücke der Stadt. Ihre Angaben "
                "gelten vielleicht nicht mehr; sie sind bei „Berechnet für“ bezeichnet.",
                n=formats.number(state.stale),
            )
        )
    return tuple(sentences)


def horizon_legend(speaker: Speaker) -> tuple[tuple[str, str], ...]:
    """Return the swatches of the horizons."""
    return tuple((f"horizon-{word}", speaker.label("horizon", word)) for word in styles.HORIZONS)


def district_features(connection: Connection, speaker: Speaker) -> tuple[Feature, ...]:
    """Read the districts."""
    return tuple(
        Feature(json.loads(row.geometry), {"name": row.name}, describe_district(row, speaker))
        for row in connection.execute(queries.ALL_DISTRICTS)
    )


def site_features(connection: Connection, speaker: Speaker, slug: str | None = None) -> tuple[Feature, ...]:
    """Read the sites whose place is known, or one of them."""
    return tuple(
        Feature(json.loads(row.geometry), {"name": row.name}, describe_site(row, speaker))
        for row in connection.execute(queries.ALL_SITES, {"method": METHOD, "site": slug})
    )


def vacancy_features(connection: Connection, speaker: Speaker, room: int) -> tuple[Feature, ...]:
    """Read so many public vacancies."""
    rows = connection.execute(queries.ALL_VACANCIES, {"method": METHOD, "rows": max(room, 0)})
    return tuple(
        Feature(
            json.loads(row.geometry),
            {"name": f"{row.street} {row.house_number}", "status": row.status},
            describe_vacancy(row, speaker),
        )
        for row in rows
    )


def parcel_features(
    connection: Connection, speaker: Speaker, room: int, site: str | None = None
) -> tuple[tuple[Feature, ...], float | None]:
    """Read so many public parcels with land on offer, of the city or of a site, the largest first.

    Returns
    -------
    tuple
        The parcels, and the offered area of the smallest in m²; None when there is none.
    """
    parameters = {"method": METHOD, "rows": max(room, 0), "site": site}
    rows = connection.execute(queries.LARGEST_PARCELS, parameters).all()
    features = tuple(
        Feature(json.loads(row.geometry), {"horizon": row.horizon}, describe_parcel(row, speaker))
        for row in rows
    )
    return features, rows[-1].offered_m2 if rows else None


def read_contents(connection: Connection, speaker: Speaker) -> Contents:
    """Read the public records that fit, in the order of the rule."""
    districts, sites = district_features(connection, speaker), site_features(connection, speaker)
    room = portable_file.ROOM - len(districts) - len(sites)
    vacancies = vacancy_features(connection, speaker, room)
    parcels, smallest = parcel_features(connection, speaker, room - len(vacancies))
    found = connection.execute(queries.COUNT_PARCELS).scalar_one()
    return Contents(districts, sites, vacancies, parcels, found, smallest)
