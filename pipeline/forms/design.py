"""A set of questionnaires: which items each form has, in which order, under which opaque ids.

What people see of an item is its text and ids that say nothing. What it stands for is in the key, which stays with
the researcher.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from pipeline.administer.design import Material
from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.forms import screens
from pipeline.forms.balance import POSITIONS, Deal, deal_questions, option_orders
from pipeline.forms.duration import minutes_of, promised, words_to_read
from pipeline.forms.screens import Draft
from pipeline.forms.texts import Texts
from pipeline.instruments import Wording
from pipeline.params.people import Asks, Forms
from pipeline.tables import conform
from pipeline.tables.flags import FLAGS
from pipeline.tables.people import FormItems
from pipeline.values import Inventory

_READ = (
    "Welcome",
    "Consent",
    "Where answers go from a file",
    "Statements",
    "Situations",
    "About you",
    "Finished",
)
Block = Literal["statements", "situations"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item as shown. ``options`` are (id, text) in shown order, none for an item of the instrument; ``key`` is its
    row of the key; ``note`` warns of what the text holds, empty where there is nothing to warn of. An item that
    ``follows`` is about the situation of the one before and shown on the same screen."""

    item_id: str
    text: str
    options: tuple[tuple[str, str], ...]
    key: dict[str, Any]
    note: str = ""
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One questionnaire: two blocks, in the order in which they are shown. ``minutes`` it takes."""

    name: str
    blocks: tuple[tuple[Block, tuple[Item, ...]], ...]
    minutes: float


@dataclass(frozen=True, slots=True)
class FormSet:
    """``design`` identifies the set: it changes with any text, order or item of any form. ``asks`` is what is asked of
    each situation, ``flags`` are those that some situation of some form bears."""

    design: str
    forms: tuple[Form, ...]
    deal: Deal
    wording: Wording
    language: str
    asks: Asks
    flags: tuple[str, ...]

    @property
    def questions(self) -> int:
        """Questions of a form."""
        return len(self.deal.forms[0])

    @property
    def minutes(self) -> int:
        """How long people are told that it takes."""
        return promised(form.minutes for form in self.forms)

    @property
    def key(self) -> pl.DataFrame:
        """Table FormItems."""
        rows = [item.key for form in self.forms for _, items in form.blocks for item in items]
        return conform(FormItems, rows, where="key of the forms")


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

    Every second form begins with the situations. InputError when a form has more questions than there are, and for an
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
        checks = screens.statement_checks(among_statements, texts, wording, name, seed)
        statements = screens.with_checks(screens.statements(wording, name, seed), checks, name, seed)
        checks = screens.situation_checks(among_situations, texts, name, seed)
        asked = screens.situations(questions, orders, texts_of, settings.together, name, seed)
        situations = screens.with_checks(asked, checks, name, seed)
        drafts[name] = {"statements": statements, "situations": situations}

    design = _sha256(
        [
            texts.words["which"],
            *(
                [
                    form,
                    [[draft.kind, draft.text, draft.options, draft.facts, draft.follows] for draft in block],
                ]
                for form, blocks in drafts.items()
                for block in blocks.values()
            ),
        ]
    )[:12]
    languages: dict[Block, str] = {"statements": wording.language, "situations": language}
    around = _around(texts, wording, settings)
    forms = tuple(
        _form(
            form,
            number,
            blocks,
            design,
            seed,
            languages,
            wording.instrument.name,
            _minutes(blocks, around, settings),
        )
        for number, (form, blocks) in enumerate(drafts.items())
    )
    shown_in_some = {texts_of[question].scenario for dealt in deal.forms for question in dealt}
    seen = material.scenarios.filter(pl.col("scenario_id").is_in(shown_in_some))
    flags = tuple(flag for flag in FLAGS if FLAGS[flag].note and seen[flag].fill_null(False).any())
    return FormSet(design, forms, deal, wording, language, settings.asks, flags)


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


def _around(texts: Texts, wording: Wording, settings: Forms) -> list[str]:
    """What everybody reads besides the items; a server's or a survey tool's texts stand for some, and are as long."""
    told = [text for _, text in settings.consent]
    about = [text for asked in settings.background.values() for text in (asked.question, *asked.answers)]
    pages = [texts.pages[name] for name in _READ if about or name != "About you"]
    return [*pages, *wording.anchors, *told, *about]


def _minutes(blocks: Mapping[Block, Sequence[Draft]], around: Sequence[str], settings: Forms) -> float:
    """A situation that several questions are about is read once."""
    drafts = [draft for block in blocks.values() for draft in block]
    read = [text for draft in drafts for text in ([] if draft.follows else [draft.text, draft.note])]
    options = [text for draft in drafts for text in draft.options]
    questions = sum(bool(draft.options) for draft in drafts)
    return minutes_of(
        [*around, *read, *options],
        len(drafts) - questions + len(settings.background),
        questions,
        settings.reading,
    )


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


def _form(
    name: str,
    number: int,
    blocks: dict[Block, list[Draft]],
    design: str,
    seed: int,
    languages: dict[Block, str],
    instrument: str,
    minutes: float,
) -> Form:
    order: list[Block] = ["statements", "situations"] if number % 2 == 0 else ["situations", "statements"]
    place = 0
    made: list[tuple[Block, tuple[Item, ...]]] = []

    def opaque(what: str, place: int) -> str:
        return f"{seeded_hash(seed, what, f'{design}|{name}|{place}'):016x}"[:12]

    for block in order:
        items = []
        for draft in blocks[block]:
            place += 1
            options = tuple(
                (f"o{opaque(f'forms: option {shown}', place)}", text)
                for shown, text in enumerate(draft.options)
            )
            row = {
                "form": name,
                "place": place,
                "item_id": f"i{opaque('forms: item', place)}",
                "kind": draft.kind,
                "instrument": instrument,
                "option_ids": [option for option, _ in options] or None,
                "language": languages[block],
                "shown_sha256": _sha256([draft.text, draft.options]),
                **dict(draft.facts),
            }
            items.append(Item(row["item_id"], draft.text, options, row, draft.note, draft.follows))
        made.append((block, tuple(items)))
    return Form(name, tuple(made), minutes)


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
