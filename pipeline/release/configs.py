"""The configs of a release: their schemas, and the tables that the pipeline's tables make.

What a release leaves out on purpose: authors (no table has them), exact times (the year only), titles
on their own, scores, and everything about posts that were not candidates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import dataframely as dy
import polars as pl
import pyarrow as pa

from pipeline.tables import (
    ACTION_STATUSES,
    NO_VALUE,
    NONE,
    POST_ID,
    QUESTION_ID,
    RATER,
    RESPONSE_STATUSES,
    SCENARIO_ID,
    SHA256,
    TASKS,
    Results,
    conform,
    one_of,
    value_column,
)
from pipeline.tables.columns import LETTERS, MOST_OPTIONS
from pipeline.tables.content import text_hashes
from pipeline.tables.flags import FLAGS, RAISED, flag_column
from pipeline.verdict.judged import Judged
from pipeline.verdict.readings import read_as

LABELS = LETTERS[:MOST_OPTIONS]


def _scenario_id(*, primary_key: bool = False, nullable: bool = False) -> dy.String:
    return dy.String(
        primary_key=primary_key,
        nullable=nullable,
        regex=SCENARIO_ID,
        description="The scenario, by its opaque id",
    )


def _text(description: str) -> dy.String:
    return dy.String(nullable=True, description=f"{description}; empty in a release that withholds text")


def _label() -> dy.String:
    return one_of(tuple(LABELS), "Letter of the position: A for 1, B for 2, and so on", nullable=False)


def _generator() -> dy.String:
    return dy.String(nullable=False, description="Who wrote the action: a name that the card explains")


class QuestionsConfig(dy.Schema):
    """One row for each question: its scenario, its options, and the option that was written for its target value."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question: scenario.qN")
    scenario_id = _scenario_id(nullable=False)
    category = dy.String(nullable=False, description="Category of the subreddit")
    subreddit = dy.String(nullable=False, description="Subreddit of the post")
    year = dy.Int16(nullable=False, description="Year in which the post was submitted (UTC)")
    text = _text("The scenario: title and body of the post, markup resolved, personal data masked")
    options = dy.List(
        dy.Struct(
            {
                "position": dy.Int8(
                    nullable=False, min=1, max=MOST_OPTIONS, description="Place as dealt, from 1"
                ),
                "label": _label(),
                "action_id": dy.String(nullable=False, description="The action: scenario.value.generator"),
                "value": value_column("The value that the action was written to express", nullable=False),
                "generator": _generator(),
                "text": dy.String(nullable=False, min_length=1, description="The action"),
            },
            nullable=False,
        ),
        nullable=False,
        min_length=2,
        max_length=MOST_OPTIONS,
        description="The options in the order in which they are shown",
    )
    target_value = value_column(
        "Value asked for in selection and adoption mode, the same for every respondent", nullable=False
    )
    target_position = dy.Int8(
        nullable=False, min=1, max=MOST_OPTIONS, description="Position of the target option"
    )
    target_action_id = dy.String(nullable=False, description="Action of the target option")
    design = one_of(
        ["paper", "balanced"], "How the actions were dealt: at random, or balanced", nullable=False
    )
    cycle = dy.Int32(
        nullable=True, description="Balanced design: number of the cycle of its category, from 0"
    )
    cycle_scenario = dy.Int8(
        nullable=True, description="Balanced design: place of the scenario in its cycle, from 0"
    )
    content_sha256 = dy.String(
        nullable=False,
        regex=SHA256,
        description="SHA-256 of what the id names: the JSON array [text_sha256 of the scenario, [value, text_sha256 "
        "of the action], and so on for each option] without blanks",
    )


class AuthoredConfig(QuestionsConfig):
    """One row for each question about an invented scenario: no text of anybody else's, and nothing to hydrate."""

    text = dy.String(
        nullable=False,
        min_length=1,
        description="The scenario: title and body of an invented post, personal data masked",
    )


class OptionsConfig(dy.Schema):
    """One row for each option: the questions in long form."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question")
    position = dy.Int8(primary_key=True, min=1, max=MOST_OPTIONS, description="Place as dealt, from 1")
    scenario_id = _scenario_id(nullable=False)
    label = _label()
    action_id = dy.String(nullable=False, unique=True, description="The action: scenario.value.generator")
    value = value_column("The value that the action was written to express", nullable=False)
    generator = _generator()
    is_target = dy.Bool(nullable=False, description="Whether this is the question's target option")
    text = dy.String(nullable=False, min_length=1, description="The action")


class ScenariosConfig(dy.Schema):
    """One row for each scenario: a post that asks for advice and became questions."""

    scenario_id = _scenario_id(primary_key=True)
    post_id = dy.String(unique=True, nullable=False, regex=POST_ID, description="Id of the post (base 36)")
    category = dy.String(nullable=False, description="Category of the subreddit")
    subreddit = dy.String(nullable=False, description="Subreddit of the post")
    year = dy.Int16(nullable=False, description="Year in which the post was submitted (UTC)")
    rank = dy.Int32(nullable=False, min=1, description="Place in its category's drawing order")
    role = one_of(
        ["chosen", "reserve"], "A reserve replaced a chosen scenario whose actions failed", nullable=False
    )
    words = dy.Int32(nullable=False, min=1, description="Words of the text before masking")
    masked = dy.Int32(nullable=False, min=0, description="Spans of personal data that were masked")
    text = _text("Title and body of the post, markup resolved, personal data masked")
    source_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the UTF-8 text before masking"
    )
    text_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the UTF-8 text as masked")
    self_harm = flag_column("self_harm")
    violence_or_abuse = flag_column("violence_or_abuse")
    sexual_content = flag_column("sexual_content")
    minors = flag_column("minors")
    illegal_acts = flag_column("illegal_acts")
    medical_or_legal = flag_column("medical_or_legal")
    prompt_injection = flag_column("prompt_injection")


class ActionsConfig(dy.Schema):
    """One row for each action: one for each scenario, value and generator."""

    action_id = dy.String(primary_key=True, description="The action: scenario.value.generator")
    scenario_id = _scenario_id(nullable=False)
    value = value_column("The value that it was written to express", nullable=False)
    generator = _generator()
    text = dy.String(nullable=False, min_length=1, description="The action")
    text_sha256 = dy.String(nullable=False, regex=SHA256, description="SHA-256 of the UTF-8 text")
    words = dy.Int32(nullable=False, min=1, description="Words in the action")
    sentences = dy.Int32(nullable=False, min=1, description="Sentences in the action")
    attempt = dy.Int32(nullable=False, min=1, description="1 as first written, 2 and up after a repair")
    read_as = value_column(
        "What models that read it blindly see in it: two of two or three say so; empty where no two agree",
        also=(NO_VALUE,),
        nullable=True,
    )
    readers = dy.Int8(nullable=False, min=0, description="Models that read it; 0: none was asked")
    recognised = dy.Int8(
        nullable=False, min=0, description="Of these, those that see the value it was written for"
    )
    validation = one_of(ACTION_STATUSES, "What the raters made of it; the code book explains", nullable=False)


class FilterVotesConfig(dy.Schema):
    """One row for each vote: every judge's vote on every candidate, also on those that were voted out."""

    post_id = dy.String(primary_key=True, regex=POST_ID, description="Id of the post (base 36)")
    judge = dy.String(primary_key=True, description="Who voted: a name that the card explains")
    scenario_id = dy.String(
        nullable=True,
        regex=SCENARIO_ID,
        description="The scenario that the post became; empty for the others",
    )
    role = one_of(
        ["panel", "tie_breaker"],
        "The panel sees every candidate, the tie-breaker those without two equal valid votes",
        nullable=False,
    )
    vote = one_of(
        ["yes", "no"], "Whether the post can serve as a scenario; empty without a valid vote", nullable=True
    )
    flags = dy.String(
        nullable=True,
        regex=RAISED,
        description="Flags that the judge raised, a blank between them; null where it gave none",
    )
    status = one_of(RESPONSE_STATUSES, "Status of the judge's answer", nullable=False)


class ValidationConfig(dy.Schema):
    """One row for each judgement: what one rater said of one item, skipped items too. Nobody saw what was intended."""

    item_id = dy.String(primary_key=True, description="The item, by its opaque id")
    rater = dy.String(primary_key=True, regex=RATER, description="The rater, by an anonymous id")
    round = dy.String(
        nullable=False,
        description="The round of validation; `.adjudication` ends that of a second pass, which settles what raters "
        "did not agree on and is in no accuracy or agreement",
    )
    raters = one_of(
        ["experts", "trial"], "Who judged in this round: experts, or people in a trial", nullable=False
    )
    task = one_of(
        TASKS,
        "value: the value that an action expresses most; option: the option that best expresses the value named; "
        "scenario: whether it is a real request for advice",
        nullable=False,
    )
    scenario_id = _scenario_id(nullable=False)
    action_id = dy.String(nullable=True, description="Task value: the action shown")
    question_id = dy.String(nullable=True, regex=QUESTION_ID, description="Task option: the question shown")
    distractor = dy.Bool(
        nullable=False, description="An attention check: the action was written for another scenario"
    )
    doubtful = dy.Bool(
        nullable=False,
        description="Judged beside the random sample, because models see another value in the action; in no accuracy",
    )
    intended = value_column(
        "The answer that was intended, which raters did not see", also=(NONE, "yes"), nullable=False
    )
    status = one_of(["judged", "skipped"], "Whether the rater answered or skipped the item", nullable=False)
    answer = value_column(
        "The answer: a value or none; task option: the value of the action chosen; empty for a skipped item",
        also=(NONE, "yes", "no", "unsure"),
        nullable=True,
    )
    second_value = value_column("Task value: the next value, if the rater named one", nullable=True)
    position = dy.Int8(
        nullable=True, min=1, max=MOST_OPTIONS, description="Task option: dealt position of the choice"
    )
    replaced = dy.Bool(
        nullable=False,
        description="The text that was judged was rejected and written anew: it is not the one in this release",
    )
    # Schemas have a method of the column's name.
    is_intended = dy.Bool(
        alias="matches", nullable=True, description="Whether the answer is the intended one"
    )
    seconds = dy.Float64(nullable=True, min=0, description="Seconds spent on the item")
    answers = dy.Int32(nullable=False, min=0, description="Raters who answered the item, this one among them")
    share = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Share of these who gave this answer: over its distinct answers the soft label of the item",
    )


# In the order in which people read about them.
CONFIGS: dict[str, type[dy.Schema]] = {
    "questions": QuestionsConfig,
    "authored": AuthoredConfig,
    "options": OptionsConfig,
    "scenarios": ScenariosConfig,
    "actions": ActionsConfig,
    "filter_votes": FilterVotesConfig,
    "validation": ValidationConfig,
    "results": Results,
}
DEFAULT = "questions"
# Configs that tell of respondents: the data are the same whatever stands in them, and a change of theirs is a patch.
OF_RESPONDENTS = frozenset({"results"})
SPLIT = "test"  # nothing here is meant for training


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a config as documents describe it; ``name`` of a nested one is ``outer[].inner``.

    ``vocabulary`` has the codes that it holds, beside the values of the inventory where ``values``.
    """

    name: str
    type: str
    required: bool
    key: bool
    description: str
    vocabulary: tuple[str, ...] = ()
    values: bool = False


def tables(
    *,
    questions: pl.DataFrame,
    options: pl.DataFrame,
    scenarios: pl.DataFrame,
    candidates: pl.DataFrame,
    actions: pl.DataFrame,
    votes: pl.DataFrame,
    judged: Judged,
    verdicts: pl.DataFrame,
    readings: pl.DataFrame,
    raters: Literal["experts", "trial"],
    text: Literal["include", "withhold"],
    results: pl.DataFrame | None = None,
    authored: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """The config tables, by name, from tables of ``pipeline.tables``; rows are in primary-key order.

    ``judged`` and ``verdicts`` (ActionVerdicts) are what validation found, ``readings`` (Readings) what models read,
    ``raters`` who the raters were. With ``text='withhold'`` no text of a post is in them. ``authored`` are the
    questions about invented scenarios that go along (see that module); where text is included, these are all questions.
    Polars raises on a join that
    is not m:1, and InputError tells of a row whose partner is missing (a required field is then empty).
    """
    shown = scenarios.select(
        "scenario_id",
        "post_id",
        "category",
        "subreddit",
        "rank",
        "role",
        "source_sha256",
        "text_sha256",
        "masked",
        *FLAGS,
        year=pl.col("created_at").dt.year(),
        text=pl.col("text") if text == "include" else pl.lit(None, pl.String),
    )
    long = options.join(
        actions.select("action_id", "scenario_id", "text"), on="action_id", how="left", validate="m:1"
    ).with_columns(label=pl.col("position").cast(pl.Int32).replace_strict(dict(enumerate(LABELS, start=1))))
    targets = long.filter("is_target").select("question_id", target_action_id="action_id")
    dealt = (
        long.sort("question_id", "position")
        .group_by("question_id", maintain_order=True)
        .agg(options=pl.struct("position", "label", "action_id", "value", "generator", "text"))
    )
    wide = (
        questions.join(shown, on="scenario_id", how="left", validate="m:1")
        .join(dealt, on="question_id", how="left", validate="1:1")
        .join(targets, on="question_id", how="left", validate="1:1")
    )
    lengths = candidates.select("post_id", "words")
    parts = {
        "questions": wide,
        "authored": wide
        if text == "include"
        else AuthoredConfig.create_empty()
        if authored is None
        else authored,
        "options": long,
        "scenarios": shown.join(lengths, on="post_id", how="left", validate="1:1"),
        "actions": actions.join(
            verdicts.select("action_id", validation="status"), on="action_id", how="left", validate="1:1"
        )
        .join(read_as(actions, readings), on="action_id", how="left", validate="1:1")
        .with_columns(text_sha256=text_hashes(pl.col("text"))),
        "filter_votes": votes.join(
            scenarios.select("post_id", "scenario_id"), on="post_id", how="left", validate="m:1"
        ),
        # What raters wrote beside their answers may tell who they are, and stays out.
        "validation": pl.concat(
            [judged.answers, judged.skipped, judged.adjudicated], how="diagonal"
        ).with_columns(
            intended="expected",
            raters=pl.lit(raters),
            answers=pl.col("answer").count().over("item_id"),
            share=pl.when(pl.col("answer").is_not_null()).then(
                pl.len().over("item_id", "answer") / pl.col("answer").count().over("item_id")
            ),
        ),
        "results": Results.create_empty() if results is None else results,
    }
    return {
        name: conform(
            schema, parts[name].select(list(schema.columns())), where=f"release config {name}"
        ).sort(schema.primary_key())
        for name, schema in CONFIGS.items()
    }


def fields(config: str) -> Iterator[Field]:
    """The fields of a config in column order, nested ones after the field that holds them."""
    yield from fields_of(CONFIGS[config])


def fields_of(schema: type[dy.Schema]) -> Iterator[Field]:
    """The same of any schema."""
    keys = set(schema.primary_key())
    for name, column in schema.columns().items():
        yield _field(name, column, key=name in keys)
        if isinstance(column, dy.List) and isinstance(column.inner, dy.Struct):
            for inner, part in column.inner.inner.items():
                yield _field(f"{name}[].{inner}", part, key=False)


def arrow(table: pl.DataFrame) -> pa.Table:
    """The table with Arrow's plain types (no large or view strings), which every reader knows."""
    wide = table.to_arrow()
    return wide.cast(pa.schema([pa.field(field.name, _plain(field.type)) for field in wide.schema]))


def _field(name: str, column: dy.Column, *, key: bool) -> Field:
    return Field(
        name,
        _type(column),
        key or not column.nullable,
        key,
        column.description or "",
        tuple((column.metadata or {}).get("vocabulary", ())),
        bool((column.metadata or {}).get("values")),
    )


def _type(column: dy.Column) -> str:
    if isinstance(column, dy.List):
        return (
            f"list of {'struct' if isinstance(column.inner, dy.Struct) else str(column.inner.dtype).lower()}"
        )
    return str(column.dtype).lower()


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct(
            [pa.field(kind.field(i).name, _plain(kind.field(i).type)) for i in range(kind.num_fields)]
        )
    return kind
