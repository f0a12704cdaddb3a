"""The posts of ``tests/data/names.jsonl`` with their texts, and how well spans found in them agree with the labels."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.filter.text import scenario_text

LABELS = Path(__file__).resolve().parent.parent / "data/names.jsonl"
Places = list[tuple[int, int]]


class Labelled(NamedTuple):
    """A post's scenario text with the places of names that must be masked, and of those that need not be."""

    post: str
    draw: str
    text: str
    people: Places
    public: Places


@dataclass
class Agreement:
    """Mentions of people that were found and missed; finds that are right and wrong; posts that keep a name."""

    posts: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / (self.found + len(self.missed))

    @property
    def precision(self) -> float:
        return self.right / (self.right + len(self.wrong))


def labelled(reference: Path, half: str) -> Iterator[Labelled]:
    """The posts of a half; ValueError where a text is not the one that was labelled."""
    lines = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    texts = {source: dict(_texts(reference, source)) for source in {line["source"] for line in lines}}
    for line in lines:
        if line["half"] != half:
            continue
        text = texts[line["source"]][line["id"]]
        if not hashlib.sha256(text.encode()).hexdigest().startswith(line["text_sha256"]):
            raise ValueError(f"{line['id']}: the text has changed since it was labelled")
        people, public = ([(start, end) for start, end in line[key]] for key in ("people", "public"))
        yield Labelled(line["id"], line["draw"], text, people, public)


def compare(posts: Iterator[Labelled], find: Callable[[str], Places]) -> Agreement:
    """A mention is found where one span covers it whole; a span is right where it touches a name."""
    result = Agreement()
    for post in posts:
        result.posts += 1
        spans = find(post.text)
        kept = [
            (start, end) for start, end in post.people if not any(a <= start and end <= b for a, b in spans)
        ]
        result.found += len(post.people) - len(kept)
        result.missed += [post.text[start:end] for start, end in kept]
        result.left += [post.post] if kept else []
        for span in spans:
            if _touches(span, post.people):
                result.right += 1
            elif not _touches(span, post.public):
                result.wrong.append(post.text[slice(*span)])
    return result


def _touches(span: tuple[int, int], places: Places) -> bool:
    return any(span[0] < end and start < span[1] for start, end in places)


def _texts(reference: Path, source: str) -> Iterator[tuple[str, str]]:
    """Id and scenario text of every post in a file of the reference data, the first of an id."""
    path = reference / "reddit" / source
    csv.field_size_limit(2**24)
    seen: set[str] = set()
    with next(path.parent.glob(f"{path.name}.*")).open(encoding="utf-8") as file:
        rows = csv.DictReader(file) if file.name.endswith(".csv") else map(json.loads, file)
        for number, row in enumerate(rows):
            post = row.get("id") or f"row{number}"
            if post not in seen:
                seen.add(post)
                yield post, scenario_text(row["title"], row["selftext"] or "")
