"""Every page there is, found by following links: language, accessibility, width, console."""

from urllib.parse import urlsplit

import pytest

from geo_service.auth.models import Role
from tests.browser.conftest import Visit, Visitor
from tests.browser.test_accessible import open_all, violations
from tests.web.reading import foreign_sentences, read
from tests.web.walk import STARTS, UNLINKED, page_of, pages

pytestmark = pytest.mark.browser


def links(visitor: Visitor) -> list[str]:
    """Return the addresses of this service that the page leads to."""
    found = visitor.page.eval_on_selector_all("a[href]:not([download])", "links => links.map(a => a.href)")
    return [each for each in found if each.startswith(visitor.server + "/")]


@pytest.mark.parametrize(("language", "width"), [("de", 1440), ("en", 390)])
def test_every_page(visit: Visit, language: str, width: int) -> None:
    known, wrong, seen = pages(), [], set()
    visitor = visit(width, language)
    visitor.sign_in(Role.ADMIN)
    waiting = [visitor.server + path for path in STARTS]
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        page = page_of(parts.path, known)
        if page is None or page in seen:
            continue
        seen.add(page)
        visitor.go(address.removeprefix(visitor.server))
        if visitor.page.evaluate("document.contentType") != "text/html":
            continue
        waiting += links(visitor)
        open_all(visitor)
        wrong += [f"{address}: {each}" for each in violations(visitor)]
        wrong += [f"{address}: {each}" for each in foreign_sentences(read(visitor.page.content()))]
        if not visitor.no_sideways_scrolling():
            wrong.append(f"{address}: wider than the screen")
        wrong += [f"{address}: {fault}" for fault in visitor.faults]
        visitor.faults.clear()
    wrong += [f"{page}: no link leads there" for page in known.keys() - seen - UNLINKED]
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 40
