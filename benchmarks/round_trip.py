"""A release goes out without its texts, and what a model answered comes back: at the paper's size, or a part of it.

Begins with a finished run of the paper's profile (a project that `python -m benchmarks.rehearsal --keep` left, or one
rehearsed here), builds its release with the code of this checkout, publishes it on a loopback Hub, through Xet and
through plain LFS, and hydrates it as a user would, from a dump in which a fifth of the posts is edited, deleted,
removed or gone. Both harnesses run on the copy, against a loopback model that always chooses the action of one value
and says nothing where there is none; logs are imported, scored, analysed and reported, and the next version's
leaderboard and `valact compare` show them. Ends with an error unless each figure is what is counted in the copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import polars as pl
import yaml
import zstandard

from benchmarks import rehearsal
from benchmarks.accounts import VALACT
from pipeline.withdrawn.register import PRIVATE, REGISTER

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from services.chat import ChatServer  # noqa: E402
from services.harnesses import BIN, INSPECT, harness, lm_eval  # noqa: E402
from services.hub import OWNER, Hub  # noqa: E402
from services.measured_models import MeasuredModels  # noqa: E402
from services.project import run_environment  # noqa: E402

VALUE, REPOSITORY = "benevolence", "owner/valact-15k"
RELEASE = Path("data/release/valact-15k")
# Every so many posts, one is no longer as it was: a fifth of them.
ROT = 5
FATES: tuple[Callable[[dict[str, Any]], dict[str, Any] | None], ...] = (
    lambda post: post | {"selftext": f"{post['selftext']} and one more word"},
    lambda post: post | {"selftext": "[deleted]", "author": "[deleted]", "removed_by_category": "deleted"},
    lambda post: post | {"selftext": "[removed]", "removed_by_category": "moderator"},
    lambda post: None,
)
# Names of the two studies, and of the model as each harness calls it.
STUDIES = {"inspected": "openai-api/loop/m", "evaluated": "m"}
_OPTION = re.compile(r"^([A-D])\) (.*)$", re.MULTILINE)


@dataclass
class Trip:
    """The project of the makers, and what was measured on the way."""

    project: Path
    result: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.result.setdefault("seconds", {})[what] = round(time.monotonic() - start, 1)
        click.echo(f"{what}: {self.result['seconds'][what]} s", err=True)

    def run(self, *command: str, cwd: Path | None = None, **environment: str) -> str:
        """A command of Python; SystemExit with what it said where it fails."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=cwd or self.project,
            env=run_environment(self.project) | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)[:200]} failed:\n{(done.stdout + done.stderr)[-5000:]}")
        return done.stdout


@click.command()
@click.option(
    "--scale", default=0.1, show_default=True, help="Share of the paper's size, where a run is rehearsed."
)
@click.option("--posts", default=300_000, show_default=True, help="Submissions in its dump at scale 1.")
@click.option("--project", type=Path, help="A finished run to begin with; it is copied and stays as it is.")
@click.option("--out", default="benchmarks/results/round_trip.json", show_default=True, type=Path)
def main(scale: float, posts: int, project: Path | None, out: Path) -> None:
    if not (BIN / "inspect").exists():
        sys.exit("the harnesses are not installed: make .venv-evaluators/stamp")
    with tempfile.TemporaryDirectory(prefix="valact-round-trip-") as temporary:
        home = Path(temporary)
        trip = Trip(home / "project")
        with trip.timed("run"):
            begin(trip.project, project, rehearsal.Size.scaled(scale, posts))
        prepare(trip.project)
        with trip.timed("release"):
            trip.run("-m", "stages.release")
        copy = there(trip, home)
        logs = asked(trip, copy, home)
        back(trip, copy, logs)
    trip.result |= {"scale": None if project else scale, "load": os.getloadavg()}
    rehearsal.write(out, trip.result)
    click.echo(json.dumps(trip.result, indent=1))


def begin(target: Path, finished: Path | None, size: rehearsal.Size) -> None:
    """A project with the tables of a finished run, and this checkout's code."""
    if finished is None:
        rehearsal.prepare(target, size)
        with MeasuredModels() as models:
            rehearsal.in_spite_of_kills(
                target, rehearsal.environment_of(target, models), models, size, kills=False
            )
        return
    rehearsal.copy_project(target, "paper")
    shutil.copyfile(finished / "params.yaml", target / "params.yaml")
    for folder in (finished / "data").iterdir():
        if folder.is_dir() and folder.name not in ("release", "sample", "previous"):
            shutil.copytree(folder, target / "data" / folder.name, dirs_exist_ok=True)
    # A rehearsal takes a post back.
    shutil.copyfile(finished / REGISTER, target / REGISTER)
    if (finished / PRIVATE).exists():
        shutil.copytree(finished / PRIVATE, target / PRIVATE, dirs_exist_ok=True)


def prepare(project: Path, version: str = "1.0.0", previous: Path | None = None) -> None:
    """Params under which the release may go out, unvalidated as a rehearsal is, and nobody else is a respondent."""
    file = project / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    params["release"] |= {
        "version": version,
        "repository": REPOSITORY,
        "contact": "me@example.org",
        "results": "data/analyse" if previous else "data/results",
        "previous": str(previous) if previous else None,
    }
    params["publish"] = {"private": False, "gated": False, "allow_unvalidated": True}
    params["respondents"] = {}
    file.write_text(yaml.safe_dump(params, sort_keys=False, allow_unicode=True), encoding="utf-8")


def there(trip: Trip, home: Path) -> Path:
    """Publishes, downloads and hydrates; the user's copy."""
    user = home / "user"
    user.mkdir()
    for way in ("lfs", "xet"):
        with Hub() as hub:
            client = {
                "HF_ENDPOINT": hub.url,
                "HF_HUB_OFFLINE": "0",
                "HF_TOKEN": OWNER,
                "HF_HUB_DISABLE_XET": str(int(way == "lfs")),
                "HF_HOME": str(home / way),
            }
            with trip.timed(f"publish ({way})"):
                trip.run("-m", "stages.publish", VALACT_PUBLISH="release", **client)
            receipt = json.loads((trip.project / "data/published.json").read_text())
            if receipt["status"] != "published":
                sys.exit(f"not published: {receipt['because']}")
            if not (hub.uploads if way == "lfs" else hub.xet.uploads):
                sys.exit(f"nothing went through {way}")
            if way == "xet":
                dump = user / "RS_later.zst"
                rot = rotten(trip.project, dump)
                command = ("hydrate", f"{REPOSITORY}@v1.0.0", "--out", "copy", "--dumps", str(dump))
                with trip.timed("hydrate"):
                    trip.run(*VALACT, *command, cwd=user, **client)
    copy = user / "copy"
    with trip.timed("verify the copy"):
        trip.run(*VALACT, "release", "verify", str(copy), cwd=user)
    found = dict(
        pl.read_parquet(copy / "hydration.parquet")["status"].value_counts().sort("status").iter_rows()
    )
    trip.result["scenarios"] = found
    if sum(found.values()) - found["ok"] != rot:
        sys.exit(f"{rot} posts were not as they had been, the copy says {found}")
    return copy


def rotten(project: Path, dump: Path) -> int:
    """Writes a dump of the posts of all scenarios, of which every fifth has changed or gone; how many these are."""
    posts = pl.read_parquet(project / "data/scrape/posts.parquet").join(
        pl.read_parquet(project / "data/assemble/scenarios.parquet", columns=["post_id"]),
        on="post_id",
        how="semi",
    )
    lost = 0
    with zstandard.open(dump, "wt", encoding="utf-8") as file:
        for number, row in enumerate(posts.sort("post_id").iter_rows(named=True)):
            now: dict[str, Any] | None = {
                "id": row["post_id"],
                "subreddit": row["subreddit"],
                "author": "somebody",
                "created_utc": row["created_at"].timestamp(),
                "title": row["title"],
                "selftext": row["body"],
                "is_self": True,
                "score": row["score"],
            }
            if number % ROT == 0 and now is not None:
                now = FATES[lost % len(FATES)](now)
                lost += 1
            if now is not None:
                file.write(json.dumps(now) + "\n")
    return lost


def asked(trip: Trip, copy: Path, home: Path) -> dict[str, Path]:
    """Both harnesses on the copy; the logs of each by its study. Their own figures are those counted by hand."""
    letters = {
        tuple(option["text"] for option in options): next(
            (option["label"] for option in options if option["value"] == VALUE), None
        )
        for options in pl.read_parquet(copy / "questions/test.parquet")["options"].to_list()
    }

    def model(body: dict[str, Any], n: int) -> str:
        said = body["messages"][-1]["content"]
        text = said if isinstance(said, str) else said[0]["text"]
        options = _OPTION.findall(text.rpartition("</post-")[2])
        letter = letters[tuple(action for _, action in options)]
        return f"ANSWER: {letter}" if letter else "None of these."

    with ChatServer(model) as chat:
        with trip.timed("inspect_ai"):
            done = harness(
                copy, home, chat, "python", "-c", INSPECT, str(copy), STUDIES["inspected"], str(home / "logs")
            )
        if done.returncode:
            sys.exit(f"inspect_ai failed:\n{(done.stdout + done.stderr)[-5000:]}")
        inspected = json.loads(done.stdout.splitlines()[-1])
        with trip.timed("lm-evaluation-harness"):
            done = lm_eval(copy, home, chat)
        if done.returncode:
            sys.exit(f"lm_eval failed:\n{(done.stdout + done.stderr)[-5000:]}")
        trip.result["calls"] = len(chat.bodies)
    (path,) = (home / "out").rglob("results_*.json")
    evaluated = {
        task: {name.removesuffix(",none"): value for name, value in figures.items()}
        for task, figures in json.loads(path.read_text())["results"].items()
    }
    counted = by_hand(copy)
    trip.result["counted"] = counted
    for figures, accuracy in ((inspected, "accuracy"), (evaluated, "acc")):
        same("selection", figures["valact_selection"][accuracy], counted["accuracy"])
        for task in ("valact_selection", "valact_default"):
            same(f"{task} answered", figures[task]["answered"], counted["answered"])
            same(f"{task} present", figures[task]["present"], counted["present"])
        same("share", figures["valact_default"][VALUE], 1)
    return {"inspected": home / "logs", "evaluated": home / "out"}


def by_hand(copy: Path) -> dict[str, float]:
    """The figures of somebody who always chooses the action of VALUE, from the copy's questions."""
    every = pl.read_parquet(copy / "questions/test.parquet")
    here = every.drop_nulls("text")
    offers = here.filter(pl.col("options").list.eval(pl.element().struct.field("value") == VALUE).list.any())
    return {
        "questions": every.height,
        "present": here.height / every.height,
        "answered": offers.height / here.height,
        "accuracy": offers.filter(pl.col("target_value") == VALUE).height / offers.height,
    }


def back(trip: Trip, copy: Path, logs: dict[str, Path]) -> None:
    """Imports, scores, analyses and reports both, builds the next version with them, and looks at what it shows."""
    counted, project = trip.result["counted"], trip.project
    previous = project / "data/previous/v1.0.0"
    shutil.copytree(project / RELEASE, previous)
    prepare(project, "1.0.1", previous.relative_to(project))
    with trip.timed("import"):
        for study, path in logs.items():
            trip.run(*VALACT, "import-answers", str(path), "--name", study)
    for stage in ("score", "analyse", "report", "release"):
        with trip.timed(f"next {stage}"):
            trip.run("-m", f"stages.{stage}")
    found = pl.read_parquet(project / RELEASE / "results/test.parquet")
    report = (project / "data/report/report.html").read_text(encoding="utf-8")
    page = (project / RELEASE / "leaderboard/index.html").read_text(encoding="utf-8")
    for who in STUDIES.values():
        rows = {
            (row["mode"], row["measure"], row["value"]): row["estimate"]
            for row in found.filter(respondent=who).iter_rows(named=True)
        }
        same(f"{who}: share", rows["default", "share", VALUE], 1)
        same(f"{who}: answered", rows["default", "answered", "all"], counted["answered"])
        same(f"{who}: accuracy", rows["selection", "accuracy", "all"], counted["accuracy"])
        if who not in report or f'<td data-sort="{who}">{who}</td>' not in page:
            sys.exit(f"{who} is not in the report or not on the leaderboard")
    with trip.timed("compare"):
        release = str(project / RELEASE)
        trip.run(
            *VALACT, "compare", f"{release}:{STUDIES['evaluated']}", str(logs["inspected"]), "--out", "c.csv"
        )
    agreed = pl.read_csv(project / "c.csv").filter(measure="same_answer")
    same("the same model, question by question", agreed["difference"][0], 1)
    same(
        "on as many questions",
        agreed["n"][0],
        round(counted["answered"] * counted["present"] * counted["questions"]),
    )
    trip.result["compared_questions"] = agreed["n"][0]


def same(what: str, found: float, expected: float) -> None:
    if abs(found - expected) > 1e-6:
        sys.exit(f"{what}: {found}, where {expected} was counted by hand")


if __name__ == "__main__":
    main()
