"""README.md and docs/ name what there is: commands, options, files, params, stages, configs; and they run."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import typing
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union

import click
import pydantic
import pytest
import yaml
from services.folder import valact
from services.page import blocks, code_spans, links, named_commands
from services.sample_run import built, copy_built, run

from pipeline.administer.respondents import KINDS
from pipeline.cli import main
from pipeline.params import Params
from pipeline.params.evaluation import Respondent
from pipeline.release.configs import CONFIGS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
COMMANDS = sorted({tuple(words) for text in TEXT.values() for words in named_commands(text)})
README = sorted({tuple(words) for words in named_commands(TEXT["README.md"])})

# What README names and a test of its own runs: it needs a server, another environment, or files of people.
ELSEWHERE = {
    "make repro": "test_pipeline.py",
    "make annotate": "test_label_studio.py",
    "make local": "test_local_model.py",
    "valact local serve": "test_local_model.py",
    "valact batches submit STAGE": "test_cli_batches.py",
    "valact annotate collect": "test_label_studio.py",
    "valact annotate import FILE": "test_annotation_files.py",
    "valact import-humans FILES --key FOLDER --name STUDY": "test_people.py",
    "valact study serve FOLDER": "test_study_drill.py",
    "valact import-published DIR": "test_published.py",
    "valact import-answers PATH --name STUDY": "test_import_answers.py",
    "valact release publish": "test_publish.py",
    "valact release prune": "test_prune.py",
    "valact release fetch OWNER/NAME@v1.0.0": "test_hub.py",
    "valact release sign --key KEY": "test_signature.py",
    "valact hydrate OWNER/NAME@TAG --out FOLDER": "test_hydrate.py",
    "valact refresh": "test_takedown.py",
    "valact takedown ID": "test_takedown.py",
}
# These are the tests themselves, take long, or need the network: that they are there is all that is looked at.
NOT_RUN = {"make test", "make lint", "make sample", "make bench", "make lock", "make lens"}
# What stands for the reader's own in commands that are run here.
READERS = {"FOLDER": "forms", "A": "simulated-1", "B": "simulated-2", "PATH": "data/release/valact-15k"}
READERS |= {"OLD": READERS["PATH"], "NEW": READERS["PATH"]}
# Files and folders that appear only when something was built, asked or set up; or that readers bring.
LATER = re.compile(
    r"annotations/comments|tracks/\w+/|data/(?!sample/)\w+/|data/(?!sample|inputs|recorded|previous|imported)|\.(responses|venv|harvest|label-studio|takedowns|dvc)\b|dvc_plots"
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_that_is_named_is_there(words):
    match words:
        case ["valact", *rest]:
            _look_up(main, rest)
        case ["dvc", *rest]:
            _look_up_dvc(rest)
        case ["make", target]:
            done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()
        case ["python", "-m", module, *_]:
            path = ROOT.joinpath(*module.split("."))
            assert path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _look_up(command: click.Command, words: list[str]) -> None:
    """The subcommand that the words name takes every option among them, and tells what it does."""
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    needless = isinstance(command, click.Group) and words and not words[0].startswith("-")
    assert not needless, f"there is no command {words[0]!r} in {command.name}"
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known
    assert command.help, f"{command.name} has no help"
    assert command.get_help(click.Context(command))


def _look_up_dvc(words: list[str]) -> None:

    command = [word for word in words if not word.startswith("-")][:2]
    options = [word for word in words if word.startswith("--")]
    # `dvc remote add`, but `dvc repro release`: the second word may be no part of the command.
    said = _help(command) or _help(command[:1])
    assert said, f"dvc has no command {' '.join(command)!r}"
    assert all(option in said for option in options)


def _help(command: list[str]) -> str:
    """What DVC says of a command; nothing where it knows none."""
    from dvc.cli import DvcParserError
    from dvc.cli.parser import get_main_parser

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            get_main_parser().parse_args([*command, "--help"])
        except SystemExit as ended:
            return "" if ended.code else said.getvalue()
        except DvcParserError:
            pass
    return ""


def test_every_command_of_the_readme_is_run_somewhere():
    named = {" ".join(words) for words in README}
    assert {command for command in named if command in NOT_RUN} == NOT_RUN
    for command, file in ELSEWHERE.items():
        assert command in named
        words = [word for word in command.split()[1:] if word.islower() and not word.startswith("-")]
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert all(word in text for word in words), f"tests/{file} does not run {command}"


@pytest.mark.slow(after="sample")
def test_the_commands_of_the_readme_run_on_the_sample(tmp_path, monkeypatch):
    project = copy_built(built(), tmp_path / "valact")
    monkeypatch.chdir(project)
    commands = [
        words for words in README if " ".join(words) not in NOT_RUN | set(ELSEWHERE) and words[0] != "python"
    ]
    assert len(commands) >= 15
    for words in commands:
        given = [READERS.get(word, word) for word in words]
        if given[0] == "dvc":
            said = run(project, *given)
            assert "Running stage" not in said, f"{' '.join(words)}: the sample was not up to date"
        else:
            valact(*given[1:], *(["--help"] if _is_group(given[1:]) else []))
            if given[1:] == ["annotate", "repair"]:
                # What raters rejected is to be written anew, which the sample's recorded answers do not hold.
                shutil.copyfile(ROOT / "annotations/repairs.yaml", project / "annotations/repairs.yaml")
            if given[1:] == ["profile", "use", "paper"]:
                valact("profile", "use", "sample")
    assert (project / "params.yaml").read_bytes() == (ROOT / "profiles/sample.yaml").read_bytes()


def _is_group(words: list[str]) -> bool:
    """Whether the words name commands, and none of them yet."""
    command: click.Command | None = main
    for word in words:
        command = command.commands.get(word) if isinstance(command, click.Group) else None
    return isinstance(command, click.Group)


@pytest.mark.slow(after="sample")
def test_the_quick_start_is_python_that_runs(tmp_path, monkeypatch):
    (block,) = (block for block in blocks(TEXT["README.md"]) if block.language == "python")
    shutil.copytree(built() / "data/release", tmp_path / "release")
    monkeypatch.chdir(tmp_path / "release")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    shown: dict[str, Any] = {}
    exec(compile(block.text, "README.md", "exec"), shown)
    assert len(shown["questions"]) == 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_links_that_are_named_are_there(page):
    text = TEXT[page.name]
    for link in links(text):
        assert (page.parent / link).exists(), link
    tops = {path.name for path in ROOT.iterdir()}
    for span in code_spans(text):
        name = span.rstrip("/")
        if not re.fullmatch(r"[\w.*/-]+", name) or name.split("/")[0] not in tops or LATER.match(name):
            continue
        if re.search(r"\b[A-Z]+\b(?!\.md)", name):  # profiles/NAME.yaml
            continue
        assert list(ROOT.glob(name)), f"{page.name} names {span}, which is not there"


def test_every_param_is_in_the_table_and_nothing_else():
    rows = re.findall(r"^\| (`.*?) \|", TEXT["design.md"].partition("## Parameters")[2], re.MULTILINE)
    named = set()
    for row in rows:
        before = ""
        for name in re.findall(r"`([^`]+)`", row):
            before = before.rpartition(".")[0] + name if name.startswith(".") else name
            named.add(before)
    there = set(_leaves(Params))
    parents = {name.rpartition(".")[0].removesuffix(".NAME") for name in there}
    assert named - there - parents == set(), "in docs/design.md, but no parameter"
    assert there - named == set(), "a parameter that docs/design.md does not have"


def _leaves(model: type[pydantic.BaseModel], before: str = "") -> Iterator[str]:
    """Every parameter by its dotted name; a key that the user chooses is NAME."""
    for name, field in model.model_fields.items():
        sections = list(_sections(field.annotation))
        kept_by_name = any(typing.get_origin(part) is dict for part in _parts(field.annotation))
        for section in sections:
            yield from _leaves(section, f"{before}{name}.{'NAME.' if kept_by_name else ''}")
        if not sections:
            yield before + name


def _sections(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    for part in _parts(annotation):
        if part is Respondent:
            yield from (kind.settings for kind in KINDS.all().values())
        elif isinstance(part, type) and issubclass(part, pydantic.BaseModel):
            yield part
        elif typing.get_origin(part) is dict:
            yield from _sections(typing.get_args(part)[1])


def _parts(annotation: Any) -> Iterator[Any]:
    """What an annotation may be, without Annotated and unions around it."""
    match typing.get_origin(annotation):
        case origin if origin is Annotated:
            yield from _parts(typing.get_args(annotation)[0])
        case origin if origin in (Union, UnionType):
            for part in typing.get_args(annotation):
                yield from _parts(part)
        case _:
            yield annotation


def test_the_readme_lists_the_stages_and_the_configs():
    def first_column(heading: str) -> list[str]:
        section = TEXT["README.md"].partition(f"## {heading}\n")[2].partition("\n## ")[0]
        return re.findall(r"^\| `(\w+)`", section, re.MULTILINE)

    recipe = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    assert first_column("The recipe") == list(recipe["stages"])
    assert set(first_column("What comes out")) == set(CONFIGS)
