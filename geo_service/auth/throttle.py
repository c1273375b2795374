"""Slows down guessing: failed sign-ins are counted by name, by address and by both."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from geo_service.errors import GeoServiceError

WINDOW_S: Final = 900.0
LIMITS: Final = {"both": 8, "address": 60, "name": 100}
"""Failed attempts within the window after which the next one has to wait.

The limit by name alone is high: otherwise anybody could lock a colleague out.
"""
MAX_KEYS: Final = 20_000


class TooManyAttempts(GeoServiceError):
    """Too many failed sign-ins; the next one has to wait."""

    status, title, slug = HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts", "too-many-attempts"


@dataclass(slots=True)
class Throttle:
    """Counts failed attempts in the memory of one process.

    Parameters
    ----------
    clock
        Seconds that only go up.
    """

    clock: Callable[[], float] = time.monotonic
    _failures: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def attempt(self, name: str, address: str) -> None:
        """Count an attempt before it is made; a success takes it back.

        Raises
        ------
        TooManyAttempts
            When a limit is reached, with ``retry_after_s``.
        """
        now = self.clock()
        keys = _keys(name, address)
        waits = [self._wait(key, now) for key in keys]
        if any(waits):
            wait = max(waits)
            raise TooManyAttempts(
                f"Too many failed attempts. Please try again in {wait // 60 + 1} minutes.", retry_after_s=wait
            )
        if len(self._failures) > MAX_KEYS:
            self._failures = {
                key: entry for key, entry in self._failures.items() if entry[1] > now - WINDOW_S
            }
        for key in keys:
            count, since = self._failures.get(key, (0, now))
            self._failures[key] = (count + 1, since) if since > now - WINDOW_S else (1, now)

    def success(self, name: str, address: str) -> None:
        """Take back the attempt: the password was right."""
        for key in _keys(name, address):
            count, since = self._failures.get(key, (0, 0.0))
            if key[0] == "both" or count <= 1:
                self._failures.pop(key, None)
            else:
                self._failures[key] = (count - 1, since)

    def _wait(self, key: tuple[str, str], now: float) -> int:
        """Return the seconds that this key still has to wait."""
        count, since = self._failures.get(key, (0, now))
        left = since + WINDOW_S - now
        return int(left) + 1 if count >= LIMITS[key[0]] and left > 0 else 0


def _keys(name: str, address: str) -> tuple[tuple[str, str], ...]:
    return (("both", f"{address} {name}"), ("address", address), ("name", name))
