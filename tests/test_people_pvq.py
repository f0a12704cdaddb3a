"""`valact import-humans --columns`: tables of the PVQ-40 alone, reverse coded or not, and 151 real people."""

import csv
import hashlib
import json
import math
from collections import Counter, defaultdict

import polars as pl
import pytest
from services.folder import valact
from services.study import make_study, write_rows

from pipeline.score.scoring import score_instruments


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


def test_a_table_of_the_pvq_alone_with_declared_reverse_coding(study):
    rows = [
        {"who": f"p{n}", "age": 30 + n} | {f"pvq{i:02}_x": (n * i) % 6 + 1 for i in range(1, 41)}
        for n in (1, 5, 7)
    ]
    rows[0] |= {"pvq01_x": 0, "pvq02_x": "", "pvq03_x": "4.0", "pvq04_x": "many", "pvq05_x": "7"}
    rows.append(dict.fromkeys(rows[0], ""))
    rows.append(rows[1] | {"who": "p1"})
    write_rows(study.folder / "p.csv", rows)
    arguments = ("import-humans", "p.csv", "--columns", r"^pvq(\d+)", "--participant-column", "who")
    output = valact(*arguments, "--reverse", "--name", "pilot").output
    assert "1 columns left unread (age)" in output
    respondent = next(
        r
        for r, part in study.table("instrument_answers").group_by("respondent")
        if part["status"].n_unique() > 1
    )[0]
    items = study.table("instrument_answers").filter(respondent=respondent).sort("item").to_dicts()
    assert [(i["status"], i["answer"], i["raw"]) for i in items[:5]] == [
        ("failed", None, "0"),
        ("failed", None, None),
        ("answered", 3, "4.0"),
        ("invalid", None, "many"),
        ("invalid", None, "7"),
    ]
    assert {(i["shuffle"], i["item"] == i["place"]) for i in items} == {(0, True)}
    assert sorted(study.ledger(), key=str) == [
        ("answer_unused", "out_of_range", "p.csv", 2),
        ("answer_unused", "out_of_range", "p.csv", 2),
        ("left_out", "same_answers", "p.csv", 6),
    ]
    valact(*arguments, "--name", "plain")
    plain = pl.read_parquet("data/imported/plain/instrument_answers.parquet")
    assert plain.filter(raw="0")["status"].to_list() == ["invalid"]


def test_scores_of_151_people_equal_the_key(reference, tmp_path, monkeypatch, study):
    """Real answers, reverse coded, zeros missing; the scores are computed here from the published key alone."""
    source = reference / "pvq/smacof_PVQ40_items_numbered.csv"
    key = json.loads((reference / "pvq/pvq40_scoring_key.json").read_text())["items"]
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    output = valact(
        "import-humans", str(source), "--name", "pilot", "--columns", r"^pvq(\d+)_", "--reverse",
        "--participant-column", "id",
    ).output  # fmt: skip
    assert "151 people kept, 0 files or rows left out" in output
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before

    expected = []
    for row in csv.DictReader(source.open()):
        answers = {}
        for column, cell in row.items():
            if column.startswith("pvq") and cell and float(cell) != 0:
                answers[int(column[3:5])] = 7 - int(float(cell))
        overall = sum(answers.values()) / len(answers)
        scores = {}
        for value, items in key.items():
            given = [answers[i] for i in items if i in answers]
            scores[value.lower().replace("-", "_")] = (
                sum(given) / len(given),
                sum(given) / len(given) - overall,
            )
        same = max(Counter(answers.values()).values())
        expected.append((tuple(sorted(answers.items())), scores, same))

    found, people = defaultdict(dict), study.table("instrument_answers").drop_nulls("answer").sort("item")
    for row in score_instruments(study.table("instrument_answers")).to_dicts():
        found[row["respondent"]][row["value"]] = row
    by_answers = {
        tuple(part.select("item", "answer").rows()): found[respondent]
        for (respondent,), part in people.group_by("respondent", maintain_order=True)
    }
    assert len(by_answers) == len(expected) == 151
    excluded = 0
    for answers, scores, same in expected:
        rows = by_answers[answers]
        if same > 30:
            excluded += 1
            assert {row["excluded"] for row in rows.values()} == {"straight_lining"}
            continue
        for value, (mean, centred) in scores.items():
            assert math.isclose(rows[value]["mean"], mean, abs_tol=1e-12)
            assert math.isclose(rows[value]["centred"], centred, abs_tol=1e-12)
    assert excluded == 1
    # Who gets no scores has a row of the ledger.
    assert [(effect, reason) for effect, reason, *_ in study.ledger()] == [("no_scores", "straight_lining")]
    # The order of values everywhere tells the coding: as it comes, the command asks for --pvq-reverse.
    assert "coded the other way" not in output
    plain = (
        "import-humans",
        str(source),
        "--name",
        "plain",
        "--columns",
        r"^pvq(\d+)_",
        "--participant-column",
        "id",
    )
    assert "import them with --pvq-reverse" in valact(*plain).output
