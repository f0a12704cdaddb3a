"""Posts of one's own, in CSV files or JSON lines.

The smallest record has a title, a text, a subreddit (or ``scrape.table.subreddit``) and a day::

    subreddit,created_utc,title,selftext
    AskHR,2024-03-01,My manager left,"She left without a word. Should I ask for her job?"

``created_utc`` is seconds since 1970 or an ISO date or time (UTC where it names no zone). Without an ``id`` a post is
named by a hash of its title and text, so that it keeps its name while it keeps its words. Dates and scores are left
to the filter: every post has a row of its own in its ledger.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.params.posts import TableField, TableSource
from pipeline.reddit.dumps import expand
from pipeline.reddit.parts import Part, Tally, write_part
from pipeline.scrape.records import Record, read_records
from pipeline.scrape.source import Rows, Source

FIELDS: tuple[TableField, ...] = get_args(TableField)
# Without these nothing can be made of a table.
NEEDED = ("created_utc", "title", "selftext")
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _read(params: Params, work: Path) -> tuple[list[Part], Rows]:
    settings = params.scrape.table
    files = sorted({file for path in settings.paths for file in expand(path)})
    parts = []
    for number, file in enumerate(files):
        tally = Tally(file.name)
        posts = ((line, _post(record, settings)) for line, record in _records(file, settings, tally))
        parts.append(
            write_part(file.name, posts, params.subreddit_spelling, tally, work / f"{number:05}.parquet")
        )
    return parts, []


def _records(file: Path, settings: TableSource, tally: Tally) -> Iterator[tuple[int, Record]]:
    """Each record with its line from 1, by Reddit's names of the fields; what is no record goes to the tally."""
    names: dict[str, str] = {field: settings.columns.get(field, field) for field in FIELDS}

    def demand(columns: list[str]) -> None:
        _demand(columns, file, names, settings)

    for line, record in read_records(file, tally, demand, "scrape.table.paths"):
        yield line, {field: record[name] for field, name in names.items() if name in record}


def _demand(columns: list[str], file: Path, names: Mapping[str, str], settings: TableSource) -> None:
    """InputError where columns are missing that no post can do without, or that params name."""
    wanted = {*NEEDED, *settings.columns} | (set() if settings.subreddit else {"subreddit"})
    missing = [names[field] for field in FIELDS if field in wanted and names[field] not in columns]
    if missing:
        raise InputError(
            f"there is no column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, columns))}",
            where=str(file),
            remedy="name them in scrape.table.columns, such as {selftext: body, created_utc: date}; "
            "scrape.table.subreddit stands for a missing subreddit",
        )


def _post(record: Record, settings: TableSource) -> Record:
    """The record as Reddit's API would put it."""
    post = {"selftext": "", "is_self": True} | record
    if settings.subreddit is not None:
        post.setdefault("subreddit", settings.subreddit)
    post["created_utc"] = _seconds(post.get("created_utc"))
    over_18 = post.get("over_18")
    post["over_18"] = _TRUTH.get(str(over_18).lower(), over_18)
    if "id" in post:
        post["id"] = str(post["id"])
    else:
        words = f"{post.get('title')}\n{post['selftext']}"
        post["id"] = f"own{hashlib.sha256(words.encode(errors='replace')).hexdigest()[:12]}"
    return post


def _seconds(value: Any) -> Any:
    """Seconds since 1970 of an ISO date or time; any other value as it is, for ``normalise`` to judge."""
    if not isinstance(value, str):
        return value
    try:
        time = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        return value
    return (time if time.tzinfo else time.replace(tzinfo=dt.UTC)).timestamp()


ENTRY = Source(meaning="tables of one's own", read=_read)
