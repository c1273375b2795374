"""A round with three winners and four premises, served."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from geo_service.db import Database
from geo_service.matching.routes import router
from tests.matching.api import Client, add_places, add_premises, add_round, add_winner, copied, serving


@dataclass(frozen=True)
class Served:
    client: Client
    database: Database
    ids: Mapping[str, int]


@pytest.fixture(scope="module")
def rounds_url(cluster_url: str, template_database: str) -> Iterator[str]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with copied(cluster_url, template_database, f"{template_database}_{worker}_rounds") as url:
        yield url


@pytest.fixture
def served(rounds_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(rounds_url, tmp_path, router) as (client, database):
        with database.begin("test") as connection:
            places = add_places(connection)
            ids = {
                "cheap": add_premises(connection, "P-1", district_id=places["hoerde"]),
                "dear": add_premises(
                    connection, "P-2", net_rent_eur_month=Decimal(1400), district_id=places["brackel"]
                ),
                "later": add_premises(connection, "P-3", vacant=(date(2027, 1, 1), None)),
                "let": add_premises(connection, "P-4", vacant=None),
                "round": add_round(connection),
            }
            ids["one"] = add_winner(connection, ids["round"], "Konzept Eins", districts=["hoerde"])
            ids["two"] = add_winner(connection, ids["round"], "Konzept Zwei")
            ids["three"] = add_winner(connection, ids["round"], "Konzept Drei", use="craft")
        yield Served(client, database, ids)
