"""Exports: every format holds what the pages hold, typed, in its place, and says where it comes from."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import httpx
import numpy as np
import openpyxl  # type: ignore[import-untyped]  # a tool of the tests only
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from psycopg.types.range import Range
from sqlalchemy import delete

from geo_service.db import Database
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.crs import OFFERED, Crs
from geo_service.ogc.exports import sheet
from geo_service.ogc.exports.formats import FORMATS
from geo_service.schema import Restriction
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_rows import Rows, box

pytestmark = pytest.mark.usefixtures("hostile")
ALWAYS = "datetime=../.."
TITLES = [
    "=1+1",
    "+49 231",
    "@SUM(A1)",
    "-5",
    "Größe; \"ß\", 'x'\n<b>zweite</b>",
    "a|b",
    "0012",
    "x" * 40_000,
]


@pytest.fixture(scope="module")
def hostile(database: Database, sample: Sample) -> Iterator[None]:  # noqa: ARG001 - beside its rows
    """Restrictions whose titles begin like formulas, break lines and fill more than a cell."""
    table = Restriction.metadata.tables["restrictions"]
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        for number, title in enumerate(TITLES):
            rows.row(
                title, Restriction, restriction_key=f"export-{number}", kind="water", effect="excludes",
                severity="severe", title=title, geom=box(394_000 + 50 * number, 5_707_500, 40, 30),
                valid=Range(date(2024, 2, 29), None), source_date=date(2026, 1, 31),
            )  # fmt: skip
    yield
    with database.begin(actor="test") as connection:
        connection.execute(delete(table).where(table.c.restriction_key.like("export-%")))


def export(client: httpx.Client, collection: str, form: str, query: str = ALWAYS) -> httpx.Response:
    answer = client.get(f"/ogc/collections/{collection}/export?f={form}&{query}")
    assert answer.status_code == 200, answer.text
    return answer


def pages(client: httpx.Client, collection: str, query: str = ALWAYS) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        f"/ogc/collections/{collection}/items?limit=10000&crs=EPSG:25832&{query}"
    ).json()["features"]
    return found


def stored(answer: httpx.Response, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(answer.content)
    return path


def by_geopandas(name: str, read: Callable[[Path], Any]) -> Callable[[httpx.Response, Path], Any]:
    return lambda answer, folder: read(stored(answer, folder, name))


READERS: dict[str, Callable[[httpx.Response, Path], Any]] = {
    "geojson": by_geopandas("x.geojson", gpd.read_file),
    "gpkg": by_geopandas("x.gpkg", gpd.read_file),
    "fgb": by_geopandas("x.fgb", gpd.read_file),
    "parquet": by_geopandas("x.parquet", gpd.read_parquet),
}


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_files_hold_what_the_pages_hold(
    client: httpx.Client, collection: str, form: str, tmp_path: Path
) -> None:
    wanted = pages(client, collection)
    query = f"{ALWAYS}&crs=EPSG:25832" if form == "geojson" else ALWAYS
    frame = READERS[form](export(client, collection, form, query), tmp_path)
    assert len(frame) == len(wanted) > 0
    assert frame.crs.to_epsg() == 25832
    assert list(wanted[0]["properties"]) == [name for name in frame.columns if name not in {"geometry", "id"}]
    shapes = [each["geometry"] and shapely.from_geojson(json.dumps(each["geometry"])) for each in wanted]
    key = next(iter(wanted[0]["properties"]))
    order = {value: place for place, value in enumerate(frame[key].astype(str))}
    for feature, shape in zip(wanted, shapes, strict=True):
        if collection in {"vacancies", "plots"}:
            break  # their first field does not identify them
        found = frame.geometry.iloc[order[str(feature["properties"][key])]]
        if feature["geometry"] is None:
            assert found is None
        else:
            assert np.abs(shapely.bounds(found) - shapely.bounds(shape)).max() < 0.001


def test_values_keep_their_types_in_every_format(client: httpx.Client, tmp_path: Path) -> None:
    for form in ("gpkg", "fgb", "parquet"):
        frame = READERS[form](export(client, "restrictions", form), tmp_path)
        own = frame[frame.restriction_key.str.startswith("export-")].sort_values("restriction_key")
        assert list(own.title) == TITLES
        assert own.is_demo.map(bool).all()
        assert {str(value)[:10] for value in own.valid_from} == {"2024-02-29"}
        assert own.valid_to.isna().all()
        assert own.reduction_share.isna().all()


def test_lists_are_lists_or_joined(client: httpx.Client, tmp_path: Path) -> None:
    lines = {each["properties"]["name"]: each["properties"]["lines"] for each in pages(client, "stops")}
    parquet = READERS["parquet"](export(client, "stops", "parquet"), tmp_path)
    assert {row["name"]: list(row["lines"]) for _, row in parquet.iterrows()} == lines
    joined = {name: "|".join(names) for name, names in lines.items()}
    gpkg = READERS["gpkg"](export(client, "stops", "gpkg"), tmp_path)
    assert dict(zip(gpkg["name"], gpkg["lines"], strict=True)) == joined
    table = csv.DictReader(io.StringIO(export(client, "stops", "csv").content.decode("utf-8-sig")))
    assert {row["name"]: row["lines"] for row in table} == joined


def test_table_of_commas(client: httpx.Client, tmp_path: Path) -> None:
    answer = export(client, "restrictions", "csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")  # so Excel takes it for UTF-8
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    wanted = pages(client, "restrictions")
    assert [row["restriction_key"] for row in rows] == [
        each["properties"]["restriction_key"] for each in wanted
    ]
    titles = [row["title"] for row in rows if row["restriction_key"].startswith("export-")]
    assert titles == [f"'{title}" if title[0] in "=+-@" else title for title in TITLES]
    assert titles[:4] == ["'=1+1", "'+49 231", "'@SUM(A1)", "'-5"]
    assert [row["is_demo"] for row in rows] == [str(each["properties"]["is_demo"]).lower() for each in wanted]
    frame = gpd.read_file(stored(answer, tmp_path, "x.csv"))  # GDAL and pandas read it
    assert list(frame.restriction_key) == [row["restriction_key"] for row in rows]
    assert frame.columns[0] == next(iter(rows[0]))
    for row, feature in zip(rows, wanted, strict=True):
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert np.abs(shapely.bounds(shapely.from_wkt(row["geometry"])) - shapely.bounds(shape)).max() < 0.001


def test_lines_of_features(client: httpx.Client) -> None:
    body = export(client, "parcels", "geojsonseq").content
    found = [json.loads(piece) for piece in body.split(b"\x1e") if piece]
    wanted = client.get(f"/ogc/collections/parcels/items?limit=100&{ALWAYS}").json()["features"]
    assert found == wanted
    assert body.startswith(b"\x1e{")
    assert body.endswith(b"}\n")


def workbook(answer: httpx.Response) -> Any:
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_sheet_has_typed_cells_and_no_formula(client: httpx.Client) -> None:
    answer = client.get("/ogc/collections/restrictions/export?f=xlsx&crs=EPSG:25832")
    assert answer.headers["content-crs"].endswith("/CRS84>")  # longitude and latitude of a point
    book = workbook(export(client, "restrictions", "xlsx"))
    table = book["restrictions"]
    heading, *rows = [[cell.value for cell in row] for row in table.iter_rows()]
    kinds = {cell.data_type for row in table.iter_rows() for cell in row}
    assert "f" not in kinds
    columns = {name: [row[place] for row in rows] for place, name in enumerate(heading)}
    own = [n for n, key in enumerate(columns["restriction_key"]) if str(key).startswith("export-")]
    assert [columns["title"][n] for n in own][:-1] == TITLES[:-1]
    longest = columns["title"][own[-1]]
    assert (len(longest), longest[-4:]) == (32_767, " […]"[-4:])
    assert columns["valid_from"][own[0]] == datetime(2024, 2, 29)  # noqa: DTZ001 - Excel knows no zones
    assert columns["valid_to"][own[0]] is None
    assert columns["is_demo"][own[0]] is True
    feature = client.get("/ogc/collections/restrictions/items?limit=1000").json()["features"][-1]
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert shape.contains(shapely.Point(columns["lon"][-1], columns["lat"][-1]))
    about = {row[0].value: row[1].value for row in book["Info"].iter_rows()}
    assert about["licence"] == "dl-de/zero-2-0"
    assert "erfunden" in about["note"]


def test_a_sheet_holds_no_more_than_excel_can(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.ogc.exports.routes.MOST_ROWS", 3)
    answer = client.get("/ogc/collections/restrictions/export?f=xlsx")
    assert answer.status_code == 400
    assert "holds 3 rows" in answer.json()["detail"]
    assert sheet.MOST_ROWS == 2**20 - 1


def test_every_file_says_where_it_comes_from(client: httpx.Client, tmp_path: Path) -> None:
    geojson = export(client, "parcels", "geojson").json()
    assert (geojson["licence"], geojson["licence_url"]) == (
        "dl-de/zero-2-0", "https://www.govdata.de/dl-de/zero-2-0"
    )  # fmt: skip
    assert "Demo" in geojson["note"]
    path = stored(export(client, "parcels", "gpkg"), tmp_path, "p.gpkg")
    assert pyogrio.read_info(path)["layer_metadata"]["licence"] == "dl-de/zero-2-0"
    with sqlite3.connect(path) as database:
        assert "dl-de/zero-2-0" in database.execute("SELECT description FROM gpkg_contents").fetchone()[0]
    metadata = pq.read_schema(stored(export(client, "parcels", "parquet"), tmp_path, "p.parquet")).metadata
    assert metadata[b"licence"] == b"dl-de/zero-2-0"
    fgb = stored(export(client, "parcels", "fgb"), tmp_path, "p.fgb")
    assert b"dl-de/zero-2-0" in fgb.read_bytes()
    for form in FORMATS:  # also of those that hold nothing but records
        links = export(client, "parcels", form).headers["link"]
        assert '<https://www.govdata.de/dl-de/zero-2-0>; rel="license"' in links
        assert '/ogc/collections/parcels>; rel="collection"' in links


def test_filters_and_order_hold(client: httpx.Client) -> None:
    condition = quote("restriction_key LIKE 'export-%' AND title <> '-5'")
    query = f"{ALWAYS}&filter={condition}&sortby=-restriction_key&properties=restriction_key&crs=EPSG:4326"
    found = export(client, "restrictions", "geojson", query).json()["features"]
    keys = [each["properties"] for each in found]
    assert keys == [{"restriction_key": f"export-{number}"} for number in (7, 6, 5, 4, 2, 1, 0)]
    longitude, latitude = found[0]["geometry"]["coordinates"][0][0][0]
    assert (round(latitude), round(longitude)) == (52, 7)
    empty = export(client, "restrictions", "geojson", "bbox=-120,-40,-119,-39").json()
    assert empty["features"] == []


@pytest.mark.parametrize("crs", OFFERED, ids=lambda crs: crs.uri.rpartition("/")[2])
@pytest.mark.parametrize("form", READERS)
def test_a_file_lies_where_it_belongs_in_every_system(
    client: httpx.Client, form: str, crs: Crs, tmp_path: Path
) -> None:
    frame = READERS[form](export(client, "districts", form, f"crs={crs.uri}"), tmp_path)
    assert frame.crs.to_epsg() == crs.srid
    wanted = READERS["gpkg"](export(client, "districts", "gpkg"), tmp_path).to_crs(25832).total_bounds
    assert np.abs(frame.to_crs(25832).total_bounds - wanted).max() < 0.05
    page = stored(
        client.get("/ogc/collections/districts/items", params={"crs": crs.uri}), tmp_path, "page.geojson"
    )
    if not crs.latitude_first:
        assert np.abs(gpd.read_file(page).to_crs(25832).total_bounds - wanted).max() < 0.05


@pytest.mark.parametrize("crs", OFFERED[1:], ids=lambda crs: crs.uri.rpartition("/")[2])
def test_lines_that_nobody_could_place_are_refused(client: httpx.Client, crs: Crs, tmp_path: Path) -> None:
    refused = client.get(f"/ogc/collections/districts/export?f=geojsonseq&crs={crs.uri}")
    assert (refused.status_code, refused.json()["parameter"]) == (400, "crs")
    assert "Leave crs out" in refused.json()["detail"]
    path = stored(export(client, "districts", "geojsonseq", "crs=CRS84"), tmp_path, "x.geojsons")
    assert abs(gpd.read_file(path).total_bounds[0] - 7.4) < 1


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_export_is_a_file(client: httpx.Client, form: str, tmp_path: Path) -> None:
    answer = export(client, "restrictions", form, f"filter={quote('FALSE')}")
    assert form != "parquet" or len(READERS["parquet"](answer, tmp_path)) == 0
    assert form != "gpkg" or len(READERS["gpkg"](answer, tmp_path)) == 0
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="dortmund-restrictions-20')
    assert name.endswith(f'.{FORMATS[form].ending}"')


@pytest.mark.parametrize("form", FORMATS)
def test_confidential_fields_are_in_no_file(client: httpx.Client, signed_in: SignedIn, form: str) -> None:
    for collection, field in (("premises", "net_rent_eur_month"), ("parcels", "owner_kind")):
        body = export(client, collection, form).content
        assert field.encode() not in body
        assert b"GEHEIM" not in body
        allowed = signed_in("vacancy_manager" if collection == "premises" else "planner")
        answer = export(allowed, collection, form)
        assert answer.headers["cache-control"].startswith("private")
        if form == "csv":
            assert field.encode() in answer.content


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("f=pdf", "f"), ("limit=5", "limit"), ("after=1", "after"), ("filter=x", "filter"), ("bbox=1", "bbox"),
     ("f=csv&filter=2^99999>1 AND kind=kind", "filter"), ("f=gpkg&filter=10^999>1", "filter")],
)  # fmt: skip
def test_what_cannot_be_exported_is_named(client: httpx.Client, query: str, parameter: str) -> None:
    answer = client.get(f"/ogc/collections/restrictions/export?{quote(query, safe='=&,')}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["parameter"] == parameter
    assert client.get("/ogc/collections/nothing/export").status_code == 404
