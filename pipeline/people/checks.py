"""Whose answers count: duplicates, completeness, attention, straight-lining, speed. The bounds are params."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from pipeline.params.people import AnswerChecks
from pipeline.people.reading import Given, Person
from pipeline.people.records import Note


def select(people: Sequence[Person], bounds: AnswerChecks) -> tuple[list[Person], list[Note]]:
    """People who are kept, and why each other one is not: one note a reason."""
    notes: list[Note] = []
    # The same answers first: a person's file that came twice, or as JSON and as CSV, is one.
    people = _without_repeats(people, lambda person: person.pattern, "same_answers", notes)
    people = _without_repeats(
        people, lambda person: person.record.participant.casefold() or None, "same_participant", notes
    )
    kept = []
    for person in people:
        found = [_left_out(person, *problem) for problem in problems(person, bounds)]
        notes += found
        if not found:
            kept.append(person)
    return kept, notes


def problems(person: Person, bounds: AnswerChecks) -> Iterator[tuple[str, str]]:
    """Reason and detail of each check that a person fails. Tables of an instrument alone have its own rules instead."""
    if person.form is None:
        return
    attention = [given for given in person.given if given.item["kind"].startswith("attention")]
    asked = [given for given in person.given if not given.item["kind"].startswith("attention")]
    answered = sum(given.status == "answered" for given in asked)
    if answered < bounds.min_answered * len(asked):
        yield "incomplete", f"{answered} of {len(asked)} items answered"
    failed = sum(given.choice != given.item["expected"] for given in attention)
    if failed > bounds.max_failed_attention:
        yield "attention_failed", f"{failed} of {len(attention)} attention checks failed"
    places = Counter(given.choice for given in _answered(asked, "question"))
    if places and max(places.values()) > bounds.max_same_position * places.total():
        share = max(places.values()) / places.total()
        yield "straight_lining", f"{share:.0%} of the questions answered with one position"
    for kind, least in (
        ("statement", bounds.min_seconds_statement),
        ("question", bounds.min_seconds_question),
    ):
        times = [given.seconds for given in _answered(asked, kind) if given.seconds is not None]
        if times and (median := statistics.median(times)) < least:
            yield "too_fast", f"median of {median:.1f} s for an item ({kind})"


def _answered(given: Iterable[Given], kind: str) -> list[Given]:
    return [one for one in given if one.item["kind"] == kind and one.status == "answered"]


def _without_repeats(
    people: Sequence[Person], sign: Callable[[Person], Hashable], reason: str, notes: list[Note]
) -> list[Person]:
    """Of people with one sign, the one who answered most; of these, the first in the files."""
    groups: dict[Hashable, list[Person]] = defaultdict(list)
    for person in people:
        if (mark := sign(person)) is not None:
            groups[mark].append(person)
    repeats: set[int] = set()
    for group in groups.values():
        first = max(group, key=lambda person: person.answered)
        for person in group:
            if person is not first:
                repeats.add(id(person))
                notes.append(_left_out(person, reason, f"one of {len(group)}; the fullest is kept"))
    return [person for person in people if id(person) not in repeats]


def _left_out(person: Person, reason: str, detail: str) -> Note:
    return Note("left_out", reason, detail, person.record.file, person.record.row)
