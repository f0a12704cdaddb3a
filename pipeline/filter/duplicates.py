"""Near-duplicates: posts whose word shingles overlap by a Jaccard similarity of at least the threshold.

MinHash with locality-sensitive hashing (Broder 1997) proposes pairs; each is then checked exactly, so that
what is rejected really is that similar. The LSH bands are four rows wide: a pair at a similarity of 0.7 is
proposed with a probability of 0.9998 at 128 permutations. Such bands also propose pairs that merely share
phrases; the sketches themselves rule those out before any text is looked at again.

Most posts share no band with any other, and can neither be a duplicate nor have one. So a first pass keeps a
hash of each band and nothing else (256 bytes a post at 128 permutations, on disk where that is more than
``IN_MEMORY``), and only posts that share one are sketched again, kept and compared.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import compress, islice
from typing import TYPE_CHECKING

import numpy as np

from pipeline.params.posts import NearDuplicates

if TYPE_CHECKING:
    from rensa import RMinHash

ROWS_A_BAND = 4
# Of the permutations, not of the sample: it decides speed and recall only, as every pair is checked exactly.
PERMUTATION_SEED = 1
# Posts whose bands are hashed at a time.
BLOCK = 1000
# Bytes of hashes that are kept in memory: of four million posts at 128 permutations.
IN_MEMORY = 1 << 30
# Odd numbers without a pattern, by which the rows of a band are mixed into one hash.
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


def find_duplicates(
    texts: Collection[tuple[str, str]], settings: NearDuplicates, digests: Iterable[np.ndarray] | None = None
) -> dict[str, tuple[str, float]]:
    """Of (id, text) pairs in order of preference: each later near-duplicate with the id that it repeats and
    their similarity. Only texts that stay are compared with, so the first of a family stays. ``texts`` is gone
    through twice; once where ``digests`` holds the sketches of all of them in blocks (texts by permutations)."""
    if digests is None:
        digests = _digests(texts, settings)
    return _compare(compress(texts, sieve(len(texts), digests, settings)), settings)


def sieve(texts: int, digests: Iterable[np.ndarray], settings: NearDuplicates) -> np.ndarray:
    """For each of so many texts whether it shares a band with another: no other one can be in a pair."""
    shared = np.zeros(texts, dtype=bool)
    with _table(_bands(settings), texts) as hashes:
        at = 0
        for block in digests:
            hashes[:, at : at + len(block)] = _hashes(block)
            at += len(block)
        for band in hashes:
            order = np.argsort(band)
            ordered = band[order]
            same = ordered[1:] == ordered[:-1]
            shared[order[1:][same]] = shared[order[:-1][same]] = True
    return shared


def digest(text: str, settings: NearDuplicates) -> bytes:
    """The sketch of a text: 32 bits for each permutation."""
    return np.array(_sketch(text, settings).digest(), dtype=np.uint32).tobytes()


def _digests(texts: Iterable[tuple[str, str]], settings: NearDuplicates) -> Iterator[np.ndarray]:
    for block in _blocks(texts):
        sketches = b"".join(digest(text, settings) for _, text in block)
        yield np.frombuffer(sketches, dtype=np.uint32).reshape(len(block), -1)


def _hashes(digests: np.ndarray) -> np.ndarray:
    """A hash of each band of each text: bands by texts."""
    rows = digests.astype(np.uint64).reshape(len(digests), -1, ROWS_A_BAND)
    pairs = (rows[..., 0::2] << np.uint64(32)) | rows[..., 1::2]
    mixed = pairs * _MIX
    return (mixed[..., 0] ^ (mixed[..., 1] >> np.uint64(29)) ^ mixed[..., 1]).T


@contextmanager
def _table(bands: int, texts: int) -> Iterator[np.ndarray]:
    """An empty table of hashes, a band in a row; in a file that is gone afterwards where it is large."""
    if bands * texts * 8 <= IN_MEMORY:
        yield np.empty((bands, texts), dtype=np.uint64)
        return
    with tempfile.TemporaryFile() as file:
        yield np.memmap(file, dtype=np.uint64, mode="w+", shape=(bands, texts))


def _compare(texts: Iterable[tuple[str, str]], settings: NearDuplicates) -> dict[str, tuple[str, float]]:
    from rensa import RMinHashLSH

    bands = _bands(settings)
    lsh = RMinHashLSH(settings.similarity, bands * ROWS_A_BAND, bands)
    # Five standard errors of a sketch's estimate, at its widest.
    hopeless = settings.similarity - 2.5 / math.sqrt(settings.permutations)
    kept: list[tuple[str, str, RMinHash]] = []
    duplicates: dict[str, tuple[str, float]] = {}
    for key, text in texts:
        sketch, pieces = _sketch(text, settings), shingles(text, settings.shingle)
        for candidate in sorted(lsh.query(sketch)):
            other, other_text, other_sketch = kept[candidate]
            if sketch.jaccard(other_sketch) < hopeless:
                continue
            similarity = jaccard(pieces, shingles(other_text, settings.shingle))
            if similarity >= settings.similarity:
                duplicates[key] = (other, similarity)
                break
        else:
            lsh.insert(len(kept), sketch)
            kept.append((key, text, sketch))
    return duplicates


def _sketch(text: str, settings: NearDuplicates) -> RMinHash:
    from rensa import RMinHash

    sketch = RMinHash(_bands(settings) * ROWS_A_BAND, PERMUTATION_SEED)
    sketch.update(sorted(shingles(text, settings.shingle)))
    return sketch


def _blocks(texts: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(texts)
    while block := list(islice(rest, BLOCK)):
        yield block


def _bands(settings: NearDuplicates) -> int:
    return max(1, settings.permutations // ROWS_A_BAND)


def shingles(text: str, size: int) -> set[str]:
    """Runs of ``size`` lower-case words; a shorter text is one run."""
    words = text.lower().split()
    if len(words) < size:
        return {" ".join(words)}
    return set(map(" ".join, zip(*(words[at:] for at in range(size)), strict=False)))


def jaccard(a: set[str], b: set[str]) -> float:
    """Size of the intersection over the size of the union, 0 to 1."""
    return len(a & b) / len(a | b)
