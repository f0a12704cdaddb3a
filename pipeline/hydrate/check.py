"""What a post that was fetched again is worth: its text is taken only if it is, to the byte, the one of the release."""

from __future__ import annotations

import hashlib

import polars as pl

from pipeline.core.invariants import InvariantError
from pipeline.filter.text import scenario_text
from pipeline.hydrate.status import LIVE, status_of
from pipeline.params.posts import Masking
from pipeline.reddit.journal import Journal
from pipeline.reddit.post import Rejected, normalise

OK, EDITED, REMASKED = "ok", "edited", "masked_otherwise"
STATUSES = {
    OK: "the text is the one of the release, and is filled in",
    EDITED: "the post is there with another text",
    "deleted": "its author took it away",
    "removed": "moderators or Reddit took it away",
    "private": "its subreddit is private, banned or quarantined now",
    "gone": "the source has nothing under its id",
    REMASKED: "the text before masking is the one of the release, but masking gives another one here: other versions",
}


def settle(scenarios: pl.DataFrame, journal: Journal, closed: set[str], masking: Masking) -> pl.DataFrame:
    """Columns scenario_id, post_id, status (a key of STATUSES) and text (null but for ``ok``), a row a scenario.

    Text is normalised as at the building, and masked by the settings that the release names. Where nothing was masked
    then, the two hashes are one and no text has to be masked again; the others are masked together.
    """
    rows: list[list[str | None]] = []
    to_mask: list[int] = []
    columns = ("scenario_id", "post_id", "subreddit", "source_sha256", "text_sha256")
    for scenario, post, subreddit, source, masked in scenarios.select(columns).iter_rows():
        raw = journal.answer(post)
        status, text = status_of(raw, subreddit in closed), None
        if raw is not None and status == LIVE:
            text = _text(raw)
            status = OK if _sha256(text) == source else EDITED
            if status == OK and source != masked:
                to_mask.append(len(rows))
        rows.append([scenario, post, status, text if status == OK else None])
    expected = scenarios["text_sha256"]
    for place, text in zip(
        to_mask, _masked([str(rows[place][3]) for place in to_mask], masking), strict=True
    ):
        same = _sha256(text) == expected[place]
        rows[place][2:] = [OK, text] if same else [REMASKED, None]
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("scenario_id", "post_id", "status", "text"), pl.String), orient="row"
    )


def _text(raw: dict[str, object]) -> str:
    row = normalise(raw)
    if isinstance(row, Rejected):
        raise InvariantError(f"a record that is no post ({row.reason}) was called live")
    return scenario_text(row["title"], row["body"])


def _masked(texts: list[str], masking: Masking) -> list[str]:
    if not texts:
        return []
    # spaCy and its model are only loaded where something is to be masked.
    from pipeline.masking.mask import mask_all

    return [masked.text if masked else "" for masked in mask_all(texts, masking)]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
