"""Posts of one's own in CSV files and JSON lines: the smallest record, one's own column names, and every bad row."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import params as settings
from pipeline import recipe
from pipeline.core.errors import InputError, ParamsError
from pipeline.params import Params
from pipeline.scrape.scrape import scrape
from pipeline.step.run import carry_out
from pipeline.tables import Posts, ScrapeLedger, read_table

SMALLEST = (
    "subreddit,created_utc,title,selftext\nAskHR,2024-03-01,My manager left,Should I ask for her job?\n"
)


def params(root: Path, **table: Any) -> Params:
    raw = settings.load(root / "profiles/sample.yaml").model_dump(mode="json")
    raw["scrape"] = {"source": "table", "table": table}
    return settings.parse(raw, where="test")


def read(root: Path, file: Path, **table: Any) -> tuple[pl.DataFrame, list[tuple[str, int, int]]]:
    out = file.parent / "out"
    outcome = scrape(params(root, paths=[str(file)], **table), out)
    posts = read_table(Posts, out / "posts.parquet")
    ledger = read_table(ScrapeLedger, out / "ledger.parquet")
    assert outcome.records == posts.height + ledger["count"].sum()
    return posts, sorted(ledger.select("reason", "line", "count").iter_rows())


def test_the_smallest_record_is_a_post(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(SMALLEST)
    posts, ledger = read(root, file)
    (post,) = posts.iter_rows(named=True)
    assert ledger == []
    assert post["post_id"].startswith("own")
    assert (post["title"], post["body"]) == ("My manager left", "Should I ask for her job?")
    assert post["created_at"] == dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
    assert (post["state"], post["is_self"], post["score"]) == ("live", True, None)


def test_a_post_keeps_its_name_when_others_are_added(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(SMALLEST)
    before = read(root, file)[0]["post_id"].to_list()
    head, post = SMALLEST.splitlines()
    file.write_text("\n".join([head, post.replace("left", "stayed"), post]))
    assert before[0] in read(root, file)[0]["post_id"].to_list()


def test_columns_have_ones_own_names(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["Nr", "Wann", "Titel", "Text", "Punkte", "nsfw"])
        writer.writerow(
            ["a1", "2024-03-01T12:00:00+02:00", "Eins", 'She said "no";\nand left.', "17", "true"]
        )
    columns = {
        "id": "Nr", "created_utc": "Wann", "title": "Titel", "selftext": "Text", "score": "Punkte", "over_18": "nsfw",
    }  # fmt: skip
    posts, _ = read(root, file, columns=columns, subreddit="AskHR")
    (post,) = posts.iter_rows(named=True)
    assert (post["post_id"], post["subreddit"], post["score"], post["over_18"]) == ("a1", "AskHR", 17, True)
    assert post["body"] == 'She said "no";\nand left.'
    assert post["created_at"].hour == 10


def test_json_lines_and_csv_give_the_same_posts(root: Path, tmp_path: Path) -> None:
    record = {
        "id": "a1",
        "subreddit": "askhr",
        "created_utc": 1709251200,
        "title": "One",
        "selftext": "Two?",
        "score": 3,
    }
    lines, table = tmp_path / "mine.jsonl", tmp_path / "mine.csv"
    lines.write_text(json.dumps(record) + "\n")
    table.write_text(",".join(record) + "\n" + ",".join(map(str, record.values())) + "\n")
    assert read(root, lines)[0].equals(read(root, table)[0])


def test_bad_rows_are_in_the_ledger_with_their_lines(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        SMALLEST
        + "AskHR,2024-03-01,a title too much,text,more\n\n"
        + "AskHR,yesterday,When,text\n"
        + "cooking,2024-03-01,Soup,text\n"
    )
    posts, ledger = read(root, file)
    assert posts.height == 1
    assert ledger == [("bad_created_utc", 5, 1), ("bad_row", 3, 1), ("other_subreddit", 6, 1)]
    lines = tmp_path / "mine.jsonl"
    record = {"subreddit": "AskHR", "created_utc": "2024-03-01", "title": "One", "selftext": "Two?"}
    lines.write_text(json.dumps(record) + '\n{"title":\n[1]\n\n')
    posts, ledger = read(root, lines)
    assert ledger == [("bad_json", 2, 1), ("not_an_object", 3, 1)]


def test_a_missing_column_is_an_error_that_names_those_there_are(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("date,title,text\n2024-03-01,One,Two\n")
    with pytest.raises(
        InputError, match="no column 'subreddit', 'created_utc', 'selftext'; there are 'date', 'title'"
    ):
        read(root, file)


def test_broken_quotes_are_an_error_with_the_line(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(SMALLEST + 'AskHR,2024-03-01,"a "quoted" title",text\n')
    with pytest.raises(InputError, match="no valid CSV"):
        read(root, file)


def test_unknown_sources_and_tables_without_paths_are_errors_of_params(root: Path) -> None:
    with pytest.raises(ParamsError, match=r"table\.paths"):
        params(root)
    raw = settings.load(root / "profiles/sample.yaml").model_dump(mode="json")
    raw["scrape"]["source"] = "twitter"
    with pytest.raises(ParamsError, match="known are archive, authored, ids, praw, sample, table"):
        settings.parse(raw, where="test")


def test_what_the_params_leave_out_of_a_table_is_told(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first run of one's own posts filled one category of five, paid for it, and said so at its end."""
    head, post = SMALLEST.splitlines()
    (tmp_path / "mine.csv").write_text("\n".join([head, post, post.replace("AskHR", "knitting")]))
    monkeypatch.chdir(tmp_path)
    told = "\n".join(carry_out(recipe.step("scrape"), params(root, paths=["mine.csv"])).notes)
    assert "no post is in a subreddit of Financial & investment, Education & academy" in told
    assert "1 posts of your table are left out, because no category in `categories`" in told
