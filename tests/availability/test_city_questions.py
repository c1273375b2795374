"""Questions about the whole city against PostGIS queries written apart."""

from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, text

from geo_service.availability import city_service, service
from geo_service.availability.balance import FLOWS
from geo_service.availability.city_answers import balance_answer, plain, summary_answer
from geo_service.availability.city_land import CityLand, city_land
from geo_service.availability.city_service import answer_what_if, read_question
from geo_service.availability.flows import city_balance, two_days
from geo_service.availability.presets import HORIZONS
from geo_service.availability.summary import summarise_land
from geo_service.availability.what_if import Sums, WhatIf, sums_of
from geo_service.errors import BadParameter, GeoServiceError, InvalidInput, NotFound
from tests.availability.city import AS_OF, KEYS, ON_OFFER, TODAY, WIDE, fill_city, fill_surroundings
from tests.availability.test_database import ORACLE

LATER = date(2028, 6, 1)
GROUPING = """
INSERT INTO districts (key, name, source, geom)
SELECT 'west', 'West', 'drawn', ST_Multi(ST_Extent(geom)::geometry) FROM parcels WHERE id % 3 = 0;
INSERT INTO districts (key, name, source, geom)
SELECT 'east', 'East', 'drawn', ST_Multi(ST_Extent(geom)::geometry) FROM parcels;
UPDATE parcels SET
   district_id = CASE id % 3 WHEN 0 THEN (SELECT id FROM districts WHERE key = 'west')
                             WHEN 1 THEN (SELECT id FROM districts WHERE key = 'east') END,
   owner_kind = CASE WHEN id % 2 = 0 THEN 'municipal' ELSE 'private' END,
   publication_objection = id % 7 = 0;
"""
NET = """
CREATE TEMPORARY TABLE net ON COMMIT DROP AS
SELECT p.id, CASE WHEN u.gone IS NULL THEN p.geom ELSE ST_Difference(p.geom, u.gone) END AS geom
  FROM parcels p
  LEFT JOIN LATERAL (SELECT ST_Union(r.geom) AS gone FROM restrictions r
        WHERE r.effect = 'excludes' AND r.valid @> CAST(:as_of AS date) AND ST_Intersects(r.geom, p.geom)
       ) u ON true;
"""
PAIRS = """
SELECT a.id AS one, b.id AS other,
       ST_Length(ST_Intersection(ST_Boundary(a.geom), ST_Buffer(b.geom, 0.05, 'join=mitre'))) AS length_m
  FROM net a JOIN net b ON a.id < b.id AND ST_DWithin(a.geom, b.geom, 0.05)
 WHERE ST_Area(a.geom) > 1e-6 AND ST_Area(b.geom) > 1e-6
"""


@pytest.fixture(autouse=True)
def _fixed_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "today", lambda: TODAY)


@pytest.fixture
def city(connection: Connection) -> Connection:
    fill_city(connection)
    for statement in GROUPING.split(";")[:-1]:
        connection.execute(text(statement))
    connection.execute(text("UPDATE parcels SET actual_use = 'Wohnbaufläche / Unbebaut;500'"))
    return connection


@pytest.fixture
def land(city: Connection) -> CityLand:
    return city_land(city, AS_OF).with_facts(city)


def oracle(connection: Connection, as_of: date = AS_OF) -> pd.DataFrame:
    """Return net area, first day and grouping of each parcel that has land to offer, by PostGIS."""
    rows = connection.execute(text(ORACLE), {"as_of": as_of, "today": TODAY}).mappings().all()
    facts = connection.execute(
        text(
            "SELECT p.id, d.key AS district, p.publication_objection AS hidden, EXISTS ("
            "SELECT FROM occupancies o WHERE o.parcel_id = p.id AND o.kind = 'sold'"
            " AND o.during @> CAST(:as_of AS date)) AS sold"
            " FROM parcels p LEFT JOIN districts d ON d.id = p.district_id"
        ),
        {"as_of": as_of},
    )
    frame = pd.DataFrame(rows).merge(pd.DataFrame(facts.mappings().all()), on="id")
    frame["horizon"] = [horizon_of(day, as_of) for day in frame["available_from"]]
    wide = connection.execute(text(WIDE), {"day": as_of}).scalars().all()
    return frame[frame["id"].isin(wide)]


def horizon_of(day: Any, as_of: date) -> str:
    if pd.isna(day):
        return "undetermined"
    limits = [as_of.replace(year=as_of.year + years) for years in (0, 2, 5)]
    for word, limit in zip(("now", "short", "mid"), limits, strict=True):
        if day <= limit:
            return word
    return "long"


def assert_same(found: dict[str, tuple[int, float]], frame: pd.DataFrame, by: str, words: Any) -> None:
    """Compare number and area by group with the oracle's, to a square centimetre a parcel."""
    groups = frame.fillna({"district": "unknown"}).groupby(by)["net_m2"].agg(["size", "sum"])
    for word in words:
        size, area = groups.loc[word] if word in groups.index else (0, 0.0)
        assert found[word][0] == size, word
        assert abs(found[word][1] - area) <= 1e-4 * max(size, 1), word


# --- totals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("public", [False, True])
def test_summary_is_what_postgis_counts(city: Connection, land: CityLand, public: bool) -> None:
    answer = summary_answer(summarise_land(land, public=public), public=public)
    seen = oracle(city)
    seen = seen[~seen["hidden" if public else "sold"]]
    for groups, by in ((answer.by_horizon, "horizon"), (answer.by_district, "district")):
        found = {group.key: (group.parcels, group.net_m2) for group in groups}
        assert_same(found, seen, by, found)
        assert set(seen.fillna({"district": "unknown"})[by]) <= set(found)
    assert answer.parcels - answer.without_land - answer.apart == len(seen)
    assert (answer.apart > 0) is not public
    assert answer.counted == ("published" if public else "all")
    assert answer.parcels == (2000 - 2000 // 7 if public else 2000)


def test_each_list_of_groups_adds_up_to_the_square_centimetre(land: CityLand) -> None:
    found = summarise_land(land, public=False)
    offered = found.parcels - found.without_land - found.apart
    by_category = {total.key: total for total in found.groups.pop("category")}
    assert sum(total.parcels for total in by_category.values()) == offered + found.apart
    assert by_category["in_use"].parcels + by_category["unknown"].parcels == found.apart
    apart_cm2 = by_category["in_use"].net_cm2 + by_category["unknown"].net_cm2
    assert sum(total.net_cm2 for total in by_category.values()) == found.net_cm2 + apart_cm2
    for totals in found.groups.values():
        assert sum(total.net_cm2 for total in totals) == found.net_cm2 > found.offered_cm2
        assert sum(total.offered_cm2 for total in totals) == found.offered_cm2 > 0
        assert sum(total.estimated_cm2 for total in totals) == found.estimated_cm2 > 0
        assert sum(total.parcels for total in totals) == offered
    assert [total.key for total in found.groups["horizon"]] == list(HORIZONS)
    assert [total.name for total in found.groups["district"]] == ["East", "West", "unknown"]


def test_what_is_in_use_or_not_known_is_apart(city: Connection) -> None:
    fill_surroundings(city)
    found = summarise_land(city_land(city, AS_OF).with_facts(city), public=False)
    on_offer = set(city.execute(text(ON_OFFER), {"day": AS_OF}).scalars())
    seen = oracle(city)
    seen = seen[seen["id"].isin(on_offer)]
    assert found.parcels - found.without_land - found.apart == len(seen) > 100
    assert abs(found.net_cm2 / 10_000 - seen["net_m2"].sum()) <= 1e-4 * len(seen)
    assert {total.key: total.parcels > 0 for total in found.groups["category"]}["unknown"]


def test_summary_of_an_empty_city(connection: Connection) -> None:
    found = summarise_land(city_land(connection, AS_OF).with_facts(connection), public=True)
    assert (found.parcels, found.net_cm2, found.groups["district"]) == (0, 0, ())


# --- what if --------------------------------------------------------------------------------------------


def ask(
    connection: Connection, *without: str, ending: list[str] | None = None, scope: str = "city"
) -> WhatIf:
    question = read_question(list(without), ending or [], scope, AS_OF, "default")
    return answer_what_if(connection, question).found


def as_postgis(found: Any, frame: pd.DataFrame) -> None:
    frame = frame[~frame["sold"]]  # in use; all other parcels of this city are unbuilt
    figures = {each.horizon: (each.parcels, each.net_cm2 / 10_000) for each in found.horizons}
    assert_same(figures, frame, "horizon", HORIZONS)


def all_of(connection: Connection) -> Sums:
    land = city_land(connection, AS_OF)
    return sums_of(land.parcels, land.on_offer(public=False))


CASES = {
    "kind:contamination": "DELETE FROM restrictions WHERE kind = 'contamination'",
    "kind:flood_zone": "DELETE FROM restrictions WHERE kind = 'flood_zone'",
    "kind:sold": "DELETE FROM occupancies WHERE kind = 'sold'",
    "kind:plan_not_in_force": "DELETE FROM development_plans",
}


@pytest.mark.parametrize("gone", CASES)
def test_what_if_is_what_postgis_finds_when_it_is_deleted(city: Connection, gone: str) -> None:
    found = ask(city, gone)
    as_postgis(found.before, oracle(city))
    nested = city.begin_nested()
    city.execute(text(CASES[gone]))
    as_postgis(found.after, oracle(city))
    assert found.after == all_of(city)
    nested.rollback()
    assert len(found.parcels) > 5
    assert found.before == all_of(city)


def test_single_records_of_each_kind(city: Connection) -> None:
    ids = {
        what: city.execute(text(statement)).scalar_one()
        for what, statement in {
            "restriction": "SELECT id FROM restrictions WHERE kind = 'water'"
            " ORDER BY ST_Area(geom) DESC LIMIT 1",
            "occupancy": "SELECT id FROM occupancies WHERE during @> DATE '2026-06-01' ORDER BY id LIMIT 1",
            "plan": "SELECT id FROM development_plans WHERE legal_status = 1000"
            " ORDER BY ST_Area(geom) DESC LIMIT 1",
        }.items()
    }
    found = ask(city, *(f"{what}:{number}" for what, number in ids.items()))
    nested = city.begin_nested()
    city.execute(text("DELETE FROM restrictions WHERE id = :restriction"), ids)
    city.execute(text("DELETE FROM occupancies WHERE id = :occupancy"), ids)
    city.execute(text("DELETE FROM development_plans WHERE id = :plan"), ids)
    as_postgis(found.after, oracle(city))
    nested.rollback()
    assert found.after.net_cm2 > found.before.net_cm2


@pytest.mark.parametrize("day", ["2026-05-01", "2027-04-01", "2040-01-01"])
def test_an_occupancy_with_another_end(city: Connection, day: str) -> None:
    number, parcel = city.execute(
        text(
            "SELECT o.id, o.parcel_id FROM occupancies o JOIN parcels p ON p.id = o.parcel_id"
            " WHERE upper_inf(during) AND NOT EXISTS (SELECT FROM restrictions r"
            "   WHERE ST_Intersects(r.geom, p.geom))"
            "   AND NOT EXISTS (SELECT FROM development_plans v WHERE ST_Intersects(v.geom, p.geom))"
            " ORDER BY o.id LIMIT 1"
        )
    ).one()
    found = ask(city, ending=[f"occupancy:{number}@{day}"])
    nested = city.begin_nested()
    city.execute(
        text("UPDATE occupancies SET during = daterange(lower(during), :day) WHERE id = :id"),
        {"day": day, "id": number},
    )
    as_postgis(found.after, oracle(city))
    nested.rollback()
    (row,) = found.parcels.to_dict("records")
    assert row["parcel_key"] == KEYS[parcel - 1]
    assert (row["horizon_before"], pd.isna(row["available_from_before"])) == ("undetermined", True)
    assert row["available_from_after"].date() == max(date.fromisoformat(day), AS_OF)


def test_a_plan_with_another_day(city: Connection) -> None:
    plan = city.execute(
        text("SELECT id FROM development_plans WHERE legal_status = 2400 ORDER BY ST_Area(geom) DESC LIMIT 1")
    ).scalar_one()
    found = ask(city, ending=[f"plan:{plan}@2027-01-01"])
    nested = city.begin_nested()
    city.execute(text("UPDATE development_plans SET in_force_on = '2027-01-01' WHERE id = :id"), {"id": plan})
    as_postgis(found.after, oracle(city))
    nested.rollback()
    assert len(found.parcels)


def test_a_plan_that_holds_nothing_up_cannot_end_later(city: Connection) -> None:
    """To imagine that it comes into force one day would block what it allows today."""
    in_force = text(
        "SELECT id FROM development_plans WHERE legal_status = 4000 AND in_force_on <= :day "
        "AND valid @> CAST(:day AS date) ORDER BY id LIMIT 1"
    )
    plan = city.execute(in_force, {"day": AS_OF}).scalar_one_or_none()
    nested = city.begin_nested()
    if plan is None:
        plan = city.execute(
            text("UPDATE development_plans SET legal_status = 4000, in_force_on = :day WHERE id = "
                 "(SELECT min(id) FROM development_plans) RETURNING id"), {"day": AS_OF}
        ).scalar_one()  # fmt: skip
    with pytest.raises(InvalidInput, match=f"plan {plan} holds nothing up"):
        ask(city, ending=[f"plan:{plan}@2030-01-01"])
    nested.rollback()


def test_one_parcel_and_the_city_agree_about_it(city: Connection) -> None:
    whole = ask(city, "kind:water")
    key = whole.parcels["parcel_key"].iloc[0]
    one = ask(city, "kind:water", scope=f"parcel:{key}")
    found, expected = (frame.iloc[0].map(plain) for frame in (one.parcels, whole.parcels))
    assert found.to_dict() == expected.to_dict()
    assert one.before.parcels == 1
    assert one.after.gross_cm2 == one.before.gross_cm2


def test_a_site_is_its_parcels_and_those_of_its_plots(city: Connection) -> None:
    city.execute(
        text(
            "INSERT INTO sites (slug, name, summary_de, summary_en, source, geometry_accuracy_m, geom)"
            " SELECT 'werk', 'Werk', '', '', 'drawn', 1, geom FROM parcels WHERE id = 101"
        )
    )
    city.execute(
        text(
            "INSERT INTO plots (site_id, slug, name, status, source, geometry_accuracy_m, geom)"
            " SELECT s.id, 'a', 'A', 'available', 'drawn', 1, p.geom FROM sites s, parcels p WHERE p.id = 900"
        )
    )
    assert city_service.keys_of_scope(city, "site:werk", AS_OF) == [KEYS[100], KEYS[899]]
    found = ask(city, "kind:conservation_area", scope="site:werk")
    assert found.before.parcels == 2
    city.execute(text("UPDATE sites SET geom = NULL"))
    assert city_service.keys_of_scope(city, "site:werk", AS_OF) == [KEYS[899]]
    city.execute(text("DELETE FROM plots"))
    with pytest.raises(NotFound, match="No parcel"):
        ask(city, "kind:water", scope="site:werk")


def test_a_what_if_writes_nothing(city: Connection) -> None:
    tables = ("availability", "restrictions", "occupancies", "audit")
    count = text(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in tables))
    before = city.execute(count).scalars().all()
    ask(city, "kind:contamination")
    assert city.execute(count).scalars().all() == before


@pytest.mark.parametrize(
    ("without", "ending", "scope", "message"),
    [
        ([], [], "city", "Say what is imagined"),
        (["restriction"], [], "city", "names no blocker"),
        (["restriction:x"], [], "city", "names no blocker"),
        (["restriction:²"], [], "city", "names no blocker"),
        (["restriction:" + "9" * 30], [], "city", "names no blocker"),
        (["owner:1"], [], "city", "names no blocker"),
        (["kind:colour"], [], "city", "There is no kind 'colour'. Known: company_reserve"),
        (["restriction:999999"], [], "city", "No restriction 999999 holds here"),
        ([], ["occupancy:999999@2027-01-01"], "city", "No occupancy 999999 holds here"),
        ([], ["occupancy:1"], "city", "names no day"),
        ([], ["occupancy:1@2027-02-30"], "city", "names no day"),
        ([], ["occupancy:1@soon"], "city", "names no day"),
        ([], ["kind:sold@2027-01-01"], "city", "names no blocker"),
        ([], ["occupancy:1@2027-01-01", "occupancy:1@2028-01-01"], "city", "on two days"),
        (["kind:sold"], [], "town", "is no scope"),
        (["kind:sold"], [], "site:", "is no scope"),
        (["kind:sold"], [], "site:nowhere", "There is no site 'nowhere'"),
        (["kind:sold"], [], "parcel:nowhere", "There is no parcel nowhere"),
    ],
)
def test_wrong_questions_are_explained(
    city: Connection, without: list[str], ending: list[str], scope: str, message: str
) -> None:
    with pytest.raises(GeoServiceError, match=message):
        ask(city, *without, ending=ending, scope=scope)


def test_a_kind_that_holds_nowhere_makes_no_difference(city: Connection) -> None:
    found = ask(city, "kind:rail_clearance")
    assert found.before == found.after
    assert found.parcels.empty


# --- land together --------------------------------------------------------------------------------------


def components(pairs: list[tuple[int, int]], members: list[int]) -> dict[int, int]:
    """Return the least member of each one's group: union and find, by hand."""
    root = {member: member for member in members}

    def find(member: int) -> int:
        while root[member] != member:
            member = root[member]
        return member

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    return {member: find(member) for member in members}


def test_contiguous_groups_are_those_of_postgis(city: Connection, land: CityLand) -> None:
    city.execute(text(NET), {"as_of": AS_OF})
    rows = city.execute(text(PAIRS)).all()
    unclear = [row for row in rows if 2.85 <= row.length_m <= 3.25]
    assert len(unclear) <= 0.02 * len(rows)
    clear = {(row.one, row.other) for row in rows if row.length_m > 3.25}
    joins = land.joins_among(np.ones(2000, dtype=bool))
    found = {(int(a) + 1, int(b) + 1) for a, b in zip(joins.first, joins.second, strict=True)}
    doubtful = {(row.one, row.other) for row in unclear}
    assert found - doubtful == clear
    with_land = (np.flatnonzero(land.parcels["net_m2"].to_numpy() > 1e-6) + 1).tolist()
    groups = joins.groups()
    ours = {member: int(groups[member - 1]) for member in with_land}
    theirs = components(sorted(found | clear), with_land)
    assert len(set(theirs.values())) > 1
    assert len({*zip(ours.values(), theirs.values(), strict=True)}) == len(set(theirs.values()))
    assert len(set(ours.values())) == len(set(theirs.values()))


# --- land balance ---------------------------------------------------------------------------------------


def test_a_balance_is_what_postgis_counts_on_both_days(city: Connection, land: CityLand) -> None:
    answer = balance_answer(city_balance(land, city_land(city, LATER).with_facts(city), ["horizon"]))
    for day, stage in ((AS_OF, "opening"), (LATER, "closing")):
        frame = oracle(city, day)
        sold = city.execute(
            text("SELECT parcel_id FROM occupancies WHERE kind = 'sold' AND during @> CAST(:day AS date)"),
            {"day": day},
        ).scalars()
        frame = frame[~frame["id"].isin(list(sold))]
        cells = {cell.cell["horizon"]: (cell.parcels[stage], cell.net_m2[stage]) for cell in answer.cells}
        assert_same(cells, frame, "horizon", cells)
        assert answer.total.parcels[stage] == len(frame)


@pytest.mark.parametrize(
    "by", [["horizon"], ["district", "severity"], ["use"], ["owner_kind", "horizon", "use"]]
)
def test_every_cell_adds_up(city: Connection, land: CityLand, by: list[str]) -> None:
    found = city_balance(land, city_land(city, LATER).with_facts(city), by)
    cells = [*found.cells(), ({}, found.total())]
    for _cell, measures in cells:
        for stages in measures.values():
            assert stages["opening"] + sum(stages[flow] for flow in FLOWS) == stages["closing"]
    for measure in ("parcels", "net_cm2", "offered_cm2", "estimated_cm2"):
        for stage in ("opening", "closing", *FLOWS):
            assert sum(measures[measure][stage] for _, measures in cells[:-1]) == cells[-1][1][measure][stage]
    assert found.total()["net_cm2"]["returned"] > 0


def test_the_evidence_is_what_the_figure_says(city: Connection, land: CityLand) -> None:
    found = city_balance(land, city_land(city, LATER).with_facts(city), ["horizon"])
    for cell, measures in found.cells():
        for stage, area in measures["net_cm2"].items():
            assert found.evidence(stage, cell)["net_cm2"].sum() == area
    returned = set(found.evidence("returned", {})["parcel_key"])
    expected = city.execute(
        text(
            "SELECT p.parcel_key FROM occupancies o JOIN parcels p ON p.id = o.parcel_id"
            " WHERE o.kind = 'sold' AND during @> CAST(:a AS date) AND NOT during @> CAST(:b AS date)"
        ),
        {"a": AS_OF, "b": LATER},
    ).scalars()
    assert returned == set(expected) & {KEYS[n - 1] for n in oracle(city, LATER)["id"]}
    with pytest.raises(BadParameter, match="'bought' is none of opening"):
        found.evidence("bought", {})


def test_the_table_has_a_line_per_cell_and_stage(city: Connection, land: CityLand) -> None:
    found = city_balance(land, city_land(city, LATER).with_facts(city), ["district", "horizon"])
    header, *lines = found.as_csv().splitlines()
    assert header == "from,to,district,horizon,stage,parcels,net_m2,offered_m2,estimated_m2"
    assert len(lines) == (len(FLOWS) + 2) * len(found.cells())
    opening = sum(float(line.split(",")[6]) for line in lines if ",opening," in line)
    assert opening == pytest.approx(found.total()["net_cm2"]["opening"] / 10_000)


def test_days_of_a_balance() -> None:
    assert two_days(None, None, date(2028, 2, 29)) == (date(2027, 2, 28), date(2028, 2, 29))
    assert two_days(date(2020, 1, 1), None, TODAY) == (date(2020, 1, 1), TODAY)
    with pytest.raises(BadParameter, match="not before"):
        two_days(TODAY, TODAY, TODAY)


def test_use_is_the_plan_area_at_a_point_inside(city: Connection) -> None:
    city.execute(
        text(
            "INSERT INTO plan_areas (plan_id, zone, geom) SELECT min(v.id), zone, p.geom"
            " FROM development_plans v, parcels p, (VALUES ('GE'), ('MI')) z (zone)"
            " WHERE p.id = 5 GROUP BY p.id, zone ORDER BY zone"
        )
    )
    use = city_land(city, AS_OF).use
    assert use[4] == "GE"
    assert [word for word in use if word] == ["GE"]


def test_nobody_asks_for_an_impossible_day(connection: Connection) -> None:
    with pytest.raises(BadParameter, match="1800"):
        city_land(connection, date(1800, 1, 1))
    with pytest.raises(InvalidInput):
        read_question([], [], "city", AS_OF, "default")
    assert asdict(read_question(["kind:sold"], [], "city", AS_OF, "default"))["scope"] == "city"
