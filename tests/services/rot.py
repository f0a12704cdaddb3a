"""A release of 3,000 scenarios whose texts are withheld, and what has become of its posts at Reddit since."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from datasets import DatasetInfo, Features, SplitDict, SplitInfo
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from pipeline.filter.text import scenario_text
from pipeline.params.posts import Masking
from pipeline.reddit.post import normalise
from pipeline.release.configs import QuestionsConfig, ScenariosConfig
from pipeline.release.files import arrow, write_parquet
from pipeline.release.manifest import FILE, SCHEMA_VERSION, Manifest
from pipeline.tables import conform
from pipeline.tables.ids import scenario_id
from services.finished_run import run_params
from services.values import SLUGS

SUBREDDITS = ("careerguidance", "AskHR", "changemyview")
CLOSED = "changemyview"
# Every so many posts one has changed, by its place; the rest is as it was.
ROT = {"edited": 11, "deleted": 13, "account gone": 17, "removed": 19, "nothing left": 101}


def post(number: int) -> dict[str, Any]:
    """Post of that number as it was when the release was built; every 50th names a person."""
    name = "My boss Jennifer Miller said no. " if number % 50 == 0 else ""
    return {
        "id": f"1rot{number:04}",
        "subreddit": SUBREDDITS[(number % 40 == 0 and 2) or number % 2],
        "created_utc": 1614882000 + number,
        "title": f"Should I take offer {number} &amp; leave?",
        "selftext": f"{name}It is **number {number}**, and I can *not* decide.\n\nEdit: thanks!",
        "author": f"user{number}",
        "score": number,
        "is_self": True,
    }


def fate(number: int, *, closed: bool = True) -> str:
    """What has become of the post, a status of ``pipeline.hydrate.check``; with or without the closed subreddit."""
    if closed and post(number)["subreddit"] == CLOSED:
        return "private"
    for kind, every in ROT.items():
        if number % every == 5:
            return {"account gone": "deleted", "nothing left": "gone"}.get(kind, kind)
    return "ok"


def now(number: int) -> dict[str, Any] | None:
    """The post as Reddit has it now; None where it has nothing."""
    raw = post(number)
    for kind, every in ROT.items():
        if number % every == 5:
            return {
                "edited": raw | {"selftext": raw["selftext"].replace("decide", "decide at all")},
                "deleted": raw | {"selftext": "[deleted]", "author": None, "removed_by_category": "deleted"},
                "account gone": raw | {"author": None},
                "removed": raw | {"selftext": "[removed]", "removed_by_category": "moderator"},
                "nothing left": None,
            }[kind]
    return raw


def text(number: int) -> str:
    row = normalise(post(number))
    assert isinstance(row, dict)
    return scenario_text(row["title"], row["body"])


def masked(number: int) -> str:
    return text(number).replace("Jennifer Miller", "[PERSON]")


DO = "Do it."


def build(folder: Path, count: int) -> Path:
    """What hydration reads of a release: its card and the two configs with texts, of so many scenarios."""
    categories = run_params().category_of
    scenarios, questions = [], []
    for number in range(1, count + 1):
        raw = post(number)
        scenario = {
            "scenario_id": scenario_id(raw["id"]),
            "category": categories[raw["subreddit"].lower()],
            "subreddit": raw["subreddit"],
            "year": 2021,
            "text": None,
        }
        hashes = {"source_sha256": _sha256(text(number)), "text_sha256": _sha256(masked(number))}
        scenarios.append(
            scenario
            | hashes
            | {"post_id": raw["id"], "rank": number, "role": "chosen", "words": 9}
            | {"masked": int(hashes["source_sha256"] != hashes["text_sha256"])}
        )
        of = [hashes["text_sha256"], *([value, _sha256(DO)] for value in SLUGS[:4])]
        content = {"content_sha256": _sha256(json.dumps(of, separators=(",", ":")))}
        questions += [_question(scenario, n) | content for n in range(1, 6)]
    infos = {}
    for name, schema, rows in (
        ("questions", QuestionsConfig, questions),
        ("scenarios", ScenariosConfig, scenarios),
    ):
        table = arrow(conform(schema, rows, where=name))
        write_parquet(table, folder / name / "test.parquet")
        infos[name] = DatasetInfo(
            features=Features.from_arrow_schema(table.schema),
            splits=SplitDict({"test": SplitInfo("test", table.nbytes, table.num_rows)}),
        )
    data = DatasetCardData(
        license="cc-by-4.0",
        configs=[
            {"config_name": name, "data_files": [{"split": "test", "path": f"{name}/test.parquet"}]}
            for name in infos
        ],
    )
    DatasetInfosDict(infos).to_dataset_card_data(data)
    described = Manifest(
        name="ValAct-15k",
        version="1.0.0",
        schema_version=SCHEMA_VERSION,
        sample=False,
        text="withhold",
        masking=Masking(),
        validated=False,
        missing=["It is made up for a test."],
        figures={},
        configs={},
    )
    (folder / FILE).write_text(described.json())
    (folder / "README.md").write_text(f"---\n{data.to_yaml()}\n---\n\n# A release\n")
    return folder


def _question(scenario: dict[str, Any], number: int) -> dict[str, Any]:
    question, values = f"{scenario['scenario_id']}.q{number}", SLUGS[:4]
    options = [
        {
            "position": place,
            "label": "ABCD"[place - 1],
            "action_id": f"{scenario['scenario_id']}.{value}.writer-{number}",
            "value": value,
            "generator": f"writer-{number}",
            "text": DO,
        }
        for place, value in enumerate(values, 1)
    ]
    target = {"target_value": values[0], "target_position": 1, "target_action_id": options[0]["action_id"]}
    return scenario | target | {"question_id": question, "options": options, "design": "paper"}


def _sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
