"""Whatever is sent to any address of the interface, the service answers without a fault of its own."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from geo_service.app import create_app
from geo_service.settings import Settings

EXAMPLES = 12
PATHS = sorted(
    path
    for path, operations in create_app(Settings(database_url="postgresql://nowhere/none"))
    .openapi()["paths"]
    .items()
    if "get" in operations
)


@pytest.fixture(scope="module")
def interface(server: str) -> Any:
    return schemathesis.openapi.from_url(f"{server}/api/openapi.json")


@pytest.mark.parametrize("path", PATHS)
def test_reading(interface: Any, path: str) -> None:
    faults = []

    @given(case=interface[path]["GET"].as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        answer = case.call()
        if answer.status_code >= 500 and answer.status_code != 503:
            faults.append(f"{answer.status_code} {answer.request.url}")

    ask()
    assert not faults
