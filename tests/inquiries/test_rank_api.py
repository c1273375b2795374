"""Ranking over the interface: what is found, explained and linked, and what the public cannot learn."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from geo_service.inquiries import service
from geo_service.inquiries.candidate_queries import Preselection
from geo_service.inquiries.service import horizon_end
from tests.inquiries.conftest import Served, key
from tests.matching.api import TODAY, headers_of

ADVISER = headers_of("investor_support")
LAND: dict[str, Any] = {
    "area_min_m2": 4000,
    "area_max_m2": 5000,
    "uses": ["GE"],
    "available_by": "2027-06-30",
    "transit_grade_min": "C",
}


def rank(served: Served, form: dict[str, Any], role: str | None = "investor_support") -> dict[str, Any]:
    answer = served.client.post("/api/inquiries/rank", json=form, headers=headers_of(role))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def keys(results: list[dict[str, Any]]) -> list[str]:
    return [item["key"] for item in results]


def test_land_that_fits_and_land_that_almost_fits(served: Served) -> None:
    body = rank(served, LAND)
    assert keys(body["fitting"]) == [key(1), key(6)]
    # late by half a year, 400 m² short, undetermined, not graded (the plot): one thing each
    assert set(keys(body["almost"])) == {key(2), key(3), key(5), "demo-campus/baufeld-1"}
    missing = {item["key"]: item["missing"] for item in body["almost"]}
    assert missing == {
        key(2): ["date"],
        key(3): ["area"],
        key(5): ["date"],
        "demo-campus/baufeld-1": ["transit"],
    }
    assert body["fitting_count"] == 2
    assert body["almost_count"] == 4
    assert body["loosened"] == [
        {"criterion": "area", "more": 1},
        {"criterion": "date", "more": 2},
        {"criterion": "transit", "more": 1},
    ]
    assert body["availability_as_of"] == TODAY.isoformat()


def test_reasons_are_sentences_with_figures_and_estimates_are_labelled(served: Served) -> None:
    body = rank(served, LAND)
    parts = {part["criterion"]: part for part in body["fitting"][0]["parts"]}
    assert [part["words"]["de"] for part in parts.values()] == [
        "Fläche: 4.500 m² im Angebot; gesucht 4.000 bis 5.000 m².",
        "Nutzung: Gewerbegebiet (GE); gesucht Gewerbegebiet (GE).",
        "Verfügbar: sofort; gesucht bis 30.06.2027.",
        "ÖV-Güteklasse: B; gesucht mindestens C.",
    ]
    assert {part["state"] for part in parts.values()} == {"met"}
    near = {item["key"]: {p["criterion"]: p for p in item["parts"]} for item in body["almost"]}
    small = near[key(3)]["area"]
    assert small["state"] == "near"
    assert small["words"]["de"] == (
        "Fläche passt fast: 3.600 m² im Angebot (davon geschätzt 400 m² nicht nutzbar); "
        "gesucht 4.000 bis 5.000 m²."
    )
    assert (
        near[key(2)]["date"]["words"]["de"] == "Verfügbar passt fast: ab 01.01.2028; gesucht bis 30.06.2027."
    )
    assert near[key(5)]["date"]["state"] == "unknown"
    assert near[key(5)]["date"]["words"]["de"] == "Verfügbar ist nicht bekannt; gesucht bis 30.06.2027."
    plot = next(item for item in body["almost"] if item["kind"] == "plot")
    assert plot["area_is_estimate"] is True
    assert near[plot["key"]]["area"]["words"]["de"].startswith("Fläche: 4.624 m² (geschätzt)")


def test_scores_are_the_weighted_means_of_the_parts(served: Served) -> None:
    body = rank(served, {**LAND, "wishes": ["transit"]})
    for item in body["fitting"] + body["almost"]:
        weights = sum(part["weight"] for part in item["parts"])
        mean = sum(part["weight"] * part["value"] for part in item["parts"]) / weights
        assert item["score"] == pytest.approx(mean, abs=5.1e-5)
    scores = [item["score"] for item in body["fitting"]]
    assert scores == sorted(scores, reverse=True)


def test_results_carry_links_place_and_provenance(served: Served) -> None:
    body = rank(
        served, {**LAND, "transit_grade_min": None, "kinds": ["plot", "parcel", "premises"], "uses": []}
    )
    parcel = next(item for item in body["fitting"] if item["key"] == key(1))
    assert parcel["name"] == "Bodelschwingh 3 1"
    assert parcel["page"] == f"/flaechen/{key(1)}"
    assert parcel["data"] == f"/api/parcels/{key(1)}/availability"
    assert parcel["district"] == "Hörde"
    assert 7 < parcel["lon"] < 8
    assert 51 < parcel["lat"] < 52
    assert parcel["is_demo"] is True
    plot = next(item for item in body["fitting"] if item["kind"] == "plot")
    assert (plot["page"], plot["name"]) == ("/standorte/demo-campus", "Demo-Campus: Baufeld 1")


def test_premises_are_ranked_by_use_rent_and_quarter(served: Served) -> None:
    form = {
        "kinds": ["premises"],
        "uses": ["retail"],
        "rent_max_eur_month": 900,
        "districts": ["hoerde-zentrum"],
    }
    body = rank(served, form, "vacancy_manager")
    assert keys(body["fitting"]) == ["P-1"]
    shop = body["fitting"][0]
    assert shop["rent_eur_month"] == 800
    assert shop["district"] == "Hörde-Zentrum"
    form = {"kinds": ["premises"], "uses": ["retail"], "rent_max_eur_month": 900}
    body = rank(served, form, "vacancy_manager")
    # the gastronomy (950 EUR agreed, change of use) misses two musts and is left out
    assert set(keys(body["fitting"])) == {"P-1", "P-3"}
    assert body["almost"] == []
    cafe = rank(served, {"kinds": ["premises"], "uses": ["retail"]})["almost"]
    assert keys(cafe) == ["P 2/ä"]
    assert cafe[0]["page"] == "/leerstand/P%202%2F%C3%A4"
    assert "nur mit Genehmigung" in cafe[0]["parts"][0]["words"]["de"]


def test_a_price_ceiling_uses_asking_prices_and_labels_land_values(served: Served) -> None:
    body = rank(served, {"kinds": ["plot", "parcel"], "price_max_eur_per_m2": 105, "uses": ["GE"]})
    parcel = next(item for item in body["fitting"] if item["key"] == key(1))
    assert parcel["price_is_land_value"] is True
    words = {part["criterion"]: part["words"]["de"] for part in parcel["parts"]}
    assert words["price"] == "Preis: Bodenrichtwert 100 €/m² (kein Verkehrswert); gesucht höchstens 105 €/m²."
    assert any("Bodenrichtwert" in note["de"] for note in body["notes"])
    plot = next(item for item in body["almost"] if item["kind"] == "plot")
    assert (plot["price_is_land_value"], plot["missing"]) == (False, ["price"])


def test_horizons_stand_for_days() -> None:
    assert horizon_end("now", TODAY) == TODAY
    assert horizon_end("short", TODAY) == date(2028, 7, 1)
    assert horizon_end("mid", TODAY) == date(2031, 7, 1)
    assert horizon_end("long", TODAY) == date.max


def test_any_known_day_excludes_only_undetermined_ones(served: Served) -> None:
    body = rank(served, {"kinds": ["parcel"], "uses": ["GE"], "horizon_max": "long", "area_min_m2": 4000})
    assert set(keys(body["fitting"])) == {key(1), key(2), key(6)}
    # 400 m² short, no date, and two without a plan
    assert set(keys(body["almost"])) == {key(3), key(5), key(20), key(21)}


def test_wishes_do_not_exclude(served: Served) -> None:
    body = rank(served, {**LAND, "kinds": ["parcel"], "wishes": ["area", "use", "date", "transit"]})
    assert body["fitting_count"] == 9
    assert body["almost_count"] == 0
    states = {
        item["key"]: {part["criterion"]: part["state"] for part in item["parts"]} for item in body["fitting"]
    }
    assert states[key(4)]["area"] == "missed"
    assert states[key(8)]["use"] == "missed"
    assert states[key(20)] == {"area": "met", "use": "unknown", "date": "met", "transit": "missed"}
    assert body["fitting"][0]["key"] in {key(1), key(6)}


@pytest.mark.parametrize(
    "form",
    [
        LAND,
        {**LAND, "wishes": ["area"]},
        {**LAND, "wishes": ["date"]},
        {"kinds": ["plot", "parcel", "premises"], "area_min_m2": 76, "area_max_m2": 3000},
        {"kinds": ["premises"], "available_by": "2025-06-30"},
        {"horizon_max": "now"},
        {"horizon_max": "long"},
        {},
    ],
)
def test_the_preselection_loses_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch, form: dict[str, Any]
) -> None:
    narrow = rank(served, form)
    monkeypatch.setattr(service, "preselection", lambda _: Preselection())
    wide = rank(served, form)
    assert narrow["considered"] <= wide["considered"]
    assert {**narrow, "considered": 0} == {**wide, "considered": 0}


def test_the_preselection_narrows(served: Served) -> None:
    assert rank(served, LAND)["considered"] < rank(served, {})["considered"]


# --- what the public may learn -----------------------------------------------------------------------------


def test_the_public_gets_published_records_only(served: Served) -> None:
    everything = {"kinds": ["plot", "parcel", "premises"], "limit": 100}
    public = set(keys(rank(served, everything, None)["fitting"]))
    adviser = set(keys(rank(served, everything)["fitting"]))
    assert adviser - public == {key(6), "P-3"}  # objection, threatened vacancy
    assert "P-4" not in adviser


def test_announced_parcels_are_published_after_a_month(served: Served) -> None:
    for announced, shown in (("2026-06-02", False), ("2026-06-01", True)):
        with served.database.begin("test") as connection:
            connection.execute(
                text("UPDATE parcels SET publication_announced_on = :day WHERE parcel_key = :key"),
                {"day": announced, "key": key(1)},
            )
        assert (key(1) in keys(rank(served, LAND, None)["fitting"])) is shown


FORMS = [
    {"kinds": ["premises"], "rent_max_eur_month": 900},
    {"kinds": ["premises"], "rent_max_eur_month": 801, "wishes": ["rent"]},
    {"kinds": ["premises"], "rent_max_eur_month": 799, "wishes": ["rent"], "limit": 1},
    {"kinds": ["premises", "parcel"], "rent_max_eur_month": 100},
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("role", [None, "planner"])
def test_a_rent_ceiling_is_no_oracle(served: Served, form: dict[str, Any], role: str | None) -> None:
    """Whatever the agreed rents are, callers who may not see them get the very same answer."""
    before = rank(served, form, role)
    for rent in ("50", "800.01", "99999", None):
        with served.database.begin("test") as connection:
            connection.execute(
                text("UPDATE premises SET net_rent_eur_month = CAST(:rent AS numeric)"), {"rent": rent}
            )
        assert rank(served, form, role) == before
    assert any("veröffentlichte Mieten" in note["de"] for note in before["notes"])
    shown = {item["rent_eur_month"] for item in before["fitting"] + before["almost"]}
    assert shown <= {None, 900}


def test_agreed_rents_count_with_the_role(served: Served) -> None:
    form = {"kinds": ["premises"], "rent_max_eur_month": 900}
    assert {item["key"]: item["rent_eur_month"] for item in rank(served, form)["fitting"]} == {
        "P-1": 800,
        "P-3": 800,
    }
    public = rank(served, form, None)
    assert {item["key"]: item["rent_eur_month"] for item in public["fitting"]} == {"P 2/ä": 900}
    assert [part["state"] for part in public["almost"][0]["parts"]] == ["unknown"]


SECRETS = ["geheimer Vermieter", "950", "owner_kind", "landlord"]


def test_nothing_confidential_in_a_public_answer(served: Served) -> None:
    answer = served.client.post(
        "/api/inquiries/rank", json={"kinds": ["plot", "parcel", "premises"], "rent_max_eur_month": 2000}
    )
    assert answer.status_code == 200
    for secret in SECRETS:
        assert secret not in answer.text


# --- input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"kinds": []}, "/kinds"),
        ({"kinds": ["castle"]}, "/kinds/0"),
        ({"area_min_m2": 0}, "/area_min_m2"),
        ({"area_min_m2": -1}, "/area_min_m2"),
        ({"area_min_m2": "NaN"}, "/area_min_m2"),
        ({"area_max_m2": 1e12}, "/area_max_m2"),
        ({"uses": ["palace"]}, "/uses/0"),
        ({"available_by": "31.12.2027"}, "/available_by"),
        ({"transit_grade_min": "H"}, "/transit_grade_min"),
        ({"transit_grade_min": "G"}, "/transit_grade_min"),
        ({"districts": ["hoerde", "atlantis"]}, "/districts/1"),
        ({"rent_max_eur_month": 12.345}, "/rent_max_eur_month"),
        ({"wishes": ["luck"]}, "/wishes/0"),
        ({"limit": 101}, "/limit"),
        ({"colour": "red"}, "/colour"),
        ({"area_min_m2": 5, "area_max_m2": 4}, ""),
        ({"available_by": "2027-01-01", "horizon_max": "now"}, ""),
    ],
)
def test_bad_requirements_are_refused_by_field(served: Served, form: dict[str, Any], pointer: str) -> None:
    answer = served.client.post("/api/inquiries/rank", json=form)
    assert answer.status_code == 422
    assert pointer in [error.get("pointer") for error in answer.json()["errors"]]


def test_an_unknown_method_is_refused(served: Served) -> None:
    answer = served.client.post("/api/inquiries/rank", json={"transit_method": "nowhere"})
    assert answer.status_code == 400


def test_an_empty_register_says_what_is_missing(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(text("DELETE FROM availability"))
    body = rank(served, {"kinds": ["parcel"]})
    assert (body["fitting"], body["considered"], body["availability_as_of"]) == ([], 0, None)
    assert "geo availability" in body["notes"][0]["de"]
