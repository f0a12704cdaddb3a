"""params.yaml and the profiles: what is allowed, and errors that name the key, the value and what is allowed."""

import copy
import shutil

import pytest
import yaml
from click.testing import CliRunner
from ruamel.yaml import YAML

from pipeline import params as settings
from pipeline.cli import main
from pipeline.core.errors import ParamsError
from pipeline.params.base import Section


@pytest.fixture
def raw(root):
    return yaml.safe_load((root / "params.yaml").read_text())


def broken(raw, key, value):
    changed = copy.deepcopy(raw)
    *path, last = key.split("/")
    section = changed
    for part in path:
        section = section[part]
    if value is None:
        del section[last]
    else:
        section[last] = value
    with pytest.raises(ParamsError) as caught:
        settings.parse(changed, where="params.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("quota/per_category", "many", ["quota.per_category", "'many'", "valid integer"]),
        ("quota/per_category", 0, ["quota.per_category", "0 is not allowed", "greater than or equal to 1"]),
        ("quota/per_categroy", 6, ["quota.per_categroy", "no such parameter"]),
        ("assemble/mode", "random", ["assemble.mode", "'random'", "'balanced' or 'paper'"]),
        ("scrape/source", "twitter", ["scrape.source", "'twitter'", "archive"]),
        ("scrape/source", "archive", ["scrape", "archive.paths"]),
        ("seed", None, ["seed", "missing"]),
        ("dates/last", "2019-01-01", ["dates", "last must not be before first"]),
        ("judge/tie_breaker", "gpt-5", ["judge.tie_breaker", "'gpt-5' is not in models", "sample-judge-1"]),
        ("judge/tie_breaker", "sample-judge-1", ["judge", "three different models"]),
        ("generate/generators", [], ["generate.generators", "at least 1"]),
        (
            "filter/near_duplicates/similarity",
            1.5,
            ["filter.near_duplicates.similarity", "1.5", "less than or equal to 1"],
        ),
        (
            "filter/near_duplicates/similarity",
            0.3,
            ["filter.near_duplicates.similarity", "0.3", "equal to 0.6"],
        ),
        ("categories/Ethics", ["college"], ["r/college", "Education & academy", "Ethics"]),
        ("release/version", "1.0", ["release.version", "'1.0'"]),
    ],
)
def test_an_error_names_the_key_the_value_and_what_is_allowed(raw, key, value, said):
    message = broken(raw, key, value)
    assert all(part in message for part in said), message
    assert message.startswith("params.yaml:")


def test_all_problems_are_reported_at_once(raw):
    raw["seed"], raw["quota"]["reserve"] = "x", -1
    with pytest.raises(ParamsError) as caught:
        settings.parse(raw, where="params.yaml")
    assert "seed" in str(caught.value)
    assert "quota.reserve" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "seed: [", "\tseed: 1"])
def test_a_file_that_is_no_mapping_is_a_readable_error(tmp_path, text):
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(ParamsError, match=r"params\.yaml"):
        settings.load(file)


def test_the_paper_profile_is_the_papers_run(root):
    paper = settings.load(root / "profiles/paper.yaml")
    assert len(paper.categories) == 5
    assert len(paper.category_of) == 17
    assert paper.quota.per_category == 600
    assert (paper.dates.first.year, paper.dates.last.year) == (2020, 2024)
    assert [paper.models[name].model for name in paper.generate.generators] == [
        "gpt-4o-2024-08-06",
        "qwen2.5-72b-instruct",
    ]
    assert paper.judge.panel == paper.generate.generators
    assert paper.release.text == "withhold"
    assert paper.filter.min_words == 40


def test_checks_that_need_readers_need_readers(root):
    """The paper's run has them; the replication has none, and says so."""
    assert not settings.load(root / "profiles/paper.yaml").validation.sample.plain_distractors
    raw = yaml.safe_load((root / "profiles/replication.yaml").read_text())
    raw["validation"]["sample"]["plain_distractors"] = False
    with pytest.raises(ParamsError, match=r"plain_distractors: .* name readers in generate\.reading\.panel"):
        settings.parse(raw, where="params.yaml")


def test_params_yaml_in_git_is_the_sample_profile(root):
    assert (root / "params.yaml").read_bytes() == (root / "profiles/sample.yaml").read_bytes()


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    shutil.copytree(root / "profiles", tmp_path / "profiles")
    shutil.copyfile(root / "params.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_command_switches_the_profile_and_back(project):
    assert CliRunner().invoke(main, ["profile", "use", "paper"]).exit_code == 0
    assert settings.load().profile == "paper"
    assert "* paper" in CliRunner().invoke(main, ["profile", "list"]).output
    assert CliRunner().invoke(main, ["profile", "use", "sample"]).exit_code == 0
    assert settings.load().profile == "sample"


def test_changes_of_the_user_are_not_overwritten(project):
    edited = (project / "params.yaml").read_text().replace("seed: 15000", "seed: 7")
    (project / "params.yaml").write_text(edited)
    refused = CliRunner().invoke(main, ["profile", "use", "paper"])
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert (project / "params.yaml").read_text() == edited
    assert CliRunner().invoke(main, ["profile", "use", "paper", "--force"]).exit_code == 0


def test_an_unknown_profile_is_one_error_that_lists_the_known(project):
    refused = CliRunner().invoke(main, ["profile", "use", "papre"])
    assert refused.exit_code == 1
    assert "no profile 'papre'; known are local, paper, replication, sample" in refused.output


def test_the_design_document_lists_every_parameter(root):
    document = (root / "docs/design.md").read_text()

    def leaves(model):
        for name, field in model.model_fields.items():
            parts = [field.annotation, *getattr(field.annotation, "__args__", ())]
            sections = [part for part in parts if isinstance(part, type) and issubclass(part, Section)]
            yield from leaves(sections[0]) if sections else [name]

    missing = [name for name in leaves(settings.Params) if f"{name}`" not in document]
    assert not missing


def test_dvc_reads_settings_in_c_and_as_python_does(root):
    """ruamel.yaml.clib is there to make DVC quick; without it, DVC reads the same, slowly."""
    in_c = YAML(typ="safe")
    assert in_c.Parser is not YAML(typ="safe", pure=True).Parser
    for path in (root / "dvc.yaml", root / "lens/dvc.yaml", *root.glob("profiles/*.yaml")):
        assert in_c.load(path) == YAML(typ="safe", pure=True).load(path), path
