"""A set of questionnaires: which items each form has, in which order, under which opaque ids.

What people see of an item is its text and ids that say nothing. What it stands for is in the key, which stays with
the researcher.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import polars as pl

from pipeline.administer.design import Material
from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.forms.balance import POSITIONS, Deal, deal_questions, option_orders
from pipeline.forms.texts import Texts
from pipeline.instruments import Wording
from pipeline.params.people import Forms
from pipeline.tables import conform
from pipeline.tables.flags import FLAGS, content_note
from pipeline.tables.people import FormItems
from pipeline.values import Inventory

Block = Literal["statements", "situations"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item as shown. ``options`` are (id, text) in shown order, none for an item of the instrument; ``key`` is its
    row of the key; ``note`` warns of what the text holds, empty where there is nothing to warn of."""

    item_id: str
    text: str
    options: tuple[tuple[str, str], ...]
    key: dict[str, Any]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One questionnaire: two blocks, in the order in which they are shown."""

    name: str
    blocks: tuple[tuple[Block, tuple[Item, ...]], ...]


@dataclass(frozen=True, slots=True)
class FormSet:
    """``design`` identifies the set: it changes with any text, order or item of any form."""

    design: str
    forms: tuple[Form, ...]
    deal: Deal
    wording: Wording
    language: str

    @property
    def key(self) -> pl.DataFrame:
        """Table FormItems."""
        rows = [item.key for form in self.forms for _, items in form.blocks for item in items]
        return conform(FormItems, rows, where="key of the forms")


@dataclass(frozen=True, slots=True)
class _Draft:
    """An item before it has its ids."""

    kind: str
    text: str
    options: tuple[str, ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()
    note: str = ""


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
    by_question = material.options.sort("position").group_by("question_id", maintain_order=True)
    shown = {str(key[0]): part["value"].to_list() for key, part in by_question}
    deal = deal_questions(_turns(material, seed), shown, count, settings.questions, values, seed)
    # Checks in proportion to the length of the two blocks.
    items = len(wording.items)
    total = items + settings.questions
    among_statements = (settings.attention_checks * items + total // 2) // total
    among_situations = settings.attention_checks - among_statements
    texts_of = _question_texts(material)

    drafts: dict[str, dict[Block, list[_Draft]]] = {}
    for number, questions in enumerate(deal.forms, start=1):
        name = f"f{number:03}"
        orders = option_orders(questions, shown, seed + number)
        checks = _statement_checks(among_statements, texts, wording, name, seed)
        statements = _with_checks(_statements(wording, name, seed), checks, name, seed)
        checks = _situation_checks(among_situations, texts, name, seed)
        situations = _with_checks(_situations(questions, orders, texts_of, name, seed), checks, name, seed)
        drafts[name] = {"statements": statements, "situations": situations}

    design = _sha256(
        [
            [form, [[draft.kind, draft.text, draft.options, draft.facts] for draft in block]]
            for form, blocks in drafts.items()
            for block in blocks.values()
        ]
    )[:12]
    languages: dict[Block, str] = {"statements": wording.language, "situations": language}
    forms = tuple(
        _form(form, number, blocks, design, seed, languages, wording.instrument.name)
        for number, (form, blocks) in enumerate(drafts.items())
    )
    return FormSet(design, forms, deal, wording, language)


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


class _Shown(NamedTuple):
    """What a question shows: its scenario with its text and note, and the actions by dealt position."""

    scenario: str
    situation: str
    note: str
    actions: dict[str, str]


def _question_texts(material: Material) -> dict[str, _Shown]:
    rows = material.scenarios.select("scenario_id", "text", *FLAGS).iter_rows(named=True)
    situations = {row["scenario_id"]: (row["text"], content_note(row)) for row in rows}
    shown = material.options.join(
        material.actions.select("action_id", "text"), on="action_id", validate="1:1"
    )
    actions: dict[str, dict[str, str]] = {}
    for question, position, text in shown.select("question_id", "position", "text").iter_rows():
        actions.setdefault(question, {})[str(position)] = text
    return {
        question: _Shown(scenario, *situations[scenario], actions[question])
        for question, scenario in material.questions.select("question_id", "scenario_id").iter_rows()
    }


def _statements(wording: Wording, form: str, seed: int) -> list[_Draft]:
    order = sorted(
        wording.items, key=lambda item: seeded_hash(seed, f"forms: statements of {form}", str(item))
    )
    return [
        _Draft("statement", wording.items[item], facts=(("number", item), ("number_place", place)))
        for place, item in enumerate(order, start=1)
    ]


def _situations(
    questions: Sequence[str],
    orders: dict[str, str],
    texts_of: dict[str, _Shown],
    form: str,
    seed: int,
) -> list[_Draft]:
    drafts = []
    for question in _apart(
        questions, {question: texts_of[question].scenario for question in questions}, form, seed
    ):
        shown, order = texts_of[question], orders[question]
        facts = (("question_id", question), ("scenario_id", shown.scenario), ("order", order))
        actions = tuple(shown.actions[position] for position in order)
        drafts.append(_Draft("question", shown.situation, actions, facts, shown.note))
    return drafts


def _apart(questions: Sequence[str], of_scenario: dict[str, str], form: str, seed: int) -> list[str]:
    """Seeded order in which a scenario does not come again before all others that still have a question."""
    draw = sorted(questions, key=lambda q: seeded_hash(seed, f"forms: order of {form}", q))
    rounds: list[list[str]] = []
    seen: dict[str, int] = {}
    for question in draw:
        turn = seen[of_scenario[question]] = seen.get(of_scenario[question], -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(question)
    order: list[str] = []
    for part in rounds:
        if order and of_scenario[part[0]] == of_scenario[order[-1]]:
            part.append(part.pop(0))
        order += part
    return order


def _statement_checks(count: int, texts: Texts, wording: Wording, form: str, seed: int) -> list[_Draft]:
    first = seeded_hash(seed, "forms: asked for in statements", form)
    answers = [(first + number) % len(wording.anchors) + 1 for number in range(count)]
    return [
        _Draft(
            "attention_statement",
            texts.check_statement.format(answer=wording.anchors[answer - 1]),
            facts=(("expected", answer),),
        )
        for answer in answers
    ]


def _situation_checks(count: int, texts: Texts, form: str, seed: int) -> list[_Draft]:
    first = seeded_hash(seed, "forms: asked for in situations", form)
    answers = [(first + number) % POSITIONS + 1 for number in range(count)]
    return [
        _Draft(
            "attention_question",
            texts.check_situation.format(answer=texts.option_names[answer - 1]),
            texts.check_options,
            (("expected", answer),),
        )
        for answer in answers
    ]


def _with_checks(items: list[_Draft], checks: list[_Draft], form: str, seed: int) -> list[_Draft]:
    """Checks at seeded places, one in each of as many equal parts of the block."""
    places = []
    for number, check in enumerate(checks):
        start, end = (len(items) * edge // len(checks) for edge in (number, number + 1))
        places.append(
            start
            + seeded_hash(seed, f"forms: place of {check.kind}", f"{form}|{number}") % max(1, end - start)
        )
    result = list(items)
    for place, check in zip(reversed(places), reversed(checks), strict=True):
        result.insert(place, check)
    return result


def _form(
    name: str,
    number: int,
    blocks: dict[Block, list[_Draft]],
    design: str,
    seed: int,
    languages: dict[Block, str],
    instrument: str,
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
            items.append(Item(row["item_id"], draft.text, options, row, draft.note))
        made.append((block, tuple(items)))
    return Form(name, tuple(made))


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
