"""Blocks of the PVQ become rows of InstrumentAnswers: forty an administration, each item by its number in the key.

The files give an item's text and the value that their authors filed it under, not its number. The number is found by
the text (its fingerprint, since the wording is not ours to ship), so the value is the key's. That matters in the
Chinese files, which file the items of Universalism under Benevolence and the other way round.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.instruments import Wording
from pipeline.published.answers import answer_list, ratings
from pipeline.published.asked import INSTRUMENT
from pipeline.published.blocks import Block, Line, literal
from pipeline.published.files import Read
from pipeline.published.fingerprints import FINGERPRINTS
from pipeline.published.problems import Log, Unreadable, readable, shown
from pipeline.published.questions import value_slug

COLUMNS = "administration item language wording shuffle place status answer raw".split()


def fingerprint(text: str) -> str:
    """Twelve hex digits that tell an item from others, whatever its spaces, punctuation and case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return hashlib.sha256(readable("".join(filter(str.isalnum, plain))).encode()).hexdigest()[:12]


def known_items(wordings: Iterable[Wording] = ()) -> dict[str, int]:
    """Fingerprint -> item: of the published English and Chinese wordings, and of wordings that the user has."""
    known = {
        print_: item
        for prints in FINGERPRINTS.values()
        for item, print_ in zip(INSTRUMENT.items, prints, strict=True)
    }
    for wording in wordings:
        known |= {fingerprint(text): item for item, text in wording.items.items()}
    return known


def read_pvq(
    read: Read, blocks: list[Block], items: Mapping[str, int], log: Log, advance: Callable[[], None]
) -> None:
    """Fills ``read`` with rows in the order of ``COLUMNS``.

    Trial t of W wordings holds the administrations t W + 1 to t W + W. Its item order is shuffle t + 1.
    """
    read.blocks = len(blocks)
    lists = {block.number: _lists(block, log) for block in blocks}
    wordings = max((wording for answers in lists.values() for wording in answers), default=1)
    seen: dict[int, set[tuple[Any, ...]]] = {}
    next_trial = max((block.trial for block in blocks), default=0) + 1
    for block in blocks:
        advance()
        try:
            order = _order(block, items, log, read.filed)
            if not block.answers:
                raise Unreadable("no_answers", "items only")
        except Unreadable as problem:
            log.add(problem.reason, problem.detail, line=block.line, block=block.number)
            read.unreadable += 1
            continue
        # Two blocks of one number are two administrations, unless they are one block twice.
        said = sorted((wording, raw) for wording, (raw, _) in lists[block.number].items())
        content = (*sorted(order.items()), *said)
        of_number = seen.setdefault(block.trial, set())
        if content in of_number:
            log.add("repeated_block", f"trial {block.trial}", line=block.line, block=block.number)
            read.unreadable += 1
            continue
        trial = block.trial
        if of_number:
            trial, next_trial = next_trial, next_trial + 1
            detail = f"trial {block.trial} again; its administrations are those of trial {trial}"
            log.add("trial_twice", detail, line=block.line, block=block.number)
        of_number.add(content)
        read.trials.append(block.trial)
        answers = _attributed(block, lists[block.number], wordings, log)
        for wording in range(1, wordings + 1):
            administration = trial * wordings + wording
            raw, line = answers.get(wording, (None, block.line))
            common = (read.file.language, wording, trial + 1)
            read.rows.extend(_rows(administration, common, order, raw, line, block, log))
            read.sources.append((wording, str(administration), 1, line, block.number))


def _lists(block: Block, log: Log) -> dict[int, tuple[str, int]]:
    """Wording -> raw answer and its line. A list without a number holds an answer for each wording, in order."""
    found: dict[int, tuple[str, int]] = {}
    for named, line in block.answers.items():
        try:
            answers = answer_list(line)
            if named and len(answers) != 1:
                raise Unreadable("wrong_number_of_answers", f"one answer is wanted; found {len(answers)}")
            if found and not (named and min(block.answers)):
                raise Unreadable("repeated_line", "answers with and without the number of a wording")
        except Unreadable as problem:
            log.add(problem.reason, problem.detail, line=line.number, block=block.number)
            continue
        found |= {at: (raw, line.number) for at, raw in enumerate(answers, start=named or 1)}
    return found


def _attributed(
    block: Block, answers: dict[int, tuple[str, int]], wordings: int, log: Log
) -> dict[int, tuple[str, int]]:
    """The answers whose wording is known. A list that is shorter than others does not say which ones it lacks."""
    if 0 in block.answers and answers and len(answers) != wordings:
        detail = f"other lists hold {wordings} answers; found {len(answers)}"
        log.add("wrong_number_of_answers", detail, line=block.answers[0].number, block=block.number)
        return {}
    for wording in range(1, wordings + 1):
        if answers and wording not in answers:
            log.add(
                "wording_missing",
                f"wording {wording}",
                line=block.line,
                block=block.number,
                subject=str(wording),
            )
    return answers


def _order(block: Block, items: Mapping[str, int], log: Log, as_filed: dict[int, str]) -> dict[int, int]:
    """Place -> item; Unreadable unless each of the forty places and items is there once. ``as_filed`` gets the value
    that the file's label gives each item."""
    order: dict[int, int] = {}
    for label, line in block.body.items():
        filed = _filed(line, items)
        values = {INSTRUMENT.value_of[item] for _, item in filed}
        if values != {value_slug(label)}:
            by_key = ", ".join(sorted(values)) or "no items"
            detail = f"it says {value_slug(label) or 'no value'}, the key {by_key}"
            log.add("label_disagrees", detail, line=line.number, block=block.number, subject=label)
        as_filed |= {item: value for _, item in filed if (value := value_slug(label))}
        for place, item in filed:
            if place in order:
                raise Unreadable("items_unreadable", f"place {place} is there twice")
            order[place] = item
    if sorted(order) != list(INSTRUMENT.items) or sorted(order.values()) != list(INSTRUMENT.items):
        missing = sorted(set(INSTRUMENT.items) - set(order.values()))
        raise Unreadable("items_unreadable", f"{len(order)} places; items missing: {shown(missing)}")
    return order


def _filed(line: Line, items: Mapping[str, int]) -> list[tuple[int, int]]:
    """(place, item) pairs of one value's line."""
    content = literal(line, "items_unreadable")
    pairs = []
    for entry in content if isinstance(content, list | tuple) else [content]:
        if not (isinstance(entry, list | tuple) and len(entry) == 2):
            raise Unreadable("items_unreadable", f"line {line.number}: (place, item) is wanted")
        place, text = entry
        if type(place) is not int or place not in INSTRUMENT.items or not isinstance(text, str):
            raise Unreadable(
                "items_unreadable", f"line {line.number}: {shown(place)} is no place from 1 to 40"
            )
        if (item := items.get(fingerprint(text))) is None:
            raise Unreadable(
                "items_unreadable", f"line {line.number}: the item in place {place} is not known"
            )
        pairs.append((place, item))
    return pairs


def _rows(
    administration: int,
    common: tuple[str, int, int],
    order: Mapping[int, int],
    raw: str | None,
    line: int,
    block: Block,
    log: Log,
) -> list[tuple[Any, ...]]:
    """Forty rows. An answer that cannot be read as a whole is the raw text of each of them."""
    given = ratings(raw) if raw else None
    kept = log.kept(raw, line, block.number, str(administration))
    whole = ("failed" if raw is None or not raw.strip() else "invalid", None, kept)
    if raw is not None and given is None:
        reason = "empty_answer" if whole[0] == "failed" else "invalid_answer"
        log.add(reason, shown(raw), line=line, block=block.number, subject=str(administration))
    rows = []
    for place, item in sorted(order.items()):
        status, rating, text = whole if given is None else given.get(place, ("failed", None, None))
        if given is not None and status != "answered":
            reason = "item_missing" if text is None else "invalid_answer"
            subject = f"{administration}, item {item}"
            log.add(reason, f"place {place}: {shown(text)}", line=line, block=block.number, subject=subject)
            text = log.kept(text, line, block.number, subject)
        rows.append((administration, item, *common, place, status, rating, text))
    return rows
