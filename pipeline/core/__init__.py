"""What everything stands on. It is small, and one thing: who imports a part of it imports all of it, so that DVC need
not know which part a stage uses."""

from pipeline.core import (
    atomic,
    cores,
    documents,
    drawing,
    entries,
    errors,
    invariants,
    limit,
    ports,
    processes,
    progress,
    seeding,
    words,
)

__all__ = [
    "atomic",
    "cores",
    "documents",
    "drawing",
    "entries",
    "errors",
    "invariants",
    "limit",
    "ports",
    "processes",
    "progress",
    "seeding",
    "words",
]
