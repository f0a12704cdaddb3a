"""From the annotations of rounds to Judgements: each checked against the labelling config, each accounted for."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.annotation.decisions import excluded
from pipeline.annotation.labelling import problems
from pipeline.annotation.rounds import TAKEN_BACK, Round
from pipeline.core.invariants import nothing_vanishes
from pipeline.tables import NONE, RATER, JudgementLedger, Judgements, conform
from pipeline.tables.ids import ADJUDICATION, adjudication_round, first_round, item_stem, training_round

# Reasons of the ledger. With every one but the last an annotation is no judgement.
BROKEN = "broken"  # it lacks what an annotation has
UNKNOWN_ITEM = "unknown_item"  # no item of the sample: another project's, or a sample's that was drawn before
TEXT_CHANGED = "text_changed"  # what the item showed was changed since
TAKEN = "taken_back"  # the post that the item was about was taken back
OTHER_ROUND = "other_round"  # its file is that of another round
TRAINING = "training"  # given before the round, on items of ours
NOT_IN_CONFIG = "not_in_config"  # an answer that the labelling config does not have
NO_ANSWER = "no_answer"  # submitted without an answer
SUPERSEDED = "superseded"  # its rater judged the item again
SECOND_IGNORED = "second_value_ignored"  # the judgement counts, its second value says nothing


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page's answers are in a table: ``schema`` of Judgements of that page, and ``read``, from a task's data and
    what was given by control to columns of it, the reason why it is no judgement (empty where it is one), and a detail.
    """

    schema: type[dy.Schema]
    read: Callable[[Mapping[str, Any], Mapping[str, str]], tuple[dict[str, Any], str, str]]


def read_question(data: Mapping[str, Any], given: Mapping[str, str]) -> tuple[dict[str, Any], str, str]:
    """ValAct's page: one answer, and perhaps a second value."""
    answer, second = given.get("answer"), given.get("second")
    if not answer:
        return {}, NO_ANSWER, "nothing was chosen"
    if data["task"] == "option":
        return {"position": int(answer)}, "", ""
    if data["task"] == "scenario":
        return {"verdict": answer}, "", ""
    if second and (answer == NONE or second == answer):
        return {"value": answer}, "", f"{second} after {answer}"
    return {"value": answer, "second_value": second}, "", ""


QUESTIONS = Reading(Judgements, read_question)


def judgements(
    rounds: Iterable[tuple[str, Round]],
    tasks: Iterable[Mapping[str, Any]],
    config: str,
    asked: Mapping[str, str],
    reading: Reading = QUESTIONS,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judgements, in the schema of the ``reading``, and JudgementLedger of all rounds' annotations.

    ``rounds`` are (source, round) pairs, ``tasks`` those that `send` wrote (data with item_id, task, choices),
    ``config`` the labelling config they were sent with, ``asked`` the round of each item. An annotation counts in the
    round that it was given in, and in no other. Every one is a judgement or has a ledger row. Where a rater judged an
    item more than once, the last answer counts, and an answer counts before a skip.
    """
    known = {task["data"]["item_id"]: task["data"] for task in tasks}
    stems, current = {item_stem(item) for item in known}, {*asked.values()}
    ledger: list[dict[str, Any]] = []
    found: dict[tuple[str, str], list[tuple[tuple[Any, ...], str, str, dict[str, Any]]]] = defaultdict(list)
    read = 0
    for source, made in rounds:
        seen: Counter[str] = Counter()
        out, turns = excluded(made), _turns(made)
        for annotation in made.annotations:
            read += 1
            name = str(annotation.get("annotation")) if isinstance(annotation, Mapping) else "?"
            seen[name] += 1
            if seen[name] > 1:  # only a hand can have put it in twice
                name = f"{name}#{seen[name]}"
            row, reason, detail = _judgement(annotation, known, config, reading)
            if row is not None and made.name not in {of := asked[row["item_id"]], adjudication_round(of)}:
                row, reason = None, OTHER_ROUND
                detail = f"item {annotation['item_id']} is of round {asked[annotation['item_id']]}"
            if row is None:
                if made.name == training_round(first_round(made.name)):
                    reason = TRAINING
                elif (
                    reason == UNKNOWN_ITEM and not {made.name, made.name.removesuffix(ADJUDICATION)} & current
                ):
                    reason = OTHER_ROUND
                elif reason == UNKNOWN_ITEM and item_stem(annotation["item_id"]) in stems:
                    reason = TEXT_CHANGED
                if reason == OTHER_ROUND:
                    detail = f"{detail}; the file is of round {made.name}"
                ledger.append(_note(source, name, reason, detail))
                continue
            if detail:
                ledger.append(_note(source, name, SECOND_IGNORED, detail))
            given = {"round": made.name, "excluded": row["rater"] in out}
            given["turn"] = turns.get(str(annotation.get("annotation")))
            later = (row["status"] == "judged", str(annotation.get("updated_at")), source, name)
            found[row["item_id"], row["rater"]].append((later, source, name, row | given))
    rows = []
    for several in found.values():
        *earlier, (_, _, last, row) = sorted(several, key=lambda one: one[0])
        rows.append(row)
        for _, source, name, _ in earlier:
            ledger = [note for note in ledger if (note["source"], note["annotation"]) != (source, name)]
            ledger.append(_note(source, name, SUPERSEDED, f"by annotation {last}"))
    left_out = sum(note["reason"] != SECOND_IGNORED for note in ledger)
    nothing_vanishes("collect", "annotations", read, {"judgements": len(rows), "in the ledger": left_out})
    return (
        conform(reading.schema, rows, where="judgements").sort("item_id", "rater"),
        conform(JudgementLedger, ledger, where="judgement ledger").sort("source", "annotation", "reason"),
    )


def _turns(made: Round) -> dict[str, int]:
    """The place of each annotation among those of its rater, by the time when it was last changed."""
    known = [one for one in made.annotations if isinstance(one, Mapping) and not _broken(one)]
    told = sorted(known, key=lambda one: (one["rater"], str(one.get("updated_at")), one["annotation"]))
    return {
        one["annotation"]: place
        for _, mine in groupby(told, key=lambda one: str(one["rater"]))
        for place, one in enumerate(mine, start=1)
    }


def _judgement(
    annotation: Any, known: Mapping[str, Mapping[str, Any]], config: str, reading: Reading
) -> tuple[dict[str, Any] | None, str, str]:
    """A row of Judgements without its round, or the reason why there is none; and a detail for the ledger."""
    if broken := _broken(annotation):
        return None, BROKEN, broken
    if annotation["item_id"] == TAKEN_BACK:
        return None, TAKEN, "judged, and then taken back"
    data = known.get(annotation["item_id"])
    if data is None:
        return None, UNKNOWN_ITEM, f"item {annotation['item_id']}"
    known_of = {
        "item_id": annotation["item_id"],
        "rater": annotation["rater"],
        "task": data["task"],
        "status": "skipped" if annotation["skipped"] else "judged",
        "seconds": annotation["seconds"],
    }
    row = {name: known_of.get(name) for name in reading.schema.columns()}
    if annotation["skipped"]:
        row["comment"] = _why_skipped(config, data, annotation["result"])
        return row, "", ""
    if wrong := problems(config, data, annotation["result"]):
        return None, NOT_IN_CONFIG, "; ".join(wrong)
    given = _given(annotation["result"])
    row["comment"] = given.get("comment") or None
    said, reason, detail = reading.read(data, given)
    return (None if reason else row | said), reason, detail


def _why_skipped(config: str, data: Mapping[str, Any], result: Any) -> str | None:
    """What was written beside a skip, as far as it is what the page writes."""
    return None if problems(config, data, result) else _given(result).get("comment") or None


def _broken(annotation: Any) -> str:
    """What an annotation lacks of what rounds.py writes; empty when it is whole."""
    if not isinstance(annotation, Mapping):
        return f"not an annotation: {str(annotation)[:80]}"
    wanted: dict[str, tuple[type, ...]] = {
        "annotation": (str,),
        "item_id": (str,),
        "rater": (str,),
        "skipped": (bool,),
        "seconds": (int, float, type(None)),
        "result": (list,),
    }
    for name, types in wanted.items():
        if name not in annotation or not isinstance(annotation[name], types):
            return f"{name} is {str(annotation.get(name))[:80]!r}"
    if not re.match(RATER, annotation["rater"]):
        return f"rater is {annotation['rater'][:80]!r}, not an anonymous id"
    if (annotation["seconds"] or 0) < 0:
        return f"seconds is {annotation['seconds']}"
    return ""


def _given(result: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Answers by control; a result that passed the labelling config has one choice for each."""
    given = {}
    for part in result:
        value = part["value"]
        texts = value.get("choices") or value.get("text") or []
        given[part["from_name"]] = "\n".join(texts).strip()
    return given


def _note(source: str, annotation: str, reason: str, detail: str) -> dict[str, Any]:
    return {"source": source, "annotation": annotation, "reason": reason, "detail": detail}
