"""What LimeSurvey, Qualtrics and jsPsych import, and their exports, typed as their documentation has them."""

import csv
import html
import io
import json
import re

import polars as pl
import pytest
from services.browser import offline_pages
from services.folder import valact
from services.study import QUESTIONS, make_study

from pipeline.forms.folder import without_scenarios

HOSTILE = 'He said "no" {INSERTANS:1}\t[[PageBreak]] ${e://Field/x}\n=1+1 </script><b>bold</b> & more "end"'
ITEMS = 40 + QUESTIONS + 4


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study = make_study(folder)
    scenarios = folder / "data/assemble/scenarios.parquet"
    pl.read_parquet(scenarios).with_columns(
        text=pl.lit('"') + pl.col("text") + pl.lit(f" {HOSTILE}")
    ).write_parquet(scenarios)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("limesurvey", "qualtrics", "jspsych"):
            arguments = ["--as", name] if name != "qualtrics" else ["--as", name, "--as", "limesurvey"]
            valact("forms", "--n", "4", "--out", f"for-{name}", *arguments)
    return study


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


def on_page(study, folder, form="f001"):
    """Item -> text and answers, as the offline page shows them."""
    page = (study.folder / folder / f"pages/{form}.html").read_text()
    content = json.loads(re.search(r'id="form">(.*?)</script>', page, re.DOTALL).group(1))
    shown = {}
    for block in content["blocks"]:
        for item in block["items"]:
            options = [option["text"] for option in item.get("options", [])] or content["anchors"]
            shown[item["id"]] = (item["text"], list(options))
    return shown


def plain(markup):
    """The words that HTML shows."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup.replace("<br />", "\n")))


def texts_of(shown, found):
    """Both as {item: (text, answers)}, for what the tool puts around an item's text."""
    assert list(found) == list(shown)
    for item, (text, answers) in shown.items():
        assert text in plain(found[item][0])
        assert [plain(answer) for answer in found[item][1]] == answers


def test_limesurvey_reads_each_item_with_its_answers(study):
    """Read as TSVImportSurvey does: tabs, quotes, and a row belongs to the last question above it."""
    raw = (study.folder / "for-limesurvey/survey/limesurvey/f001.txt").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter="\t"))
    settings = {row["name"]: row["text"] for row in rows if row["class"] == "S"}
    assert (settings["language"], settings["format"], settings["savetimings"]) == ("en", "S", "Y")
    assert 100_000 <= int(settings["sid"]) <= 999_999
    found = {}
    for row in rows:
        if row["class"] == "Q":
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", row["name"])
            code, kind = row["name"], row["type/scale"]
            if kind == "L":
                found[code] = (row["text"], [])
        elif row["class"] == "A":
            assert (kind, row["name"]) == ("L", f"A{len(found[code][1]) + 1}")
            found[code][1].append(row["text"])
        assert not re.search(r"[{}]", row["text"] if row["class"] in "QASL" else "")
        assert not re.fullmatch(r'".*"', row["text"], re.DOTALL)  # LimeSurvey would take these quotes off
    texts_of(on_page(study, "for-limesurvey"), found)


def test_qualtrics_reads_each_item_with_its_answers(study):
    lines = (study.folder / "for-qualtrics/survey/qualtrics/f001.txt").read_text().splitlines()
    assert lines[0] == "[[AdvancedFormat]]"
    found, tags = {}, {}
    tag = text = None
    for line in lines:
        if match := re.fullmatch(r"\[\[(\w+):?(.*)\]\]", line):
            assert match[1] in {
                "AdvancedFormat",
                "ED",
                "Block",
                "Question",
                "ID",
                "AdvancedChoices",
                "Choice",
                "PageBreak",
            }
            if match[1] == "Question":
                tag, text = match[2], None
            elif match[1] == "ID":
                tags[match[2]], tag, text = tag, match[2], ""
            elif match[1] == "Choice":
                text = "choice"
                assert match[2] == str(len(found[tag][1]) + 1)
        elif line and text == "":
            found[tag], text = (line, []), None
        elif line and text == "choice":
            found[tag][1].append(line)
            text = None
        else:
            assert line == ""
        assert "${" not in line
    texts_of(
        on_page(study, "for-qualtrics"),
        {tag: what for tag, what in found.items() if tags[tag].startswith("MC") and tag != "consent"},
    )
    assert {"participant": "TE:SingleLine", "consent": "MC:SingleAnswer:Vertical"}.items() <= tags.items()
    assert (study.folder / "for-qualtrics/survey/limesurvey/README.md").is_file()


# What jsPsych documents of itself, and no more: trials one after the other, data of plugin and trial in one row.
STAND_IN = """
var jsPsychHtmlButtonResponse = {};
function initJsPsych(options) {
  const rows = [], properties = {}, display = document.body.appendChild(document.createElement("div"));
  const data = {
    addProperties: (more) => Object.assign(properties, more),
    get: () => ({ localSave: (format, name) => { window.saved = [format, name, JSON.stringify(rows)]; } }),
  };
  const show = (timeline) => {
    if (!timeline.length) return options.on_finish();
    const [trial, ...rest] = timeline;
    display.innerHTML = `<div id="stimulus">${trial.stimulus}</div>` + trial.choices.map(trial.button_html).join("");
    display.querySelectorAll("button").forEach((button, index) => button.addEventListener("click", () => {
      const row = { rt: 5250, stimulus: trial.stimulus, response: index, trial_type: "html-button-response",
        trial_index: rows.length, time_elapsed: 5000, plugin_version: "2.1.0", ...trial.data, ...properties };
      if (trial.on_finish) trial.on_finish(row);
      rows.push(row);
      show(rest);
    }));
  };
  return { data, run: show, getDisplayElement: () => display, randomization: { randomID: (n) => "x".repeat(n) } };
}
"""


def test_jspsych_shows_each_item_and_its_rows_are_read(study, browser):
    lib = study.folder / "for-jspsych/survey/jspsych/lib"
    lib.mkdir()
    (lib / "jspsych.js").write_text(STAND_IN)
    (lib / "plugin-html-button-response.js").write_text("")
    (lib / "jspsych.css").write_text("")
    place = study.folder / "for-jspsych/survey/jspsych/f001/index.html"
    with offline_pages(browser, "file:") as pages:
        page = pages(place.as_uri() + "?participant=anna")
        saved, seen = page.evaluate("""() => {
          const seen = [];
          for (let i = 0; i < 500 && !window.saved; i++) {
            const buttons = document.querySelectorAll("button");
            seen.push([document.getElementById("stimulus").innerText, [...buttons].map((b) => b.textContent)]);
            buttons[buttons.length > 2 && i === 4 ? buttons.length - 1 : Math.min(1, buttons.length - 1)].click();
          }
          return [window.saved, seen];
        }""")
    file = study.folder / "anna.json"
    file.write_text(saved[2])
    shown = on_page(study, "for-jspsych")
    asked = [(stimulus, buttons) for stimulus, buttons in seen if len(buttons) > 2]
    for (stimulus, buttons), (text, answers) in zip(asked, shown.values(), strict=True):
        assert " ".join(text.split()) in " ".join(stimulus.split())
        assert buttons == [*answers, "Skip"]
    items = {row["item"]: row["answer"] for row in json.loads(saved[2]) if "item" in row}
    assert list(items) == list(shown)
    assert list(items.values()).count(None) == 1
    valact("import-humans", str(file), "--key", "for-jspsych", "--name", "pilot")
    assert {reason for effect, reason, *_ in study.ledger()} == {"attention_failed", "straight_lining"}


def numbers(study, record):
    """Item -> number of the answer as shown, None where there is none."""
    return {
        e["item"]: None
        if e["answer"] is None
        else (e["options"].index(e["answer"]) + 1 if e["options"] else e["answer"])
        for e in record["items"]
    }


def limesurvey_export(study, records):
    """CSV with question codes, answer codes and timings, all cells quoted, from LimeSurvey 6."""
    columns = ["id", "submitdate", "lastpage", "startlanguage", "seed", "participant"]
    items = list(numbers(study, records[0]))
    lines = [[*columns, "intro1", *items, "interviewtime", "groupTime12", *(f"{i}Time" for i in items)]]
    for number, record in enumerate(records, start=1):
        given = numbers(study, record)
        answers = ["" if given[i] is None else f"A{given[i]}" for i in items]
        times = [f"{e['seconds']:.2f}" for e in record["items"]]
        meta = [number, "1980-01-01 00:00:00", "67", "en", "1213141516", record["participant"], ""]
        lines.append([*meta, *answers, "421.5", "380.1", *times])
    text = "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
    return "\ufeff" + text + "\r\n"


def qualtrics_export(study, records, *, words=None):
    """CSV with numeric values below three rows of headers: names, texts, ids; two timing questions; one preview."""
    items = list(numbers(study, records[0]))
    timed = [
        f"seconds_{items[0]}_{what}" for what in ("First Click", "Last Click", "Page Submit", "Click Count")
    ]
    meta = ["StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished"]
    meta += ["RecordedDate", "ResponseId", "DistributionChannel", "UserLanguage", "consent", "participant"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*meta, *items, *timed])
    writer.writerow([f"The text of {name},\nfirst lines" for name in (*meta, *items, *timed)])
    ids = [
        json.dumps({"ImportId": f"QID{n}"}, separators=(",", ":")) for n in range(len(meta) + len(items) + 4)
    ]
    writer.writerow(ids)
    for number, record in enumerate([records[0], *records]):
        given = numbers(study, record)
        status = "1" if number == 0 else "0"
        code = "tester" if number == 0 else record["participant"]
        dates = ["2026-11-20 10:00:00", "2026-11-20 10:50:00"]
        row = [
            *dates,
            status,
            "192.0.2.9",
            100,
            3000,
            1,
            dates[1],
            f"R_{number}abc",
            "anonymous",
            "EN",
            1,
            code,
        ]
        answers = [("Very much so" if words and i in words else given[i]) for i in items]
        writer.writerow([*row, *answers, 1.2, 3.4, record["items"][0]["seconds"], 2])
    return "\ufeff" + out.getvalue()


def jspsych_rows(study, record, **more):
    """jsPsych.data.get().json(): a row a trial, introductions among them; the number of the button, from 0."""
    rows = [
        {
            "rt": 900,
            "response": 0,
            "trial_type": "html-button-response",
            "trial_index": 0,
            "time_elapsed": 950,
        }
    ]
    for index, (item, number) in enumerate(numbers(study, record).items(), start=1):
        seconds = record["items"][index - 1]["seconds"]
        row = {"rt": round(seconds * 1000), "stimulus": "<p>A text</p>", "response": number - 1, "item": item}
        row |= {"trial_type": "html-button-response", "trial_index": index, "time_elapsed": 1000 * index}
        rows.append(row | {"plugin_version": "2.1.0"})
    return [
        row
        | {key: record[key] for key in ("form", "design", "participant")}
        | {"agreed": "2026-11-20T10:00:00.000Z"}
        | more
        for row in rows
    ]


def taken(study, name, *files):
    """Answers to statements and questions, and times unchecked, after an import of the files."""
    valact("import-humans", *map(str, files), "--key", "forms", "--name", name)
    return [
        study.table(table, name).select(columns).sort(columns).rows()
        for table, columns in (
            ("instrument_answers", ["item", "place", "status", "answer"]),
            ("choices", ["question_id", "order", "status", "letter", "action_id"]),
        )
    ]


def write(study, name, text):
    path = study.folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_the_exports_of_each_tool_give_the_tables_of_the_page(study):
    records = [study.record("f001", "anna"), study.record("f001", "bert")]
    skipped = next(e for e in records[0]["items"] if e["options"])
    pages = taken(study, "pages", *(study.save(r, f"{n}.json") for n, r in enumerate(records)))
    assert len(pages[1]) == 2 * QUESTIONS
    exports = {
        "lime": limesurvey_export(study, records),
        "qual": qualtrics_export(study, records),
        "jspsych": json.dumps([jspsych_rows(study, record) for record in records]),
    }
    for name, text in exports.items():
        assert (
            taken(study, name, write(study, f"{name}.{'json' if name == 'jspsych' else 'csv'}", text))
            == pages
        )
    out = io.StringIO()
    rows = [row for n, record in enumerate(records) for row in jspsych_rows(study, record, run_id=n)]
    writer = csv.DictWriter(out, ["run_id", *(c for c in rows[1] if c != "run_id")], restval="")
    writer.writeheader()
    writer.writerows(rows)
    assert taken(study, "cognition", write(study, "runs.csv", out.getvalue())) == pages
    ledgers = {
        name: study.table("ledger", name).select("effect", "reason").rows()
        for name in (*exports, "cognition")
    }
    assert ledgers == {
        "lime": [],
        "qual": [("left_out", "preview")],  # one timing question is enough for speed to be looked at
        "jspsych": [],
        "cognition": [],
    }
    # What was skipped is no answer in any of them.
    skipped["answer"] = None
    lime = taken(study, "again", write(study, "again.csv", limesurvey_export(study, records[:1])))
    assert [row[2] for row in lime[1]].count("failed") == 1


def test_answers_exported_as_texts_are_said_to_be(study):
    record = study.record("f001", "anna")
    items = [e["item"] for e in record["items"]]
    file = write(study, "q.csv", qualtrics_export(study, [record], words=items[: ITEMS * 2 // 3]))
    valact("import-humans", str(file), "--key", "forms", "--name", "pilot")
    assert ("left_out", "answers_as_texts", "q.csv", 0) in study.ledger()
    assert "numeric values" in study.table("ledger").filter(reason="answers_as_texts")["detail"].item()


def test_a_participant_who_was_too_fast_in_a_survey_tool_is_left_out(study):
    record = study.record("f001", "anna")
    for entry in record["items"]:
        entry["seconds"] = 0.4
    taken(study, "pilot", write(study, "lime.csv", limesurvey_export(study, [record])))
    assert {reason for _, reason, *_ in study.ledger()} == {"too_fast"}


def test_a_form_that_is_taken_back_leaves_the_files_of_the_tools_too(study):
    folder = study.folder / "for-qualtrics"
    shown = pl.read_parquet(folder / "key/key.parquet").filter(form="f002")["scenario_id"].drop_nulls()
    assert (folder / "survey/qualtrics/f002.txt").exists()
    assert "f002" in without_scenarios(folder, lambda scenario: scenario == shown[0])
    assert not list(folder.rglob("*f002*"))
    jspsych = study.folder / "for-jspsych"
    without_scenarios(jspsych, lambda scenario: True)
    assert not list(jspsych.rglob("*f00*"))
