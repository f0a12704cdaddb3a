"""A post that is taken back leaves where people worked: Label Studio servers, exports, forms, hydrated copies."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from datasets import load_dataset
from services.annotation import annotation_project
from services.built_release import built_release
from services.finished_run import finished_run, run_params
from services.folder import valact, write_params
from services.label_studio import SKIP, Answer, Running
from services.study import make_study

from pipeline.annotation import projects, rater_keys, rounds, sending
from pipeline.annotation.client import connect
from pipeline.annotation.exchange import outgoing
from pipeline.core.errors import ProviderError
from pipeline.hydrate import folder as hydrated
from pipeline.local import label_studio as server
from pipeline.params import Params
from pipeline.tables import Items, read_table
from pipeline.tables.ids import scenario_id
from pipeline.takedown import act, pending, places
from pipeline.takedown.erase import EXPLORER, erase
from pipeline.takedown.shown import Shown, shown
from pipeline.verify.checksums import checksums
from pipeline.withdrawn import door
from pipeline.withdrawn.register import Loss, Register
from pipeline.withdrawn.rows import Names, parquet_files
from stages import collect, send

DAY = dt.date(2026, 11, 21)
POST = "valact3"
MARK = b"Post 3: I have"  # the head of its text, which every file would hold in the same bytes
OTHER = b"Post 2: I have"
MANY = {"half_width": 0.12, "options": 0.5, "scenarios": 0.3}
WANTED = Loss("requested", "scenario")


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def on_server(studio: Running, round_: str) -> list[dict[str, Any]]:
    with connect(studio.server) as client:
        found = projects.find(client, round_)
        assert found is not None
        return sending.read_tasks(client, found)


def about(task: dict[str, Any], number: int = 3) -> bool:
    return str(task["data"]["scenario"]).startswith(f"Post {number}:")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studio: Running) -> Path:
    """A project whose local Label Studio server is the one that runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.server.key)
    with connect(studio.server) as client:  # of other tests, whose keys are not here
        for found in projects.ours(client):
            client.projects.delete(id=found.id)
    (tmp_path / server.HOME).symlink_to(studio.home)
    program = tmp_path / server.PROGRAM
    program.parent.mkdir(parents=True)
    program.symlink_to(Path(__file__).parent.parent / server.PROGRAM)
    return tmp_path


def judged_round(round_: str, work: Path, studio: Running) -> tuple[Params, int]:
    """Judgements of every second task, those of the post among them, one of them of a sample drawn before; how many
    are of the post."""
    send.main()
    # Attention checks show an action beside the scenario of another post.
    elsewhere = pl.col("distractor") & pl.col("action_id").str.starts_with(scenario_id(POST))
    checks = {*read_table(Items, "data/send/items.parquet").filter(elsewhere)["item_id"]}
    raters, count = [studio.rater("anna"), studio.rater("ben")], 0
    for number, task in enumerate(on_server(studio, round_)):
        if about(task) or number % 2:
            first = task["data"]["choices"][0]["alias"]
            typed = "as Post 3: I have says" if about(task) else ""
            answer = SKIP if number % 5 == 0 else Answer(first, comment=typed)
            raters[number % 2].judge(task, answer)
            count += about(task) or task["data"]["item_id"] in checks
    # Another sample: judged tasks that are no longer drawn stay on the server, and in no table.
    params = annotation_project(work, round_)
    send.main()
    sampled = {task["data"]["item_id"] for task in outgoing().tasks}
    assert any(about(task) and task["data"]["item_id"] not in sampled for task in on_server(studio, round_))
    return params, count


def test_tasks_leave_the_server_and_its_disk_and_judgements_stay(work: Path, studio: Running) -> None:
    annotation_project(work, "td-1", **MANY)
    params, count = judged_round("td-1", work, studio)
    others = [task["id"] for task in on_server(studio, "td-1") if not about(task)]
    with connect(studio.server) as client:  # what the button Export does
        found = projects.find(client, "td-1")
        assert found is not None
        b"".join(client.projects.exports.as_file(found.id, export_type="JSON"))
    assert any((studio.home / "export").iterdir())
    assert MARK in bytes_of(studio.home)

    done = act.take_down(Path(), {POST: WANTED}, DAY, params)

    assert [task["id"] for task in on_server(studio, "td-1")] == others
    assert not any((studio.home / "export").iterdir())
    for folder in (studio.home, Path("data"), Path("annotations")):
        assert MARK not in bytes_of(folder), folder
    assert OTHER in bytes_of(studio.home), "the search is blind"
    made = rounds.read(rounds.path_of("td-1")).annotations
    gone = [one for one in made if one["item_id"] == rounds.TAKEN_BACK]
    assert done.erased.judgements == len(gone) == count > 1
    assert all(one["rater"] and "comment" not in str(one["result"]) for one in gone)
    assert not (work / pending.FILE).exists()
    # What raters did is counted and is nothing to be afraid of.
    collect.main()
    ledger = pl.read_parquet("data/collect/ledger.parquet")
    assert ledger.filter(reason="taken_back").height == count
    # And it does not come back.
    assert act.take_down(Path(), {}, DAY, params).erased.judgements == 0


def test_a_server_that_is_down_loses_nothing_and_hides_nothing(
    work: Path, studio: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotation_project(work, "td-2", **MANY)
    params, count = judged_round("td-2", work, studio)
    key = rater_keys.FOLDER / "td-2"
    secret = key.read_bytes()
    (work / server.HOME).unlink()  # it runs on another machine
    key.parent.mkdir(parents=True)
    key.write_bytes(secret)
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    with pytest.raises(ProviderError):
        act.take_down(Path(), {POST: WANTED}, DAY, params)
    assert Register.open().taken([POST]) == {POST}
    assert MARK not in bytes_of(Path("data")), "what could be reached was not cleaned"
    assert POST.encode() not in bytes_of(Path("data"))

    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    done = act.take_down(Path(), {}, DAY, params)
    assert not [task for task in on_server(studio, "td-2") if about(task)]
    assert (done.erased.judgements, (work / pending.FILE).exists()) == (count, False)


def test_a_server_here_that_does_not_run_is_started_for_it(
    work: Path, studio: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotation_project(work, "td-3", **MANY)
    params, _ = judged_round("td-3", work, studio)
    monkeypatch.delenv("LABEL_STUDIO_URL")
    studio.stop()
    try:
        done = act.take_down(Path(), {POST: WANTED}, DAY, params)
        assert MARK not in bytes_of(studio.home)
        assert any("tasks deleted" in note for note in done.notes)
    finally:
        studio.start()
    assert [task for task in on_server(studio, "td-3") if not about(task)]


def test_reading_a_round_leaves_no_export_behind(work: Path, studio: Running) -> None:
    annotation_project(work, "td-4")
    for file in (studio.home / "export").glob("*"):
        file.unlink()
    send.main()
    collect.main()
    assert "is as it should be" in valact("annotate", "send").stdout
    assert not [path for path in (studio.home / "export").rglob("*") if path.is_file()]


def test_the_explorer_goes_where_it_shows_the_post_and_stays_where_it_does_not(tmp_path: Path) -> None:
    page = tmp_path / EXPLORER
    page.parent.mkdir(parents=True)
    page.write_text(f'<section aria-labelledby="h-{scenario_id(POST)}.q2">')
    for post in ("valact2", POST):
        assert page.exists()
        erase(tmp_path, [post], Shown(), run_params())
    assert not page.exists()


def test_a_task_is_told_by_item_by_what_it_asks_or_by_its_text(tmp_path: Path) -> None:
    params = annotation_project(tmp_path, "one")
    tables = parquet_files([tmp_path / "data"])
    theirs = shown(tmp_path, tables, [POST], params)
    scenarios = pl.read_parquet(tmp_path / "data/assemble/scenarios.parquet")
    text = scenarios.filter(post_id=POST)["text"][0]
    assert theirs.task({"item_id": "other", "scenario": text})
    assert theirs.task(
        {
            "item_id": "other",
            "choices": [
                {
                    "hint": pl.read_parquet(tmp_path / "data/assemble/actions.parquet").filter(
                        scenario_id=scenario_id(POST)
                    )["text"][3]
                }
            ],
        }
    )
    assert not theirs.task({"item_id": "other", "scenario": scenarios.filter(post_id="valact2")["text"][0]})
    assert Shown.of_json(json.loads(json.dumps(theirs.as_json()))) == theirs
    assert not Shown().task({"item_id": "i1", "scenario": text})


def test_forms_that_were_made_anywhere_lose_their_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = make_study(tmp_path, forms=6)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    valact("forms", "--n", "2", "--out", "sub/more")
    key = pl.read_parquet("forms/key/key.parquet")
    scenarios = pl.read_parquet("data/assemble/scenarios.parquet")
    counts = (
        key.drop_nulls("scenario_id")
        .group_by("scenario_id")
        .agg(forms=pl.col("form").n_unique())
        .sort("forms")
    )
    scenario = counts["scenario_id"][0]
    row = scenarios.filter(scenario_id=scenario).row(0, named=True)
    text = row["text"].splitlines()[0].split(":")[0].encode()  # as page and table hold it
    theirs = set(key.filter(scenario_id=scenario)["form"])
    assert theirs
    assert text in bytes_of(Path("forms"))
    assert text in bytes_of(Path("sub/more"))

    valact("takedown", row["post_id"], "--yes")

    for folder in (Path("forms"), Path("sub/more")):
        assert text not in bytes_of(folder), folder
        assert row["scenario_id"] not in str(pl.read_parquet(folder / "key/key.parquet").rows())
        assert row["scenario_id"] not in str(pl.read_parquet(folder / "key/questions.parquet").rows())
    left = pl.read_parquet("forms/key/key.parquet")
    assert left.height == key.filter(pl.col("scenario_id").ne_missing(scenario)).height
    assert {path.stem for path in Path("forms/pages").iterdir()} == set(key["form"]) - theirs
    assert study.params.forms.questions


def test_forms_that_were_moved_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_study(tmp_path, forms=2)
    monkeypatch.chdir(tmp_path)
    Path("forms").rename("elsewhere")
    post = pl.read_parquet("data/assemble/scenarios.parquet")["post_id"][0]
    told = valact("takedown", post, "--yes").stdout
    assert "forms: forms were made there and are gone" in told
    assert (tmp_path / places.FILE).stat().st_mode & 0o077 == 0


def test_a_hydrated_copy_loses_the_rows_and_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = run_params(source="archive", text="withhold", licence="cc-by-4.0")
    built = built_release(tmp_path / "run", tmp_path / "valact-15k", params)
    write_params(tmp_path, params)
    scenarios = pl.read_parquet(built / "scenarios/test.parquet")
    texts = [f"What was posted in {post}?" for post in scenarios["post_id"]]
    settled = scenarios.select("scenario_id", "post_id").with_columns(
        status=pl.lit("ok"), text=pl.Series(texts, dtype=pl.String)
    )
    hydrated.write(built, Path("mine"), scenarios, settled)
    places.remember("copies", Path("mine"))
    post, other = scenarios["post_id"][:2]

    for _ in range(2):  # the second finds nothing to do
        valact("takedown", post, "--yes")
        left = [pl.read_parquet(file).to_dicts() for file in parquet_files([Path("mine")])]
        assert post not in str(left)
        assert scenario_id(post) not in str(left)
        assert other in str(left)
        assert list(checksums(Path("mine"))) == []
        rows = load_dataset("mine", "scenarios", split="test")
        assert rows.num_rows == scenarios.height - 1


def test_what_another_post_says_in_the_same_words_is_left_to_it(tmp_path: Path) -> None:
    params = annotation_project(tmp_path, "one")
    path = tmp_path / "data/assemble/actions.parquet"
    actions = pl.read_parquet(path)
    theirs, own = (actions.filter(scenario_id=scenario_id(post))["text"] for post in (POST, "valact2"))
    actions.with_columns(pl.col("text").replace({own[0]: theirs[0]})).write_parquet(path)
    found = shown(tmp_path, parquet_files([tmp_path / "data"]), [POST], params)
    assert not found.task({"item_id": "of valact2", "action": theirs[0]})
    assert found.task({"item_id": "other", "action": theirs[1]})


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_stop_while_the_scrape_is_cleaned_loses_no_record(
    stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished_run(tmp_path, run_params())
    scrape, steps = tmp_path / "scrape", iter(range(1, 10))
    before = pl.read_parquet(scrape / "posts.parquet").height
    posts = pl.read_parquet(scrape / "posts.parquet")["post_id"]

    def stopping(step: Callable[..., Any]) -> Callable[..., Any]:
        def one(*arguments: Any) -> Any:
            if next(steps) == stop:
                raise KeyboardInterrupt
            return step(*arguments)

        return one

    with monkeypatch.context() as patch:
        for name in ("write_table", "without"):
            patch.setattr(door, name, stopping(getattr(door, name)))
        with pytest.raises(KeyboardInterrupt):
            door.shut_out(scrape, Names(posts[:1]))
    for _ in range(2):
        door.shut_out(scrape, Names(posts[:2]))
        ledger = pl.read_parquet(scrape / "ledger.parquet")
        assert before - pl.read_parquet(scrape / "posts.parquet").height == 2
        assert ledger.filter(source="takedowns").select("count", "post_id").rows() == [(2, None)]
