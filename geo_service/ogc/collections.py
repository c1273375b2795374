"""The list of collections.

Which fields a caller sees is not said here but in ``geo_service.auth.fields``, by the collection's id.
"""

from types import MappingProxyType
from typing import Final

from geo_service.ogc.land import (
    BUILDINGS,
    DEVELOPMENT_PLANS,
    DISTRICTS,
    LAND_USE_AREAS,
    QUARTERS,
    RESTRICTIONS,
)
from geo_service.ogc.parcels import AVAILABILITY, PARCELS, TRANSIT
from geo_service.ogc.places import PLOTS, PREMISES, SITES, STOPS, VACANCIES

COLLECTIONS: Final = MappingProxyType(
    {
        collection.id: collection
        for collection in (
            PARCELS,
            AVAILABILITY,
            TRANSIT,
            RESTRICTIONS,
            BUILDINGS,
            DEVELOPMENT_PLANS,
            LAND_USE_AREAS,
            SITES,
            PLOTS,
            PREMISES,
            VACANCIES,
            STOPS,
            DISTRICTS,
            QUARTERS,
        )
    }
)
"""Every collection by id, in the order of the list of collections."""
DRAWN: Final = tuple(each.id for each in COLLECTIONS.values() if each.tiles is not None)
"""Collections with tiles of their own."""
