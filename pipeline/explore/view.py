"""One scenario as it is shown: everything that the tables say about it, as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.explore.corpus import Corpus
from pipeline.tables import places as at
from pipeline.tables.columns import LETTERS
from pipeline.tables.flags import FLAGS
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Answer:
    """What one respondent chose in one mode, a cell for each wording and repeat: a letter of the options as dealt and
    the value, or a status. ``shown`` are the letters as they were shown, a blank for none."""

    who: str
    mode: str
    cells: tuple[str, ...]
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    question_id: str
    target: str
    options: list[dict[str, Any]]
    answers: list[Answer]
    # What the page finds it by: 'facet=entry'.
    marks: list[str]


@dataclass(frozen=True, slots=True)
class Scenario:
    scenario_id: str
    category: str
    about: str
    text: str | None
    flags: list[str]
    votes: list[str]
    judged: list[str]
    actions: list[dict[str, Any]]
    questions: list[Question] = field(default_factory=list)


def scenarios(corpus: Corpus, ids: list[str], inventory: Inventory) -> list[Scenario]:
    """These scenarios, in this order."""
    wanted = pl.LazyFrame({"scenario_id": ids}, schema={"scenario_id": pl.String})
    rows = {row["scenario_id"]: row for row in corpus.scenarios.iter_rows(named=True)}
    questions = _by(
        corpus.questions.lazy().join(wanted, on="scenario_id", how="semi").collect(), "scenario_id"
    )
    asked = pl.LazyFrame(
        {"question_id": [one for of in questions.values() for one in of["question_id"]]},
        schema={"question_id": pl.String},
    )
    options = _by(corpus.options.lazy().join(asked, on="question_id", how="semi").collect(), "question_id")
    marks = _by(corpus.facets.lazy().join(asked, on="question_id", how="semi").collect(), "question_id")
    answers = _answers(corpus, wanted)
    actions = _actions(corpus, wanted, inventory)
    votes, judged = _votes(corpus, wanted), _judged(corpus, wanted)
    found = []
    for name in ids:
        row = rows.get(name, {})
        of = questions.get(name)
        found.append(
            Scenario(
                name,
                row.get("category") or (of["category"][0] if of is not None else ""),
                f"r/{row['subreddit']}, {row['created_at']:%Y}" if row else "not of this run",
                row.get("text"),
                [name.replace("_", " ") for name in FLAGS if row.get(name)],
                votes.get(name, []),
                judged.get(name, []),
                actions.get(name, []),
                [
                    _question(question, options, marks, answers, inventory)
                    for question in (of.iter_rows(named=True) if of is not None else ())
                ],
            )
        )
    return found


def _question(
    row: dict[str, Any],
    options: dict[str, pl.DataFrame],
    marks: dict[str, pl.DataFrame],
    answers: dict[str, list[Answer]],
    inventory: Inventory,
) -> Question:
    name = row["question_id"]
    shown = [
        {
            "letter": LETTERS[option["position"] - 1],
            "value": _name(option["value"], inventory),
            "generator": option["generator"],
            "text": option["text"],
            "is_target": option["value"] == row["target_value"],
        }
        for option in options[name].iter_rows(named=True)
    ]
    found = marks.get(name)
    told = [f"{facet}={entry}" for _, facet, entry in found.iter_rows()] if found is not None else []
    return Question(name, _name(row["target_value"], inventory), shown, answers.get(name, []), told)


def _answers(corpus: Corpus, wanted: pl.LazyFrame) -> dict[str, list[Answer]]:
    """By question; of people the numbers, since nobody's form is anybody's business."""
    kinds = corpus.scan(at.RESPONDENTS).select("respondent", "kind", "group")
    rows = (
        corpus.scan(at.CHOICES)
        .join(wanted, on="scenario_id", how="semi")
        .join(kinds, on="respondent", how="left")
        .with_columns(cell=_cell())
        .sort("question_id", "respondent", "mode", "language", "wording", "repeat", "order")
        .collect()
    )
    found: dict[str, list[Answer]] = {}
    others = rows.filter(pl.col("kind") != "human")
    for (question, who, mode), of in others.group_by(
        "question_id", "respondent", "mode", maintain_order=True
    ):
        shown = "".join(of["letter"].fill_null(" "))
        found.setdefault(str(question), []).append(Answer(str(who), str(mode), tuple(of["cell"]), shown))
    people = rows.filter(kind="human")
    for (question, group, mode), of in people.group_by("question_id", "group", "mode", maintain_order=True):
        counts = of["cell"].value_counts().sort("cell")
        numbers = tuple(f"{cell} × {count}" for cell, count in counts.iter_rows())
        found.setdefault(str(question), []).append(
            Answer(f"{of.height} people ({group})", str(mode), numbers)
        )
    return found


def _cell() -> pl.Expr:
    letter = pl.col("position").replace_strict({n + 1: name for n, name in enumerate(LETTERS)}, default=None)
    return (
        pl.when(pl.col("status") == "answered").then(pl.format("{} {}", letter, "value")).otherwise("status")
    )


def _actions(corpus: Corpus, wanted: pl.LazyFrame, inventory: Inventory) -> dict[str, list[dict[str, Any]]]:
    verdicts = corpus.scan(at.ACTION_VERDICTS).select("action_id", verdict="status")
    own = corpus.scan(at.ACTIONS).join(wanted, on="scenario_id", how="semi")
    actions = own.join(verdicts, on="action_id", how="left").collect()
    theirs = corpus.readings.lazy().join(actions.lazy(), on="action_id", how="semi").collect()
    read = {row["action_id"]: row for row in theirs.iter_rows(named=True)}
    failed: dict[tuple[str, ...], list[str]] = {}
    checks = corpus.checks.lazy().join(wanted, on="scenario_id", how="semi").collect()
    for scenario, generator, value, attempt, check in checks.iter_rows():
        failed.setdefault((scenario, value, generator), []).append(f"{check} (attempt {attempt})")
    said = _by(_judgements(corpus, wanted).filter(pl.col("action_id").is_not_null()), "action_id")
    place = inventory.index
    found: dict[str, list[dict[str, Any]]] = {}
    rows = sorted(
        actions.iter_rows(named=True), key=lambda row: (place.get(row["value"], 99), row["generator"])
    )
    for row in rows:
        judged = said.get(row["action_id"])
        found.setdefault(row["scenario_id"], []).append(
            {
                "value": _name(row["value"], inventory),
                "generator": row["generator"],
                "text": row["text"],
                "attempt": row["attempt"],
                "failed": failed.get((row["scenario_id"], row["value"], row["generator"]), []),
                "read": _read(read.get(row["action_id"]), inventory),
                "verdict": row["verdict"] or "",
                "judged": _said(judged, "value", inventory) if judged is not None else [],
            }
        )
    return found


def _read(row: dict[str, Any] | None, inventory: Inventory) -> str:
    """What blind readers saw in an action, and how many of them saw the value intended."""
    if row is None:
        return ""
    label = _name(row["read_as"], inventory) or "no two alike"
    return f"{label} ({row['recognised']} of {row['readers']} as intended)"


def _judgements(corpus: Corpus, wanted: pl.LazyFrame) -> pl.DataFrame:
    items = corpus.scan(at.ITEMS).filter(~pl.col("distractor")).select("item_id", "scenario_id", "action_id")
    said = corpus.scan(at.JUDGEMENTS).filter(status="judged").drop("round", "status", "comment")
    return items.join(wanted, on="scenario_id", how="semi").join(said, on="item_id").sort("rater").collect()


def _said(judged: pl.DataFrame, column: str, inventory: Inventory) -> list[str]:
    return [
        f"{rater}: {_name(said, inventory)}"
        for rater, said in judged.select("rater", column).iter_rows()
        if said
    ]


def _judged(corpus: Corpus, wanted: pl.LazyFrame) -> dict[str, list[str]]:
    """What raters said of the scenario itself."""
    rows = _judgements(corpus, wanted).filter(task="scenario")
    return {
        name: [
            f"{rater}: {verdict}" for rater, verdict in of.select("rater", "verdict").iter_rows() if verdict
        ]
        for name, of in _by(rows, "scenario_id").items()
    }


def _votes(corpus: Corpus, wanted: pl.LazyFrame) -> dict[str, list[str]]:
    posts = (
        corpus.scan(at.SCENARIOS).join(wanted, on="scenario_id", how="semi").select("scenario_id", "post_id")
    )
    votes = corpus.scan(at.VOTES).join(posts, on="post_id").sort("role", "judge").collect()
    return {
        name: [f"{row['judge']}: {row['vote'] or row['status']}" for row in of.iter_rows(named=True)]
        for name, of in _by(votes, "scenario_id").items()
    }


def _by(rows: pl.DataFrame, column: str) -> dict[str, pl.DataFrame]:
    parts = rows.partition_by(column, as_dict=True, maintain_order=True)
    return {str(key): part for (key,), part in parts.items()}


def _name(slug: str | None, inventory: Inventory) -> str:
    return inventory.by_slug[slug].name if slug in inventory.by_slug else slug or ""
