"""What raters get and what comes back, without a server: tasks, labelling config, rounds, judgements, the ledger."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.annotation import annotation_project
from services.folder import valact, write_params
from services.values import SLUGS, TEN

from pipeline.annotation import client, exports, labelling, rounds
from pipeline.annotation.decisions import decide
from pipeline.annotation.exchange import outgoing
from pipeline.annotation.rater_ids import key_check, new_key, rater_id
from pipeline.annotation.rounds import Round
from pipeline.annotation.site import Site
from pipeline.collect.judgements import judgements
from pipeline.core.documents import read_yaml
from pipeline.core.errors import CredentialsError, InputError
from pipeline.local import label_studio as server
from pipeline.send.workload import Workload, workload
from pipeline.tables import Items, Judgements, read_table
from stages import collect, send, validate

KEY = "0123456789abcdef" * 2


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in which stage send has run without a server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    params = annotation_project(tmp_path, "files")
    send.main()
    return params


def annotation(item: str, rater: str = "r1", answer: str | None = None, **changes) -> dict:
    result = [] if answer is None else [choice("answer", answer)]
    made = {
        "annotation": f"{item}-{rater}",
        "item_id": item,
        "rater": rater,
        "skipped": False,
        "seconds": 3.5,
        "updated_at": "2026-01-01T00:00:00Z",
        "result": result,
    }
    return made | changes


def choice(control: str, alias: str) -> dict:
    return {"from_name": control, "to_name": "scenario", "type": "choices", "value": {"choices": [alias]}}


def item_of(task: str) -> str:
    return next(one["data"]["item_id"] for one in outgoing().tasks if one["data"]["task"] == task)


def judged(*annotations, name: str = "files", source: str = "a.json"):
    out = outgoing()
    asked = {task["data"]["item_id"]: "files" for task in out.tasks}
    return judgements([(source, Round(name, "", annotations))], out.tasks, out.config, asked)


def reasons(ledger) -> list[str]:
    return ledger["reason"].to_list()


def test_the_same_sample_gives_the_same_bytes(project):
    before = {path.name: path.read_bytes() for path in Path("data/send").iterdir()}
    send.main()
    assert {path.name: path.read_bytes() for path in Path("data/send").iterdir()} == before
    assert set(before) == {"items.parquet", "tasks.json", "labelling.xml", "guidelines.html"}


def test_a_task_says_nothing_of_what_is_intended(project):
    items = read_table(Items, "data/send/items.parquet")
    text = Path("data/send/tasks.json").read_text()
    for column in ("action_id", "question_id", "scenario_id", "generator", "category"):
        assert all(value not in text for value in items[column].drop_nulls()), column
    keys = {key for task in outgoing().tasks for key in task["data"]}
    assert keys == {
        *("item_id", "task", "scenario", "note", "keys", "raters", "question", "action_title", "action"),
        *("choices", "second_question", "second_choices"),
    }


def test_raters_are_warned_of_what_a_text_holds(project):
    """The flags of a scenario are a note above its text; one without flags, or of which nobody asked, has none."""
    notes = {task["data"]["scenario"]: task["data"]["note"] for task in outgoing().tasks}
    warned = {text: note for text, note in notes.items() if note}
    assert list(warned.values()) == ["Content note: self-harm, a person under 18."]
    assert next(iter(warned)).startswith("Post 0:")
    assert len(notes) > 1
    assert 'value="$note"' in Path("data/send/labelling.xml").read_text()


def test_the_options_are_shuffled_and_carry_their_dealt_position(project):
    shown = [one["data"]["choices"] for one in outgoing().tasks if one["data"]["task"] == "option"]
    assert all(sorted(c["alias"] for c in choices) == ["1", "2", "3", "4"] for choices in shown)
    assert all([c["hotkey"] for c in choices] == ["1", "2", "3", "4"] for choices in shown)
    assert any([c["alias"] for c in choices] != ["1", "2", "3", "4"] for choices in shown)


def test_every_kind_of_judgement(project):
    value, option, scenario = (item_of(task) for task in ("value", "option", "scenario"))
    second = annotation(value, "r2", "power")
    second["result"].append(choice("second", "security"))
    comment = {
        "from_name": "comment",
        "to_name": "scenario",
        "type": "textarea",
        "value": {"text": ["a", "b"]},
    }
    found, ledger = judged(
        annotation(value, "r1", "none"),
        second,
        annotation(option, "r1", "3", result=[choice("answer", "3"), comment]),
        annotation(scenario, "r1", "unsure"),
        annotation(scenario, "r2", None, skipped=True),
    )
    assert ledger.is_empty()
    rows = {(row["item_id"], row["rater"]): row for row in found.iter_rows(named=True)}
    assert rows[value, "r1"]["value"] == "none"
    assert (rows[value, "r2"]["value"], rows[value, "r2"]["second_value"]) == ("power", "security")
    assert (rows[option, "r1"]["position"], rows[option, "r1"]["comment"]) == (3, "a\nb")
    assert rows[scenario, "r1"]["verdict"] == "unsure"
    assert rows[scenario, "r2"]["status"] == "skipped"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"item_id": "i000"}, "unknown_item"),
        ({"result": [choice("answer", "wisdom")]}, "not_in_config"),
        ({"result": [choice("answer", "2")]}, "not_in_config"),
        ({"result": [choice("verdict", "power")]}, "not_in_config"),
        ({"result": ["power"]}, "not_in_config"),
        ({"result": []}, "no_answer"),
        ({"result": [choice("second", "power")]}, "no_answer"),
        ({"result": None}, "broken"),
        ({"rater": "ada@example.org"}, "broken"),
        ({"seconds": -1}, "broken"),
        ({"skipped": "yes"}, "broken"),
    ],
)
def test_what_is_no_judgement_has_a_reason(project, change, reason):
    found, ledger = judged(annotation(item_of("value"), answer="power") | change)
    assert found.is_empty()
    assert reasons(ledger) == [reason]


def test_an_item_whose_text_was_changed(project):
    item = item_of("value")
    _, ledger = judged(annotation(item[:13] + "0" * 7, answer="power"))
    assert reasons(ledger) == ["text_changed"]


def test_annotations_of_another_round(project):
    found, ledger = judged(annotation("i000", answer="power"), name="pilot")
    assert reasons(ledger) == ["other_round"]
    assert found.is_empty()


def test_a_judgement_stays_in_the_round_that_it_was_given_in(project):
    """Whatever params say today: an annotation in another round's file is none of this round's."""
    found, ledger = judged(annotation(item_of("value"), answer="power"), name="pilot")
    assert found.is_empty()
    assert reasons(ledger) == ["other_round"]
    found, _ = judged(annotation(item_of("value"), answer="power"))
    assert found["round"].to_list() == ["files"]


@pytest.mark.parametrize("command", ["send", "collect", "status", "import"])
def test_a_sample_of_another_round_is_refused(project, monkeypatch, command):
    """Params name a new round and nothing was drawn for it: the old items are not sent under its name."""
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "0" * 40)
    rounds_ = {"round": "annot-1"}
    write_params(
        Path(), project.model_copy(update={"validation": project.validation.model_copy(update=rounds_)})
    )
    Path("export.json").write_text("[]")
    said = valact("annotate", command, *(["export.json"] if command == "import" else []), fails=True).stderr
    assert "the items of round 'files'" in said
    assert "`dvc repro send`, which draws the items of 'annot-1'" in said
    assert not Path("annotations/rounds").exists()


def test_a_plan_says_what_a_round_takes(project):
    """Words by hand: those of the texts that a rater reads, for each judgement wanted."""
    tasks = outgoing().tasks
    [one] = [task["data"] for task in tasks if task["data"]["task"] == "option"][:1]
    shown = [one["scenario"], one["action"], one["question"], *(choice["hint"] for choice in one["choices"])]
    words = len(" ".join(shown).split())
    assert workload([{"data": one | {"raters": 4}}]) == Workload(1, 4, words, 4 * words, 60)
    # An hour of reading at 238 words a minute, and an hour of answering.
    assert Workload(1, 240, 0, 238 * 60, 3600).hours == 2.0
    said = valact("annotate", "plan", "--raters", "6", "--pay", "20").output
    work = workload(tasks)
    assert f"{work.items:,}" in said
    assert f"6 people: {work.hours / 6:.1f} hours each; {20 * work.hours:,.0f} in all" in said
    assert "each item is judged by" in valact("annotate", "plan", "--raters", "1", fails=True).stderr


def test_broken_lines_are_rows_of_the_ledger(project):
    found, ledger = judged("text", 7, annotation(item_of("value"), answer="power"))
    assert reasons(ledger) == ["broken", "broken"]
    assert found.height == 1


def test_the_last_answer_counts_and_an_answer_before_a_skip(project):
    item = item_of("value")
    found, ledger = judged(
        annotation(item, answer="power", annotation="a", updated_at="2026-01-02"),
        annotation(item, answer="security", annotation="b", updated_at="2026-01-03"),
        annotation(item, skipped=True, annotation="c", updated_at="2026-01-04"),
    )
    assert found["value"].to_list() == ["security"]
    assert reasons(ledger) == ["superseded", "superseded"]


@pytest.mark.parametrize(("first", "second"), [("none", "power"), ("power", "power")])
def test_a_second_value_that_says_nothing(project, first, second):
    found, ledger = judged(
        annotation(item_of("value"), result=[choice("answer", first), choice("second", second)])
    )
    assert found.select("value", "second_value").row(0) == (first, None)
    assert reasons(ledger) == ["second_value_ignored"]


ANNOTATIONS = st.lists(
    st.builds(
        lambda item, rater, answer, number, moment: annotation(
            item, rater, answer, annotation=f"a{number}", updated_at=f"2026-01-0{moment}"
        ),
        st.sampled_from(["i000", "known"]),
        st.sampled_from(["r1", "r2"]),
        st.sampled_from([*SLUGS[:3], "none", "wisdom", None]),
        st.integers(0, 5),
        st.integers(1, 5),
    ),
    max_size=12,
)


@given(made=ANNOTATIONS)
def test_every_annotation_is_a_judgement_or_has_a_reason(made):
    data = {"item_id": "known", "task": "value", "second_choices": []}
    data["choices"] = [{"alias": alias, "value": alias} for alias in (*SLUGS, "none")]
    config = labelling.labelling_config(Path(__file__).parent.parent / labelling.CONFIG)
    found, ledger = judgements(
        [("a.json", Round("files", "", tuple(made)))], [{"data": data}], config, {"known": "files"}
    )
    left_out = sum(reason != "second_value_ignored" for reason in ledger["reason"])
    assert len(made) == found.height + left_out
    assert found.select("item_id", "rater").is_unique().all()


@given(old=ANNOTATIONS, new=ANNOTATIONS)
def test_a_round_only_grows(old, new):
    def one(made):
        return {a["annotation"]: a for a in made}

    before, after = one(old), one(new)
    whole, changed = rounds.merged(
        Round("r", "k", tuple(before.values())), Round("r", "k", tuple(after.values())), where="r.json"
    )
    kept = one(whole.annotations)
    assert set(kept) == set(before) | set(after)
    assert changed == sum(kept[name] != before.get(name) or name not in before for name in after)
    for name, made in kept.items():
        versions = [side[name] for side in (before, after) if name in side]
        assert made["updated_at"] == max(version["updated_at"] for version in versions)


def test_a_round_as_a_file(tmp_path):
    made = [annotation("i1", "r1", "power"), annotation("i1", "r2", "none")]
    first = Round("one", key_check(KEY), tuple(made[:1]))
    assert rounds.add(first, tmp_path)[1] == 1
    path = rounds.path_of("one", tmp_path)
    before = path.stat().st_mtime_ns
    assert rounds.add(first, tmp_path)[1] == 0
    assert path.stat().st_mtime_ns == before, "nothing new: the file is left alone, and DVC has nothing to do"
    whole, changed = rounds.add(Round("one", key_check(KEY), tuple(made[1:])), tmp_path)
    assert changed == 1
    assert rounds.read(path) == whole
    assert len(path.read_text().splitlines()) == 4
    content = path.read_bytes()
    with pytest.raises(InputError, match="another project"):
        rounds.add(Round("one", key_check(new_key()), tuple(made)), tmp_path)
    assert path.read_bytes() == content


def test_what_anybody_typed_stays_out_of_git(tmp_path, root):
    """In the comment, in another text area, or by a program in the place of a choice."""
    secret = "Mrs. Holt of 14 Elm Street wrote this post"
    typed = {"from_name": "comment", "to_name": "t", "type": "textarea", "value": {"text": [secret]}}
    forged = {
        "from_name": "answer",
        "to_name": "t",
        "type": "choices",
        "value": {"choices": [secret, "power"]},
    }
    made = [
        annotation("i1", "r1", "power") | {"annotation": "1"},
        annotation("i2", "r1", "none") | {"annotation": "2"},
    ]
    made[0]["result"] = [*made[0]["result"], typed, forged]
    folder = tmp_path / "annotations/rounds"
    rounds.add(Round("one", key_check(KEY), tuple(made)), folder)
    assert secret not in rounds.path_of("one", folder).read_text()
    assert "power" in rounds.path_of("one", folder).read_text()
    comments = tmp_path / "annotations/comments/one.json"
    assert comments.stat().st_mode & 0o077 == 0
    ignored = subprocess.run(["git", "check-ignore", "annotations/comments/one.json"], cwd=root, check=False)
    assert ignored.returncode == 0
    # On the machine where it was collected the comment is read, and a later collecting does not lose it.
    assert secret in str(rounds.read(rounds.path_of("one", folder)))
    newer = made[1] | {"updated_at": "2027"}
    rounds.add(Round("one", key_check(KEY), (newer,)), folder)
    assert secret in str(rounds.read(rounds.path_of("one", folder)))
    # A post that is taken back takes it along.
    rounds.anonymise(rounds.path_of("one", folder), lambda item: item == "i1")
    assert secret not in str(rounds.read(rounds.path_of("one", folder)))
    assert not comments.exists()


def test_the_rounds_in_git_hold_choices_only(root):
    for _, made in rounds.all_rounds(root / rounds.ROUNDS):
        for one in made.annotations:
            assert {part["type"] for part in one["result"]} <= {"choices"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '[{"id": 1, "annotations": []}]', '{"format": "x"}', "\xff"]
)
def test_files_that_are_no_rounds(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"x\.json"):
        rounds.read(path)


def test_a_plain_export_is_not_taken_for_a_round(project):
    Path("annotations/rounds").mkdir()
    Path("annotations/rounds/export.json").write_text(
        json.dumps([{"data": {"item_id": "i"}, "annotations": []}])
    )
    with pytest.raises(SystemExit):
        collect.main()
    assert not Path("data/collect").exists()


def test_collect_without_a_round_is_empty_and_no_error(project):
    collect.main()
    assert read_table(Judgements, "data/collect/judgements.parquet").is_empty()
    result = valact("annotate", "status")
    assert "Nobody has judged anything yet" in result.output


def test_rater_ids_are_stable_and_keyed():
    assert rater_id(KEY, 7) == rater_id(KEY, 7)
    assert rater_id(KEY, 7) != rater_id(KEY, 8)
    assert rater_id(KEY, 7) != rater_id(new_key(), 7)
    assert len({rater_id(KEY, user) for user in range(2000)}) == 2000


def test_an_export_without_people(tmp_path):
    task = {"data": {"item_id": "i1"}, "annotations": [{"id": 1, "result": []}]}
    with pytest.raises(InputError, match="who made it"):
        exports.exported([task], "r", KEY, where="x")
    with pytest.raises(InputError, match="list of tasks"):
        exports.exported({"detail": "no"}, "r", KEY, where="x")
    with pytest.raises(InputError, match="another project"):
        exports.exported([{"data": {"text": "t"}, "annotations": []}], "r", KEY, where="x")


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("me", "long enough", "no e-mail address"),
        ("a@b", "long enough", "no e-mail"),
        ("a@b.org", "abc", "3 characters"),
    ],
)
def test_an_owner_who_could_not_log_in_is_refused(tmp_path, name, password, said):
    with pytest.raises(CredentialsError, match=said) as caught:
        server.start(server.Owner(name, password), home=tmp_path, program=Path(__file__))
    assert "long enough" not in str(caught.value)
    assert not (tmp_path / server.OWNER_FILE).exists()


def test_a_second_server_is_refused_while_the_first_one_starts(tmp_path):
    """Two would spoil one database; the first answers nobody for the minute in which it builds it."""
    owner = server.Owner("o@example.org", "long enough")
    with server._alone(tmp_path):
        with pytest.raises(InputError, match="just starting on this folder"):
            server.start(owner, home=tmp_path, program=Path(__file__))
        (tmp_path / server.RUNNING).write_text('{"pid": 41, "url": "http://127.0.0.1:9"}')
        with pytest.raises(InputError, match=r"at http://127\.0\.0\.1:9, as process 41"):
            server.start(owner, home=tmp_path, program=Path(__file__))
    with pytest.raises(CredentialsError, match="3 characters"):
        server.start(server.Owner("o@example.org", "abc"), home=tmp_path, program=Path(__file__))


def test_a_renewed_key_is_taken_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(client.KEY, "a" * 40)
    said = valact("annotate", "key").output
    path = tmp_path / server.HOME / server.KEY_FILE
    assert path.read_text() == "a" * 40 + "\n"
    assert path.stat().st_mode & 0o077 == 0
    assert "a" * 40 not in said
    monkeypatch.setenv(client.KEY, "two words")
    assert "no key of a Label Studio server" in valact("annotate", "key", fails=True).stderr
    assert path.read_text() == "a" * 40 + "\n"


def test_repairs_are_of_the_judgements_that_count_now(project, capsys):
    """A new text is paid for: who was taken out since the verdicts rejects nothing."""
    acts = [annotation(item_of("value"), rater_id(KEY, n), "none") for n in (1, 2)]
    rounds.add(Round("files", key_check(KEY), tuple(acts)))
    collect.main()
    validate.main()
    said = capsys.readouterr().err
    assert "Round files (a trial, no experts): 2 judgements. Unvalidated: " in said
    valact("annotate", "repair", "--dry-run")
    decide(rater_id(KEY, 1), "exclude", "careless", ["files"])
    for options in ([], ["--dry-run"]):
        said = valact("annotate", "repair", *options, fails=True).stderr
        assert "raters were taken out, since the verdicts" in said
        assert "dvc repro validate" in said
    assert not Path("annotations/repairs.yaml").exists()
    collect.main()
    validate.main()
    valact("annotate", "repair", "--dry-run")


def test_what_follows_from_judgements_is_their_figures_until_a_release_was_built(tmp_path):
    site = Site(tmp_path)
    assert site.repro == ["repro", f"{tmp_path}/dvc.yaml:validate"]
    (tmp_path / "data/release").mkdir(parents=True)
    assert site.repro == ["repro", "--downstream", f"{tmp_path}/dvc.yaml:collect"]


def test_configs_are_compared_by_what_they_mean():
    config = '<View>\n  <Text name="a" value="$a"/>\n</View>'
    assert labelling.same_config(config, '<View><!-- x --><Text value="$a" name="a"></Text></View>')
    assert not labelling.same_config(config, config.replace("$a", "$b"))


def test_a_broken_config_of_ours_is_said(tmp_path):
    path = tmp_path / "labelling.xml"
    path.write_text("<View><Choices name='a' toName='nowhere'/></View>")
    with pytest.raises(InputError, match="not a labelling config"):
        labelling.labelling_config(path)
    with pytest.raises(InputError, match="does not exist"):
        labelling.guidelines(TEN, tmp_path / "guidelines.md")
    (tmp_path / "guidelines.md").write_text("{{ nothing }}")
    with pytest.raises(InputError, match="filled in"):
        labelling.guidelines(TEN, tmp_path / "guidelines.md")


def test_the_environment_names_the_server(monkeypatch):
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    assert client.server() is None
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:8080/")
    with pytest.raises(CredentialsError, match="LABEL_STUDIO_API_KEY"):
        client.server()
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "secret-key")
    assert client.server().url == "http://127.0.0.1:8080"
    assert "secret-key" not in repr(client.server())
    assert "password" not in repr(server.Owner("o@example.org", "password"))


def test_serving_without_an_owner_is_said(project, tmp_path, monkeypatch):
    program = tmp_path / server.PROGRAM
    program.parent.mkdir(parents=True)
    program.touch()
    for name in ("LABEL_STUDIO_USERNAME", "LABEL_STUDIO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    result = valact("annotate", "serve", "--port", "0", fails=True)
    assert "LABEL_STUDIO_USERNAME" in result.stderr
    program.unlink()
    assert "make annotate" in valact("annotate", "serve", fails=True).stderr


def test_the_servers_of_a_team_run_by_digest(root):
    services = read_yaml(root / "annotations/compose.yaml")["services"]
    images = [service["image"] for service in services.values()]
    assert len(images) == 2
    for image in images:
        tag, _, digest = image.partition("@")
        assert ":" in tag
        assert re.fullmatch(r"\$\{[A-Z_]+_DIGEST:\?.+\}|sha256:[0-9a-f]{64}", digest), image


@pytest.mark.parametrize("made", [1, "x", {"id": 1}, True])
def test_an_export_whose_annotations_are_no_list_is_a_message(made):
    with pytest.raises(InputError):
        exports.exported([{"data": {"item_id": "i1"}, "annotations": made}], "r", KEY, where="x")


@pytest.mark.parametrize("result", [1, "x", {"id": 1}, True])
def test_an_annotation_whose_result_is_no_list_is_a_message(result):
    made = [{"id": 1, "completed_by": 2, "result": result}]
    with pytest.raises(InputError, match="a list of results is needed"):
        exports.exported([{"data": {"item_id": "i1"}, "annotations": made}], "r", KEY, where="x")
