"""Availability from and to a real database, against a PostGIS query written apart."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from psycopg.types.range import Range
from sqlalchemy import Connection, select, text

from geo_service.availability import queries, run_queries, service, stored
from geo_service.availability.kernel import silent
from geo_service.availability.records import CHAIN_FIELDS, ITEM_FIELDS, records_by_parcel
from geo_service.availability.usable import compute_usable
from geo_service.db import Database
from geo_service.errors import BadParameter, Conflict, InvalidInput, NotFound
from geo_service.schema import metadata
from geo_service.settings import Settings
from tests.availability.city import (
    AS_OF,
    KEYS,
    PARCELS,
    TODAY,
    fill_buildings,
    fill_city,
    fill_surroundings,
    multi,
    objects,
    parcel_rows,
    write,
)
from tests.availability.drawing import PARCEL, box

ORACLE = """
SELECT p.id,
       ST_Area(p.geom) AS gross_m2,
       ST_Area(CASE WHEN u.gone IS NULL THEN p.geom ELSE ST_Difference(p.geom, u.gone) END) AS net_m2,
       CASE WHEN d.unknown THEN NULL ELSE greatest(d.latest, CAST(:as_of AS date)) END AS available_from
  FROM parcels p
  LEFT JOIN LATERAL (
        SELECT ST_Union(r.geom) AS gone FROM restrictions r
         WHERE r.effect = 'excludes' AND r.valid @> CAST(:as_of AS date) AND ST_Intersects(r.geom, p.geom)
       ) u ON true
  LEFT JOIN LATERAL (
        SELECT bool_or(b.until IS NULL) AS unknown, max(b.until) AS latest
          FROM (SELECT upper(r.valid) AS until FROM restrictions r
                 WHERE r.effect = 'delays' AND r.valid @> CAST(:as_of AS date)
                   AND ST_Intersects(r.geom, p.geom)
                   AND ST_Area(ST_Intersection(r.geom, p.geom)) > greatest(1, 0.001 * ST_Area(p.geom))
                UNION ALL
                SELECT upper(o.during) FROM occupancies o
                 WHERE o.parcel_id = p.id AND o.during @> CAST(:as_of AS date)
                UNION ALL
                SELECT CASE WHEN v.in_force_on > CAST(:today AS date) THEN v.in_force_on END
                  FROM development_plans v
                 WHERE v.legal_status < 4000 AND v.valid @> CAST(:as_of AS date)
                   AND ST_Intersects(v.geom, p.geom)
                   AND (v.in_force_on IS NULL OR v.in_force_on <= CAST(:today AS date)
                        OR v.in_force_on > CAST(:as_of AS date))
                   AND ST_Area(ST_Intersection(v.geom, p.geom)) > greatest(1, 0.001 * ST_Area(p.geom))
               ) b
       ) d ON true
 ORDER BY p.id
"""


KEY = KEYS[0]
STORED = metadata.tables["availability"]


@pytest.fixture(autouse=True)
def _fixed_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "today", lambda: TODAY)


@pytest.fixture
def city(connection: Connection) -> Connection:
    fill_city(connection)
    return connection


@pytest.fixture
def stored_city(fresh_database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A database with committed parcels of its own."""
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    with database.begin(actor="test") as connection:
        fill_city(connection)
    yield database
    database.engine.dispose()


@pytest.mark.parametrize("as_of", [AS_OF, date(2027, 12, 31), date(2020, 1, 1), date(2019, 12, 31)])
def test_equal_to_postgis(city: Connection, as_of: date) -> None:
    result = service.compute(city, as_of).parcels
    oracle = pd.DataFrame(city.execute(text(ORACLE), {"as_of": as_of, "today": TODAY}).mappings().all())
    assert result["parcel_id"].tolist() == oracle["id"].tolist()
    gross = oracle["gross_m2"].to_numpy()
    assert np.abs(result["gross_m2"].to_numpy() - gross).max() <= 1e-9 * gross.min()
    assert (np.abs(result["net_m2"].to_numpy() - oracle["net_m2"].to_numpy()) <= 1e-9 * gross).all()
    assert result["net_m2"].sum() == pytest.approx(oracle["net_m2"].sum(), rel=1e-9)
    assert ((result["net_m2"] == 0) == (oracle["net_m2"] < 1e-6)).all()
    days = [None if pd.isna(day) else day.date() for day in result["available_from"]]
    assert days == [None if pd.isna(day) else day for day in oracle["available_from"]]
    if as_of == AS_OF:
        assert (result["net_m2"] == 0).sum() > 10
        assert result["horizon"].value_counts().min() > 10
        assert len(result["horizon"].unique()) == 5


def test_some_parcels_get_the_answer_of_the_whole_city(city: Connection) -> None:
    asked = [KEYS[105], *KEYS[900:930], KEYS[3]]
    some, whole = service.compute(city, AS_OF, parcel_keys=asked), service.compute(city, AS_OF)
    ids = some.parcels["parcel_id"]
    assert sorted(some.parcels["parcel_key"]) == sorted(asked)
    for name, order in (
        ("parcels", ["parcel_id"]),
        ("items", ["parcel_id", "order"]),
        ("chain", ["parcel_id", "order"]),
    ):
        expected = getattr(whole, name)
        expected = expected[expected["parcel_id"].isin(ids)].sort_values(order).reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(some, name), expected, check_exact=True)


def test_the_register_of_buildings_tells_what_is_built_on(city: Connection) -> None:
    before = compute_usable(city, service.options_of(AS_OF))[1]
    assert set(before["category"]) == {"unknown"}
    fill_buildings(city)
    _, whole = compute_usable(city, service.options_of(AS_OF))
    assert (whole["category_rule"] == "built").tolist() == (whole["parcel_id"] % 2 == 0).tolist()
    assert (whole.loc[whole["parcel_id"] % 2 == 1, "category"] != "unknown").all()
    _, some = compute_usable(city, service.options_of(AS_OF), KEYS[500:520])
    apart = ["shape_key"]
    expected = whole[whole["parcel_id"].isin(some["parcel_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.drop(columns=apart), expected.drop(columns=apart), check_exact=True)


def test_some_parcels_are_as_usable_as_in_the_whole_city(city: Connection) -> None:
    """Streets, neighbours, plans and buildings are seen from one parcel as from all."""
    fill_surroundings(city)
    asked = [KEYS[105], *KEYS[900:930], KEYS[3], KEYS[1000]]
    options = service.options_of(AS_OF)
    _, some = compute_usable(city, options, asked)
    _, whole = compute_usable(city, options)
    expected = whole[whole["parcel_id"].isin(some["parcel_id"])].reset_index(drop=True)
    apart = ["shape_key"]  # knows all streets
    pd.testing.assert_frame_equal(some.drop(columns=apart), expected.drop(columns=apart), check_exact=True)
    assert whole["frontage_m"].notna().sum() > 1000
    assert set(whole["category"]) >= {"gap", "in_use", "unknown"}
    assert set(whole["internal_category_rule"]) >= {
        "sold",
        "gap_among_buildings",
        "gap_in_plan",
        "built",
    }
    assert set(whole["potential_use_rule"]) >= {
        "zone_commerce",
        "land_use_plan_commercial",
        "as_before_housing",
    }


def test_what_if_changes_the_answer_and_writes_nothing(city: Connection) -> None:
    result = service.compute(city, AS_OF)
    item = result.items[result.items["deduction_m2"] > 100].iloc[0]
    key = KEYS[item["parcel_id"] - 1]
    freed = service.compute(city, AS_OF, parcel_keys=[key], without=[f"restriction:{item['restriction_id']}"])
    assert freed.parcels["net_m2"].iloc[0] > result.parcels["net_m2"].iloc[item["parcel_id"] - 1] + 1
    assert city.execute(text("SELECT count(*) FROM availability")).scalar_one() == 0


def test_spans_without_ends_and_infinite_ones(connection: Connection) -> None:
    write(connection, "parcels", parcel_rows([PARCEL], [KEY]))
    delays = """
    INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, valid, geom)
    SELECT number::text, 'contamination', 'delays', 'severe', 'Altlast', 'drawn', span::daterange, geom
      FROM parcels, unnest(CAST(:spans AS text[])) WITH ORDINALITY AS s (span, number)
    """
    spans = ["(,2027-01-01)", "[-infinity,2028-01-01)", "[2020-01-01,infinity)", "[2020-01-01,)", "(,)"]
    connection.execute(text(delays), {"spans": spans})
    chain = service.compute(connection, AS_OF).chain
    ends = [None if pd.isna(day) else day.date() for day in chain["free_from"]]
    assert ends == [None, None, None, date(2028, 1, 1), date(2027, 1, 1)]


def test_the_cadastre_of_the_day(connection: Connection) -> None:
    spans = [Range(date(2020, 1, 1), date(2025, 1, 1)), Range(date(2025, 1, 1), None)]
    write(connection, "parcels", parcel_rows([PARCEL, PARCEL], KEYS[:2], valid=objects(spans)))
    assert service.compute(connection, date(2024, 12, 31)).parcels["parcel_key"].tolist() == [KEYS[0]]
    assert service.compute(connection, date(2025, 1, 1)).parcels["parcel_key"].tolist() == [KEYS[1]]
    assert service.compute(connection, date(2019, 1, 1)).parcels.empty
    with pytest.raises(NotFound, match=f"no parcel {KEYS[0]} in the cadastre of 2025-01-01"):
        service.compute(connection, date(2025, 1, 1), parcel_keys=KEYS[:2])
    with pytest.raises(NotFound, match=r"\(and 1 more\)"):
        service.compute(connection, date(2019, 1, 1), parcel_keys=KEYS[:2])


def test_a_restriction_that_touches_a_parcel_is_no_item(connection: Connection) -> None:
    write(connection, "parcels", parcel_rows([PARCEL], [KEY]))
    fields = {"kind": "water", "effect": "excludes", "severity": "light", "title": "x", "source": "drawn"}
    rows = pd.DataFrame(
        {"restriction_key": ["a", "b"], "geom": multi([box(100, 0, 150, 50), box(90, 0, 150, 50)])}
    )
    write(connection, "restrictions", rows.assign(**fields))
    for keys in (None, [KEY]):
        result = service.compute(connection, AS_OF, parcel_keys=keys)
        assert result.items["deduction_m2"].tolist() == [500]


@pytest.mark.parametrize("as_of", [date(1899, 12, 31), date(2201, 1, 1)])
def test_days_that_cannot_be_meant(connection: Connection, as_of: date) -> None:
    with pytest.raises(BadParameter, match="choose a day from 1900-01-01 to 2200-12-31"):
        service.compute(connection, as_of)


def test_wrong_questions(connection: Connection) -> None:
    with pytest.raises(BadParameter, match="no horizon preset"):
        service.compute(connection, AS_OF, "soon")
    with pytest.raises(InvalidInput, match="names no blocker"):
        service.compute(connection, AS_OF, without=["everything"])


# --- stored results --------------------------------------------------------------------------------------


def stored_frame(database: Database) -> pd.DataFrame:
    with database.read() as connection:
        rows = connection.execute(select(STORED).order_by(STORED.c.parcel_id)).mappings().all()
    return pd.DataFrame(rows)


def test_a_refresh_stores_what_is_computed(stored_city: Database) -> None:
    told: list[tuple[str, float]] = []
    before = datetime.now(UTC)
    report = stored.refresh(
        stored_city,
        service.options_of(AS_OF, "dortmund_2010"),
        lambda what, share: told.append((what, share)),
    )
    with stored_city.read() as connection:
        result = service.compute(connection, AS_OF, "dortmund_2010")
    rows = stored_frame(stored_city)
    figures = ["parcel_id", "gross_m2", "net_m2", "estimated_m2", "largest_piece_m2", "severity", "horizon"]
    pd.testing.assert_frame_equal(rows[figures], result.parcels[figures], check_exact=True, check_dtype=False)
    assert set(rows["as_of"]) == {AS_OF}
    assert set(rows["preset"]) == {"dortmund_2010"}
    assert before <= rows["computed_at"].min() <= datetime.now(UTC)
    assert rows["available_from"].isna().sum() == (rows["horizon"] == "undetermined").sum()
    sums = rows["items"].map(lambda items: sum(item["deduction_m2"] for item in items))
    assert np.abs(sums - (rows["gross_m2"] - rows["net_m2"])).max() < 1e-4
    estimates = rows["items"].map(lambda items: sum(item["estimated_m2"] for item in items))
    assert np.abs(estimates - rows["estimated_m2"]).max() < 1e-4
    assert told[0][1] == 0
    assert told[-1] == ("Done", 1.0)
    assert report.parcels == PARCELS == len(rows)
    assert report.without_land == (rows["net_m2"] == 0).sum() > 10
    with_land = rows[rows["net_m2"] > 0]
    for total in report.horizons:
        assert total.parcels == (with_land["horizon"] == total.horizon).sum()
        assert total.net_m2 == pytest.approx(rows.loc[rows["horizon"] == total.horizon, "net_m2"].sum())
    assert sum(total.net_m2 for total in report.horizons) == pytest.approx(report.net_m2)


def test_stored_reasons_are_the_computed_ones(stored_city: Database) -> None:
    stored.refresh(stored_city, service.options_of(AS_OF), silent)
    with stored_city.read() as connection:
        result = service.compute(connection, AS_OF)
        one = connection.execute(queries.stored(KEYS[0])).mappings().one()
    assert one["parcel_key"] == KEYS[0]
    rows = stored_frame(stored_city).set_index("parcel_id")
    items, chains = (
        records_by_parcel(result.items, ITEM_FIELDS),
        records_by_parcel(result.chain, CHAIN_FIELDS),
    )
    assert rows["items"].to_dict() == {key: items.get(key, []) for key in rows.index}
    assert rows["chain"].to_dict() == {key: chains.get(key, []) for key in rows.index}
    assert "Geheim" not in json.dumps([rows["items"].tolist(), rows["chain"].tolist()])


def test_a_second_refresh_replaces_the_first_and_readers_see_one_or_the_other(stored_city: Database) -> None:
    stored.refresh(stored_city, service.options_of(AS_OF), silent)
    seen: list[Any] = []

    def look(what: str, _share: float) -> None:
        if what.startswith("Writing"):
            with stored_city.read() as reader:
                rows = reader.execute(text("SELECT as_of, count(*) FROM availability GROUP BY as_of")).all()
                seen.extend(tuple(row) for row in rows)

    stored.refresh(stored_city, service.options_of(date(2027, 1, 1)), look)
    assert seen == [(AS_OF, PARCELS)]
    rows = stored_frame(stored_city)
    assert set(rows["as_of"]) == {date(2027, 1, 1)}
    assert len(rows) == PARCELS


def test_a_refresh_that_fails_changes_nothing(stored_city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stored.refresh(stored_city, service.options_of(AS_OF), silent)

    def half(*_: Any) -> int:
        raise Conflict("the disk is full")

    monkeypatch.setattr(stored, "copy_frame", half)
    with pytest.raises(Conflict, match="the disk is full"):
        stored.refresh(stored_city, service.options_of(date(2027, 1, 1)), silent)
    assert set(stored_frame(stored_city)["as_of"]) == {AS_OF}


def test_two_refreshes_do_not_mix(stored_city: Database) -> None:
    with stored_city.begin("other") as other:
        assert other.execute(run_queries.lock_refresh()).scalar_one()
        with pytest.raises(Conflict, match="Another refresh"):
            stored.refresh(stored_city, service.options_of(AS_OF), silent)
    stored.refresh(stored_city, service.options_of(AS_OF), silent)


def test_the_report_adds_up_what_is_stored(stored_city: Database) -> None:
    report = stored.refresh(stored_city, service.options_of(AS_OF), silent)
    with stored_city.read() as connection:
        rows = connection.execute(text("SELECT horizon, net_m2 FROM availability WHERE net_m2 > 0")).all()
    for total in report.horizons:
        exact = [Decimal(row.net_m2) for row in rows if row.horizon == total.horizon]
        assert total.parcels == len(exact)
        cents = sum(int((area * 10_000).to_integral_value(ROUND_HALF_EVEN)) for area in exact)
        assert total.net_m2 == cents / 10_000


def test_an_empty_city(connection: Connection) -> None:
    result = service.compute(connection, AS_OF)
    assert result.parcels.empty
    assert stored.stored_rows(result, datetime.now(UTC)).empty


def test_today_is_the_city_s_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert abs((service.today() - datetime.now(UTC).date()).days) <= 1
