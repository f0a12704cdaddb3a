"""Task 1: all values rated in one answer, by scenario and prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.published.lens.names import VALUES, value_of
from pipeline.published.lens.objects import Found, find_object
from pipeline.published.lens.rows import Row
from pipeline.published.problems import Log, shown
from pipeline.tables import ids

COLUMNS = {"country", "topic", "response", "prompt_index"}
PROMPTS = 8
PORTRAITS = (2, 3, 6, 7)
POINTS = 4
LABELS = {
    "claims": {"strongly agree": 1, "agree": 2, "disagree": 3, "strongly disagree": 4},
    "portraits": {"very much like me": 1, "like me": 2, "not like me": 3, "not like me at all": 4},
}
_BOTH = {**LABELS["claims"], **LABELS["portraits"]}
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?![\w.])")
# Words around a rating that are none.
_AROUND = {"i", "option", "rating", "score"}
_INSTEAD = {"invalid": "no_object", "refused": "refusal", "failed": "empty_answer"}

Rating = tuple[str, int | None, str | None]  # status, rating, reason


def read(rows: list[Row], respondent: str, origin: str, log: Log) -> Iterator[dict[str, Any]]:
    """Rows of ValueRatings, 56 for every row of the file that says what was asked."""
    seen: dict[tuple[str, str, int], list[str]] = {}
    for row in rows:
        country, topic = row["country"].strip(), row["topic"].strip()
        index = _prompt(row["prompt_index"])
        if not country or not topic or index is None:
            log.add(
                "setting_unreadable",
                shown(f"{country}, {topic}, prompt {row['prompt_index']}"),
                line=row.line,
            )
            continue
        before = seen.setdefault((country, topic, index), [])
        subject = f"{country}, {topic}, prompt {index}"
        if row["response"] in before:
            log.add("repeated_row", "the same answer", line=row.line, subject=subject)
            continue
        before.append(row["response"])
        if len(before) > 1:
            log.add("asked_again", f"repeat {len(before)}", line=row.line, subject=subject)
        same = {
            "respondent": respondent,
            "scenario_id": ids.scenario_of(country, topic),
            "wording": index + 1,
            "order": "as_listed",
            "repeat": len(before),
            "family": family(index),
            "origin": origin,
            "line": row.line,
        }
        for place, (value, (status, rating, raw)) in enumerate(
            _answers(row, family(index), subject, log).items(), 1
        ):
            score = None if rating is None else (POINTS - rating) / (POINTS - 1)
            yield {
                **same,
                "value": value,
                "place": place,
                "status": status,
                "rating": rating,
                "score": score,
                "raw": raw,
            }
    _tell_missing(seen, log)


def family(index: int) -> str:
    return "portraits" if index in PORTRAITS else "claims"


def _answers(row: Row, of: str, subject: str, log: Log) -> dict[str, Rating]:
    """Status, rating and raw text of every value, in the survey's order: each on its own."""
    found = find_object(row["response"], lambda name: value_of(name)[0] is not None)
    status = _without_object(found)
    if status is not None:
        log.add(
            "objects_differ" if found.several else _INSTEAD[status],
            shown(row["response"]),
            line=row.line,
            subject=subject,
        )
        return dict.fromkeys(VALUES.slugs, (status, None, None))
    if found.form == "fields":
        log.add("cut_off", shown(row["response"][-60:]), line=row.line, subject=subject)
    by_value = _by_value(found, row.line, subject, log)
    return {slug: _rated(slug, by_value.get(slug, []), of, row.line, subject, log) for slug in VALUES.slugs}


def _without_object(found: Found) -> str | None:
    if found.several or found.form == "none":
        return "invalid"
    return {"refusal": "refused", "empty": "failed"}.get(found.form)


def _by_value(found: Found, line: int, subject: str, log: Log) -> dict[str, list[Any]]:
    """The answers to each value; a key under another spelling counts where no key has the exact name."""
    exact: dict[str, list[Any]] = {}
    repaired: dict[str, list[Any]] = {}
    for name, answer in found.pairs:
        value, is_name = value_of(name)
        if value is None:
            log.add("extra_key", shown(name), line=line, subject=subject)
        elif is_name:
            exact.setdefault(value, []).append(answer)
        else:
            repaired.setdefault(value, []).append(answer)
            log.add("key_repaired", f"{shown(name)} is {value}", line=line, subject=subject)
    return {**repaired, **exact}


def _rated(value: str, answers: list[Any], of: str, line: int, subject: str, log: Log) -> Rating:
    subject = f"{subject}, {value}"
    if not answers:
        log.add("value_missing", "no such key", line=line, subject=subject)
        return "failed", None, None
    said = [_rating(answer, of) for answer in answers]
    raw = str(answers[0]) if answers[0] is not None else None
    if len({rating for _, rating, _ in said}) > 1:
        log.add("value_twice", shown(answers), line=line, subject=subject)
        return "invalid", None, raw
    status, rating, reason = said[0]
    if reason:
        log.add(reason, shown(answers[0]), line=line, subject=subject)
    return status, rating, raw


def _rating(answer: Any, of: str) -> Rating:
    """A number of the scale, a label, or both where they say the same; strictly, so that nothing is guessed."""
    if answer is None or not str(answer).strip():
        return "failed", None, "empty_answer"
    text = str(answer).strip()
    numbers = {float(number) for number in _NUMBER.findall(text)}
    said = _plain(text)
    named = _BOTH.get(said)
    if len(numbers) > 1 or (not numbers and named is None):
        return "invalid", None, "not_a_rating"
    # What stands beside a number may be anything but another rating; a sentence with a number in it is none.
    if numbers and not (_NUMBER.match(text) or named is not None or not said):
        return "invalid", None, "not_a_rating"
    number = numbers.pop() if numbers else None
    if number is not None and number not in range(1, POINTS + 1):
        return "invalid", None, "off_scale"
    if number is not None and named is not None and number != named:
        return "invalid", None, "not_a_rating"
    rating = named if number is None else int(number)
    foreign = named is not None and said not in LABELS[of]
    return "answered", rating, "other_words" if foreign else None


def _plain(text: str) -> str:
    """The words of a label."""
    words = re.sub(r"[^a-z]+", " ", text.lower()).split()
    return " ".join(word for place, word in enumerate(words) if place or word not in _AROUND)


def _prompt(text: str) -> int | None:
    text = text.strip().removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 3 and int(text) < PROMPTS else None


def _tell_missing(seen: dict[tuple[str, str, int], list[str]], log: Log) -> None:
    asked = {index for _, _, index in seen}
    for country, topic in dict.fromkeys((country, topic) for country, topic, _ in seen):
        lacking = sorted(index for index in asked if (country, topic, index) not in seen)
        if lacking:
            log.add(
                "scenario_incomplete",
                f"prompts {', '.join(map(str, lacking))}",
                subject=f"{country}, {topic}",
            )
