"""Taking a post back: rows leave and none moves, nothing that leads to the post stays, and it cannot come in again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from services import sample_run
from services.finished_run import finished_run, run_params
from services.folder import valact, write_params
from services.project import run_environment
from services.reddit import RedditService
from services.runs import example_request
from services.sample_run import commit, copy_built, handed_over, run, taken_back

from pipeline import params as settings
from pipeline import verify as verification
from pipeline.annotation.exports import exported
from pipeline.annotation.rounds import add, read
from pipeline.core.atomic import writing
from pipeline.core.errors import CredentialsError, InputError, ProviderError
from pipeline.engine.request import Request
from pipeline.engine.response import Response
from pipeline.engine.store import Store
from pipeline.reddit.client import Client
from pipeline.reddit.journal import Journal, Listing
from pipeline.release import tombstones
from pipeline.release.configs import CONFIGS
from pipeline.repairs import asked as repairs
from pipeline.tables.ids import scenario_id
from pipeline.takedown import act, freeze, pending
from pipeline.takedown.refresh import refresh
from pipeline.withdrawn.register import KEY, REGISTER, Loss, Register

# The whole chain of builds may be one test's to wait for, on a machine that is busy.
pytestmark = [pytest.mark.slow(after="sample"), pytest.mark.timeout(1200)]

RELEASE = "data/release/valact-15k"
DAY = dt.date(2026, 11, 21)
# Inputs and the software itself: what a user has, not what a run makes.
NOT_LATER = (
    ".git",
    "data/sample/posts.ndjson.zst",
    "data/sample/transcripts",  # a copy in data/recorded is what this run reads
    "data/sample/source",
    "data/sample/build.py",
    "data/sample/authored.parquet",
)


@pytest.fixture(scope="module")
def before() -> Path:
    """The built project before anything is taken back; for reading only."""
    return handed_over()


@pytest.fixture(scope="module")
def victim(before: Path) -> dict[str, Any]:
    """The scenario that is taken back, with all that could lead to its post."""
    row = sample_run.victim(before)
    actions = pl.read_parquet(before / "data/assemble/actions.parquet").filter(scenario_id=row["scenario_id"])
    post = (
        pl.read_parquet(before / "data/scrape/posts.parquet")
        .filter(post_id=row["post_id"])
        .row(0, named=True)
    )
    marks = [row["post_id"], row["scenario_id"], row["source_sha256"], row["text_sha256"], post["title"]]
    marks += [line for line in row["text"].splitlines() if len(line) > 30]
    return row | {"marks": marks + actions["text"].to_list()}


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after `valact takedown`, what follows it built anew, and `dvc gc`."""
    return copy_built(taken_back(), tmp_path_factory.mktemp("after") / "valact")


def config(project: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(project / RELEASE / name / "test.parquet")


@pytest.mark.slow(first=True)
def test_rows_of_one_scenario_go_and_no_other_moves(
    before: Path, after: Path, victim: dict[str, Any]
) -> None:
    for name in CONFIGS:
        old, new = config(before, name), config(after, name)
        if name == "validation":  # who is asked about what is drawn anew; what was judged stays or goes
            assert new.join(old, on=["item_id", "rater"], how="anti").is_empty()
            continue
        if name == "results":  # shares over the questions that are left
            continue
        if name in ("authored", "benchmark"):  # in the sample its own questions, which are withheld here
            assert old.is_empty()
            assert new.is_empty()
            continue
        about = pl.col("scenario_id" if "scenario_id" in old.columns else "question_id").fill_null("")
        expected = old.filter(~about.str.starts_with(victim["scenario_id"]))
        if name == "item_quality":  # computed from the answers that are left
            assert new["question_id"].equals(expected["question_id"])
            continue
        assert expected.height < old.height
        assert new.drop("validation", strict=False).equals(expected.drop("validation", strict=False)), name


def test_the_next_version_is_a_patch_that_says_what_left_and_verifies(after: Path) -> None:
    folder = after / RELEASE
    assert [result for result in verification.verify(folder) if not result.passed] == []
    (tombstone,) = tombstones.read(folder)
    assert (tombstone.reason, tombstone.what) == ("requested", "scenario")
    assert settings.load(after / "params.yaml").release.version == "0.1.1"
    assert (after / "params.yaml").read_bytes() == (after / "profiles/sample.yaml").read_bytes()
    assert "# the sample's posts are ours" in (after / "params.yaml").read_text(), "comments were lost"
    card = (folder / "README.md").read_text()
    assert "Version 0.1.1" in card
    assert "1 scenario was taken back after the questions were dealt" in card
    assert re.search(r"two values meet 1[89] to 20 times, in whole\s+cycles it would be 20", card)
    assert tombstones.since(after / RELEASE, after / RELEASE) == ()


def test_nothing_that_identifies_the_post_is_in_any_later_file(
    before: Path, after: Path, victim: dict[str, Any]
) -> None:
    """Release, tables, transcripts, answers, caches of DVC; and the same search finds all of it in the old ones."""
    assert found(before, victim["marks"]) >= set(victim["marks"]), "the search is blind"
    assert found(after, victim["marks"]) == set()


def test_no_version_holds_the_text_of_a_post(before: Path, after: Path, victim: dict[str, Any]) -> None:
    scenarios = pl.read_parquet(before / "data/assemble/scenarios.parquet")
    posts = pl.read_parquet(before / "data/scrape/posts.parquet")
    texts = {line for text in scenarios["text"] for line in text.splitlines() if len(line) > 30}
    texts |= set(posts.join(scenarios, on="post_id")["title"])
    assert len(texts) > 60
    for project in (before, after):
        assert found(project / RELEASE, texts) == set()
    assert victim["scenario_id"] in found(before / RELEASE, [victim["scenario_id"]]), "the search is blind"


def test_tombstones_cannot_be_tried_out(after: Path, victim: dict[str, Any]) -> None:
    """Whoever knows every post id but not the key cannot tell which one a tombstone is about."""
    (tombstone,) = tombstones.read(after / RELEASE)
    for name in (victim["post_id"], victim["scenario_id"]):
        for make in (hashlib.sha256, hashlib.md5, hashlib.blake2b):
            assert not make(name.encode()).hexdigest().startswith(tombstone.id[:8])
        assert hashlib.blake2b(name.encode(), digest_size=16).hexdigest() != tombstone.id
    register = Register.open(after)
    assert register.taken([victim["post_id"], "1abcdef"]) == {victim["post_id"]}
    assert (after / KEY).stat().st_mode & 0o077 == 0
    assert str(KEY.parent) not in run(after, "git", "status", "--short", "--untracked-files=all")


def found(folder: Path, marks: list[str] | set[str]) -> set[str]:
    """Those marks that stand in any file below, tables and databases read as what they are."""
    pattern = re.compile("|".join(sorted(map(re.escape, marks), key=len, reverse=True)))
    hits: set[str] = set()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(NOT_LATER):
            for text in _texts(path):
                hits |= set(pattern.findall(text))
    return hits


def _texts(path: Path) -> Iterator[str]:
    head = path.read_bytes()[:16]
    if head.startswith(b"PAR1"):
        for column in pl.read_parquet(path).iter_columns():
            yield "\n".join(map(str, column.to_list()))
        return
    if head.startswith(b"SQLite"):
        with closing(sqlite3.connect(path)) as database:
            yield "\n".join(database.iterdump())
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        yield zstandard.decompress(path.read_bytes(), max_output_size=1 << 26).decode(errors="replace")
    yield path.read_bytes().decode(errors="replace")


def test_doing_it_again_does_nothing(after: Path, victim: dict[str, Any]) -> None:
    before = (after / REGISTER).read_bytes(), (after / "dvc.lock").read_bytes()
    told = run(after, "valact", "takedown", victim["post_id"], "--yes")
    assert "0 posts taken back (1 had been before); erased here: 0 rows" in told
    assert ((after / REGISTER).read_bytes(), (after / "dvc.lock").read_bytes()) == before
    assert "version is 0.1.1" in told
    assert json.loads(run(after, "dvc", "status", "--json", "release", "assemble", "judge")) == {}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = sample_run.sample_run(tmp_path / "valact")
    monkeypatch.chdir(copied)
    for name, value in run_environment(copied).items():
        monkeypatch.setenv(name, value)
    return copied


@pytest.fixture
def undvc(project: Path) -> Path:
    """The same without what DVC knows of it, for what has nothing to do with DVC."""
    (project / freeze.LOCK).unlink()
    return project


def test_a_fresh_scrape_does_not_take_the_post_again(undvc: Path, victim: dict[str, Any]) -> None:
    project = undvc
    valact("takedown", victim["scenario_id"], "--yes")
    subprocess.run([sys.executable, "-m", "stages.scrape"], cwd=project, check=True, capture_output=True)
    posts = pl.read_parquet(project / "data/scrape/posts.parquet")
    assert victim["post_id"] not in posts["post_id"]
    ledger = pl.read_parquet(project / "data/scrape/ledger.parquet").filter(reason="taken_down")
    assert ledger.select("count", "post_id", "detail").rows() == [(1, None, None)]


@pytest.mark.parametrize("stop", ["erase", "accept"])
def test_a_stopped_takedown_goes_on_where_it_was(
    stop: str, project: Path, after: Path, victim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    params = settings.load()
    with monkeypatch.context() as patch:
        patch.setattr(act if stop == "erase" else freeze, stop, interrupted)
        with pytest.raises(KeyboardInterrupt):
            act.take_down(Path(), {victim["post_id"]: Loss("requested", "scenario")}, DAY, params)
    valact("takedown")
    status = json.loads(run(project, "dvc", "status", "--json"))
    assert not {name.split("@")[0] for name in status} & set(freeze.KEPT)
    assert settings.load().release.version == "0.1.1"
    assert not (project / pending.FILE).exists()
    for name in ("assemble/questions", "judge/votes", "filter/candidates"):
        ours, theirs = (pl.read_parquet(p / f"data/{name}.parquet") for p in (project, after))
        assert ours.equals(theirs)


def test_a_takedown_while_dvc_is_at_work_is_not_lost(
    project: Path, after: Path, victim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call enters the post and says that nothing is erased yet; the second erases it."""
    pause = "import time, pathlib; pathlib.Path('building').touch(); time.sleep(600)"
    (project / "stages/validate.py").write_text(pause)
    building = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--single-item", "--force", "validate"],
        cwd=project,
        env=run_environment(project),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        ends = time.monotonic() + 60
        while not (project / "building").exists():
            assert time.monotonic() < ends
            time.sleep(0.1)
        before = (project / "data/judge/votes.parquet").read_bytes()
        for again in (False, True):
            told = valact("takedown", victim["post_id"], "--yes", fails=True).stderr
            assert "in the register" in told, again
            assert "valact takedown" in told
            assert Register.open(project).taken([victim["post_id"]]) == {victim["post_id"]}
        assert (project / "data/judge/votes.parquet").read_bytes() == before, "erased under a running stage"
    finally:
        os.killpg(building.pid, signal.SIGKILL)
        building.wait()
    run(project, "git", "checkout", "stages/validate.py")
    told = valact("takedown", victim["post_id"], "--yes").stdout
    assert "0 posts taken back (1 had been before)" in told
    assert not re.search(r"erased here: 0 rows", told)
    for name in ("assemble/questions", "judge/votes", "filter/candidates"):
        ours, theirs = (pl.read_parquet(p / f"data/{name}.parquet") for p in (project, after))
        assert ours.equals(theirs)
    assert settings.load().release.version == "0.1.1"


def test_the_register_comes_first_whatever_else_is_the_matter(
    project: Path, victim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where DVC fails, a table is half written, or another take-down is at work."""
    broken = project / "data/filter/candidates.parquet"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:100])
    (project / "data/assemble/scenarios.parquet").unlink()
    valact("takedown", victim["post_id"], "--yes", fails=True)
    (entry,) = Register.open(project).entries
    assert entry.what == "scenario", "the release says so"

    with pending.alone(project, wait=False):
        told = valact("takedown", "1another", "--yes", fails=True).stderr
    assert "another take-down is at work" in told
    assert len(Register.open(project).entries) == 2

    monkeypatch.setattr(freeze, "up_to_date", lambda *_: (_ for _ in ()).throw(InputError("DVC is broken")))
    assert "DVC is broken" in valact("takedown", "1third", "--yes", fails=True).stderr
    assert len(Register.open(project).entries) == 3


def test_a_post_entered_for_less_than_it_is_gets_its_tombstone(undvc: Path, victim: dict[str, Any]) -> None:
    """Its tables were away when it was entered, as they are while DVC builds them."""
    act.enter(undvc, {victim["post_id"]: Loss("requested", "post")}, DAY)
    valact("takedown", victim["post_id"], "--yes")
    (entry,) = Register.open(undvc).entries
    assert (entry.what, entry.date) == ("scenario", DAY)
    assert settings.load().release.version == "0.1.1"


def test_takedowns_at_once_lose_no_entry(tmp_path: Path) -> None:
    """Each process enters ten posts in a register that all of them write."""
    script = (
        "import sys, datetime; from pathlib import Path; from pipeline.takedown.act import enter;"
        "from pipeline.withdrawn.register import Loss;"
        "[enter(Path(sys.argv[1]), {f'1{sys.argv[2]}x{n}': Loss('requested', 'post')}, datetime.date(2026, 1, 1))"
        " for n in range(10)]"
    )
    Register.open(tmp_path).add({"1first": Loss("requested", "post")}, DAY)
    at_once = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), name]) for name in "abc"]
    assert [one.wait() for one in at_once] == [0, 0, 0]
    assert len(Register.open(tmp_path).entries) == 31


def test_tables_from_an_older_cache_are_refused_and_cleaned(
    undvc: Path, before: Path, victim: dict[str, Any]
) -> None:
    project = undvc
    valact("takedown", victim["post_id"], "--yes")
    old = before / "data/judge/votes.parquet"
    (project / "data/judge/votes.parquet").write_bytes(old.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "stages.release"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "1 posts that were taken back" in done.stderr
    assert "Traceback" not in done.stderr
    assert "erased here: 2 rows" in valact("takedown").stdout
    assert victim["post_id"] not in pl.read_parquet(project / "data/judge/votes.parquet")["post_id"]


def test_a_lost_or_wrong_key_is_one_error(undvc: Path, victim: dict[str, Any]) -> None:
    project = undvc
    valact("takedown", victim["post_id"], "--yes")
    (project / KEY).write_text("00" * 32)
    assert "the key is not the one" in valact("takedown", fails=True).stderr
    (project / KEY).unlink()
    done = subprocess.run(
        [sys.executable, "-m", "stages.scrape"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "handover.md" in done.stderr
    (project / KEY).write_text("no key")
    with pytest.raises(CredentialsError, match="not a key"):
        Register.open(project)


@pytest.mark.parametrize("content", ["takedowns: [", "- a", "key_mark: ''\ntakedowns: [{id: x}]\n"])
def test_a_register_edited_by_hand_is_one_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / REGISTER).write_text(content)
    with pytest.raises(InputError) as caught:
        Register.open(tmp_path)
    assert REGISTER.name in (caught.value.where or "")


def test_what_cannot_be_meant_is_said(undvc: Path) -> None:
    assert (
        "no table here holds this scenario" in valact("takedown", "s0123456789", "--yes", fails=True).stderr
    )
    assert "neither" in valact("takedown", "not a post", "--yes", fails=True).stderr
    version = settings.load().release.version
    assert "no release has had this post" in valact("takedown", "1zzzzzz", "--yes").stdout
    assert settings.load().release.version == version, "a version for a post that was in none"
    assert valact("takedown", "valactf04", fails=True).stderr, "it did not ask"


CHOSEN = {"from_name": "answer", "to_name": "t", "type": "choices", "value": {"choices": ["power"]}}
TYPED = {"from_name": "comment", "to_name": "t", "type": "textarea", "value": {"text": ["as in her post"]}}


def test_answers_judgements_and_fetched_posts_leave_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = run_params()
    finished_run(tmp_path / "data", params)
    write_params(tmp_path, params)
    post, other = pl.read_parquet("data/assemble/scenarios.parquet")["post_id"].to_list()[:2]
    scenario = scenario_id(post)
    subjects = [post, scenario, f"{scenario}.q1", other, scenario_id(other)]
    store = Store(params.responses.store)
    requests = [
        example_request(subject=subject, model=f"m{number}") for number, subject in enumerate(subjects)
    ]
    store.record([(request, answer(request)) for request in requests], stage="judge")
    store.close()
    with Journal(Path(".harvest")) as journal:
        journal.add_answers({name: {"id": name, "title": f"Title of {name}"} for name in (post, other)})
        journal.add_page(
            "r/x", Listing(), [{"id": post, "title": f"Title of {post}"}], Listing(1, None, True)
        )
    rounds = Path("annotations/rounds")
    rounds.mkdir(parents=True)
    items = [
        ("i1", scenario, None),
        ("i2", scenario_id(other), f"{scenario}.power.writer-1"),
        ("i3", scenario_id(other), None),
    ]
    pl.DataFrame(items, schema=["item_id", "scenario_id", "action_id"], orient="row").write_parquet(
        "data/items.parquet"
    )
    Path("data/send").mkdir(exist_ok=True)
    Path("data/items.parquet").rename("data/send/items.parquet")
    tasks = [
        {
            "data": {"item_id": item},
            "annotations": [
                {"id": f"{item}-{n}", "completed_by": n, "result": [CHOSEN, TYPED]} for n in (1, 2)
            ],
        }
        for item, *_ in items
    ]
    add(exported(tasks, "one", "a key", where="test"), rounds)
    asked = [
        repairs.Repair(1, f"{s}.power.w", "0" * 64, "none", 3, 0) for s in (scenario, scenario_id(other))
    ]
    repairs.write(asked)

    done = act.take_down(Path(), {post: Loss("deleted", "scenario")}, DAY, params)

    assert (done.erased.answers, done.erased.judgements) == (3, 4)
    with closing(sqlite3.connect(params.responses.store)) as database:
        assert {subject for (subject,) in database.execute("SELECT subject FROM answers")} == set(
            subjects[3:]
        )
    with Journal(Path(".harvest")) as journal:
        assert journal.ids() == {other}
    assert repairs.read() == (asked[1],)
    made = read(rounds / "one.json").annotations
    assert [one["item_id"] for one in made] == ["i3", "i3", *4 * ["taken_back"]]
    assert all(one["rater"] and one["result"] == [CHOSEN] for one in made[2:]), (
        "what was chosen is somebody's work"
    )
    assert pl.read_parquet("data/send/items.parquet")["item_id"].to_list() == ["i3"]
    left = b"".join(path.read_bytes() for path in Path().rglob("*") if path.is_file())
    assert f"About {post}".encode() not in left, "deleted bytes are still in a file"
    assert f"Title of {post}".encode() not in left
    assert f"About {other}".encode() in left


def answer(request: Request) -> Response:
    return Response(
        key=request.key,
        status="ok",
        text=f"About {request.subject}.",
        finish_reason="stop",
        error=None,
        served_model=None,
        input_tokens=1,
        cached_tokens=0,
        output_tokens=1,
        attempts=1,
        recorded_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )


@pytest.fixture
def reddit(before: Path, monkeypatch: pytest.MonkeyPatch):
    """A Reddit that has every post of the sample; a test takes some away."""
    scraped = pl.read_parquet(before / "data/scrape/posts.parquet").select("post_id", "subreddit")
    # What was turned away at the scrape is known by its id.
    away = pl.read_parquet(before / "data/scrape/ledger.parquet")["post_id"].drop_nulls().unique()
    away = away.filter(~away.is_in(scraped["post_id"].implode()))
    scraped = pl.concat([scraped, pl.DataFrame({"post_id": away, "subreddit": ["college"] * len(away)})])
    posts = [
        {
            "id": post,
            "subreddit": subreddit,
            "created_utc": 1614882000,
            "title": "T",
            "selftext": "x",
            "author": "a",
        }
        for post, subreddit in scraped.iter_rows()
    ]
    with RedditService(posts, closed={"parenting": 403}) as service:
        for name, value in service.environment().items():
            monkeypatch.setenv(name, value)
        yield service


def gone(service: RedditService, how: dict[str, str]) -> None:
    """Lets posts go: by their authors, by moderators, or altogether."""
    changes = {
        "deleted": {"selftext": "[deleted]", "author": None},
        "removed": {"selftext": "[removed]", "removed_by_category": "moderator"},
    }
    service.posts = [
        post | changes.get(how.get(post["id"], ""), {})
        for post in service.posts
        if how.get(post["id"]) != "gone"
    ]


def test_refresh_finds_what_left_reddit_and_takes_it_back(undvc: Path, reddit: RedditService) -> None:
    scraped = pl.read_parquet("data/scrape/posts.parquet")
    used = pl.read_parquet("data/assemble/scenarios.parquet").filter(pl.col("subreddit") != "Parenting")[
        "post_id"
    ]
    voted_out = pl.read_parquet("data/judge/ledger.parquet")["post_id"]
    lost = {used[0]: "deleted", used[1]: "removed", used[2]: "gone", voted_out[0]: "deleted"}
    never_used = scraped.filter(
        ~pl.col("post_id").is_in(pl.read_parquet("data/filter/candidates.parquet")["post_id"].implode()),
        pl.col("subreddit") != "Parenting",
    )["post_id"][0]
    with Journal(Path(".harvest")) as journal:
        journal.add_answers({"1fetch": {"id": "1fetch", "subreddit": "college", "title": "fetched once"}})
    lost |= {never_used: "deleted", "1fetch": "gone"}
    gone(reddit, lost)
    closed = scraped.filter(subreddit="Parenting").height

    told = valact("refresh", "--dry-run").stdout
    assert re.search(rf"{closed} private \(stay", told)
    assert "6 posts are to leave" in told
    assert not Register.open().entries, "a dry run changed something"
    assert max(len(query["id"].split(",")) for path, query in reddit.requests if path == "/api/info") <= 100

    assert "6 posts taken back" in valact("refresh", "--yes").stdout
    assert never_used not in pl.read_parquet("data/scrape/posts.parquet")["post_id"]
    with Journal(Path(".harvest")) as journal:
        assert not journal.ids()
    assert sorted((entry.reason, entry.what) for entry in Register.open().entries) == [
        ("deleted", "candidate"),
        ("deleted", "post"),
        ("deleted", "scenario"),
        ("gone", "post"),
        ("gone", "scenario"),
        ("removed", "scenario"),
    ]
    project = undvc
    run(project, sys.executable, "-m", "stages.release")
    assert not set(config(project, "filter_votes")["post_id"]) & set(lost)
    assert config(project, "questions").height == 150 - 15
    assert len(tombstones.read(project / RELEASE)) == 4
    assert "0 posts are to leave" in valact("refresh", "--yes").stdout


def test_too_many_losses_are_taken_for_a_fault(project: Path, reddit: RedditService) -> None:
    reddit.posts = []
    with pytest.raises(ProviderError, match=r"refresh\.max_share"):
        refresh(project, Client(), settings.load())
    done = subprocess.run(
        [sys.executable, "-m", "stages.refresh"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert not Register.open().entries


def test_without_credentials_refresh_says_so_and_repro_does_nothing(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stages.refresh"], cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "REDDIT_CLIENT_ID" in done.stderr) == (1, True)
    assert "Running stage" not in run(project, "dvc", "repro", "release")
    commit(project, "nothing")
    assert run(project, "git", "status", "--short") == ""


def test_what_a_killed_run_left_of_its_notes_goes_with_them(tmp_path: Path) -> None:
    with writing(tmp_path / pending.FILE) as half:
        half.touch()
    half.write_text("a post's id")
    pending.Pending(posts={"a post's id"}).write(tmp_path)
    pending.Pending.read(tmp_path).done(tmp_path)
    assert not list((tmp_path / pending.FILE).parent.iterdir())
