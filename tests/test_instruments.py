"""The PVQ-40: its key, files of items, and the prompts that show it and the questions."""

from __future__ import annotations

import csv
import itertools
import json

import pytest
import yaml

from pipeline import prompts
from pipeline.administer.requests import NAMES, NONE
from pipeline.core.errors import InputError, ParamsError
from pipeline.instruments import pvq
from pipeline.values.schwartz import BY_SLUG, SLUGS

MODES = ("default", "selection", "adoption", "abstain", "applicability", "pvq")
FIELDS = {
    "default": {"text", "options"},
    "abstain": {"text", "options"},
    "selection": {"text", "options", "value", "definition", "items"},
    "adoption": {"text", "options", "value", "definition", "items"},
    "applicability": {"text", "values", "fields"},
    "pvq": {"items", "scale"},
}


def content(**changes):
    return {
        "name": "Forty items",
        "language": "en",
        "items": {number: f"Statement {number}." for number in pvq.ITEMS},
        **changes,
    }


def written(tmp_path, data):
    file = tmp_path / "items.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return file


def test_the_key_uses_every_item_once():
    assert sorted(itertools.chain(*pvq.KEY.values())) == list(pvq.ITEMS)
    assert tuple(pvq.KEY) == SLUGS
    assert {value: len(items) for value, items in pvq.KEY.items() if len(items) != 4} == {
        "stimulation": 3,
        "hedonism": 3,
        "power": 3,
        "security": 5,
        "universalism": 6,
    }


def test_the_key_is_that_of_the_scoring_instructions(reference):
    published = json.loads((reference / "pvq/pvq40_scoring_key.json").read_text())["items"]
    names = {value.name: value.slug for value in BY_SLUG.values()}
    assert {names[name]: tuple(items) for name, items in published.items()} == pvq.KEY


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_stand_in_is_forty_items_of_the_key_and_says_what_it_is(language):
    instrument = pvq.load(pvq.STAND_IN[language])
    assert instrument.language == language
    assert instrument.name == "ValAct stand-in, not the PVQ-40"
    assert list(instrument.items) == list(pvq.ITEMS)
    assert len(set(instrument.items.values())) == 40
    assert len(instrument.of("universalism")) == 6
    # Every item says which value it aims at, and loading compares that with the key.
    assert all(
        "value" in item for item in yaml.safe_load(pvq.STAND_IN[language].read_text())["items"].values()
    )


def test_the_stand_in_shares_no_sentence_with_the_instrument(reference):
    with open(reference / "pvq/valuebench_pvq40_items.csv", encoding="utf-8") as file:
        theirs = [
            set(zip(*[row["item"].lower().split()[i:] for i in range(6)], strict=False))
            for row in csv.DictReader(file)
        ]
    for item in pvq.load(pvq.STAND_IN["en"]).items.values():
        words = item.lower().split()
        ours = set(zip(*[words[i:] for i in range(6)], strict=False))
        assert not any(ours & other for other in theirs), item


def test_a_csv_of_a_user_is_read(tmp_path):
    file = tmp_path / "my-pvq.csv"
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["number", "text", "language", "value"])
        for number in reversed(pvq.ITEMS):
            writer.writerow(
                [number, f"Aussage {number}, im Ganzen", "en", BY_SLUG[pvq.VALUE_OF[number]].name]
            )
    instrument = pvq.load(file)
    assert (instrument.name, instrument.language) == ("my-pvq", "en")
    assert instrument.items[7] == "Aussage 7, im Ganzen"
    assert instrument.anchors == pvq.ANCHORS["en"]


def test_another_language_brings_its_own_anchors(tmp_path):
    with pytest.raises(InputError, match="six anchors are needed for the scale 1 to 6 in 'de'"):
        pvq.load(written(tmp_path, content(language="de")))
    anchors = ["gar nicht", "nicht", "wenig", "etwas", "ziemlich", "sehr"]
    assert pvq.load(written(tmp_path, content(language="de", anchors=anchors))).anchors == tuple(anchors)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"items": dict.fromkeys(range(1, 40), "x")}, "40 items are needed, 39 are there; missing: 40"),
        ({"items": dict.fromkeys(range(40), "x")}, "item 0: items are numbered 1 to 40"),
        ({"items": {**content()["items"], 3: "  "}}, "item 3 has no text"),
        ({"items": {**content()["items"], 3: {"text": "x", "value": "Power"}}}, "labelled 'Power'"),
        ({"items": {**content()["items"], "3": "twice"}}, "item 3 is there twice"),
        ({"items": ["x"] * 40}, "mapping from number to text"),
        ({"name": None}, "name is missing"),
        ({"scale": 7}, "no such field: scale"),
    ],
)
def test_a_faulty_file_is_one_error_that_names_it(tmp_path, change, said):
    file = written(tmp_path, content(**change))
    with pytest.raises(InputError, match=said) as caught:
        pvq.load(file)
    assert str(file) in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text_are_errors(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        pvq.load(tmp_path / "none.yaml")
    file = tmp_path / "items.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        pvq.load(file)
    file.write_text("number,text\n1,x\n")
    with pytest.raises(InputError, match="columns are missing: language"):
        pvq.load(file)


@pytest.mark.parametrize(("mode", "language"), list(itertools.product(MODES, ["en", "zh"])))
def test_every_mode_has_five_wordings_that_differ_and_show_the_same(mode, language):
    loaded = [prompts.load(f"administer/{mode}/{language}-{number}") for number in range(1, 6)]
    assert len({prompt.system for prompt in loaded}) == 5
    for prompt in loaded:
        marked = {field: f"<{field}>" for field in FIELDS[mode]}
        shown = "\n".join(prompt.fill(**marked))
        assert all(shown.count(mark) == 1 for mark in marked.values())
        # Providers with JSON mode refuse prompts that do not say JSON.
        assert "JSON" in shown


def test_an_unknown_wording_is_an_error_that_lists_the_known():
    with pytest.raises(ParamsError, match="known are en-1, en-2, en-3, en-4, en-5, zh-1"):
        prompts.load("administer/default/de-1")


def test_chinese_names_and_definitions_cover_the_ten_values():
    assert set(NAMES["zh"]) == set(SLUGS)
    assert all(name and definition for name, definition in NAMES["zh"].values())
    assert len({name for name, _ in NAMES["zh"].values()}) == 10
    assert set(NONE) == {"en", "zh"}
