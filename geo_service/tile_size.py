"""How large a vector tile may be, and how one that would be larger is cut."""

from typing import Final

MAX_BYTES: Final = 500_000
"""Of a tile. Features are left out only where all of them would take more: the largest ones are kept."""
LEFT_OUT: Final = "X-Features-Left-Out"
"""Header that counts the others."""
AIM: Final = 0.95
"""Part of the size at which a cut aims."""
ENOUGH: Final = 0.8
"""Part of the size from which a cut tile is well filled."""
TRIES: Final = 6
"""A cut is moved so often at most."""
