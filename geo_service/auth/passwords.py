"""Passwords: rules for new ones, argon2id hashes, comparison that takes as long for unknown names.

Source: RFC 9106 (argon2), second recommended option (64 MiB, 3 passes), the default of argon2-cffi.
"""

from functools import lru_cache

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo_service.errors import InvalidInput

MIN_LENGTH = 12
MAX_LENGTH = 1024
CONCURRENT = 2
"""Passwords compared at the same time per process: each takes 64 MiB."""

_hasher = PasswordHasher()


def hashed(password: str, name: str) -> str:
    """Return the argon2id hash of a new password.

    Raises
    ------
    InvalidInput
        When the password is too short, too long, or the sign-in name itself.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", parameter="password")
    if password.casefold() == name.casefold():
        raise InvalidInput("The password must not be the name.", parameter="password")
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; takes as long when there is no hash."""
    try:
        same = _hasher.verify(password_hash or _hash_of_nobody(), password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return same and password_hash is not None


async def matches_async(password_hash: str | None, password: str) -> bool:
    """Compare in a thread: other requests go on, and a flood of attempts does not eat the memory."""
    return await anyio.to_thread.run_sync(matches, password_hash, password, limiter=_limiter())


@lru_cache(maxsize=1)
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(CONCURRENT)


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _hasher.hash("a password that nobody has")
