"""Availability from GeoParquet to GeoParquet, partition by partition, without a cluster."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import CRS, Transformer

from geo_service.availability import folders, state_files
from geo_service.availability.folders import compute_folder
from geo_service.availability.geoparquet import CRS_25832, GEO
from geo_service.availability.inputs import (
    OCCUPANCY_COLUMNS,
    PLAN_COLUMNS,
    RESTRICTION_COLUMNS,
    Inputs,
    Options,
)
from geo_service.availability.kernel import compute_availability
from geo_service.availability.presets import horizon_preset
from geo_service.availability.records import CHAIN_FIELDS, ITEM_FIELDS, records_by_parcel
from geo_service.availability.state_tables import TABLES
from geo_service.availability.totals import square_centimetres
from geo_service.errors import BadParameter, InvalidInput, NotReady
from tests.availability.drawing import array
from tests.availability.states import (
    AS_OF,
    PARCELS,
    TODAY,
    days,
    drawn_state,
    with_first,
    write_geo,
    write_state,
)

SCHEMA = {"parcel_key", "available_from", "as_of", "preset", "items", "chain", "geometry"}


@pytest.fixture(scope="module")
def land() -> Inputs:
    return drawn_state()


@pytest.fixture
def state(tmp_path: Path, land: Inputs) -> Path:
    return write_state(tmp_path / "state", land)


def asked(**options: Any) -> Options:
    return Options(AS_OF, known_on=TODAY, **options)


def silent(_what: str, _share: float) -> None:
    """Take progress without showing it."""


def read(folder: Path) -> gpd.GeoDataFrame:
    files = sorted(folder.glob("*.parquet"))
    return pd.concat([gpd.read_parquet(file) for file in files]).sort_values("parcel_key", ignore_index=True)


def test_partitions_together_are_the_whole(state: Path, land: Inputs, tmp_path: Path) -> None:
    whole = compute_availability(land, Options(AS_OF, known_on=TODAY, threads=1))
    told: list[tuple[str, float]] = []
    report = compute_folder(state, tmp_path / "out", asked(), lambda *news: told.append(news))
    found = read(tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 13
    assert set(found.columns) >= SCHEMA
    assert found.crs.to_epsg() == 25832
    figures = ["gross_m2", "net_m2", "deducted_m2", "estimated_m2", "largest_piece_m2", "severity", "horizon"]
    assert found["parcel_key"].tolist() == land.parcel_ids.tolist()
    pd.testing.assert_frame_equal(found[figures], whole.parcels[figures], check_exact=True)
    days_found = pd.to_datetime(found["available_from"]).to_numpy().astype("datetime64[D]")
    expected_days = whole.parcels["available_from"].to_numpy().astype("datetime64[D]")
    np.testing.assert_array_equal(days_found, expected_days)
    assert (shapely.to_wkb(found.geometry.to_numpy()) == shapely.to_wkb(whole.net)).all()
    for column, frame, fields in (("items", whole.items, ITEM_FIELDS), ("chain", whole.chain, CHAIN_FIELDS)):
        records = records_by_parcel(frame, fields)
        assert len(records) > 200
        assert found[column].map(json.loads).tolist() == [records.get(key, []) for key in found["parcel_key"]]
    assert set(found["as_of"]) == {AS_OF}
    assert report.parcels == PARCELS
    assert report.net_m2 == square_centimetres(whole.parcels["net_m2"]).sum() / 10_000
    assert told[-2][0].endswith("partition 13 of 13")
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_the_manifest_names_what_was_done(state: Path, tmp_path: Path) -> None:
    report = compute_folder(state, tmp_path / "out", asked(preset=horizon_preset("dortmund_2010")), silent)
    facts = json.loads((tmp_path / "out" / "availability.json").read_text())
    assert (facts["as_of"], facts["preset"], facts["known_on"]) == (
        "2026-06-01",
        "dortmund_2010",
        "2026-03-01",
    )
    assert sum(file["parcels"] for file in facts["files"]) == facts["parcels"] == report.parcels
    assert facts["computed_with"]["GEOS"] == shapely.geos_version_string
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "availability.json",
        *(file["name"] for file in facts["files"]),
    }


def test_the_coordinate_system_is_always_written_alike(state: Path, tmp_path: Path) -> None:
    compute_folder(state, tmp_path / "out", asked(), silent)
    for file in (tmp_path / "out").glob("*.parquet"):
        assert json.loads(pq.read_metadata(file).metadata[b"geo"]) == GEO
    official, written = CRS.from_epsg(25832), CRS.from_json_dict(CRS_25832)
    assert written.to_epsg(min_confidence=100) == 25832
    assert official.is_exact_same(written) or official.equals(written)
    there = Transformer.from_crs(4258, official, always_xy=True).transform(7.4653, 51.5136)
    assert Transformer.from_crs(4258, written, always_xy=True).transform(7.4653, 51.5136) == there


@pytest.mark.parametrize("largest", [1, 40, 110, 100_000])
def test_the_size_of_partitions_changes_nothing(state: Path, tmp_path: Path, largest: int) -> None:
    compute_folder(state, tmp_path / "usual", asked(), silent)
    compute_folder(state, tmp_path / "other", asked(), silent, largest=largest)
    usual, other = read(tmp_path / "usual"), read(tmp_path / "other")
    pd.testing.assert_frame_equal(usual.drop(columns="geometry"), other.drop(columns="geometry"))
    assert (usual.geometry.to_wkb() == other.geometry.to_wkb()).all()
    names = {path.stem for path in (tmp_path / "other").glob("*.parquet")}
    assert len(names) == (39 if largest < 100 else 26 if largest == 110 else 13)


def test_the_tables_have_what_the_kernel_reads() -> None:
    columns = {name: tuple(columns) for name, columns in TABLES.items()}
    assert columns["restrictions"] == RESTRICTION_COLUMNS
    assert [name for name in columns["plans"] if name != "plan_key"] == list(PLAN_COLUMNS)
    assert [{"parcel_key": "parcel_id"}.get(name, name) for name in columns["occupancies"]] == list(
        OCCUPANCY_COLUMNS
    )


def test_a_table_may_be_several_files(state: Path, tmp_path: Path) -> None:
    compute_folder(state, tmp_path / "one", asked(), silent)
    rows = gpd.read_parquet(state / "parcels.parquet").sample(frac=1, random_state=1)
    (state / "parcels").mkdir()
    rows.iloc[:700].to_parquet(state / "parcels" / "a.parquet", index=False)
    rows.iloc[700:].to_parquet(state / "parcels" / "b.parquet", index=False)
    (state / "parcels.parquet").unlink()
    compute_folder(state, tmp_path / "two", asked(), silent)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_parcels_of_another_day_do_not_count(state: Path, land: Inputs, tmp_path: Path) -> None:
    uses = [None] * PARCELS
    rows = pd.DataFrame({"parcel_key": land.parcel_ids, "actual_use": uses, "geometry": land.parcels})
    rows["valid_to"] = [date(2026, 6, 1)] * 5 + [date(2026, 6, 2)] * 5 + [None] * (PARCELS - 10)
    rows["valid_from"] = [None] * (PARCELS - 3) + [date(2026, 6, 2)] * 3
    write_geo(state / "parcels.parquet", days(rows))
    assert compute_folder(state, tmp_path / "out", asked(), silent).parcels == PARCELS - 8


def test_a_state_without_any_rows(tmp_path: Path, land: Inputs) -> None:
    none = replace(
        land,
        parcel_ids=land.parcel_ids[:0],
        parcels=land.parcels[:0],
        restrictions=land.restrictions[:0],
        occupancies=land.occupancies[:0],
        plans=land.plans[:0],
    )
    report = compute_folder(write_state(tmp_path / "state", none), tmp_path / "out", asked(), silent)
    assert (report.parcels, report.net_m2) == (0, 0)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["availability.json"]


# --- what is refused ------------------------------------------------------------------------------------


def refused(state: Path, target: Path, words: str, error: type[Exception] = InvalidInput) -> None:
    with pytest.raises(error, match=words):
        compute_folder(state, target, asked(), silent)
    assert not target.exists()
    assert not list(target.parent.glob(f".{target.name}*"))


def without_column(state: Path) -> None:
    gpd.read_parquet(state / "plans.parquet").drop(columns="legal_status").to_parquet(state / "plans.parquet")


def other_crs(state: Path) -> None:
    rows = gpd.read_parquet(state / "restrictions.parquet")
    rows.to_crs(4326).to_parquet(state / "restrictions.parquet", index=False)


def no_crs(state: Path) -> None:
    rows = gpd.read_parquet(state / "restrictions.parquet").set_crs(None, allow_override=True)
    rows.to_parquet(state / "restrictions.parquet", index=False)


def no_geoparquet(state: Path) -> None:
    rows = pq.read_table(state / "parcels.parquet").replace_schema_metadata(None)
    pq.write_table(rows, state / "parcels.parquet")


def native_encoding(state: Path) -> None:
    rows = pq.read_table(state / "parcels.parquet")
    geo = json.loads(rows.schema.metadata[b"geo"])
    geo["columns"]["geometry"]["encoding"] = "polygon"
    pq.write_table(rows.replace_schema_metadata({"geo": json.dumps(geo)}), state / "parcels.parquet")


def no_wkb(state: Path) -> None:
    rows = pq.read_table(state / "parcels.parquet")
    broken = pa.array([b"no wkb"] * len(rows))
    place = rows.column_names.index("geometry")
    pq.write_table(rows.set_column(place, "geometry", broken), state / "parcels.parquet")


def change_parcels(change: Callable[[gpd.GeoDataFrame], None]) -> Callable[[Path], None]:
    def broken(state: Path) -> None:
        rows = gpd.read_parquet(state / "parcels.parquet")
        change(rows)
        rows.to_parquet(state / "parcels.parquet", index=False)

    return broken


def swapped(rows: gpd.GeoDataFrame) -> None:
    rows.geometry = shapely.transform(rows.geometry.to_numpy(), lambda xy: xy[:, ::-1])


def set_first(column: str, value: Any) -> Callable[[gpd.GeoDataFrame], None]:
    def change(rows: gpd.GeoDataFrame) -> None:
        rows[column] = array(value, *rows[column].iloc[1:])

    return change


BOW_TIE = shapely.from_wkt(
    "POLYGON((390000 5705000, 390010 5705010, 390010 5705000, 390000 5705010, 390000 5705000))"
)
FIRST = "05910000100013______"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda state: (state / "plans.parquet").unlink(), "no plans.parquet and no folder plans/"),
        (shutil.rmtree, "is no folder. It must hold parcels, restrictions"),
        (
            lambda state: (state / "plans.parquet").write_bytes(b"PK"),
            "plans.parquet cannot be read as Parquet",
        ),
        (without_column, "plans.parquet lacks the columns legal_status; it has id, title"),
        (other_crs, "restrictions.parquet: the coordinate system must be EPSG:25832, not WGS 84"),
        (no_crs, "the coordinate system must be EPSG:25832, not none, that is WGS 84"),
        (no_geoparquet, "parcels.parquet is no GeoParquet"),
        (native_encoding, "geometry must be encoded as WKB, not polygon"),
        (no_wkb, "parcels.parquet is no GeoParquet|parcels: a geometry is no WKB"),
        (change_parcels(swapped), "parcels: [0-9]+ geometries do not lie in Germany.*axes swapped"),
        (
            change_parcels(set_first("parcel_key", None)),
            "1 of 2000 rows have no valid parcel_key; first: None",
        ),
        (change_parcels(set_first("parcel_key", "5-1")), "no valid parcel_key; first: '5-1'. A Flurstücks"),
        (change_parcels(lambda rows: rows.insert(1, "x", 1)), ""),
    ],
)
def test_what_is_wrong_is_said(state: Path, tmp_path: Path, spoil: Callable[[Path], Any], words: str) -> None:
    spoil(state)
    if not words:  # a further column is left unread
        compute_folder(state, tmp_path / "out", asked(), silent)
        return
    refused(state, tmp_path / "out", words)


def test_a_key_that_comes_twice(state: Path, tmp_path: Path) -> None:
    rows = gpd.read_parquet(state / "parcels.parquet")
    pd.concat([rows, rows.iloc[:1]]).to_parquet(state / "parcels.parquet", index=False)
    refused(state, tmp_path / "out", f"parcels: 1 keys come more than once; first: {rows['parcel_key'][0]}")


def test_a_parcel_that_is_no_land_is_named(state: Path, tmp_path: Path) -> None:
    change_parcels(set_first("geometry", BOW_TIE))(state)
    first = gpd.read_parquet(state / "parcels.parquet")["parcel_key"][0]
    refused(state, tmp_path / "out", f"parcel {first} \\(Self-intersection")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"effect": "stops"}, "has the effect 'stops'"),
        ({"effect": None}, "restrictions: row 1 has no effect"),
        ({"id": 2}, "restrictions: the id 2 comes twice"),
        ({"geometry": BOW_TIE}, "1 of 260 restriction geometries cannot be used"),
        ({"geometry": None}, "1 of 260 restriction geometries cannot be used"),
        ({"effect": "reduces", "share": 1.5}, "needs a share between 0 and 1"),
        ({"kind": "owner_unwilling", "effect": "excludes"}, "owner_unwilling\\) can only delay"),
        ({"kind": "owner_unwilling", "effect": "reduces", "share": 0.5}, "can only delay"),
    ],
)
def test_a_restriction_that_cannot_be_computed(
    tmp_path: Path, land: Inputs, fields: dict[str, Any], words: str
) -> None:
    refused(write_state(tmp_path / "state", with_first(land, **fields)), tmp_path / "out", words)


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        (
            "buildings",
            "geometry",
            BOW_TIE,
            "1 of [0-9]+ building geometries cannot be used; first: building 0",
        ),
        ("buildings", "geometry", None, "building geometries cannot be used"),
        ("buildings", "kind", None, "buildings: row 1 has no kind"),
        ("buildings", "geometry", shapely.box(7, 51, 8, 52), "buildings: 1 geometries do not lie in Germany"),
        ("plan_areas", "geometry", BOW_TIE, "1 of 12 plan_areas geometries cannot be used"),
        ("land_use", "use", None, "land_use: row 1 has no use"),
        ("land_use", "id", 3, "land_use: the id 3 comes twice"),
    ],
)
def test_what_decides_what_a_parcel_is_is_checked_too(
    state: Path, tmp_path: Path, table: str, column: str, value: Any, words: str
) -> None:
    rows = gpd.read_parquet(state / f"{table}.parquet")
    set_first(column, value)(rows)
    rows.to_parquet(state / f"{table}.parquet", index=False)
    refused(state, tmp_path / "out", words)


def test_a_column_of_another_kind(state: Path, tmp_path: Path) -> None:
    rows = gpd.read_parquet(state / "plans.parquet").assign(legal_status="in Kraft")
    rows.to_parquet(state / "plans.parquet", index=False)
    refused(state, tmp_path / "out", "legal_status must be whole number, not (large_)?string")


def test_an_output_that_is_there_is_kept(state: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    compute_folder(state, target, asked(), silent)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    with pytest.raises(InvalidInput, match=r"out is there already and not empty. Name another folder"):
        compute_folder(state, target, asked(), silent)
    with pytest.raises(InvalidInput, match="is there already and not empty"):
        compute_folder(state, state / "plans.parquet", asked(), silent)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before


def test_an_output_that_cannot_be_made(state: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be made: Not a directory"):
        compute_folder(state, state / "plans.parquet" / "out", asked(), silent)


def test_a_partition_needs_a_parcel(state: Path, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="at least 1 parcel, not 0"):
        compute_folder(state, tmp_path / "out", asked(), silent, largest=0)


def test_input_that_changes_meanwhile(state: Path, tmp_path: Path, land: Inputs) -> None:
    def change(_what: str, share: float) -> None:
        if share > 0.2:
            write_state(state, with_first(land, title="changed"))

    with pytest.raises(NotReady, match=r"restrictions.parquet was changed while it was computed|was changed"):
        compute_folder(state, tmp_path / "out", asked(), change)
    assert not (tmp_path / "out").exists()


def test_input_that_goes_away(state: Path, tmp_path: Path) -> None:
    def remove(_what: str, share: float) -> None:
        if share > 0.2:
            (state / "plans.parquet").unlink(missing_ok=True)

    with pytest.raises(NotReady, match=r"plans.parquet cannot be read.*must be shared"):
        compute_folder(state, tmp_path / "out", asked(), remove)


def test_an_output_that_cannot_be_written(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    refused(state, tmp_path / "out", "cannot be written \\(No space left on device\\)", NotReady)


def test_a_file_that_lost_rows_is_noticed(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = folders.compute_file

    def shortened(job: folders.FileJob) -> folders.WrittenFile:
        file = compute(job)
        return replace(file, parcels=file.parcels + 1)

    monkeypatch.setattr(folders, "compute_file", shortened)
    refused(state, tmp_path / "out", "has [0-9]+ of [0-9]+ parcels. Start again", NotReady)


def test_restrictions_are_read_once(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[str] = []
    reading = state_files.read_table

    def noted(folder: state_files.StateFolder, table: str) -> pd.DataFrame:
        tables.append(table)
        return reading(folder, table)

    monkeypatch.setattr(state_files, "read_table", noted)
    compute_folder(state, tmp_path / "out", asked(), silent)
    assert sorted(tables) == ["land_use", "occupancies", "plan_areas", "plans", "restrictions"]
