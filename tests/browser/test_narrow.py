"""A phone: rows begin at one edge, words stay whole, bars are long enough to be compared."""

from typing import Any

import pytest

from geo_service.auth.models import Role
from tests.browser.conftest import Visit, Visitor
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser

ROWS = """() => {
  const lefts = {};
  for (const link of document.querySelectorAll(".main-nav a")) {
    const box = link.getBoundingClientRect();
    const text = box.left + parseFloat(getComputedStyle(link).paddingLeft);
    lefts[box.top] = Math.min(lefts[box.top] ?? Infinity, text);
  }
  return Object.values(lefts);
}"""
BOTTOMS = """() => [...document.querySelectorAll(".page-header__tools > a, .sign-out button")].map((each) => {
  const range = document.createRange();
  range.selectNodeContents([...each.childNodes].find((node) => node.nodeType === 3 && node.data.trim()));
  return range.getBoundingClientRect().bottom;
})"""
BROKEN = """() => [...document.querySelectorAll(".change-table th")].flatMap((head) => {
  const text = head.firstChild;
  return [...text.data.matchAll(/[^\\s-]+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return word[0].length < 9 && range.getClientRects().length > 1;
  }).map((word) => word[0]);
})"""
OPENED = """() => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  for (const row of document.querySelectorAll(".change-table tbody tr"))
    row.insertAdjacentHTML("beforeend", '<td class="kern-table__cell">Amt für Wirtschaft</td>');
}"""
"""Shows what was made, beside it another value as where something was changed."""
BARS = (
    "() => [...document.querySelectorAll('.waterfall svg')].map((bar) => bar.getBoundingClientRect().width)"
)


def measured(visitor: Visitor, what: str) -> Any:
    assert visitor.no_sideways_scrolling()
    return visitor.page.evaluate(what)


def test_a_phone_shows_rows_words_and_bars(visit: Visit) -> None:
    visitor = visit(390, "en")
    visitor.sign_in(Role.PLANNER)
    visitor.go(f"/flaechen/{PUBLIC_KEYS[0]}")
    lefts, bottoms, bars = (measured(visitor, what) for what in (ROWS, BOTTOMS, BARS))
    assert len(lefts) > 1
    assert max(lefts) - min(lefts) < 0.5
    assert len(bottoms) == 3
    assert max(bottoms) - min(bottoms) < 0.5
    assert len(bars) > 1
    assert min(bars) > 300
    visitor.go("/leerstand/L-0/verlauf")
    visitor.page.evaluate(OPENED)
    assert measured(visitor, "() => document.querySelectorAll('.change-table th').length") > 5
    assert measured(visitor, BROKEN) == []
