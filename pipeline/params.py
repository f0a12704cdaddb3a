"""params.yaml as typed, validated settings.

``load`` is the only way in. An error names the key, the value that it holds and what is allowed.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from pipeline.errors import ParamsError

PARAMS_FILE = Path("params.yaml")
PROFILES = Path("profiles")

Fraction = Annotated[float, Field(ge=0, le=1)]
Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ValueError(
            "a name of letters, digits, '.', '-' and '_' is needed, because it becomes part of ids and paths"
        )
    return text


Name = Annotated[str, AfterValidator(_name)]
Subreddit = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{2,21}$")]


class Section(pydantic.BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


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


class Archive(Section):
    """Submission dumps: files, folders or glob patterns; ``processes`` 0 means one a core."""

    paths: list[str] = []
    processes: Natural = 0


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

    listings: list[Listing] = [Listing(kind="new")]
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    site: str | None = None


class IdsSource(Section):
    """A text file of post ids, fullnames or permalinks, one a line."""

    file: str | None = None


class SampleSource(Section):
    """The sample dump that is part of this repository."""

    dump: str = "data/sample/posts.ndjson.zst"


class Scrape(Section):
    source: Literal["sample", "archive", "praw", "ids"]
    sample: SampleSource = SampleSource()
    archive: Archive = Archive()
    praw: PrawSource = PrawSource()
    ids: IdsSource = IdsSource()

    @model_validator(mode="after")
    def _source_is_given(self) -> Scrape:
        if self.source == "archive" and not self.archive.paths:
            raise ValueError("source 'archive' needs archive.paths: at least one file, folder or pattern")
        if self.source == "ids" and not self.ids.file:
            raise ValueError("source 'ids' needs ids.file")
        return self


class NearDuplicates(Section):
    """MinHash over word shingles; pairs at or above ``similarity`` (Jaccard) are one post, the oldest stays.

    Below 0.6 the sketches would miss more than one pair in a hundred, so that is not offered.
    """

    similarity: Annotated[float, Field(ge=0.6, le=1)] = 0.7
    shingle: Positive = 3
    permutations: Positive = 128


class Masking(Section):
    """Personal data that is replaced by typed placeholders; ``min_confidence`` is presidio's score."""

    entities: list[Literal["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "URL", "REDDIT_USER"]] = [
        "PERSON",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "URL",
        "REDDIT_USER",
    ]
    min_confidence: Fraction = 0.4


class Filter(Section):
    min_words: Positive = 40
    max_words: Positive = 1000
    language: Literal["en"] = "en"
    near_duplicates: NearDuplicates = NearDuplicates()
    masking: Masking = Masking()
    # How many candidates a category may send to the judges, as a multiple of its quota; empty: all.
    shortlist: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _words_ordered(self) -> Filter:
        if self.max_words < self.min_words:
            raise ValueError("max_words must not be below min_words")
        return self


class Limits(Section):
    """What a provider allows one account to ask of one model; empty where only its rate headers say so."""

    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None


class Model(Section):
    """A model as a stage may name it. ``endpoint`` picks <ENDPOINT>_BASE_URL and <ENDPOINT>_API_KEY."""

    provider: Literal["openai", "dashscope", "replay"]
    model: Annotated[str, Field(min_length=1)]
    endpoint: Name | None = None
    base_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    # Whether the endpoint wants an API key; a server of your own may not.
    needs_key: bool = True
    # Whether the endpoint takes a strict JSON schema; without it, and always with DashScope's own API: JSON mode,
    # validation and repair.
    strict_schema: bool = True
    max_tokens: Positive = 2048
    limits: Limits = Limits()
    # More missing answers than this in one go are asked by the Batch API, at its price; empty: never.
    batch_above: Natural | None = None

    @model_validator(mode="after")
    def _has_batches(self) -> Model:
        if self.batch_above is not None and self.provider != "openai":
            raise ValueError("batch_above needs provider 'openai': others have no Batch API of its kind")
        return self


class Responses(Section):
    """Where answers are recorded, and how they are asked for.

    ``transcripts`` is a folder of Parquet transcripts that are read as recorded answers. With mode
    'replay' no provider is called for any model.
    """

    store: str = ".responses/store.sqlite"
    transcripts: str = "data/recorded"
    mode: Literal["live", "replay"] = "live"
    concurrency: Positive = 32
    timeout: Annotated[float, Field(gt=0)] = 120
    retries: Natural = 5
    # Seconds that a request may be turned away as one too many (429), which uses up no retry.
    patience: Annotated[float, Field(gt=0)] = 600
    # US dollars that all calls recorded in the store may cost together; empty for no cap.
    budget_usd: Annotated[Decimal, Field(gt=0)] | None = None
    # Whether a stage waits for its batches, looking at them every so many seconds, or ends and is run again.
    batch_wait: bool = True
    batch_poll: Annotated[float, Field(gt=0)] = 60
    # Requests of a stage that may stay without any answer; one more ends the stage, to be run again.
    max_failed: Natural = 0


class Judge(Section):
    """Two judges vote on every candidate; the tie-breaker only where they differ."""

    panel: Annotated[list[Name], Field(min_length=2, max_length=2)]
    tie_breaker: Name
    prompt: Name = "judge"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0

    @property
    def models(self) -> list[str]:
        return [*self.panel, self.tie_breaker]

    @model_validator(mode="after")
    def _three_judges(self) -> Judge:
        if len(set(self.models)) != 3:
            raise ValueError("the two panel judges and the tie-breaker must be three different models")
        return self


class Quota(Section):
    """Scenarios a category, spread over its subreddits and the years; ``reserve`` more stand by."""

    per_category: Positive
    reserve: Natural = 0
    strict: bool = False


class Checks(Section):
    """Limits of the action checks."""

    min_words: Positive = 5
    max_words: Positive = 45
    max_sentences: Positive = 2
    # Longest run of words that an action may share with its post.
    max_copied_words: Positive = 8
    # Word-set Jaccard similarity from which two actions of a scenario count as the same.
    max_similarity: Fraction = 0.8


class Generate(Section):
    generators: Annotated[list[Name], Field(min_length=2, max_length=2)]
    prompt: Name = "actions"
    repair_prompt: Name = "actions_repair"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    max_repairs: Natural = 1
    checks: Checks = Checks()

    @model_validator(mode="after")
    def _different(self) -> Generate:
        if len(set(self.generators)) != 2:
            raise ValueError("the two generators must be different models")
        return self


class Assemble(Section):
    mode: Literal["balanced", "paper"] = "balanced"


class Release(Section):
    """``text: withhold`` leaves ids and hashes in the place of real Reddit text."""

    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    text: Literal["include", "withhold"]
    licence: str = "cc-by-4.0"
    repository: str = "valact/valact-15k"


class Params(Section):
    """Everything that a run depends on besides its inputs and recorded answers."""

    profile: Name
    seed: int
    categories: Annotated[dict[str, Annotated[list[Subreddit], Field(min_length=1)]], Field(min_length=1)]
    dates: Dates
    score: Score = Score()
    scrape: Scrape
    filter: Filter = Filter()
    models: dict[Name, Model]
    responses: Responses = Responses()
    judge: Judge
    quota: Quota
    generate: Generate
    assemble: Assemble = Assemble()
    release: Release

    @model_validator(mode="after")
    def _references(self) -> Params:
        seen: dict[str, str] = {}
        for category, subreddits in self.categories.items():
            for subreddit in subreddits:
                if subreddit.lower() in seen:
                    raise ValueError(
                        f"categories: r/{subreddit} is listed under both {seen[subreddit.lower()]!r} and {category!r}"
                    )
                seen[subreddit.lower()] = category
        for key, names in (
            ("judge.panel or judge.tie_breaker", self.judge.models),
            ("generate.generators", self.generate.generators),
        ):
            for name in names:
                if name not in self.models:
                    raise ValueError(
                        f"{key}: {name!r} is not in models; known are {', '.join(sorted(self.models))}"
                    )
        return self

    @property
    def category_of(self) -> dict[str, str]:
        """Category of each subreddit, keyed by the subreddit in lower case."""
        return {s.lower(): category for category, subreddits in self.categories.items() for s in subreddits}

    @property
    def subreddit_spelling(self) -> dict[str, str]:
        """Each subreddit as params spell it, keyed by lower case (Reddit does not distinguish case)."""
        return {s.lower(): s for subreddits in self.categories.values() for s in subreddits}


def load(path: Path | str = PARAMS_FILE) -> Params:
    """Reads and validates a params file; ParamsError names the key, its value and what is allowed."""
    path = Path(path)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(
            "the file does not exist", where=str(path), remedy="run from the repository's root"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"not valid YAML: {error}", where=str(path)) from None
    return parse(raw, where=str(path))


def parse(raw: Any, *, where: str) -> Params:
    """Validates already-read settings."""
    if not isinstance(raw, dict):
        raise ParamsError("a mapping of settings is needed", where=where)
    try:
        return Params.model_validate(raw)
    except pydantic.ValidationError as error:
        problems = error.errors(include_url=False)
        raise ParamsError(
            "\n".join(_explain(problem) for problem in problems),
            where=where,
            remedy="docs/design.md lists every parameter; profiles/ holds working examples",
        ) from None


def _explain(problem: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "the whole file"
    message = problem["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if problem["type"] == "extra_forbidden":
        return f"{key}: there is no such parameter"
    if problem["type"] == "missing":
        return f"{key}: required, but missing"
    if isinstance(problem["input"], dict):
        return f"{key}: {message}"
    return f"{key}: {problem['input']!r} is not allowed: {message}"
