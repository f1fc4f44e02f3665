"""Every random draw's seed, derived from the one in params.yaml."""

import zlib

import numpy as np


def seed_of(seed: int, *names: str | int) -> int:
    """Return a 31-bit seed for the draw called `names`, independent between names.

    Examples
    --------
    >>> seed_of(1, "observe") == seed_of(1, "observe")
    True
    >>> seed_of(1, "observe") == seed_of(1, "datasets")
    False
    """
    keys = [zlib.crc32(str(name).encode()) for name in names]
    return int(np.random.SeedSequence([seed, *keys]).generate_state(1)[0]) & 0x7FFFFFFF


def rng_of(seed: int, *names: str | int) -> np.random.Generator:
    """Return numpy's generator for the draw called `names`."""
    return np.random.default_rng(seed_of(seed, *names))
