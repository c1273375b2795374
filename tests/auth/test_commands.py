"""``geo user``: people and tokens from the command line."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from typer.testing import CliRunner, Result

from geo_service.auth.commands import user_app
from geo_service.settings import get_settings

PASSWORD = "a long enough password"
Geo = Callable[..., Result]


@pytest.fixture
def geo(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Geo]:
    """Run a command on the test database."""
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    get_settings.cache_clear()

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(user_app, list(arguments), input=typed)

    yield run
    get_settings.cache_clear()


def signs_in(client: httpx.Client, name: str, password: str) -> bool:
    return client.post("/sign-in", data={"name": name, "password": password}).status_code == 200


def test_add_asks_for_the_password_twice(geo: Geo, client: httpx.Client) -> None:
    made = geo(
        "add", "Ada", "--role", "planner", "--role", "investor_support", typed=f"{PASSWORD}\n{PASSWORD}\n"
    )
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    assert signs_in(client, "ada", PASSWORD)
    assert client.get("/api/me").json()["roles"] == ["investor_support", "planner"]
    listed = json.loads(geo("list", "--json").stdout)
    assert {"name": "ada", "roles": ["investor_support", "planner"], "active": True, "demo": False} in listed
    assert "ada" in geo("list").stdout


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", "bob", "--role", "king", "--password-stdin"), PASSWORD, "king"),
        (("add", "bob", "--password-stdin"), PASSWORD, "--role"),
        (("add", "bob", "--role", "planner", "--password-stdin"), "short", "12 to"),
        (("add", "Büb", "--role", "planner", "--password-stdin"), PASSWORD, "a-z"),
        (("add", "test.admin", "--role", "planner", "--password-stdin"), PASSWORD, "exists already"),
        (("password", "ghost", "--password-stdin"), PASSWORD, "ghost"),
        (("roles", "ghost", "--role", "planner"), "", "ghost"),
        (("lock", "ghost"), "", "ghost"),
        (("token", "ghost", "--label", "x"), "", "ghost"),
        (("token", "test.admin", "--label", "x", "--days", "0"), "", "days"),
    ],
)
def test_what_cannot_be_done_is_said(
    geo: Geo, client: httpx.Client, arguments: tuple[str, ...], typed: str, said: str
) -> None:
    assert client.get("/healthz").status_code == 200
    result = geo(*arguments, typed=typed)
    assert result.exit_code != 0
    assert said in result.output


def test_password_roles_and_lock(geo: Geo, client: httpx.Client) -> None:
    assert geo("add", "eve", "--role", "planner", "--password-stdin", typed=PASSWORD).exit_code == 0
    assert geo("password", "eve", "--password-stdin", typed=f"{PASSWORD} 2\n").exit_code == 0
    assert not signs_in(client, "eve", PASSWORD)
    assert signs_in(client, "eve", f"{PASSWORD} 2")
    assert geo("roles", "eve", "--role", "vacancy_manager").exit_code == 0
    assert client.get("/api/me").json()["roles"] == ["vacancy_manager"]
    assert geo("lock", "eve").exit_code == 0
    assert client.get("/api/me").json()["via"] == "nobody"


def test_token_is_printed_once_and_revoked(geo: Geo, client: httpx.Client) -> None:
    made = geo("token", "test.planner", "--label", "qgis", "--days", "7")
    assert made.exit_code == 0, made.output
    token = made.stdout.strip().splitlines()[-1]
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/me", headers=header).json()["name"] == "test.planner"
    assert "1 token(s) revoked" in geo("revoke", "test.planner", "--label", "qgis").output
    assert client.get("/api/me", headers=header).status_code == 401
