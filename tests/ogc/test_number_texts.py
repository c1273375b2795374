"""Numbers that may have a fraction are written with a point: clients take the type from the first ones."""

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import update

from geo_service.auth.fields import RECORDS
from geo_service.db import Database
from geo_service.ogc.collections import COLLECTIONS
from geo_service.schema import Availability
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

NUMBERS = {0.0: "0.0", -5.0: "-5.0", 0.1: "0.1", 12_345_678_901.0: "12345678901.0", 1e15: "1e+15",
           1e-7: "1e-07", 4_000.123456789012: "4000.123456789012"}  # fmt: skip


@pytest.fixture
def estimated(database: Database, sample: Sample) -> Iterator[int]:
    """Id of a parcel whose estimated land may be changed."""
    parcel_id = sample.ids[PUBLIC_KEYS[0]]
    yield parcel_id
    write(database, parcel_id, 0)


def write(database: Database, parcel_id: int, value: float) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(
            update(Availability).where(Availability.parcel_id == parcel_id).values(estimated_m2=value)
        )


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_has_a_point_and_comes_back_to_the_last_bit(
    client: httpx.Client, database: Database, estimated: int, value: float
) -> None:
    write(database, estimated, value)
    here = "/ogc/collections/availability"
    for path in (f"/items/{PUBLIC_KEYS[0]}", f"/items?parcel_key={PUBLIC_KEYS[0]}", "/export?f=geojsonseq"):
        text = client.get(f"{here}{path}").text
        (found,) = re.findall(rf'{PUBLIC_KEYS[0]}","as_of".*?"estimated_m2":([^,]+),', text)
        assert found == NUMBERS[value]
        assert float(found) == value


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_no_number_looks_whole(client: httpx.Client, collection: str) -> None:
    text = client.get(f"/ogc/collections/{collection}/items").text
    kinds = {field.name: field.kind for field in RECORDS[collection]}
    for name, digits in re.findall(r'"([a-z_0-9]+)":(-?[0-9.e+-]+)[,}]', text.partition('"features"')[2]):
        if name in kinds:
            assert ("." in digits) == (kinds[name] == "number"), (name, digits)
