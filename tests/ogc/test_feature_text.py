"""Features are written as text in the database: they hold what the rows hold, whatever stands in them."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Text, bindparam, cast, func, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from geo_service.auth.fields import RECORDS
from geo_service.db import Base, Database
from geo_service.ogc.collections import COLLECTIONS
from geo_service.schema import Parcel
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

AWKWARD = "\"quoted\" \\back\\slash/ \b\f\n\r\t \x01\x1f\x7f </script> Straße 🏭 \u2028 'apostrophe'"
PLAIN = [
    (table, column) for table in Base.metadata.sorted_tables for column in table.c if column.info.get("plain")
]
CHOICES = {"method": "are", "window": "day"}


@pytest.fixture
def awkward(database: Database, sample: Sample) -> Iterator[str]:
    """Key of a parcel whose location holds all that JSON must escape."""
    row = Parcel.id == sample.ids[PUBLIC_KEYS[0]]
    with database.begin(actor="test") as connection:
        before = connection.execute(select(Parcel.location_text).where(row)).scalar_one()
        connection.execute(update(Parcel).where(row).values(location_text=AWKWARD))
    yield PUBLIC_KEYS[0]
    with database.begin(actor="test") as connection:
        connection.execute(update(Parcel).where(row).values(location_text=before))


def test_any_text_comes_back(client: httpx.Client, awkward: str) -> None:
    here = "/ogc/collections/parcels"
    one = client.get(f"{here}/items/{awkward}").json()
    page = client.get(f"{here}/items?parcel_key={awkward}").json()
    lines = client.get(f"{here}/export?f=geojsonseq&parcel_key={awkward}").text.strip("\x1e\n")
    for feature in (one, *page["features"], json.loads(lines)):
        assert feature["properties"]["location_text"] == AWKWARD


@pytest.mark.parametrize("collection_id", COLLECTIONS)
def test_features_hold_what_the_rows_hold(
    signed_in: SignedIn, database: Database, collection_id: str
) -> None:
    """One value of JSON for each row, as PostgreSQL makes it from the same columns."""
    collection = COLLECTIONS[collection_id]
    names = [field.name for field in RECORDS[collection_id]]
    row = select(
        *(collection.columns[name].label(name) for name in names), cast(collection.key, Text).label("its_key")
    )
    row = row.select_from(collection.source)
    for name, (column, _) in collection.choices.items():
        row = row.where(column == bindparam(name))
    found = row.subquery("found")
    with database.begin(actor="test") as connection:
        made = connection.execute(select(func.to_jsonb(found.table_valued())), CHOICES).scalars().all()
    rows: dict[str, Any] = {each.pop("its_key"): each for each in made}
    features = (
        signed_in("admin").get(f"/ogc/collections/{collection_id}/items?datetime=../..").json()["features"]
    )
    assert {str(feature["id"]) for feature in features} <= rows.keys()
    assert len(features) > 0
    for feature in features:
        assert feature["properties"] == rows[str(feature["id"])]


@pytest.mark.parametrize("crs", [4326, 3857])
def test_a_kept_shape_gives_the_same_coordinates(client: httpx.Client, database: Database, crs: int) -> None:
    wanted = text(
        "SELECT parcel_key, ST_AsGeoJSON(ST_Transform(geom, 3857), 3, 0)::jsonb AS metres, "
        "ST_AsGeoJSON(ST_FlipCoordinates(ST_Transform(geom, 4326)), 7, 0)::jsonb AS degrees FROM parcels"
    )
    with database.begin(actor="test") as connection:
        shapes = {row.parcel_key: (row.degrees, row.metres) for row in connection.execute(wanted)}
    uri = f"http://www.opengis.net/def/crs/EPSG/0/{crs}"
    features = client.get(f"/ogc/collections/parcels/items?crs={uri}").json()["features"]
    assert len(features) == len(PUBLIC_KEYS)
    for feature in features:
        assert feature["geometry"] == shapes[feature["id"]][crs == 3857]


def test_some_columns_are_plain() -> None:
    assert [column.name for _, column in PLAIN] == ["parcel_key"]


@pytest.mark.parametrize("sign", ['"', "\\", "\n", "\x01"])
def test_a_plain_column_takes_nothing_that_must_be_escaped(
    database: Database, sample: Sample, sign: str
) -> None:
    """A part of its value is replaced, anywhere: the table refuses it."""
    row = Parcel.id == sample.ids[PUBLIC_KEYS[0]]
    for place in range(len(PUBLIC_KEYS[0]) + 1):
        for end in (place, place + 1):
            changed = PUBLIC_KEYS[0][:place] + sign + PUBLIC_KEYS[0][end:]
            with pytest.raises((IntegrityError, DataError)), database.begin(actor="test") as connection:
                connection.execute(update(Parcel).where(row).values(parcel_key=changed))
