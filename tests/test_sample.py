"""The sample: who wrote and judged it is told alike everywhere, and it is as unlike itself as real posts are."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import pytest
import yaml
from services.sample_run import built

from pipeline import params as settings
from pipeline.release import wording
from pipeline.step.about import SAMPLE_JUDGED, SAMPLE_WRITTEN, notice

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ("README.md", "params.yaml", "profiles/sample.yaml", "data/sample/README.md")
JUDGED = (*WRITTEN, "annotations/rounds/sample-trial.json")
# What these places said before, each something else.
FORMER = (
    "answers of any language model",
    "no model gave",
    "by the authors of this software",
    "never by a model",
)


def told(path):
    """The text of a file in one line, without the marks of comments."""
    return re.sub(r"\s*\n(?:# )?", " ", (ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WRITTEN)
def test_who_wrote_the_sample_is_told_alike(path):
    assert SAMPLE_WRITTEN in told(path)


@pytest.mark.parametrize("path", JUDGED)
def test_who_judged_the_trial_round_is_told_alike(path):
    assert SAMPLE_JUDGED in told(path) or SAMPLE_JUDGED.rstrip(".") in told(path)


@pytest.mark.parametrize("path", [*JUDGED, "data/sample/build.py", "pipeline/step/about.py"])
def test_nothing_else_is_told_of_it(path):
    assert not [words for words in FORMER if words in told(path)]


def test_the_card_tells_it():
    params = settings.load(ROOT / "profiles/sample.yaml")
    assert SAMPLE_WRITTEN in notice(params)
    assert SAMPLE_WRITTEN in wording.collection(params)


@pytest.fixture(scope="module")
def scenarios():
    posts = [
        post
        for path in sorted((ROOT / "data/sample/source").glob("*.yaml"))
        for post in yaml.safe_load(path.read_text(encoding="utf-8")).get("posts", [])
    ]
    return [post for post in posts if post["expect"] == "scenario"]


def test_lengths_are_as_unlike_as_those_of_real_posts(scenarios):
    """3,474 real posts: 43 to 985 words, standard deviation 168."""
    lengths = [len(f"{post['title']} {post['body']}".split()) for post in scenarios]
    assert min(lengths) < 60
    assert max(lengths) > 700
    assert 150 < statistics.stdev(lengths) < 200


def test_hardly_a_post_is_about_grandparents(scenarios):
    about = [post for post in scenarios if re.search(r"\bgrand(?:ma|pa|m|f|dad|par)", post["body"].lower())]
    assert len(about) / len(scenarios) < 0.05


def test_words_alone_do_not_tell_the_values():
    metrics = json.loads((built() / "data/metrics/validation.json").read_text(encoding="utf-8"))
    assert metrics["text_only"]["values"]["n"] == 600
    assert metrics["text_only"]["values"]["estimate"] < 0.6


def test_no_two_raters_readings_are_entered_twice():
    judged = json.loads((ROOT / "annotations/rounds/sample-trial.json").read_text(encoding="utf-8"))[
        "annotations"
    ]
    assert len({(one["item_id"], one["rater"]) for one in judged}) == len(judged)
    assert len({one["annotation"] for one in judged}) == len(judged)
