"""The front page of a release: what it says is so, and is said plainly; what nobody stated is said not to be stated."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from services.finished_run import finished_run, run_params
from services.released import build
from services.results import MODEL, results
from services.sample_run import built

from pipeline.params import Params
from pipeline.params.publish import Publish
from pipeline.release import front, leaderboard
from pipeline.release.configs import CONFIGS
from pipeline.release.results import FIGURE, interval, read
from pipeline.tables import Results, write_table
from pipeline.verdict.gate import Verdict

KB = 1_000
STATED = (
    "makers",
    "funding",
    "ethics_review",
    "raters_background",
    "raters_pay",
    "maintenance",
    "legal_basis",
)


def parts(folder: Path) -> tuple[dict[str, Any], str]:
    """The card's metadata and its text."""
    _, head, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def section(body: str, title: str) -> str:
    return body.split(f"\n## {title}\n")[1].split("\n## ")[0]


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def real() -> Params:
    params = run_params("archive", "withhold", licence="cc-by-4.0", contact="me@example.org")
    return params.model_copy(update={"publish": Publish(gated="manual")})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, real: Params) -> Path:
    return finished_run(tmp_path_factory.mktemp("run"), real, prefix="r")


@pytest.fixture(scope="module")
def withheld(run: Path, real: Params, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(run, real, tmp_path_factory.mktemp("withheld") / "valact-15k", results=results())


@pytest.fixture(scope="module")
def sample() -> Path:
    return built() / "data/release/valact-15k"


def test_what_nobody_filled_in_is_said_not_to_be_stated(withheld: Path) -> None:
    _, body = parts(withheld)
    assert "report: not stated" in body
    assert "address not stated" in body
    told = section(body, "Who made it, ethics and law")
    assert (
        f"{front.NOT_STATED}: who made it, funding, ethics review, raters' background, raters' pay, maintenance, legal "
        "basis."
    ) in one_line(told)
    assert "| Contact | me@example.org |" in body


def test_what_params_state_stands_there(real: Params) -> None:
    told = {name: f"the {name} of it" for name in STATED}
    card = real.release.card.model_copy(update=told | {"report": "https://example.org/r", "software": ""})
    params = real.model_copy(update={"release": real.release.model_copy(update={"card": card})})
    facts = front.facts(params)
    assert all(f"| {text} |" in facts for text in told.values())
    assert front.NOT_STATED not in facts
    assert "[report](https://example.org/r)" in front.links(params)


@pytest.mark.parametrize(
    ("judgements", "kind", "validated", "said"),
    [
        (0, "trial", False, "Unvalidated: nobody"),
        (9, "trial", False, "Trial: "),
        (9, "experts", False, "Unvalidated: 3 experts judged"),
        (9, "experts", True, "Validated by 3 experts."),
    ],
)
def test_the_banner_is_the_first_thing_said(judgements: int, kind: Any, validated: bool, said: str) -> None:
    missing = [] if validated else ["More is wanted."]
    verdict = Verdict("r", kind, missing, [], {"judgements": judgements, "raters": 3})
    assert front.banner(verdict).startswith(f"> **{said}")


def test_a_gated_release_says_what_is_asked_for(withheld: Path, sample: Path) -> None:
    assert "not to try to find out who wrote a post" in parts(withheld)[0]["extra_gated_prompt"]
    assert "extra_gated_prompt" not in parts(sample)[0]


def test_withheld_texts_are_not_promised(withheld: Path) -> None:
    _, body = parts(withheld)
    assert "**The text of the posts is withheld.**" in body
    assert "empty here" in section(body, "Load it")
    assert "invented and no part of the data" in one_line(section(body, "A question"))
    text = one_line(body)
    assert "all that is needed to ask" not in text
    assert "since stay gone" not in text


def test_results_are_a_table_with_intervals_and_a_figure(withheld: Path) -> None:
    _, body = parts(withheld)
    shown = section(body, "What respondents chose")
    assert "simulated" not in shown
    assert (
        f"| {MODEL} | model | Universalism 55 % [50, 60] | Self-direction 10 % [5, 15] | 90 % [85, 95] |"
        in shown
    )
    assert f"({FIGURE.as_posix()}.png)" in shown
    assert (withheld / FIGURE).with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert not (withheld / FIGURE).with_suffix(".svg").exists()


def test_no_results_are_said_and_have_no_figure(run: Path, real: Params, tmp_path: Path) -> None:
    folder = build(run, real, tmp_path / "valact-15k")
    _, body = parts(folder)
    assert "No respondent's results are part of this version." in one_line(body)
    assert not (folder / FIGURE.parent).exists()


def test_the_address_of_a_server_is_not_released(tmp_path: Path) -> None:
    write_table(Results, results(), tmp_path / "results.parquet")
    assert set(read(tmp_path)["source"]) == {"OpenAI"}
    assert read(tmp_path / "nowhere").is_empty()


def test_the_leaderboard_is_one_page_that_loads_nothing(real: Params) -> None:
    rows = pl.concat([results(who="<b>one</b>"), results(who="two", kind="simulated")])
    page = leaderboard.page(rows, real)
    assert "<b>one</b>" not in page
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert not re.search(r"(?:src|href)=|https?://|@import|url\(", page)
    assert page.count("<tr>") == 3
    assert '<td data-sort="0.550000">55 % [50, 60]</td>' in page
    assert "Respondents of kind simulated are no models." in page
    assert "No respondent" in leaderboard.page(rows.clear(), real)


@pytest.mark.slow(after="sample")
def test_the_sample_s_card_says_of_the_data_what_the_data_say(sample: Path) -> None:
    """Every sentence that states a number, against the tables."""
    _, body = parts(sample)
    text = one_line(body)
    tables = {name: pl.read_parquet(sample / name / "test.parquet") for name in CONFIGS}
    questions, options, scenarios = tables["questions"], tables["options"], tables["scenarios"]
    actions, votes, found = tables["actions"], tables["filter_votes"], tables["results"]
    facts = [
        f"**{questions.height} questions** about {scenarios.height} scenarios, with {actions.height} actions.",
        f"{votes.height} votes were cast, {votes.filter(role='tie_breaker').height} posts went to the third judge.",
        f"Of the {actions.height} actions, {actions.filter(pl.col('attempt') > 1).height} were written anew",
        "A scenario has 5 questions of four actions, balanced so that over a whole cycle",
        f"is offered in {options.group_by('value').len()['len'].min()} questions",
    ]
    facts += [
        f"| `{name}`{' (default)' if name == 'questions' else ''} | {t.height:,} |"
        for name, t in tables.items()
    ]
    book = [
        f"The {options.filter(scenario_id=options['scenario_id'][0]).height} actions of a scenario are dealt into five "
        "questions of four"
    ]
    for (category,), mine in scenarios.group_by("category"):
        facts.append(f"{category} {mine.height}")
        book.append(f"| {category} | {mine.height} | {questions.filter(category=category).height} |")
        book += [f"r/{name} {n}" for name, n in mine["subreddit"].value_counts().iter_rows()]
    years = scenarios["year"]
    facts.append(f"from {scenarios['subreddit'].n_unique()} subreddits, posted {years.min()}-{years.max()}.")
    book.append(f"| {scenarios.height} | {questions.height} | posted {years.min()}-{years.max()} |")
    judged = tables["validation"].filter(pl.col("status") == "judged", ~pl.col("doubtful"))
    values = judged.filter(pl.col("task") == "value", ~pl.col("distractor"))
    facts.append(f"| accuracy, by judgement | {100 * values['matches'].mean():.1f} % |")
    facts.append(f"raters gave {judged.height} judgements")
    for row in found.filter(mode="selection", measure="accuracy", value="all").iter_rows(named=True):
        assert f"| {interval(row)} |" in next(
            line for line in body.splitlines() if line.startswith(f"| {row['respondent']}")
        )
    told = one_line((sample / "CODEBOOK.md").read_text(encoding="utf-8"))
    missing = [*(fact for fact in facts if fact not in text), *(fact for fact in book if fact not in told)]
    assert not missing

    shortest = scenarios.sort("words", "scenario_id").row(0, named=True)
    example = section(body, "A question")
    assert shortest["text"].splitlines()[-1] in example
    shown = questions.filter(scenario_id=shortest["scenario_id"]).sort("question_id").row(0, named=True)
    assert all(f"| {option['label']} | {option['text']} |" in example for option in shown["options"])
    assert f"option {shown['options'][shown['target_position'] - 1]['label']}." in example
    assert "**These respondents are simulated**" in body
    assert set(found["kind"]) == {"simulated"}
    assert body.lstrip().splitlines()[2].startswith("> **Trial: ")


@pytest.mark.slow(after="sample")
def test_the_sample_s_card_is_short_plain_and_whole(sample: Path) -> None:
    _, body = parts(sample)
    assert 8 * KB < len(body) < 12.7 * KB
    for awkward in ("1 scenarios", "One row a", "One row an", "Why records and posts went", "$"):
        assert awkward not in body
    for name in re.findall(r"\]\(([^)#:]+)\)", body):
        assert (sample / name).exists(), f"the card links to {name}, which is not there"
    book = (sample / "CODEBOOK.md").read_text(encoding="utf-8")
    for words in ("## Prompts, word for word", "| filter | `too_short` |", "## Accepted of the judged posts"):
        assert words in book


@pytest.mark.slow(after="sample")
def test_croissant_is_of_the_newest_version_and_dated(sample: Path) -> None:
    found = json.loads((sample / "croissant.json").read_text(encoding="utf-8"))
    assert "http://mlcommons.org/croissant/1.1" in found["conformsTo"]
    assert found["datePublished"].startswith("2026-11-21")
