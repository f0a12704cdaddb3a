"""Scenarios that no crawl holds: read from one's own files, written by a model, marked, and compared with posts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.runs import chat_model, run_params
from services.simulated_study import study, truth
from services.values import TEN

from pipeline import params as settings
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.notes import Notebook
from pipeline.analyse.synthetic import synthetic
from pipeline.author.seeds import seeds, tensions
from pipeline.core.errors import ParamsError
from pipeline.filter.screen import screen
from pipeline.params import Params
from pipeline.report.synthetic import section
from pipeline.scrape.scrape import scrape
from pipeline.tables import Posts, ScrapeLedger, places, read_table
from pipeline.tables.claims import Synthetic
from pipeline.tables.columns import ACTION_ID, POST_ID, QUESTION_ID, SCENARIO_ID
from pipeline.tables.ids import authored_id, is_synthetic, scenario_id

CATEGORIES = {"Work": ["jobs", "authored_work"], "Home": ["family", "Authored_home"], "Money": ["money"]}
DILEMMA = (
    "I share a desk with somebody who reads what I write before I send it, and I have said nothing for months. "
    "Last week a mistake of mine was mended that way, and nobody noticed but the two of us. I could thank them, or "
    "ask for another desk, or tell our team lead how it really went. What should I do?"
)


def with_authored(folder: Path, *files: Path, **changes: Any) -> Params:
    raw = run_params(folder, {}).model_dump(mode="json")
    raw |= {"categories": CATEGORIES, "dates": {"first": "2020-01-01", "last": "2024-12-31"}}
    raw["scrape"] = {"source": "authored", "authored": {"paths": [str(file) for file in files]}}
    return settings.parse(raw | changes, where="test")


def write_lines(file: Path, *records: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


# The source


def test_they_stand_beside_the_posts_and_are_told_from_them(tmp_path: Path) -> None:
    mine = write_lines(
        tmp_path / "mine.jsonl",
        {"category": "Work", "title": "A desk", "text": DILEMMA, "made_by": "people"},
        {"category": "Home", "text": DILEMMA},
        {"category": "Money", "text": DILEMMA},
        {"category": "Home", "text": 7},
    )
    posts = tmp_path / "posts.csv"
    row = "jobs,2024-03-01,My manager left,Should I ask for her job?"
    posts.write_text(f"subreddit,created_utc,title,selftext\n{row}\n")
    source = {
        "source": "table",
        "table": {"paths": [str(posts)]},
        "authored": {"paths": [str(mine)]},
    }
    params = with_authored(tmp_path, scrape=source)
    outcome = scrape(params, tmp_path / "out")
    found = read_table(Posts, tmp_path / "out/posts.parquet")
    ledger = read_table(ScrapeLedger, tmp_path / "out/ledger.parquet")
    assert outcome.records == 5 == found.height + ledger["count"].sum()
    assert sorted(ledger.select("reason", "line").iter_rows()) == [("bad_selftext", 4), ("no_place", 3)]
    own = found.filter(pl.col("post_id").str.starts_with("authored"))
    whose = [("Authored_home", None), ("authored_work", "people")]
    assert sorted(own.select("subreddit", "flair").iter_rows()) == whose
    assert own["created_at"].dt.date().unique().to_list() == [params.dates.last]
    assert authored_id("A desk", DILEMMA) in own["post_id"].to_list()
    # The two have nearly the same words: the filter takes one of them for the other, as it does with posts.
    candidates, went = screen(own.lazy(), params)
    assert candidates.height == 1
    assert went["reason"].to_list() == ["near_duplicate"]


def test_a_place_for_them_is_asked_for(tmp_path: Path) -> None:
    mine = write_lines(tmp_path / "mine.jsonl", {"category": "Work", "text": DILEMMA})
    with pytest.raises(ParamsError, match="no category has a place") as error:
        scrape(with_authored(tmp_path, mine, categories={"Work": ["jobs"]}), tmp_path / "out")
    assert "begins with 'authored'" in str(error.value)
    two = {"Work": ["authored_a", "authored_b"]}
    with pytest.raises(ParamsError, match="2 places"):
        scrape(with_authored(tmp_path, mine, categories=two), tmp_path / "out")
    with pytest.raises(ParamsError, match=r"needs authored\.paths"):
        with_authored(tmp_path)


def test_doctor_says_what_a_run_would_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = write_lines(tmp_path / "mine.jsonl", {"category": "Work", "text": DILEMMA})
    write_params(tmp_path, with_authored(tmp_path, mine))
    assert (
        "1 file of authored scenarios, as authored_work, Authored_home" in valact("doctor", fails=True).output
    )
    mine.unlink()
    assert "no such file, folder or match" in valact("doctor", fails=True).output


@pytest.mark.parametrize("post", ["abc123", "valactc01", authored_id("A desk", DILEMMA)])
def test_every_id_says_whether_it_is_one(post: str) -> None:
    scenario = scenario_id(post)
    ids = {
        SCENARIO_ID: scenario,
        QUESTION_ID: f"{scenario}.q1",
        ACTION_ID: f"{scenario}.power.writer",
        POST_ID: post,
    }
    rows = pl.DataFrame({"id": list(ids.values()), "pattern": list(ids)})
    assert rows.select(pl.col("id").str.contains(pl.col("pattern")))["id"].all()
    assert is_synthetic(scenario) == is_synthetic(f"{scenario}.q1") == post.startswith("authored")
    assert len(scenario) == 11


# The model that writes them


def writing(body: dict[str, Any], n: int) -> Any:
    if n == 0:
        return {"refusal": "No."}
    if n == 1:
        return {"text": json.dumps({"title": " ", "text": DILEMMA})}
    return {"text": json.dumps({"title": f"Number {n}", "text": DILEMMA.replace("months", f"{n} months")})}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Params, ChatServer]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with ChatServer(writing) as server:
        raw = run_params(tmp_path, {"pen": chat_model(server.base_url)}).model_dump(mode="json")
        raw |= {"categories": CATEGORIES, "author": {"model": "pen", "per_category": 4}}
        params = settings.parse(raw, where="test")
        write_params(tmp_path, params)
        yield params, server


def test_a_model_writes_them_and_the_source_reads_them(
    project: tuple[Params, ChatServer], tmp_path: Path
) -> None:
    params, server = project
    assert "author" not in valact("cost").output
    assert " 12 " in valact("cost", "author").output
    assert server.bodies == []
    said = valact("author").output
    assert "10 of 12 dilemmas" in said
    assert "scrape.authored.paths" in said
    rows = read_table(places.AUTHORED.schema, places.AUTHORED.path())
    assert sorted(rows["status"].value_counts().iter_rows()) == [("invalid", 1), ("ok", 10), ("refused", 1)]
    assert rows.filter(pl.col("post_id").is_null())["text"].null_count() == 2
    out = Path(params.author.out)
    scraped = scrape(with_authored(tmp_path, out), tmp_path / "out")
    ids = set(read_table(Posts, tmp_path / "out/posts.parquet")["post_id"])
    assert scraped.posts == len(ids) > 0
    assert ids <= set(rows["post_id"].drop_nulls())
    # Money has no place for them.
    assert scraped.reasons == {
        "no_place": rows.filter(pl.col("post_id").is_not_null(), category="Money").height
    }
    valact("author")
    assert len(server.bodies) == 12


def test_without_a_model_nobody_writes(project: tuple[Params, ChatServer], tmp_path: Path) -> None:
    params, _ = project
    write_params(
        tmp_path, params.model_copy(update={"author": params.author.model_copy(update={"model": None})})
    )
    assert "author.model" in valact("author", fails=True).output


def test_seeds_are_balanced_wherever_they_end_and_never_the_same(tmp_path: Path) -> None:
    def drawn(each: int) -> list[Any]:
        author = {"per_category": each, "stakes": ["little", "a lot"]}
        return [*seeds(with_authored(tmp_path, tmp_path, author=author))]

    pairs = len(tensions(TEN))
    assert pairs == 45 - 10
    few, many = drawn(10), drawn(3 * pairs)
    work = [seed for seed in many if seed.category == "Work"]
    assert [seed for seed in few if seed.category == "Work"] == work[:10]
    asked = [(s.category, s.stakes, s.values, s.repeat) for s in many]
    assert len(set(asked)) == len(asked)
    counts = pl.Series([" ".join(value.slug for value in seed.values) for seed in work]).value_counts()
    assert counts["count"].unique().to_list() == [3]
    stakes = [seed.stakes for seed in work]
    assert abs(stakes.count("little") - stakes.count("a lot")) <= 2
    assert {seed.repeat for seed in work} == {0, 1}


# Beside posts


@pytest.fixture(scope="module")
def made() -> Any:
    rng = np.random.default_rng(4)
    return study(truth(3, rng), rng, scenarios=60, wordings=1, administrations=2)


def compared(made: Any, authored: list[str], choices: pl.DataFrame | None = None) -> pl.DataFrame:
    """The table where these of the study's scenarios were written for it."""
    renamed = {name: f"sy{name[2:]}" for name in authored}

    def as_authored(table: pl.DataFrame) -> pl.DataFrame:
        named = [name for name in ("scenario_id", "question_id", "action_id") if name in table.columns]
        return table.with_columns(
            pl.when(pl.col(name).str.head(11).is_in(authored))
            .then(pl.lit("sy") + pl.col(name).str.slice(2))
            .otherwise(name)
            .alias(name)
            for name in named
        )

    assert len(renamed) == len(authored)
    given = made.choices if choices is None else choices
    options, questions = as_authored(made.options), as_authored(made.questions)
    coded = encode(as_authored(given), options, questions, TEN)
    numbers = {name: n for n, name in enumerate(questions["scenario_id"].unique().sort())}
    return synthetic(coded, {}, numbers, Agents.of(made.respondents), 0.95, Notebook())


def halves(made: Any, seed: int) -> list[str]:
    ids = made.questions["scenario_id"].unique().sort().to_list()
    return sorted(np.random.default_rng(seed).permutation(ids)[:30].tolist())


def test_what_is_planted_is_found_and_where_nothing_is_nothing(made: Any) -> None:
    null = pl.concat(compared(made, halves(made, seed)) for seed in range(40))
    assert 0.01 <= (null["p"] < 0.05).mean() <= 0.09
    authored = halves(made, 0)
    knows = pl.Series(np.random.default_rng(1).random(made.choices.height) < 0.6)
    swayed = (
        (pl.col("respondent") == "m00")
        & (pl.col("mode") == "adoption")
        & ~pl.col("scenario_id").is_in(authored)
        & knows
    )
    planted = made.choices.with_columns(value=pl.when(swayed).then("target_value").otherwise("value"))
    table = compared(made, authored, planted)
    before, after = (
        t.filter(respondent="m00", statistic="adoption").row(0, named=True)
        for t in (compared(made, authored), table)
    )
    assert after["high"] < 0
    assert after["p"] < 0.05
    assert after["difference"] < before["difference"]
    assert (after["posts"], after["authored"]) == (30, 30)
    said = section({"synthetic": table, "notes": Notebook().table()}, TEN)
    assert said.tables[0].rows


def test_without_them_or_with_few_there_is_no_table(made: Any) -> None:
    assert compared(made, []).equals(Synthetic.create_empty())
    assert compared(made, halves(made, 0)[:5]).is_empty()
