"""Samples of lm-evaluation-harness (``samples_TASK_DATE.jsonl``), of the tasks that a release carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pipeline.answers.harness import LETTERS, NO_JSON, chosen, mode_of, raw, respondent
from pipeline.answers.reader import Raw, Reader
from pipeline.core.errors import InputError

_SAMPLES = re.compile(r"samples_(?P<task>.+?)_(?P<day>\d{4}-.*)\.jsonl")


class _Doc(msgspec.Struct):
    question_id: str
    target_value: str | None = None
    content_sha256: str | None = None
    prompt: str | None = None
    options: list[Any] = msgspec.field(default_factory=list)


class _Line(msgspec.Struct):
    doc: _Doc
    resps: list[list[str]]


class _Results(msgspec.Struct):
    model_name: str | None = None


def knows(path: Path) -> bool:
    return any(True for _ in _files(path))


def read(path: Path) -> Raw:
    """A folder of samples is one model's, named by the results beside them, else by the folder. InputError for a line
    that is no sample."""
    respondents: list[dict[str, Any]] = []
    choices: list[dict[str, Any]] = []
    for file, task, day in _files(path):
        mode = mode_of(task, str(file))
        samples = [*_samples(file)]
        prompts = {str(sample.doc.prompt) for sample in samples}
        row = respondent(
            _model(file.parent),
            None,
            f"lm-evaluation-harness: {file.name}",
            day=day,
            prompts={mode: prompts.pop()} if len(prompts) == 1 else None,
        )
        respondents.append(row)
        choices += [one for sample in samples for one in _rows(sample, row["respondent"], mode)]
    return raw(path.name, respondents, choices)


def _files(path: Path) -> Iterator[tuple[Path, str, str]]:
    files = sorted(path.rglob("samples_*.jsonl")) if path.is_dir() else [path]
    for file in files:
        if match := _SAMPLES.fullmatch(file.name):
            yield file, match["task"], match["day"]


def _model(folder: Path) -> str:
    for file in sorted(folder.glob("results_*.json")):
        try:
            if name := msgspec.json.decode(file.read_bytes(), type=_Results).model_name:
                return name
        except NO_JSON:
            continue
    return folder.name


def _samples(file: Path) -> Iterator[_Line]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip():
                    yield msgspec.json.decode(line, type=_Line)
            except NO_JSON as error:
                raise InputError(
                    f"no sample of lm-evaluation-harness: {error}", where=f"{file}:{number}"
                ) from None


def _rows(sample: _Line, who: str, mode: str) -> Iterator[dict[str, Any]]:
    """A row a repeat."""
    for repeat, response in enumerate([text for texts in sample.resps for text in texts], start=1):
        status, letter = chosen(response, len(sample.doc.options or LETTERS))
        yield {
            "respondent": who,
            "question_id": sample.doc.question_id,
            "mode": mode,
            "repeat": repeat,
            "letter": letter,
            "status": status,
            "target_value": sample.doc.target_value if mode != "default" else None,
            "content_sha256": sample.doc.content_sha256,
            "raw": response[:20_000],
        }


ENTRY = Reader("samples of lm-evaluation-harness (samples_TASK_DATE.jsonl), or a folder of them", knows, read)
