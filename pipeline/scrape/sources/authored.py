"""Scenarios that no crawl holds: written by people for the study, or by a model (`valact author`).

A record has a category, a text, and a title where there is one::

    category,title,text
    Career & work,My manager left,"She left without a word. Should I ask for her job?"

``made_by`` says who wrote it. They are judged like posts, and told from them in every table: their post ids begin with
``authored``, their scenario ids with ``sy``, and their subreddit is the one that `categories` has for them, whose name
begins with ``authored``. They were never submitted, and stand on the last day of `dates`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError, ParamsError
from pipeline.params import Params
from pipeline.reddit.dumps import expand
from pipeline.reddit.parts import Part, Tally, write_part
from pipeline.scrape.records import Record, read_records
from pipeline.scrape.source import Rows, Source
from pipeline.tables.ids import AUTHORED, authored_id

NEEDED = ("category", "text")


def _read(params: Params, work: Path) -> tuple[list[Part], Rows]:
    places = homes(params)
    day = dt.datetime.combine(params.dates.last, dt.time(), dt.UTC).timestamp()
    files = sorted({file for path in params.scrape.authored.paths for file in expand(path)})
    parts = []
    for number, file in enumerate(files):
        tally = Tally(file.name)
        posts = _posts(file, places, day, tally)
        parts.append(
            write_part(
                file.name, posts, params.subreddit_spelling, tally, work / f"authored-{number:05}.parquet"
            )
        )
    return parts, []


def homes(params: Params) -> dict[str, str]:
    """The subreddit of the authored scenarios of each category; ParamsError where a category names none, or two."""
    found = {}
    for category, subreddits in params.categories.items():
        named = [name for name in subreddits if name.lower().startswith(AUTHORED)]
        if len(named) > 1:
            raise ParamsError(
                f"categories: {category!r} has {len(named)} places for authored scenarios: {', '.join(named)}",
                where="params.yaml",
                remedy="leave one",
            )
        if named:
            found[category] = named[0]
    if not found:
        raise ParamsError(
            "no category has a place for authored scenarios",
            where="params.yaml",
            remedy=f"add a name of your own that begins with {AUTHORED!r} to the subreddits of each category that "
            f"has some, such as {AUTHORED}_work",
        )
    return found


def _posts(
    file: Path, homes: Mapping[str, str], day: float, tally: Tally
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, record in read_records(
        file, tally, lambda columns: _demand(columns, file), "scrape.authored.paths"
    ):
        category = str(record.get("category", "")).strip()
        if category not in homes:
            known = ", ".join(homes)
            tally.line(
                "no_place", line, f"{category!r} is no category with a place for it; those: {known}"[:300]
            )
            continue
        yield line, _post(record, homes[category], day)


def _demand(columns: list[str], file: Path) -> None:
    if missing := [name for name in NEEDED if name not in columns]:
        raise InputError(
            f"there is no column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, columns))}",
            where=str(file),
            remedy="a record has a category, a text, and a title where there is one",
        )


def _post(record: Record, subreddit: str, day: float) -> dict[str, Any]:
    """The record as Reddit's API would put it; its id is made of its words."""
    title, text = record.get("title") or "", record.get("text", "")
    return {
        "id": authored_id(str(title).strip(), str(text).strip()),
        "subreddit": subreddit,
        "created_utc": day,
        "title": title,
        "selftext": text,
        "is_self": True,
        "link_flair_text": record.get("made_by"),
    }


ENTRY = Source(meaning="scenarios that were written for the study", read=_read)
