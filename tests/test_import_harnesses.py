"""Logs of evaluation harnesses as respondents: inspect_ai and lm-evaluation-harness."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import pytest
import zstandard
from services.simulated_study import SLUGS

from pipeline.answers.harness import chosen
from pipeline.answers.imports import import_answers
from pipeline.answers.readers import READERS
from pipeline.core.errors import InputError
from pipeline.tables import AskedQuestions, Options, conform
from pipeline.values import load as load_inventory

SCENARIO = "s0123456789"
QUESTION = f"{SCENARIO}.q1"
SAID = ("ANSWER: B", "(b)", "I would not say", "")


def _ours():
    options = [
        {
            "question_id": QUESTION,
            "position": n,
            "action_id": f"{SCENARIO}.{slug}.x",
            "value": slug,
            "stance": "expresses",
            "generator": "g",
            "is_target": False,
        }
        for n, slug in enumerate(SLUGS[:4], start=1)
    ]
    question = {"question_id": QUESTION, "scenario_id": SCENARIO, "category": "Mine"}
    return conform(Options, options, where="options"), conform(AskedQuestions, [question], where="questions")


def _log(
    folder: Path, *, packed: bool, temperature: float | None = None, task: str = "valact_selection"
) -> Path:
    """A log as inspect_ai writes one: a sample an epoch; packed with Zstandard (method 93) where it does so."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {} if temperature is None else {"temperature": temperature}
    parts = {"header.json": {"eval": {"task": task, "model": "acme/one", "model_generate_config": config}}}
    for epoch, said in enumerate(SAID, start=1):
        content = (
            said if epoch != 2 else [{"type": "reasoning", "reasoning": "A"}, {"type": "text", "text": said}]
        )
        parts[f"samples/{QUESTION}_epoch_{epoch}.json"] = {
            "id": QUESTION,
            "epoch": epoch,
            "metadata": {"target_value": SLUGS[1]},
            "output": {"choices": [{"message": {"role": "assistant", "content": content}}]},
        }
    path = folder / "one.eval"
    contents = {name: json.dumps(part).encode() for name, part in parts.items()}
    stored = {n: zstandard.compress(c) if packed else c for n, c in contents.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, content in stored.items():
            file.writestr(name, content)
    if packed:
        _say_zstandard(path)
    return path


def _say_zstandard(path: Path) -> None:
    """This Python writes no method 93: the two places of each part that name the method are set to it."""
    with zipfile.ZipFile(path) as file:
        starts, central = [info.header_offset for info in file.infolist()], file.start_dir
    content = bytearray(path.read_bytes())
    for at in starts:
        content[at + 8 : at + 10] = struct.pack("<H", 93)
    while content[central : central + 4] == b"PK\x01\x02":
        content[central + 10 : central + 12] = struct.pack("<H", 93)
        lengths = struct.unpack("<HHH", content[central + 28 : central + 34])
        central += 46 + sum(lengths)
    path.write_bytes(content)


def imported(path: Path):
    reader = next(reader for reader in READERS.all().values() if reader.knows(path))
    return import_answers(reader.read(path), _ours, values=load_inventory("schwartz10"), name="logs", seed=1)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_log_of_inspect_ai_is_a_respondent(tmp_path: Path, packed: bool, whole_folder: bool) -> None:
    path = _log(tmp_path / "logs", packed=packed)
    tables = imported(path.parent if whole_folder else path)
    rows = tables["choices"].sort("repeat")
    assert rows["status"].to_list() == ["answered", "answered", "invalid", "failed"]
    assert rows["value"].to_list() == [SLUGS[1], SLUGS[1], None, None]
    assert set(rows["mode"]) == {"selection"}
    assert set(rows["target_value"]) == {SLUGS[1]}
    assert rows["raw"].to_list()[0] == "ANSWER: B"
    row = tables["respondents"].row(0, named=True)
    assert (row["respondent"], row["kind"], row["agent"], row["condition"]) == (
        "acme/one",
        "model",
        "acme/one",
        "main",
    )
    assert tables["ledger"].is_empty()


def test_another_temperature_is_a_condition_of_the_agent(tmp_path: Path) -> None:
    row = imported(_log(tmp_path, packed=True, temperature=0.7))["respondents"].row(0, named=True)
    assert (row["respondent"], row["agent"], row["condition"]) == (
        "acme/one t0.7",
        "acme/one",
        "temperature 0.7",
    )


def test_samples_of_lm_evaluation_harness_are_a_respondent(tmp_path: Path) -> None:
    lines = [
        {
            "doc_id": 0,
            "doc": {"question_id": QUESTION, "target_value": SLUGS[1], "options": []},
            "resps": [[said]],
        }
        for said in SAID[:1]
    ]
    folder = tmp_path / "acme__one"
    folder.mkdir()
    (folder / "samples_valact_default_2026-11-21T10-00-00.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines)
    )
    (folder / "results_2026-11-21T10-00-00.json").write_text(
        json.dumps({"model_name": "acme/one", "results": {}})
    )
    tables = imported(tmp_path)
    assert tables["respondents"]["respondent"].to_list() == ["acme/one"]
    row = tables["choices"].row(0, named=True)
    assert (row["mode"], row["value"], row["target_value"]) == ("default", SLUGS[1], None)
    (folder / "samples_valact_default_2026-11-22T10-00-00.jsonl").write_text("[]\n")
    with pytest.raises(InputError, match="no sample of lm-evaluation-harness"):
        imported(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no log", b"{}"])
def test_what_is_no_log_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.eval").write_bytes(content)
    with pytest.raises(InputError, match="no log of inspect_ai"):
        imported(tmp_path / "a.eval")


def test_a_task_that_says_no_mode_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="says no mode"):
        imported(_log(tmp_path, packed=False, task="poems"))


def test_long_responses_are_read_in_linear_time() -> None:
    assert chosen("ANSWER: A " + " " * 2_000_000 + "ANSWER: B") == ("invalid", None)
    assert chosen("?" * 900_000) == ("invalid", None)


@pytest.mark.parametrize("task", ["lens_named", "evaluators/lens_unnamed"])
def test_logs_of_the_second_datasets_tasks_are_an_error_that_says_what_to_do(tmp_path, task):
    log = _log(tmp_path / "inspect", packed=False, task=task)
    samples = tmp_path / f"samples_{task.rpartition('/')[2]}_2027-01-02T00-00-00.000000.jsonl"
    samples.write_text('{"doc": {"scenario_id": "s0123456789"}, "resps": [["ANSWER: A"]]}\n')
    for path in (log, samples):
        reader = next(reader for reader in READERS.all().values() if reader.knows(path))
        with pytest.raises(InputError, match="second dataset") as caught:
            reader.read(path)
        assert "`respondents` of lens/params.yaml" in str(caught.value)
