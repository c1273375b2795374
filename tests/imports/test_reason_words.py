"""Reasons name words and places as people know them."""

from datetime import date
from decimal import Decimal
from math import inf

import pytest

from geo_service.imports.reasons import not_in_germany, unknown_word
from geo_service.web.formats import Formats
from geo_service.wording import day, euro


def test_possible_words_are_told_with_their_german_names() -> None:
    said = unknown_word(["craft", "barrier_free"])
    assert "Handwerk (craft), barrierefreier Zugang (barrier_free)" in said.de
    assert "craft, barrier_free" in said.en


def test_a_place_that_cannot_be_projected_is_told_without_numbers() -> None:
    said = not_in_germany(inf, inf)
    assert "inf" not in said.de
    assert "inf," not in said.en
    assert "394000" in not_in_germany(394000, 0).de


@pytest.mark.parametrize("month", range(1, 13))
def test_sentences_write_days_as_pages_do(month: int) -> None:
    that = date(2028, month, 3)
    assert (day(that).de, day(that).en) == (Formats("de").day(that), Formats("en").day(that))


@pytest.mark.parametrize("amount", ["33480.00", "950.5", "0"])
def test_sentences_write_money_as_pages_do(amount: str) -> None:
    said, value = euro(Decimal(amount)), Decimal(amount)
    pages = (Formats("de").euro(value), Formats("en").euro(value))
    assert (said.de, said.en) == tuple(each.replace("\u202f", " ") for each in pages)
