"""How large a vector tile may be, and how one that would be larger is cut."""

from collections.abc import Awaitable, Callable
from typing import Final

MAX_BYTES: Final = 500_000
"""Of a tile. Features are left out only where all of them would take more: the largest ones are kept."""
LEFT_OUT: Final = "X-Features-Left-Out"
"""Header that counts the others."""
AIM: Final = 0.95
"""Part of the size at which a cut aims."""
ENOUGH: Final = 0.8
"""Part of the size from which a cut tile is well filled."""
TRIES: Final = 8
"""A tile is drawn so often at most."""


async def largest(
    draw: Callable[[int], Awaitable[bytes]], features: int, kept: int, most: int, *, too_large: bool = False
) -> tuple[bytes, int]:
    """Draw a tile with as many of its largest features as fit.

    Parameters
    ----------
    draw
        Draws so many of the largest features.
    features
        Number of features.
    kept
        How many to begin with.
    most
        Bytes that the tile may take.
    too_large
        Whether the tile is known to be too large with all its features.

    Returns
    -------
    tuple of bytes and int
        The tile, filled to `ENOUGH` unless features are so large that it cannot be; how many are left out.
    """
    best: bytes | None = None
    left_out = features
    for _ in range(TRIES):
        if kept < 1:
            break
        content = await draw(kept)
        if len(content) <= most and (best is None or len(content) > len(best)):
            best, left_out = content, features - kept
            if not left_out or (too_large and len(content) >= ENOUGH * most):
                break
        too_large = too_large or len(content) > most
        kept = min(features, int(kept * AIM * most / max(len(content), 1))) if too_large else features
    return best or b"", left_out
