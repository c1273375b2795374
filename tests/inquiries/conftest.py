"""An invented register of land and premises, served; its facts stand beside each record."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from geo_service.availability.models import Availability
from geo_service.db import Database
from geo_service.inquiries import routes
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan, PlanArea
from geo_service.sites.models import Plot, Site
from geo_service.transit.models import TransitAccess
from tests.matching.api import DEMO, TODAY, Client, add, add_places, add_premises, copied, serving, wkt
from tests.transit.kept import hold
from tests.vacant import ASSESS_AS_VACANT


@dataclass(frozen=True)
class Served:
    client: Client
    database: Database
    ids: Mapping[str, int]


@pytest.fixture(scope="module")
def inquiries_url(cluster_url: str, template_database: str) -> Iterator[str]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with copied(cluster_url, template_database, f"{template_database}_{worker}_inquiries") as url:
        yield url


@pytest.fixture
def served(inquiries_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(routes, "today", lambda: TODAY)
    with serving(inquiries_url, tmp_path, routes.router) as (client, database):
        with database.begin("test") as connection:
            ids = add_register(connection)
        yield Served(client, database, ids)


def key(number: int) -> str:
    return f"051249003{number:05d}______"


def add_parcel(connection: Connection, number: int, **changes: Any) -> int:
    """A parcel of net area ``net_m2``, in a row of squares along y = 5,705,000."""
    available = changes.pop("available", {})
    grade = changes.pop("grade", "B")
    parcel_id = add(
        connection,
        Parcel,
        **{
            "parcel_key": key(number),
            "gemarkung_key": "051249",
            "gemarkung": "Bodelschwingh",
            "flur": 3,
            "numerator": number,
            "municipality_key": "05913000",
            "municipality": "Dortmund",
            "location_text": "Demoweg",
            "land_value_eur_per_m2": Decimal(100),
            "owner_kind": "company",
            "geom": wkt(394_000 + 200 * number, 5_705_000),
            **DEMO,
            **changes,
        },
    )
    net_m2 = {
        "parcel_id": parcel_id,
        "as_of": TODAY,
        "preset": "default",
        "gross_m2": 10_000.0,
        "net_m2": 4500.0,
        "estimated_m2": 0.0,
        "severity": "unrestricted",
        "horizon": "now",
        "available_from": TODAY,
        "items": [],
        "chain": [],
        **available,
    }
    add_row(connection, Availability, net_m2)
    connection.execute(ASSESS_AS_VACANT)
    if grade != "ungraded":
        access = {"subject_kind": "parcel", "subject_id": parcel_id, "method": "are", "grade": grade}
        add_row(connection, TransitAccess, access)
    return parcel_id


def add_row(connection: Connection, table: Any, values: Mapping[str, Any]) -> None:
    connection.execute(table.__table__.insert().values(**values))


def add_zone(connection: Connection, zone: str, x: float, size: float) -> None:
    plan = add(
        connection,
        DevelopmentPlan,
        plan_key=f"Demo {zone}",
        name=f"Demo {zone}",
        legal_status=4000,
        geom=wkt(x, 5_704_000, size),
        **DEMO,
    )
    add(connection, PlanArea, plan_id=plan, zone=zone, geom=wkt(x, 5_704_000, size))


def add_register(connection: Connection) -> dict[str, int]:
    places = add_places(connection)
    add_zone(connection, "GE", 394_000, 1_400)  # parcels 1 to 6
    add_zone(connection, "WA", 395_500, 1_400)  # parcels 8 to 13
    ids = {
        "good": add_parcel(connection, 1, district_id=places["hoerde"]),
        "late": add_parcel(
            connection, 2, district_id=places["hoerde"],
            available={"horizon": "mid", "available_from": date(2028, 1, 1)},
        ),
        "small": add_parcel(connection, 3, available={"net_m2": 3600.0, "estimated_m2": 400.0}),
        "tiny": add_parcel(connection, 4, available={"net_m2": 100.0}),
        "undetermined": add_parcel(
            connection, 5, available={"horizon": "undetermined", "available_from": None}
        ),
        "objected": add_parcel(connection, 6, publication_objection=True),
        "housing": add_parcel(connection, 8),
        "unplanned": add_parcel(connection, 20, grade=None),
        "ungraded": add_parcel(connection, 21, grade="ungraded"),
    }  # fmt: skip
    site = add(
        connection,
        Site,
        slug="demo-campus",
        name="Demo-Campus",
        summary_de="Erfunden.",
        summary_en="Invented.",
        district_id=places["brackel"],
        **DEMO,
    )
    plot = {"site_id": site, "status": "available", "zone": "GE", "geom": wkt(399_000, 5_708_000, 68), **DEMO}
    ids |= {
        "plot": add(
            connection, Plot, slug="baufeld-1", name="Baufeld 1", available_from=date(2026, 1, 1),
            price_eur_per_m2=Decimal(110), geometry_accuracy_m=50.0, **plot,
        ),
        "sold": add(connection, Plot, slug="baufeld-2", name="Baufeld 2", **{**plot, "status": "sold"}),
        "shop": add_premises(
            connection, "P-1", district_id=places["hoerde"], quarter_id=places["hoerde-zentrum"]
        ),
        "open shop": add_premises(
            connection, "P 2/ä", net_rent_eur_month=Decimal(950),
            vacancy={"asking_rent_eur_month": Decimal(900)}, permitted_uses=["gastronomy"],
        ),
        "threatened": add_premises(connection, "P-3", vacancy={"status": "threatened"}),
        "let": add_premises(connection, "P-4", vacant=None),
    }  # fmt: skip
    hold(connection)
    return ids
