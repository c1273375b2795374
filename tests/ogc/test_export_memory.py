"""An export of many rows takes no more memory than one of few: rows go through in parts."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from geo_service.db import Database
from geo_service.ogc.exports.formats import FORMATS
from tests.sample_city import Sample

MANY = 15_000
MOST_GROWTH_MB = {"fgb": 96}
"""Besides 24 MB for all: GDAL sorts a FlatGeobuf for its index in a buffer of its own."""
INSERT = text(
    "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, geom)"
    " SELECT 'memory:' || n, 'water', 'excludes', 'severe', repeat('ä', 800), 'test',"
    " ST_Multi(ST_Buffer(ST_Point(390000 + n % 200 * 30, 5700000 + n / 200 * 30, 25832), 10, 12))"
    " FROM generate_series(1, :many) n"
)
PROGRAM = """
import sys, warnings
warnings.simplefilter("ignore")
from starlette.testclient import TestClient
from geo_service.app import create_app
from geo_service.ogc.exports import routes
from geo_service.settings import Settings

url, home, wanted = sys.argv[1:]
routes._pieces = lambda file: iter([str(file.seek(0, 2)).encode()])  # the size instead of the content
ask = "/ogc/collections/restrictions/export?f=" + wanted + "&filter=restriction_key LIKE 'memory:%25'"

def peak():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

with TestClient(create_app(Settings(database_url=url, home=home, refresh=False))) as client:
    sizes = []
    for more in (" AND restriction_key < 'memory:11'", ""):  # a tenth, and all
        open("/proc/self/clear_refs", "w").write("5")  # proc(5): the peak starts anew
        answer = client.get(ask + more)
        assert answer.status_code == 200, answer.text
        sizes += [peak(), int(answer.text) / 2**20]
print(*sizes)
"""


@pytest.fixture(scope="module")
def many(database: Database, sample: Sample) -> Iterator[None]:
    """Restrictions of 2 kB of text and shape each."""
    assert sample
    with database.begin(actor="test") as connection:
        connection.execute(INSERT, {"many": MANY})
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM restrictions WHERE restriction_key LIKE 'memory:%'"))


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("wanted", sorted(FORMATS))
def test_memory_does_not_grow_with_the_rows(wanted: str, database_url: str, tmp_path: Path) -> None:
    program = [sys.executable, "-c", PROGRAM, database_url, str(tmp_path), wanted]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    few_peak, few_mb, many_peak, many_mb = map(float, done.stdout.split())
    assert many_mb > 8 * few_mb
    assert many_peak - few_peak < MOST_GROWTH_MB.get(wanted, 24), done.stdout
