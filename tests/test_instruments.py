"""Instruments and their wordings: keys as published, files that say what is wrong, prompts that show them."""

from __future__ import annotations

import csv
import itertools
import json

import pytest
import yaml

from pipeline import instruments, prompts
from pipeline import params as settings
from pipeline.administer.requests import NONE
from pipeline.core.errors import InputError, ParamsError
from pipeline.instruments.instrument import read
from pipeline.instruments.wording import own, read_wording, stand_in
from pipeline.values import load as load_inventory

PVQ40 = instruments.load("pvq40")
VALUES = PVQ40.inventory
MODES = ("default", "selection", "adoption", "abstain", "applicability", "statements")
FIELDS = {
    "default": {"text", "options"},
    "abstain": {"text", "options"},
    "selection": {"text", "options", "value", "definition", "items"},
    "adoption": {"text", "options", "value", "definition", "items"},
    "applicability": {"text", "values", "fields"},
    "statements": {"items", "scale"},
}
WORDS = {"applicability": {"number"}, "statements": {"number", "Number", "first", "last", "low", "high"}} | {
    mode: {"many", "Many"} for mode in ("default", "selection", "adoption", "abstain")
}
# S. H. Schwartz, "The PVQ-RR: Scoring and Analysis Instructions", June 2021: the key of the 19 values, and that of the
# ten broad ones, which leaves out Face.
NINETEEN = {
    "self_direction_thought": {1, 23, 39},
    "self_direction_action": {16, 30, 56},
    "stimulation": {10, 28, 43},
    "hedonism": {3, 36, 46},
    "achievement": {17, 32, 48},
    "power_dominance": {6, 29, 41},
    "power_resources": {12, 20, 44},
    "face": {9, 24, 49},
    "security_personal": {13, 26, 53},
    "security_societal": {2, 35, 50},
    "tradition": {18, 33, 40},
    "conformity_rules": {15, 31, 42},
    "conformity_interpersonal": {4, 22, 51},
    "humility": {7, 38, 54},
    "universalism_nature": {8, 21, 45},
    "universalism_concern": {5, 37, 52},
    "universalism_tolerance": {14, 34, 57},
    "benevolence_care": {11, 25, 47},
    "benevolence_dependability": {19, 27, 55},
}
BROAD = {
    "self_direction": {1, 23, 39, 16, 30, 56},
    "stimulation": {10, 28, 43},
    "hedonism": {3, 36, 46},
    "achievement": {17, 32, 48},
    "power": {6, 29, 41, 12, 20, 44},
    "security": {13, 26, 53, 2, 35, 50},
    "conformity": {15, 31, 42, 4, 22, 51},
    "tradition": {18, 33, 40, 7, 38, 54},
    "benevolence": {11, 25, 47, 19, 27, 55},
    "universalism": {8, 21, 45, 5, 37, 52, 14, 34, 57},
}
# S. H. Schwartz, "Computing Scores for the 10 Human Values", European Social Survey.
TWENTY_ONE = {
    "conformity": {7, 16},
    "tradition": {9, 20},
    "benevolence": {12, 18},
    "universalism": {3, 8, 19},
    "self_direction": {1, 11},
    "stimulation": {6, 15},
    "hedonism": {10, 21},
    "achievement": {4, 13},
    "power": {2, 17},
    "security": {5, 14},
}


def content(**changes):
    return {
        "name": "Forty items",
        "language": "en",
        "items": {number: f"Statement {number}." for number in PVQ40.items},
        **changes,
    }


def written(tmp_path, data):
    file = tmp_path / "items.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", instruments.names())
def test_a_key_uses_every_item_once_and_stand_ins_say_what_they_are(name):
    instrument = instruments.load(name)
    assert sorted(itertools.chain(*instrument.key.values())) == list(instrument.items)
    assert tuple(instrument.key) == instrument.inventory.slugs
    for language in instrument.stand_ins:
        wording = stand_in(instrument, language)
        assert wording.name == f"ValAct stand-in, not the {instrument.title}"
        assert list(wording.items) == list(instrument.items)
        assert len(set(wording.items.values())) == len(instrument.items)
        assert len(wording.anchors) == len(instrument.scale)


def test_the_key_of_the_pvq40_is_that_of_the_scoring_instructions(reference):
    published = json.loads((reference / "pvq/pvq40_scoring_key.json").read_text())["items"]
    assert {VALUES.slug_of[name.lower()]: tuple(items) for name, items in published.items()} == PVQ40.key


def test_the_key_of_the_pvq21_is_the_published_one_and_its_codes_run_the_other_way():
    instrument = instruments.load("pvq21")
    assert {value: set(items) for value, items in instrument.key.items()} == TWENTY_ONE
    assert [instrument.turned(code) for code in (1, 2, 6)] == [6, 5, 1]
    assert (instrument.anchors["en"][0], instrument.anchors["en"][-1]) == (
        "very much like me",
        "not like me at all",
    )
    assert (instrument.rules.missing, instrument.rules.same) == (5, 16)


def test_the_key_of_the_pvq_rr_is_the_published_one_for_19_and_for_ten_values():
    instrument = instruments.load("pvq_rr")
    assert {value: set(items) for value, items in instrument.key.items()} == NINETEEN
    ten = instrument.inventory.members(load_inventory("schwartz10"))
    assert {value: set(instrument.items_of(members)) for value, members in ten.items()} == BROAD


def test_the_stand_in_shares_no_sentence_with_the_instrument(reference):
    with open(reference / "pvq/valuebench_pvq40_items.csv", encoding="utf-8") as file:
        theirs = [
            set(zip(*[row["item"].lower().split()[i:] for i in range(6)], strict=False))
            for row in csv.DictReader(file)
        ]
    for item in stand_in(PVQ40, "en").items.values():
        words = item.lower().split()
        ours = set(zip(*[words[i:] for i in range(6)], strict=False))
        assert not any(ours & other for other in theirs), item


def test_a_csv_of_a_user_is_read(tmp_path):
    file = tmp_path / "my-pvq.csv"
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["number", "text", "language", "value"])
        for number in reversed(PVQ40.items):
            writer.writerow(
                [number, f"Aussage {number}, im Ganzen", "en", VALUES.by_slug[PVQ40.value_of[number]].name]
            )
    wording = read_wording(file, PVQ40)
    assert (wording.name, wording.language) == ("my-pvq", "en")
    assert wording.items[7] == "Aussage 7, im Ganzen"
    assert wording.anchors == PVQ40.anchors["en"]


def test_another_language_brings_its_own_anchors(tmp_path):
    with pytest.raises(InputError, match="6 anchors are needed for the scale 1 to 6 in 'de'"):
        read_wording(written(tmp_path, content(language="de")), PVQ40)
    anchors = ["gar nicht", "nicht", "wenig", "etwas", "ziemlich", "sehr"]
    assert read_wording(written(tmp_path, content(language="de", anchors=anchors)), PVQ40).anchors == tuple(
        anchors
    )


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
        read_wording(file, PVQ40)
    assert str(file) in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text_are_errors(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_wording(tmp_path / "none.yaml", PVQ40)
    file = tmp_path / "items.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_wording(file, PVQ40)
    file.write_text("number,text\n1,x\n")
    with pytest.raises(InputError, match="columns are missing: language"):
        read_wording(file, PVQ40)


@pytest.mark.parametrize(("mode", "language"), list(itertools.product(MODES, ["en", "zh"])))
def test_every_mode_has_five_wordings_that_differ_and_show_the_same(mode, language):
    loaded = [prompts.load(f"administer/{mode}/{language}-{number}") for number in range(1, 6)]
    assert len({prompt.system for prompt in loaded}) == 5
    for prompt in loaded:
        marked = {field: f"<{field}>" for field in FIELDS[mode]}
        words = {field: f"<{field}>" for field in WORDS[mode]}
        shown = "\n".join(prompt.fill(**marked, **words))
        assert all(shown.count(mark) == 1 for mark in marked.values())
        # Providers with JSON mode refuse prompts that do not say JSON.
        assert "JSON" in shown
        # How many there are is for the instrument, the inventory or the question to say.
        assert not {"forty", "ten", "four"} & set(shown.lower().split())
        assert not any(word in shown for word in ("四十", "十种", "四个"))


def test_an_unknown_wording_is_an_error_that_lists_the_known():
    with pytest.raises(ParamsError, match="known are en-1, en-2, en-3, en-4, en-5, zh-1"):
        prompts.load("administer/default/de-1")


def test_chinese_names_and_definitions_cover_the_ten_values():
    texts = VALUES.texts("zh")
    assert set(texts) == set(VALUES.slugs)
    assert all(name and definition for name, definition in texts.values())
    assert len({name for name, _ in texts.values()}) == 10
    assert set(NONE) == {"en", "zh"}
    with pytest.raises(ParamsError, match="'refined19' has no names and definitions in 'zh'"):
        load_inventory("refined19").texts("zh")


def test_a_wording_of_ones_own_lies_in_the_folder_under_the_instruments_name(tmp_path):
    with pytest.raises(InputError, match="the file of items does not exist"):
        own(PVQ40, "en", tmp_path)
    (tmp_path / "pvq40.en.yaml").write_text(yaml.safe_dump(content()))
    assert own(PVQ40, "en", tmp_path).items[3] == "Statement 3."
    (tmp_path / "pvq40.en.csv").write_text("number,text,language\n")
    with pytest.raises(InputError, match="there are two files of items"):
        own(PVQ40, "en", tmp_path)
    with pytest.raises(ParamsError, match="PVQ-RR has no stand-in items in 'zh', only in en"):
        stand_in(instruments.load("pvq_rr"), "zh")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": None}, "title"),
        ({"colour": "red"}, "colour"),
        ({"key": {"power": [1]}}, "the key does not have the values of schwartz10, each once"),
        ({"scale": {"low": 6, "high": 1, "reversed": False}}, "scale.low must be below scale.high"),
        ({"anchors": {"en": ["no", "yes"]}}, "6 anchors are needed in 'en'; found 2"),
        ({"stand_in": {"en": {1: {"value": "power", "text": "x"}}}}, "are not those of the key"),
    ],
)
def test_a_faulty_instrument_is_one_error_that_names_its_file(tmp_path, change, said):
    file = tmp_path / "mine.yaml"
    data = yaml.safe_load((instruments.instrument.FOLDER / "pvq40.yaml").read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(data | change), encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        read(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("instruments", {"pvq41": {}}, "there is no instrument of that name; known are pvq21, pvq40, pvq_rr"),
        ("inventory", "eleven", "there is no inventory of that name; known are refined19, schwartz10, svs56"),
        (
            "respondents",
            {"r": {"kind": "oracle"}},
            "there is no kind of respondent of that name; known are model",
        ),
        ("respondents", {"r": {"kind": "simulated", "noise": 2}}, "noise"),
        (
            "respondents",
            {"r": {"kind": "simulated", "enacted": {"power": 1}}},
            "r.enacted: a strength for each",
        ),
    ],
)
def test_what_is_not_known_is_an_error_when_params_are_read(key, value, said):
    raw = yaml.safe_load(settings.PARAMS_FILE.read_text(encoding="utf-8"))
    with pytest.raises(ParamsError, match=said):
        settings.parse(raw | {key: value}, where="params.yaml")
