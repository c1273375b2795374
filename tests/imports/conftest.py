"""An empty register for each test of an import: imports commit."""

from collections.abc import Iterator

import pytest

from geo_service.db import Database
from tests.imports.files import emptied


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    """An empty, migrated register."""
    yield from emptied(database)
