"""The configs of a release: their schemas.

What a release leaves out on purpose: authors (no table has them), exact times (the year only), titles
on their own, scores, and everything about posts that were not candidates.
"""

from __future__ import annotations

import dataframely as dy

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
    Answers,
    Results,
    one_of,
    value_column,
)
from pipeline.tables.columns import LETTERS, MOST_OPTIONS
from pipeline.tables.flags import RAISED, flag_column
from pipeline.tables.results import PROMPT_HASH
from pipeline.tables.validity import ItemQuality

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


class BenchmarkConfig(dy.Schema):
    """One row for each question of `authored` as runners of the Hub ask it in selection mode (`eval.yaml`)."""

    question_id = dy.String(primary_key=True, regex=QUESTION_ID, description="The question: scenario.qN")
    scenario_id = _scenario_id(nullable=False)
    question = dy.String(
        nullable=False,
        min_length=1,
        description="What is asked, up to the options: what to do, the value asked for, the scenario",
    )
    choices = dy.List(
        dy.String(nullable=False, min_length=1),
        nullable=False,
        min_length=2,
        max_length=MOST_OPTIONS,
        description="The options in the order in which they are shown: the first one is A",
    )
    target = one_of(tuple(LABELS), "Letter of the right one: A is the first", nullable=False)
    target_value = value_column("The value asked for", nullable=False)
    content_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of what the id names, as in `authored`"
    )
    mode = one_of(["selection"], "The mode in which it is asked", nullable=False)
    prompt = dy.String(
        nullable=False, regex=PROMPT_HASH, description="Hash of the prompt, as `prompts` in config `results`"
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
    "benchmark": BenchmarkConfig,
    "options": OptionsConfig,
    "scenarios": ScenariosConfig,
    "actions": ActionsConfig,
    "filter_votes": FilterVotesConfig,
    "validation": ValidationConfig,
    "results": Results,
    "answers": Answers,
    "item_quality": ItemQuality,
}
DEFAULT = "questions"
# Configs that tell of respondents: the data are the same whatever stands in them, and a change of theirs is a patch.
OF_RESPONDENTS = frozenset({"results", "answers", "item_quality"})
# Made of the others when a release is built (``benchmark.of``).
DERIVED = frozenset({"benchmark"})
SPLIT = "test"  # nothing here is meant for training
