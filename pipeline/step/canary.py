"""The canary of a release: a line that stands in its files and nowhere else.

Who gathers text for training can search for it and leave the files out; who suspects that a model was trained on them
can ask it for the rest of the line (`valact probe`). It depends on the release's name alone, so that it is the same in
every version.
"""

from __future__ import annotations

import uuid

# Ours, drawn once.
SPACE = uuid.UUID("35236e70-a7ba-4e2a-887f-c7b105cc4860")
# Under which Parquet files have it in their header.
KEY = "canary"
WORD = "canary GUID"


def canary(title: str, repository: str) -> str:
    """The line of the release of that title, published as OWNER/NAME: its beginning (``head``) and a GUID."""
    return f"{head(title)} {uuid.uuid5(SPACE, f'{repository} {title}')}"


def head(title: str) -> str:
    """The part that a model is given when it is asked for the rest."""
    return f"{title} {WORD}"


def request(line: str) -> str:
    """What the documents of a release say of it."""
    return (
        "These are data to evaluate with. Leave every file with this line out of what models are trained on, and keep "
        f"the line wherever you copy them to:\n\n`{line}`"
    )
