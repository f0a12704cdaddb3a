"""Which posts are read, and which of them pass: scrape and filter."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.core.entries import PIPELINE, named, names_in
from pipeline.params.base import Name, Natural, Positive, Section, Subreddit


class Dates(Section):
    """Days (UTC) of submission, both ends included."""

    first: dt.date
    last: dt.date

    @model_validator(mode="after")
    def _ordered(self) -> Dates:
        if self.last < self.first:
            raise ValueError("last must not be before first")
        return self


class Score(Section):
    min: int | None = None
    max: int | None = None


# Fields of a post that a table of one's own can have, under Reddit's names.
TableField = Literal[
    "id",
    "subreddit",
    "created_utc",
    "title",
    "selftext",
    "score",
    "num_comments",
    "link_flair_text",
    "over_18",
]


class Archive(Section):
    """Submission dumps: files, folders or glob patterns, here or behind s3://, gs:// and hf://; ``processes`` 0 means
    one a core."""

    paths: list[str] = Field(default=[])
    processes: Natural = 0


class Run(Section):
    """Who reads dumps and looks at texts: ``engine`` is a file of pipeline/pools/engines. ``address`` is that of a
    cluster (HOST:PORT, or ``auto`` for the one of this machine), ``processes`` the most tasks at a time there, 0 for no
    limit. ``shared``: a folder that all nodes see under this path, for what is read of dumps; empty where they see the
    project's."""

    engine: str = "local"
    address: Annotated[str, Field(pattern=r"^(auto|[^/:\s]+:\d{1,5})$")] = "auto"
    processes: Natural = 0
    shared: Annotated[str, Field(pattern=r"^/")] | None = None

    @field_validator("engine")
    @classmethod
    def _engine_exists(cls, engine: str) -> str:
        return named("engine", engine, PIPELINE / "pools/engines")


class Listing(Section):
    """One of Reddit's listings; ``period`` goes with top, ``query`` with search."""

    kind: Literal["new", "hot", "top", "search"]
    period: Literal["hour", "day", "week", "month", "year", "all"] = "all"
    query: str | None = None

    @model_validator(mode="after")
    def _query_with_search(self) -> Listing:
        if (self.kind == "search") != (self.query is not None):
            raise ValueError("query is needed for kind 'search' and allowed for no other")
        return self


class PrawSource(Section):
    """Reddit's API. ``site`` names a section of praw.ini; empty means the REDDIT_* environment variables."""

    listings: list[Listing] = Field(default=[Listing(kind="new")])
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    site: str | None = None


class IdsSource(Section):
    """A text file of post ids, fullnames or permalinks, one a line."""

    file: str | None = None


class TableSource(Section):
    """Posts of one's own in CSV files or JSON lines. ``columns`` names the column of each field that is called
    otherwise; ``subreddit`` stands for all posts of a file that has no such column."""

    paths: list[str] = Field(default=[])
    columns: dict[TableField, str] = Field(default_factory=dict)
    subreddit: Subreddit | None = None


class AuthoredSource(Section):
    """Scenarios that were written for the study, in CSV files or JSON lines: read beside any source, or alone."""

    paths: list[str] = Field(default=[])


class SampleSource(Section):
    """The sample dump that is part of this repository."""

    dump: str = "data/sample/posts.ndjson.zst"


class Scrape(Section):
    source: str
    sample: SampleSource = SampleSource()
    archive: Archive = Archive()
    praw: PrawSource = PrawSource()
    ids: IdsSource = IdsSource()
    table: TableSource = TableSource()
    authored: AuthoredSource = AuthoredSource()

    @field_validator("source")
    @classmethod
    def _source_exists(cls, source: str) -> str:
        return named("source", source, PIPELINE / "scrape/sources")

    @model_validator(mode="after")
    def _source_is_given(self) -> Scrape:
        if self.source == "archive" and not self.archive.paths:
            raise ValueError("source 'archive' needs archive.paths: at least one file, folder or pattern")
        if self.source == "ids" and not self.ids.file:
            raise ValueError("source 'ids' needs ids.file")
        if self.source == "table" and not self.table.paths:
            raise ValueError("source 'table' needs table.paths: at least one CSV or JSON-lines file")
        if self.source == "authored" and not self.authored.paths:
            raise ValueError("source 'authored' needs authored.paths: at least one CSV or JSON-lines file")
        if self.source == "sample" and self.authored.paths:
            raise ValueError("authored.paths cannot go with source 'sample', whose posts are ours alone")
        return self


class NearDuplicates(Section):
    """MinHash over word shingles; pairs at or above ``similarity`` (Jaccard) are one post, the oldest stays.

    Below 0.6 the sketches would miss more than one pair in a hundred, so that is not offered.
    """

    similarity: Annotated[float, Field(ge=0.6, le=1)] = 0.7
    shingle: Positive = 3
    permutations: Positive = 128


class Masking(Section):
    """Kinds of personal data that are replaced by typed placeholders: files of ``pipeline/masking/kinds``."""

    entities: list[str] = Field(
        default_factory=lambda: [name.upper() for name in names_in(PIPELINE / "masking/kinds")]
    )

    @field_validator("entities")
    @classmethod
    def _known(cls, entities: list[str]) -> list[str]:
        known = [name.upper() for name in names_in(PIPELINE / "masking/kinds")]
        for name in entities:
            if name not in known:
                raise ValueError(f"there is no kind {name!r}; known are {', '.join(known)}")
        return entities


class Filter(Section):
    min_words: Positive = 40
    max_words: Positive = 1000
    language: Literal["en"] = "en"
    near_duplicates: NearDuplicates = NearDuplicates()
    masking: Masking = Masking()
    # Processor time that looking at one post may take, at each step.
    seconds_a_post: Annotated[float, Field(gt=0)] = 10
    # Settings of rules in files of one's own, by the rule's name; the rule says what they mean.
    rules: dict[Name, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _no_shortlist(cls, data: Any) -> Any:
        if isinstance(data, dict) and "shortlist" in data:
            raise ValueError(
                "shortlist is no parameter any more: judges are asked about candidates in rounds, until every quota is "
                "full; delete it, and set judge.max_candidates where the number of candidates is to be bounded"
            )
        return data

    @model_validator(mode="after")
    def _words_ordered(self) -> Filter:
        if self.max_words < self.min_words:
            raise ValueError("max_words must not be below min_words")
        return self

    @field_validator("rules")
    @classmethod
    def _rules_exist(cls, rules: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        known = names_in(PIPELINE / "filter/rules")
        for name in rules:
            if name not in known:
                raise ValueError(f"there is no rule {name!r}; known are {', '.join(known)}")
        return rules
