"""Table MixedLogit: weights of the values clean of who wrote an action, its length, its letter and the wording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers
from pipeline.analyse.choice_model import has_maximum
from pipeline.analyse.mixed_logit import FLOOR, Block, Choices, Fitted, fit, sum_to_zero
from pipeline.analyse.notes import Notebook
from pipeline.core.seeding import seeded_hash
from pipeline.statistics.resampling import Array
from pipeline.tables import MixedLogit, conform
from pipeline.tables.columns import LETTERS

ALL = "all"
# Words that the effect of length is given for.
WORDS = 5
# Questions for each parameter: a covariance from what each question adds needs more of them than it has rows.
ENOUGH = 3
Row = dict[str, object]


def mixed_logit(
    answers: Answers,
    options: pl.DataFrame,
    words: pl.DataFrame,
    agents: Agents,
    confidence: float,
    seed: int,
    notes: Notebook,
) -> pl.DataFrame:
    """Of each kind of respondents, one respondent an agent, in default mode.

    ``options`` is table Options; ``words`` (action_id, words) the length of actions whose text is known.
    """
    rows: list[Row] = []
    kinds: dict[str, list[str]] = {}
    for name in agents.main(cell.respondent for cell in answers.of("default")):
        kinds.setdefault(agents.kind[name], []).append(name)
    of_options = _of_options(answers, options, words)
    for kind, names in sorted(kinds.items()):
        fitting = [name for name in names if has_maximum(answers.cells[name, "default"])]
        if left := sorted(set(names) - set(fitting)):
            notes.add(
                "mixed_logit",
                kind,
                "no_weights",
                f"{len(left)} of kind {kind} are not in the model of choice, {left[0]} first: some values were never "
                "chosen, or never against some others, so that they have no finite weights.",
            )
        if fitting:
            rows += _of_kind(kind, fitting, answers, of_options, confidence, seed, notes)
    return conform(MixedLogit, rows, where="mixed logit")


def _of_options(answers: Answers, options: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """Question (number), generators and words of its options in dealt order; of whole questions only."""
    return (
        options.select("question_id", "position", "action_id", "generator")
        .join(words, on="action_id", how="left", validate="m:1")
        .join(answers.ids, on="question_id", how="inner", validate="m:1")
        .sort("question", "position")
        .group_by("question", maintain_order=True)
        .agg("generator", "words")
        .filter(pl.col("generator").list.len() == answers.material.size)
    )


def _of_kind(
    kind: str,
    names: list[str],
    answers: Answers,
    options: pl.DataFrame,
    confidence: float,
    seed: int,
    notes: Notebook,
) -> Iterator[Row]:
    rows = (
        answers.rows.filter(
            pl.col("mode").cast(pl.String) == "default",
            pl.col("position").is_not_null(),
            pl.col("respondent").cast(pl.String).is_in(names),
        )
        .join(options, on="question", how="inner", validate="m:1")
        .sort("question", "respondent", "language", "wording", "order", "repeat")
    )
    if rows.is_empty():
        return
    model = _Model(rows, names, answers)
    if model.choices.questions < ENOUGH * model.choices.parameters and model.without_wordings():
        notes.add(
            "mixed_logit",
            kind,
            "no_wordings",
            f"The model of choice of kind {kind} has no terms of the wordings: there are {model.choices.questions} "
            f"questions, and {ENOUGH} are needed for each term.",
        )
    choices = model.choices
    per_question = rows.height / choices.questions
    if choices.questions < ENOUGH * choices.parameters or per_question < 2:
        notes.add(
            "mixed_logit",
            kind,
            "too_few_questions",
            f"The model of choice of kind {kind} has {choices.parameters} parameters and needs {ENOUGH} questions for "
            f"each, answered twice or more: there are {choices.questions} with {per_question:.1f} answers.",
        )
        return
    found = fit(choices, seeded_hash(seed, "analysis", "mixed logit"))
    if found is None:
        notes.add(
            "mixed_logit",
            kind,
            "not_estimable",
            f"The model of choice of kind {kind} has no maximum in reach.",
        )
        return
    if found.parameters[-1] <= FLOOR:
        notes.add(
            "mixed_logit",
            kind,
            "actions_alike",
            f"Actions of one value do not differ in what makes respondents of kind {kind} choose them, beyond their "
            "generator, length and letter: the standard deviation is not told from 0.",
        )
    count: Row = {"kind": kind, "answers": rows.height, "questions": choices.questions}
    yield from (count | row for row in model.rows(found, confidence))


class _Model:
    """Blocks of terms of one kind's answers, and what each term is called."""

    def __init__(self, rows: pl.DataFrame, names: list[str], answers: Answers) -> None:
        size, slugs = answers.material.size, answers.material.inventory.slugs
        letters, values = LETTERS[:size], answers.material.values[rows["question"].to_numpy()]
        who = rows["respondent"].cast(pl.String).replace_strict({n: i for i, n in enumerate(names)})
        whose = who.to_numpy()[:, None]
        shown = np.array([[int(one) - 1 for one in order] for order in rows["order"].cast(pl.String)])
        self.labels: list[list[Row]] = []
        blocks = [
            Block("value", whose * len(slugs) + values, sum_to_zero(len(names), len(slugs))),
            Block("letter", whose * size + np.argsort(shown, axis=1), sum_to_zero(len(names), size)),
        ]
        self.labels.append([{"respondent": name, "level": slug} for name in names for slug in slugs])
        self.labels.append([{"respondent": name, "level": letter} for name in names for letter in letters])
        generators = sorted(rows["generator"].explode().unique())
        if len(generators) > 1:
            number = {name: i for i, name in enumerate(generators)}
            index = np.array([[number[name] for name in of] for of in rows["generator"]])
            blocks.append(Block("generator", index, sum_to_zero(1, len(generators))))
            self.labels.append([{"level": name} for name in generators])
        if not rows["words"].explode().null_count():
            words = np.array(rows["words"].to_list(), float)
            weight = (words - words.mean()) / WORDS
            if weight.any():
                blocks.append(Block("length", np.zeros(words.shape, int), np.eye(1), weight))
                self.labels.append([{"level": f"{WORDS} words more"}])
        conditions = sorted(
            rows.select("language", "wording").cast({"language": pl.String}).unique().iter_rows()
        )
        if len(conditions) > 1:
            place = {condition: i for i, condition in enumerate(conditions)}
            of = rows.select("language", "wording").cast({"language": pl.String}).iter_rows()
            condition = np.array([place[one] for one in of])[:, None]
            contrasts = np.asarray(
                np.kron(sum_to_zero(1, len(conditions)), sum_to_zero(1, len(slugs))), np.float64
            )
            blocks.append(Block("wording", condition * len(slugs) + values, contrasts))
            self.labels.append(
                [
                    {"condition": f"{language} {n}", "level": slug}
                    for language, n in conditions
                    for slug in slugs
                ]
            )
        self.choices = Choices(
            rows["position"].to_numpy().astype(np.int64) - 1,
            np.unique(rows["question"].to_numpy(), return_inverse=True)[1],
            np.unique(rows["scenario"].to_numpy(), return_inverse=True)[1],
            tuple(blocks),
            size,
        )

    def without_wordings(self) -> bool:
        """Takes their terms out; whether there were any."""
        kept = tuple(block for block in self.choices.blocks if block.name != "wording")
        there = len(kept) < len(self.choices.blocks)
        self.choices = replace(self.choices, blocks=kept)
        self.labels = self.labels[: len(kept)]
        return there

    def rows(self, found: Fitted, confidence: float) -> Iterator[Row]:
        """Estimates with bounds by Student's t over scenarios; the actions' deviation on its logarithm."""
        t = float(stats.t.ppf((1 + confidence) / 2, found.scenarios - 1))
        first = 0
        for block, labels in zip(self.choices.blocks, self.labels, strict=True):
            some = slice(first, first + block.contrasts.shape[1])
            estimates = block.contrasts @ found.parameters[some]
            errors = np.sqrt(_diagonal(block.contrasts, found.covariance[some, some]))
            for label, estimate, error in zip(labels, estimates, errors, strict=True):
                yield _row(block.name, label, estimate, error, estimate - t * error, estimate + t * error)
            first = some.stop
        if found.parameters[-1] <= FLOOR:
            return
        log, error = found.parameters[-1], float(np.sqrt(found.covariance[-1, -1]))
        sd = np.exp(log)
        yield _row(
            "action",
            {"level": "standard deviation"},
            sd,
            sd * error,
            np.exp(log - t * error),
            np.exp(log + t * error),
        )


def _diagonal(contrasts: Array, covariance: Array) -> Array:
    return np.asarray(np.maximum(np.einsum("ij,jk,ik->i", contrasts, covariance, contrasts), 0))


def _row(term: str, label: Row, estimate: float, error: float, low: float, high: float) -> Row:
    return {
        "term": term,
        "respondent": ALL,
        "condition": ALL,
        **label,
        "estimate": float(estimate),
        "standard_error": float(error),
        "low": float(low),
        "high": float(high),
    }
