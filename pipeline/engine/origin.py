"""Where a recorded answer came from.

Answers that were asked for here, one by one or in a batch, are our own; others were brought: read from a transcript,
or taken into the store from one. An own answer is never replaced by a brought one, and replaces it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

LIVE: Final = "live"
BATCH: Final = "batch"
OWN: Final = (LIVE, BATCH)


def imported(file: Path) -> str:
    """Taken into the store by `valact responses import`."""
    return f"imported: {_name(file)}"


def recorded(file: Path) -> str:
    """Read from a file in responses.transcripts."""
    return f"recorded: {_name(file)}"


def _name(file: Path) -> str:
    """The path within the project, the name alone for a file from elsewhere: where people keep things is theirs."""
    path = file.absolute()
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else Path(path.name)).as_posix()
