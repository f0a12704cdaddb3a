"""A release with questions in another language: same ids, hashes of their own, checked, compared, withheld alike."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from services.built_release import built_release, seal
from services.finished_run import run_params
from services.released import build, configs_of
from services.translated import MARK, table_of
from services.values import TEN

from pipeline import release, verify
from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.release import funnel, translated
from pipeline.release.changes import compare
from pipeline.release.files import arrow, write_parquet
from pipeline.release.tasks import shared
from pipeline.release.versions import demanded
from pipeline.tables import Actions, Options, Scenarios, read_table
from pipeline.tables.translate import TranslationReadings
from pipeline.verdict import gate

LANGUAGE = {"languages": {"zh": "Simplified Chinese"}, "model": "a", "back": "b", "readers": ["c"]}


def params_of(**settings: Any) -> Params:
    params = run_params(**settings)
    spoken = params.translate.model_copy(update=LANGUAGE)
    with_language = params.release.model_copy(update={"languages": ["zh"], "version": "1.1.0"})
    return params.model_copy(update={"translate": spoken, "release": with_language})


def material(run: Path) -> dict[str, pl.DataFrame]:
    schemas = {"scenarios": Scenarios, "actions": Actions, "options": Options}
    return {name: read_table(schema, run / f"assemble/{name}.parquet") for name, schema in schemas.items()}


def translations(tables: dict[str, pl.DataFrame], faults: dict[str, str] | None = None) -> pl.DataFrame:
    scenarios = tables["scenarios"].select("scenario_id", "text").rows()
    actions = tables["actions"].select("action_id", "scenario_id", "text").rows()
    texts = [(name, name, text, "scenario") for name, text in scenarios]
    return table_of([*texts, *((*row, "action") for row in actions)], faults=faults)


def build_translated(
    run: Path, folder: Path, params: Params, table: pl.DataFrame, read: pl.DataFrame
) -> Path:
    configs = configs_of(run, params)
    configs |= translated.of(params, configs, **material(run), translations=table, readings=read)
    verdict = gate.read(run / "validate/gate.json")
    release.build(configs, funnel.count(run, params), params, folder, verdict=verdict)
    return folder


def readings_of(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Of every action in Chinese by one reader, who is right about all but the first."""
    return tables["actions"].select(
        "action_id",
        language=pl.lit("zh"),
        reader=pl.lit("c"),
        value="value",
        label=pl.when(pl.int_range(pl.len()) > 0).then("value").otherwise(pl.lit("none")),
        status=pl.lit("ok"),
        request_key=pl.lit("0" * 64),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The run, its release in English, and the next with Chinese, in which one action has no translation, one is
    doubtful, and one was accepted by a person."""
    home = tmp_path_factory.mktemp("translated")
    plain = built_release(home / "run", home / "plain", run_params(version="1.0.0"))
    tables = material(home / "run")
    lost, doubtful, read = tables["options"].sort("question_id", "position")["action_id"].gather([0, 4, 8])
    table = translations(tables, {lost: "empty", doubtful: "unlike"}).with_columns(
        review=pl.when(pl.col("id") == read)
        .then(pl.lit("accepted"))
        .cast(pl.Enum(["accepted", "mended", "rejected"]))
    )
    folder = build_translated(home / "run", home / "zh", params_of(), table, readings_of(tables))
    return home / "run", plain, folder


def problems(folder: Path) -> dict[str, list[str] | None]:
    return {one.name: one.problems for one in verify.verify(folder) if not one.passed}


def rows_of(folder: Path, config: str = "questions_zh") -> pl.DataFrame:
    return pl.read_parquet(folder / config / "test.parquet")


def test_it_has_the_ids_of_english_and_hashes_of_its_own(built: tuple[Path, Path, Path]) -> None:
    _, _, folder = built
    english, chinese = rows_of(folder, "questions"), rows_of(folder)
    assert problems(folder) == {}
    assert chinese.height == english.height - 1
    assert chinese.columns[: len(english.columns)] == english.columns
    both = chinese.join(english, on="question_id", suffix="_en", validate="1:1")
    assert both.height == chinese.height
    assert both["source_sha256"].to_list() == both["content_sha256_en"].to_list()
    assert not set(both["content_sha256"]) & set(both["content_sha256_en"])
    assert (both["text"] == MARK + both["text_en"]).all()
    for row in both.iter_rows(named=True):
        assert [one["text"] for one in row["options"]] == [MARK + one["text"] for one in row["options_en"]]
    assert (int(chinese["doubtful"].sum()), int(chinese["reviewed"].sum())) == (1, 1)
    # The first action has no translation that is shown, and was read wrongly; all others were read once, and rightly.
    assert (chinese["readings"] == 4).all()
    assert int(chinese["readings"].sum() - chinese["recognised"].sum()) in (0, 1)


def test_harness_tasks_ask_the_questions_of_the_config(built: tuple[Path, Path, Path]) -> None:
    """In the English words of the tasks; answers carry the hash of the translation."""
    _, _, folder = built
    tasks, chinese = shared(TEN), rows_of(folder)
    asked = tasks["questions"](str(folder), "questions_zh")
    assert asked["content_sha256"] == chinese["content_sha256"].to_list()
    assert chinese["text"][0] in tasks["default_prompt"](asked[0])


def test_the_card_says_who_looked_at_it_and_nothing_where_there_is_none(
    built: tuple[Path, Path, Path],
) -> None:
    _, plain, folder = built
    card, before = ((one / "README.md").read_text() for one in (folder, plain))
    assert "`questions_zh` has" in card
    assert "Models (c) read the actions blindly" in card
    assert "accepted or mended 1 of" in card
    assert "- zh\n" in card
    assert "questions_zh" in (folder / "CODEBOOK.md").read_text()
    assert "questions_zh/content_sha256" in (folder / "croissant.json").read_text()
    assert "questions_zh" not in before + (plain / "CODEBOOK.md").read_text()
    # What is in English is the same, to the byte.
    for file in sorted(plain.glob("*/*.parquet")):
        assert file.read_bytes() == (folder / file.relative_to(plain)).read_bytes(), file


def test_another_version_of_it_is_told_by_its_rows(built: tuple[Path, Path, Path], tmp_path: Path) -> None:
    run, plain, folder = built
    changes = compare(plain, folder)
    assert demanded(changes) == "minor"
    assert {one.name for one in changes.configs if one.new} == {"questions_zh"}
    tables = material(run)
    action = rows_of(folder)["options"][0][0]["action_id"]
    mended = translations(tables).with_columns(
        text=pl.when(pl.col("id") == action).then(pl.lit("改")).otherwise("text")
    )
    later = params_of()
    later = later.model_copy(update={"release": later.release.model_copy(update={"version": "2.0.0"})})
    after = build_translated(run, tmp_path / "after", later, mended, TranslationReadings.create_empty())
    (change,) = (one for one in compare(folder, after).configs if one.name == "questions_zh")
    assert (change.added, change.contents) == (1, 1)
    assert "**No person who reads both languages has looked at them.**" in (after / "README.md").read_text()
    assert demanded(compare(after, build(run, run_params(version="3.0.0"), tmp_path / "gone"))) == "major"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("text", pl.lit("等等"), "another text than its hash"),
        ("source_sha256", pl.lit("0" * 64), "translates another content"),
        ("content_sha256", pl.lit("0" * 64), "another content than its hash"),
        ("question_id", pl.lit("s0000000000.q1"), "is of no question"),
    ],
)
def test_what_is_wrong_in_it_is_found(
    built: tuple[Path, Path, Path], tmp_path: Path, column: str, value: pl.Expr, said: str
) -> None:
    copy = Path(shutil.copytree(built[2], tmp_path / "copy"))
    rows = rows_of(copy)
    first = pl.int_range(pl.len()) == 0
    rows = rows.with_columns(pl.when(first).then(value).otherwise(column).alias(column))
    write_parquet(arrow(rows), copy / "questions_zh/test.parquet")
    seal(copy)
    assert any(said in one for one in problems(copy)["translations"] or [])


def test_a_translation_of_a_withheld_text_is_withheld(built: tuple[Path, Path, Path], tmp_path: Path) -> None:
    run, *_ = built
    real = params_of()
    real = real.model_copy(update={"release": real.release.model_copy(update={"text": "withhold"})})
    tables = material(run)
    table = translations(tables)
    configs = configs_of(run, real)
    made = translated.of(real, configs, **tables, translations=table, readings=readings_of(tables))[
        "questions_zh"
    ]
    assert made["text"].null_count() == made.height > 0
    assert [*translated.faults(configs | {"questions_zh": made})] == []
    leaked = made.with_columns(text=pl.lit(f"{MARK}a post"))
    assert "is withheld" in next(translated.faults(configs | {"questions_zh": leaked}))
    assert "withheld as the posts are" in translated.told(configs | {"questions_zh": made}, real)
    with pytest.raises(InputError, match="no question has a sound translation into 'zh'"):
        translated.of(real, configs, **tables, translations=table.clear(), readings=readings_of(tables))
