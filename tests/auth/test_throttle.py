"""Counting of failed attempts, with a clock of the test."""

import pytest

from geo_service.auth import throttle
from geo_service.auth.throttle import LIMITS, WINDOW_S, Throttle, TooManyAttempts


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counted(clock: Clock) -> Throttle:
    return Throttle(clock)


def test_waits_after_the_limit_and_recovers_after_the_window(counted: Throttle, clock: Clock) -> None:
    for _ in range(LIMITS["both"]):
        counted.attempt("ada", "1.2.3.4")
    clock.now += 100
    with pytest.raises(TooManyAttempts) as refused:
        counted.attempt("ada", "1.2.3.4")
    assert refused.value.extra["retry_after_s"] == WINDOW_S - 100 + 1
    clock.now += WINDOW_S - 100
    counted.attempt("ada", "1.2.3.4")


def test_a_colleague_elsewhere_is_not_locked_out(counted: Throttle) -> None:
    for _ in range(LIMITS["both"]):
        counted.attempt("ada", "1.2.3.4")
    counted.attempt("ada", "5.6.7.8")


def test_many_names_from_one_address_are_slowed_down(counted: Throttle) -> None:
    for number in range(LIMITS["address"]):
        counted.attempt(f"user{number}", "1.2.3.4")
    with pytest.raises(TooManyAttempts):
        counted.attempt("one-more", "1.2.3.4")


def test_one_name_from_many_addresses_is_slowed_down(counted: Throttle) -> None:
    for number in range(LIMITS["name"]):
        counted.attempt("ada", f"10.0.0.{number}")
    with pytest.raises(TooManyAttempts):
        counted.attempt("ada", "1.2.3.4")


def test_success_clears_the_pair_but_only_its_own_attempt_of_the_address(counted: Throttle) -> None:
    for _ in range(LIMITS["both"]):
        counted.attempt("ada", "1.2.3.4")
        counted.success("ada", "1.2.3.4")
    for number in range(LIMITS["address"]):
        counted.attempt(f"user{number}", "1.2.3.4")
    with pytest.raises(TooManyAttempts):
        counted.attempt("ada", "1.2.3.4")


def test_old_failures_are_forgotten(counted: Throttle, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_KEYS", 30)
    for number in range(40):
        counted.attempt(f"user{number}", f"10.0.0.{number}")
    clock.now += WINDOW_S
    counted.attempt("ada", "1.2.3.4")
    assert len(counted._failures) == 3
