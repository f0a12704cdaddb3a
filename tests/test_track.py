"""Tracks: the same questions on many dates, a test that may look at each, and what a date costs."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from services.chat import ChatServer
from services.folder import valact, write_params
from services.material import material, write_material
from services.runs import chat_model, run_params
from services.values import SLUGS, TEN

from pipeline.administer.design import Material
from pipeline.administer.respondents import model, simulated
from pipeline.core.errors import InputError
from pipeline.report import tracks
from pipeline.series import folder
from pipeline.series.figure import changes
from pipeline.series.monitor import WINDOWS, fisher, limits, monitor
from pipeline.track import ask, choose

FIRST = dt.date(2027, 1, 1)


def dates(moved: int, rng: np.random.Generator, n: int = 10) -> pl.DataFrame:
    """A hundred questions on ``n`` dates; from date number ``moved`` on half of the answers are others."""
    usual = rng.integers(1, 5, 100)
    parts = []
    for day in range(n):
        share = 0.5 if day >= moved else 0.1
        position = np.where(rng.random(100) < share, rng.integers(1, 5, 100), usual)
        parts.append(
            pl.DataFrame(
                {
                    "date": FIRST + dt.timedelta(weeks=day),
                    "question_id": [f"q{i}" for i in range(100)],
                    "wording": 1,
                    "status": "answered",
                    "position": position,
                    "value": [SLUGS[(4 * i + p) % 10] for i, p in enumerate(position)],
                }
            )
        )
    return pl.concat(parts)


def test_a_change_at_the_seventh_date_is_found_then_and_none_before() -> None:
    found = monitor(dates(6, np.random.default_rng(1)), TEN, 3, 200)
    first = found.filter("alarm")["date"].min()
    assert FIRST + dt.timedelta(weeks=6) <= first <= FIRST + dt.timedelta(weeks=7)
    assert not monitor(dates(99, np.random.default_rng(2)), TEN, 3, 200)["alarm"].any()


def test_the_report_has_the_series_with_its_alarms_and_no_section_without_a_track(tmp_path: Path) -> None:
    track = folder.Track(respondent="r", wordings=1, baseline=3, arl=200, questions={"q": "0"})
    answers = dates(6, np.random.default_rng(1))
    series = tracks.Series("weekly", track, answers, {})
    found = tracks.section([series], TEN, tmp_path)
    assert "alarms on 2027-02-" in found.text[1]
    loud = [row[1] for row in found.tables[0].rows if row[5]]
    assert loud[0] in ("2027-02-12", "2027-02-19")
    assert all("same answer" in row[5] for row in found.tables[0].rows if row[1] == loud[0])
    assert [picture.name for picture in found.pictures] == ["track-weekly"]
    assert {path.suffix for path in tmp_path.rglob("track-weekly.*")} == {".svg", ".png", ".csv"}
    early = tracks.Series("new", track, answers.filter(pl.col("date") < FIRST + dt.timedelta(weeks=2)), {})
    assert "nothing is tested yet" in tracks.section([early], TEN, tmp_path).text[1]
    assert tracks.read(tmp_path) == []
    assert tracks.section([], TEN, tmp_path).empty


def test_the_levels_of_a_date_sum_to_what_the_average_run_length_allows() -> None:
    found = monitor(dates(99, np.random.default_rng(3), n=12), TEN, 3, 200)
    last = found.filter(date=FIRST + dt.timedelta(weeks=11))
    assert last["level"].sum() == pytest.approx(1 / 400)
    assert last.height == len(WINDOWS) * 11
    # Each level is held by the law of the counts: twice a tail of Fisher's, by hand.
    assert fisher((0, 2), (2, 2)) == pytest.approx(2 / 6)
    low, high = limits((180, 200), 100, 1e-3)
    assert low < 0.9 < high
    assert (
        fisher((round(100 * low), 100), (180, 200)) > 1e-3 >= fisher((round(100 * low) - 1, 100), (180, 200))
    )


def test_questions_are_whole_scenarios_of_every_category_the_most_reliable_first() -> None:
    made = material(10)
    rows = [
        {
            "respondent": "r",
            "mode": "default",
            "status": "answered",
            "scenario_id": scenario,
            "question_id": f"{scenario}.q1",
            "position": 1 if n % 2 or asked == 0 else 2,
        }
        for n, scenario in enumerate(made.scenarios["scenario_id"].to_list())
        for asked in range(3)
    ]
    reliable = choose.reliability(pl.DataFrame(rows))
    assert sorted(reliable["reliability"]) == pytest.approx([1 / 3] * 5 + [1] * 5)
    chosen = choose.scenarios(made.scenarios, reliable, 4, 1)
    assert chosen["category"].value_counts()["count"].to_list() == [2, 2]
    best = (
        made.scenarios.join(reliable, on="scenario_id")
        .group_by("category")
        .agg(pl.col("reliability").top_k(2))
    )
    assert sorted(chosen["reliability"]) == sorted(best["reliability"].explode())
    options = made.options.join(
        made.questions.join(chosen, on="scenario_id", how="semi"), on="question_id", how="semi"
    )
    assert options["value"].value_counts()["count"].unique().to_list() == [8]
    with pytest.raises(InputError, match="11 scenarios are wanted, and there are 10"):
        choose.scenarios(made.scenarios, reliable, 11, 1)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = material(10)
    agents = {
        "r": simulated.Settings(kind="simulated", profile=1),
        "m": model.Settings(kind="model", model="m"),
    }
    params = run_params(tmp_path, {"m": chat_model("http://127.0.0.1:9/v1")}).model_copy(
        update={"respondents": agents}
    )
    write_params(tmp_path, params)
    write_material(made, tmp_path / "data/assemble")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_asks_once_a_day_and_shows_the_series(project: Path) -> None:
    said = valact("track", "begin", "weekly", "--respondent", "r", "--scenarios", "4").output
    assert "20 questions of 4 scenarios" in said
    assert "begun there" in valact("track", "begin", "weekly", "--respondent", "r", fails=True).output
    assert "it was never asked" in valact("track", "show", "weekly", fails=True).output
    assert "20 answers" in valact("track", "run", "weekly").output
    assert "was asked already" in valact("track", "run", "weekly").output
    track, home = folder.read(Path("tracks/weekly")), Path("tracks/weekly")
    from pipeline import params as settings

    params, all_of_it = settings.load(), Material.read(Path("data/assemble"))
    some = ask.restricted(all_of_it, track, "track")
    today = folder.dates(home)[0]
    for week in range(1, 6):
        day = today + dt.timedelta(weeks=week)
        answers, _ = ask.ask(track, params, some, None, day)
        folder.add(home, day, answers, "gpt-a" if week < 4 else "gpt-b")
    said = valact("track", "show", "weekly").output
    assert "another model answers, gpt-b" in said
    assert "200 dates or more" in said
    assert (home / "series.svg").exists()
    assert pl.read_csv(home / "series.csv")["date"].n_unique() == 3
    (series,) = tracks.read(Path("tracks"))
    shown = tracks.section([series], TEN, project / "figures").tables[0].rows
    assert [row[3] for row in shown[:3]] == ["first date", "baseline", "baseline"]
    assert [row[4] for row in shown[3:]] == ["gpt-a", "gpt-b (another)", "gpt-b"]
    # Each date is a draw of its own.
    assert folder.answers(home)["repeat"].n_unique() == 6


def test_what_a_date_costs_is_told_and_a_question_that_changed_is_refused(project: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")
    valact("track", "begin", "weekly", "--respondent", "m", "--scenarios", "2")
    assert "10 calls" in valact("track", "run", "weekly", "--cost").output
    mark = Path("tracks/weekly/track.json")
    text = json.loads(mark.read_text())
    first = min(text["questions"])
    mark.write_text(json.dumps(text | {"questions": text["questions"] | {first: "0" * 64}}))
    assert f"read otherwise now: {first}" in valact("track", "run", "weekly", fails=True).output


def test_another_day_is_another_request_and_the_same_day_is_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")
    made = material(1)
    hashes = dict(made.questions.select("question_id", "content_sha256").iter_rows())
    track = folder.Track(respondent="r", wordings=1, baseline=3, arl=200, questions=hashes)
    from pipeline.engine import Engine

    with ChatServer(lambda body, n: json.dumps({"answer": "ABCD"[n % 4]})) as server:
        params = run_params(tmp_path, {"m": chat_model(server.base_url)}).model_copy(
            update={"respondents": {"r": model.Settings(kind="model", model="m")}}
        )
        for day in (FIRST, FIRST, FIRST + dt.timedelta(days=1)):
            with Engine(params, "track") as engine:
                found, served = ask.ask(track, params, made, engine, day)
    assert len(server.bodies) == 2 * made.questions.height
    assert set(served) == {"gpt-test-2024-08-06"}
    assert set(found["status"]) == {"answered"}
    assert changes({"2027-01-01": "a", "2027-01-08": "b", "2027-01-15": "b"}) == [(dt.date(2027, 1, 8), "b")]
