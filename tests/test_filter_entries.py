"""One file more in pipeline/filter/rules is one rule more: in the ledger, in its vocabulary and in params."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import params as params_module
from pipeline.core.errors import ParamsError
from pipeline.filter.rule import ColumnRule, Rule, TableRule, TextRule
from pipeline.filter.rules import RULES

NEW_RULE = """
from pipeline.filter.rule import TextRule

ENTRY = TextRule(
    place=55,
    meaning="shouts too much",
    doing="look for shouting",
    find=lambda text, params: (
        "exclamation marks" if text.count("!") > params.filter.rules["shouting"]["most"] else None
    ),
)
"""
SCRIPT = """
import datetime as dt, json, sys
import polars as pl, yaml
from pipeline import params
from pipeline.filter.screen import screen
from pipeline.release import vocabulary
from pipeline.tables import Posts

raw = yaml.safe_load(open(sys.argv[1]))
raw["filter"]["rules"] = {"shouting": {"most": 3}}
body = "My flatmate has moved out without paying " * 8
rows = [
    {"post_id": name, "subreddit": "AskHR", "created_at": dt.datetime(2022, 3, 1, tzinfo=dt.UTC), "title": name,
     "body": body + name * 40 + " What should I do" + marks, "score": 10, "comments": 0, "flair": None,
     "is_self": True, "state": "live", "over_18": False, "by_moderator": False, "crosspost": False}
    for name, marks in (("calm ", "?"), ("loud ", "?!!!!"))
]
for row in rows:
    row["post_id"] = row["post_id"].strip()
table = pl.DataFrame(rows, schema=Posts.create_empty().schema)
_, ledger = screen(table.lazy(), params.parse(raw, where="test"))
print(json.dumps([ledger.rows(), vocabulary.meaning("filter", "shouting")]))
"""


def test_a_rule_is_added_by_one_file(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pipeline/filter/rules/shouting.py").write_text(NEW_RULE)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root / "profiles/sample.yaml")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    ledger, meaning = json.loads(done.stdout.splitlines()[-1])
    assert ledger == [["loud", "filter", "shouting", "exclamation marks"]]
    assert meaning == "shouts too much"


def test_every_rule_has_its_own_place_among_those_of_its_kind_and_says_what_it_means() -> None:
    for kinds in ([ColumnRule], [TextRule, TableRule]):
        places = [rule.place for rule in RULES.values() if type(rule) in kinds]
        assert len(places) == len(set(places))
    assert all(isinstance(rule, Rule) and rule.meaning for rule in RULES.values())


def test_settings_of_a_rule_that_is_not_there_are_an_error_when_params_are_read(root: Path) -> None:
    raw = params_module.load(root / "profiles/sample.yaml").model_dump(mode="json")
    raw["filter"]["rules"] = {"shouting": {"most": 3}}
    with pytest.raises(ParamsError, match="no rule 'shouting'; known are crosspost, deleted"):
        params_module.parse(raw, where="test")
