"""All kinds of import by name: the one place that knows every slice's ingest."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

from geo_service.buildings.ingest import BUILDING_IMPORT
from geo_service.db import Database
from geo_service.errors import InvalidInput
from geo_service.imports.kind import ImportKind
from geo_service.imports.report import ImportOptions, ImportReport
from geo_service.imports.run import import_file
from geo_service.parcels.ingest import DISTRICT_IMPORT, PARCEL_IMPORT
from geo_service.parcels.ingest_occupancies import OCCUPANCY_IMPORT
from geo_service.restrictions.ingest import RESTRICTION_IMPORT
from geo_service.restrictions.ingest_land_use import LAND_USE_IMPORT
from geo_service.sites.ingest import SITE_IMPORT
from geo_service.vacancies.ingest import PREMISES_IMPORT, VACANCY_IMPORT

KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            PARCEL_IMPORT,
            BUILDING_IMPORT,
            RESTRICTION_IMPORT,
            LAND_USE_IMPORT,
            OCCUPANCY_IMPORT,
            PREMISES_IMPORT,
            VACANCY_IMPORT,
            SITE_IMPORT,
            DISTRICT_IMPORT,
        )
    }
)
"""Name to kind, in the order of the command line."""


def kind_named(name: str) -> ImportKind:
    """Return a kind by its name.

    Raises
    ------
    InvalidInput
        When there is none; names those that exist.
    """
    if name not in KINDS:
        raise InvalidInput(f"There is no import {name!r}. Known: {', '.join(KINDS)}.", parameter="kind")
    return KINDS[name]


def run_import(
    database: Database, kind: str, path: Path, options: ImportOptions | None = None
) -> ImportReport:
    """Import a file, or refuse it as a whole.

    Parameters
    ----------
    database
        Where the records go.
    kind
        parcels, buildings, restrictions, land_use, occupancies, premises, vacancies, sites or districts.
    path
        The file.
    options
        How; None: as usual.

    Returns
    -------
    ImportReport
        Counts, rejects and notices; with rejects nothing was written.

    Raises
    ------
    GeoServiceError
        When the file as a whole cannot be read or does not fit; see `geo_service.imports.run.import_file`.
    """
    return import_file(database, kind_named(kind), path, options or ImportOptions())
