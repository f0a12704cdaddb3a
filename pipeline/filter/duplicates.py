"""Near-duplicates: posts whose word shingles overlap by a Jaccard similarity of at least the threshold.

MinHash with locality-sensitive hashing (Broder 1997) proposes pairs; each is then checked exactly, so that
what is rejected really is that similar. The LSH bands are four rows wide: a pair at a similarity of 0.7 is
proposed with a probability of 0.9998 at 128 permutations. Such bands also propose pairs that merely share
phrases; the sketches themselves rule those out before any text is looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pipeline.params.posts import NearDuplicates

ROWS_A_BAND = 4
# Of the permutations, not of the sample: it decides speed and recall only, as every pair is checked exactly.
PERMUTATION_SEED = 1


def find_duplicates(
    texts: Iterable[tuple[str, str]], settings: NearDuplicates
) -> dict[str, tuple[str, float]]:
    """Of (id, text) pairs in order of preference: each later near-duplicate with the id that it repeats and
    their similarity. Only texts that stay are compared with, so the first of a family stays."""
    from rensa import RMinHash, RMinHashLSH

    bands = max(1, settings.permutations // ROWS_A_BAND)
    lsh = RMinHashLSH(settings.similarity, bands * ROWS_A_BAND, bands)
    # Five standard errors of a sketch's estimate, at its widest.
    hopeless = settings.similarity - 2.5 / math.sqrt(settings.permutations)
    kept: list[tuple[str, str, RMinHash]] = []
    duplicates: dict[str, tuple[str, float]] = {}
    for key, text in texts:
        pieces = shingles(text, settings.shingle)
        sketch = RMinHash(bands * ROWS_A_BAND, PERMUTATION_SEED)
        sketch.update(sorted(pieces))
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


def shingles(text: str, size: int) -> set[str]:
    """Runs of ``size`` lower-case words; a shorter text is one run."""
    words = text.lower().split()
    return {" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}


def jaccard(a: set[str], b: set[str]) -> float:
    """Size of the intersection over the size of the union, 0 to 1."""
    return len(a & b) / len(a | b)
