"""Verifying a release: what anybody who downloaded one can check without us, one named check after another.

``checksums`` checks that the folder is whole, ``contents`` that the tables are what their schemas, keys and design
say, ``documents`` that card, croissant.json, release.json and tombstones tell the truth about
them; ``hydrated`` is for copies with their text. Each check is a
function that yields a sentence for each problem; none stops at the first, and none trusts another's file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError, ValActError
from pipeline.release import manifest
from pipeline.release.configs import CONFIGS
from pipeline.release.dealt import Dealt
from pipeline.verify import checksums, contents, documents, hydrated

# A damaged release can be wrong a million times over.
SHOWN = 5

Tables = dict[str, pl.DataFrame]

TEXTS = "texts and hashes"
# What describes the bytes of a release, which a hydrated copy has others of.
OF_BYTES = ("croissant", "release.json")

# In the order in which people read them. What looks at tables needs them all to be readable.
OF_FOLDER: dict[str, Callable[[Path, Dealt], Iterator[str]]] = {
    "checksums": lambda folder, dealt: checksums.checksums(folder),
    "evaluators": documents.evaluators,
    "schemas": contents.schemas,
}
OF_TABLES: dict[str, Callable[[Tables, Dealt], Iterator[str]]] = {
    "keys and joins": contents.joins,
    "options and actions": lambda tables, dealt: contents.options(tables),
    "content hashes": lambda tables, dealt: contents.contents(tables),
    "authored": lambda tables, dealt: contents.authored(tables),
    "translations": lambda tables, dealt: contents.translations(tables),
    "benchmark": lambda tables, dealt: contents.benchmark(tables),
    "respondents": lambda tables, dealt: contents.respondents(tables),
    "balance": contents.balance,
    TEXTS: lambda tables, dealt: contents.texts(tables),
    "votes": lambda tables, dealt: contents.votes(tables),
    "judgements": lambda tables, dealt: contents.judgements(tables),
}
OF_BOTH: dict[str, Callable[[Path, Tables, Dealt], Iterator[str]]] = {
    "tombstones": documents.tombstones_are_sound,
    "card": lambda folder, tables, dealt: documents.card(folder, tables),
    "croissant": lambda folder, tables, dealt: documents.croissant(folder, tables),
    "release.json": lambda folder, tables, dealt: documents.manifest(folder, tables),
}
CHECKS = (*OF_FOLDER, *OF_TABLES, *OF_BOTH)


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found; ``problems`` is empty where all is well, None where it could not look."""

    name: str
    problems: list[str] | None

    @property
    def passed(self) -> bool:
        return self.problems == []


def verify(folder: Path) -> list[Result]:
    """Every check of the release in ``folder``, in the order of ``CHECKS``; InputError where there is no release."""
    if not any((folder / name).exists() for name in (checksums.CHECKSUMS, "README.md", *CONFIGS)):
        raise InputError(
            "this is no release folder", where=str(folder), remedy="give the folder that holds README.md"
        )
    dealt = _dealt(folder)
    copy = hydrated.is_hydrated(folder)
    results = [Result(name, problems_of(check(folder, dealt))) for name, check in OF_FOLDER.items()]
    tables = contents.readable(folder)
    of_both = {name: check for name, check in OF_BOTH.items() if not (copy and name in OF_BYTES)}
    if tables is None:
        return results + [Result(name, None) for name in (*OF_TABLES, *of_both)]
    for name, check in OF_TABLES.items():
        if copy and name == TEXTS:
            results.append(Result(name, problems_of(hydrated.texts(folder, tables))))
        else:
            results.append(Result(name, problems_of(check(tables, dealt))))
    return results + [
        Result(name, problems_of(check(folder, tables, dealt))) for name, check in of_both.items()
    ]


def _dealt(folder: Path) -> Dealt:
    """What release.json says that the questions were dealt from. Where it cannot be read, which is a problem of that
    check, the tables are held to what releases were made of before it said so."""
    file = hydrated.ORIGIN if hydrated.is_hydrated(folder) else manifest.FILE
    try:
        return manifest.dealt(manifest.read(folder, file))
    except ValActError:
        return manifest.dealt(None)


def problems_of(found: Iterator[str]) -> list[str]:
    """All that a check finds; an error of ours that stops it is one more."""
    problems: list[str] = []
    try:
        problems.extend(found)
    except ValActError as error:
        problems.append(f"{error.where}: {error.message}" if error.where else error.message)
    return problems
