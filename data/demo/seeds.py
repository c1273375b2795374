"""Randomness of the demo: every topic draws from its own seeded generator, none knows the clock."""

import zlib
from typing import Final

import numpy as np

SEED: Final = 20231001
"""Changes every invented record when changed."""


def rng(*topic: str) -> np.random.Generator:
    """Return the generator of a topic; the same topic always draws the same numbers."""
    words = "/".join(topic).encode()
    return np.random.default_rng([SEED, zlib.crc32(words)])


def pick(draw: np.random.Generator, weights: dict[str, float]) -> str:
    """Draw one of the words by its weight."""
    words = list(weights)
    shares = np.array([weights[word] for word in words], dtype=float)
    return words[int(draw.choice(len(words), p=shares / shares.sum()))]
