"""Tables of survey tools: one row a person, one column an item, as LimeSurvey and Qualtrics export them too.

LimeSurvey (CSV, headings "Question code", answers "Answer codes") writes A1, A2, ... and the seconds of a question in
the column of its code with ``Time`` behind it. Qualtrics (CSV, numeric values) has three rows of headers, of which the
third holds ``{"ImportId": ...}``, marks previews in ``Status``, and calls the time until a page with a timing question
was left ``TAG_Page Submit``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.people.records import ITEM, Answer, Handed, Record, is_empty, read_seconds

Rows = Iterator[tuple[int, dict[str, str]]]

SECONDS = "seconds"
CONSENT = "consent"
_TIMES = re.compile(rf"{SECONDS}[ _.-]*(i[0-9a-f]{{12}})(?:_(.+))?|(i[0-9a-f]{{12}})Time", re.IGNORECASE)
_SUBMITTED = "page submit"
_CODE = re.compile(r"AO?0*(\d{1,2})", re.IGNORECASE)
_IMPORT_ID = '"ImportId"'
# Qualtrics' response types that are no answers of participants, by name and by number.
_PREVIEWS = {"survey preview", "1", "survey test", "2"}
# Of the answers in a file, the share from which words instead of codes are a wrong setting of the export.
_WORDS = 0.5


def read_survey_rows(path: Path, columns: list[str], rows: Rows, participant: str, handed: Handed) -> None:
    """A record a row. Items that nobody of the row's form was shown are empty cells."""
    times = _times(columns)
    items = {
        column: match.group()
        for column in columns
        if not _TIMES.fullmatch(column) and (match := ITEM.search(column))
    }
    used = {participant, CONSENT, *items, *times.values()}
    handed.unread[path.name] = [column for column in columns if column not in used]
    if len(set(items.values())) < len(items):
        return handed.leave_out(path, "item_twice", "two columns are of one item", 1)
    people, previews = _people(rows)
    for line in previews:
        handed.leave_out(path, "preview", "a preview or test of the survey tool, no participant", line)
    if _are_words([row[column] for _, row in people for column in items]):
        detail = "the answers are texts: export numeric values (Qualtrics) or answer codes (LimeSurvey)"
        return handed.leave_out(path, "answers_as_texts", detail)
    for line, row in people:
        if is_empty(row.get(CONSENT, "yes")):
            handed.leave_out(path, "no_consent", "the question about consent is not answered", line)
            continue
        answers = {
            item: Answer(_number(row[column]), read_seconds(row.get(times.get(item, ""))))
            for column, item in items.items()
            if not is_empty(row[column])
        }
        if answers:
            code = row.get(participant, "").strip()
            handed.records.append(Record(path.name, line, code, None, None, answers, survey=True))
        else:
            handed.leave_out(path, "no_answers", "no item of the row is answered", line)
    return None


def _times(columns: Sequence[str]) -> dict[str, str]:
    """Column with the seconds of each item; of Qualtrics' four a timing question, the one with the time it took."""
    found = {}
    for column in columns:
        if (match := _TIMES.fullmatch(column)) and (match[2] or _SUBMITTED).lower() == _SUBMITTED:
            found[(match[1] or match[3]).lower()] = column
    return found


def _people(rows: Rows) -> tuple[list[tuple[int, dict[str, str]]], list[int]]:
    """Rows of participants, and lines of previews. Where the second row below the names holds Qualtrics' ids of
    columns, it and the one above it are headers."""
    first = list(itertools.islice(rows, 2))
    headers = len(first) == 2 and any(_IMPORT_ID in cell for cell in first[1][1].values())
    people, previews = [], []
    for line, row in itertools.chain([] if headers else first, rows):
        if headers and row.get("Status", "").strip().lower() in _PREVIEWS:
            previews.append(line)
        else:
            people.append((line, row))
    return people, previews


def _number(cell: str) -> str:
    """A2 and AO02 as 2, as LimeSurvey codes the second answer; anything else as it is."""
    match = _CODE.fullmatch(cell.strip())
    return match[1] if match else cell.strip()


def _are_words(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if not is_empty(cell)]
    return sum(len(cell.split()) > 1 for cell in given) > _WORDS * len(given)
