"""ValAct's questionnaires: the items of an instrument, and questions dealt evenly."""

from __future__ import annotations

import polars as pl

from pipeline.administer.design import Material
from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.forms import screens
from pipeline.forms.balance import POSITIONS, deal_questions, option_orders
from pipeline.forms.design import Block, FormSet, Statements, arranged
from pipeline.forms.duration import words_to_read
from pipeline.forms.screens import Draft
from pipeline.forms.texts import Texts
from pipeline.instruments import Wording
from pipeline.params.people import Forms
from pipeline.recipe import VALACT
from pipeline.tables import AskedQuestions
from pipeline.tables.flags import FLAGS
from pipeline.values import Inventory


def make_forms(
    count: int,
    material: Material,
    wording: Wording,
    texts: Texts,
    settings: Forms,
    values: Inventory,
    *,
    seed: int,
    language: str,
) -> FormSet:
    """``count`` balanced forms; ``language`` is that of scenarios and actions, ``values`` those of the actions. See
    ``balance`` for what is even.

    InputError when a form has more questions than there are, and for an
    instrument whose answers are not numbered from 1, as a page does.
    """
    material = _wanted(material, settings.max_words)
    if wording.instrument.low != 1:
        raise InputError(
            f"the answers to the {wording.instrument.title} are coded from {wording.instrument.low}, and forms number "
            "them from 1",
            where="forms.instrument",
            remedy="choose another instrument",
        )
    if settings.questions > material.questions.height:
        raise InputError(
            f"a form of {settings.questions} questions cannot be made from {material.questions.height} questions",
            where="forms.questions",
            remedy="lower it, or build more scenarios",
        )
    if material.options.height != POSITIONS * material.questions.height:
        raise InputError(
            f"forms show questions of {POSITIONS} options; these have others",
            where="data/assemble/options.parquet",
            remedy="build the questions with a design of four options (assemble.design)",
        )
    if settings.questions > (most := _most(material, settings.together)):
        raise InputError(
            f"a form of {settings.questions} questions, {settings.together} of a situation at a time, is more than the "
            f"{most} that these situations hold without showing one twice",
            where="forms.questions",
            remedy="lower it or forms.together, or build more scenarios",
        )
    by_question = material.options.sort("position").group_by("question_id", maintain_order=True)
    shown = {str(key[0]): part["value"].to_list() for key, part in by_question}
    deal = deal_questions(
        _turns(material, seed), shown, count, settings.questions, values, seed, settings.together
    )
    # Checks in proportion to the length of the two blocks.
    items = len(wording.items)
    total = items + settings.questions
    among_statements = (settings.attention_checks * items + total // 2) // total
    among_situations = settings.attention_checks - among_statements
    texts_of = screens.question_texts(material, texts)

    drafts: dict[str, dict[Block, list[Draft]]] = {}
    for number, questions in enumerate(deal.forms, start=1):
        name = f"f{number:03}"
        orders = option_orders(questions, shown, seed + number)
        checks = screens.statement_checks(among_statements, texts, wording.anchors, name, seed)
        statements = screens.with_checks(screens.statements(wording, name, seed), checks, name, seed)
        checks = screens.situation_checks(among_situations, texts, name, seed)
        asked = screens.situations(questions, orders, texts_of, settings.together, name, seed)
        situations = screens.with_checks(asked, checks, name, seed)
        drafts[name] = {"statements": statements, "situations": situations}

    shown_in_some = {texts_of[question].scenario for dealt in deal.forms for question in dealt}
    seen = material.scenarios.filter(pl.col("scenario_id").is_in(shown_in_some))
    return arranged(
        VALACT.name,
        drafts,
        Statements(wording.instrument.name, wording.name, wording.language, wording.anchors),
        texts,
        settings,
        asks=settings.asks,
        asked=[texts.words["which"]],
        seed=seed,
        language=language,
        flags=tuple(flag for flag in FLAGS if FLAGS[flag].note and seen[flag].fill_null(False).any()),
        even={
            "values_shown_differ_by": deal.spread,
            "uses_of_a_scenarios_questions_differ_by": deal.uses,
        },
        tables=_tables(material, {question for dealt in deal.forms for question in dealt}),
    )


def _tables(material: Material, shown: set[str]) -> dict[str, pl.DataFrame]:
    """Tables Options and AskedQuestions of the questions that are shown."""
    asked = pl.DataFrame({"question_id": sorted(shown)}, schema={"question_id": pl.String})
    category = material.scenarios.select("scenario_id", "category")
    questions = material.questions.join(category, on="scenario_id", validate="m:1").select(
        AskedQuestions.column_names()
    )
    return {
        "options": material.options.join(asked, on="question_id", how="semi"),
        "questions": questions.join(asked, on="question_id", how="semi"),
    }


def most_questions(material: Material, settings: Forms) -> int:
    """Questions that a form can have at most."""
    return _most(_wanted(material, settings.max_words), settings.together)


def _most(material: Material, together: int) -> int:
    scenarios = material.questions["scenario_id"].n_unique()
    return scenarios * (material.questions.height // scenarios // together) * together


def _wanted(material: Material, max_words: int | None) -> Material:
    """Without situations that are longer than wanted; InputError where none is left."""
    if max_words is None:
        return material
    short = material.scenarios.filter(
        pl.col("text").map_elements(words_to_read, return_dtype=pl.Float64) <= max_words
    )
    if short.is_empty():
        raise InputError(
            f"none of {material.scenarios.height} situations has {max_words} words or fewer",
            where="forms.max_words",
            remedy="raise it",
        )
    questions = material.questions.join(short, on="scenario_id", how="semi")
    options = material.options.join(questions, on="question_id", how="semi")
    return Material(questions, options, short, material.actions)


def _turns(material: Material, seed: int) -> dict[str, list[str]]:
    """Questions of each scenario; scenarios in seeded order, those of each category spread evenly over it."""
    questions: dict[str, list[str]] = {}
    for scenario, question in (
        material.questions.sort("question_id").select("scenario_id", "question_id").iter_rows()
    ):
        questions.setdefault(scenario, []).append(question)
    draw = {scenario: seeded_hash(seed, "forms: scenario", scenario) for scenario in questions}
    category = dict(material.scenarios.select("scenario_id", "category").iter_rows())
    place: dict[str, float] = {}
    for name in sorted(set(category.values())):
        members = sorted((s for s in questions if category[s] == name), key=draw.__getitem__)
        place |= {scenario: (rank + 0.5) / len(members) for rank, scenario in enumerate(members)}
    return {
        scenario: questions[scenario] for scenario in sorted(questions, key=lambda s: (place[s], draw[s]))
    }
