"""Seeded hashing: every sample and every order in the pipeline comes from here.

A draw depends on the seed, its purpose and the id only, never on the other rows, so that adding or
removing a post does not reshuffle the rest.
"""

from __future__ import annotations

import hashlib


def seeded_hash(seed: int, purpose: str, key: str) -> int:
    """A 64-bit integer, uniform over keys and independent between seeds and purposes."""
    message = f"{seed}\x1f{purpose}\x1f{key}".encode()
    return int.from_bytes(hashlib.blake2b(message, digest_size=8).digest(), "big")
