"""Versions of the data set, after semver.org: what a change of the data demands, and the changelog that tells of it.

They follow Croissant's rule. Major: what was there is no longer as it was. A row under an id changed or went, a config
or column went or changed its type, fields changed their meaning, or the licence, a task's prompt, the values or the
design are others. Minor: rows, columns, configs or tasks came, or masking has other settings. Patch: documents changed,
or posts were taken back, each with its tombstone: readers have to take it over at once, and nothing else is another;
or respondents have other results, which tell of them and not of the data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.documents import read_text
from pipeline.core.errors import ParamsError
from pipeline.release.changes import Changes, ConfigChange, compare
from pipeline.release.dataset import VALACT, Dataset
from pipeline.release.facts import Step

CHANGELOG = "CHANGELOG.md"
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
# For the changelog and the card: why a post left.
WHY = {
    "deleted": "deleted by its author",
    "removed": "removed by moderators or Reddit",
    "gone": "no longer to be found",
    "private": "in a subreddit that is closed now",
    "requested": "asked for by somebody concerned",
}


@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> Version:
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ParamsError(f"{text!r} is no version", remedy="three numbers are needed, such as 1.0.0")
        return cls(*map(int, match.groups()))

    @classmethod
    def of_tag(cls, tag: str) -> Version | None:
        """None for a tag that is no version's."""
        return cls.parse(tag) if _VERSION.fullmatch(tag) and tag.startswith("v") else None

    def next(self, step: Step) -> Version:
        match step:
            case "major":
                return Version(self.major + 1, 0, 0)
            case "minor":
                return Version(self.major, self.minor + 1, 0)
            case "patch":
                return Version(self.major, self.minor, self.patch + 1)


def heading(version: Version | str) -> str:
    """The line under which CHANGELOG.md tells of a version."""
    return f"## {version}"


def demanded(changes: Changes) -> Step:
    """The smallest step that the changes allow."""
    return _demand(changes)[0]


def check(changes: Changes) -> None:
    """ParamsError where the new version number is lower than the changes demand."""
    old, new = Version.parse(changes.old), Version.parse(changes.new)
    step, reason = _demand(changes)
    least = old.next(step)
    if new < least:
        raise ParamsError(
            f"release.version: {new} is not allowed after {old}: {reason}, which demands a {step} version",
            where=str(changes.dataset.params_file),
            remedy=f"set release.version to {least} or higher",
        )


def changelog(new: Path, version: str, previous: Path | None, dataset: Dataset[Any] = VALACT) -> str:
    """CHANGELOG.md of the release in ``new`` (its Parquet files and release.json are there): what changed since
    ``previous``, and what that one's changelog told. Raises ParamsError where the version does not fit.

    It counts rows and names none: whoever took a post back is not to be found in it.
    """
    head = (
        "# Changelog of the data set\n\n"
        "The tag of a version is `v` and its number. The first number goes up where something that was there changed "
        "or went (a row under its id, a column, a config, the licence, the prompt of a task), the second where "
        f"something came, the third for {dataset.third}."
    )
    if previous is None:
        return f"{head}\n\n{heading(version)}\n\nThe first version.\n"
    changes = compare(previous, new, dataset)
    check(changes)
    before = previous / CHANGELOG
    _, mark, told = read_text(before).partition("\n## ") if before.exists() else ("", "", "")
    older = f"## {told}" if mark else f"{heading(changes.old)}\n\n(No changelog.)\n"
    return f"{head}\n\n{section(changes)}\n\n{older}"


def section(changes: Changes) -> str:
    """What changed between two versions, in Markdown."""
    lines = [f"- {fact.words}." for fact in changes.facts]
    lines += [line for config in changes.configs for line in _config(config)]
    lines += [*_takedowns(changes)]
    if not lines:
        lines = ["- No row changed; documents only."]
    return f"{heading(changes.new)}\n\nSince {changes.old}:\n\n" + "\n".join(lines)


def _demand(changes: Changes) -> tuple[Step, str]:
    """The step that the changes demand, and in words the first of those that do."""
    found = [*_reasons(changes)]
    return next(
        (each for step in ("major", "minor", "patch") for each in found if each[0] == step), found[-1]
    )


def _reasons(changes: Changes) -> Iterator[tuple[Step, str]]:
    for fact in changes.facts:
        yield fact.step, fact.words
    for config in changes.configs:
        if config.schema_changed:
            yield "major" if config.breaks else "minor", f"config {config.name}: {config.schema_words()}"
        if config.name in changes.dataset.of_respondents:
            if config.added or config.changed or config.removed:
                yield "patch", f"config {config.name} has other results of respondents"
            continue
        if config.changed:
            yield "major", f"config {config.name} has {_count(config.changed, 'changed row')}"
        if config.lost and not config.gone:
            yield (
                "major",
                f"config {config.name} lost {_count(config.lost, 'row')} of no post that was taken back",
            )
        if config.added:
            yield "minor", f"config {config.name} has {_count(config.added, 'new row')}"
        if config.taken:
            yield (
                "patch",
                f"config {config.name} lost {_count(config.taken, 'row')} of posts that were taken back",
            )
    yield "patch", "another release"


def _config(change: ConfigChange) -> list[str]:
    """The lines on one config; none where it is the same."""
    words = []
    if change.schema_changed:
        words.append(change.schema_words())
    if change.added:
        words.append(f"{_count(change.added, 'row')} added")
    if change.removed:
        with_scenario = (
            f" ({change.with_scenario:,} of them with their scenario)" if change.with_scenario else ""
        )
        words.append(f"{_count(change.removed, 'row')} removed{with_scenario}")
    if change.changed:
        columns = ", ".join(f"`{name}` {n:,}" for name, n in change.columns.items())
        words.append(f"{_count(change.changed, 'row')} changed ({columns})")
    if change.contents:
        names = f"{_count(change.contents, 'id')} {'name' if change.contents > 1 else 'names'}"
        words.append(f"{names} another content, and answers to it do not carry over")
    if not words:
        return []
    return [
        f"- `{change.name}`: {'; '.join(words)}. {_count(change.before, 'row')} before, {change.after:,} now."
    ]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _takedowns(changes: Changes) -> list[str]:
    whats = {
        "scenario": ("scenarios, with all their rows", "scenario, with all its rows"),
        "candidate": ("candidate posts, with their votes", "candidate post, with its votes"),
    }
    lines = []
    for what, (many, one) in whats.items():
        why = Counter(entry.reason for entry in changes.takedowns if entry.what == what)
        if why:
            reasons = "; ".join(f"{n:,} {WHY.get(reason, reason)}" for reason, n in sorted(why.items()))
            words = one if why.total() == 1 else many
            lines.append(f"- Taken back: {why.total():,} {words} ({reasons}).")
    return lines
