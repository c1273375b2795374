"""Six parcels of 400 x 500 m (20 ha) whose availability changes from day to day, drawn by hand."""

from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pandas as pd
import pytest
from psycopg.types.range import Range
from sqlalchemy import Connection

from geo_service.availability import service, stored
from geo_service.availability.assessing import assess_stored
from geo_service.availability.kernel import silent
from geo_service.availability.service import today
from geo_service.db import Database
from tests.availability.city import multi, objects, parcel_rows, write
from tests.availability.drawing import box
from tests.http_fixtures import write_users
from tests.sample_city import Sample, remove_rows

GERMAN = {"accept": "text/html", "accept-language": "de"}
FREE, POLLUTED, SOLD, FLOODED, RETIRED, NEW = (f"0591240010000{number}0001__" for number in range(1, 7))
"""There since 2000 and free; contaminated for 600 days more; sold in 300 days; a quarter becomes water in 200
days; gone 100 days ago; parted off in 500 days."""


def on(days: int) -> date:
    """Return the day so many days from today."""
    return today() + timedelta(days=days)


def draw(connection: Connection) -> None:
    """Draw the parcels and what lies on them."""
    shapes = [box(x, 0, x + 400, 500) for x in range(0, 6000, 1000)]
    spans = [Range(date(2000, 1, 1), None), *[Range()] * 3, Range(None, on(-100)), Range(on(500), None)]
    keys = [FREE, POLLUTED, SOLD, FLOODED, RETIRED, NEW]
    use = "Wohnbaufläche / Unbebaut;200000"
    rows = parcel_rows(shapes, keys, id=[1, 2, 3, 4, 5, 6], actual_use=use, valid=objects(spans))
    write(connection, "parcels", rows)
    lying = pd.DataFrame(
        {
            "kind": ["contamination", "water"],
            "effect": ["delays", "excludes"],
            "valid": objects([Range(date(2020, 1, 1), on(600)), Range(on(200), None)]),
            "geom": multi([box(1000, 0, 1400, 500), box(3000, 0, 3100, 500)]),
        }
    ).assign(restriction_key=["a", "b"], title=["Altlast Kokerei", "Neuer Graben"], severity="light")
    write(connection, "restrictions", lying.assign(source="drawn"))
    sold = pd.DataFrame({"parcel_id": [3], "kind": "sold", "source": "drawn"})
    write(connection, "occupancies", sold.assign(during=objects([Range(on(300), None)])))


@pytest.fixture(scope="module")
def sample(database: Database) -> Iterator[Sample]:
    """The parcels, stored as of today, instead of the sample city; one user for each role."""
    with database.begin(actor="test") as connection:
        remove_rows(connection)
        draw(connection)
        write_users(connection)
    stored.refresh(database, service.options_of(service.today()), silent, then=assess_stored)
    yield Sample({"drawn": 6})
    with database.begin(actor="test") as connection:
        remove_rows(connection)


def words_of(page: httpx.Response) -> str:
    """Return the visible words of a page, with plain spaces."""
    assert page.status_code == 200, page.text
    main = page.text.partition("<main")[2].partition("</main>")[0] or page.text
    text, inside = [], False
    for part in main.replace("\u202f", " ").replace("<", "\0<").replace(">", ">\0").split("\0"):
        inside = part.startswith("<")
        text.append(" " if inside else part)
    return " ".join("".join(text).split())
