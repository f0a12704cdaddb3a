"""What raters were shown of some posts: by which items and texts a task on a Label Studio server is about them.

A task holds an opaque item id and texts. Items of the sample as it is are in data/send/items.parquet. Of samples drawn
earlier, the server may have judged tasks still: those are told by the head of their ids, which is made of what an
item asks, or by the text that they show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import designs
from pipeline.annotation.rounds import ROUNDS
from pipeline.params import Params
from pipeline.tables.ids import item_head, item_stem
from pipeline.withdrawn.rows import Names, column, items_about

# Shorter ones are labels of ours, or say nothing of a post.
SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """Item ids, heads of item ids, and SHA-256 of texts."""

    items: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    texts: frozenset[str] = field(default=frozenset(), repr=False)

    def __or__(self, other: Shown) -> Shown:
        return Shown(self.items | other.items, self.stems | other.stems, self.texts | other.texts)

    def item(self, item_id: str) -> bool:
        return item_id in self.items or item_stem(item_id) in self.stems

    def task(self, data: Mapping[str, Any]) -> bool:
        """Whether a task's data are about one of the posts."""
        return self.item(str(data.get("item_id", ""))) or any(text in self.texts for text in _hashes(data))

    def as_json(self) -> dict[str, list[str]]:
        return {name: sorted(getattr(self, name)) for name in ("items", "stems", "texts")}

    @classmethod
    def of_json(cls, found: Mapping[str, Iterable[str]]) -> Shown:
        return cls(*(frozenset(found.get(name, ())) for name in ("items", "stems", "texts")))


def shown(project: Path, files: Iterable[Path], posts: Iterable[str], params: Params) -> Shown:
    """What the tables ``files`` say that raters were, or may have been, shown of the posts."""
    names, files = Names(posts), list(files)
    items = {item for file in files for item in items_about(file, names)}
    rounds = {params.validation.round, *(path.stem for path in (project / ROUNDS).glob("*.json"))}
    stems = {
        item_head(params.seed, round_, *asked)
        for round_ in rounds
        for scenario in names.scenarios
        for asked in _asked(scenario, params)
    }
    texts = {_hash(text) for name, text in _texts(files) if names.mean(name)}
    # What others say in the same words (two actions can) tells nothing: their judgements are not to be lost.
    common = {
        found for name, text in _texts(files) if (found := _hash(text)) in texts and not names.mean(name)
    }
    return Shown(frozenset(items), frozenset(stems), frozenset(texts - common))


def _texts(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Every text in the tables that could tell a post, with the id of the scenario or post that it is of."""
    for file in files:
        for key in ("scenario_id", "post_id"):
            for name, text in column(file, key, "text"):
                if name and text and len(text) >= SHORTEST:
                    yield name, text


def _asked(scenario: str, params: Params) -> Iterator[tuple[str, str, str, str]]:
    """Every item that there can be about a scenario and what is its own: task, scenario, row, value named."""
    yield "scenario", scenario, "", ""
    for value in params.values.slugs:
        for generator in params.generate.generators:
            yield "value", scenario, f"{scenario}.{value}.{generator}", ""
        for question in range(1, designs.load(params.assemble.design).questions + 1):
            yield "option", scenario, f"{scenario}.q{question}", value


def _hashes(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield _hash(data)
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _hashes(value)
    elif isinstance(data, list):
        for value in data:
            yield from _hashes(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()
