"""Alive and ready; what happens while the database is away, and afterwards."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from geo_service import health
from geo_service.app import create_app
from geo_service.embedded import EmbeddedCluster
from geo_service.migrate import migrate
from geo_service.settings import Settings


@pytest.fixture(scope="module")
def cluster(run_folder: Path) -> Iterator[EmbeddedCluster]:
    """A server of its own, which the tests stop and start."""
    cluster = EmbeddedCluster(run_folder / "health", fast=True)
    yield cluster
    cluster.delete()


@pytest.fixture(scope="module")
def service(cluster: EmbeddedCluster) -> Iterator[TestClient]:
    """The application on that server, started while it is not migrated."""
    app = create_app(Settings(database_url=cluster.start(), home=cluster.home, pool_size=2, refresh=False))
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


def test_ready_only_with_the_newest_schema(service: httpx.Client, cluster: EmbeddedCluster) -> None:
    answer = service.get("/readyz")
    assert answer.status_code == 503
    assert "migration 0001 is not applied (geo db migrate)" in answer.json()["missing"]
    assert answer.headers["cache-control"] == "no-store"
    engine = create_engine(cluster.url)
    migrate(engine)
    engine.dispose()
    answer = service.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "missing": [], "warnings": []},
    )


def test_lost_database_is_said_and_found_again(service: httpx.Client, cluster: EmbeddedCluster) -> None:
    paths = ("/ogc/collections/parcels/items", "/ogc/collections", "/api/sites", "/api/search?q=Hafen")
    tile = "/ogc/collections/parcels/tiles/WebMercatorQuad/14/5448/8532"
    for path in (*paths, tile):
        assert service.get(path).status_code == 200
    cluster.stop()
    assert service.get("/healthz").json() == {"status": "ok"}
    answer = service.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["the database does not answer"])
    for path in (*paths, tile):
        answer = service.get(path)
        assert answer.status_code == 503, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Database not reachable"
    assert "<html" in service.get("/", headers={"Accept": "text/html"}).text.lower()
    cluster.start()
    for path in (*paths, tile, "/readyz"):
        assert service.get(path).status_code == 200, path


def test_connections_that_the_server_ended_are_replaced(
    service: httpx.Client, cluster: EmbeddedCluster
) -> None:
    assert service.get("/ogc/collections/parcels/items").status_code == 200
    engine = create_engine(cluster.url)
    end = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = 'geo'"
    )
    with engine.connect() as connection:
        assert connection.execute(text(end)).scalar_one() > 0
    engine.dispose()
    assert service.get("/ogc/collections/parcels/items").status_code == 200


def test_a_statement_that_takes_too_long_is_ended(cluster: EmbeddedCluster) -> None:
    settings = Settings(database_url=cluster.url, home=cluster.home, pool_size=1, statement_timeout_s=0.3)
    with TestClient(create_app(settings), raise_server_exceptions=False) as slow:
        engine = create_engine(cluster.url)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE parcels IN ACCESS EXCLUSIVE MODE"))
            answer = slow.get("/ogc/collections/parcels/items")
        engine.dispose()
        assert answer.status_code == 503
        assert slow.get("/ogc/collections/parcels/items").status_code == 200


def test_starts_while_the_database_is_away(cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT_S", 2)
    url = cluster.url
    cluster.stop()
    app = create_app(Settings(database_url=url, home=cluster.home, pool_size=1))
    with TestClient(app, raise_server_exceptions=False) as early:
        assert early.get("/healthz").status_code == 200
        assert early.get("/readyz").status_code == 503
        cluster.start()
        assert early.get("/readyz").status_code == 200
