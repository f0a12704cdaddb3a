"""The screens of a questionnaire before they have their ids: statements, situations with their questions, checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.administer.design import Material
from pipeline.core.seeding import seeded_hash
from pipeline.forms.texts import Texts
from pipeline.instruments import Wording
from pipeline.tables.flags import FLAGS


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it has its ids."""

    kind: str
    text: str
    options: tuple[str, ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()
    note: str = ""
    follows: bool = False


# Items that are shown on one screen.
Screen = list[Draft]


class Shown(NamedTuple):
    """What a question shows: its scenario with its text and note, and the actions by dealt position."""

    scenario: str
    situation: str
    note: str
    actions: dict[str, str]


def question_texts(material: Material, texts: Texts) -> dict[str, Shown]:
    rows = material.scenarios.select("scenario_id", "text", *FLAGS).iter_rows(named=True)
    situations = {row["scenario_id"]: (row["text"], _note(row, texts)) for row in rows}
    shown = material.options.join(
        material.actions.select("action_id", "text"), on="action_id", validate="1:1"
    )
    actions: dict[str, dict[str, str]] = {}
    for question, position, text in shown.select("question_id", "position", "text").iter_rows():
        actions.setdefault(question, {})[str(position)] = text
    return {
        question: Shown(scenario, *situations[scenario], actions[question])
        for question, scenario in material.questions.select("question_id", "scenario_id").iter_rows()
    }


def _note(flags: Mapping[str, Any], texts: Texts) -> str:
    """What people read above a situation with these flags, in the language of the page."""
    raised = [texts.words[name] for name, flag in FLAGS.items() if flag.note and flags[name]]
    return texts.words["note"].format(what=texts.words["comma"].join(raised)) if raised else ""


def statements(wording: Wording, form: str, seed: int) -> list[Screen]:
    order = sorted(
        wording.items, key=lambda item: seeded_hash(seed, f"forms: statements of {form}", str(item))
    )
    return [
        [Draft("statement", wording.items[item], facts=(("number", item), ("number_place", place)))]
        for place, item in enumerate(order, start=1)
    ]


def situations(
    questions: Sequence[str],
    orders: dict[str, str],
    texts_of: dict[str, Shown],
    together: int,
    form: str,
    seed: int,
) -> list[Screen]:
    """Screens of at most ``together`` questions about one scenario."""
    of_scenario = {question: texts_of[question].scenario for question in questions}
    draw = sorted(questions, key=lambda q: seeded_hash(seed, f"forms: order of {form}", q))
    groups: dict[str, list[str]] = {}
    screens: dict[str, list[str]] = {}
    for question in draw:
        group = groups.setdefault(of_scenario[question], [])
        if len(group) == together:
            group = groups[of_scenario[question]] = []
        if not group:
            screens[question] = group
        group.append(question)
    made = []
    for first in _apart(list(screens), of_scenario, form, seed):
        screen = []
        for question in screens[first]:
            shown, order = texts_of[question], orders[question]
            facts = (("question_id", question), ("scenario_id", shown.scenario), ("order", order))
            actions = tuple(shown.actions[position] for position in order)
            screen.append(
                Draft("question", shown.situation, actions, facts, shown.note, follows=question != first)
            )
        made.append(screen)
    return made


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


def statement_checks(count: int, texts: Texts, anchors: Sequence[str], form: str, seed: int) -> list[Draft]:
    first = seeded_hash(seed, "forms: asked for in statements", form)
    answers = [(first + number) % len(anchors) + 1 for number in range(count)]
    return [
        Draft(
            "attention_statement",
            texts.check_statement.format(answer=anchors[answer - 1]),
            facts=(("expected", answer),),
        )
        for answer in answers
    ]


def situation_checks(count: int, texts: Texts, form: str, seed: int) -> list[Draft]:
    first = seeded_hash(seed, "forms: asked for in situations", form)
    answers = [(first + number) % len(texts.option_names) + 1 for number in range(count)]
    return [
        Draft(
            "attention_question",
            texts.check_situation.format(answer=texts.option_names[answer - 1]),
            texts.check_options,
            (("expected", answer),),
        )
        for answer in answers
    ]


def with_checks(screens: list[Screen], checks: list[Draft], form: str, seed: int) -> list[Draft]:
    """The items of all screens with checks at seeded places, one in each of as many equal parts of the block."""
    places = []
    for number, check in enumerate(checks):
        start, end = (len(screens) * edge // len(checks) for edge in (number, number + 1))
        places.append(
            start
            + seeded_hash(seed, f"forms: place of {check.kind}", f"{form}|{number}") % max(1, end - start)
        )
    result = list(screens)
    for place, check in zip(reversed(places), reversed(checks), strict=True):
        result.insert(place, [check])
    return [item for screen in result for item in screen]
