"""What people who read both languages made of translations, taken over into them: the latest decision on a text counts.

A review is of two texts, the original and the model's translation, and its item says by a hash which: where one of the
two has become another, the review stays in its file, and counts for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.annotation import rounds
from pipeline.translate.bundles import Bundle, Text
from pipeline.translate.checks import fault

DIGITS = 12
ACCEPT, REJECT = "accept", "reject"
# What a person who accepts a translation overrules: programs see words, and no sense.
OVERRULED = ("terms", "unlike")
Row = dict[str, Any]


def round_of(language: str) -> str:
    return f"{rounds.TRANSLATION}{language}"


def seen(english: str, translation: str) -> str:
    """Of the id of a task (``ID.LANGUAGE.SEEN``), the part that tells what was read."""
    return hashlib.sha256(f"{english}\0{translation}".encode()).hexdigest()[:DIGITS]


def take_over(
    bundles: Sequence[Bundle], glossaries: Mapping[str, Mapping[str, str]], folder: Path
) -> list[Row]:
    """Rows of TranslationReviews from the rounds in ``folder``; the translations are changed as the latest say."""
    found: list[Row] = []
    for language in dict.fromkeys(bundle.language for bundle in bundles):
        of = [bundle for bundle in bundles if bundle.language == language]
        texts = {text.id: text for bundle in of for text in bundle.texts.values()}
        rows = [
            row
            for row in _reviews(rounds.known(round_of(language), folder).annotations, language)
            if row["id"] in texts
        ]
        found += _taken(rows, texts, glossaries[language])
    return found


def _taken(rows: Iterable[Row], texts: Mapping[str, Text], terms: Mapping[str, str]) -> list[Row]:
    rows = sorted(rows, key=lambda row: row["reviewed_at"])
    last: dict[str, Row] = {}
    for row in rows:
        text = texts[row["id"]]
        row |= {
            "scenario_id": text.row["scenario_id"],
            "current": row["seen"] == seen(text.english, _by_machine(text)),
            "counts": False,
        }
        row |= _decided(row.pop("chosen"), row["text"], _by_machine(text))
        if row["current"] and row["decision"]:
            last[row["id"]] = row
    for name, row in last.items():
        row["counts"] = True
        _apply(texts[name], row, terms)
    return rows


def _apply(text: Text, review: Row, terms: Mapping[str, str]) -> None:
    """The translation as it is after a review. What comes back of a mended one nobody knows."""
    row = text.row
    row |= {"review": review["decision"], "reviewer": review["rater"], "reviewed_at": review["reviewed_at"]}
    if review["decision"] == "mended":
        wrong = fault(text.english, review["text"], terms)
        row |= {"machine": row["text"], "text": review["text"], "back": None, "similarity": None}
        row |= {"fault": wrong and wrong[0], "detail": wrong and wrong[1]}
    elif review["decision"] == "rejected":
        row |= {"fault": "rejected", "detail": "somebody who reads both languages rejected it"}
    elif row["fault"] in OVERRULED:
        row |= {"fault": None, "detail": None}


def _by_machine(text: Text) -> str:
    return text.row.get("machine") or text.translation


def _reviews(annotations: Iterable[Any], language: str) -> Iterator[Row]:
    """The reviews among the annotations of a round, each rater's latest on a task; those of taken-back posts are of
    nothing any more."""
    latest: dict[tuple[str, str], Any] = {}
    for annotation in sorted(annotations, key=lambda one: str(one.get("updated_at"))):
        latest[str(annotation.get("item_id")), str(annotation.get("rater"))] = annotation
    for (item, rater), annotation in latest.items():
        name, _, rest = item.rpartition(f".{language}.")
        if name:
            yield {
                "id": name,
                "language": language,
                "rater": rater,
                "seen": rest,
                "reviewed_at": str(annotation.get("updated_at")),
                **_said(annotation),
            }


def _decided(chosen: str | None, text: str | None, machine: str) -> Row:
    """Decision and mended text. The field holds the translation as it is to begin with: that alone mends nothing. A
    changed one counts beside everything but `reject`; `mend` without any text says nothing yet."""
    if chosen == REJECT:
        return {"decision": "rejected", "text": None}
    if text and text != machine:
        return {"decision": "mended", "text": text}
    return {"decision": "accepted" if text or chosen == ACCEPT else None, "text": None}


def _said(annotation: Mapping[str, Any]) -> Row:
    """What was chosen, and the text in the field; nothing of an item that was skipped."""
    chosen, text = None, ""
    for part in annotation.get("result") or ():
        value = part.get("value") or {}
        if part.get("type") == rounds.CHOICES:
            chosen = next(iter(value.get("choices") or ()), None)
        else:
            text = "\n".join(map(str, value.get("text") or ())).strip()
    if annotation.get("skipped"):
        return {"chosen": None, "text": None}
    return {"chosen": chosen, "text": text or None}
