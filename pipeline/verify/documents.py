"""Whether card, croissant.json, release.json and tombstones.json say of the data what the data say."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from pipeline.core.documents import parse_yaml, read_json, read_text
from pipeline.core.errors import InputError
from pipeline.core.extras import is_there
from pipeline.release import balance, benchmark, checks, tasks, tombstones
from pipeline.release import manifest as manifests
from pipeline.release.configs import DEFAULT, SPLIT
from pipeline.release.dealt import Dealt
from pipeline.release.files import CHECKSUMS, content_sha256, sha256
from pipeline.values import load, names
from pipeline.verify.checksums import is_read, own_files

Tables = dict[str, pl.DataFrame]

VALIDATOR = "mlcroissant"
CARD, CROISSANT = "README.md", "croissant.json"
_HEAD = re.compile(r"---\n(.*?)\n---\n(.*)", re.DOTALL)
_VERSION = re.compile(r"^Version (\S+?): ", re.MULTILINE)
_SUMMARY = re.compile(r"\*\*([\d,]+) questions?\*\* about ([\d,]+) scenarios?, with ([\d,]+) actions?")
_CONFIG = re.compile(r"^\| `(\w+)`(?: \(default\))? \| ([\d,]+) \|", re.MULTILINE)
_VOTES = re.compile(r"([\d,]+) votes? (?:was|were)\s+cast")


def tombstones_are_sound(folder: Path, tables: Tables, dealt: Dealt) -> Iterator[str]:
    """Tombstones can be read, name nothing that is in the release, and account for every empty place."""
    entries = tombstones.read(folder)
    names = {*tables["scenarios"]["scenario_id"], *tables["filter_votes"]["post_id"]}
    for entry in entries:
        if entry.id in names:
            yield f"{tombstones.FILE}: {entry.id} names a row of the release"
    taken, missing = (
        sum(entry.what == "scenario" for entry in entries),
        balance.empty_places(tables["questions"], dealt),
    )
    if missing > taken:
        yield f"{missing} places in the design are empty, but only {taken} scenarios have a tombstone"


def card(folder: Path, tables: Tables) -> Iterator[str]:
    """Sizes in the card's head, and counts in its text, are those of the data."""
    yield from head(folder, tables, DEFAULT)
    if (found := _HEAD.fullmatch(_text(folder / CARD))) is not None:
        yield from _counts(found[2], tables)


def head(folder: Path, tables: Tables, default: str) -> Iterator[str]:
    """The card's head describes the configs as they are."""
    found = _HEAD.fullmatch(_text(folder / CARD))
    if found is None:
        yield f"{CARD} is missing or has no YAML head"
        return
    try:
        front = parse_yaml(found[1], where=CARD)
        configs = {config["config_name"]: config for config in front["configs"]}
        sizes = {info["config_name"]: info["dataset_size"] for info in front["dataset_info"]}
        yield from checks.card_faults(folder, tables)
    except (KeyError, TypeError, AttributeError):
        yield "the YAML head does not describe configs"
        return
    # A config without rows is in no card: datasets cannot load it.
    for name in sorted(set(configs) ^ {name for name, table in tables.items() if table.height}):
        yield f"config {name} is {'not in the data' if name in configs else 'not in the card'}"
    if not configs.get(default, {}).get("default"):
        yield f"config {default} is not the default"
    for name in tables:
        size = pq.read_table(folder / name / f"{SPLIT}.parquet").nbytes
        if tables[name].height and sizes.get(name) != size:
            yield f"config {name}: the card claims {sizes.get(name)} bytes in memory, the data take {size}"


def croissant(folder: Path, tables: Tables) -> Iterator[str]:
    """croissant.json is valid, lists every file, and each with its size and hash."""
    content = read_json(folder / CROISSANT)
    try:
        listed = {str(file["contentUrl"]): file for file in content["distribution"] if "sha256" in file}
    except (KeyError, TypeError):
        yield f"{CROISSANT} is no description of files"
        return
    present = own_files(folder)
    for name in sorted(filter(is_read, set(present) - set(listed) - {CROISSANT, CHECKSUMS})):
        yield f"{name} is there, but not described"
    for name, file in listed.items():
        if name not in present:
            yield f"{name} is described, but not there"
        elif file.get("sha256") != sha256(present[name]):
            yield f"{name} has another hash than described"
        elif file.get("contentSize") != f"{present[name].stat().st_size} B":
            yield f"{name} has another size than described"
    if elsewhere := next(_fetched(content), None):
        yield f"{CROISSANT} would have its reader fetch {elsewhere}: it is not looked at further"
        return
    yield from _invalid(folder / CROISSANT)
    yield from _other_version(folder, str(content.get("version")), CROISSANT)


def manifest(folder: Path, tables: Tables) -> Iterator[str]:
    """release.json has the rows and hashes of the configs, and says rightly whether they carry text."""
    found = manifests.read(folder)
    yield from claims(folder, found, tables)
    carries = tables["scenarios"]["text"].null_count() == 0
    if (found.text == "include") != carries:
        yield f"text: {found.text!r} is claimed, but text is {'there' if carries else 'not there'}"
    if found.sample != tables["scenarios"]["post_id"].str.contains(checks.SAMPLE_POST).all():
        yield f"sample: {str(found.sample).lower()} is claimed, the posts say otherwise"
    manifests.dealt(found)  # raises where its design is none, or for other numbers


def claims(folder: Path, found: manifests.Described, tables: Tables) -> Iterator[str]:
    """Rows and hashes of the configs, the canary and the version are those that release.json has."""
    for name in sorted(set(found.configs) ^ set(tables)):
        yield f"config {name} is {'not in the data' if name in found.configs else 'missing'}"
    for name, config in found.configs.items():
        if name in tables:
            if config.rows != tables[name].height:
                yield f"config {name}: {config.rows} rows are claimed, {tables[name].height} are there"
            same = config.content_sha256 and config.content_sha256 == content_sha256(tables[name])
            if config.content_sha256 and not same:
                yield f"config {name}: the rows are others than those that were released"
            if config.sha256 != sha256(folder / name / f"{SPLIT}.parquet"):
                written = "; its rows are the same, written anew" if same else ""
                yield f"config {name}: the file has another hash{written}"
    if found.canary is not None and found.canary not in _text(folder / CARD):
        yield f"the canary that is claimed is not in {CARD}"
    yield from _other_version(folder, found.version, manifests.FILE)


def _counts(body: str, tables: Tables) -> Iterator[str]:
    rows = {name: table.height for name, table in tables.items()}
    summary = _SUMMARY.search(body)
    claimed = tuple(map(_number, summary.groups())) if summary else ()
    counted = (rows["questions"], rows["scenarios"], rows["actions"])
    if claimed != counted:
        yield f"the card's summary counts {claimed}, the data hold {counted} questions, scenarios and actions"
    told = {name: _number(count) for name, count in _CONFIG.findall(body)}
    for name, count in rows.items():
        if told.get(name) != count:
            yield f"the card tells of {told.get(name)} rows of config {name}, the data hold {count}"
    votes = _VOTES.search(body)
    if votes is None or _number(votes[1]) != rows["filter_votes"]:
        yield "the card tells of another number of votes than the data hold"


def _strange_definitions(file: Path, dealt: Dealt) -> Iterator[str]:
    found = read_json(file)
    if not isinstance(found, Mapping) or tuple(found) != dealt.values:
        yield f"{tasks.FOLDER}/{tasks.VALUES} has other values than the release"


def _fetched(content: Any, *, top: bool = True) -> Iterator[str]:
    """What a reader of JSON-LD would load from elsewhere: contexts that are addresses, wherever they stand."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key == "@import" or (key == "@context" and not (top and _is_plain(value))):
                yield f"{key} {json.dumps(value)[:80]}"
            elif key != "@context":
                yield from _fetched(value, top=False)
    elif isinstance(content, list):
        for part in content:
            yield from _fetched(part, top=False)


def _is_plain(context: Any) -> bool:
    """Whether a context only says what words mean: a flat mapping of words, as mlcroissant writes it."""
    if not isinstance(context, Mapping):
        return False
    terms = [*context.values()]
    terms += [inner for value in terms if isinstance(value, Mapping) for inner in value.values()]
    return all(isinstance(term, str | bool | Mapping) for term in terms) and not any(
        key in ("@import", "@context", "@propagate")
        for mapping in (context, *(term for term in terms if isinstance(term, Mapping)))
        for key in mapping
    )


def evaluators(folder: Path, dealt: Dealt) -> Iterator[str]:
    """The code that a release carries is the one that this version of the software writes, and so are the definitions
    of an inventory that it has. Those of another are data, of which only the names of the values are known."""
    known = next((load(name) for name in names() if load(name).slugs == dealt.values), None)
    ours = tasks.code(dealt.values)
    if known:
        ours[tasks.VALUES] = tasks.definitions(known)
    else:
        values = folder / tasks.FOLDER / tasks.VALUES
        if values.is_file():
            yield from _strange_definitions(values, dealt)
        else:
            yield f"{tasks.FOLDER}/{tasks.VALUES} is missing"
    yield from carried(folder, ours, () if known else (tasks.VALUES,))
    runs = folder / benchmark.FILE
    if runs.is_file() and runs.read_bytes() != (benchmark.described().rstrip() + "\n").encode():
        yield f"{benchmark.FILE} is not what this version of the software writes: read it before you run it"


def carried(folder: Path, ours: Mapping[str, str], beside: Collection[str] = ()) -> Iterator[str]:
    """Where the files of ``evaluators/`` are not ``ours`` (name: text); those ``beside`` are looked at elsewhere."""
    theirs = folder / tasks.FOLDER
    present = {
        path.relative_to(theirs).as_posix(): path
        for path in theirs.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in sorted((ours.keys() | present.keys()) - set(beside)):
        if name not in present:
            yield f"{tasks.FOLDER}/{name} is missing"
        elif name not in ours:
            yield f"{tasks.FOLDER}/{name} is none of ours: read it before you run it"
        elif present[name].read_bytes() != ours[name].encode():
            yield (
                f"{tasks.FOLDER}/{name} is not what this version of the software writes: it is of another version, or "
                "altered; read it before you run it"
            )


def _invalid(path: Path) -> Iterator[str]:
    """Where mlcroissant finds the file wrong; nothing where it is not installed, which `valact release verify` says."""
    if not is_there(VALIDATOR):
        return
    import mlcroissant as mlc

    logging.getLogger("absl").setLevel(logging.ERROR)
    try:
        faults: list[str] = [*mlc.Dataset(jsonld=path).metadata.ctx.issues.errors]
    # mlcroissant answers odd files with almost anything, endless recursion included.
    except Exception as error:
        faults = [str(error).partition("\n")[0]]
    for fault in faults:
        yield f"{CROISSANT} is not valid Croissant: {fault}"


def _other_version(folder: Path, version: str, where: str) -> Iterator[str]:
    told = _VERSION.search(_text(folder / CARD))
    if told is None or told[1] != version:
        yield f"{where} is of version {version}, the card of {told[1] if told else 'none'}"


def _text(path: Path) -> str:
    """The file's text; nothing where it is missing or no text, which no check then finds its words in."""
    try:
        return read_text(path)
    except InputError:
        return ""


def _number(text: str) -> int:
    return int(text.replace(",", ""))
