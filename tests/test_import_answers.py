"""`valact import-answers`: the contract of docs/extending.md, and what becomes of rows that break it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from services.folder import valact
from services.simulated_study import SLUGS, study, truth

from pipeline import instruments
from pipeline.analyse.study import Scored, analyse
from pipeline.answers.contract import TABLES
from pipeline.answers.imports import SCHEMAS
from pipeline.params.analysis import Analysis
from pipeline.people.direction import ORDER
from pipeline.score.gather import gather
from pipeline.score.scoring import score_instruments
from pipeline.tables import Options, Questions, Scenarios, read_table, write_table
from pipeline.values import load as load_inventory

OUT = Path("data/imported/study")
PEOPLE = [f"person {n}" for n in range(6)]
SCENARIO = "s0123456789"


@pytest.fixture
def project(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    monkeypatch.chdir(folder)
    return tmp_path / "answers"


def write(folder: Path, *, suffix: str = ".csv", **tables: list[dict[str, object]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        table = pl.DataFrame(rows, infer_schema_length=None)
        path = folder / f"{name}{suffix}"
        table.write_csv(path) if suffix == ".csv" else table.write_parquet(path)


def people(**covariates: list[object]) -> list[dict[str, object]]:
    return [
        {"respondent": who, **{name: values[n] for name, values in covariates.items()}}
        for n, who in enumerate(PEOPLE)
    ]


def questions() -> dict[str, list[dict[str, object]]]:
    """Two questions of one's own."""
    options = [
        {
            "question_id": f"{SCENARIO}.q{q}",
            "position": p + 1,
            "action_id": f"{SCENARIO}.{slug}.x",
            "value": slug,
        }
        for q in (1, 2)
        for p, slug in enumerate(SLUGS[4 * q - 4 : 4 * q])
    ]
    asked = [{"question_id": f"{SCENARIO}.q{q}", "scenario_id": SCENARIO, "category": "Mine"} for q in (1, 2)]
    return {"options": options, "questions": asked}


def answers(name: str, rng: np.random.Generator, low: int = 1) -> list[dict[str, object]]:
    """Answers of people who hold values as people everywhere do."""
    instrument = instruments.load(name)
    of = {value: 6 - ORDER.index(value) / 2 for value in ORDER}
    members = instrument.inventory.members(load_inventory("schwartz10")) or {}
    coarse = {fine: ten for ten, every in members.items() for fine in every}
    rows = []
    for who in PEOPLE:
        for item in instrument.items:
            level = of[coarse.get(instrument.value_of[item], "security")] + rng.normal(0, 0.6)
            answer = int(np.clip(round(level), 1, 6))
            coded = 7 - answer if instrument.reversed else answer
            rows.append({"respondent": who, "instrument": name, "item": item, "answer": coded + low - 1})
    return rows


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_four_tables_are_respondents_like_any_other(project: Path, suffix: str) -> None:
    rng = np.random.default_rng(3)
    q1, q2 = (f"{SCENARIO}.q{n}" for n in (1, 2))
    chosen = [{"respondent": who, "question_id": q1, "value": SLUGS[1]} for who in PEOPLE]
    chosen += [{"respondent": who, "question_id": q2, "value": None} for who in PEOPLE[:1]]
    rated = [
        {"respondent": who, "text_id": "essay 1", "value": "Self-direction", "rating": 5} for who in PEOPLE
    ]
    write(
        project,
        suffix=suffix,
        respondents=people(age=[20, 30, 40, 50, 60, 70], country=["FR", "DE", "FR", "", "DE", "FR"]),
        choices=chosen,
        instrument_answers=[*answers("pvq21", rng), *answers("pvq_rr", rng)],
        ratings=rated,
        **questions(),
    )
    report = valact("import-answers", str(project), "--name", "study").output
    assert "6 respondents, 7 choices" in report
    assert "look coded the other way" not in report
    tables = {name: read_table(schema, OUT / f"{name}.parquet") for name, schema in SCHEMAS.items()}
    assert tables["ledger"].is_empty()
    # No name of a person, and everything of one person under one id.
    ids = tables["respondents"]["respondent"]
    assert ids.str.contains("person").sum() == 0
    assert set(tables["instrument_answers"]["respondent"]) == set(ids)
    assert tables["choices"].group_by("status").len().sort("status").rows() == [
        ("answered", 6),
        ("failed", 1),
    ]
    first = tables["choices"].filter(question_id=q1).row(0, named=True)
    assert (first["letter"], first["position"], first["action_id"]) == ("B", 2, f"{SCENARIO}.{SLUGS[1]}.x")
    ages = tables["covariates"].filter(covariate="age")
    assert sorted(ages["number"]) == [20, 30, 40, 50, 60, 70]
    assert tables["covariates"].filter(covariate="country").height == 5
    assert tables["texts"]["text_id"].to_list() == ["essay 1"]
    assert tables["ratings"]["value"].unique().to_list() == ["self_direction"]

    assembled = project.parent / "assemble"
    for name, schema in {"scenarios": Scenarios, "questions": Questions, "options": Options}.items():
        write_table(schema, schema.create_empty(), assembled / f"{name}.parquet")
    gathered = gather([], Path("data/imported"), assembled, load_inventory("schwartz10"))
    assert gathered.choices.height == 7
    assert gathered.covariates.height == 11


def test_scores_without_answers_are_declared_values(project: Path) -> None:
    centred = [
        {"respondent": who, "instrument": "pvq40", "value": value, "centred": (n - 5) / 4 + m / 10}
        for m, who in enumerate(PEOPLE)
        for n, value in enumerate(SLUGS)
    ]
    write(project, respondents=people(), scores=centred)
    valact("import-answers", str(project), "--name", "study")
    assembled = project.parent / "assemble"
    for name, schema in {"scenarios": Scenarios, "questions": Questions, "options": Options}.items():
        write_table(schema, schema.create_empty(), assembled / f"{name}.parquet")
    ten = load_inventory("schwartz10")
    found = gather([], Path("data/imported"), assembled, ten)
    scores = pl.concat([score_instruments(found.instrument_answers), found.instrument_scores])
    scored = Scored(
        found.respondents,
        found.choices,
        found.instrument_answers,
        scores,
        found.ratings,
        found.options,
        found.questions,
    )
    tables = analyse(scored, Analysis(draws=200), ten, seed=1)
    declared = tables["declared"].filter(level="basic")
    assert declared.height == 60
    # Centred is what was given; there is no mean to make up.
    assert declared["mean"].null_count() == 60
    assert declared.filter(value=SLUGS[0])["centred"].min() == -1.25
    assert tables["cross_correlations"].filter(kind="declared")["r"].min() == pytest.approx(1)


def test_covariates_are_set_against_what_people_declare() -> None:
    rng = np.random.default_rng(4)
    made = study(truth(12, rng), rng, scenarios=10)
    power = made.instrument_scores.filter(value="power").group_by("respondent").agg(pl.col("centred").mean())
    age = power.select(
        "respondent", covariate=pl.lit("age"), value=pl.col("centred").cast(pl.String), number="centred"
    )
    rank = pl.col("centred").rank().cast(pl.Int64) > 6
    side = power.select(
        "respondent", covariate=pl.lit("side"), value=rank.cast(pl.String), number=pl.lit(None, pl.Float64)
    )
    scored = replace(made, covariates=pl.concat([age, side]))
    found = analyse(scored, Analysis(draws=200), load_inventory("schwartz10"), seed=1)["covariates"]
    by = {(row["covariate"], row["outcome"], row["value"]): row for row in found.iter_rows(named=True)}
    assert by["age", "declared", "power"]["estimate"] == pytest.approx(1)
    assert by["age", "declared", "power"]["n"] == 12
    assert by["side", "declared", "power"]["statistic"] == "epsilon_squared"
    assert by["side", "declared", "power"]["holm_p"] < 0.1
    assert {outcome for _, outcome, _ in by} == {"declared", "declared_enacted_r"}


def test_rows_that_break_the_contract_are_in_the_ledger(project: Path) -> None:
    q1 = f"{SCENARIO}.q1"
    write(
        project,
        respondents=[*people(), {"respondent": "person 0"}, {"respondent": ""}],
        choices=[
            {"respondent": "person 0", "question_id": q1, "letter": "A", "value": None, "wording": "1"},
            {"respondent": "person 0", "question_id": q1, "letter": "B", "value": None, "wording": "1"},
            {"respondent": "nobody", "question_id": q1, "letter": "A", "value": None, "wording": "1"},
            {
                "respondent": "person 1",
                "question_id": f"{SCENARIO}.q9",
                "letter": "A",
                "value": None,
                "wording": "1",
            },
            {"respondent": "person 1", "question_id": q1, "letter": "F", "value": None, "wording": "1"},
            {"respondent": "person 2", "question_id": q1, "letter": "A", "value": SLUGS[1], "wording": "1"},
            {"respondent": "person 3", "question_id": q1, "letter": "A", "value": None, "wording": "one"},
        ],
        instrument_answers=[
            {"respondent": "person 0", "instrument": "pvq40", "item": 41, "answer": 1},
            {"respondent": "person 0", "instrument": "tarot", "item": 1, "answer": 1},
            {"respondent": "person 0", "instrument": "pvq40", "item": 1, "answer": 9},
        ],
        scores=[{"respondent": "person 1", "instrument": "pvq40", "value": "fun", "mean": 3}],
        **questions(),
    )
    valact("import-answers", str(project), "--name", "study")
    ledger = pl.read_parquet(OUT / "ledger.parquet")
    places = ledger.filter(pl.col("file").is_not_null()).select("file", "row", "reason").rows()
    assert sorted(places) == sorted(
        [
            ("respondents.csv", 8, "twice"),
            ("respondents.csv", 9, "cell_unreadable"),
            ("choices.csv", 3, "twice"),
            ("choices.csv", 4, "respondent_not_known"),
            ("choices.csv", 5, "question_not_known"),
            ("choices.csv", 6, "option_not_known"),
            ("choices.csv", 7, "option_not_known"),
            ("choices.csv", 8, "cell_unreadable"),
            ("instrument_answers.csv", 2, "item_not_known"),
            ("instrument_answers.csv", 3, "instrument_not_known"),
            ("instrument_answers.csv", 4, "out_of_range"),
            ("scores.csv", 2, "value_not_known"),
        ]
    )
    # Whoever has too few answers to be scored is a row as well.
    assert ledger.filter(effect="no_scores")["reason"].to_list() == ["too_many_missing"]
    assert pl.read_parquet(OUT / "choices.parquet").height == 1


def test_answers_that_look_reversed_are_said_to(project: Path) -> None:
    rng = np.random.default_rng(3)
    wrong = [row | {"answer": 7 - int(str(row["answer"]))} for row in answers("pvq40", rng)]
    write(project, respondents=people(), instrument_answers=wrong)
    report = valact("import-answers", str(project), "--name", "study").output
    assert "pvq40 look coded the other way" in report
    assert "import them with --pvq-reverse" in report
    report = valact("import-answers", str(project), "--name", "study", "--pvq-reverse").output
    assert "look coded" not in report


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"choices": [{"respondent": "a", "question_id": "x"}]}, "no table of respondents"),
        ({"respondents": [{"name": "a"}]}, "no column 'respondent'"),
        ({}, "nothing there that can be read"),
        ({"respondents": [{"respondent": "a"}], "options": questions()["options"]}, "come together"),
    ],
)
def test_tables_that_cannot_be_one_are_errors(project: Path, tables, message: str) -> None:
    write(project, **tables)
    assert message in valact("import-answers", str(project), "--name", "study", fails=True).output
    assert not OUT.exists()


def test_the_documentation_names_every_column(root: Path) -> None:
    text = (root / "docs/extending.md").read_text(encoding="utf-8")
    contract = text[text.index("## Anybody's answers") :]
    for name, columns in TABLES.items():
        row = next(line for line in contract.splitlines() if line.startswith(f"| `{name}` "))
        for column in columns:
            assert f"`{column}`" in row, (name, column)
