"""Who raters are: asked in a form, kept apart and out of git, and told in counts of which none is of a few."""

from __future__ import annotations

import json
import stat
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.annotation import annotation_project
from services.folder import valact
from test_annotation_files import KEY, annotation

from pipeline.annotation import rounds
from pipeline.annotation.decisions import decide
from pipeline.annotation.exchange import outgoing
from pipeline.annotation.rater_ids import key_check, rater_id
from pipeline.annotation.rounds import Round
from pipeline.coordination import background
from pipeline.coordination.background import NOT_SAID, OTHERS, Said
from pipeline.core.errors import InputError
from pipeline.params.validation import Background
from pipeline.release import front
from pipeline.verdict import gate
from stages import collect, send, validate

ASKED = Background.model_validate(
    {"smallest": 3, "questions": {"field": {"question": "Field?", "answers": ["Arts & law", "Maths"]}}}
)


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.integers(2, 5))
@settings(max_examples=60)
def test_no_count_is_of_a_few_and_none_follows_from_the_others(said, smallest):
    """What is lumped together is of as many at least, so that a total less the rest tells nobody."""
    found = background._counts(said, smallest)
    assert all(count >= smallest for count in found.values())
    assert sum(found.values()) in {0, len(said)}
    told = {answer: count for answer, count in found.items() if answer != OTHERS}
    assert all(Counter(said)[answer] == count for answer, count in told.items())
    if found:
        assert told
        lumped = {*said} - {*told}
        assert len(lumped) != 1 or OTHERS not in found or found[OTHERS] >= smallest


def test_counts_by_hand():
    assert background._counts([*"aaaabb"], 3) == {}, "two, lumped with four, leave nothing"
    assert background._counts([*"aaaabbbb", "c"], 3) == {"b": 4, OTHERS: 5} or background._counts(
        [*"aaaabbbb", "c"], 3
    ) == {"a": 4, OTHERS: 5}
    assert background._counts([*"aaaabbcc"], 3) == {"a": 4, OTHERS: 4}
    assert background.summary([{"field": "Maths"}] * 2, ASKED) is None
    told = background.summary([{"field": "Maths"}] * 4 + [{}] * 3, ASKED)
    assert told == {"raters": 7, "answers": {"field": {"Maths": 4, NOT_SAID: 3}}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A round without a server, of which six raters have judged an item each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    params = annotation_project(tmp_path, "who")
    send.main()
    items = [task["data"] for task in outgoing().tasks]
    made = [
        annotation(data["item_id"], rater_id(KEY, n), data["choices"][0]["alias"])
        for n, data in enumerate(items[:6], start=1)
    ]
    rounds.add(Round("who", key_check(KEY), tuple(made)))
    key = Path(".label-studio/rater_key")
    key.parent.mkdir()
    key.write_text(KEY)
    return params


def filled_in(*who: int, aliases=("1", "4", "1", "2")) -> list[dict]:
    """An export of the form: who chose these answers, and when."""
    questions = ("field", "degree", "first_language", "experience")
    result = [
        {"from_name": name, "to_name": "about", "type": "choices", "value": {"choices": [alias]}}
        for name, alias in zip(questions, aliases, strict=True)
    ]
    made = [{"completed_by": n, "updated_at": f"2026-01-0{n}", "result": result} for n in who]
    return [{"data": {"item_id": background.ITEM}, "annotations": made}]


def imported(tasks) -> str:
    Path("export.json").write_text(json.dumps(tasks))
    return valact("annotate", "background", "export.json").output


def test_from_the_form_to_the_card(project):
    """Two are too few; with four there are counts; a fifth alone would be told from the difference and waits."""
    assert "Nobody of round who has said who they are" in valact("annotate", "background").output
    assert "project of its own" in valact("annotate", "background", "--form", "form").output
    config = Path("form/labelling.xml").read_text()
    from label_studio_sdk.label_interface import LabelInterface

    LabelInterface(config).validate()
    assert NOT_SAID in config
    assert json.loads(Path("form/tasks.json").read_text())[0]["data"]["item_id"] == background.ITEM

    assert "No counts yet: they are of 3 raters at least" in imported(filled_in(1, 2))
    assert "background" not in json.loads(rounds.path_of("who").read_text())
    said = imported(filled_in(3, 4))
    assert "4 raters said who they are: field: Psychology 4; degree: Doctorate 4" in said
    assert "first language: English 4" in said
    before = rounds.known("who").background
    assert "1 more filled in the form" in imported(filled_in(5, aliases=("2", "1", "2", "1")))
    assert rounds.known("who").background == before

    # Apart: by id alone, for its keeper alone, out of git, and in no judgement.
    path = background.path_of("who")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Psychology" not in "".join(json.dumps(one) for one in rounds.known("who").annotations)
    root = Path(__file__).resolve().parent.parent
    ignored = subprocess.run(["git", "check-ignore", "-q", str(path)], cwd=root, check=False)
    assert ignored.returncode == 0

    collect.main()
    validate.main()
    verdict = gate.read(Path("data/validate/gate.json"))
    facts = front.facts(project, verdict.figures["background"])
    assert "| 4 raters said who they are: field: Psychology 4;" in facts
    assert "4 raters said who they are" in valact("annotate", "status").output

    valact("annotate", "background", "--forget", rater_id(KEY, 5))
    assert rater_id(KEY, 5) not in path.read_text()
    assert "has said nothing" in valact("annotate", "background", "--forget", "r0", fails=True).stderr


def test_who_is_taken_out_or_has_not_judged_is_in_no_count(project):
    imported(filled_in(1, 2, 3, 4, 5, 6, 7))
    assert rounds.known("who").background["raters"] == 6
    for n in (1, 2, 3):
        decide(rater_id(KEY, n), "exclude", "careless", ["who"])
    background.tell("who", project.validation.background)
    assert rounds.known("who").background["raters"] == 3
    # A merge of new judgements keeps the counts and the decisions.
    item = outgoing().tasks[0]["data"]["item_id"]
    whole, _ = rounds.add(Round("who", key_check(KEY), (annotation(item, rater_id(KEY, 9), "none"),)))
    assert whole.background["raters"] == 3
    assert len(whole.decisions) == 3


def test_what_is_no_form_and_no_file_of_ours_is_said(project, tmp_path):
    Path("other.json").write_text('[{"data": {"item_id": "i1"}, "annotations": []}]')
    assert (
        "nobody said anything of themselves in it"
        in valact("annotate", "background", "other.json", fails=True).stderr
    )
    background.write("who", Said({"r1": {"field": "Maths"}}))
    background.path_of("who").write_text('{"raters": 3}')
    with pytest.raises(InputError, match="not what raters said of themselves"):
        background.read("who")
    file = rounds.path_of("who")
    file.write_text(file.read_text().replace('"note"', '"background": {"raters": "many"}, "note"'))
    with pytest.raises(InputError, match="what it says of its raters"):
        rounds.read(file)


def test_answers_that_the_form_does_not_have_are_left_out():
    tasks = filled_in(1, aliases=("2", "9", "x", "2"))
    assert background.given(tasks, KEY, ASKED, where="x") == {rater_id(KEY, 1): {"field": "Maths"}}
    newest = filled_in(1)[0]["annotations"][0] | {"updated_at": "2027"}
    tasks[0]["annotations"].append(newest)
    assert background.given(tasks, KEY, ASKED, where="x") == {rater_id(KEY, 1): {"field": "Arts & law"}}
    assert "Arts &amp; law" in background.form(ASKED)[1]


@pytest.mark.parametrize(
    "result",
    [[1, "x", None], [{"from_name": "field"}], [{"from_name": "field", "value": [1]}]]
    + [
        [{"from_name": name, "value": {"choices": said}}]
        for name in ("field", 7)
        for said in ("1", 3, [{}], ["9" * 5000])
    ],
)
def test_an_answer_that_is_none_of_ours_counts_as_not_given(result):
    made = [{"id": 1, "completed_by": 1, "result": result}]
    tasks = [{"data": {"item_id": background.ITEM}, "annotations": made}]
    assert background.given(tasks, KEY, ASKED, where="x") == {rater_id(KEY, 1): {}}


def test_an_answer_of_nobody_is_a_message():
    tasks = [{"data": {"item_id": background.ITEM}, "annotations": [{"id": 1, "result": []}]}]
    with pytest.raises(InputError, match="who made it"):
        background.given(tasks, KEY, ASKED, where="x")
