"""Work in a process of its own: done with the block, its failures told, never left over."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from geo_service.aside import aside
from geo_service.errors import GeoServiceError


def refused(word: str) -> None:
    raise GeoServiceError(f"No {word} here.")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleeps_then_writes(path: Path) -> None:
    path.with_suffix(".begun").touch()
    time.sleep(60)
    path.touch()


def test_work_aside_is_done_when_the_block_ends(tmp_path: Path) -> None:
    with aside(Path.touch, tmp_path / "done"):
        pass
    assert (tmp_path / "done").exists()


def test_work_aside_tells_why_it_failed() -> None:
    with pytest.raises(GeoServiceError, match=r"^No timetable here\.$"), aside(refused, "timetable"):
        pass


def test_work_aside_that_is_killed_fails() -> None:
    with pytest.raises(GeoServiceError, match=r"^It ended with status -9\.$"), aside(killed):
        pass


def fail_in_the_midst(path: Path) -> None:
    with aside(sleeps_then_writes, path):
        while not path.with_suffix(".begun").exists():
            time.sleep(0.05)
        raise KeyError


def test_work_aside_does_not_outlive_a_block_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "late"
    with pytest.raises(KeyError):
        fail_in_the_midst(path)
    assert multiprocessing.active_children() == []
    assert not path.exists()


def test_work_aside_hands_over_what_it_made() -> None:
    with aside(sorted, "cab") as made:
        assert made() == ["a", "b", "c"]
        assert made() is made()


def waits_for(word: str) -> None:
    with aside(refused, word) as made:
        made()
        raise KeyError


def test_who_waits_for_work_aside_is_told_why_it_failed() -> None:
    with pytest.raises(GeoServiceError, match=r"^No city here\.$"):
        waits_for("city")
