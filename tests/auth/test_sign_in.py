"""Signing in with password: form, session cookie, other sites, guessing."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from geo_service.auth import passwords, service
from geo_service.auth.models import Role
from geo_service.auth.routes import local_path
from geo_service.auth.throttle import LIMITS, Throttle
from geo_service.db import Database
from geo_service.errors import Conflict, InvalidInput, NotFound
from tests.http_fixtures import PASSWORD, SignedIn

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(autouse=True)
def patient(app: FastAPI) -> None:
    """Each test starts without failed attempts."""
    app.state.throttle = Throttle()


def attempt(
    client: httpx.Client, name: str = "test.planner", password: str = PASSWORD, **more: str
) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password}, headers=more)


def test_right_password_signs_in(client: httpx.Client) -> None:
    answer = attempt(client)
    assert answer.status_code == 200
    assert answer.json() == {"name": "test.planner", "roles": ["planner"], "via": "session"}
    assert client.get("/api/me").json() == answer.json()


def test_cookie_is_kept_from_scripts_and_other_sites(client: httpx.Client) -> None:
    cookie = attempt(client).headers["set-cookie"].lower()
    assert cookie.startswith("geo_session=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_cookie_is_secure_when_the_browser_came_by_https(client: httpx.Client) -> None:
    answer = attempt(client, origin="https://testserver")
    assert "; secure" in answer.headers["set-cookie"].lower()


def test_name_is_taken_in_any_case(client: httpx.Client) -> None:
    assert attempt(client, name=" Test.Planner ").status_code == 200


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("test.planner", "wrong password"),
        ("nobody", PASSWORD),
        ("no'body", PASSWORD),
        (" ", PASSWORD),
        ("a\x00b", "x"),
    ],
)
def test_wrong_name_and_wrong_password_look_the_same(client: httpx.Client, name: str, password: str) -> None:
    answer = attempt(client, name=name, password=password)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Name or password is wrong."
    assert "set-cookie" not in answer.headers


def test_unknown_name_costs_a_comparison_too(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str | None] = []
    compare = passwords.matches

    def watched(password_hash: str | None, password: str) -> bool:
        compared.append(password_hash)
        return compare(password_hash, password)

    monkeypatch.setattr(passwords, "matches", watched)
    attempt(client, name="nobody")
    assert compared == [None]


def test_form_goes_on_to_the_page(client: httpx.Client) -> None:
    answer = client.post(
        "/sign-in",
        data={"name": "test.planner", "password": PASSWORD, "next": "/flaechen?sort=net"},
        headers=HTML,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/flaechen?sort=net")


def test_failed_form_goes_back_to_the_form(client: httpx.Client) -> None:
    answer = client.post(
        "/sign-in", data={"name": "test.planner", "password": "wrong", "next": "/flaechen"}, headers=HTML
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?error=wrong&next=%2Fflaechen")
    assert client.get(answer.headers["location"], headers=HTML).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/\t/evil",
        "",
        "evil",
    ],
)
def test_sign_in_never_leads_to_another_site(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


def test_paths_of_this_service_are_kept() -> None:
    assert local_path("/leerstand/L-1?von=2026#karte") == "/leerstand/L-1?von=2026#karte"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({}, 200),
    ],
)
def test_forms_of_other_sites_are_refused(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert attempt(client, **headers).status_code == status
    assert client.post("/sign-out", headers=headers).status_code == status


def test_sign_out_ends_the_session_on_this_device_only(signed_in: SignedIn) -> None:
    here, there = signed_in("planner"), signed_in("planner")
    assert here.post("/sign-out").json()["name"] == "public"
    assert here.get("/api/me").json()["via"] == "nobody"
    assert there.get("/api/me").json()["name"] == "test.planner"


def test_sign_out_everywhere_ends_all_sessions(signed_in: SignedIn) -> None:
    here, there = signed_in("planner"), signed_in("planner")
    here.post("/sign-out", data={"everywhere": "true"})
    assert there.get("/api/me").json()["via"] == "nobody"


def test_new_password_and_lock_end_sessions_and_tokens(client: httpx.Client, database: Database) -> None:
    service.create_user(database, "leaver", PASSWORD, [Role.PLANNER])
    token = service.create_token(database, "leaver", "script", None)
    attempt(client, name="leaver")
    service.set_password(database, "leaver", "another good password")
    assert client.get("/api/me").json()["via"] == "nobody"
    assert attempt(client, name="leaver").status_code == 401
    assert attempt(client, name="leaver", password="another good password").status_code == 200
    service.deactivate(database, "leaver")
    assert client.get("/api/me").json()["via"] == "nobody"
    assert attempt(client, name="leaver", password="another good password").status_code == 401
    assert client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_roles_hold_from_the_next_request_on(client: httpx.Client, database: Database) -> None:
    service.create_user(database, "mover", PASSWORD, [Role.PLANNER])
    attempt(client, name="mover")
    assert client.get("/api/rounds").status_code == 403
    service.set_roles(database, "mover", [Role.VACANCY_MANAGER])
    assert client.get("/api/rounds").status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "eyJ1c2VyIjogMX0=", "eyJ1c2VyIjogMX0=.a.b", "ü"])
def test_forged_cookie_is_nobody(client: httpx.Client, cookie: str) -> None:
    answer = client.get("/api/me", headers={b"Cookie": f"geo_session={cookie}".encode()})
    assert answer.json()["via"] == "nobody"


def test_guessing_is_slowed_down(client: httpx.Client) -> None:
    for _ in range(LIMITS["both"]):
        assert attempt(client, password="wrong").status_code == 401
    answer = attempt(client)
    assert answer.status_code == 429
    assert answer.json()["retry_after_s"] > 0
    page = client.post("/sign-in", data={"name": "test.planner", "password": PASSWORD}, headers=HTML)
    assert page.headers["location"].startswith("/sign-in?error=throttled")
    assert attempt(client, name="test.admin").status_code == 200


# --- tokens ----------------------------------------------------------------------------------------------


def me(client: httpx.Client, header: str) -> httpx.Response:
    return client.get("/api/me", headers={"Authorization": header})


def test_token_speaks_for_its_user(client: httpx.Client, database: Database) -> None:
    token = service.create_token(database, "test.planner", "qgis", datetime.now(UTC) + timedelta(days=1))
    answer = me(client, f"Bearer {token}")
    assert answer.json() == {"name": "test.planner", "roles": ["planner"], "via": "token"}
    assert me(client, f"bearer  {token}").status_code == 200


def test_token_is_not_stored(client: httpx.Client, database: Database) -> None:
    token = service.create_token(database, "test.planner", "qgis", None)
    assert me(client, f"Bearer {token}").status_code == 200
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT row_to_json(t)::text FROM api_tokens t").scalars().all()
        audited = connection.exec_driver_sql("SELECT row_to_json(a)::text FROM audit a").scalars().all()
    assert stored
    assert all(token not in row for row in [*stored, *audited])


def test_expired_and_revoked_tokens_are_refused(client: httpx.Client, database: Database) -> None:
    past = service.create_token(database, "test.planner", "old", datetime.now(UTC) - timedelta(seconds=1))
    revoked = service.create_token(database, "test.planner", "lost", None)
    kept = service.create_token(database, "test.planner", "kept", None)
    assert service.revoke_tokens(database, "test.planner", "lost", datetime.now(UTC)) == 1
    for token, status in ((past, 401), (revoked, 401), (kept, 200)):
        assert me(client, f"Bearer {token}").status_code == status
    assert me(client, f"Bearer {past}").headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "x", "geo_" + "x" * 43, "x" * 5_000, "a b"])
def test_unknown_token_is_refused_even_where_anybody_may_read(client: httpx.Client, token: str) -> None:
    answer = client.get("/ogc/conformance", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_token_needs_no_same_origin(client: httpx.Client, database: Database) -> None:
    token = service.create_token(database, "test.planner", "drupal", None)
    answer = client.post(
        "/sign-out", headers={"Authorization": f"Bearer {token}", "Origin": "https://drupal.example"}
    )
    assert answer.status_code == 200


# --- users -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ümlaut", PASSWORD),
        ("", PASSWORD),
        ("a" * 101, PASSWORD),
        ("fine", "too short"),
        ("longenoughname", "LongEnoughName"),
    ],
)
def test_unfit_users_are_refused(database: Database, name: str, password: str) -> None:
    with pytest.raises(InvalidInput):
        service.create_user(database, name, password, [Role.PLANNER])


def test_a_name_exists_once(database: Database, client: httpx.Client) -> None:
    assert client.get("/api/me").status_code == 200
    with pytest.raises(Conflict, match="name exists already"):
        service.create_user(database, "TEST.planner", PASSWORD, [Role.PLANNER])


def test_unknown_user_is_named(database: Database) -> None:
    with pytest.raises(NotFound, match="ghost"):
        service.set_password(database, "ghost", PASSWORD)


def test_names_of_users(database: Database, client: httpx.Client) -> None:
    assert client.get("/api/me").status_code == 200
    assert {f"test.{role.value}" for role in Role} <= service.user_names(database)
