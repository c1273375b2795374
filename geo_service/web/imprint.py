"""Who is responsible for the pages: facts of the city profile's optional table ``[imprint]``."""

import tomllib
from dataclasses import dataclass, fields

from geo_service.city import CityProfile
from geo_service.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Imprint:
    """Facts of the imprint (§5 DDG); empty ones are not known.

    Parameters
    ----------
    responsible
        Body that answers for the pages.
    represented_by
        Who represents it.
    street, postcode_and_place
        Postal address.
    email, phone
        How to reach it.
    data_protection
        Address of the data protection officer.
    arbitration
        Body to turn to about barriers (BITV).
    """

    responsible: str = ""
    represented_by: str = ""
    street: str = ""
    postcode_and_place: str = ""
    email: str = ""
    phone: str = ""
    data_protection: str = ""
    arbitration: str = ""

    @property
    def complete(self) -> bool:
        """Whether the facts that the law asks for are there."""
        return bool(self.responsible and self.street and self.postcode_and_place and self.email)


def read_imprint(city: CityProfile) -> Imprint:
    """Read the table ``[imprint]`` of a city's profile; without one nothing is known.

    Raises
    ------
    InvalidInput
        When the table names a field that does not exist.
    """
    facts = tomllib.loads((city.folder / "profile.toml").read_text(encoding="utf-8")).get("imprint", {})
    unknown = set(facts) - {each.name for each in fields(Imprint)}
    if unknown:
        raise InvalidInput(f"profile.toml of {city.key}, [imprint]: unknown {', '.join(sorted(unknown))}.")
    return Imprint(**facts)
