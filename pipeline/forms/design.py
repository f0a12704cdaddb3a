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

from pipeline.core.seeding import seeded_hash
from pipeline.forms.duration import minutes_of, promised
from pipeline.forms.key import KEYS
from pipeline.forms.screens import Draft
from pipeline.forms.texts import Texts
from pipeline.params.people import Asks, Questionnaire
from pipeline.tables import conform

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
# The items of each form, in no order of its blocks.
Blocks = Mapping[str, Mapping[Block, Sequence[Draft]]]


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
class Statements:
    """What the statements of a form are of, whose ``wording`` they have, and the answers to them, coded from 1."""

    instrument: str
    wording: str
    language: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormSet:
    """``design`` identifies the set: it changes with any text, order or item of any form. ``asks`` is what is asked of
    each situation, in ``language``; ``flags`` are those that some situation of some form bears. ``even``: how far the
    forms are from even, by name; ``tables``: what the key needs besides the items, by the names of ``KEYS``."""

    recipe: str
    design: str
    forms: tuple[Form, ...]
    statements: Statements
    language: str
    asks: Asks
    flags: tuple[str, ...]
    even: Mapping[str, int]
    tables: Mapping[str, pl.DataFrame]

    @property
    def questions(self) -> int:
        """Questions of a form."""
        return self.count("question")

    def count(self, kind: str) -> int:
        """Items of a kind in a form."""
        return sum(item.key["kind"] == kind for _, items in self.forms[0].blocks for item in items)

    @property
    def options(self) -> int:
        """Options of a question."""
        return max(len(item.options) for _, items in self.forms[0].blocks for item in items)

    @property
    def minutes(self) -> int:
        """How long people are told that it takes."""
        return promised(form.minutes for form in self.forms)

    @property
    def key(self) -> pl.DataFrame:
        """The table of items that is the key of this recipe's forms."""
        rows = [item.key for form in self.forms for _, items in form.blocks for item in items]
        return conform(KEYS[self.recipe]["key"], rows, where="key of the forms")


def arranged(
    recipe: str,
    drafts: Blocks,
    statements: Statements,
    texts: Texts,
    settings: Questionnaire,
    *,
    asks: Asks,
    asked: Sequence[str],
    seed: int,
    language: str,
    flags: tuple[str, ...] = (),
    even: Mapping[str, int],
    tables: Mapping[str, pl.DataFrame],
) -> FormSet:
    """The forms with these items. ``asked``: the questions that the page puts to items, which belong to the design.

    Every second form begins with the situations.
    """
    design = _sha256(
        [
            *asked,
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
    languages: dict[Block, str] = {"statements": statements.language, "situations": language}
    around = _around(texts, statements, settings)
    forms = tuple(
        _form(
            form,
            number,
            blocks,
            design,
            seed,
            languages,
            statements.instrument,
            _minutes(blocks, around, settings),
        )
        for number, (form, blocks) in enumerate(drafts.items())
    )
    return FormSet(recipe, design, forms, statements, language, asks, flags, even, tables)


def _around(texts: Texts, statements: Statements, settings: Questionnaire) -> list[str]:
    """What everybody reads besides the items; a server's or a survey tool's texts stand for some, and are as long."""
    told = [text for _, text in settings.consent]
    about = [text for asked in settings.background.values() for text in (asked.question, *asked.answers)]
    pages = [texts.pages[name] for name in _READ if about or name != "About you"]
    return [*pages, *statements.anchors, *told, *about]


def _minutes(
    blocks: Mapping[Block, Sequence[Draft]], around: Sequence[str], settings: Questionnaire
) -> float:
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


def _form(
    name: str,
    number: int,
    blocks: Mapping[Block, Sequence[Draft]],
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
