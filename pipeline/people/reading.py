"""Records read by the key of their forms: which answer to which item each of them is."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.forms.key import Key
from pipeline.people.records import PLAIN, Answer, Handed, Note, Record, whole_number

LETTERS = "ABCD"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What became of one item: its row of the key, and the shown place or number chosen."""

    item: Row
    status: Literal["answered", "invalid", "failed"]
    choice: int | None
    raw: str
    seconds: float | None

    @property
    def plain(self) -> str | None:
        """What may be kept of it as it came."""
        return self.raw if PLAIN.fullmatch(self.raw) else None


@dataclass(frozen=True, slots=True)
class Person:
    """One record, read: every item of its form, in the order shown. ``record`` never reaches a table."""

    record: Record
    form: str | None
    given: tuple[Given, ...]

    @property
    def answered(self) -> int:
        return sum(given.status == "answered" for given in self.given)

    @property
    def fingerprint(self) -> str:
        """Hash of form, answers and times. Two records of one fingerprint are one, and an id made of it is new to
        anybody who has only the participant's code."""
        return self._hash([(given.raw, given.choice, given.seconds) for given in self.given])

    @property
    def pattern(self) -> str:
        """Hash of form and answers alone."""
        return self._hash([given.choice for given in self.given])

    def _hash(self, content: Sequence[Any]) -> str:
        return hashlib.sha256(json.dumps([self.form, content]).encode()).hexdigest()


def read_records(handed: Handed, key: Key, *, reverse: bool) -> list[Person]:
    """People whose records belong to the key's forms; every other record, and every unusable answer, is a note.

    ``reverse``: survey tools coded the statements the other way than the instrument does; zero is no answer.
    """
    forms: dict[str, dict[str, Row]] = defaultdict(dict)
    form_of: dict[str, str] = {}
    for row in key.items.sort("form", "place").iter_rows(named=True):
        forms[row["form"]][row["item_id"]] = row
        form_of[row["item_id"]] = row["form"]
    people = []
    for record in handed.records:
        problem = _mismatch(record, key, forms, form_of)
        if problem is not None:
            handed.notes.append(Note("left_out", *problem, record.file, record.row))
            continue
        form = record.form or next(form_of[item] for item in record.answers if item in form_of)
        for item in record.answers:
            if item not in forms[form]:
                handed.notes.append(
                    Note(
                        "answer_unused", "unknown_item", "no item of the form", record.file, record.row, item
                    )
                )
        given = tuple(
            _given(
                row,
                record.answers.get(item),
                key.scale,
                record,
                handed.notes,
                reverse=reverse and record.survey,
            )
            for item, row in forms[form].items()
        )
        people.append(Person(record, form, given))
    return people


def _mismatch(
    record: Record, key: Key, forms: Mapping[str, Mapping[str, Row]], form_of: Mapping[str, str]
) -> tuple[str, str] | None:
    """Why a record cannot be read by this key: reason and detail."""
    if record.design is not None and record.design != key.design:
        return "other_design", f"its forms are not those of the key (design {key.design})"
    if record.form is not None and record.form not in forms:
        return "unknown_form", "the key has no such form"
    known = {form_of[item] for item in record.answers if item in form_of}
    if record.form is None and not known:
        return "other_design", "none of its items is in the key"
    if len(known | {record.form or min(known)}) > 1:
        return "several_forms", f"it has items of the forms {', '.join(sorted(known))}"
    if key.consent and not record.survey and not _agreed(record, key.consent):
        return "no_consent", "the file does not say that and when the person agreed to what the forms say"
    for item, answer in record.answers.items():
        row = forms[next(iter(known))].get(item) if known else None
        if row and answer.options is not None and answer.options != tuple(row["option_ids"] or ()):
            return "options_differ", f"item {item} was shown with other options, or in another order"
    return None


def _agreed(record: Record, consent: str) -> bool:
    return bool(record.agreed) and record.consent in (None, consent)


def _given(
    row: Row,
    answer: Answer | None,
    scale: range,
    record: Record,
    notes: list[Note],
    *,
    reverse: bool,
) -> Given:
    seconds = answer.seconds if answer else None
    if answer is None or not answer.text:
        return Given(row, "failed", None, "", seconds)
    choice = whole_number(answer.text)
    letters = LETTERS[: len(row["option_ids"] or ())]
    if row["option_ids"]:
        if answer.text in row["option_ids"]:
            choice = row["option_ids"].index(answer.text) + 1
        elif answer.text.upper() in letters and len(answer.text) == 1:
            choice = letters.index(answer.text.upper()) + 1
        reason = "unknown_option"
    else:
        reason = "out_of_range"
        if reverse and choice == 0:
            return Given(row, "failed", None, answer.text, seconds)
        if reverse and choice is not None:
            choice = scale[0] + scale[-1] - choice
    known = range(1, len(letters) + 1) if letters else scale
    if choice is None or choice not in known:
        detail = f"not one of the {len(known)} answers"
        notes.append(Note("answer_unused", reason, detail, record.file, record.row, row["item_id"]))
        return Given(row, "invalid", None, answer.text, seconds)
    return Given(row, "answered", choice, answer.text, seconds)
