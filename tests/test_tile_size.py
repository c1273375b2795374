"""A tile that is cut: the largest features, as many as fit, without drawing it often."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.tile_size import ENOUGH, TRIES, largest


def cut(sizes: list[int], begin: int, most: int, overhead: int = 0) -> tuple[int, int, int]:
    """Cut a tile of features of these sizes: its bytes, how many are left out, how often it was drawn."""
    drawn = 0

    async def draw(kept: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return bytes(overhead + sum(sizes[:kept]))

    content, left_out = asyncio.run(largest(draw, len(sizes), begin, most))
    return len(content), left_out, drawn


@pytest.mark.parametrize("begin", [10, 1_000, 20_000])
def test_a_crowded_tile_is_well_filled_after_few_tries(begin: int) -> None:
    sizes = [200 - n // 200 for n in range(20_000)]
    length, left_out, drawn = cut(sizes, begin, 500_000)
    assert ENOUGH * 500_000 <= length <= 500_000
    assert length == sum(sizes[: len(sizes) - left_out])
    assert drawn <= 5


def test_all_are_drawn_where_they_fit() -> None:
    assert cut([10] * 100, 100, 1_000) == (1_000, 0, 1)
    assert cut([10] * 100, 20, 1_000)[:2] == (1_000, 0)
    assert cut([0] * 100, 100, 1_000) == (0, 0, 1)


def test_a_feature_that_does_not_fit_leaves_the_tile_empty() -> None:
    assert cut([2_000, 1], 2, 1_000)[:2] == (0, 2)
    assert cut([], 0, 1_000) == (0, 0, 0)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=200), st.integers(1, 200), st.integers(50, 5_000))
def test_a_tile_never_exceeds_its_size(sizes: list[int], begin: int, most: int) -> None:
    length, left_out, drawn = cut(sorted(sizes, reverse=True), min(begin, len(sizes)), most, overhead=20)
    assert length <= most
    assert 0 <= left_out <= len(sizes)
    assert not left_out or sum(sizes) + 20 > most
    assert drawn <= TRIES
