"""The schema of every table: the contract between stages.

A table is a Parquet file that is checked against its schema when it is written and when it is read.
Rows are keyed by id, never by position. Descriptions feed the release's code book.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
from dataframely.exc import SchemaError, ValidationError

from pipeline.errors import InputError
from pipeline.schwartz import SLUGS

POST_ID = r"^[0-9a-z]+$"
SHA256 = r"^[0-9a-f]{64}$"


def one_of(values: Sequence[str], description: str, **options: Any) -> dy.String:
    """A string column with a closed vocabulary, which the release's code book reads from its metadata."""
    return dy.String(
        check={"vocabulary": lambda c: c.is_in(list(values))},
        metadata={"vocabulary": tuple(values)},
        description=description,
        **options,
    )


def _post_id(**options: Any) -> dy.String:
    return dy.String(regex=POST_ID, description="Reddit's id of the post (base 36, no prefix)", **options)


def _utc(description: str) -> dy.Datetime:
    return dy.Datetime(nullable=False, time_unit="ms", time_zone="UTC", description=description)


class Posts(dy.Schema):
    """Submissions as they came from a source, normalised; no user name is kept."""

    post_id = _post_id(primary_key=True)
    subreddit = dy.String(
        nullable=False, min_length=1, description="Subreddit, as its categories entry spells it"
    )
    created_at = _utc("When the post was submitted")
    title = dy.String(nullable=False, description="Title, raw")
    body = dy.String(nullable=False, description="Self text, raw Markdown; empty for a link post")
    score = dy.Int64(nullable=True, description="Upvotes minus downvotes, where the source has it")
    comments = dy.Int64(nullable=True, description="Number of comments, where the source has it")
    flair = dy.String(nullable=True, description="Link flair text")
    is_self = dy.Bool(nullable=False, description="A text post")
    state = one_of(
        ["live", "removed", "deleted"], "Whether the text is still there, or who took it away", nullable=False
    )
    over_18 = dy.Bool(nullable=False, description="Marked as adult content")
    by_moderator = dy.Bool(nullable=False, description="Stickied, or distinguished as moderator or admin")
    crosspost = dy.Bool(nullable=False, description="A cross-post of another submission")


class ScrapeLedger(dy.Schema):
    """What a source held and the posts table does not, and why. ``count`` is 1 where a row is about one line."""

    source = dy.String(primary_key=True, description="File name, listing or id list")
    reason = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Reason code")
    line = dy.Int64(
        primary_key=True, min=0, description="Line number in the file, from 1; 0 for a count over many lines"
    )
    count = dy.Int64(nullable=False, min=1, description="How many records this row stands for")
    post_id = dy.String(nullable=True, description="The post, where it could be read")
    detail = dy.String(nullable=True, description="What was wrong, for people")


class Ledger(dy.Schema):
    """One row a post that a stage did not pass on, with the first reason."""

    post_id = _post_id(primary_key=True)
    stage = dy.String(nullable=False, description="The stage that took the decision")
    reason = dy.String(nullable=False, regex=r"^[a-z0-9_]+$", description="Reason code")
    detail = dy.String(
        nullable=True, description="What exactly was found, for people; never text of the post"
    )


class Candidates(dy.Schema):
    """Posts that passed the filter, with the scenario text that judges, generators and people see."""

    post_id = _post_id(primary_key=True)
    category = dy.String(nullable=False, description="Category of the subreddit")
    subreddit = dy.String(nullable=False, description="Subreddit")
    created_at = _utc("When the post was submitted")
    text = dy.String(
        nullable=False, min_length=1, description="Title and body, markup resolved, personal data masked"
    )
    words = dy.Int32(nullable=False, min=1, description="Words in the text before masking")
    masked = dy.Int32(nullable=False, min=0, description="Personal-data spans that were masked")
    source_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the normalised text before masking"
    )
    text_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the scenario text")


RESPONSE_STATUSES = ("ok", "refused", "truncated", "blocked_by_provider", "invalid", "failed")


class Votes(dy.Schema):
    """Every vote of every judge, also the invalid and refused ones."""

    post_id = _post_id(primary_key=True)
    judge = dy.String(primary_key=True, description="Name of the judge in params.models")
    role = one_of(
        ["panel", "tie_breaker"],
        "Panel judges see every candidate, the tie-breaker the disputed",
        nullable=False,
    )
    vote = one_of(["yes", "no"], "Empty where the judge gave no valid vote", nullable=True)
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    request_key = dy.String(nullable=False, regex=SHA256, description="Content key of the request")


class Scenarios(dy.Schema):
    """Advice posts that the panel accepted and the quotas took."""

    scenario_id = dy.String(
        primary_key=True, regex=r"^s[0-9a-f]{10}$", description="Opaque id of the scenario"
    )
    post_id = _post_id(unique=True)
    category = dy.String(nullable=False, description="Category of the subreddit")
    subreddit = dy.String(nullable=False, description="Subreddit")
    created_at = _utc("When the post was submitted")
    rank = dy.Int32(
        nullable=False, min=1, description="Place in its category's drawing order; reserves follow"
    )
    role = one_of(
        ["chosen", "reserve"], "A reserve replaces a chosen scenario whose generation failed", nullable=False
    )
    text = dy.String(
        nullable=False, min_length=1, description="Title and body, markup resolved, personal data masked"
    )
    source_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the normalised text before masking"
    )
    text_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the scenario text")

    @dy.rule()
    def rank_unique_in_category(cls) -> pl.Expr:
        return pl.struct("category", "rank").is_unique()


class Cells(dy.Schema):
    """How well each cell (category, subreddit, year) of the quota design was filled."""

    category = dy.String(primary_key=True, description="Category")
    subreddit = dy.String(primary_key=True, description="Subreddit")
    year = dy.Int32(primary_key=True, description="Year of submission (UTC)")
    wanted = dy.Float64(nullable=False, min=0, description="Even share of the category's quota")
    accepted = dy.Int32(nullable=False, min=0, description="Posts that the panel accepted")
    chosen = dy.Int32(nullable=False, min=0, description="Scenarios taken")


class Drafts(dy.Schema):
    """Every action of every attempt, with the outcome of each check beside it; decisions are taken from here."""

    scenario_id = dy.String(primary_key=True, regex=r"^s[0-9a-f]{10}$", description="The scenario it answers")
    generator = dy.String(primary_key=True, description="Name of the generator in params.models")
    attempt = dy.Int32(primary_key=True, min=1, description="1 for the first request, 2 and up for repairs")
    value = dy.String(
        primary_key=True, check={"vocabulary": lambda c: c.is_in(SLUGS)}, description="The value to express"
    )
    text = dy.String(nullable=False, description="The action as answered; empty where it is missing")
    words = dy.Int32(nullable=False, min=0, description="Words in the action")
    sentences = dy.Int32(nullable=False, min=0, description="Sentences in the action")
    present = dy.Bool(nullable=False, description="There is an action")
    not_refusal = dy.Bool(nullable=False, description="It is an action, not a refusal to write one")
    sentences_in_range = dy.Bool(
        nullable=False, description="At most generate.checks.max_sentences sentences"
    )
    words_in_range = dy.Bool(
        nullable=False, description="Between generate.checks.min_words and max_words words"
    )
    value_not_named = dy.Bool(
        nullable=False, description="Neither its value nor a close inflection occurs in it"
    )
    distinct = dy.Bool(
        nullable=False, description="No near-duplicate among the generator's actions for the scenario"
    )
    not_copied = dy.Bool(
        nullable=False, description="No run of more than generate.checks.max_copied_words words of the post"
    )
    no_personal_data = dy.Bool(
        nullable=False, description="No e-mail, phone number, link, user name or placeholder of one"
    )
    request_key = dy.String(
        nullable=False, regex=SHA256, description="Content key of the request that wrote it"
    )


# The checks of a draft, in the order in which failures are reported.
ACTION_CHECKS = (
    "present",
    "not_refusal",
    "sentences_in_range",
    "words_in_range",
    "value_not_named",
    "distinct",
    "not_copied",
    "no_personal_data",
)


class Actions(dy.Schema):
    """One action a scenario, value and generator that passed every check."""

    action_id = dy.String(
        primary_key=True,
        regex=r"^s[0-9a-f]{10}\.[a-z_]+\.[A-Za-z0-9._-]+$",
        description="scenario.value.generator",
    )
    scenario_id = dy.String(nullable=False, regex=r"^s[0-9a-f]{10}$", description="The scenario it answers")
    value = one_of(SLUGS, "The value it was written to express", nullable=False)
    generator = dy.String(nullable=False, description="Name of the generator in params.models")
    text = dy.String(nullable=False, min_length=1, description="The action")
    words = dy.Int32(nullable=False, min=1, description="Words in the action")
    sentences = dy.Int32(nullable=False, min=1, description="Sentences in the action")
    attempt = dy.Int32(nullable=False, min=1, description="1 for the first request, 2 and up for repairs")
    request_key = dy.String(
        nullable=False, regex=SHA256, description="Content key of the request that wrote it"
    )


class GenerationLedger(dy.Schema):
    """Every failed check of every attempt, whether it was repaired or cost the scenario its place."""

    scenario_id = dy.String(primary_key=True, regex=r"^s[0-9a-f]{10}$", description="The scenario")
    generator = dy.String(primary_key=True, description="Name of the generator in params.models")
    attempt = dy.Int32(primary_key=True, min=1, description="The attempt that failed, from 1")
    value = dy.String(
        primary_key=True, description="The value whose action failed; empty for the whole response"
    )
    reason = dy.String(
        primary_key=True, regex=r"^[a-z0-9_]+$", description="Name of the failed check, or response status"
    )
    detail = dy.String(nullable=True, description="What was found")
    request_key = dy.String(nullable=False, regex=SHA256, description="Content key of the request")
    final = dy.Bool(
        nullable=False, description="No repair was left: the scenario was given up for this generator"
    )


class Questions(dy.Schema):
    """Five questions a scenario; each shows four actions and has one seeded target."""

    question_id = dy.String(primary_key=True, regex=r"^s[0-9a-f]{10}\.q[1-5]$", description="scenario.qN")
    scenario_id = dy.String(nullable=False, regex=r"^s[0-9a-f]{10}$", description="The scenario")
    number = dy.Int8(nullable=False, min=1, max=5, description="1 to 5 within the scenario")
    target_value = one_of(
        SLUGS, "Value asked for in selection and adoption mode, the same for every respondent", nullable=False
    )
    target_position = dy.Int8(
        nullable=False, min=1, max=4, description="Position of the target option, 1 to 4"
    )
    design = one_of(["paper", "balanced"], "How the actions were dealt", nullable=False)
    cycle = dy.Int32(nullable=True, min=0, description="Balanced design: number of the six-scenario cycle")
    cycle_scenario = dy.Int8(
        nullable=True, min=0, max=5, description="Balanced design: place of the scenario in its cycle"
    )


class Options(dy.Schema):
    """One row an option: the long form of the questions."""

    question_id = dy.String(primary_key=True, regex=r"^s[0-9a-f]{10}\.q[1-5]$", description="The question")
    position = dy.Int8(
        primary_key=True, min=1, max=4, description="Place in the dealt order, 1 to 4 (A to D)"
    )
    action_id = dy.String(nullable=False, unique=True, description="The action shown")
    value = one_of(SLUGS, "Value of the action", nullable=False)
    generator = dy.String(nullable=False, description="Generator of the action")
    is_target = dy.Bool(nullable=False, description="Whether this is the question's target option")


class Transcripts(dy.Schema):
    """Recorded responses without their prompts: what rebuilds a run at no cost."""

    request_key = dy.String(primary_key=True, regex=SHA256, description="Content key of the request")
    subject = dy.String(nullable=False, description="The post or scenario it was about")
    provider = dy.String(nullable=False, description="Provider that served it")
    base_url = dy.String(nullable=False, description="Where it was served; empty for replay")
    model = dy.String(nullable=False, description="Model id as requested")
    served_model = dy.String(nullable=True, description="Model id as answered")
    status = one_of(RESPONSE_STATUSES, "What kind of answer it is", nullable=False)
    text = dy.String(nullable=False, description="The raw answer; empty where there is none")
    finish_reason = dy.String(nullable=True, description="The provider's finish reason")
    error = dy.String(nullable=True, description="The provider's refusal or error text")
    input_tokens = dy.Int64(nullable=True, min=0, description="Billed input tokens")
    cached_tokens = dy.Int64(nullable=True, min=0, description="Of these, served from the provider's cache")
    output_tokens = dy.Int64(nullable=True, min=0, description="Billed output tokens")
    recorded_at = _utc("When the answer was recorded")


class Funnel(dy.Schema):
    """Posts, scenarios and questions left after each step, per category."""

    order = dy.Int32(primary_key=True, min=1, description="Order of the step")
    step = dy.String(nullable=False, description="Step of the pipeline")
    category = dy.String(primary_key=True, description="Category")
    count = dy.Int64(nullable=False, min=0, description="Rows left after the step")


def conform(
    schema: type[dy.Schema], rows: pl.DataFrame | Iterable[dict[str, Any]], *, where: str
) -> pl.DataFrame:
    """Rows as a table of the schema: columns in order, types cast, every rule checked.

    Raises InputError that names the table and the rules that rows break.
    """
    if not isinstance(rows, pl.DataFrame):
        rows = pl.DataFrame(list(rows), schema=_polars_schema(schema))
    try:
        return schema.validate(rows, cast=True)
    except (ValidationError, SchemaError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"the table is not a valid {schema.__name__} table: {_first_lines(error)}",
            where=where,
            remedy="a stage wrote or a file holds rows that the schema in pipeline/tables.py forbids",
        ) from error


def write_table(
    schema: type[dy.Schema], rows: pl.DataFrame | Iterable[dict[str, Any]], path: Path | str
) -> pl.DataFrame:
    """Checks rows, sorts them by primary key, and writes them: same rows, same bytes."""
    path = Path(path)
    table = conform(schema, rows, where=str(path)).sort(schema.primary_key(), maintain_order=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(path, compression="zstd", statistics=True)
    return table


def read_table(schema: type[dy.Schema], path: Path | str) -> pl.DataFrame:
    """The table at ``path``, checked against its schema; InputError when it is missing or not that table."""
    path = Path(path)
    if not path.exists():
        raise InputError("the file does not exist", where=str(path), remedy="run `dvc repro` to build it")
    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"not a readable Parquet file ({_first_lines(error)})",
            where=str(path),
            remedy="delete it and run `dvc repro` to build it again",
        ) from error
    return conform(schema, table, where=str(path))


def scan_table(schema: type[dy.Schema], path: Path | str) -> pl.LazyFrame:
    """The table at ``path``, lazily, for tables that need not fit into memory; only its columns are checked."""
    path = Path(path)
    if not path.exists():
        raise InputError("the file does not exist", where=str(path), remedy="run `dvc repro` to build it")
    try:
        table = pl.scan_parquet(path)
        found = table.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"not a readable Parquet file ({_first_lines(error)})",
            where=str(path),
            remedy="delete it and run `dvc repro` to build it again",
        ) from error
    if found != _polars_schema(schema):
        raise InputError(
            f"the columns are not those of a {schema.__name__} table: {dict(found)}",
            where=str(path),
            remedy="delete it and run `dvc repro` to build it again",
        )
    return table


def _polars_schema(schema: type[dy.Schema]) -> pl.Schema:
    return schema.create_empty().schema


def _first_lines(error: Exception, lines: int = 6) -> str:
    text = str(error).split("Resolved plan until failure")[0]
    return " ".join(part.strip() for part in text.strip().splitlines()[:lines])
