"""How a release was made, counted from its tables: in short for the card, step by step for the code book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.params import Params
from pipeline.release import balance, wording
from pipeline.release.dealt import Dealt
from pipeline.release.funnel import STEPS, Counts
from pipeline.release.markdown import count, in_words, markdown_table
from pipeline.step import about
from pipeline.tables.scalars import whole

LANGUAGES = {"en": "English"}
ORDER = (
    "The posts that passed the filter stand in a seeded order that is even over subreddits and years. In that order "
    "two judges voted on each post, a third judge where they differed, and the majority decided, until each category "
    "had its quota and reserves. With its vote each judge named flags such as self-harm, violence or minors; "
    "`scenarios` has a column for each."
)


def short(tables: Mapping[str, pl.DataFrame], counts: Counts, params: Params) -> str:
    """The card's paragraphs: posts, judges, actions, questions."""
    # The notice at the top says who wrote the sample.
    source = wording.collection(params).removeprefix(about.SAMPLE_WRITTEN).strip()
    language = LANGUAGES.get(params.filter.language, params.filter.language)
    votes, actions = tables["filter_votes"], tables["actions"]
    disputed = votes.filter(pl.col("role") == "tie_breaker").height
    repaired = actions.filter(pl.col("attempt") > 1).height
    posts = (
        f"{source} The source held {count(counts.records, 'record')}; {count(counts.at('candidates'), 'post')} passed "
        f"the program rules ({params.filter.min_words} to {params.filter.max_words} words, in {language}, no "
        "near-duplicates, a request for advice). Two judges voted on each post in turn, a third where they differed, "
        f"until each category had its quota of {params.quota.per_category:,}: {votes.height:,} "
        f"{'vote was' if votes.height == 1 else 'votes were'} cast, {count(disputed, 'post')} went to the third judge."
    )
    written = (
        f"{wording.writing(params)} Of the {count(actions.height, 'action')}, {repaired:,} "
        f"{'was' if repaired == 1 else 'were'} written anew after a first draft that failed a check. "
        f"{dealt(tables, params)}"
    )
    return f"{posts}\n\n{written}\n\n{_who(params)}"


def dealt(tables: Mapping[str, pl.DataFrame], params: Params) -> str:
    """How the questions were dealt, and what take-downs have set off balance."""
    of = Dealt.of(params)
    questions = count(of.design.questions, "question")
    even = (
        ", dealt at random"
        if params.assemble.mode == "paper"
        else ", balanced so that over a whole cycle of scenarios every two values meet equally often and every value "
        "stands equally often at each position"
    )
    missing = balance.note(tables["questions"], tables["options"], of)
    return f"A scenario has {questions} of {in_words(of.design.options)} actions{even}.{missing}"


def _who(params: Params) -> str:
    """Judges and generators, by the model behind each."""
    judges = [params.models[name].model for name in [*params.judge.panel, params.judge.tie_breaker]]
    writers = [params.models[name].model for name in params.generate.generators]
    return f"Judges: {', '.join(judges)}. Generators: {', '.join(writers)}."


def whole_account(counts: Counts, params: Params) -> str:
    """The code book's section: every step with its count, the design, the models."""
    design = balance.describe(params.assemble.mode, Dealt.of(params))
    return "\n\n".join([ORDER, _funnel(counts), design, _models(params)])


def categories(tables: Mapping[str, pl.DataFrame], params: Params) -> str:
    """The code book's table of scenarios and questions by category and subreddit."""
    scenarios, questions = tables["scenarios"], tables["questions"]
    rows: list[Sequence[Any]] = []
    for category in params.categories:
        mine = scenarios.filter(pl.col("category") == category)
        asked = questions.filter(pl.col("category") == category).height
        spread = ", ".join(
            f"r/{s} {n}" for s, n in mine.group_by("subreddit").len().sort("subreddit").iter_rows()
        )
        rows.append((category, mine.height, asked, spread))
    rows.append(("**All**", scenarios.height, questions.height, f"posted {years(scenarios)}"))
    return markdown_table(("category", "scenarios", "questions", "subreddits (scenarios)"), rows)


def spread(tables: Mapping[str, pl.DataFrame], params: Params) -> str:
    """The card's sentence on categories and years."""
    scenarios = tables["scenarios"]
    of = dict(scenarios.group_by("category").len().iter_rows())
    listed = ", ".join(f"{category} {of.get(category, 0):,}" for category in params.categories)
    return (
        f"Scenarios by category: {listed}; from {count(scenarios['subreddit'].n_unique(), 'subreddit')}, posted "
        f"{years(scenarios)}."
    )


def years(scenarios: pl.DataFrame) -> str:
    return f"{whole(scenarios['year'].min())}-{whole(scenarios['year'].max())}"


def _funnel(counts: Counts) -> str:
    return markdown_table(("step", "left"), [(title, counts.at(step)) for step, title in STEPS.items()])


def _models(params: Params) -> str:
    roles: dict[str, list[str]] = {}
    for role, names in (
        ("judge", params.judge.panel),
        ("judge (tie-breaker)", [params.judge.tie_breaker]),
        ("generator", params.generate.generators),
    ):
        for name in names:
            roles.setdefault(name, []).append(role)
    temperature = {"judge": params.judge.temperature, "generator": params.generate.temperature}
    return markdown_table(
        ("name", "role", "model", "temperature"),
        [
            (
                f"`{name}`",
                ", ".join(its),
                wording.served_by(name, params),
                ""
                if about.is_sample(params)
                else ", ".join(str(temperature[role.split()[0]]) for role in its),
            )
            for name, its in roles.items()
        ],
    )
