"""What everything stands on. It is small, and one thing: who imports a part of it imports all of it, so that DVC need
not know which part a stage uses."""

from pipeline.core import (
    atomic,
    documents,
    drawing,
    entries,
    errors,
    invariants,
    progress,
    seeding,
    words,
)

__all__ = [
    "atomic",
    "documents",
    "drawing",
    "entries",
    "errors",
    "invariants",
    "progress",
    "seeding",
    "words",
]
