"""What answers can come as, one file each, found by name."""

from __future__ import annotations

from pipeline.answers.reader import Reader
from pipeline.core.entries import Entries

READERS = Entries("reader of answers", __name__, Reader)
