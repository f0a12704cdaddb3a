"""Posts by id: a text file of ids, fullnames, permalinks or short links, fetched from Reddit in hundreds."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.core import progress
from pipeline.core.documents import read_text
from pipeline.core.errors import InputError
from pipeline.reddit.client import Client, Unavailable
from pipeline.reddit.journal import Journal
from pipeline.reddit.parts import Part, Tally, write_part

BATCH = 100

_REFERENCE = re.compile(
    r"(?:t3_)?(?P<id>[0-9a-z]{1,20})"
    r"|(?:https?://)?redd\.it/(?P<short>[0-9a-z]{1,20})/?(?:[?#].*)?"
    r"|(?:(?:https?://)?(?:[a-z]+\.)?reddit\.com)?/?(?:(?:r|u|user)/[\w.-]+/)?(?:comments|gallery)/(?P<link>[0-9a-z]{1,20})"
    r"(?:[/?#].*)?",
    re.IGNORECASE,
)


def harvest(client: Client, file: Path, subreddits: Mapping[str, str], journal: Journal, work: Path) -> Part:
    """The posts that ``file`` names, in its order; ids that the journal knows are not asked for again.

    An id under which Reddit has nothing is ``gone`` in the ledger, a line that names no post ``bad_line``, a
    repeated one ``duplicate_id``.
    """
    lines, tally = read_ids(file)
    fetch(client, journal.unanswered(lines), journal.add_answers)
    found = []
    for post_id, line in lines.items():
        if (post := journal.answer(post_id)) is None:
            tally.line("gone", line, "Reddit has nothing under this id", post_id)
        else:
            found.append((line, post))
    return write_part(tally.source, found, subreddits, tally, work / "ids.parquet")


def read_ids(file: Path) -> tuple[dict[str, int], Tally]:
    """Line number of each id, in order, and the ledger of the other lines. Blank and ``#`` lines say nothing.

    Raises InputError where the file is missing, is no text or names no post.
    """
    text = read_text(file, remedy="scrape.ids.file names a text file with one id or permalink a line")
    # Every line has its row: who hydrates a release needs to know each id that is gone.
    tally = Tally(file.name, most=sys.maxsize)
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not (entry := line.strip()) or entry.startswith("#"):
            continue
        post_id = parse(entry)
        if post_id is None:
            tally.line("bad_line", number, f"neither an id nor a link to a post: {entry[:80]!r}")
        elif post_id in lines:
            tally.line("duplicate_id", number, f"came before: line {lines[post_id]:,}", post_id)
        else:
            lines[post_id] = number
    if not lines:
        raise InputError(
            "the list names no post",
            where=str(file),
            remedy="give one id (1ggk9jh), fullname (t3_1ggk9jh) or permalink a line",
        )
    return lines, tally


def parse(entry: str) -> str | None:
    """The post's id in an id, fullname, permalink or short link; None where there is none."""
    found = _REFERENCE.fullmatch(entry)
    return (found["id"] or found["short"] or found["link"]).lower() if found else None


def fetch(
    client: Client, ids: Sequence[str], keep: Callable[[Mapping[str, Mapping[str, Any] | None]], object]
) -> None:
    """Asks Reddit for posts, a hundred a request; ``keep`` is given each answer by id, None for what is not there.

    Raises CredentialsError, ProviderError, or InputError where Reddit does not answer for some ids.
    """
    rest = iter(ids)
    with progress.track("reading posts from Reddit", total=len(ids), unit="ids") as bar:
        while batch := list(islice(rest, BATCH)):
            query = {"id": ",".join(f"t3_{post_id}" for post_id in batch)}
            try:
                data = client.get("api/info", query, lambda words: bar.advance(0, note=words))["data"]
            except Unavailable as error:
                raise InputError(
                    f"Reddit does not answer for these ids ({error})",
                    where=f"ids {batch[0]} to {batch[-1]}",
                    remedy="take them out of the list",
                ) from None
            came = {child["data"]["id"]: child["data"] for child in data["children"] if child["kind"] == "t3"}
            keep({post_id: came.get(post_id) for post_id in batch})
            bar.advance(len(batch), note=client.limits())
