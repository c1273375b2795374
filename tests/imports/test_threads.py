"""Work in several threads gives what it gives in one."""

from collections.abc import Iterator

import numpy as np
import pytest

from geo_service.imports import threads
from geo_service.imports.threads import ahead, spread


@pytest.mark.parametrize("cores", [1, 2, 16])
def test_parts_come_back_in_order(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "SPREAD_ROWS", 3)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    parts: list[int] = []

    def double(rows: threads.Rows) -> threads.Rows:
        parts.append(len(rows))
        return rows * 2

    assert spread(double, np.arange(11)).tolist() == list(range(0, 22, 2))
    assert sorted(parts) == {1: [11], 2: [5, 6], 16: [2, 3, 3, 3]}[cores]
    parts.clear()
    assert spread(double, np.arange(2)).tolist() == [0, 2]
    assert parts == [2]


def test_blocks_come_in_order() -> None:
    made: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield bytes([number])

    taken = ahead(blocks())
    assert next(taken) == b"\x00"
    assert list(taken) == [b"\x01", b"\x02"]
    assert made == [0, 1, 2]


def test_what_goes_wrong_in_a_block_is_raised() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"a"
        raise ValueError("b cannot be packed")

    with pytest.raises(ValueError, match="b cannot be packed"):
        list(ahead(blocks()))
