"""QGIS reads every public collection completely, page by page, and filters it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo_service.auth.fields import RECORDS
from geo_service.ogc.collections import COLLECTIONS
from tests.browser.test_clients import as_served

PYTHON = "/usr/bin/python3"
READER = Path(__file__).with_name("qgis_reader.py")
INSTALLED = not subprocess.run(
    [PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
).returncode
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not INSTALLED, reason="QGIS is not here: apt-get install python3-qgis (1 GB)"),
]


def read(server: str, collection: str, page_size: int = 2, expression: str = "") -> dict[str, Any]:
    command = [PYTHON, str(READER), f"{server}/ogc", collection, str(page_size), expression]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    assert "error" not in found, found
    return found


def served(server: str, collection: str) -> list[dict[str, Any]]:
    """Read all features in degrees, as QGIS of Debian 12 asks for them."""
    return as_served(server, collection, "limit=100")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_qgis_reads_every_collection(server: str, collection: str) -> None:
    wanted, told = served(server, collection), read(server, collection)
    assert len(told["rows"]) == told["count"] == len(wanted) > 0
    for row, feature in zip(told["rows"], wanted, strict=True):
        for name, value in feature["properties"].items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert float(row["properties"][name]) == pytest.approx(value), name
            elif isinstance(value, str):
                assert str(row["properties"][name])[:10] == value[:10], name
        if feature["geometry"] is None:
            assert row["wkt"] is None
            continue
        drawn, shape = shapely.from_wkt(row["wkt"]), shapely.geometry.shape(feature["geometry"])
        assert shapely.equals_exact(shapely.normalize(drawn), shapely.normalize(shape), 1e-6)


TYPES = {"number": "Real", "integer": "Integer", "boolean": "Boolean", "date": "Date", "text": "String"}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_qgis_takes_types_from_the_first_ten_features(server: str, collection: str) -> None:
    """What is known of none of them is a text for it: a number of them, whole or not, must not be whole."""
    first = served(server, collection)[:10]
    told = read(server, collection)["types"]
    for field in RECORDS[collection]:
        if field.kind in TYPES and any(each["properties"].get(field.name) is not None for each in first):
            assert told[field.name] == TYPES[field.kind], field.name


def test_qgis_filters(server: str) -> None:
    wanted = {
        feature["properties"]["parcel_key"]
        for feature in served(server, "parcels")
        if feature["properties"]["area_m2"] > 4000 and feature["properties"]["flur"] == 3
    }
    told = read(server, "parcels", 100, "area_m2 > 4000 AND flur = 3")
    assert {row["properties"]["parcel_key"] for row in told["rows"]} == wanted
    assert wanted
