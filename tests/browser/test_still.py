"""Nothing moves under the pointer of somebody who is about to press it."""

import time

import pytest
from playwright.sync_api import Route

from geo_service.auth.models import Role
from tests.browser.conftest import Visit
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser
GOOD = 0.1  # of the screen: what web.dev calls a good Cumulative Layout Shift at the most
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) { if (!entry.hadRecentInput) { window.shifts += entry.value; } }
}).observe({ type: "layout-shift", buffered: true });
"""
PATHS = [
    "/",
    "/flaechen",
    f"/flaechen/{PUBLIC_KEYS[0]}",
    "/standorte/energiecampus",
    "/leerstand",
    "/anstoss",
]


def late(route: Route) -> None:
    """Let a font come after the page was shown."""
    time.sleep(0.4)
    route.continue_()


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_do_not_move_when_a_font_is_late(visit: Visit, width: int) -> None:
    visitor = visit(width, "de")
    visitor.sign_in(Role.VACANCY_MANAGER)
    visitor.page.context.route("**/*.woff2*", late)
    visitor.page.context.add_init_script(SHIFTS)
    moved = {}
    for path in PATHS:
        visitor.go(path)
        moved[path] = visitor.page.evaluate("window.shifts")
    assert all(amount < GOOD for amount in moved.values()), moved
