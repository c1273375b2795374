"""A real browser against a running server: no console error, no refused code, no request to another host."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from geo_service.auth import passwords
from geo_service.auth.models import Role, User
from geo_service.db import ACTOR
from geo_service.matching.models import ContestRound, Winner
from tests.browser.hostile import write_hostile
from tests.conftest import cloned
from tests.sample_city import write_sample
from tests.sample_rows import TODAY

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"
OUTSIDE = re.compile(r"^(?!https?://127\.0\.0\.1[:/]|data:|blob:|file:|about:)")
WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("refused: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample);
});
"""
SECONDS_TO_START = 60
ORIGIN = {"source": "Test", "is_demo": True}


@pytest.fixture(scope="session")
def server(cluster_url: str, template_database: str, run_folder: Path) -> Iterator[str]:
    """Address of a running service with the sample city and hostile records."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with cloned(make_url(cluster_url), template_database, f"{template_database}_{worker}_browser") as url:
        fill(url)
        home = run_folder / f"browser-{worker}"
        home.mkdir(exist_ok=True)
        yield from serving(url, home)


def fill(url: str) -> None:
    """Write the sample city, hostile records, and one user for each role."""
    engine = create_engine(url, poolclass=NullPool)
    stored = passwords.hashed(PASSWORD, "anyone")
    users = [{"name": f"test.{role.value}", "password_hash": stored, "roles": [role.value]} for role in Role]
    with engine.begin() as connection:
        connection.execute(ACTOR, {"actor": "test", "request_id": "test"})
        write_sample(connection)
        write_hostile(connection)
        connection.execute(insert(User), users)
        write_round(connection)


def write_round(connection: Connection) -> None:
    """Write a round whose winner suits the sample's vacant premises a month from now."""
    contest = {"slug": "runde-im-browser", "name": "Runde im Browser", "held_on": TODAY, "budget_eur": 60_000}
    found = connection.execute(insert(ContestRound).values(**contest, **ORIGIN).returning(ContestRound.id))
    winner = {"use": "retail", "area_min_m2": 1, "area_max_m2": 9_000, "rent_max_eur_month": 90_000}
    named = {"name": "Konzept im Browser", "concept": "Idee", "contact": "niemand"}
    when = {"wanted_from": TODAY + timedelta(days=30), "round_id": found.scalar_one()}
    connection.execute(insert(Winner).values(**winner, **named, **when, **ORIGIN))


def serving(url: str, home: Path) -> Iterator[str]:
    """Run the server as its own process; it shows the stored results of the sample and computes none anew."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("granian")), "--interface", "asgi", "--factory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "geo_service.app:create_app"]
    settings = {"GEO_DATABASE_URL": url, "GEO_HOME": str(home), "GEO_POOL_SIZE": "4", "GEO_REFRESH": "off"}
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process, home / "server.log")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # told while it was still starting, it does not hear
            os.killpg(process.pid, signal.SIGKILL)
            raise


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{address}/ueber", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")  # its event loop must have ended before other modules run theirs
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@dataclass
class Visitor:
    """A person with a browser; what goes wrong in it is noted.

    Parameters
    ----------
    page, server
        The tab, and the service's address.
    faults
        Console errors, refused code, requests to other hosts, failed answers.
    """

    page: Page
    server: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the service and wait for it to be at rest."""
        self.page.goto(self.server + path)
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, role: Role) -> None:
        """Sign in by the form."""
        self.go("/sign-in")
        self.page.fill("#name", f"test.{role.value}")
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state("networkidle")

    def wait_for_map(self) -> None:
        """Wait until the overview is built and its layers are loaded."""
        self.page.wait_for_selector("html[data-map-ready]")
        self.page.wait_for_load_state("networkidle")

    def no_sideways_scrolling(self) -> bool:
        """Tell whether the page, its styles and fonts being there, is no wider than the screen."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("() => document.fonts.ready.then(() => true)")
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        )


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Visit]:
    """Make a visitor: ``visit(width=390, language="en")``; at the end no fault may have been noted."""
    made: list[tuple[BrowserContext, Visitor]] = []

    def start(width: int = 1440, language: str = "de", **options: Any) -> Visitor:
        height = 900 if width > 600 else 844
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=f"{language}-DE", **options
        )
        visitor = Visitor(context.new_page(), server)
        watch(context, visitor)
        made.append((context, visitor))
        return visitor

    yield start
    faults = [fault for _, visitor in made for fault in visitor.faults]
    for context, _ in made:
        context.close()
    assert faults == []


def watch(context: BrowserContext, visitor: Visitor) -> None:
    """Note everything that must not happen."""
    note = visitor.faults.append

    def refuse(route: Route) -> None:
        note(f"outside: {route.request.url}")
        route.abort()

    context.route(OUTSIDE, refuse)
    context.add_init_script(WATCH)
    page = visitor.page
    page.on("console", lambda said: note(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("dialog", lambda dialog: note(f"dialog: {dialog.message}"))
    page.on("response", lambda got: note(f"{got.status} {got.url}") if got.status >= 400 else None)


@cache
def axe_source() -> str:
    """Return the accessibility checker."""
    return (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(
        encoding="utf-8"
    )
